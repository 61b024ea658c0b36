import type { DryRunAnswer, IntegrationBody, IntegrationsAnswer, PushAnswer, ConnectionsAnswer, OrphansAnswer } from '@tandem/shared/integrations';
import type { WireError } from '@tandem/shared/errors';
import { afterEach, describe, expect, test } from 'vitest';
import { httpThrough } from '../sim/through.ts';
import { clicks, type World, type WorldOptions } from '../sim/world.ts';
import { openScene, type Scene } from './productboard-scene.ts';

let opened: World | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

const open = (options: WorldOptions = {}): Promise<Scene> => openScene(options, (world) => (opened = world));
/** For whoever clicks where nothing comes soon. */
const hasty = { timers: clicks(100) };

describe('the push', () => {
  test('a create that took effect and was answered 502 is found again, and there is one ticket', async () => {
    const scene = await open({ overrides: hasty });
    await scene.set();
    scene.gitlab.faults.next(1, 'after-effect-502', { method: 'POST', path: /issues$/ });
    await scene.press();
    await scene.settle(70_000);
    expect(scene.tickets()).toHaveLength(1);
    expect(scene.shown()).toMatchObject({ state: 'connected' });
  });

  test('a create that was refused with 502 before its effect is repeated after a minute, and there is one ticket', async () => {
    const scene = await open({ overrides: hasty });
    await scene.set();
    scene.gitlab.faults.next(1, 502, { method: 'POST', path: /issues$/ });
    expect(await scene.press()).toEqual({ state: 'progress' });
    expect(scene.shown()).toEqual({ state: 'progress' });
    await scene.settle(75_000);
    expect([scene.tickets().length, scene.shown()]).toMatchObject([1, { state: 'connected' }]);
  });

  test('our own answer that comes after what we said later is put right', async () => {
    const scene = await open({ overrides: hasty });
    await scene.set();
    scene.gitlab.faults.next(1, 502, { method: 'POST', path: /issues$/ });
    const answered = scene.productboard.hooks.holdAnswers();
    const pressed = scene.productboard.press(scene.column(), scene.feature);
    await scene.during(answered);
    await scene.settle(62_000);
    expect(scene.shown()).toMatchObject({ state: 'connected' });
    scene.productboard.hooks.releaseAnswers();
    await pressed;
    expect(scene.shown()).toEqual({ state: 'progress' });
    await scene.settle(15_000);
    expect(scene.shown()).toMatchObject({ state: 'connected' });
  });

  test('a refusal shows as an error, dismissing clears it, and a push after that succeeds', async () => {
    const scene = await open();
    await scene.set();
    scene.gitlab.setMember(scene.place, 'ana', undefined);
    expect(await scene.press()).toMatchObject({ state: 'error' });
    expect(await scene.press('button.dismiss')).toEqual({ state: 'initial' });
    await scene.settle(8000);
    scene.gitlab.setMember(scene.place, 'ana', 50);
    // Nothing is done twice within a second.
    scene.advance(1000);
    expect(await scene.press()).toMatchObject({ state: 'connected' });
    expect(scene.tickets()).toHaveLength(1);
  });

  test('a tracker that stays down ends in an error, never in a spinner', async () => {
    const scene = await open();
    await scene.set();
    scene.gitlab.faults.next(500, 503, { method: 'POST', path: /issues$/ });
    await scene.press();
    await scene.settle(300_000);
    expect(scene.shown()).toMatchObject({ state: 'error' });
    expect(scene.tickets()).toEqual([]);
  });

  test('pushed twice at once, there is one ticket', async () => {
    const scene = await open();
    const { id } = await scene.set();
    const action = [...scene.productboard.state.plugins.values()][0]?.action;
    const click = () => fetch(`${scene.url}/buttons/${id}`, { method: 'POST', headers: { authorization: action?.authorization ?? '', 'content-type': 'application/json' }, body: JSON.stringify({ data: { integrationId: scene.column(), trigger: 'button.push', feature: { id: scene.feature } } }) });
    const answers = await scene.during(Promise.all([click(), click(), click()]));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await scene.settle(8000);
    expect(scene.tickets()).toHaveLength(1);
  });
});

describe('what is not right', () => {
  test('calls of a button: unknown 404, no secret 401, no JSON 400, an unknown trigger 422, a probe too long 422', async () => {
    const scene = await open();
    const { id } = await scene.set();
    const authorization = [...scene.productboard.state.plugins.values()][0]?.action.authorization ?? '';
    const data = { integrationId: scene.column(), trigger: 'button.push', feature: { id: scene.feature } };
    const ask = async (path: string, body: string, headers: Record<string, string> = { authorization }) => (await scene.during(fetch(scene.url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body }))).status;
    const good = JSON.stringify({ data });
    expect([
      await ask('/buttons/unknown', good),
      await ask(`/buttons/${id}`, good, {}),
      await ask(`/buttons/${id}`, good, { authorization: `${authorization}x` }),
      await ask(`/buttons/${id}`, '{'),
      await ask(`/buttons/${id}`, JSON.stringify({ data: { ...data, trigger: 'button.dance' } })),
      await ask(`/buttons/${id}`, JSON.stringify({ data: { ...data, integrationId: scene.feature } })),
    ]).toEqual([404, 401, 401, 400, 422, 422]);
    expect(scene.tickets()).toEqual([]);

    const addresses = [`${scene.url}/buttons/${id}`, ...[...scene.productboard.state.webhooks.values()].map(({ notification }) => notification.url), ...scene.gitlab.state.hooks.map(({ url }) => url)];
    expect(addresses).toHaveLength(3);
    for (const address of addresses) {
      const probe = await fetch(`${address}?validationToken=${'x'.repeat(512)}`);
      expect([probe.status, probe.headers.get('content-type'), probe.headers.get('x-content-type-options'), (await probe.text()).length], address).toEqual([200, 'text/plain; charset=utf-8', 'nosniff', 512]);
      expect((await fetch(`${address}?validationToken=${'x'.repeat(513)}`)).status, address).toBe(422);
      expect((await fetch(address.replace(/[^/]+$/, 'unknown') + '?validationToken=x')).status, address).toBe(404);
    }
    await scene.call(scene.people.ana, 'DELETE', `/api/integrations/${id}`);
    await scene.settle(15_000);
    for (const address of addresses) expect((await fetch(`${address}?validationToken=x`)).status, address).toBe(410);
  });

  test('settings: a name too long, a status that is not there, a place that is not there, each at its field', async () => {
    const scene = await open();
    const { ana } = scene.people;
    const [row] = scene.body.statuses;
    const faults: readonly (readonly [Partial<IntegrationBody>, string])[] = [
      [{ name: 'x'.repeat(256) }, 'name'],
      [{ button: 'x'.repeat(11) }, 'button'],
      [{ statuses: [{ ...row, feature: 'gone', ticket: 'opened', color: 'gray' }] }, 'statuses.0.feature'],
      [{ statuses: [{ feature: row?.feature ?? '', ticket: 'gone', color: 'gray' }] }, 'statuses.0.ticket'],
      [{ right: { ...scene.body.right, place: '987654' } }, 'right'],
    ];
    for (const [over, field] of faults) expect((await scene.call(ana, 'POST', '/api/integrations', { ...scene.body, ...over })).body, field).toMatchObject({ error: { code: 'invalid_input', details: { fields: { [field]: expect.any(String) as unknown } } } });
    expect([scene.productboard.state.plugins.size, scene.productboard.state.webhooks.size]).toEqual([0, 0]);
  });

  test('settings: at an address that Productboard could not reach nothing is created, and who can help is said', async () => {
    const api = 'https://api.productboard.example';
    const http = httpThrough((request, send) => send({ ...request, url: request.url.replace(api, opened?.productboard.url ?? '') }));
    // Productboard is out there, and this Tandem on a loopback address.
    const scene = await open({ env: { PRODUCTBOARD_API_URL: api }, overrides: { http } });
    const refused = await scene.call<WireError>(scene.people.ana, 'POST', '/api/integrations', scene.body);
    expect([refused.status, refused.body.error.code]).toEqual([422, 'invalid_input']);
    expect(refused.body.error.message).toContain('it calls https addresses of the open internet only. Whoever runs Tandem has to give it one (TANDEM_URL).');
    expect([scene.productboard.state.plugins.size, scene.productboard.state.webhooks.size, (await scene.call<IntegrationsAnswer>(scene.people.ana, 'GET', '/api/integrations')).body.integrations.length]).toEqual([0, 0, 0]);
  });

  test('an account without the right to webhooks: the project is asked instead, and it says so', async () => {
    const scene = await open();
    scene.gitlab.setMember(scene.place, 'ana', 30);
    expect(await scene.set()).toMatchObject({ state: 'on', right: { watch: 'poll', reason: expect.stringContaining('webhook') as unknown } });
  });

  test('a set-up that is refused stops at its step and goes on when somebody says so', async () => {
    const scene = await open();
    scene.productboard.faults.next(1, 403, { method: 'PATCH', path: /plugin-integrations/ });
    // As long as they may be, counted as Productboard does.
    const [name, button] = [`x${'🚀'.repeat(254)}`, '🚀'.repeat(10)];
    const stopped = await scene.set({ name, button });
    expect(stopped).toMatchObject({ state: 'setting', done: ['column', 'source', 'target'], reason: expect.any(String) as unknown });
    expect(scene.productboard.state.plugins.get(scene.column())?.name).toMatch(/^x(?:🚀)+ · being set up: /u);
    await scene.call(scene.people.ana, 'POST', `/api/integrations/${stopped.id}/resume`);
    await scene.settle(8000);
    expect((await scene.view()).state).toBe('on');
    expect([...scene.productboard.state.plugins.values()]).toMatchObject([{ name, label: button }]);
  });

  test('a webhook whose making was answered to nobody goes with the integration', async () => {
    const scene = await open();
    scene.productboard.faults.next(1, 'after-effect-502', { method: 'POST', path: /webhooks$/ });
    scene.productboard.faults.next(1000, 503, { method: 'POST', path: /webhooks$/ });
    const { id } = await scene.set();
    expect([scene.productboard.state.webhooks.size, await scene.view()]).toMatchObject([1, { state: 'setting', done: ['column'] }]);
    await scene.call(scene.people.ana, 'DELETE', `/api/integrations/${id}`);
    await scene.settle(30_000);
    expect([scene.productboard.state.webhooks.size, scene.productboard.state.plugins.size]).toEqual([0, 0]);
    expect((await scene.tandem().store.integrations.get(id))).toMatchObject({ state: 'removed', report: [] });

    // Where nobody may look for it any more, that is said.
    scene.productboard.faults.clear();
    scene.gitlab.faults.next(1, 'after-effect-502', { method: 'POST', path: /hooks$/ });
    scene.gitlab.faults.next(1000, 503, { method: 'PUT', path: /hooks/ });
    const other = await scene.set();
    expect([scene.gitlab.state.hooks.length, other.done]).toEqual([1, ['column', 'source']]);
    scene.gitlab.setMember(scene.place, 'ana', undefined);
    scene.gitlab.faults.clear();
    await scene.call(scene.people.ana, 'DELETE', `/api/integrations/${other.id}`);
    await scene.settle(60_000);
    expect(await scene.tandem().store.integrations.get(other.id)).toMatchObject({ state: 'removed', report: [`A webhook may have been made at ${scene.place}: no connected account may look. Whatever it sends is turned away.`] });
  });

  test('a column that was deleted in Productboard is noticed, and made anew with all that it showed', async () => {
    const scene = await open();
    const { id } = await scene.set();
    await scene.press();
    await scene.settle(8000);
    scene.productboard.state.plugins.clear();
    scene.advance(25 * 3_600_000);
    await scene.settle(60_000);
    expect(await scene.view()).toMatchObject({ state: 'setting', reason: expect.stringContaining('not there any more') as unknown });
    await scene.call(scene.people.ana, 'POST', `/api/integrations/${id}/resume`);
    await scene.settle(15_000);
    expect([(await scene.view()).state, scene.shown().state]).toEqual(['on', 'connected']);
  });
});

describe('management', () => {
  test('many are linked at once, an existing ticket by its address, each with its own end', async () => {
    const scene = await open();
    const { id } = await scene.set();
    const more = Array.from({ length: 20 }, (_, i) => scene.productboard.addEntity({ name: `Feature ${i}` }).id);
    const { ana } = scene.people;
    const address = `${scene.site}/acme/roadmap/-/issues/2`;
    const begun = await scene.call<PushAnswer>(ana, 'POST', `/api/integrations/${id}/connections`, { items: [...more.map((item) => ({ item })), { item: scene.feature, ticket: address }, { item: scene.other, ticket: 'https://elsewhere.example/1' }, { item: '0d4f4a3e-0000-4000-8000-000000000000' }] });
    expect(begun).toMatchObject({ status: 202, body: { begun: 22, refused: [{ item: scene.other }] } });
    const elsewhere = scene.gitlab.addProject('acme/elsewhere', { ana: 50 });
    scene.gitlab.as('ana').createIssue(elsewhere.id, { title: 'Of another project' });
    const link = async (ticket: string) => (await scene.call<PushAnswer>(ana, 'POST', `/api/integrations/${id}/connections`, { items: [{ item: scene.other, ticket }] })).body.refused.map(({ reason }) => reason);
    expect(await link(address), 'while that one is being linked').toEqual([expect.stringContaining('linked to another feature already')]);
    expect(await link(`${scene.site}/acme/elsewhere/-/issues/1`)).toEqual([expect.stringContaining('another project')]);
    await scene.settle(60_000);
    const { connections } = (await scene.call<ConnectionsAnswer>(ana, 'GET', `/api/integrations/${id}/connections`)).body;
    expect(connections.filter(({ state }) => state === 'linked')).toHaveLength(21);
    expect(connections.filter(({ state }) => state === 'failed')).toMatchObject([{ reason: expect.any(String) as unknown }]);
    expect(scene.tickets()).toHaveLength(20);
    expect(scene.gitlab.project(scene.place).issues.get(2)?.description).toContain('#tandem-');
    expect(await link(address)).toEqual([expect.stringContaining('linked to another feature already')]);
    expect(scene.shown()).toMatchObject({ state: 'connected' });
  });

  test('a dry run says what a change would write, and the change then writes that for what is linked already', async () => {
    const scene = await open();
    const { id } = await scene.set({ rules: { ...scene.body.rules, title: { flow: 'once', clash: 'left' } } });
    await scene.press();
    await scene.settle(8000);
    scene.advance(2000);
    scene.productboard.edit(scene.feature, { name: 'Darker mode' });
    await scene.settle(8000);
    expect(scene.tickets()[0]?.title).toBe('Dark mode');
    const { ana } = scene.people;
    expect((await scene.call(ana, 'POST', `/api/integrations/${id}/dry-run`, { button: 'x'.repeat(11) })).body, 'what saving would refuse').toMatchObject({ error: { code: 'invalid_input', details: { fields: { button: expect.any(String) as unknown } } } });
    const rules = { ...scene.body.rules, title: { flow: 'right', clash: 'left' } };
    expect((await scene.call<DryRunAnswer>(ana, 'POST', `/api/integrations/${id}/dry-run`, { rules })).body).toMatchObject({ looked: 1, writes: [{ side: 'right', field: 'title', from: 'Dark mode', to: 'Darker mode' }], asks: [] });
    expect(scene.tickets()[0]?.title).toBe('Dark mode');
    await scene.call(ana, 'PATCH', `/api/integrations/${id}`, { rules });
    await scene.settle(8000);
    expect(scene.tickets()[0]?.title).toBe('Darker mode');

    // A status that a row names is deleted in Productboard: what would become it says so, the rest travels, and its row cannot be saved again.
    scene.productboard.state.statuses.splice(2, 1);
    scene.advance(2000);
    scene.gitlab.as('ben').updateIssue(scene.place, scene.tickets()[0]?.iid ?? 0, { description: 'At night.', state_event: 'close' });
    await scene.settle(20_000);
    expect(scene.productboard.state.entities.get(scene.feature)).toMatchObject({ description: '<p>At night.</p>', status: { name: 'New idea' } });
    expect([await scene.tandem().store.pairs.byTeam(ana.team), scene.shown()]).toMatchObject([[{ reason: expect.stringContaining('status') as unknown }], { state: 'connected', label: 'Sync error', color: 'red' }]);
    expect((await scene.call(ana, 'PATCH', `/api/integrations/${id}`, { statuses: scene.body.statuses })).body).toMatchObject({ error: { details: { fields: { 'statuses.2.feature': expect.stringContaining('not there any more') as unknown } } } });
  });

  test('paused, nothing travels and a push says so; resumed, everything does', async () => {
    const scene = await open();
    const { id } = await scene.set();
    await scene.press();
    await scene.settle(8000);
    const { ana } = scene.people;
    await scene.call(ana, 'POST', `/api/integrations/${id}/pause`);
    await scene.settle(8000);
    scene.advance(2000);
    scene.productboard.edit(scene.feature, { name: 'Darker mode' });
    await scene.settle(8000);
    expect(scene.tickets()[0]?.title).toBe('Dark mode');
    expect(await scene.press('button.push', scene.other)).toMatchObject({ state: 'error', message: expect.stringContaining('paused') as unknown });
    expect(await scene.during(scene.click()), 'what is linked shows its state').toMatchObject({ state: 'connected', label: 'Open' });
    await scene.call(ana, 'POST', `/api/integrations/${id}/resume`);
    await scene.settle(8000);
    expect(scene.tickets()[0]?.title).toBe('Darker mode');
  });

  test('a new secret is the only one once the column has it', async () => {
    const scene = await open();
    const { id } = await scene.set();
    const secret = () => [...scene.productboard.state.plugins.values()][0]?.action.authorization ?? '';
    const old = secret();
    await scene.call(scene.people.ana, 'POST', `/api/integrations/${id}/rotate`);
    await scene.settle(8000);
    expect(secret()).not.toBe(old);
    expect((await fetch(`${scene.url}/buttons/${id}`, { method: 'POST', headers: { authorization: old, 'content-type': 'application/json' }, body: '{}' })).status).toBe(401);
    expect(await scene.press()).toMatchObject({ state: 'connected' });
  });

  test('what stays behind of ours is found and removed, what is in use or of others is not', async () => {
    const scene = await open();
    await scene.set();
    const { ana } = scene.people;
    const at = `tool=productboard&site=${encodeURIComponent(scene.productboard.url)}`;
    const look = async () => (await scene.call<OrphansAnswer>(ana, 'GET', `/api/integrations/orphans?${at}`)).body.orphans;
    expect(await look()).toEqual([]);
    const [own] = scene.productboard.state.plugins.values();
    const [hook] = scene.productboard.state.webhooks.values();
    if (!own || !hook) throw new Error('nothing was made');
    scene.productboard.state.plugins.set('0d4f4a3e-0000-4000-8000-000000000001', { ...own, id: '0d4f4a3e-0000-4000-8000-000000000001', name: 'Lost' });
    scene.productboard.state.plugins.set('0d4f4a3e-0000-4000-8000-000000000002', { ...own, id: '0d4f4a3e-0000-4000-8000-000000000002', type: 'com.other' });
    scene.productboard.state.webhooks.set('0d4f4a3e-0000-4000-8000-000000000003', { ...hook, id: '0d4f4a3e-0000-4000-8000-000000000003' });
    expect((await look()).map(({ kind, id }) => [kind, id.at(-1)])).toEqual([['column', '1'], ['webhook', '3']]);
    for (const { kind, id } of await look()) expect((await scene.call(ana, 'DELETE', `/api/integrations/orphans/${kind}/${id}?${at}`)).status).toBe(204);
    expect([scene.productboard.state.plugins.size, scene.productboard.state.webhooks.size]).toEqual([2, 1]);
  });

  test('with a token that ended an unlinking waits to be shown, and ends with the next token; a column that cannot be removed is reported, and the rest goes all the same', async () => {
    const scene = await open();
    const { id } = await scene.set();
    const { ana } = scene.people;
    const revoke = (): void => {
      for (const token of scene.productboard.state.tokens) token.revoked = true;
    };
    await scene.press();
    await scene.settle(8000);
    revoke();
    expect((await scene.call(ana, 'DELETE', `/api/integrations/${id}/connections/${scene.feature}`)).status).toBe(202);
    await scene.settle(15_000);
    const links = async () => (await scene.call<ConnectionsAnswer>(ana, 'GET', `/api/integrations/${id}/connections`)).body.connections;
    expect([scene.shown().state, await links()]).toMatchObject(['connected', [{ state: 'leaving', reason: expect.stringContaining('no longer accepts') as unknown }]]);
    await scene.connect(ana, scene.productboard.addToken().value, { tool: 'productboard', site: scene.productboard.url });
    await scene.settle(15_000);
    expect([scene.shown(), await links()]).toEqual([{ state: 'initial' }, []]);
    // What Productboard refuses whoever asks is not waited for.
    await scene.press('button.push', scene.other);
    await scene.settle(8000);
    scene.productboard.faults.next(1, 400, { method: 'PUT', path: /connections/ });
    await scene.call(ana, 'DELETE', `/api/integrations/${id}/connections/${scene.other}`);
    await scene.settle(15_000);
    expect([await links(), (await scene.view()).report]).toEqual([[], [expect.stringMatching(/^The column still shows “Single sign-on” as linked: /)]]);
    revoke();
    await scene.call(scene.people.ana, 'DELETE', `/api/integrations/${id}`);
    await scene.settle(15_000);
    expect(await scene.view()).toMatchObject({ state: 'removed', report: [expect.stringContaining('could not be removed') as unknown, expect.stringContaining('webhook') as unknown] });
    expect((await scene.call(scene.people.ana, 'DELETE', `/api/integrations/${id}`)).status).toBe(204);
    expect((await scene.call<IntegrationsAnswer>(scene.people.ana, 'GET', '/api/integrations')).body.integrations).toEqual([]);
  });

  test('a webhook that Productboard gave up in silence is noticed by what it did not tell, and made anew', async () => {
    const scene = await open();
    await scene.set();
    await scene.press();
    await scene.settle(8000);
    const [dead] = scene.productboard.state.webhooks.values();
    if (dead) dead.disabled = true;
    scene.productboard.edit(scene.feature, { name: 'Unheard' });
    await scene.settle(8000);
    expect(scene.tickets()[0]?.title).not.toBe('Unheard');
    scene.advance(25 * 3_600_000);
    await scene.settle(20_000);
    expect(scene.tickets()[0]?.title).toBe('Unheard');
    const hooks = [...scene.productboard.state.webhooks.values()];
    expect([hooks.length, hooks[0]?.disabled, hooks[0]?.id === dead?.id]).toEqual([1, false, false]);
    scene.advance(2000);
    scene.productboard.edit(scene.feature, { name: 'Heard' });
    await scene.settle(8000);
    expect(scene.tickets()[0]?.title).toBe('Heard');
  });

  test('a description with an embed is not written over: the pair says why, the ticket keeps its text, and the rest of the edit arrives', async () => {
    const scene = await open();
    await scene.set();
    const node = scene.productboard.embed(scene.feature, 'A video');
    await scene.press();
    await scene.settle(8000);
    const [ticket] = scene.tickets();
    expect(ticket?.description).toContain(`urn:pb:node:${node}`);
    scene.advance(2000);
    scene.gitlab.as('ben').updateIssue(scene.place, ticket?.iid ?? 0, { title: 'Brighter', description: 'All new', state_event: 'close' });
    await scene.settle(8000);
    expect(scene.productboard.state.nodes.has(node)).toBe(true);
    expect(scene.productboard.state.entities.get(scene.feature)).toMatchObject({ name: 'Brighter', status: { name: 'Released' } });
    expect([scene.tickets()[0]?.description, (await scene.tandem().store.pairs.byTeam(scene.people.ana.team))[0]?.reason]).toEqual(['All new', expect.stringContaining('only Productboard can show')]);
    expect(scene.shown()).toMatchObject({ state: 'connected', label: 'Sync error', color: 'red' });
  });

  test('what somebody changes in the feature right after our write, before it is read again, is theirs and goes to the ticket', async () => {
    let after: (() => void) | undefined;
    const http = httpThrough(async (request, send) => {
      const answer = await send(request);
      if (request.method === 'PATCH' && request.url.includes('/entities/')) {
        after?.();
        after = undefined;
      }
      return answer;
    });
    const scene = await open({ overrides: { http } });
    await scene.set();
    await scene.press();
    await scene.settle(8000);
    const [ticket] = scene.tickets();
    const { name, description, status } = scene.productboard.state.entities.get(scene.feature) ?? {};
    scene.advance(2000);
    // Put back as they were: to whoever reads it again, as if nothing had been written.
    after = () => void scene.productboard.edit(scene.feature, { name: name ?? '', description: description ?? '', status: status?.name ?? '' });
    scene.gitlab.as('ben').updateIssue(scene.place, ticket?.iid ?? 0, { title: 'Other', description: 'All new', state_event: 'close' });
    await scene.settle(20_000);
    expect(after).toBeUndefined();
    const [followed] = scene.tickets();
    expect([followed?.title, followed?.state]).toEqual([ticket?.title, ticket?.state]);
    expect(followed?.description).toBe(ticket?.description);
  });
});
