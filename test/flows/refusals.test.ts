import type { WireError } from '@tandem/shared/errors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signature } from '../sim/gitlab-hooks.ts';
import { openWorld, type World } from '../sim/world.ts';

describe('bad input is refused, each in its own words', () => {
  let world: World;
  let card: string;
  let boardPath: string;
  beforeAll(async () => {
    world = await openWorld();
    for (const name of ['ana', 'ben', 'cem'] as const) {
      await world.signIn(world.people[name]);
      await world.connect(world.people[name]);
    }
    await world.signIn(world.people.eve);
    ({ card } = await world.put(world.people.ana, world.issue(1)));
    boardPath = `/api/cards/${encodeURIComponent(world.board)}`;
    await world.settle();
  });
  afterAll(() => world.close());

  const refused = async (response: Promise<{ status: number; body: unknown }>): Promise<[number, string]> => {
    const { status, body } = await response;
    const { error } = body as WireError;
    expect(error.message).toMatch(/^[A-Z].*[.:]$|[.]$/s);
    expect(error.id).toMatch(/^[\w-]{20,}$/);
    return [status, error.code];
  };
  const raw = async (method: string, path: string, body: string | Buffer | undefined, headers: Record<string, string> = {}) => {
    const authorization = `Bearer ${world.miro.idToken(world.people.ana.user, world.people.ana.team)}`;
    const response = await fetch(world.url + path, { method, headers: { authorization, 'content-type': 'application/json', ...headers }, ...(body === undefined ? {} : { body: body as string }) });
    return { status: response.status, headers: response.headers, body: (await response.json()) as unknown };
  };

  test('an unknown route and a wrong method', async () => {
    expect(await refused(world.call(world.people.ana, 'GET', '/api/nothing'))).toEqual([404, 'not_found']);
    expect(await refused(raw('GET', '/nothing', undefined))).toEqual([404, 'not_found']);
    const wrong = await raw('PUT', '/api/me', '{}');
    expect([wrong.status, (wrong.body as WireError).error.code, wrong.headers.get('allow')]).toEqual([405, 'wrong_method', 'HEAD, GET']);
    expect(await refused(raw('PUT', '/hooks/gitlab/abc', '{}'))).toEqual([405, 'wrong_method']);
    expect(await refused(raw('GET', '/hooks/gitlab/abc', undefined)), 'asked by tools that probe an address before they call it').toEqual([404, 'not_found']);
  });

  test('malformed, oversized and mistyped bodies', async () => {
    expect(await refused(raw('POST', '/api/cards', '{"board":'))).toEqual([400, 'invalid_input']);
    expect(await refused(raw('POST', '/api/cards', Buffer.from([0x7b, 0xff, 0x7d])))).toEqual([400, 'invalid_input']);
    expect(await refused(raw('POST', '/api/cards', '<xml/>', { 'content-type': 'application/xml' }))).toEqual([415, 'invalid_input']);
    expect(await refused(raw('POST', '/api/cards', JSON.stringify({ board: 'b'.repeat(300_000) })))).toEqual([413, 'too_large']);
    const mistyped = await raw('POST', '/api/cards', JSON.stringify({ board: { $ne: null }, card: 7, ref: { tool: 'gitlab' } }));
    expect(mistyped.status).toBe(422);
    expect(Object.keys((mistyped.body as { error: { details: { fields: object } } }).error.details.fields)).toEqual(['board', 'card', 'ref.site', 'ref.place', 'ref.id']);
    expect(await refused(world.edit(world.people.ana, card, { set: { title: '  ' }, seen: { title: 'x' } }))).toEqual([422, 'invalid_input']);
    expect(await refused(world.edit(world.people.ana, card, { set: { title: 'x' }, seen: {} }))).toEqual([422, 'invalid_input']);
    expect(await refused(world.call(world.people.ana, 'GET', `/api/tools/gitlab/${encodeURIComponent(world.site)}/items?state=maybe`))).toEqual([422, 'invalid_input']);
  });

  test('no identity, a forged one, and one whose time is over', async () => {
    const me = (authorization: string) => raw('GET', '/api/me', undefined, { authorization });
    const { ana } = world.people;
    expect(await refused(me(''))).toEqual([401, 'unauthenticated']);
    expect(await refused(me('Bearer nonsense'))).toEqual([401, 'unauthenticated']);
    expect(await refused(me(`Bearer ${world.miro.idToken(ana.user, ana.team, { secret: 'guessed' })}`))).toEqual([401, 'unauthenticated']);
    expect(await refused(me(`Bearer ${world.miro.idToken(ana.user, ana.team, { alg: 'none' })}`))).toEqual([401, 'unauthenticated']);
    expect(await refused(me(`Bearer ${world.miro.idToken(ana.user, ana.team, { sub: '1' })}`))).toEqual([401, 'unauthenticated']);
    expect(await refused(me(`Bearer ${world.miro.idToken(ana.user, ana.team, { ttl: -120 })}`))).toEqual([401, 'unauthenticated']);
  });

  test('a board, card or item that is not there', async () => {
    const { ana } = world.people;
    expect(await refused(world.call(ana, 'GET', '/api/boards/uXjVNOTHING%3D/cards'))).toEqual([404, 'not_found']);
    expect(await refused(world.call(ana, 'GET', `${boardPath}/3458764500000009999`))).toEqual([404, 'not_found']);
    expect(await refused(world.call(ana, 'POST', '/api/cards', { board: world.board, card: '3458764500000009999', ref: world.issue(1) }))).toEqual([404, 'not_found']);
    const { answer } = await world.put(ana, world.issue(999));
    expect([answer.status, (answer.body as unknown as WireError).error.code]).toEqual([404, 'not_found']);
    expect(await refused(world.call(ana, 'GET', '/api/tools/gitlab/elsewhere.example/items'))).toEqual([403, 'account_required']);
    expect(await refused(world.call(ana, 'GET', '/api/tools/gitea/elsewhere.example/items')), 'a tool that is off').toEqual([404, 'not_found']);
  });

  test("another team's link, and a board that the caller may not see", async () => {
    const { eve } = world.people;
    expect(await refused(world.call(eve, 'GET', `/api/boards/${encodeURIComponent(world.board)}/cards`))).toEqual([404, 'not_found']);
    expect(await refused(world.call(eve, 'GET', `${boardPath}/${card}`))).toEqual([404, 'not_found']);
    expect(await refused(world.call(eve, 'PATCH', `${boardPath}/${card}`, { set: { title: 'Mine' }, seen: { title: '' } }))).toEqual([404, 'not_found']);
    expect(await refused(world.call(eve, 'DELETE', `${boardPath}/${card}`))).toEqual([404, 'not_found']);
    expect(await refused(world.call(eve, 'POST', '/api/cards', { board: world.board, card, ref: world.issue(2) }))).toEqual([404, 'not_found']);
  });

  test('a viewer may read cards but neither link nor unlink; a guest of the project may not edit', async () => {
    const { cem } = world.people;
    expect((await world.call(cem, 'GET', `${boardPath}/${card}`)).status).toBe(200);
    expect(await refused(world.call(cem, 'DELETE', `${boardPath}/${card}`))).toEqual([403, 'forbidden']);
    expect(await refused(world.call(cem, 'POST', '/api/cards', { board: world.board, card, ref: world.issue(2) }))).toEqual([403, 'forbidden']);
    expect(await refused(world.edit(cem, card, { set: { title: 'Mine' }, seen: { title: 'Checkout drops the discount' } }))).toEqual([403, 'forbidden']);
  });

  test('a card is never re-pointed, and linking it again changes nothing', async () => {
    const { ana } = world.people;
    expect((await world.call(ana, 'POST', '/api/cards', { board: world.board, card, ref: world.issue(1) })).status).toBe(200);
    expect(await refused(world.call(ana, 'POST', '/api/cards', { board: world.board, card, ref: world.issue(2) }))).toEqual([409, 'conflict']);
  });

  test('an account that is not there, and a token that the tool does not accept', async () => {
    const { ben } = world.people;
    const wrong = await world.connect(ben, 'glpat-wrong');
    expect([wrong.status, (wrong.body as { error: { details: unknown } }).error.details]).toEqual([422, { fields: { token: expect.stringContaining('does not accept this token') as string } }]);
    await world.call(ben, 'DELETE', `/api/accounts/gitlab/${encodeURIComponent(world.site)}`);
    expect(await refused(world.call(ben, 'GET', `${boardPath}/${card}`))).toEqual([403, 'account_required']);
    await world.connect(ben);
  });

  test('a webhook is answered by the table, and only an authentic one leaves a trace', async () => {
    const [hook] = world.gitlab.state.hooks;
    if (!hook) throw new Error('no hook');
    const path = new URL(hook.url).pathname;
    const watch = path.split('/').at(-1) ?? '';
    const { store } = world.tandem();
    const before = (await store.deliveries.byWatch(watch, 100)).length;
    const send = async (to: string, body: string, headers: Record<string, string>): Promise<number> =>
      (await fetch(world.url + to, { method: 'POST', headers: { 'content-type': 'application/json', 'x-gitlab-event': 'Issue Hook', ...headers }, body })).status;
    const post = (to: string, body: string): Promise<number> => send(to, body, signature(hook, 'delivery', body, world.now()));
    const payload = JSON.stringify({ object_kind: 'issue', project: { id: Number(world.place) }, object_attributes: { iid: 1, action: 'update' } });

    expect(await post('/hooks/gitlab/unknown-watch-id-of-no-one', payload)).toBe(404);
    expect(await post(path.replace('gitlab', 'gitea'), payload)).toBe(404);
    expect(await send(path, payload, {})).toBe(401);
    expect(await send(path, payload, { 'x-gitlab-token': hook.token ?? '' }), 'the weaker proof of a hook that signs').toBe(401);
    expect(await send(path, `${payload} `, signature(hook, 'delivery', payload, world.now())), 'another body').toBe(401);
    expect(await send(path, payload, signature(hook, 'delivery', payload, world.now() - 301_000)), 'a recording').toBe(401);
    expect(await send(path, payload, signature({ ...hook, signingToken: `whsec_${Buffer.from(hook.token ?? '', 'hex').toString('base64')}` }, 'delivery', payload, world.now())), 'signed with the token').toBe(401);
    expect((await store.deliveries.byWatch(watch, 100)).length).toBe(before);

    expect(await post(path, payload)).toBe(202);
    expect(await post(path, payload)).toBe(202);
    expect(await post(path, '{"object_kind":"pipeline"}')).toBe(202);
    expect(await post(path, '{"object_kind":')).toBe(202);
    expect(await post(path, '{"__proto__":{"object_kind":"issue"},"object_attributes":[]}')).toBe(202);
    expect(await post(path, payload.replace('"iid":1', '"iid":777'))).toBe(202);
    expect(await post(path, JSON.stringify({ object_kind: 'issue', filler: 'x'.repeat(5_000_000) }))).toBe(202);
    const outcomes = (await store.deliveries.byWatch(watch, 100)).slice(0, 7).map((delivery) => delivery.outcome);
    expect(outcomes.filter((outcome) => outcome === 'marked')).toHaveLength(4);
    await world.settle();
    expect(await store.tasks.dead('', 10)).toEqual([]);

    await store.watches.change(watch, { mode: 'removed' });
    expect(await post(path, payload)).toBe(410);
    await store.watches.change(watch, { mode: 'hook' });
  });

  test('sign-in accepts no forged, replayed, foreign or state-less callback that is not for our app', async () => {
    const ended = async (query: string, cookie = ''): Promise<string | null> => (await fetch(`${world.url}/auth/miro/callback?${query}`, { redirect: 'manual', headers: { cookie } })).headers.get('location');
    expect(await ended('code=x&state=forged')).toBe('/signed-in.html#refused');
    expect(await ended('code=x&client_id=another-app')).toBe('/signed-in.html#refused');
    expect(await ended('error=access_denied&state=x')).toBe('/signed-in.html#denied');
    expect(await ended(`code=wrong&client_id=${world.miro.clientId}`)).toBe('/signed-in.html#failed');
    const begun = await fetch(`${world.url}/auth/miro`, { redirect: 'manual' });
    const cookie = begun.headers.get('set-cookie')?.split(';')[0] ?? '';
    const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state') ?? '';
    expect(await ended(`code=x&state=${state}`, 'tandem_oauth=another-browser')).toBe('/signed-in.html#refused');
    expect(await ended(`code=x&state=${state}`, cookie), 'used up by the browser before').toBe('/signed-in.html#refused');
  });

  test('no log line holds a secret', () => {
    const text = world.logged.join('\n');
    const secrets = [...Object.values(world.tokens), ...world.miro.state.grants.flatMap((grant) => [grant.accessToken, grant.refreshToken ?? grant.accessToken]), ...world.gitlab.state.hooks.map((hook) => hook.token ?? 'none')];
    expect(secrets.length).toBeGreaterThan(5);
    for (const secret of secrets) expect(text).not.toContain(secret);
  });
});
