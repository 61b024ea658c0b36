import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { MeAnswer, SiteView } from '@tandem/shared/api';
import { ApiError, createCaller, type Api } from '@tandem/plugin/api';
import { createSettingsApi } from '@tandem/plugin/settings-api';
import { dayOf, healthOf, isUsable } from '@tandem/plugin/state/account';
import { createSession } from '@tandem/plugin/state/session';
import { createSettings } from '@tandem/plugin/state/settings';
import { consentAt, createSignIn, MIRO } from '@tandem/plugin/state/sign-in';
import { createWebSession } from '@tandem/plugin/web-session';
import * as data from './fixtures.ts';

const NOW = new Date(2026, 10, 24, 15).getTime();
const DAY = 86_400_000;
const at = (days: number): string => new Date(NOW + days * DAY).toISOString();

describe('how an account is', () => {
  const account = { state: 'active', person: data.ana, kind: 'token' } as const;

  test.each([
    ['without an end it is active', account, 'active'],
    ['15 days before its end it is active', { ...account, ends: at(15) }, 'active'],
    ['14 days before its end it is ending', { ...account, ends: at(14) }, 'ending'],
    ['at its end it has expired, whatever the state says', { ...account, ends: at(0) }, 'expired'],
    ['refused by the tool it has expired, whatever the end says', { ...account, state: 'expired', ends: at(30) }, 'expired'],
  ] as const)('%s', (_, view, health) => {
    expect(healthOf(view, NOW)).toBe(health);
    expect(isUsable({ ...data.gitlab, account: view }, NOW)).toBe(health !== 'expired');
  });

  test('an end is told by the calendar: tomorrow morning is tomorrow, even this evening', () => {
    expect(dayOf(new Date(2026, 11, 3, 12).toISOString(), NOW)).toBe('3 December (in 9 days)');
    expect(dayOf(new Date(2026, 10, 25, 1).toISOString(), NOW)).toBe('25 November (tomorrow)');
    expect(dayOf(new Date(2026, 10, 24, 23).toISOString(), NOW)).toBe('24 November (today)');
  });
});

describe('what a consent has to reach', () => {
  const goal = (site: SiteView) => consentAt('/auth/gitlab', site);

  test('a new account at this very site, and no other', () => {
    expect(goal(data.gitlabNew).reached(data.me([data.gitlabNew, data.partner]), true)).toBeUndefined();
    expect(goal(data.gitlabNew).reached(data.me([data.gitlab]), false)).toBe(data.gitlab);
  });

  test('for a reconnect, an account that works again', () => {
    expect(goal(data.gitlabExpired).reached(data.me([data.gitlabExpired]), true)).toBeUndefined();
    expect(goal(data.gitlabExpired).reached(data.me([data.gitlab]), false)).toBe(data.gitlab);
  });

  test('for one that worked all along, another account or word from the window', () => {
    expect(goal(data.gitlab).reached(data.me([data.gitlab]), false)).toBeUndefined();
    expect(goal(data.gitlab).reached(data.me([data.gitlab]), true)).toBe(data.gitlab);
    const other: SiteView = { ...data.gitlab, account: { state: 'active', person: data.joerg, kind: 'oauth' } };
    expect(goal(data.gitlab).reached(data.me([other]), false)).toBe(other);
  });
});

describe('a sign-in in a window of its own', () => {
  const ORIGIN = 'https://tandem.example';
  let answers: MeAnswer[];
  let asked: number;
  let events: EventTarget;
  const api = {
    me: () => {
      asked++;
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      return answer ? Promise.resolve(answer) : Promise.reject(new ApiError('network', 'Down.'));
    },
  };
  const say = async (origin: string, type = 'tandem:signed-in'): Promise<void> => {
    events.dispatchEvent(Object.assign(new Event('message'), { origin, data: { type } }));
    await vi.advanceTimersByTimeAsync(0);
  };

  beforeEach(() => {
    vi.useFakeTimers();
    answers = [];
    asked = 0;
    events = new EventTarget();
    vi.stubGlobal('location', { origin: ORIGIN });
    vi.stubGlobal('window', { open: vi.fn(() => ({})) });
    vi.stubGlobal('addEventListener', events.addEventListener.bind(events));
    vi.stubGlobal('removeEventListener', events.removeEventListener.bind(events));
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  test('opens the window at once, within the click', () => {
    const signIn = createSignIn(api, consentAt('/auth/gitlab?site=x', data.gitlabNew), vi.fn());
    signIn.open();
    expect(vi.mocked(window.open).mock.calls).toEqual([['/auth/gitlab?site=x', 'tandem-sign-in', expect.stringContaining('popup')]]);
    expect(signIn.state.value).toBe('waiting');
    signIn.cancel();
  });

  test('ends when the account is there, and then asks no more', async () => {
    answers = [data.me([data.gitlabNew]), data.me([data.gitlab])];
    const done = vi.fn();
    const signIn = createSignIn(api, consentAt('/x', data.gitlabNew), done);
    signIn.open();
    await vi.advanceTimersByTimeAsync(2000);
    expect(done).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2000);
    expect(done.mock.calls).toEqual([[data.gitlab]]);
    expect(signIn.state.value).toBe('idle');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toBe(2);
  });

  test('asks at once when the window says that it is done, and keeps believing it when that answer is late', async () => {
    const done = vi.fn();
    createSignIn(api, consentAt('/x', data.gitlab), done).open();
    await say(ORIGIN);
    expect([asked, done.mock.calls.length]).toEqual([1, 0]);
    answers = [data.me([data.gitlab])];
    await vi.advanceTimersByTimeAsync(2000);
    expect(done).toHaveBeenCalledOnce();
  });

  test('does not listen to other origins, nor to other messages', async () => {
    answers = [data.me([data.gitlab])];
    const done = vi.fn();
    const signIn = createSignIn(api, MIRO, done);
    signIn.open();
    await say('https://evil.example');
    await say(ORIGIN, 'something else');
    expect(asked).toBe(0);
    await say(ORIGIN);
    expect(done).toHaveBeenCalledOnce();
  });

  test('says when no window came, goes on when it was opened by hand, and gives up after ten minutes', async () => {
    vi.stubGlobal('window', { open: () => null });
    answers = [data.me([], 'none')];
    const signIn = createSignIn(api, MIRO, vi.fn());
    signIn.open();
    expect(signIn.state.value).toBe('blocked');
    signIn.opened();
    expect(signIn.state.value).toBe('waiting');
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect([signIn.state.value, signIn.says.value]).toEqual(['idle', expect.stringContaining('Nobody finished')]);
  });

  test('that was given up never ends later', async () => {
    answers = [data.me([data.gitlab])];
    const done = vi.fn();
    const signIn = createSignIn(api, consentAt('/x', data.gitlabNew), done);
    signIn.open();
    signIn.cancel();
    await vi.advanceTimersByTimeAsync(60_000);
    await say(ORIGIN);
    expect([signIn.state.value, done.mock.calls.length]).toEqual(['idle', 0]);
  });
});

describe('the panel’s session', () => {
  const open = async (sites: readonly SiteView[]) => {
    const api = { me: () => Promise.resolve(data.me(sites)), cards: () => Promise.resolve(data.onBoard()) } as unknown as Api;
    const session = createSession({ id: () => Promise.resolve(data.BOARD) } as Parameters<typeof createSession>[0], api, () => NOW);
    await session.start();
    return session;
  };

  test('works where an account has not ended, rather than where one has', async () => {
    const ended: SiteView = { ...data.gitlab, account: { state: 'active', person: data.ana, kind: 'token', ends: at(-1) } };
    expect((await open([ended, data.partner])).site.value).toBe(data.partner);
  });

  test('takes up a site that somebody named once it is connected, and works there', async () => {
    const session = await open([data.gitlab]);
    session.use(data.partnerNew);
    expect(session.connecting.value).toBe(data.partnerNew);
    session.connected(data.partner);
    expect([session.site.value, session.connecting.value]).toEqual([data.partner, undefined]);
    expect(session.me.value).toMatchObject({ value: { sites: [data.gitlab, data.partner] } });
  });

  test('forgets the account that was disconnected, keeps its site, and says what is left', async () => {
    const session = await open([data.gitlab, data.partner]);
    session.disconnected(data.gitlab, ['Delete the token there.']);
    expect(session.left.value).toEqual(['Delete the token there.']);
    expect(session.site.value).toBe(data.partner);
    expect(session.me.value).toMatchObject({ value: { sites: [data.gitlabNew, data.partner] } });
  });

  test('knows the cards that stand still, but not those whose item is gone', async () => {
    const session = await open([data.gitlab]);
    const [key] = session.cardsOf.value.keys();
    expect(key).toContain('/7');
    for (const state of ['hidden', 'unreachable', 'gone'] as const) {
      session.vanished('card-7');
      session.added(data.card(data.first, { state }));
      expect(session.cardsOf.value.get(key ?? '')?.map((card) => card.state)).toEqual(state === 'gone' ? undefined : [state]);
    }
  });
});

describe('the settings’ session', () => {
  const until = at(1);
  const reply = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status });
  const refused = reply({ error: { code: 'unauthenticated', message: 'Sign in with Miro first.', id: '1' } }, 401);

  function settingsOf(answer: (call: string) => Response | Promise<Response>) {
    const calls: string[] = [];
    const waits: [ms: number, end: () => void][] = [];
    const outside = {
      fetch: (async (input: string, init?: RequestInit) => {
        const token = new Headers(init?.headers).get('authorization');
        calls.push([init?.method, input, token].filter(Boolean).join(' '));
        return (await answer(calls.at(-1) ?? '')).clone();
      }) as typeof fetch,
      now: () => NOW,
      online: () => true,
    };
    const session = createWebSession(outside);
    return { calls, waits, settings: createSettings(createSettingsApi(createCaller({ ...outside, bearer: session.bearer })), session, (ms) => new Promise((resolve) => waits.push([ms, resolve]))) };
  }

  test('trades the cookie once for a token that every section is asked for with', async () => {
    const { calls, settings } = settingsOf((call) => reply(call.includes('/auth') ? { token: 'abc', until } : call.includes('/me') ? data.me() : data.team()));
    await settings.refresh();
    await settings.refresh();
    const sections = ['GET /api/me Bearer abc', 'GET /api/team Bearer abc', 'GET /api/pairs Bearer abc'];
    expect(calls).toEqual(['POST /auth/session', ...sections, ...sections]);
    expect([settings.me.value.state, settings.team.value.state, settings.out.value]).toEqual(['ready', 'ready', false]);
  });

  test('is outside when nobody is signed in, and when the session ended meanwhile', async () => {
    const never = settingsOf(() => refused);
    await never.settings.refresh();
    expect(never.settings.out.value).toBe(true);

    let over = false;
    const ended = settingsOf((call) => (over ? refused : reply(call.includes('/auth') ? { token: 'abc', until } : data.me())));
    await ended.settings.refresh();
    over = true;
    await ended.settings.refresh();
    expect([ended.settings.out.value, ended.settings.me.value.state]).toEqual([true, 'loading']);
  });

  test('says what failed in the section that failed, and loads it again', async () => {
    let broken = true;
    const { settings } = settingsOf((call) => (call.includes('/auth') ? reply({ token: 'abc', until }) : call.includes('/team') && broken ? reply({ error: { code: 'internal', message: 'Oh.', id: '1' } }, 500) : reply(data.me())));
    await settings.refresh();
    expect([settings.me.value.state, settings.team.value.state]).toEqual(['ready', 'error']);
    broken = false;
    await settings.refresh();
    expect(settings.team.value.state).toBe('ready');
  });

  test('what was asked of a pair is looked for again a few times, further and further apart, and by whoever asked last alone', async () => {
    const { calls, waits, settings } = settingsOf((call) => reply(call.includes('/auth') ? { token: 'abc', until } : { pairs: [] }));
    const looks = () => calls.filter((call) => call.includes('/pairs')).length;
    const end = async (at: number): Promise<void> => {
      waits[at]?.[1]();
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    };
    await settings.follow();
    await settings.follow();
    expect([looks(), waits.map(([ms]) => ms)]).toEqual([2, [1000, 1000]]);
    await end(0);
    expect(looks(), 'the first one has been overtaken').toBe(2);
    for (let at = 1; at < waits.length; at++) await end(at);
    expect([looks(), waits.slice(1).map(([ms]) => ms)]).toEqual([6, [1000, 2000, 4000, 8000]]);
  });

  test('signs out, and says so when that did not work', async () => {
    let online = false;
    const { calls, settings } = settingsOf(() => (online ? new Response(null, { status: 204 }) : Promise.reject(new TypeError('down'))));
    await settings.signOut();
    expect([settings.out.value, settings.trouble.value?.code]).toEqual([false, 'network']);
    online = true;
    await settings.signOut();
    expect([settings.out.value, settings.trouble.value]).toEqual([true, undefined]);
    expect(calls.at(-1)).toBe('DELETE /auth/session');
  });
});
