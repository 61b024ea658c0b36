import type { MeAnswer, SessionAnswer, TeamAnswer } from '@tandem/shared/api';
import type { WireError } from '@tandem/shared/errors';
import { openVault } from '@tandem/bff/crypto';
import { afterAll, afterEach, beforeEach, describe, expect, test as base } from 'vitest';
import { mongoForTests } from '../mongo/server.ts';
import type { Browser } from '../sim/browser.ts';
import { openWorld, type Someone, type World } from '../sim/world.ts';

const mongo = await mongoForTests();
afterAll(() => mongo?.close());

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('a session of a browser', () => {
  const test = base;
  let world: World;
  let browser: Browser;
  beforeEach(async () => {
    world = await openWorld();
    browser = world.browser(world.people.ana);
  });
  afterEach(() => world.close());

  const signIn = async (of = browser, who = world.people.ana): Promise<void> => {
    expect((await of.open(`/auth/miro?team=${who.team}&back=settings`)).to).toBe('/settings.html');
  };
  const session = (method: 'POST' | 'DELETE', headers: Record<string, string> = { origin: world.url }, of = browser): Promise<Response> => of.fetch('/auth/session', { method, headers });
  const bearer = async (): Promise<SessionAnswer> => (await (await session('POST')).json()) as SessionAnswer;
  const me = (token?: string): Promise<Response> => browser.fetch('/api/me', token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });

  test('begins when its member signs in with Miro, and leads back to where they began', async () => {
    expect([browser.cookies(), (await session('POST')).status]).toEqual(['', 401]);
    await signIn();
    expect(browser.cookies()).toContain('tandem_session=');
    expect((await session('POST')).status).toBe(200);
    const again = await world.browser(world.people.ana).open(`/auth/miro?team=${world.people.ana.team}`);
    expect(again.to).toBe('/signed-in.html#signed-in');
  });

  test('leads back to the page that somebody was sent to, whatever its link names', async () => {
    const { team } = world.people.ana;
    for (const connector of ['jira', '//evil.example', 'a&b=#c']) {
      const { to } = await browser.open(`/auth/miro?${new URLSearchParams({ team, back: 'connect', connector })}`);
      expect([new URL(to, world.url).origin, new URL(to, world.url).pathname, new URL(to, world.url).searchParams.get('connector')]).toEqual([world.url, '/connect.html', connector]);
    }
  });

  test.each(['https://evil.example', '//evil.example', '/cards', 'settings.html', ''])('leads nowhere else: back=%s', async (back) => {
    const visit = await browser.open(`/auth/miro?${new URLSearchParams({ team: world.people.ana.team, back })}`);
    expect([visit.status, visit.asked]).toEqual([422, []]);
  });

  test('does not begin with an installation that Miro began: nobody knows who sent that browser', async () => {
    const consent = new URL(`${world.miro.url}/oauth/authorize`);
    consent.search = new URLSearchParams({ response_type: 'code', client_id: world.miro.clientId, redirect_uri: `${world.url}/auth/miro/callback` }).toString();
    const visit = await browser.open(consent.href);
    expect([visit.asked, visit.to]).toEqual([['miro'], expect.stringContaining('/app-install-completed/')]);
    expect((await world.call<MeAnswer>(world.people.ana, 'GET', '/api/me')).body.miro).toBe('active');
    expect([browser.cookies(), (await session('POST')).status]).toEqual(['', 401]);
  });

  test('does not begin in a browser that is sent the end of somebody else’s sign-in', async () => {
    const { ana, ben } = world.people;
    const { to: consent } = await browser.open(`/auth/miro?team=${ana.team}`, { miro: 'leave' });
    const agreed = await fetch(consent, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ user: ana.user, team: ana.team, answer: 'allow' }) });
    const victim = world.browser(ben);
    expect((await victim.open(agreed.headers.get('location') ?? '')).to).toBe('/signed-in.html#refused');
    expect((await session('POST', { origin: world.url }, victim)).status).toBe(401);
    expect((await world.call<MeAnswer>(ana, 'GET', '/api/me')).body.miro).toBe('none');
  });

  test('does not begin where consent was denied', async () => {
    expect((await browser.open(`/auth/miro?team=${world.people.ana.team}`, { miro: 'deny' })).to).toBe('/signed-in.html#denied');
    expect((await session('POST')).status).toBe(401);
  });

  test('neither gives its token to another site nor ends for it', async () => {
    await signIn();
    for (const origin of ['https://evil.example', 'null', `${world.url}.evil.example`, world.url.replace('http:', 'https:'), world.url.replace(/\d+$/, '1')]) {
      for (const method of ['POST', 'DELETE'] as const) {
        const answer = await session(method, { origin });
        expect([origin, method, answer.status, ((await answer.json()) as WireError).error.code]).toEqual([origin, method, 403, 'forbidden']);
      }
    }
    expect((await session('POST')).status).toBe(200);
  });

  test('is none under a name that was made up or altered', async () => {
    await signIn();
    const cookies = browser.cookies();
    const value = /tandem_session=([^;]+)/.exec(cookies)?.[1] ?? '';
    expect(value).not.toBe('');
    for (const forged of [value.slice(1), value.toUpperCase(), `${value}x`, 'x'.repeat(24)]) {
      const answer = await fetch(`${world.url}/auth/session`, { method: 'POST', headers: { cookie: cookies.replace(value, forged) } });
      expect(answer.status).toBe(401);
    }
  });

  test('gives a token that works at the API for ten minutes', async () => {
    await signIn();
    const { token, until } = await bearer();
    expect(Date.parse(until)).toBe(world.now() + 10 * MINUTE);
    const { user, team } = world.people.ana;
    expect(await (await me(token)).json()).toMatchObject({ user, team, miro: 'active' });
    world.advance(10 * MINUTE - 1);
    expect((await me(token)).status).toBe(200);
    world.advance(1);
    expect((await me(token)).status).toBe(401);
    expect((await me((await bearer()).token)).status).toBe(200);
  });

  test('by itself is worth nothing at the API', async () => {
    await signIn();
    expect((await me()).status).toBe(401);
    expect((await browser.fetch(`/api/accounts/gitlab/${encodeURIComponent(world.site)}`, { method: 'DELETE', headers: { origin: world.url } })).status).toBe(401);
  });

  test('gives tokens that nobody can make or change', async () => {
    await signIn();
    const { token } = await bearer();
    const [, payload = '', signature = ''] = token.split('.');
    const { ben } = world.people;
    const as = (user: string, until: number): string => Buffer.from(JSON.stringify([user, ben.team, until])).toString('base64url');
    const foreign = openVault(['a secret of somebody else, long enough to seal']).sign(as(ben.user, world.now() + HOUR), 'bearer');
    const consent = (await browser.fetch(`/auth/miro?team=${ben.team}`)).headers.get('location') ?? '';
    const forged = [
      `tandem.${as(ben.user, world.now() + HOUR)}.${signature}`,
      `tandem.${as(world.people.ana.user, world.now() + HOUR)}.${signature}`,
      `tandem.${payload}`,
      `tandem.${payload}.`,
      `tandem.${payload}.${signature.slice(1)}`,
      `tandem.${payload}.${signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`,
      `tandem.${payload}x.${signature}`,
      `tandem.${foreign}`,
      'tandem.',
      'tandem..',
      token.slice('tandem.'.length),
      // signed by us, for something else
      `tandem.${new URL(consent).searchParams.get('state') ?? ''}`,
    ];
    for (const one of forged) expect([one, (await me(one)).status]).toEqual([one, 401]);
    expect((await me(token)).status).toBe(200);
  });

  test('ends for good when its member signs out, also for whoever kept the cookie', async () => {
    await signIn();
    const kept = browser.cookies();
    const replay = (): Promise<Response> => fetch(`${world.url}/auth/session`, { method: 'POST', headers: { cookie: kept } });
    expect((await replay()).status).toBe(200);
    expect((await session('DELETE')).status).toBe(204);
    expect(browser.cookies()).not.toContain('tandem_session=');
    expect([(await session('POST')).status, (await replay()).status, (await session('DELETE')).status]).toEqual([401, 401, 204]);
    await signIn();
    expect([(await session('POST')).status, (await replay()).status]).toEqual([200, 401]);
  });

  test('ends after twelve hours', async () => {
    await signIn();
    world.advance(12 * HOUR - 1);
    expect((await session('POST')).status).toBe(200);
    world.advance(1);
    expect((await session('POST')).status).toBe(401);
  });

  test('is kept as a digest only', async () => {
    await signIn();
    const value = /tandem_session=([^;]+)/.exec(browser.cookies())?.[1] ?? '';
    expect(await world.tandem().store.grants.get(value, 'session', world.now())).toBeUndefined();
    expect(world.logged.join('\n')).not.toContain(value);
  });
});

describe.each(['SQLite', 'MongoDB'])('a team, on %s', (kind) => {
  const test = kind === 'MongoDB' && !mongo ? base.skip : base;
  let world: World;
  afterEach(() => world?.close());

  const open = async (env: Record<string, string> = {}): Promise<void> => {
    world = await openWorld({ env, ...(kind === 'MongoDB' ? { store: mongo?.url() ?? '' } : {}) });
    for (const who of [world.people.ana, world.people.ben]) {
      await world.signIn(who);
      await world.connect(who);
      world.advance(1000);
    }
    await world.signIn(world.people.eve);
  };
  const look = async (who: Someone): Promise<TeamAnswer> => (await world.call<TeamAnswer>(who, 'GET', '/api/team')).body;
  const remove = (by: Someone, of: Someone) => world.call<{ left: string[] } & WireError>(by, 'DELETE', `/api/members/${of.user}/accounts/gitlab/${encodeURIComponent(world.site)}`);
  const connected = async (who: Someone): Promise<boolean> => (await world.tandem().store.accounts.get({ team: who.team, user: who.user, tool: 'gitlab', site: world.site })) !== undefined;

  test('is administered by whoever signed in first; the others see themselves alone', async () => {
    await open();
    const { ana, ben, eve } = world.people;
    await world.put(ana, world.issue(1));
    await world.settle();
    expect(await look(ana)).toMatchObject({
      user: ana.user,
      admin: true,
      members: [
        { user: ana.user, name: 'Ana', admin: true, miro: 'active', accounts: [{ tool: 'gitlab', site: world.site, state: 'active', kind: 'token', person: { username: 'ana' } }] },
        { user: ben.user, name: 'Ben', admin: false, miro: 'active', accounts: [{ tool: 'gitlab', site: world.site, state: 'active', person: { username: 'ben' } }] },
      ],
      places: [{ tool: 'gitlab', site: world.site, place: world.place, watch: 'hook', items: 1 }],
    });
    expect((await look(ana)).members).toHaveLength(2);
    const bens = await look(ben);
    expect([bens.admin, bens.members.map(({ user }) => user), bens.places]).toEqual([false, [ben.user], []]);
    const eves = await look(eve);
    expect([eves.admin, eves.members.map(({ user }) => user), eves.places]).toEqual([true, [eve.user], []]);
    expect(JSON.stringify(await look(ana))).not.toContain(world.tokens.ana);
  });

  test('keeps its administrator when that one signs in again, or their tokens are renewed', async () => {
    await open();
    const { ana, ben } = world.people;
    world.advance(HOUR + 1000);
    await world.call(ana, 'GET', `/api/boards/${encodeURIComponent(world.board)}/cards`);
    expect([(await look(ana)).admin, (await look(ben)).admin]).toEqual([true, false]);
    world.advance(1000);
    await world.signIn(ana);
    expect([(await look(ana)).admin, (await look(ben)).admin]).toEqual([true, false]);
  });

  test('lets its administrator alone disconnect another member, and everybody themselves', async () => {
    await open();
    const { ana, ben } = world.people;
    const refused = await remove(ben, ana);
    expect([refused.status, refused.body.error.code, await connected(ana)]).toEqual([403, 'forbidden', true]);
    expect([(await remove(ana, ben)).status, await connected(ben), await connected(ana)]).toEqual([200, false, true]);
    await world.connect(ben);
    expect([(await remove(ben, ben)).status, await connected(ben)]).toEqual([200, false]);
  });

  test('is closed to those who administer another one', async () => {
    await open();
    const { ana, eve } = world.people;
    const nobody = await remove(eve, ana);
    expect([nobody.status, nobody.body.left, await connected(ana)]).toEqual([200, [], true]);
    expect((await look(ana)).members.find(({ user }) => user === ana.user)?.accounts).toHaveLength(1);
  });

  test('is administered by those whom the configuration names, and by nobody else then', async () => {
    const id = '3458764599999999999';
    await open({ TANDEM_ADMINS: `1, ${id}` });
    const { ana, ben } = world.people;
    world.miro.addUser('Cem', id);
    world.miro.state.teams.get(ana.team)?.members.push(id);
    const named: Someone = { name: 'cem', user: id, team: ana.team };
    await world.signIn(named);
    expect([(await look(ana)).admin, (await look(named)).admin]).toEqual([false, true]);
    expect((await look(named)).members.map(({ user, admin }) => [user, admin])).toEqual(expect.arrayContaining([[ana.user, false], [ben.user, false], [id, true]]));
    expect((await look(ana)).members.map(({ user }) => user)).toEqual([ana.user]);
    expect([(await remove(ana, ben)).status, await connected(ben)]).toEqual([403, true]);
    expect([(await remove(named, ben)).status, await connected(ben)]).toEqual([200, false]);
  });
});

describe('so many calls at once', () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld();
  });
  afterEach(() => world.close());

  const many = async (count: number, ask: () => Promise<{ status: number }>): Promise<number> => (await Promise.all(Array.from({ length: count }, ask))).filter(({ status }) => status !== 429).length;

  base('are refused with the moment at which the next is welcome, to that member alone', async () => {
    const { ana, ben } = world.people;
    const ask = (who: Someone) => (): Promise<{ status: number }> => world.call(who, 'GET', '/api/me');
    // Whoever cannot say who they are uses nobody's allowance.
    await many(20, () => fetch(`${world.url}/api/me`, { headers: { authorization: `Bearer ${world.miro.idToken(ana.user, ana.team, { secret: 'x'.repeat(32) })}` } }));
    expect(await many(310, ask(ana))).toBe(300);
    const refused = await world.call<WireError>(ana, 'GET', '/api/me');
    expect([refused.status, refused.body.error.code, refused.headers.get('retry-after')]).toEqual([429, 'rate_limited', '1']);
    expect((await world.call(ben, 'GET', '/api/me')).status).toBe(200);
    world.advance(1000);
    expect(await many(20, ask(ana))).toBe(10);
    world.advance(HOUR);
    expect(await many(10, ask(ana))).toBe(10);
  });

  base('are counted together, whichever way a member says who they are', async () => {
    const { ana } = world.people;
    const browser = world.browser(ana);
    await browser.open(`/auth/miro?team=${ana.team}`);
    const { token } = (await (await browser.fetch('/auth/session', { method: 'POST' })).json()) as SessionAnswer;
    expect(await many(300, () => world.call(ana, 'GET', '/api/me'))).toBe(300);
    expect((await browser.fetch('/api/me', { headers: { authorization: `Bearer ${token}` } })).status).toBe(429);
  });

  base('at the doors for signing in are refused to the address that they come from, whoever it says it forwards for', async () => {
    let n = 0;
    const knock = (): Promise<Response> => fetch(`${world.url}/auth/miro`, { redirect: 'manual', headers: { 'x-forwarded-for': `198.51.100.${(n += 1)}` } });
    expect(await many(130, knock)).toBe(120);
    world.advance(1000);
    expect(await many(10, knock)).toBe(2);
  });
});
