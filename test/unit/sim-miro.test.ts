import { createHmac } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { startMiro, type BoardChange, type MiroOptions, type MiroSim } from '../sim/miro.ts';

const CLIENT = { clientId: '3458764500000000001', clientSecret: 'client-secret' };
const TOUR = { 'x-simulator-tour': '1' };
const CALLBACK = 'http://127.0.0.1:9/auth/miro/callback';

/** What the tests read of answers. */
interface Wire {
  readonly id: string;
  readonly cursor?: string;
  readonly data: { readonly title: string; readonly description: string } & readonly { readonly id: string }[];
}

let opened: MiroSim | undefined;
afterEach(() => opened?.close());

/** A board of Ana's with Ben as editor and Cem as viewer; Eve is in another team. */
async function open(options: Partial<MiroOptions> = {}) {
  let time = Date.parse('2026-11-23T09:00:00Z');
  const miro = await startMiro({ ...CLIENT, redirectUris: [CALLBACK], now: () => time, record: false, ...options });
  opened = miro;
  const [ana, ben, cem, eve] = [miro.addUser('Ana').id, miro.addUser('Ben').id, miro.addUser('Cem').id, miro.addUser('Eve').id];
  const team = miro.addTeam('Acme', [ana, ben, cem]).id;
  miro.addTeam('Other', [eve]);
  const board = miro.addBoard('Roadmap', team, { [ana]: 'owner', [ben]: 'editor', [cem]: 'viewer' }).id;

  const consent = async (user: string, extra: Record<string, string> = {}) => {
    const query = new URLSearchParams({ response_type: 'code', client_id: CLIENT.clientId, redirect_uri: CALLBACK, ...extra });
    const answer = await fetch(`${miro.url}/oauth/authorize?${query.toString()}`, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ user, team: teamOf(user), answer: 'allow' }) });
    return new URL(answer.headers.get('location') ?? 'about:blank').searchParams;
  };
  const teamOf = (user: string): string => [...miro.state.teams.values()].find(({ members }) => members.includes(user))?.id ?? '';
  const token = async (params: Record<string, string>) => {
    const body = new URLSearchParams({ client_id: CLIENT.clientId, client_secret: CLIENT.clientSecret, ...params });
    const answer = await fetch(`${miro.url}/v1/oauth/token`, { method: 'POST', body, ...(options.record ? { headers: TOUR } : {}) });
    const parsed: Record<string, string> = JSON.parse(await answer.text());
    return { status: answer.status, body: parsed };
  };
  const signIn = async (user: string) => {
    const code = (await consent(user)).get('code') ?? '';
    return (await token({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK })).body;
  };
  const call = async (accessToken: string, method: string, path: string, body?: unknown) => {
    const answer = await fetch(miro.url + path, { method, headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json', ...(options.record ? TOUR : {}) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await answer.text();
    const parsed: Wire = JSON.parse(text || 'null');
    return { status: answer.status, headers: answer.headers, body: parsed };
  };
  const at = `/v2/boards/${encodeURIComponent(board)}`;
  return { miro, ana, ben, cem, eve, team, board, at, consent, token, signIn, call, advance: (ms: number) => (time += ms) };
}

test('consent without a state gives a code without one, and with a state gives it back', async () => {
  const { consent, ana, team } = await open();
  const without = await consent(ana);
  expect([without.get('client_id'), without.get('team_id'), without.has('state')]).toEqual([CLIENT.clientId, team, false]);
  expect((await consent(ana, { state: 'x y' })).get('state')).toBe('x y');
});

test('who agreed before is sent on without being asked, and the page is shown to others', async () => {
  const { miro, ana, ben, consent } = await open();
  await consent(ana);
  const query = new URLSearchParams({ response_type: 'code', client_id: CLIENT.clientId, redirect_uri: CALLBACK, state: 's' }).toString();
  const silent = await fetch(`${miro.url}/oauth/authorize?${query}`, { redirect: 'manual', headers: { cookie: `miro_sim_user=${ana}` } });
  expect(silent.status).toBe(302);
  const asked = await fetch(`${miro.url}/oauth/authorize?${query}&as=${ben}`, { redirect: 'manual' });
  expect(asked.status).toBe(200);
  expect(await asked.text()).toContain('Allow');
});

test('a request for consent with a foreign client id or redirect URI goes no further', async () => {
  const { miro } = await open();
  for (const [client, redirect] of [['other', CALLBACK], [CLIENT.clientId, 'http://127.0.0.1:9/evil']] as const) {
    const query = new URLSearchParams({ response_type: 'code', client_id: client, redirect_uri: redirect });
    expect((await fetch(`${miro.url}/oauth/authorize?${query.toString()}`)).status).toBe(400);
  }
});

function exchange(code: string | null): Record<string, string> {
  return { grant_type: 'authorization_code', code: code ?? '', redirect_uri: CALLBACK };
}

test('a code works once, within ten minutes, and only with our secret in the body', async () => {
  const { consent, token, ana, advance } = await open();
  const code = (await consent(ana)).get('code');
  expect((await token({ ...exchange(code), client_secret: 'wrong' })).status).toBe(401);
  expect((await token(exchange(code))).status).toBe(200);
  expect((await token(exchange(code))).status).toBe(400);
  const late = (await consent(ana)).get('code');
  advance(10 * 60_000);
  expect((await token(exchange(late))).status).toBe(400);
});

test('the token answer has the team as a bare number that a double cannot hold', async () => {
  const { miro, consent, ana, team } = await open();
  const code = (await consent(ana)).get('code') ?? '';
  const body = new URLSearchParams({ client_id: CLIENT.clientId, client_secret: CLIENT.clientSecret, grant_type: 'authorization_code', code, redirect_uri: CALLBACK });
  const text = await (await fetch(`${miro.url}/v1/oauth/token`, { method: 'POST', body })).text();
  expect(text).toContain(`"team_id":${team},`);
});

test('a refresh kills the old pair, and a second use of the old refresh token is refused and counted', async () => {
  const { miro, signIn, token, call, ana, at } = await open();
  const first = await signIn(ana);
  const refresh = { grant_type: 'refresh_token', refresh_token: first['refresh_token'] ?? '' };
  const second = await token(refresh);
  expect(second.status).toBe(200);
  expect((await call(first['access_token'] ?? '', 'GET', at)).status).toBe(401);
  expect((await call(second.body['access_token'] ?? '', 'GET', at)).status).toBe(200);
  expect((await token(refresh)).status).toBe(400);
  expect(miro.state.reusedRefreshTokens).toBe(1);
});

test('access tokens expire after their life, and never where the app has tokens for ever', async () => {
  const short = await open({ tokenLife: 60 });
  const tokens = await short.signIn(short.ana);
  expect(tokens['expires_in']).toBe(60);
  short.advance(60_000);
  expect((await short.call(tokens['access_token'] ?? '', 'GET', short.at)).status).toBe(401);
  await short.miro.close();
  const long = await open({ tokenLife: 'forever' });
  const forever = await long.signIn(long.ana);
  expect(forever['refresh_token']).toBeUndefined();
  long.advance(365 * 86_400_000);
  expect((await long.call(forever['access_token'] ?? '', 'GET', long.at)).status).toBe(200);
});

test('the ID token is an HS256 JWT signed with the client secret', async () => {
  const { miro, ana, team } = await open();
  const [head = '', claims = '', signature] = miro.idToken(ana, team).split('.');
  expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toEqual({ alg: 'HS256', typ: 'JWT' });
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ iss: 'Miro', sub: CLIENT.clientId, team, user: ana });
  expect(signature).toBe(createHmac('sha256', CLIENT.clientSecret).update(`${head}.${claims}`).digest('base64url'));
});

test('a board tells the role of who asks, and hides from others', async () => {
  const { signIn, call, ana, cem, eve, at, board, miro } = await open();
  const role = async (user: string) => (await call((await signIn(user))['access_token'] ?? '', 'GET', at)).body;
  expect(await role(ana)).toMatchObject({ id: board, currentUserMembership: { role: 'owner' } });
  expect(await role(cem)).toMatchObject({ currentUserMembership: { role: 'viewer' } });
  const foreign = (await signIn(eve))['access_token'] ?? '';
  expect((await call(foreign, 'GET', at)).status).toBe(404);
  miro.state.hiddenBoard = 403;
  expect((await call(foreign, 'GET', at)).status).toBe(403);
});

test('writing needs the right to edit the board and a card of our own app', async () => {
  const { miro, signIn, call, ana, ben, cem, at, board } = await open();
  const card = miro.createCard(board, ana, { title: 'A' });
  const change = { data: { title: 'B' } };
  expect((await call((await signIn(cem))['access_token'] ?? '', 'PATCH', `${at}/app_cards/${card.id}`, change)).status).toBe(403);
  const bens = (await signIn(ben))['access_token'] ?? '';
  expect((await call(bens, 'PATCH', `${at}/app_cards/${card.id}`, change)).status).toBe(200);
  expect((await call(bens, 'PATCH', `${at}/app_cards/1`, change)).status).toBe(404);
  miro.state.boards.get(board)?.cards.set('9', { ...card, id: '9', app: 'another' });
  expect((await call(bens, 'PATCH', `${at}/app_cards/9`, change)).status).toBe(403);
});

test('a card shows what it was given in Miro’s own HTML', async () => {
  const { miro, signIn, call, ana, at, board } = await open();
  const token = (await signIn(ana))['access_token'] ?? '';
  const card = miro.createCard(board, ana);
  const shown = async (title: string, description: string) => (await call(token, 'PATCH', `${at}/app_cards/${card.id}`, { data: { title, description } })).body.data;
  expect(await shown('Tom & "Jo"', '')).toMatchObject({ title: '<p>Tom &amp; &#34;Jo&#34;</p>', description: '' });
  expect(await shown('<b>bold</b><script>x()</script> 1 < 2', '<p>a</p><b>b</b><h1>c</h1>')).toMatchObject({ title: '<p>bold 1 &lt; 2</p>', description: '<p>a</p><p><b>b</b>c</p>' });
  expect(await shown('&lt;script&gt;', '<a href="https://x.example/?a=1&amp;b=2" onclick="y">k</a><a href="javascript:z">j</a>')).toMatchObject({
    title: '<p>&lt;script&gt;</p>',
    description: '<p><a href="https://x.example/?a=1&amp;b=2">k</a><a>j</a></p>',
  });
  expect(await shown('x', '<ul><li>one<li>two</ul><p>open')).toMatchObject({ description: '<ul><li>one<li>two</li></li></ul><p>open</p>' });
});

test('what the reference does not have is refused with the field’s name', async () => {
  const { miro, signIn, call, ana, at, board } = await open();
  const token = (await signIn(ana))['access_token'] ?? '';
  const card = miro.createCard(board, ana);
  for (const [body, field] of [
    [{ style: { cardTheme: '#ffffff' } }, 'style.cardTheme'],
    [{ style: { fillColor: 'red' } }, 'style.fillColor'],
    [{ data: { status: 'open' } }, 'data.status'],
    [{ data: { fields: [{ iconUrl: 'http://x.example/a.png' }] } }, 'data.fields[0].iconUrl'],
    [{ title: 'x' }, 'title'],
  ] as const) {
    const answer = await call(token, 'PATCH', `${at}/app_cards/${card.id}`, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalidParameters', context: { fields: [{ field }] } } });
  }
});

test('credits are counted per user, told in headers, refused when spent, and come back with the next window', async () => {
  const { miro, signIn, call, ana, ben, at, board, advance } = await open({ credits: 250, creditWindow: 6_000 });
  const token = (await signIn(ana))['access_token'] ?? '';
  const card = miro.createCard(board, ana);
  const write = () => call(token, 'PATCH', `${at}/app_cards/${card.id}`, { data: { title: 'x' } });
  const first = await write();
  expect([first.status, first.headers.get('x-ratelimit-limit'), first.headers.get('x-ratelimit-remaining')]).toEqual([200, '250', '150']);
  expect((await write()).headers.get('x-ratelimit-remaining')).toBe('50');
  const spent = await write();
  expect([spent.status, spent.headers.get('x-ratelimit-remaining'), spent.headers.get('x-ratelimit-reset')]).toEqual([429, '50', String(Date.parse('2026-11-23T09:00:06Z') / 1000)]);
  expect((await call(token, 'GET', at)).status).toBe(200);
  expect((await call((await signIn(ben))['access_token'] ?? '', 'GET', at)).headers.get('x-ratelimit-remaining')).toBe('200');
  advance(6_000);
  expect((await write()).status).toBe(200);
});

test('a listing brings every card once, page by page', async () => {
  const { miro, signIn, call, ana, at, board } = await open();
  const token = (await signIn(ana))['access_token'] ?? '';
  const made = Array.from({ length: 23 }, () => miro.createCard(board, ana).id);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = (await call(token, 'GET', `${at}/items?type=app_card&limit=10${cursor ? `&cursor=${cursor}` : ''}`)).body;
    seen.push(...page.data.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor);
  expect(seen).toEqual(made);
  expect((await call(token, 'GET', `${at}/items?limit=51`)).status).toBe(400);
  expect((await call(token, 'GET', `${at}/items?limit=9`)).status).toBe(400);
});

test('the board hears of every change, by SDK and by REST; a copy is new and disconnected', async () => {
  const { miro, signIn, call, ana, cem, at, board } = await open();
  const heard: BoardChange[] = [];
  miro.onChange((change) => heard.push(change));
  const card = miro.createCard(board, ana, { title: 'A', status: 'connected', style: { cardTheme: '#123456' } });
  await call((await signIn(ana))['access_token'] ?? '', 'PATCH', `${at}/app_cards/${card.id}`, { style: { fillColor: '#654321' } });
  const copy = miro.copyCard(board, ana, card.id);
  expect(copy).toMatchObject({ status: 'disconnected', title: '<p>A</p>', style: { cardTheme: '#654321' }, createdBy: ana });
  expect(copy.id).not.toBe(card.id);
  miro.removeCard(board, ana, card.id);
  expect(heard.map(({ kind }) => kind)).toEqual(['created', 'updated', 'created', 'removed']);
  expect(() => miro.createCard(board, cem)).toThrow('may not edit');
});

test('fault switches: a status, an effect with a lost answer, a cut connection; each once and tagged', async () => {
  const { miro, signIn, call, ana, at, board } = await open();
  const token = (await signIn(ana))['access_token'] ?? '';
  const card = miro.createCard(board, ana, { title: 'A' });
  const write = (title: string) => call(token, 'PATCH', `${at}/app_cards/${card.id}`, { data: { title } });
  miro.faults.next(1, 429, { method: 'PATCH', retryAfter: 5 });
  miro.faults.next(1, 'after-effect-502', { path: /app_cards/ });
  miro.faults.next(1, 'reset', { method: 'PATCH' });
  expect((await call(token, 'GET', at)).status).toBe(200);
  const limited = await write('B');
  expect([limited.status, limited.headers.get('x-ratelimit-reset')]).toEqual([429, String(Date.parse('2026-11-23T09:00:05Z') / 1000)]);
  expect(card.title).toBe('<p>A</p>');
  expect((await write('C')).status).toBe(502);
  expect(card.title).toBe('<p>C</p>');
  await expect(write('D')).rejects.toThrow();
  expect((await write('E')).status).toBe(200);
  expect(miro.requests.filter(({ method }) => method === 'PATCH').map(({ status, fault }) => [status, fault ?? false])).toEqual([[429, true], [502, true], [0, true], [200, false]]);
});

test('a route that is not there answers 501 with its name', async () => {
  const { miro } = await open();
  const answer = await fetch(`${miro.url}/v2/teams`);
  expect([answer.status, await answer.text()]).toEqual([501, expect.stringContaining('GET /v2/teams')]);
});

test('every operation of the product, in the recorded traffic', async () => {
  const { miro, signIn, token, call, ana, at, board } = await open({ record: true, now: Date.now });
  const tokens = await signIn(ana);
  const fresh = (await token({ grant_type: 'refresh_token', refresh_token: tokens['refresh_token'] ?? '' })).body['access_token'] ?? '';
  const { id } = (await call(fresh, 'POST', `${at}/app_cards`, { data: { title: 'A', status: 'connected', fields: [{ value: 'open', tooltip: 'Status', fillColor: '#dff3e4' }] }, position: { x: 1, y: 2 } })).body;
  const statuses = [];
  for (const [method, path, body] of [
    ['GET', at],
    ['GET', `${at}/app_cards/${id}`],
    ['PATCH', `${at}/app_cards/${id}`, { data: { title: 'B', description: '<p>b</p>', fields: [] }, style: { fillColor: '#1f75cb' } }],
    ['GET', `${at}/items?type=app_card&limit=50`],
    ['GET', `${at}/items/${id}`],
    ['GET', '/v1/oauth-token'],
    ['DELETE', `${at}/app_cards/${id}`],
    ['GET', `${at}/app_cards/${id}`],
    ['POST', '/v2/oauth/revoke', { accessToken: fresh, clientId: CLIENT.clientId, clientSecret: CLIENT.clientSecret }],
    ['GET', at],
  ] as const) {
    statuses.push((await call(fresh, method, path, body)).status);
  }
  expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 204, 404, 204, 401]);
  expect(miro.state.boards.get(board)?.cards.size).toBe(0);
});
