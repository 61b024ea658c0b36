import type { ConnectSession, ItemsAnswer, MeAnswer, PairView } from '@tandem/shared/api';
import { customerOf } from '@tandem/bff/tools/munity/customer';
import { openVault } from '@tandem/bff/crypto';
import type { Account } from '@tandem/bff/store/store';
import { afterEach, describe, expect, test } from 'vitest';
import type { MunityOptions } from '../sim/munity-types.ts';
import { openWorld, seen, type Someone, type World } from '../sim/world.ts';

const e = encodeURIComponent;
const MINUTE = 60_000;
const WRITES = JSON.stringify({ jira: { method: 'PATCH', path: '/v1/customers/{customer}/pm-issues/{id}/', body: { title: 'name' } } });

describe('an account that Munity keeps for somebody', () => {
  let world: World;
  let ana: Someone;
  afterEach(() => world.close());

  /** Ana, with so many tickets in her Jira, each on a card. */
  const open = async (tickets: number, munity: Partial<MunityOptions> = {}, env: Record<string, string> = {}): Promise<string[]> => {
    world = await openWorld({ munity, env });
    ({ ana } = world.people);
    await world.signIn(ana);
    jira().addUser('mia', 'Mia Chen');
    for (let n = 1; n <= tickets; n += 1) jira().create('SHOP', { title: `Ticket ${n}` }, 'mia');
    await grant();
    const cards: string[] = [];
    for (const { ref } of await found()) cards.push((await world.put(ana, ref)).card);
    await later();
    return cards;
  };
  const jira = () => world.munity.tool('jira');
  const site = (): string => customerOf(ana);
  const begin = async (renew: boolean): Promise<ConnectSession> => (await world.call<ConnectSession>(ana, 'POST', '/api/munity/sessions', { connector: 'jira', renew })).body;
  const grant = async (renew = false): Promise<string> => {
    const { session, secret } = await begin(renew);
    world.munity.grant('jira', secret);
    await world.settle();
    world.munity.releaseImports();
    await world.settle();
    return session;
  };
  const found = async (query = '?state=all'): Promise<ItemsAnswer['items']> => {
    const items: ItemsAnswer['items'][number][] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined; ) {
      const { body }: { body: ItemsAnswer } = await world.call<ItemsAnswer>(ana, 'GET', `/api/tools/${e('munity:jira')}/${e(site())}/items${query}${cursor ? `&cursor=${e(cursor)}` : ''}`);
      items.push(...body.items);
      cursor = body.next;
    }
    return items;
  };
  const account = async (): Promise<string> => (await world.call<MeAnswer>(ana, 'GET', '/api/me')).body.sites.find((one) => one.connector === 'jira')?.account?.state ?? 'none';
  const stored = () => world.tandem().store.accounts.get({ team: ana.team, user: ana.user, tool: 'munity:jira', site: site() });
  const dead = async (): Promise<string[]> => (await world.tandem().store.tasks.dead('', 100)).map(({ key, error }) => `${key}: ${error}`);
  const faces = (cards: readonly string[]) => cards.map((card) => seen(world.card(card)));
  const tally = (values: readonly (string | undefined)[]) => Object.fromEntries([...new Set(values)].map((value) => [value, values.filter((one) => one === value).length]));
  const later = async (ms = 20_000): Promise<void> => {
    world.advance(ms);
    await world.settle();
  };
  const calls = (): string[] => world.munity.requests.map(({ method, path }) => `${method} ${path.replace(/^.*\/(pm-[a-z-]+\/)/, '$1').replace(/[\da-f]{32}\/$/, ':id')}`);
  const event = (name: string, payload: object, state?: string): void => world.munity.send(`integration_${name}`, site(), { id: world.munity.integration(site(), 'jira').id, ...payload }, state);

  test('is parked while it is broken: nothing is asked, nothing is given up, and healing brings all of it for the price of a listing', async () => {
    const cards = await open(40, { writes: 'at-once' }, { MUNITY_WRITES: WRITES });
    await world.connect(ana);
    const off = { flow: 'off', clash: 'ask' };
    const [first] = await found();
    const pair = (await world.call<PairView>(ana, 'POST', '/api/pairs', { left: world.issue(1), right: first?.ref, start: 'left', rules: { description: off, status: off } })).body;
    await later();
    expect([jira().get('SHOP-1').title, tally(faces(cards).map((face) => face?.status))]).toEqual(['Checkout drops the discount', { connected: 40 }]);

    world.munity.breakCredentials(site(), 'jira');
    await world.munity.settled();
    // It is told, and nothing more: a process that dies here has lost nothing.
    expect((await stored())?.state).toBe('active');
    await world.abandon();
    const before = calls().length;
    await later();
    expect([await account(), tally(faces(cards).map((face) => face?.status)), calls().slice(before)]).toEqual(['expired', { disconnected: 40 }, []]);
    world.gitlab.as('ana').updateIssue(Number(world.place), 1, { title: 'Edited while it was broken' });
    for (let n = 1; n <= 40; n += 1) jira().update(`SHOP-${n}`, { description: 'Edited, too' });
    for (let n = 0; n < 40; n += 1) event('updated_data_model', { resource_id: `unknown ${n}`, type: 'ProjectManagementIssue' });
    await world.munity.settled();
    for (let n = 0; n < 3; n += 1) await later(16 * MINUTE - 20_000);
    expect([await dead(), calls().slice(before), (await world.tandem().store.pairs.get(pair.id))?.state]).toEqual([[], [], 'hidden']);
    const healed = calls().length;
    world.munity.mendCredentials(site(), 'jira');
    await later();
    // One listing for 40 cards, the names, and what the pair costs: both its sides are read, written and shown.
    expect(tally(calls().slice(healed))).toEqual({ 'GET pm-issues/': 1, 'GET pm-users/': 1, 'GET pm-issue-statuses/': 1, 'GET pm-issues/:id': expect.any(Number), 'PATCH pm-issues/:id': 1 });
    expect(calls().slice(healed).length).toBeLessThanOrEqual(10);
    expect([await account(), tally(faces(cards).map((face) => face?.status)), await dead()]).toEqual(['active', { connected: 40 }, []]);
    expect([jira().get('SHOP-1').title, (await world.tandem().store.pairs.get(pair.id))?.state]).toEqual(['Edited while it was broken', 'live']);
    const told = (await world.tandem().store.journal.byLink(pair.id, 50)).map(({ event: name }) => name).toReversed();
    expect(told.slice(told.indexOf('hidden'))).toEqual(['hidden', 'written', 'back']);
  });

  test('is not ended by what comes late of credentials that were renewed since, nor mended by it', async () => {
    const [card = ''] = await open(1);
    const old = world.munity.integration(site(), 'jira').state ?? '';
    world.munity.breakCredentials(site(), 'jira');
    await later();
    const session = await grant(true);
    await later();
    for (let n = 0; n < 2; n += 1) event('cannot_refresh_oauth_token', { error: 'late' }, old);
    await later();
    expect([await account(), seen(world.card(card))?.status]).toEqual(['active', 'connected']);
    event('cannot_refresh_oauth_token', { error: 'anew' }, session);
    event('oauth_token_fixed', {}, old);
    await later();
    expect([await account(), seen(world.card(card))?.status]).toEqual(['expired', 'disconnected']);
  });

  test('is believed to work again by what only comes while it does, though nobody told that it was mended', async () => {
    const [card = ''] = await open(1);
    world.munity.breakCredentials(site(), 'jira');
    await later();
    world.munity.hooks.drop(1);
    world.munity.mendCredentials(site(), 'jira');
    const change = async (title: string): Promise<void> => {
      jira().update('SHOP-1', { title });
      world.munity.sync();
      await later();
    };
    await change('This may have been sent before it ended');
    expect([await account(), seen(world.card(card))?.status]).toEqual(['expired', 'disconnected']);
    await later(10 * MINUTE);
    await change('This was not');
    expect([await account(), seen(world.card(card))]).toMatchObject(['active', { title: '<p>This was not</p>', status: 'connected' }]);
  });

  test('is asked now and then whether it still is broken, where nothing ever changes that would tell', async () => {
    const [card = ''] = await open(1);
    world.munity.breakCredentials(site(), 'jira');
    await later();
    const before = calls().length;
    for (let hours = 0; hours < 7; hours += 1) await later(60 * MINUTE);
    expect([await account(), calls().slice(before)]).toEqual(['expired', ['GET pm-issues/']]);
    const customers = world.munity.state.customers.splice(0);
    for (let hours = 0; hours < 7; hours += 1) await later(60 * MINUTE);
    expect([await account(), await dead()]).toEqual(['expired', []]);
    world.munity.state.customers.push(...customers);
    world.munity.hooks.drop(1);
    world.munity.mendCredentials(site(), 'jira');
    world.munity.sync();
    for (let hours = 0; hours < 7; hours += 1) await later(60 * MINUTE);
    expect([await account(), seen(world.card(card))?.status]).toEqual(['active', 'connected']);
  });

  const disconnect = (): Promise<unknown> => world.call(ana, 'DELETE', `/api/accounts/${e('munity:jira')}/${site()}`);

  test('that is connected anew shows what the new connection brings, and each ticket once, though Munity keeps what the old one brought', async () => {
    const cards = await open(5, { pageSize: 2 });
    const old = world.munity.integration(site(), 'jira');
    await disconnect();
    old.broken = true;
    await grant();
    jira().update('SHOP-1', { title: 'Changed since' });
    world.munity.sync();
    await later();
    expect([world.munity.state.integrations.length, faces(cards)[0], (await found()).map(({ key }) => key)]).toMatchObject([2, { title: '<p>Changed since</p>', status: 'connected' }, ['SHOP-1', 'SHOP-2', 'SHOP-3', 'SHOP-4', 'SHOP-5']]);
    jira().remove('SHOP-2');
    world.munity.sync();
    await later();
    await later(31_000);
    expect(faces(cards).map((face) => face?.status)).toEqual(['connected', 'disabled', 'connected', 'connected', 'connected']);
  });

  test('whose connection was removed at Munity has no deleted tickets: its cards say that nothing arrives, and connecting anew brings them back', async () => {
    const cards = await open(2);
    world.munity.removeIntegration(world.munity.integration(site(), 'jira').id);
    await later(16 * MINUTE);
    const links = await Promise.all(cards.map((card) => world.tandem().store.links.byCard(ana.team, world.board, card)));
    expect(links.map((link) => `${link?.state}: ${link?.reason}`)).toEqual(cards.map(() => 'hidden: Nothing of Jira arrives for Ana any more. If that stays so, disconnect Jira and connect it again'));
    await disconnect();
    await grant();
    await later();
    expect(tally(faces(cards).map((face) => face?.status))).toEqual({ connected: 2 });
  });

  test('whom Munity does not know any more is expired, and Reconnect makes a new connection instead of renewing one that is not there', async () => {
    const cards = await open(2);
    world.munity.state.customers.splice(0);
    world.munity.state.integrations.splice(0);
    await later(16 * MINUTE);
    expect([await account(), tally(faces(cards).map((face) => face?.status)), await dead()]).toEqual(['expired', { disconnected: 2 }, []]);
    await grant(true);
    await later();
    expect([await account(), tally(faces(cards).map((face) => face?.status)), world.munity.state.integrations.length]).toEqual(['active', { connected: 2 }, 1]);
  });

  test('whose tickets arrive bit by bit loses none that has not arrived yet', async () => {
    const cards = await open(2, { importAfter: 'held' });
    const { rows, id } = world.munity.integration(site(), 'jira');
    await disconnect();
    world.munity.removeIntegration(id);
    const { secret } = await begin(false);
    const fresh = world.munity.grant('jira', secret);
    fresh.rows = new Map([...rows].filter(([, { columns }]) => columns['name'] === 'Ticket 1').map(([key, row]) => [key, { ...row, columns: { ...row.columns, integration_id: fresh.id } }]));
    await later();
    expect(faces(cards).map((face) => face?.status)).toEqual(['connected', 'disconnected']);
    world.munity.releaseImports();
    await later();
    expect(faces(cards).map((face) => face?.status)).toEqual(['connected', 'connected']);
  });

  test('is said on its cards to have ended by whatever finds that out', async () => {
    const [card = ''] = await open(1);
    const { version = 0, ...row } = (await stored()) ?? {};
    await world.tandem().store.accounts.swap(version, { ...(row as Account), state: 'expired', expiresAt: world.now() });
    await later(16 * MINUTE);
    expect(seen(world.card(card))?.status).toBe('disconnected');
  });

  test('is sealed anew under the newer of two secrets, so that the older one can be dropped', async () => {
    const [older, newer] = [3, 4].map((byte) => Buffer.alloc(32, byte).toString('base64')) as [string, string];
    await open(1, {}, { TANDEM_SECRET: `${newer},${older}` });
    const { version = 0, ...row } = (await stored()) ?? {};
    const key = `account ${[ana.team, ana.user, 'munity:jira', site()].map(e).join('/')}`;
    await world.tandem().store.accounts.swap(version, { ...(row as Account), sealed: openVault([older]).seal(openVault([newer]).open((row as Account).sealed, key), key) });
    await found();
    expect(JSON.parse(openVault([newer]).open((await stored())?.sealed ?? '', key))).toMatchObject({ fields: { integration: world.munity.integration(site(), 'jira').id } });
  });

  test.each([
    { customerIds: 'uuid', env: 'uuid' },
    { customerIds: 'external', env: 'ours' },
  ] as const)('is asked for by the id that Munity wants ($customerIds)', async ({ customerIds, env }) => {
    const [card = ''] = await open(1, { customerIds, writes: 'at-once' }, { MUNITY_CUSTOMER_ID: env, MUNITY_WRITES: WRITES });
    await world.restart();
    jira().update('SHOP-1', { title: 'Edited there' });
    world.munity.sync();
    await later();
    expect(seen(world.card(card))).toMatchObject({ title: '<p>Edited there</p>', status: 'connected' });
    expect((await world.edit(ana, card, { set: { title: 'Edited here' }, seen: { title: 'Edited there' } })).status).toBe(200);
    expect(jira().get('SHOP-1').title).toBe('Edited here');
    const asked = new Set(world.munity.requests.map(({ path }) => path.split('/')[3]));
    asked.delete('');
    expect([...asked]).toEqual([customerIds === 'uuid' ? world.munity.state.customers[0]?.uuid : site()]);
  });

  test('costs one call for a ticket that a webhook names, and one listing for all that are asked for at once where nobody knows their addresses', async () => {
    await open(30, { pageSize: 10 });
    const aliases = (await found()).map(({ alias }) => alias);
    await later(61_000);
    const ask = async (some: readonly (string | undefined)[]) => {
      const before = calls().length;
      for (const alias of some) event('updated_data_model', { resource_id: alias, type: 'ProjectManagementIssue' });
      await later();
      return tally(calls().slice(before).filter((call) => call.startsWith('GET pm-issues/')));
    };
    expect(await ask(aliases.slice(0, 1))).toEqual({ 'GET pm-issues/:id': 1 });
    await world.restart();
    const { 'GET pm-issues/': pages = 0, 'GET pm-issues/:id': single = 0 } = await ask(aliases);
    expect(pages).toBeLessThanOrEqual(9);
    expect(pages + single).toBeLessThanOrEqual(40);
  });
});
