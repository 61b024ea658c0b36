import { createHash } from 'node:crypto';
import { createServer as createHttp } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import type { BoardAnswer, DisconnectAnswer, MeAnswer, SiteView } from '@tandem/shared/api';
import type { WireError } from '@tandem/shared/errors';
import type { Ref } from '@tandem/shared/ref';
import { openVault } from '@tandem/bff/crypto';
import type { Account } from '@tandem/bff/store/store';
import { afterAll, afterEach, beforeEach, describe, expect, test as base } from 'vitest';
import { mongoForTests } from '../mongo/server.ts';
import type { Browser, Visit } from '../sim/browser.ts';
import { startGitlab } from '../sim/gitlab.ts';
import type { GitlabSim } from '../sim/gitlab-types.ts';
import type { Exchange } from '../sim/traffic.ts';
import { openWorld, seen, type Someone, type World, type WorldOptions } from '../sim/world.ts';

const mongo = await mongoForTests();
afterAll(() => mongo?.close());

const e = encodeURIComponent;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let world: World;
const others: GitlabSim[] = [];
afterEach(async () => {
  await world?.close();
  await Promise.all(others.splice(0).map((other) => other.close()));
});

const siteOf = async (who: Someone, site = world.site): Promise<SiteView | undefined> => (await world.call<MeAnswer>(who, 'GET', '/api/me')).body.sites.find((one) => one.site === site);
const startLink = async (who: Someone): Promise<string> => (await siteOf(who))?.consent ?? '';
const accountOf = (who: Someone): Promise<Account | undefined> => world.tandem().store.accounts.get({ team: who.team, user: who.user, tool: 'gitlab', site: world.site });
const consent = async (who: Someone, browser = world.browser(who)): Promise<Visit> => browser.open(await startLink(who));
const disconnect = (who: Someone) => world.call<DisconnectAnswer>(who, 'DELETE', `/api/accounts/gitlab/${e(world.site)}`);
const places = (who: Someone) => world.call<WireError>(who, 'GET', `/api/tools/gitlab/${e(world.site)}/places`);
const cardsOn = async (who: Someone, board = world.board) => (await world.call<BoardAnswer>(who, 'GET', `/api/boards/${e(board)}/cards`)).body.cards;
const linkOf = (who: Someone, card: string, board = world.board) => world.tandem().store.links.byCard(who.team, board, card);
const exchanges = (): Exchange[] => world.gitlab.requests.filter(({ path }) => path === '/oauth/token');
const settleWith = async (other: GitlabSim): Promise<void> => {
  for (let n = 0; n < 3; n += 1) {
    await world.settle();
    await other.settled();
  }
};

describe.each(['SQLite', 'MongoDB'])('an account that is connected by consent, on %s', (kind) => {
  const test = kind === 'MongoDB' && !mongo ? base.skip : base;
  beforeEach(async () => {
    if (kind === 'MongoDB' && !mongo) return;
    world = await openWorld(kind === 'MongoDB' ? { store: mongo?.url() ?? '' } : {});
  });

  test('is stored sealed, with secrets in bodies alone, and the code is bound to a verifier', async () => {
    const { ana } = world.people;
    await world.signIn(ana);
    const browser = world.browser(ana);
    const asked = new URL((await browser.open(await startLink(ana), { gitlab: 'leave' })).to);
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({ response_type: 'code', scope: 'api', redirect_uri: `${world.url}/auth/gitlab/callback`, code_challenge_method: 'S256' });
    const agreed = await fetch(asked, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ user: 'ana', answer: 'authorize' }) });
    expect((await browser.open(agreed.headers.get('location') ?? '')).to).toBe('/signed-in.html#connected');

    const [exchange] = exchanges();
    const form = exchange?.body as Record<string, string>;
    expect([exchange?.query, createHash('sha256').update(form['code_verifier'] ?? '').digest('base64url')]).toEqual([{}, asked.searchParams.get('code_challenge')]);
    const account = await accountOf(ana);
    expect(account).toMatchObject({ kind: 'oauth', state: 'active', person: { username: 'ana' }, sealed: expect.stringMatching(/^v1\./) as string });
    expect(await siteOf(ana)).toMatchObject({ account: { kind: 'oauth', state: 'active', person: { username: 'ana' } } });
    expect((await siteOf(ana))?.account).not.toHaveProperty('ends');
    expect((await places(ana)).status).toBe(200);

    const [grant] = world.gitlab.state.oauth.grants;
    const [application] = world.gitlab.state.oauth.applications;
    const secrets = [grant?.accessToken, grant?.refreshToken, application?.clientSecret, form['code'], form['code_verifier']].map((secret) => secret ?? 'missing');
    const addresses = JSON.stringify([asked.href, ...world.gitlab.requests.map(({ path, query }) => [path, query])]);
    for (const secret of secrets) for (const text of [JSON.stringify(account), addresses, world.logged.join('\n')]) expect(text).not.toContain(secret);
  });

  test('begins with a link that Tandem made, and no other', async () => {
    const { ana, ben } = world.people;
    await world.signIn(ana);
    const [own, bens] = [await startLink(ana), await startLink(ben)];
    const [value = '', signature = ''] = (new URL(own, world.url).searchParams.get('start') ?? '').split('.');
    const [benValue = ''] = (new URL(bens, world.url).searchParams.get('start') ?? '').split('.');
    for (const start of ['', 'x', value, `${value}.x`, `${benValue}.${signature}`]) {
      expect((await world.browser(ana).open(`/auth/gitlab?${new URLSearchParams({ start })}`)).to).toMatch(/#(refused|failed)$/);
    }
    expect((await world.browser(ana).open(own.replace('/gitlab', '/gitea'))).to, 'at another tool').toBe('/signed-in.html#refused');
    expect(world.gitlab.state.oauth.grants).toEqual([]);
  });

  test('belongs to whoever opens the start link as its member: a forwarded one connects nothing to anybody', async () => {
    const { ana, ben, eve } = world.people;
    for (const who of [ana, ben, eve]) await world.signIn(who);
    for (const victim of [ben, eve]) {
      const browser = world.browser(victim);
      const first = await browser.open(await startLink(ana));
      expect([first.to, first.asked]).toEqual(['/signed-in.html#other-member', ['miro']]);
      // By now the browser has a session: theirs.
      expect((await browser.open(await startLink(ana))).to).toBe('/signed-in.html#other-member');
      const { token } = (await (await browser.fetch('/auth/session', { method: 'POST' })).json()) as { token: string };
      expect(await (await browser.fetch('/api/me', { headers: { authorization: `Bearer ${token}` } })).json()).toMatchObject({ user: victim.user, team: victim.team });
      expect(await accountOf(victim)).toBeUndefined();
    }
    expect([await accountOf(ana), exchanges()]).toEqual([undefined, []]);

    const browser = world.browser(ana);
    const fresh = await browser.open(await startLink(ana));
    expect([fresh.to, fresh.asked]).toEqual(['/signed-in.html#connected', ['miro', 'gitlab']]);
    expect((await browser.open(await startLink(ana))).asked).toEqual([]);
    expect((await accountOf(ana))?.person.username).toBe('ana');
  });

  test('is renewed once for fifty calls with an ended token, and before its end while somebody uses it', async () => {
    const { ana } = world.people;
    await world.signIn(ana);
    await consent(ana);
    world.advance(7_201_000);
    const answers = await Promise.all(Array.from({ length: 50 }, () => places(ana)));
    const { oauth } = world.gitlab.state;
    expect([new Set(answers.map(({ status }) => status)), oauth.refreshes, oauth.reusedRefreshTokens]).toEqual([new Set([200]), 1, 0]);
    world.advance(7_200_000 * 0.85);
    expect([(await places(ana)).status, oauth.refreshes, oauth.reusedRefreshTokens]).toEqual([200, 2, 0]);
    expect(exchanges().every(({ query }) => Object.keys(query).length === 0)).toBe(true);
  });

  test('is ended at GitLab when its member disconnects, takes its webhook along, and comes back to the same links', async () => {
    const { ana } = world.people;
    await world.signIn(ana);
    await consent(ana);
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    const before = await linkOf(ana, card);
    expect([before?.state, world.gitlab.state.hooks.length]).toEqual(['live', 1]);

    const gone = await disconnect(ana);
    await world.settle();
    expect([gone.status, gone.body, await accountOf(ana), (await siteOf(ana))?.account]).toEqual([200, { left: [] }, undefined, undefined]);
    expect([world.gitlab.state.oauth.grants.map(({ state }) => state), world.gitlab.state.hooks]).toEqual([['revoked'], []]);
    expect(world.gitlab.requests.filter(({ path }) => path === '/oauth/revoke').map(({ query, status }) => [query, status])).toEqual([[{}, 200]]);
    expect(world.card(card)?.status).toBe('disconnected');
    expect(await cardsOn(ana)).toMatchObject([{ card, state: 'hidden', reason: expect.stringContaining('GitLab account') as string }]);
    expect((await disconnect(ana)).body).toEqual({ left: [] });

    world.gitlab.as('ben').updateIssue(world.place, 1, { title: 'While nobody looked' });
    await world.settle();
    expect(world.card(card)?.title).not.toContain('While nobody looked');
    await consent(ana);
    await world.settle();
    expect([(await linkOf(ana, card))?.id, world.gitlab.state.hooks.length]).toEqual([before?.id, 1]);
    expect(seen(world.card(card))).toMatchObject({ title: '<p>While nobody looked</p>', status: 'connected' });
    expect(await cardsOn(ana)).toEqual([expect.objectContaining({ card, state: 'live' })]);
    world.gitlab.as('ben').updateIssue(world.place, 1, { title: 'By the new webhook' });
    await world.settle();
    expect(world.card(card)?.title).toBe('<p>By the new webhook</p>');
  });
});

describe('a sign-in at GitLab that ends badly', () => {
  beforeEach(async () => {
    world = await openWorld();
  });
  /** Ana agreed, in her browser; what GitLab sends her back with was not opened yet. */
  const agreed = async (): Promise<{ browser: Browser; callback: URL }> => {
    const browser = world.browser(world.people.ana);
    const { to } = await browser.open(await startLink(world.people.ana), { gitlab: 'leave' });
    const answer = await fetch(to, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ user: 'ana', answer: 'authorize' }) });
    return { browser, callback: new URL(answer.headers.get('location') ?? '') };
  };
  const nothing = async (): Promise<void> => {
    const accounts = await Promise.all((['ana', 'ben', 'eve'] as const).map((name) => accountOf(world.people[name])));
    expect([accounts, exchanges()]).toEqual([[undefined, undefined, undefined], []]);
  };
  const REFUSED = '/signed-in.html#refused';
  const withState = (callback: URL, state: string): string => {
    const to = new URL(callback);
    to.searchParams.set('state', state);
    return to.href;
  };
  const sent = async (url: URL | string, cookie: string): Promise<string | null> => (await fetch(url, { redirect: 'manual', headers: { cookie } })).headers.get('location');

  base('is refused the second time, cookies or not', async () => {
    const { browser, callback } = await agreed();
    const cookies = browser.cookies();
    expect((await browser.open(callback.href)).to).toBe('/signed-in.html#connected');
    const account = await accountOf(world.people.ana);
    expect((await browser.open(callback.href)).to).toBe(REFUSED);
    expect(await sent(callback, cookies)).toBe(REFUSED);
    expect([await accountOf(world.people.ana), exchanges().length]).toEqual([account, 1]);
  });

  base('is refused with a state that is not ours', async () => {
    const { browser, callback } = await agreed();
    const cookies = browser.cookies();
    const state = callback.searchParams.get('state') ?? '';
    const [id = '', signature = ''] = state.split('.');
    const foreign = openVault(['a secret of somebody else, long enough to seal']).sign(id, 'oauth state');
    for (const forged of [foreign, id, `${id}.`, `${id}.${signature.slice(1)}`, `${id}x.${signature}`, `.${signature}`, '']) expect([forged, await sent(withState(callback, forged), cookies)]).toEqual([forged, REFUSED]);
    await nothing();
  });

  base('is refused when it took longer than ten minutes', async () => {
    const { browser, callback } = await agreed();
    world.advance(11 * MINUTE);
    expect((await browser.open(callback.href)).to).toBe(REFUSED);
    await nothing();
  });

  base('is refused in another browser of the same member', async () => {
    const { callback } = await agreed();
    const other = world.browser(world.people.ana);
    await other.open(`/auth/miro?team=${world.people.ana.team}`);
    await other.open(await startLink(world.people.ana), { gitlab: 'leave' });
    expect((await other.open(callback.href)).to).toBe(REFUSED);
    await nothing();
  });

  base('is refused in the session of another member, and in none', async () => {
    const { ben } = world.people;
    for (const session of ['ben', 'none'] as const) {
      const { browser, callback } = await agreed();
      const bens = world.browser(ben);
      await bens.open(`/auth/miro?team=${ben.team}`);
      const state = browser.cookies().split('; ').filter((cookie) => cookie.startsWith('tandem_oauth'));
      const member = bens.cookies().split('; ').filter((cookie) => cookie.startsWith('tandem_session'));
      expect([state.length, member.length]).toEqual([2, 2]);
      expect(await sent(callback, [...state, ...(session === 'ben' ? member : [])].join('; '))).toBe(REFUSED);
    }
    await nothing();
  });

  base('is refused with the state of a sign-in with Miro, and the other way round', async () => {
    const { ana } = world.people;
    await world.signIn(ana);
    const { browser, callback } = await agreed();
    const toMiro = new URL((await browser.fetch(`/auth/miro?team=${ana.team}`)).headers.get('location') ?? '');
    expect((await browser.open(withState(callback, toMiro.searchParams.get('state') ?? ''))).to).toBe(REFUSED);
    await nothing();

    const again = await agreed();
    const before = world.miro.requests.length;
    const atMiro = await fetch(toMiro, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ user: ana.user, team: ana.team, answer: 'allow' }) });
    const crossed = withState(new URL(atMiro.headers.get('location') ?? ''), again.callback.searchParams.get('state') ?? '');
    expect([(await again.browser.open(crossed)).to, world.miro.requests.length]).toEqual([REFUSED, before]);
    await nothing();
  });

  base('is refused at the callback of another tool', async () => {
    const { browser, callback } = await agreed();
    expect((await browser.open(callback.href.replace('/auth/gitlab/', '/auth/gitea/'))).to).toBe(REFUSED);
    await nothing();
  });

  base('says so when its member said no, and stores nothing', async () => {
    const { ana } = world.people;
    expect((await world.browser(ana).open(await startLink(ana), { gitlab: 'deny' })).to).toBe('/signed-in.html#denied');
    await nothing();
  });

  base.each([
    ['is down when the code is exchanged', 503, /^\/oauth\/token$/],
    ['breaks off when the code is exchanged', 'reset', /^\/oauth\/token$/],
    ['is down when it is asked who that is', 503, /^\/api\/v4\/user$/],
  ] as const)('fails when GitLab %s, and stores nothing; the next one succeeds', async (_what, fault, path) => {
    const { ana } = world.people;
    const browser = world.browser(ana);
    world.gitlab.faults.next(1, fault, { path });
    expect((await consent(ana, browser)).to).toBe('/signed-in.html#failed');
    expect(await accountOf(ana)).toBeUndefined();
    expect((await consent(ana, browser)).to).toBe('/signed-in.html#connected');
  });
});

describe('an account whose tokens end', () => {
  const open = async (options: WorldOptions, ...people: readonly Someone['name'][]): Promise<void> => {
    world = await openWorld(options);
    for (const name of people) {
      await world.signIn(world.people[name]);
      expect((await consent(world.people[name])).to).toBe('/signed-in.html#connected');
    }
  };
  const state = async (who: Someone): Promise<string | undefined> => (await siteOf(who))?.account?.state;

  base('because its member took them back says so, while others read for its cards', async () => {
    await open({}, 'ana', 'ben');
    const { ana, ben } = world.people;
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    const link = await linkOf(ana, card);
    world.advance(2000);
    world.gitlab.revokeOauth('ana');
    world.gitlab.as('ben').updateIssue(world.place, 1, { title: 'Read by Ben' });
    await world.settle();
    expect([await state(ana), await state(ben), world.card(card)?.title, (await linkOf(ana, card))?.reader]).toEqual(['expired', 'active', '<p>Read by Ben</p>', ben.user]);
    const refused = await places(ana);
    expect([refused.status, refused.body.error.code]).toEqual([403, 'account_expired']);
    expect(exchanges().filter(({ status }) => status === 400)).toHaveLength(1);

    expect((await consent(ana)).to).toBe('/signed-in.html#connected');
    await world.settle();
    expect([await state(ana), (await linkOf(ana, card))?.id, (await places(ana)).status]).toEqual(['active', link?.id, 200]);
  });

  base('with nobody else to read has its cards cut off, and all of them back when it is connected again', async () => {
    await open({}, 'ana');
    const { ana } = world.people;
    const cards = [(await world.put(ana, world.issue(1))).card, (await world.put(ana, world.issue(2))).card];
    await world.settle();
    const ids = await Promise.all(cards.map(async (card) => (await linkOf(ana, card))?.id));
    world.advance(2000);
    world.gitlab.revokeOauth('ana');
    for (const iid of [1, 2]) world.gitlab.as('ben').updateIssue(world.place, iid, { title: `Unseen ${iid}` });
    await world.settle();
    expect((await cardsOn(ana)).map(({ state: of, reason }) => [of, reason])).toEqual([1, 2].map(() => ['hidden', expect.stringContaining('no longer accepts')]));
    expect(cards.map((card) => world.card(card)?.status)).toEqual(['disconnected', 'disconnected']);
    // No storm: what was refused for good is not tried again.
    world.advance(DAY);
    await world.settle();
    expect(exchanges().filter(({ status }) => status === 400)).toHaveLength(1);

    await consent(ana);
    await world.settle();
    expect(cards.map((card) => seen(world.card(card)))).toMatchObject([1, 2].map((iid) => ({ title: `<p>Unseen ${iid}</p>`, status: 'connected' })));
    expect(await Promise.all(cards.map(async (card) => (await linkOf(ana, card))?.id))).toEqual(ids);
    expect((await cardsOn(ana)).map((card) => card.state)).toEqual(['live', 'live']);
  });

  base('because an answer was lost after GitLab had renewed them says so, without a storm, and can be connected again', async () => {
    await open({}, 'ana');
    const { ana } = world.people;
    world.advance(7_201_000);
    world.gitlab.faults.next(1, 'after-effect-502', { path: /^\/oauth\/token$/ });
    expect((await places(ana)).status).toBe(502);
    const answers = await Promise.all(Array.from({ length: 20 }, () => places(ana)));
    expect([new Set(answers.map(({ body }) => body.error.code)), await state(ana)]).toEqual([new Set(['account_expired']), 'expired']);
    // The consent, the answer that was lost, and one try with the old pair.
    expect(exchanges()).toHaveLength(3);
    await consent(ana);
    expect([await state(ana), (await places(ana)).status]).toEqual(['active', 200]);
  });

  base('because a process died with the new ones in its hands is parked', async () => {
    await open({}, 'ana');
    const { ana } = world.people;
    world.advance(7_201_000);
    const account = await accountOf(ana);
    if (!account) throw new Error('no account');
    const { version, ...row } = account;
    await world.tandem().store.accounts.swap(version, { ...row, refreshing: world.now() + 20_000 });
    const [grant] = world.gitlab.state.oauth.grants;
    const [application] = world.gitlab.state.oauth.applications;
    const lost = { grant_type: 'refresh_token', refresh_token: grant?.refreshToken ?? '', client_id: application?.clientId ?? '', client_secret: application?.clientSecret ?? '' };
    expect((await fetch(`${world.gitlab.url}/oauth/token`, { method: 'POST', body: new URLSearchParams(lost) })).status).toBe(200);
    world.advance(20_001);
    const answers = await Promise.all(Array.from({ length: 20 }, () => places(ana)));
    expect([new Set(answers.map(({ body }) => body.error.code)), await state(ana), exchanges().length]).toEqual([new Set(['account_expired']), 'expired', 3]);
  });

  base('is kept alive while nobody touches Tandem for eighty days, and left alone once it is disconnected', async () => {
    await open({}, 'ana');
    const { ana } = world.people;
    const renewals = (requests: readonly Exchange[], path: string): number[] => requests.filter((one) => one.path === path && (one.body as { grant_type?: string }).grant_type === 'refresh_token').map(({ at }) => Date.parse(at));
    const begun = world.now();
    for (let n = 0; n < 4; n += 1) {
      world.advance(20 * DAY);
      await world.settle();
    }
    for (const times of [renewals(world.miro.requests, '/v1/oauth/token'), renewals(world.gitlab.requests, '/oauth/token')]) {
      const gaps = times.map((at, n) => at - (times[n - 1] ?? begun));
      expect([times.length, gaps.every((gap) => gap < 21 * DAY)]).toEqual([4, true]);
    }
    expect([world.miro.state.reusedRefreshTokens, world.gitlab.state.oauth.reusedRefreshTokens]).toEqual([0, 0]);
    expect([(await world.call(ana, 'GET', `/api/boards/${e(world.board)}/cards`)).status, (await places(ana)).status]).toEqual([200, 200]);

    await disconnect(ana);
    const before = world.gitlab.requests.length;
    world.advance(40 * DAY);
    await world.settle();
    expect(world.gitlab.requests).toHaveLength(before);
  });

  base('is kept alive although GitLab was down for days when its turn came', async () => {
    await open({}, 'ana');
    world.advance(20 * DAY);
    world.gitlab.faults.rate = 1;
    for (let n = 0; n < 60; n += 1) {
      world.advance(HOUR);
      await world.settle();
    }
    expect(world.gitlab.state.oauth.refreshes).toBe(0);
    world.gitlab.faults.clear();
    world.advance(DAY);
    await world.settle();
    expect([world.gitlab.state.oauth.refreshes, world.gitlab.state.oauth.reusedRefreshTokens, (await places(world.people.ana)).status]).toEqual([1, 0, 200]);
  });

  base('on a day that is known, as a pasted token does, says so ahead', async () => {
    world = await openWorld();
    const { ana } = world.people;
    await world.signIn(ana);
    await world.connect(ana, world.gitlab.addToken('ana', { expiresAt: '2026-12-24' }).value);
    expect((await siteOf(ana))?.account).toMatchObject({ kind: 'token', state: 'active', ends: '2026-12-24T00:00:00.000Z' });
    world.advance(Date.parse('2026-12-24T00:00:00.000Z') - world.now() - 1);
    expect((await places(ana)).status).toBe(200);
    world.advance(1);
    expect([(await places(ana)).body.error.code, await state(ana)]).toEqual(['account_expired', 'expired']);
    await world.connect(ana);
    expect((await siteOf(ana))?.account).toMatchObject({ kind: 'token', state: 'active' });
    expect((await siteOf(ana))?.account).not.toHaveProperty('ends');
  });
});

describe('disconnecting', () => {
  const TOKEN_LEFT = expect.stringContaining('token itself still works in GitLab') as string;
  const HOOK_LEFT = expect.stringContaining('could not be removed') as string;
  const APPLICATION_LEFT = expect.stringContaining('still listed among the applications') as string;
  beforeEach(async () => {
    world = await openWorld();
    for (const who of [world.people.ana, world.people.ben]) await world.signIn(who);
  });

  base('keeps the webhook and the cards as long as somebody else of the team is connected', async () => {
    const { ana, ben } = world.people;
    await world.connect(ana);
    await world.connect(ben);
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    world.advance(2000);
    expect((await disconnect(ana)).body).toEqual({ left: [TOKEN_LEFT] });
    await world.settle();
    expect([world.gitlab.state.hooks.length, seen(world.card(card))?.status, (await linkOf(ana, card))?.reader]).toEqual([1, 'connected', ben.user]);
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: 'Still followed' });
    await world.settle();
    expect(world.card(card)?.title).toBe('<p>Still followed</p>');
  });

  base('says what it could not take along, and the next one to connect takes that over', async () => {
    const { ana, ben } = world.people;
    await world.connect(ana);
    await world.connect(ben);
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    world.advance(2000);
    await disconnect(ana);
    // A developer may not delete webhooks.
    expect((await disconnect(ben)).body).toEqual({ left: [HOOK_LEFT, TOKEN_LEFT] });
    await world.settle();
    expect([world.gitlab.state.hooks.length, world.card(card)?.status]).toEqual([1, 'disconnected']);
    const [hook] = world.gitlab.state.hooks;
    await world.connect(ana);
    await world.settle();
    expect([world.gitlab.state.hooks.map(({ id }) => id), world.card(card)?.status]).toEqual([[hook?.id], 'connected']);
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: 'Heard again' });
    await world.settle();
    expect(world.card(card)?.title).toBe('<p>Heard again</p>');
  });

  base('succeeds while GitLab is down, and says what is left there', async () => {
    const { ana } = world.people;
    await consent(ana);
    await world.put(ana, world.issue(1));
    await world.settle();
    world.gitlab.faults.next(1, 503, { method: 'DELETE', path: /hooks/ });
    world.gitlab.faults.next(1, 503, { path: /^\/oauth\/revoke$/ });
    const gone = await disconnect(ana);
    expect([gone.status, gone.body.left, await accountOf(ana)]).toEqual([200, [HOOK_LEFT, APPLICATION_LEFT], undefined]);
  });

  base('of an account that GitLab ended already leaves nothing but the webhook', async () => {
    const { ana } = world.people;
    await consent(ana);
    await world.put(ana, world.issue(1));
    await world.settle();
    world.gitlab.revokeOauth('ana');
    await places(ana);
    const gone = await disconnect(ana);
    expect([gone.status, gone.body.left, await accountOf(ana)]).toEqual([200, [HOOK_LEFT], undefined]);
  });
});

describe('sites that a member names', () => {
  const open = async (env: Record<string, string>): Promise<void> => {
    world = await openWorld({ env });
    await world.signIn(world.people.ana);
  };
  const find = (url: string) => world.call<SiteView & WireError>(world.people.ana, 'GET', `/api/sites?${new URLSearchParams({ tool: 'gitlab', url })}`);
  const connectAt = (site: string, token = 'glpat-for-the-other-site') => world.call<SiteView & WireError>(world.people.ana, 'PUT', `/api/accounts/gitlab/${e(site)}`, { fields: { token } });

  base('stand beside the configured one: the same number at both is two items, each with its own cards and token', async () => {
    await open({ TANDEM_ALLOW_PRIVATE: '1' });
    const { ana } = world.people;
    const other = await startGitlab({ now: world.now });
    others.push(other);
    for (const name of ['ana', 'ben', 'cem']) other.addUser(name, name);
    const project = other.addProject('acme/elsewhere', { ana: 50 });
    other.as('ana').createIssue(project.id, { title: 'Elsewhere' });
    const { value: token } = other.addToken('ana');
    expect(String(project.id)).toBe(world.place);

    const found = await find(`${other.url}/`);
    expect([found.status, found.body.site, found.body.consent, other.requests]).toEqual([200, other.url, undefined, []]);
    expect((await connectAt(found.body.site, token)).status).toBe(200);
    await world.connect(ana);
    const sites = (await world.call<MeAnswer>(ana, 'GET', '/api/me')).body.sites.map(({ tool, site, account }) => [tool, site, account?.state]);
    expect(sites).toEqual([['gitlab', world.site, 'active'], ['gitlab', other.url, 'active']]);

    const there: Ref = { ...world.issue(1), site: other.url };
    const [here, elsewhere] = [(await world.put(ana, world.issue(1))).card, (await world.put(ana, there)).card];
    await settleWith(other);
    expect([world.card(here)?.title, world.card(elsewhere)?.title]).toEqual(['<p>Checkout drops the discount</p>', '<p>Elsewhere</p>']);

    world.advance(2000);
    other.as('ana').updateIssue(project.id, 1, { title: 'Edited elsewhere' });
    await settleWith(other);
    expect([world.card(here)?.title, world.card(elsewhere)?.title]).toEqual(['<p>Checkout drops the discount</p>', '<p>Edited elsewhere</p>']);
    world.advance(2000);
    expect((await world.edit(ana, elsewhere, { set: { title: 'From the panel' }, seen: { title: 'Edited elsewhere' } })).status).toBe(200);
    await settleWith(other);
    expect([world.card(here)?.title, world.card(elsewhere)?.title]).toEqual(['<p>Checkout drops the discount</p>', '<p>From the panel</p>']);
    expect([world.gitlab.project(world.place).issues.get(1)?.title, other.project(project.id).issues.get(1)?.title]).toEqual(['Checkout drops the discount', 'From the panel']);
    expect(new Set(other.requests.map(({ headers }) => headers['private-token']))).toEqual(new Set([token]));
    expect(new Set(world.gitlab.requests.map(({ headers }) => headers['private-token']))).toEqual(new Set([world.tokens.ana]));
  });

  base('are refused on private addresses, before anything is sent there', async () => {
    await open({});
    let connections = 0;
    const inside = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => void inside.listen(0, resolve));
    try {
      const { port } = inside.address() as AddressInfo;
      for (const host of ['127.0.0.1', '[::1]', '2130706433', 'localhost', '[::ffff:127.0.0.1]']) {
        const found = await find(`https://${host}:${port}`);
        expect([host, found.status]).toEqual([host, 200]);
        const refused = await connectAt(found.body.site);
        expect([refused.status, refused.body.error.message]).toEqual([422, expect.stringMatching(/is on a private network, where Tandem may not go.*TANDEM_ALLOW_PRIVATE/)]);
      }
      const { ana } = world.people;
      expect([connections, (await world.tandem().store.accounts.byMember(ana.team, ana.user)).map(({ tool }) => tool)]).toEqual([0, ['miro']]);
    } finally {
      await new Promise<void>((resolve) => void inside.close(() => resolve()));
    }
  });

  base('speak https, so that no token can be read on its way', async () => {
    await open({});
    const other = await startGitlab({ now: world.now });
    others.push(other);
    const refused = await find(other.url);
    expect([refused.status, refused.body.error.details]).toEqual([422, { fields: { url: expect.stringContaining('by https only') as string } }]);
    expect([(await connectAt(other.url)).status, other.requests]).toEqual([404, []]);
    // The configured one is ours to trust.
    expect((await find(world.gitlab.url)).body.site).toBe(world.site);
  });

  base('are not followed to where they redirect', async () => {
    await open({ TANDEM_ALLOW_PRIVATE: '1' });
    const target = await startGitlab({ now: world.now });
    others.push(target);
    target.addUser('ana', 'Ana');
    const { value: token } = target.addToken('ana');
    let asked = 0;
    const door = createHttp((req, res) => {
      asked += 1;
      res.writeHead(asked % 2 ? 302 : 307, { location: `${target.url}${req.url ?? ''}` }).end();
    });
    await new Promise<void>((resolve) => void door.listen(0, '127.0.0.1', resolve));
    try {
      const { body } = await find(`http://127.0.0.1:${(door.address() as AddressInfo).port}`);
      const refused = await connectAt(body.site, token);
      expect([refused.status, refused.body.error.code, target.requests, asked > 0]).toEqual([422, 'tool_refused', [], true]);
      expect((await siteOf(world.people.ana, body.site))?.account).toBeUndefined();
    } finally {
      door.closeAllConnections();
      await new Promise<void>((resolve) => void door.close(() => resolve()));
    }
  });
});

base('two teams on one item read it with their own accounts, and neither’s leaving touches the other', async () => {
  world = await openWorld();
  const { ana, eve } = world.people;
  world.gitlab.addUser('eve', 'Eve');
  world.gitlab.setMember(world.place, 'eve', 40);
  const eves = world.gitlab.addToken('eve').value;
  const board = world.miro.addBoard('Elsewhere', eve.team, { [eve.user]: 'owner' }).id;
  for (const who of [ana, eve]) await world.signIn(who);
  await world.connect(ana);
  await world.connect(eve, eves);
  const [mine, theirs] = [(await world.put(ana, world.issue(1))).card, (await world.put(eve, world.issue(1), board)).card];
  await world.settle();
  expect(world.gitlab.state.hooks).toHaveLength(2);

  const readers = async (title: string): Promise<(string | undefined)[]> => {
    world.advance(2000);
    const before = world.gitlab.requests.length;
    world.gitlab.as('ben').updateIssue(world.place, 1, { title });
    await world.settle();
    return world.gitlab.requests.slice(before).filter(({ path }) => path.endsWith('/issues/1')).map(({ headers }) => headers['private-token']);
  };
  const both = await readers('For both');
  expect([both.length, new Set(both)]).toEqual([2, new Set([eves, world.tokens.ana])]);
  expect([world.card(mine)?.title, world.card(theirs, board)?.title]).toEqual(['<p>For both</p>', '<p>For both</p>']);
  const watch = await world.tandem().store.watches.byPlace(ana.team, 'gitlab', world.site, world.place);

  expect((await disconnect(eve)).status).toBe(200);
  await world.settle();
  expect([world.gitlab.state.hooks.map(({ url }) => url), await world.tandem().store.watches.byPlace(ana.team, 'gitlab', world.site, world.place)]).toEqual([[`${world.url}/hooks/gitlab/${watch?.id}`], watch]);
  expect(await readers('For one')).toEqual([world.tokens.ana]);
  expect([world.card(mine), world.card(theirs, board)]).toMatchObject([{ title: '<p>For one</p>', status: 'connected' }, { title: '<p>For both</p>', status: 'disconnected' }]);
  expect([(await linkOf(ana, mine))?.state, (await linkOf(eve, theirs, board))?.state]).toEqual(['live', 'hidden']);
});
