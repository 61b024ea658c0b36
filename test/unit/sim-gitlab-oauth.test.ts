import { createHash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { startGitlab, type GitlabOptions, type GitlabSim } from '../sim/gitlab.ts';

let sims: GitlabSim[] = [];
afterEach(async () => {
  for (const sim of sims) await sim.close();
  sims = [];
});

const REDIRECT = 'https://tandem.example/auth/gitlab/callback';
const VERIFIER = 'a-verifier-that-is-long-enough-to-be-allowed-0123';
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

interface Answered {
  readonly status: number;
  readonly body: { readonly access_token: string; readonly refresh_token: string; readonly error?: string };
}

/** A GitLab with two people, one project and one application. */
async function open(options: GitlabOptions = {}) {
  let time = Date.parse('2026-11-23T09:00:00Z');
  const gitlab = await startGitlab({ now: () => time, record: false, ...options });
  sims.push(gitlab);
  for (const name of ['ana', 'ben']) gitlab.addUser(name, name.toUpperCase());
  const project = gitlab.addProject('acme/roadmap', { ana: 50, ben: 30 });
  const app = gitlab.addApplication({ name: 'Tandem', redirectUris: [REDIRECT], scopes: ['api', 'read_api'] });
  const client = { client_id: app.clientId, client_secret: app.clientSecret };

  const address = (more: Record<string, string> = {}) =>
    `${gitlab.url}/oauth/authorize?${new URLSearchParams({ client_id: app.clientId, redirect_uri: REDIRECT, response_type: 'code', state: 'a state', scope: 'api', code_challenge: CHALLENGE, code_challenge_method: 'S256', ...more }).toString()}`;
  const visit = (who?: string, more?: Record<string, string>) => fetch(address(more), { redirect: 'manual', headers: who ? { cookie: `gitlab_sim_user=${who}` } : {} });
  const decide = (user: string, answer: string, more?: Record<string, string>) => fetch(address(more), { method: 'POST', redirect: 'manual', body: new URLSearchParams({ user, answer }) });
  const consent = async (user: string, answer = 'authorize', more?: Record<string, string>) => new URL((await decide(user, answer, more)).headers.get('location') ?? '');
  const code = async (user: string, more?: Record<string, string>) => (await consent(user, 'authorize', more)).searchParams.get('code') ?? '';
  const post = async (path: string, form: Record<string, string>): Promise<Answered> => {
    const answer = await fetch(`${gitlab.url}/oauth/${path}`, { method: 'POST', body: new URLSearchParams(form) });
    const body: Answered['body'] = JSON.parse(await answer.text());
    return { status: answer.status, body };
  };
  const exchange = (given: string, more: Record<string, string> = {}) => post('token', { ...client, grant_type: 'authorization_code', code: given, redirect_uri: REDIRECT, code_verifier: VERIFIER, ...more });
  const refresh = (token: string, more: Record<string, string> = {}) => post('token', { ...client, grant_type: 'refresh_token', refresh_token: token, ...more });
  const revoke = (token: string, more: Record<string, string> = {}) => post('revoke', { ...client, token, ...more });
  const connect = async (user: string, more?: Record<string, string>) => (await exchange(await code(user, more))).body;
  const me = async (token: string) => (await fetch(`${gitlab.url}/api/v4/user`, { headers: { authorization: `Bearer ${token}` } })).status;
  return { gitlab, project, app, visit, decide, consent, code, exchange, refresh, revoke, connect, me, advance: (ms: number) => (time += ms) };
}

const refused = (status: number, error: string) => ({ status, body: { error } });

test('consent gives a code, the code a pair of tokens, the token the user', async () => {
  const { gitlab, app, consent, exchange } = await open();
  const to = await consent('ben');
  expect([to.origin + to.pathname, to.searchParams.get('state')]).toEqual([REDIRECT, 'a state']);
  const { status, body } = await exchange(to.searchParams.get('code') ?? '');
  expect([status, body]).toEqual([200, { access_token: expect.any(String), refresh_token: expect.any(String), token_type: 'Bearer', expires_in: 7200, scope: 'api', created_at: Date.parse('2026-11-23T09:00:00Z') / 1000 }]);
  const answer = await fetch(`${gitlab.url}/api/v4/user`, { headers: { authorization: `Bearer ${body.access_token}` } });
  expect(await answer.json()).toMatchObject({ username: 'ben' });
  expect((await fetch(`${gitlab.url}/api/v4/user`, { headers: { 'private-token': body.access_token } })).status).toBe(401);
  expect(gitlab.state.oauth.grants).toEqual([expect.objectContaining({ user: gitlab.user('ben').id, clientId: app.clientId, state: 'alive' })]);
});

test('who denies is sent back with an error and the state', async () => {
  const { gitlab, consent } = await open();
  const to = await consent('ben', 'deny');
  expect([to.searchParams.get('error'), to.searchParams.get('state'), to.searchParams.get('code')]).toEqual(['access_denied', 'a state', null]);
  expect(gitlab.state.oauth.grants).toEqual([]);
});

test('the page asks as long as there is no token for this user and these scopes, then no more until it is taken back', async () => {
  const { gitlab, visit, connect, revoke } = await open();
  const asked = await visit('ben');
  expect([asked.status, asked.headers.get('x-frame-options'), await asked.text()]).toEqual([200, 'SAMEORIGIN', expect.stringContaining('Authorize Tandem')]);
  const tokens = await connect('ben');
  const silent = await visit('ben');
  expect([silent.status, silent.headers.get('location')]).toEqual([302, expect.stringContaining(`${REDIRECT}?code=`)]);
  expect([(await visit('ana')).status, (await visit()).status, (await visit('ben', { scope: 'read_api' })).status]).toEqual([200, 200, 200]);
  await revoke(tokens.refresh_token);
  expect((await visit('ben')).status).toBe(200);
  await connect('ben');
  gitlab.revokeOauth('ben');
  expect((await visit('ben')).status).toBe(200);
});

test('the switcher of the page keeps what the application asked for', async () => {
  const { gitlab, visit } = await open();
  expect(await (await visit('ben')).text()).toContain(`<input type="hidden" name="code_challenge" value="${CHALLENGE}">`);
  const switched = await visit('ben', { as: 'ana' });
  expect([switched.status, switched.headers.get('set-cookie'), switched.headers.get('location')]).toEqual([303, expect.stringContaining('=ana;'), expect.stringContaining(`code_challenge=${CHALLENGE}`)]);
  expect(gitlab.state.oauth.grants).toEqual([]);
});

test.each([
  ['another redirect URI', { redirect_uri: `${REDIRECT}/` }],
  ['a redirect URI with a query', { redirect_uri: `${REDIRECT}?x=1` }],
  ['an unknown client', { client_id: 'x' }],
  ['another response type', { response_type: 'token' }],
  ['a scope that the application has not', { scope: 'api sudo' }],
  ['a challenge in plain', { code_challenge_method: 'plain' }],
  ['a challenge without a method', { code_challenge_method: '' }],
])('%s ends on an error page, never at the redirect URI', async (_what, more) => {
  const { visit, decide, connect } = await open();
  await connect('ben');
  for (const answer of [await visit('ben', more), await decide('ben', 'authorize', more), await decide('ben', 'deny', more)]) {
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
  }
});

test('a code is good for its application, address and verifier, and for ten minutes', async () => {
  const { gitlab, code, exchange, advance } = await open();
  const other = gitlab.addApplication({ name: 'Other', redirectUris: [REDIRECT] });
  const given = await code('ben');
  const grant = refused(400, 'invalid_grant');
  expect(await exchange('x')).toMatchObject(grant);
  expect(await exchange(given, { client_secret: 'x' })).toMatchObject(refused(401, 'invalid_client'));
  expect(await exchange(given, { client_id: 'x' })).toMatchObject(refused(401, 'invalid_client'));
  expect(await exchange(given, { client_id: other.clientId, client_secret: other.clientSecret })).toMatchObject(grant);
  expect(await exchange(given, { redirect_uri: 'https://tandem.example/' })).toMatchObject(grant);
  expect(await exchange(given, { code_verifier: `${VERIFIER}x` })).toMatchObject(grant);
  expect(await exchange(given, { code_verifier: '' })).toMatchObject(grant);
  expect(await exchange(given, { grant_type: 'password' })).toMatchObject(refused(400, 'unsupported_grant_type'));
  advance(10 * 60_000 - 1);
  expect((await exchange(given)).status).toBe(200);
  const late = await code('ben');
  advance(10 * 60_000);
  expect(await exchange(late)).toMatchObject(grant);
});

test('a verifier for a code that was asked for without a challenge is refused', async () => {
  const { gitlab, app, exchange } = await open();
  const query = new URLSearchParams({ client_id: app.clientId, redirect_uri: REDIRECT, response_type: 'code' });
  const sent = await fetch(`${gitlab.url}/oauth/authorize?${query.toString()}`, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ user: 'ben', answer: 'authorize' }) });
  const given = new URL(sent.headers.get('location') ?? '').searchParams.get('code') ?? '';
  expect(await exchange(given)).toMatchObject(refused(400, 'invalid_grant'));
  expect((await exchange(given, { code_verifier: '' })).status).toBe(200);
});

test('a code that comes twice ends the tokens that it gave', async () => {
  const { code, exchange, refresh, me } = await open();
  const given = await code('ben');
  const { body } = await exchange(given);
  expect(await exchange(given)).toMatchObject(refused(400, 'invalid_grant'));
  expect([await me(body.access_token), (await refresh(body.refresh_token)).status]).toEqual([401, 400]);
});

test('a refresh makes a new pair and ends the old one at once', async () => {
  const { gitlab, connect, refresh, me } = await open({ oauthTokenLife: 3 });
  const first = await connect('ben');
  const second = await refresh(first.refresh_token);
  expect([second.status, second.body]).toEqual([200, expect.objectContaining({ expires_in: 3 })]);
  expect([await me(first.access_token), await me(second.body.access_token)]).toEqual([401, 200]);
  expect(gitlab.state.oauth).toMatchObject({ refreshes: 1, reusedRefreshTokens: 0 });
});

test('an access token lives as long as told, its refresh token longer', async () => {
  const { connect, refresh, me, advance } = await open({ oauthTokenLife: 3 });
  const tokens = await connect('ben');
  advance(2_999);
  expect(await me(tokens.access_token)).toBe(200);
  advance(1);
  expect(await me(tokens.access_token)).toBe(401);
  advance(90 * 24 * 3_600_000);
  expect((await refresh(tokens.refresh_token)).status).toBe(200);
});

test('a refresh token that comes twice ends its whole family, and no other', async () => {
  const { gitlab, connect, refresh, me } = await open();
  const [first, apart] = [await connect('ben'), await connect('ben')];
  const second = (await refresh(first.refresh_token)).body;
  expect(await refresh(first.refresh_token)).toMatchObject(refused(400, 'invalid_grant'));
  expect([await me(second.access_token), (await refresh(second.refresh_token)).status, await me(apart.access_token)]).toEqual([401, 400, 200]);
  expect(gitlab.state.oauth).toMatchObject({ refreshes: 1, reusedRefreshTokens: 1 });
});

test('a refresh token is of use to its own application only', async () => {
  const { gitlab, connect, refresh } = await open();
  const other = gitlab.addApplication({ name: 'Other', redirectUris: [REDIRECT] });
  const tokens = await connect('ben');
  expect(await refresh(tokens.refresh_token, { client_id: other.clientId, client_secret: other.clientSecret })).toMatchObject(refused(400, 'invalid_grant'));
  expect(await refresh(tokens.refresh_token, { client_secret: '' })).toMatchObject(refused(401, 'invalid_client'));
  expect((await refresh(tokens.refresh_token)).status).toBe(200);
});

test('revoking either token ends the pair; an access token that ran out is not found any more', async () => {
  const { connect, refresh, revoke, me, advance } = await open({ oauthTokenLife: 3 });
  const [one, two, three] = [await connect('ben'), await connect('ben'), await connect('ben')];
  expect(await revoke(one.access_token, { client_secret: 'x' })).toMatchObject(refused(403, 'unauthorized_client'));
  expect(await me(one.access_token)).toBe(200);
  expect([(await revoke(one.access_token)).status, (await revoke('unknown')).status]).toEqual([200, 200]);
  expect([await me(one.access_token), (await refresh(one.refresh_token)).status]).toEqual([401, 400]);
  advance(3_000);
  await revoke(two.access_token);
  expect((await refresh(two.refresh_token)).status).toBe(200);
  await revoke(three.refresh_token);
  expect((await refresh(three.refresh_token)).status).toBe(400);
});

test('what a user takes back is dead for that user alone', async () => {
  const { gitlab, connect, refresh, me } = await open();
  const [ana, ben] = [await connect('ana'), await connect('ben')];
  gitlab.revokeOauth('ben');
  expect([await me(ana.access_token), await me(ben.access_token), (await refresh(ben.refresh_token)).status]).toEqual([200, 401, 400]);
  expect(gitlab.state.oauth.reusedRefreshTokens).toBe(0);
});

test('secrets in the address are refused', async () => {
  const { gitlab, app, connect } = await open();
  const tokens = await connect('ben');
  const query = new URLSearchParams({ client_id: app.clientId, client_secret: app.clientSecret, grant_type: 'refresh_token', refresh_token: tokens.refresh_token, token: tokens.refresh_token });
  for (const path of ['token', 'revoke']) expect((await fetch(`${gitlab.url}/oauth/${path}?${query.toString()}`, { method: 'POST' })).status).toBe(400);
  expect(gitlab.state.oauth.grants.map(({ state }) => state)).toEqual(['alive']);
});

test('the API keeps to the scopes that were granted, and tells nothing of an OAuth token as a personal one', async () => {
  const { gitlab, project, connect } = await open();
  const { access_token } = await connect('ben', { scope: 'read_api' });
  const call = (path: string, init: RequestInit = {}) => fetch(`${gitlab.url}/api/v4${path}`, { ...init, headers: { authorization: `Bearer ${access_token}` } });
  expect((await call(`/projects/${project.id}/issues`)).status).toBe(200);
  expect((await call(`/projects/${project.id}/issues`, { method: 'POST' })).status).toBe(403);
  const self = await call('/personal_access_tokens/self');
  expect([self.status, await self.json()]).toEqual([400, { message: '400 Bad request - This endpoint requires token type to be a personal access token' }]);
});

test('a fault switch can take the answer of a refresh that was done', async () => {
  const { gitlab, connect, refresh, me } = await open();
  const tokens = await connect('ben');
  gitlab.faults.next(1, 'after-effect-502', { path: /oauth\/token/ });
  expect((await refresh(tokens.refresh_token)).status).toBe(502);
  expect([gitlab.state.oauth.refreshes, await me(tokens.access_token)]).toEqual([1, 401]);
});
