import type { CheckAnswer, ConnectionsAnswer, DryRunAnswer, IntegrationBody, IntegrationsAnswer, IntegrationView, OrphansAnswer, PushAnswer } from '@tandem/shared/integrations';
import { afterEach, describe, expect, test } from 'vitest';
import { startProductboard } from '../sim/productboard.ts';
import { httpThrough } from '../sim/through.ts';
import type { World, WorldOptions } from '../sim/world.ts';
import { openScene, type Scene } from './productboard-scene.ts';

/** What whoever looks after columns sees of them and does with them. */

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});
const open = (options: WorldOptions = {}): Promise<Scene> => openScene(options, (opened) => (world = opened));

const day = async (scene: Scene): Promise<void> => {
  scene.advance(25 * 3_600_000);
  await scene.settle(60_000);
};
const authorization = (scene: Scene): string => scene.productboard.state.plugins.get(scene.column())?.action.authorization ?? '';

describe('health', () => {
  test('a column that somebody switched off in Productboard is noticed, and shown again on a word', async () => {
    const scene = await open();
    const { id } = await scene.set();
    const plugin = scene.productboard.state.plugins.get(scene.column());
    if (!plugin) throw new Error('no column');
    plugin.enabled = false;
    await day(scene);
    expect(await scene.view()).toMatchObject({ state: 'on', reason: expect.stringContaining('switched the column off') as unknown });
    expect(plugin.enabled).toBe(false);
    await scene.call(scene.people.ana, 'POST', `/api/integrations/${id}/resume`);
    await scene.settle(8000);
    expect([plugin.enabled, (await scene.view()).reason]).toEqual([true, undefined]);
    expect(await scene.press()).toMatchObject({ state: 'connected' });
    await scene.settle(8000);

    // Shown again while it is paused, it stays so.
    await scene.call(scene.people.ana, 'POST', `/api/integrations/${id}/pause`);
    await scene.settle(8000);
    plugin.enabled = false;
    await day(scene);
    expect(await scene.view()).toMatchObject({ state: 'paused', reason: expect.stringContaining('switched the column off') as unknown });
    await scene.call(scene.people.ana, 'POST', `/api/integrations/${id}/retry`);
    await scene.settle(8000);
    expect([plugin.enabled, await scene.view()]).toMatchObject([true, { state: 'paused' }]);
    expect((await scene.view()).reason).toBeUndefined();
  });

  test('what is behind counts from the change that nobody could read yet, not from when it is carried over', async () => {
    const scene = await open();
    await scene.connect(scene.people.ana, scene.gitlab.addToken('ana', { expiresAt: '2027-02-01' }).value);
    const set = await scene.set();
    expect([set.right.ends, set.left.ends, set.left.heard, set.right.heard, set.pressed]).toEqual(['2027-02-01T00:00:00.000Z', undefined, undefined, undefined, undefined]);
    const pressed = new Date(scene.now()).toISOString();
    await scene.press();
    await scene.settle(8000);
    // Making the ticket was told of by the tracker; nothing changed in Productboard.
    expect(await scene.view()).toMatchObject({ lag: 0, pressed, right: { heard: expect.any(String) as unknown } });
    expect((await scene.view()).left.heard).toBeUndefined();
    const edited = scene.now();
    scene.productboard.edit(scene.feature, { name: 'Heard' });
    await scene.settle(8000);
    const heard = Date.parse((await scene.view()).left.heard ?? '');
    expect([heard >= edited, heard <= scene.now()]).toEqual([true, true]);
    scene.advance(2000);
    scene.productboard.faults.next(1000, 503, { path: /entities/ });
    scene.productboard.edit(scene.feature, { name: 'Unread' });
    await scene.settle(60_000);
    scene.advance(300_000);
    expect((await scene.view()).lag).toBeGreaterThan(300_000);
    scene.productboard.faults.clear();
    await scene.settle(3_600_000);
    expect([(await scene.view()).lag, scene.tickets()[0]?.title]).toEqual([0, 'Unread']);
  });
});

describe('new secrets', () => {
  test('asked for twice before it is known who has the first: clicks and webhooks with the secrets of before count until the new ones are there', async () => {
    const scene = await open();
    const { id } = await scene.set();
    await scene.press();
    await scene.settle(8000);
    const { ana } = scene.people;
    const [before, hook, tracker] = [authorization(scene), [...scene.productboard.state.webhooks.values()][0], scene.gitlab.state.hooks[0]?.token];
    const rotate = async () => (await scene.call(ana, 'POST', `/api/integrations/${id}/rotate`)).status;
    scene.productboard.faults.next(3, 503, { method: 'PATCH', path: /plugin-integrations/ });
    scene.productboard.faults.next(1, 'after-effect-502', { method: 'PATCH', path: /plugin-integrations/ });
    scene.productboard.faults.next(1000, 503, { method: 'PATCH', path: /plugin-integrations/ });
    scene.productboard.faults.next(1, 'after-effect-502', { method: 'POST', path: /webhooks$/ });
    scene.productboard.faults.next(1000, 503, { method: 'POST', path: /webhooks$/ });
    scene.gitlab.faults.next(1000, 503, { method: 'PUT', path: /hooks/ });
    expect(await rotate()).toBe(202);
    expect(authorization(scene)).toBe(before);
    expect(await scene.press('button.push', scene.other)).not.toMatchObject({ state: 'error' });
    // The column has the second one, and nobody heard of it.
    await scene.settle(5000);
    expect(authorization(scene)).not.toBe(before);
    // Nor of the webhook that was made; but somebody is at it, so it is nobody's leftover.
    expect(scene.productboard.state.webhooks.size).toBe(2);
    expect((await scene.call<OrphansAnswer>(ana, 'GET', `/api/integrations/orphans?tool=productboard&site=${encodeURIComponent(scene.productboard.url)}`)).body.orphans).toEqual([]);
    expect(await rotate()).toBe(202);
    scene.advance(2000);
    expect(await scene.press('button.unlink', scene.other)).toEqual({ state: 'initial' });
    scene.productboard.edit(scene.feature, { name: 'By the old webhook' });
    await scene.settle(2000);
    expect(scene.tickets().map(({ title }) => title)).toContain('By the old webhook');
    scene.advance(2000);
    scene.gitlab.as('ben').updateIssue(scene.place, scene.tickets()[0]?.iid ?? 0, { title: 'By the old webhook of the tracker' });
    await scene.settle(2000);
    expect(scene.productboard.state.entities.get(scene.feature)?.name).toBe('By the old webhook of the tracker');

    scene.productboard.faults.clear();
    scene.gitlab.faults.clear();
    await scene.settle(60_000);
    const now = [...scene.productboard.state.webhooks.values()];
    expect(now).toHaveLength(1);
    expect([authorization(scene) === before, now[0]?.notification.authorization === hook?.notification.authorization, scene.gitlab.state.hooks.length, scene.gitlab.state.hooks[0]?.token === tracker]).toEqual([false, false, 1, false]);
    const told = await fetch(hook?.notification.url ?? '', { method: 'POST', headers: { authorization: hook?.notification.authorization ?? '', 'content-type': 'application/json' }, body: '{}' });
    expect(told.status).toBe(401);
    scene.advance(2000);
    scene.productboard.edit(scene.feature, { name: 'By the new webhook' });
    await scene.settle(8000);
    expect(scene.tickets().map(({ title }) => title)).toContain('By the new webhook');
    expect(await scene.press('button.unlink')).toEqual({ state: 'initial' });
  });
});

describe('what is left behind', () => {
  test('after TANDEM_URL changed: the column goes on and calls the new address, and what was made at the old one is found', async () => {
    const scene = await open();
    await scene.set();
    const [own] = scene.productboard.state.plugins.values();
    if (!own) throw new Error('no column');
    const { ana } = scene.people;
    const left = async (tool: string, site: string) => (await scene.call<OrphansAnswer>(ana, 'GET', `/api/integrations/orphans?tool=${tool}&site=${encodeURIComponent(site)}`)).body.orphans;
    // As if it had been made at another address.
    const former = { ...own, type: 'app.tandem.0123456789ab', action: { ...own.action, url: `https://former.example${new URL(own.action.url).pathname}` } };
    const at = (n: number) => `0d4f4a3e-0000-4000-8000-00000000000${n}`;
    scene.productboard.state.plugins.set(own.id, former);
    scene.productboard.state.plugins.set(at(1), { ...former, id: at(1), name: 'Lost at the former address' });
    scene.productboard.state.plugins.set(at(2), { ...former, id: at(2), name: 'Of another Tandem', type: 'app.tandem.ba9876543210' });
    const [hook] = scene.gitlab.state.hooks;
    const watch = hook?.url.split('/').at(-1) ?? '';
    for (const url of [`https://former.example/hooks/gitlab/${watch}`, 'https://former.example/hooks/gitlab/of-nobody-we-know', `${scene.url}/hooks/gitlab/forgotten`]) expect((await fetch(`${scene.site}/api/v4/projects/${scene.place}/hooks`, { method: 'POST', headers: { 'private-token': scene.tokens.ana, 'content-type': 'application/json' }, body: JSON.stringify({ url, issues_events: true }) })).status).toBe(201);

    await day(scene);
    expect(await scene.view()).toMatchObject({ state: 'on' });
    expect(scene.productboard.state.plugins.get(own.id)?.action.url).toBe(own.action.url);
    expect((await left('productboard', scene.productboard.url)).map(({ kind, name }) => [kind, name])).toEqual([['column', 'Lost at the former address']]);
    const hooks = await left('gitlab', scene.site);
    expect(hooks.map(({ name }) => name.replace(/ \(.*/, ''))).toEqual(['A webhook that calls Tandem at https://former.example', 'A webhook that calls this Tandem']);
    for (const { kind, id } of hooks) expect((await scene.call(ana, 'DELETE', `/api/integrations/orphans/${kind}/${id}?tool=gitlab&site=${encodeURIComponent(scene.site)}`)).status).toBe(204);
    expect(scene.gitlab.state.hooks.map(({ url }) => url)).toEqual([hook?.url, 'https://former.example/hooks/gitlab/of-nobody-we-know']);
    expect((await scene.call(ana, 'DELETE', `/api/integrations/orphans/webhook/${hook?.id}?tool=gitlab&site=${encodeURIComponent(scene.site)}`)).status).toBe(404);
  });
});

describe('the check', () => {
  test('a token that may only read: which scopes it was seen to have is said, and the step that writes first stops with the one that it lacks', async () => {
    const scene = await open();
    const { ana } = scene.people;
    const at = { tool: 'productboard', site: scene.productboard.url };
    await scene.connect(ana, scene.productboard.addToken({ scopes: ['entities:read', 'plugin-integrations:read', 'webhooks:read'] }).value, at);
    const checked = await scene.call<CheckAnswer>(ana, 'POST', '/api/integrations/check', scene.body);
    expect(checked.body).toMatchObject({ ready: true, left: { scopes: { seen: ['entities:read', 'plugin-integrations:read', 'webhooks:read'], unseen: expect.arrayContaining(['plugin-integrations:write', 'webhooks:write', 'entities:write']) as unknown } } });
    const stopped = await scene.set();
    expect(stopped).toMatchObject({ state: 'setting', done: [], reason: expect.stringContaining('It needs the scope plugin-integrations:write') as unknown });
    expect([scene.productboard.state.plugins.size, scene.productboard.state.webhooks.size, scene.gitlab.state.hooks.length]).toEqual([0, 0, 0]);

    await scene.connect(ana, scene.productboard.addToken({ scopes: ['entities:read', 'webhooks:read'] }).value, at);
    expect((await scene.call<CheckAnswer>(ana, 'POST', '/api/integrations/check', scene.body)).body).toMatchObject({ ready: false, troubles: [expect.stringContaining('it has not the scope plugin-integrations:read')], left: { scopes: { seen: ['entities:read', 'webhooks:read'] } } });

    await scene.connect(ana, scene.gitlab.addToken('ana', { scopes: ['read_api'] }).value);
    expect((await scene.call<CheckAnswer>(ana, 'POST', '/api/integrations/check', scene.body)).body).toMatchObject({ ready: false, troubles: expect.arrayContaining([expect.stringContaining('The GitLab token may not make or change issues: it has not the scope api')]) as unknown, right: { scopes: { seen: ['read_api'] } } });
    // What a fine-grained one may do nobody tells: set-up is not refused for it.
    await scene.connect(ana, scene.gitlab.addToken('ana', { scopes: ['granular'] }).value);
    const granular = (await scene.call<CheckAnswer>(ana, 'POST', '/api/integrations/check', scene.body)).body;
    expect([granular.troubles.filter((trouble) => trouble.includes('GitLab')), granular.right.scopes]).toEqual([[], undefined]);
    await scene.connect(ana);

    await scene.connect(ana, scene.productboard.addToken().value, at);
    await scene.call(ana, 'POST', `/api/integrations/${stopped.id}/resume`);
    await scene.settle(8000);
    expect((await scene.view()).state).toBe('on');
  });
});

describe('many at once', () => {
  test('an address that cannot be looked up just now refuses its feature, and no other', async () => {
    const scene = await open();
    const { id } = await scene.set();
    const { ana } = scene.people;
    scene.gitlab.faults.next(1, 503, { path: /projects\/acme/ });
    const answer = await scene.call<PushAnswer>(ana, 'POST', `/api/integrations/${id}/connections`, { items: [{ item: scene.feature, ticket: `${scene.site}/acme/roadmap/-/issues/2` }, { item: scene.other }] });
    expect([answer.status, answer.body]).toEqual([202, { begun: 1, refused: [{ item: scene.feature, reason: expect.stringContaining('trouble of its own') as unknown }] }]);
    const dryRun = async () => (await scene.call<DryRunAnswer>(ana, 'POST', `/api/integrations/${id}/dry-run`, {})).body;
    await scene.settle(8000);
    expect(await dryRun()).toEqual({ writes: [], asks: [], looked: 1, missed: { unlinked: 0, unseen: 0, beyond: 0 } });
    scene.gitlab.setMember(scene.place, 'ana', undefined);
    await scene.press();
    await scene.settle(8000);
    scene.gitlab.setMember(scene.place, 'ana', 50);
    expect((await dryRun()).missed).toEqual({ unlinked: 1, unseen: 0, beyond: 0 });

    scene.advance(1000);
    const retry = (item: string) => scene.call(ana, 'POST', `/api/integrations/${id}/connections/${item}/retry`);
    expect([(await retry(scene.feature)).status, (await retry('0d4f4a3e-0000-4000-8000-000000000000')).status]).toEqual([202, 404]);
    await scene.settle(8000);
    expect([scene.shown().state, scene.tickets().length]).toEqual(['connected', 2]);
  });
});

describe('which way a field goes', () => {
  const rules = (title: object, description: object): Pick<IntegrationBody, 'rules'> => ({ rules: { title, description, status: { flow: 'off', clash: 'ask' } } as IntegrationBody['rules'] });

  test('off: neither side hears of the other; one way: only that side does', async () => {
    const scene = await open();
    await scene.set(rules({ flow: 'left', clash: 'left' }, { flow: 'right', clash: 'left' }));
    await scene.press();
    await scene.settle(8000);
    const [ticket] = scene.tickets();
    const feature = () => scene.productboard.state.entities.get(scene.feature);
    scene.advance(2000);
    scene.productboard.edit(scene.feature, { name: 'Stays in Productboard', description: '<p>Goes over</p>', status: 'Released' });
    await scene.settle(8000);
    // Where only the ticket’s title counts, what the feature was called is put back.
    expect(scene.tickets()[0]).toMatchObject({ title: 'Dark mode', state: 'opened', description: expect.stringMatching(/^Goes over/) as unknown });
    scene.advance(2000);
    scene.gitlab.as('ben').updateIssue(scene.place, ticket?.iid ?? 0, { title: 'Goes back', description: 'Stays in GitLab', state_event: 'close' });
    await scene.settle(8000);
    expect(feature()).toMatchObject({ name: 'Goes back', description: '<p>Goes over</p>', status: { name: 'Released' } });
  });

  test('ask: the button says that it needs a decision, and a word on the page makes it', async () => {
    const scene = await open();
    const { id } = await scene.set(rules({ flow: 'both', clash: 'ask' }, { flow: 'off', clash: 'ask' }));
    await scene.press();
    await scene.settle(8000);
    const { ana } = scene.people;
    const links = async () => (await scene.call<ConnectionsAnswer>(ana, 'GET', `/api/integrations/${id}/connections`)).body;
    scene.productboard.faults.next(1000, 503, { method: 'PATCH', path: /plugin-integrations/ });
    await scene.call(ana, 'POST', `/api/integrations/${id}/pause`);
    // Whoever looks before the pause has reached the links is told to look again.
    expect(await links()).toMatchObject({ settling: true, connections: [{ pair: { state: 'live' } }] });
    scene.productboard.faults.clear();
    await scene.settle(60_000);
    const rested = await links();
    expect([rested.settling, rested.connections[0]?.pair?.state]).toEqual([undefined, 'paused']);
    scene.advance(2000);
    scene.productboard.edit(scene.feature, { name: 'One title' });
    scene.gitlab.as('ben').updateIssue(scene.place, scene.tickets()[0]?.iid ?? 0, { title: 'Another title' });
    await scene.settle(8000);
    await scene.call(ana, 'POST', `/api/integrations/${id}/resume`);
    await scene.settle(8000);
    expect(scene.shown()).toMatchObject({ state: 'connected', label: 'Needs a decision', color: 'red' });
    const [connection] = (await links()).connections;
    expect(connection).toMatchObject({ state: 'linked', pair: { state: 'asking' } });
    expect((await scene.call(ana, 'POST', `/api/pairs/${connection?.id}/choice`, { field: 'title', keep: 'right' })).status).toBe(202);
    await scene.settle(8000);
    expect([scene.productboard.state.entities.get(scene.feature)?.name, scene.tickets()[0]?.title, scene.shown()]).toMatchObject(['Another title', 'Another title', { label: 'Open', color: 'gray' }]);
  });
});

describe('several side by side', () => {
  test('two columns for two projects: each has its own links, and pausing or deleting one leaves the other going', async () => {
    const scene = await open();
    const { ana } = scene.people;
    const second = scene.gitlab.addProject('acme/support', { ana: 50, ben: 30 });
    await scene.set();
    const made = await scene.call<IntegrationView>(ana, 'POST', '/api/integrations', { ...scene.body, name: 'Support', right: { ...scene.body.right, place: String(second.id) } });
    await scene.settle(8000);
    const views = async () => (await scene.call<IntegrationsAnswer>(ana, 'GET', '/api/integrations')).body.integrations;
    const [first, other] = await views();
    expect([first?.state, other?.state, other?.id]).toEqual(['on', 'on', made.body.id]);
    const [roadmap = '', support = ''] = scene.productboard.state.plugins.keys();
    const press = (column: string) => scene.during(scene.productboard.press(column, scene.feature, 'button.push'));
    const inSupport = () => [...scene.gitlab.project(second.id).issues.values()].map(({ title }) => title);

    expect(await press(roadmap)).toMatchObject({ state: 'connected' });
    await scene.settle(8000);
    expect([scene.tickets().length, inSupport(), scene.productboard.connection(support, scene.feature)]).toEqual([1, [], { state: 'initial' }]);
    expect((await views()).map(({ counts }) => counts.linked)).toEqual([1, 0]);
    // The same feature may have a ticket in each.
    expect(await press(support)).toMatchObject({ state: 'connected' });
    await scene.settle(8000);
    expect([scene.tickets().length, inSupport()]).toEqual([1, ['Dark mode']]);

    const edit = async (name: string): Promise<void> => {
      scene.advance(2000);
      scene.productboard.edit(scene.feature, { name });
      await scene.settle(8000);
    };
    await scene.call(ana, 'POST', `/api/integrations/${first?.id}/pause`);
    await scene.settle(8000);
    await edit('While one rests');
    expect([scene.tickets()[0]?.title, inSupport()]).toEqual(['Dark mode', ['While one rests']]);
    await scene.call(ana, 'POST', `/api/integrations/${first?.id}/resume`);
    await scene.settle(8000);
    expect(scene.tickets()[0]?.title).toBe('While one rests');

    await scene.call(ana, 'DELETE', `/api/integrations/${first?.id}`);
    await scene.settle(15_000);
    expect([(await views()).map(({ id }) => id), [...scene.productboard.state.plugins.keys()], scene.productboard.state.webhooks.size, scene.gitlab.state.hooks.map(({ project }) => project)]).toEqual([[other?.id], [support], 1, [second.id]]);
    expect((await fetch(`${scene.url}/buttons/${first?.id}?validationToken=probe`)).status).toBe(410);
    await edit('After one went');
    expect([scene.tickets()[0]?.title, inSupport()]).toEqual(['While one rests', ['After one went']]);
    expect(scene.productboard.connection(support, scene.feature)).toMatchObject({ state: 'connected' });
  });

  test('two spaces, each with its own token: a click in one makes a ticket in its project alone, and what changes there stays there', async () => {
    const beta = await startProductboard({ rateLimit: 1000 });
    try {
      for (const name of ['New idea', 'In progress', 'Released']) beta.addStatus(name);
      const feature = beta.addEntity({ name: 'Of the other space', status: 'New idea' });
      const token = beta.addToken().value;
      // All workspaces share one address of the API: the token says which is meant.
      const http = httpThrough((request, send) => send(request.headers['authorization'] === `Bearer ${token}` ? { ...request, url: request.url.replace(world?.productboard.url ?? '', beta.url) } : request));
      const scene = await open({ env: { TANDEM_ALLOW_PRIVATE: '1' }, overrides: { http } });
      const { ana } = scene.people;
      const support = scene.gitlab.addProject('acme/support', { ana: 50 });
      expect((await scene.connect(ana, token, { tool: 'productboard', site: beta.url })).status).toBe(200);
      await scene.set();
      const rest = async (): Promise<void> => {
        for (let i = 0; i < 2; i += 1) {
          await scene.settle(8000);
          await scene.during(beta.settled());
        }
        await scene.settle(8000);
      };
      const made = await scene.call(ana, 'POST', '/api/integrations', { ...scene.body, left: { ...scene.body.left, site: beta.url }, right: { ...scene.body.right, place: String(support.id) }, statuses: [] });
      expect(made.status).toBe(202);
      await rest();
      const [column = ''] = beta.state.plugins.keys();
      expect([scene.productboard.state.plugins.size, beta.state.plugins.size, beta.state.webhooks.size]).toEqual([1, 1, 1]);

      await scene.press();
      await rest();
      const inSupport = () => [...scene.gitlab.project(support.id).issues.values()].map(({ title }) => title);
      expect([scene.tickets().map(({ title }) => title), inSupport(), beta.state.plugins.get(column)?.connections.size]).toEqual([['Dark mode'], [], 0]);
      expect(await scene.during(beta.press(column, feature.id))).toMatchObject({ state: 'connected' });
      await rest();
      expect([scene.tickets().map(({ title }) => title), inSupport()]).toEqual([['Dark mode'], ['Of the other space']]);
      scene.advance(2000);
      beta.edit(feature.id, { name: 'Only there' });
      await rest();
      expect([scene.tickets().map(({ title }) => title), inSupport()]).toEqual([['Dark mode'], ['Only there']]);
    } finally {
      await world?.close();
      world = undefined;
      await beta.close();
    }
  });
});
