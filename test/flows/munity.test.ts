import type { CardAnswer, ConnectSession, ConnectSessionAnswer, ItemsAnswer, MeAnswer, PlacesAnswer, TeamAnswer } from '@tandem/shared/api';
import type { WireError } from '@tandem/shared/errors';
import type { Ref } from '@tandem/shared/ref';
import { customerOf, memberOf } from '@tandem/bff/tools/munity/customer';
import { afterAll, afterEach, beforeEach, describe, expect, test as base, vi } from 'vitest';
import { mongoForTests } from '../mongo/server.ts';
import type { Account, AccountKey } from '@tandem/bff/store/store';
import { connectedTask, observeTask } from '@tandem/bff/sync/keys';
import { TandemError } from '@tandem/bff/errors';
import type { MunityOptions } from '../sim/munity-types.ts';
import { openWorld, seen, type Someone, type World } from '../sim/world.ts';

const mongo = await mongoForTests();
afterAll(() => mongo?.close());
const e = encodeURIComponent;
/** A name as people have them: what it is printed in must keep its parts apart. */
const ODD = 'Ana / 50 % “Ω” 😀:?#/connected/';

describe.each([
  { store: 'SQLite', url: () => undefined },
  { store: 'MongoDB', url: () => mongo?.url() },
])('tickets behind Munity, on $store', ({ store, url }) => {
  const test = store === 'MongoDB' && !mongo ? base.skip : base;
  let world: World;
  let ana: Someone;
  let ben: Someone;

  const open = async (munity: Partial<MunityOptions> = {}, env: Record<string, string> = {}): Promise<void> => {
    const where = url();
    world = await openWorld({ munity, env, ...(where === undefined ? {} : { store: where }) });
    ({ ana, ben } = world.people);
    for (const who of [ana, ben]) await world.signIn(who);
    const jira = world.munity.tool('jira');
    jira.addUser('mia', 'Mia Chen');
    jira.create('SHOP', { title: 'Checkout drops the discount', description: 'On mobile.', status: 'In Progress', assignee: 'mia', due: '2026-12-01', labels: ['bug'] }, 'mia');
    jira.create('SHOP', { title: 'Dark mode' }, 'mia');
  };
  beforeEach(async () => {
    if (store === 'MongoDB' && !mongo) return;
    await open();
  });
  afterEach(() => world?.close());

  const begin = (who: Someone, body: object = { connector: 'jira' }) => world.call<ConnectSession & WireError>(who, 'POST', '/api/munity/sessions', body);
  const state = async (who: Someone, session: string): Promise<ConnectSessionAnswer> => (await world.call<ConnectSessionAnswer>(who, 'GET', `/api/munity/sessions/${session}`)).body;
  const connect = async (who: Someone, renew = false): Promise<string> => {
    const { session, secret } = (await begin(who, { connector: 'jira', renew })).body;
    world.munity.grant('jira', secret);
    await world.settle();
    return session;
  };
  const site = (who: Someone): string => customerOf(who);
  const keyOf = (who: Someone): AccountKey => ({ team: who.team, user: who.user, tool: 'munity:jira', site: site(who) });
  const path = (who: Someone): string => `/api/tools/${e('munity:jira')}/${e(site(who))}`;
  const found = async (who: Someone, query = ''): Promise<ItemsAnswer['items']> => (await world.call<ItemsAnswer>(who, 'GET', `${path(who)}/items${query}`)).body.items;
  const ticket = async (who: Someone, key = 'SHOP-1'): Promise<Ref> => {
    const item = (await found(who)).find((one) => one.key === key);
    if (!item) throw new Error(`${key} is not found`);
    return item.ref;
  };
  const account = async (who: Someone): Promise<string> => (await world.call<MeAnswer>(who, 'GET', '/api/me')).body.sites.find((one) => one.connector === 'jira')?.account?.state ?? 'none';
  const later = async (): Promise<void> => {
    world.advance(20_000);
    await world.settle();
  };
  const dead = async (): Promise<string[]> => (await world.tandem().store.tasks.dead('', 100)).map(({ key, error }) => `${key}: ${error}`);
  const synced = async (): Promise<void> => {
    world.munity.sync();
    await later();
  };

  test('access is granted in Munity’s window, told by its webhook, and the tickets are there', async () => {
    const begun = await begin(ana);
    expect([begun.status, begun.body.connector, begun.body.munity.api]).toEqual([201, 'jira', world.munity.url]);
    expect(await state(ana, begun.body.session)).toEqual({ state: 'waiting' });
    expect(await account(ana)).toBe('none');
    world.munity.grant('jira', begun.body.secret);
    await world.settle();
    expect([await state(ana, begun.body.session), await account(ana), await account(ben)]).toEqual([{ state: 'imported' }, 'active', 'none']);
    const [first, second] = await found(ana);
    expect(first).toMatchObject({ key: 'SHOP-1', title: 'Checkout drops the discount', description: 'On mobile.', status: { name: 'In Progress', kind: 'open' }, assignees: [{ name: 'Mia Chen' }], due: '2026-12-01', labels: [{ name: 'bug' }] });
    expect(second).toMatchObject({ key: 'SHOP-2', assignees: [] });
    const { places } = (await world.call<PlacesAnswer>(ana, 'GET', `${path(ana)}/places?q=sho`)).body;
    expect(places.map(({ name }) => name)).toEqual(['Shop']);
    expect((await found(ana, '?q=dark')).map(({ key }) => key)).toEqual(['SHOP-2']);
  });

  const accountAt = async (who: Someone) => (await world.call<MeAnswer>(who, 'GET', '/api/me')).body.sites.find((one) => one.connector === 'jira')?.account;

  test('while Munity imports for the first time the account says so, whenever what is told arrives, and for half an hour at most', async () => {
    await world.close();
    await open({ importAfter: 'held' });
    const session = await connect(ana);
    expect([await state(ana, session), await accountAt(ana), await found(ana)]).toMatchObject([{ state: 'installed' }, { state: 'active', importing: true }, []]);
    world.munity.releaseImports();
    await world.settle();
    expect([await state(ana, session), (await found(ana)).length]).toEqual([{ state: 'imported' }, 2]);
    expect(await accountAt(ana)).not.toHaveProperty('importing');

    world.munity.hooks.hold();
    const other = (await begin(ben)).body;
    world.munity.grant('jira', other.secret);
    world.munity.releaseImports();
    world.munity.hooks.release('reverse');
    await world.settle();
    expect(await state(ben, other.session)).toEqual({ state: 'imported' });
    expect(await accountAt(ben)).not.toHaveProperty('importing');

    // Renewed: what was imported before is there.
    world.munity.breakCredentials(site(ben), 'jira');
    await later();
    await connect(ben, true);
    expect(await accountAt(ben)).not.toHaveProperty('importing');
  });

  test('an import whose end nobody tells is believed over after half an hour', async () => {
    await world.close();
    await open({ importAfter: 'held' });
    await connect(ana);
    world.advance(29 * 60_000);
    expect(await accountAt(ana)).toHaveProperty('importing', true);
    world.advance(2 * 60_000);
    expect(await accountAt(ana)).not.toHaveProperty('importing');
  });

  test('an account is called as its owner is to Miro, or as the tool tells Munity', async () => {
    await connect(ana);
    expect((await accountAt(ana))?.person).toEqual({ id: site(ana), name: 'Ana', username: '' });
    const { session, secret } = (await begin(ben)).body;
    world.munity.hooks.drop(1);
    const { id } = world.munity.grant('jira', secret);
    world.munity.send('integration_installed', site(ben), { id, connector_type: 'jira', metadata: { user: { display_name: ' Ben Okafor ' } }, state: session }, session);
    await world.settle();
    expect((await accountAt(ben))?.person.name).toBe('Ben Okafor');
  });

  test('where Munity refuses what it just granted, whoever waits is told why, and whoever administers has it tried again', async () => {
    world.munity.faults.next(1000, 404, { method: 'GET' });
    const refused = await connect(ana);
    expect([await state(ana, refused), await account(ana)]).toEqual([{ state: 'failed', reason: expect.stringMatching(/\w/) }, 'none']);
    const { stuck } = (await world.call<TeamAnswer>(ana, 'GET', '/api/team')).body;
    expect(stuck).toMatchObject([0, 1].map(() => ({ name: 'Jira', what: 'Finish a sign-in', about: 'Somebody who signed in' })));
    world.munity.faults.clear();
    expect((await world.call(ana, 'POST', '/api/team/stuck', { key: stuck[0]?.key })).status).toBe(202);
    await world.settle();
    expect([await state(ana, refused), await account(ana), await dead()]).toEqual([{ state: 'imported' }, 'active', []]);

    // Tried again once it has ended, it says so; and it is settled by the next one, over which it has no say.
    world.munity.faults.next(1000, 404, { method: 'GET' });
    const ended = await connect(ben);
    world.munity.faults.clear();
    world.advance(3_700_000);
    await world.call(ana, 'POST', '/api/team/stuck', {});
    await world.settle();
    expect([await dead(), await account(ben)]).toEqual([[0, 1].map(() => expect.stringContaining('start it again')), 'none']);
    const logged = world.logged.filter((line) => line.includes('task dead')).join('\n');
    expect([logged.includes(ended.slice(0, 8)), logged.includes(ended), logged.includes('Ben')]).toEqual([true, false, false]);
    world.munity.faults.next(1000, 404, { method: 'GET' });
    await connect(ben);
    world.munity.faults.clear();
    world.advance(1000);
    await connect(ben);
    await later();
    expect([await account(ben), await dead()]).toEqual(['active', []]);
    world.munity.breakCredentials(site(ben), 'jira');
    await later();
    expect(await account(ben), 'the connection of the last sign-in is known').toBe('expired');
    await world.close();
    await open({}, { MUNITY_API_KEY: 'prefix.another' });
    const session = await connect(ana);
    expect([await state(ana, session), await account(ana)]).toEqual([{ state: 'failed', reason: expect.stringMatching(/\w/) }, 'none']);
  });

  test('a key of ours that Munity refuses is its host’s trouble: no account ends, no card changes, nothing is given up, and all goes on once it is right', async () => {
    await connect(ana);
    const { card } = await world.put(ana, await ticket(ana));
    await later();
    const before = seen(world.card(card));
    for (const status of [401, 403]) {
      world.munity.faults.next(1000, status, { method: 'GET' });
      world.munity.tool('jira').update('SHOP-1', { title: `Unseen at ${status}` });
      await synced();
      world.advance(16 * 60_000);
      await world.settle();
      expect([await account(ana), seen(world.card(card)), await dead()]).toEqual(['active', before, []]);
      const asked = await world.call<WireError>(ana, 'GET', `${path(ana)}/items`);
      expect([asked.status, asked.body.error.message]).toEqual([503, 'Munity refuses Tandem\'s own API key. Whoever runs Tandem has to correct it; nothing has to be connected again.']);
    }
    expect(world.logged.filter((line) => line.includes('own key refused'))).toHaveLength(1);
    world.munity.faults.clear();
    world.advance(61_000);
    await world.settle();
    expect(world.card(card)?.title).toBe('<p>Unseen at 403</p>');
    expect(world.logged.filter((line) => line.includes('own key accepted again'))).toHaveLength(1);
  });

  test('an account that was sealed under a lost secret still reads, takes no webhook down, and is connected anew', async () => {
    await connect(ana);
    const { card } = await world.put(ana, await ticket(ana));
    await world.settle();
    const { accounts } = world.tandem().store;
    const { version = 0, ...row } = (await accounts.get(keyOf(ana))) ?? {};
    await accounts.swap(version, { ...(row as Account), sealed: 'under another secret' });
    world.munity.breakCredentials(site(ana), 'jira');
    await later();
    expect(world.munity.deliveries.at(-1)).toMatchObject({ event: 'integration_cannot_refresh_oauth_token', status: '202' });
    expect((await world.tandem().store.deliveries.byWatch('munity', 1)).map(({ event, outcome }) => [event, outcome])).toEqual([['integration_cannot_refresh_oauth_token', 'nothing to do']]);
    const renewal = await begin(ana, { connector: 'jira', renew: true });
    expect(renewal.status).toBe(201);
    world.munity.grant('jira', renewal.body.secret);
    world.munity.tool('jira').update('SHOP-1', { title: 'Connected anew' });
    await synced();
    expect([(await state(ana, renewal.body.session)).state, world.card(card)?.title, world.munity.state.integrations.length]).toEqual(['imported', '<p>Connected anew</p>', 2]);
  });

  test('a card follows its ticket, whatever the webhook says of it', async () => {
    await connect(ana);
    const { card, answer } = await world.put(ana, await ticket(ana));
    expect([answer.status, answer.body.watch]).toEqual([201, 'hook']);
    await world.settle();
    expect(seen(world.card(card))).toMatchObject({ title: '<p>Checkout drops the discount</p>', status: 'connected', chips: ['In Progress', 'Mia Chen', 'Due 2026-12-01', 'bug'] });
    const jira = world.munity.tool('jira');
    for (const [n, data] of [true, false].entries()) {
      world.munity.hooks.data = data;
      jira.update('SHOP-1', { title: `Edit ${n}`, status: n ? 'Done' : 'To Do' });
      await synced();
      expect(seen(world.card(card))).toMatchObject({ title: `<p>Edit ${n}</p>`, color: n ? '#6e49cb' : '#1f75cb' });
    }
  });

  test('webhooks that come twice, in reverse or not at all lose nothing', async () => {
    await connect(ana);
    const jira = world.munity.tool('jira');
    const { card } = await world.put(ana, await ticket(ana));
    await world.settle();
    world.munity.hooks.duplicate(1);
    jira.update('SHOP-1', { title: 'Twice' });
    await synced();
    world.munity.hooks.hold();
    for (const title of ['First', 'Second']) {
      jira.update('SHOP-1', { title });
      world.munity.sync();
    }
    world.munity.hooks.release('reverse');
    await later();
    expect(world.card(card)?.title).toBe('<p>Second</p>');
    // It is asked for everything every quarter of an hour, and not only once.
    for (const title of ['Unheard', 'Unheard again', 'And again']) {
      world.munity.hooks.drop(10);
      jira.update('SHOP-1', { title });
      await synced();
      expect(world.card(card)?.title).not.toBe(`<p>${title}</p>`);
      world.advance(16 * 60_000);
      await world.settle();
      expect(world.card(card)?.title).toBe(`<p>${title}</p>`);
    }
  });

  test.each(['jira', 'asana'])('a deleted ticket of %s turns its card grey, and moving one keeps it, though Munity deletes it first and makes it anew', async (connector) => {
    const there = world.munity.tool(connector);
    if (connector === 'asana') {
      there.addUser('mia', 'Mia Chen');
      there.addProject('SHOP', 'Shop');
      for (const title of ['One', 'Two']) there.create('SHOP', { title });
    }
    world.munity.grant(connector, (await begin(ana, { connector })).body.secret);
    await world.settle();
    there.addProject('OPS', 'Operations');
    const { items } = (await world.call<ItemsAnswer>(ana, 'GET', `/api/tools/${e(`munity:${connector}`)}/${site(ana)}/items`)).body;
    const cards = await Promise.all(items.toSorted((a, b) => a.ref.id.localeCompare(b.ref.id)).map(async ({ ref }) => (await world.put(ana, ref)).card));
    const shown = () => cards.map((card) => seen(world.card(card))?.status);
    await world.settle();
    there.remove('SHOP-2');
    // The half of it: at this moment Munity has the ticket no more.
    const integration = world.munity.integration(site(ana), connector);
    const moved = there.move('SHOP-1', 'OPS').id;
    const [old = ''] = [...integration.rows].find(([, { kind, columns }]) => kind === 'pm-issues' && columns.external_id === moved) ?? [];
    integration.rows = new Map([...integration.rows].filter(([row]) => row !== old));
    const gone = (id: string): void => world.munity.send('integration_deleted_data_model', site(ana), { id: integration.id, resource_id: id, type: 'ProjectManagementIssue' });
    gone(old);
    await later();
    expect(shown()).toEqual(['connected', 'connected']);
    // Another process ends the wait, of which this one hears nothing: the next time it waits anew.
    const { tasks } = world.tandem().store;
    const [key = '', deleted = ''] = items.toSorted((a, b) => a.ref.id.localeCompare(b.ref.id)).map(({ ref }) => observeTask(ana.team, ref, 0, '').key);
    await tasks.complete(key, (await tasks.get(key))?.mark ?? '');
    world.advance(90_000);
    gone(old);
    await later();
    expect(shown()).toEqual(['connected', 'connected']);
    world.munity.sync();
    for (let n = 0; n < 3; n += 1) await later();
    expect(shown()).toEqual(['connected', 'disabled']);
    // What is known to be gone is not waited for.
    gone(items.find(({ ref }) => observeTask(ana.team, ref, 0, '').key === deleted)?.alias ?? '');
    await later();
    expect(await tasks.get(deleted)).toBeUndefined();
  });

  test('broken credentials show on the card and the account; renewing mends every link, and nothing is linked anew', async () => {
    await connect(ana);
    const { card } = await world.put(ana, await ticket(ana));
    await world.settle();
    const before = await world.tandem().store.links.byCard(ana.team, world.board, card);
    world.munity.breakCredentials(site(ana), 'jira');
    await later();
    expect([await account(ana), seen(world.card(card))?.status]).toEqual(['expired', 'disconnected']);
    world.munity.tool('jira').update('SHOP-1', { title: 'While it was broken' });
    const session = await connect(ana, true);
    await synced();
    expect((await state(ana, session)).state).toMatch(/^(installed|imported)$/);
    expect([await account(ana), seen(world.card(card))]).toMatchObject(['active', { title: '<p>While it was broken</p>', status: 'connected' }]);
    expect((await world.tandem().store.links.byCard(ana.team, world.board, card))?.id).toBe(before?.id);
    expect(world.munity.state.integrations).toHaveLength(1);
  });

  test('of two sign-ins the later one counts, whichever is told first', async () => {
    const secrets = [(await begin(ana)).body.secret, (world.advance(1000), await begin(ana)).body.secret];
    world.munity.hooks.hold();
    for (const secret of secrets) world.munity.grant('jira', secret);
    world.munity.hooks.release('reverse');
    await later();
    world.munity.breakCredentials(site(ana), 'jira');
    await later();
    expect(await account(ana)).toBe('expired');
  });

  test('a sign-in connects once: another connection that is told of it later changes nothing', async () => {
    const session = await connect(ana);
    for (const event of ['integration_installed', 'integration_import_done']) world.munity.send(event, site(ana), { id: 'another', connector_type: 'jira', state: session }, session);
    await later();
    world.munity.breakCredentials(site(ana), 'jira');
    await later();
    expect(await account(ana), 'the true one is still known').toBe('expired');
  });

  test('a sign-in of which no word could be stored is told as not having been heard, and completed by what is told again', async () => {
    const { session, secret } = (await begin(ana)).body;
    const accept = vi.spyOn(world.tandem().store.deliveries, 'accept').mockRejectedValue(new TandemError('unavailable', 'The store is away.'));
    world.munity.grant('jira', secret);
    await world.settle();
    expect(world.munity.deliveries.filter(({ event }) => /installed|done/.test(event)).map(({ status }) => status)).toEqual(['503', '503']);
    expect([await state(ana, session), await account(ana)]).toEqual([{ state: 'waiting' }, 'none']);
    accept.mockRestore();
    const { id } = world.munity.integration(site(ana), 'jira');
    const payload = { id, connector_type: 'jira', metadata: { user: { name: ODD } } };
    world.munity.send('integration_installed', site(ana), payload, session);
    await world.munity.settled();
    // It is stored with the delivery, as the task that heeds it.
    expect((await world.tandem().store.tasks.get(connectedTask(keyOf(ana), { session, fact: 'installed', integration: id, who: ODD }, 0, '').key))?.key).toMatch(/^refresh:/);
    await world.settle();
    expect([await state(ana, session), await accountAt(ana)]).toMatchObject([{ state: 'installed' }, { state: 'active', person: { name: ODD }, importing: true }]);
    world.munity.send('integration_import_done', site(ana), payload, session);
    await world.settle();
    expect([await state(ana, session), (await accountAt(ana))?.importing]).toEqual([{ state: 'imported' }, undefined]);
  });

  test('what Munity tells of a sign-in twice or late neither mends what has broken since, nor connects again whoever has left', async () => {
    const session = await connect(ana);
    const { id } = world.munity.integration(site(ana), 'jira');
    const again = async (): Promise<void> => {
      for (const event of ['integration_installed', 'integration_import_done']) world.munity.send(event, site(ana), { id, connector_type: 'jira', state: session }, session);
      await later();
    };
    world.munity.breakCredentials(site(ana), 'jira');
    await again();
    expect(await account(ana)).toBe('expired');
    await world.call(ana, 'DELETE', `/api/accounts/${e('munity:jira')}/${site(ana)}`);
    await again();
    expect(await account(ana)).toBe('none');
  });

  test('an event that names somebody else’s sign-in or somebody else’s ticket moves neither', async () => {
    await connect(ana);
    await world.put(ana, await ticket(ana));
    await later();
    await later();
    const { session } = (await begin(ana)).body;
    world.munity.send('integration_installed', site(ben), { id: 'theirs', connector_type: 'jira', state: session }, session);
    const [item] = await found(ana);
    const before = world.munity.requests.length;
    world.munity.send('integration_updated_data_model', site(ben), { id: 'theirs', resource_id: item?.alias, type: 'ProjectManagementIssue' });
    await later();
    expect(world.munity.requests.slice(before).filter((one) => one.path.includes(site(ana)))).toEqual([]);
    world.munity.send('integration_cannot_refresh_oauth_token', site(ana), { id: 'an older connection', error: 'invalid_grant' });
    await later();
    expect([await state(ana, session), await account(ana), await account(ben)]).toEqual([{ state: 'waiting' }, 'active', 'none']);
  });

  test('an event that names what nobody knows has everything of its customer looked at', async () => {
    await connect(ana);
    const { card } = await world.put(ana, await ticket(ana));
    await later();
    await later();
    world.munity.tool('jira').update('SHOP-1', { title: 'Told by a name of its own' });
    world.munity.hooks.drop(10);
    await synced();
    expect(world.card(card)?.title).toBe('<p>Checkout drops the discount</p>');
    for (let n = 0; n <= 10; n += 1) world.munity.send('integration_updated_data_model', site(ana), { id: 'x', resource_id: 'never seen', type: 'ProjectManagementIssue' });
    await later();
    expect(world.card(card)?.title).toBe('<p>Told by a name of its own</p>');
  });

  test('credentials that the tool takes again by itself heal without anybody', async () => {
    await connect(ana);
    const { card } = await world.put(ana, await ticket(ana));
    await later();
    world.munity.breakCredentials(site(ana), 'jira');
    await later();
    expect([await account(ana), seen(world.card(card))?.status]).toEqual(['expired', 'disconnected']);
    world.munity.mendCredentials(site(ana), 'jira');
    await later();
    expect([await account(ana), seen(world.card(card))?.status]).toEqual(['active', 'connected']);
  });

  test('a sign-in is its member’s alone, is used once, and ends', async () => {
    const { session, secret } = (await begin(ana, { connector: 'jira', by: 'sdk' })).body;
    expect(world.logged.map((line) => JSON.parse(line) as unknown), 'whose code opened the window').toContainEqual(expect.objectContaining({ msg: 'munity sign-in prepared', session: session.slice(0, 8), connector: 'jira', by: 'sdk' }));
    expect((await world.call(ben, 'GET', `/api/munity/sessions/${session}`)).status).toBe(404);
    const claims = JSON.parse(Buffer.from(secret.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
    expect(claims).toEqual({ workspace_id: expect.any(String), customer_id: site(ana), name: 'Ana', state: session, exp: Math.floor(world.now() / 1000) + 900 });
    expect(site(ana)).toMatch(/^[a-z0-9]+$/i);
    world.advance(901_000);
    expect(() => world.munity.grant('jira', secret)).toThrow();
    expect(await state(ana, session), 'a window that was opened in time is given its time').toEqual({ state: 'waiting' });
    world.advance(900_000);
    expect(await state(ana, session)).toEqual({ state: 'expired' });
    expect((await begin(ana, { connector: 'jira', renew: true })).status, 'nothing to renew').toBe(409);
    expect((await begin(ana, { connector: 'trello' })).status).toBe(404);
    const many = await Promise.all(Array.from({ length: 30 }, () => begin(ana)));
    expect(many.filter(({ status }) => status === 429).length).toBeGreaterThan(5);
  });

  test('nobody connects without Munity’s window', async () => {
    const refused = await world.call<WireError>(ana, 'PUT', `/api/accounts/${e('munity:jira')}/${site(ana)}`, { fields: {} });
    expect([refused.status, refused.body.error.message]).toEqual([403, 'Jira is connected through Munity’s own window. Press Connect in the panel.']);
  });

  test('a ticket is edited in its tool; through a colleague’s connection not even seen, and no button pretends to help', async () => {
    await connect(ana);
    await connect(ben);
    const { card } = await world.put(ana, await ticket(ana));
    await world.settle();
    const own = await world.call<CardAnswer>(ana, 'GET', `/api/cards/${e(world.board)}/${card}`);
    expect([own.status, own.body.rights]).toEqual([200, { fields: [], reason: 'Tandem only shows what is in Jira. Change it there.' }]);
    const edit = await world.edit(ana, card, { set: { title: 'New' }, seen: { title: 'Checkout drops the discount' } });
    expect([edit.status, (edit.body as unknown as WireError).error.code]).toEqual([422, 'tool_refused']);
    const theirs = await world.call<WireError>(ben, 'GET', `/api/cards/${e(world.board)}/${card}`);
    expect([theirs.status, theirs.body.error.code, theirs.body.error.message]).toEqual([403, 'forbidden', 'This card follows Jira through the connection of Ana, and Tandem only shows it. Open it in Jira to change it.']);
    expect((await world.put(ben, await ticket(ana))).answer.status, 'another customer’s ticket').toBe(403);
  });

  test('where a setting says how, a ticket is written', async () => {
    await world.close();
    await open({ writes: 'at-once' }, { MUNITY_WRITES: JSON.stringify({ jira: { method: 'PATCH', path: '/v1/customers/{customer}/pm-issues/{id}/', body: { title: 'name' } } }) });
    await connect(ana);
    const { card } = await world.put(ana, await ticket(ana));
    await world.settle();
    const edited = await world.edit(ana, card, { set: { title: 'By Tandem' }, seen: { title: 'Checkout drops the discount' } });
    expect([edited.status, edited.body.item?.title]).toEqual([200, 'By Tandem']);
    await later();
    expect([world.card(card)?.title, world.munity.tool('jira').get('SHOP-1').title]).toEqual(['<p>By Tandem</p>', 'By Tandem']);
    await connect(ben);
    const theirs = await world.edit(ben, card, { set: { title: 'By Ben' }, seen: { title: 'By Tandem' } });
    expect([theirs.status, (theirs.body as unknown as WireError).error]).toMatchObject([403, { code: 'forbidden', message: 'This card follows Jira through the connection of Ana, so only they can change it here. Open it in Jira to change it yourself.' }]);
    expect(world.munity.tool('jira').get('SHOP-1').title).toBe('By Tandem');
  });

  test('its webhook is known by its address alone, and takes whatever comes', async () => {
    await connect(ana);
    const hook = world.munity.webhookUrl ?? '';
    const team = (await world.call<TeamAnswer>(ana, 'GET', '/api/team')).body;
    expect([team.munity, (await world.call<TeamAnswer>(ben, 'GET', '/api/team')).body.munity], 'told to whoever administers').toEqual([{ heard: expect.any(String) }, undefined]);
    const send = (body: string, to = hook): Promise<number> => fetch(to, { method: 'POST', headers: { 'content-type': 'text/plain' }, body }).then(({ status }) => status);
    expect(await send('{}', hook.replace(/.{4}$/, 'xxxx'))).toBe(404);
    const own = { workspace_id: '11111111-2222-3333-aaaa-eeeeeeeeeeee', customer_id: site(ana) };
    const bodies = ['', 'nonsense', '[]', JSON.stringify({ ...own, event: 'integration_exploded', payload: null }), JSON.stringify({ ...own, workspace_id: 'another', event: 'webhook_test' }), JSON.stringify({ ...own, customer_id: 'zz', event: 'integration_updated_data_model' }), 'x'.repeat(1_100_000), `{'customer_id': '${site(ana)}', 'event': 'webhook_test', 'payload': {'test': True}}`];
    const { deliveries } = world.tandem().store;
    const before = new Set((await deliveries.byWatch('munity', 50)).map(({ id }) => id));
    for (const body of bodies) {
      world.advance(1);
      expect(await send(body)).toBe(202);
    }
    const logged = (await deliveries.byWatch('munity', 50)).filter(({ id }) => !before.has(id));
    expect(logged.toReversed().map(({ event, outcome }) => `${event}: ${outcome}`)).toEqual([
      ...Array.from({ length: 3 }, () => 'unknown: The body is no event of Munity.'),
      'integration_exploded: An event that we do not know.',
      'webhook_test: It is about another workspace.',
      'integration_updated_data_model: It is about a customer that is not ours.',
      'too large to read: The body is too large to be read.',
      'webhook_test: A test: it arrived.',
    ]);
  });

  test('two edits whose webhooks are byte for byte the same are two edits', async () => {
    await connect(ana);
    const { card } = await world.put(ana, await ticket(ana));
    await world.settle();
    const jira = world.munity.tool('jira');
    world.munity.hooks.data = false;
    for (const title of ['One', 'Two', 'One', 'Two']) {
      jira.update('SHOP-1', { title });
      await synced();
      expect(world.card(card)?.title).toBe(`<p>${title}</p>`);
    }
    const bodies = world.munity.deliveries.filter(({ event }) => event === 'integration_updated_data_model').map(({ body }) => body);
    expect(new Set(bodies.slice(-4)).size).toBe(1);
  });
});

base('a customer id leads back to its member, and only one of ours does', () => {
  const member = { team: '3458764500000000002', user: 'usr_1' };
  expect([memberOf(customerOf(member)), memberOf('abc'), memberOf('ABz12'), memberOf('')]).toEqual([member, undefined, undefined, undefined]);
});
