import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ConnectBeginBody, ConnectSession, ConnectSessionAnswer, MeAnswer, SiteView } from '@tandem/shared/api';
import { ApiError, type Api } from '@tandem/plugin/api';
import { MUNITY } from '@tandem/plugin/connect/addresses';
import { createStartConnect } from '@tandem/plugin/connect/flow';
import { createMunitySignIn } from '@tandem/plugin/state/munity';
import { fakeOutside, NOW, secretOf } from '../connect/fake-outside.ts';

const MINUTE = 60_000;
const jira: SiteView = { tool: 'munity:jira', site: 'c1', name: 'Jira', url: 'https://x.example', noun: 'ticket', fields: [], can: { create: false, write: false }, connector: 'jira' };
const granted: SiteView = { ...jira, account: { state: 'active', person: { id: 'c1', name: 'Ana', username: '' }, kind: 'token' } };
const expired: SiteView = { ...jira, account: { state: 'expired', person: { id: 'c1', name: 'Ana', username: '' }, kind: 'token' } };
const NOTHING = { timers: 0, listeners: 0, streams: 0 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A form's model, with a BFF whose answers a test changes. */
function form(site = jira, life = 15 * MINUTE) {
  const outside = fakeOutside();
  const bff = { me: site, session: { state: 'waiting' } as ConnectSessionAnswer, refusal: undefined as ApiError | undefined, begun: [] as ConnectBeginBody[], life, silent: false, asked: 0 };
  const call = (route: string, { body, signal }: { body?: unknown; signal?: AbortSignal } = {}): Promise<unknown> => {
    if (!body && !route.startsWith('/munity/sessions/session-')) return Promise.reject(new Error(route));
    if (!body) {
      bff.asked += 1;
      return bff.silent ? new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('late')))) : Promise.resolve(bff.session);
    }
    bff.begun.push(body as ConnectBeginBody);
    if (bff.refusal) return Promise.reject(bff.refusal);
    const session = `session-${bff.begun.length}`;
    const ends = outside.now() + bff.life;
    return Promise.resolve({ session, connector: 'jira', secret: secretOf({ state: session, exp: ends / 1000 }), expiresAt: new Date(ends).toISOString(), munity: MUNITY } satisfies ConnectSession);
  };
  const api: Pick<Api, 'me' | 'call'> = {
    me: () => Promise.resolve({ user: 'u', team: 't', miro: 'active', sites: [bff.me], tools: [] } satisfies MeAnswer),
    call: call as Api['call'],
  };
  const done = vi.fn<(site: SiteView) => void>();
  const signIn = createMunitySignIn(api, site, 'jira', done, { start: createStartConnect(outside), outside });
  /** time passes for both kinds of timers */
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left >= 0; left -= 500) {
      await outside.pass(Math.min(500, left));
      await vi.advanceTimersByTimeAsync(Math.min(500, left));
    }
  };
  return { outside, bff, signIn, done, pass, shown: () => [signIn.state.value, signIn.says.value] };
}

describe('a button that connects through Munity', () => {
  test('is prepared before the click, and prepared anew a minute before its secret ends', async () => {
    const { bff, pass, shown } = form();
    expect(shown()).toEqual(['preparing', '']);
    await pass(0);
    expect([shown(), bff.begun]).toEqual([['idle', ''], [{ connector: 'jira', renew: false, by: 'native' }]]);
    await pass(14 * MINUTE - 1000);
    expect(bff.begun).toHaveLength(1);
    await pass(1500);
    expect([bff.begun.length, shown()]).toEqual([2, ['idle', '']]);
  });

  test('is not prepared again and again by a computer whose clock is wrong', async () => {
    const { bff, pass } = form(jira, -MINUTE);
    await pass(3 * MINUTE);
    expect(bff.begun.length).toBeLessThanOrEqual(4);
  });

  test('says why it could not be prepared, and tries again', async () => {
    const { bff, signIn, pass, shown } = form();
    bff.refusal = new ApiError('rate_limited', 'Wait a minute.');
    signIn.open();
    await pass(0);
    expect(shown()).toEqual(['refused', 'Wait a minute.']);
    bff.refusal = undefined;
    signIn.open();
    await pass(0);
    expect(shown()).toEqual(['idle', '']);
  });

  test('opens its window within the click, and is done when the account is there', async () => {
    const { outside, bff, signIn, done, pass, shown } = form();
    await pass(0);
    signIn.open();
    expect([outside.opened, shown()]).toEqual([[''], ['waiting', 'Waiting for the sign-in window…']]);
    outside.streams[0]?.say('READY');
    await pass(0);
    expect([shown(), done.mock.calls]).toEqual([['granted', 'Access is granted. Tandem is about to hear of it…'], []]);
    bff.me = granted;
    await pass(1000);
    expect(done.mock.calls).toEqual([[granted]]);
    expect([outside.left(), vi.getTimerCount()]).toEqual([NOTHING, 0]);
  });

  test('that was granted, of which Tandem does not hear, says after a minute where to look, lets one try again, and still sees it come', async () => {
    const { outside, bff, signIn, done, pass, shown } = form();
    await pass(0);
    signIn.open();
    outside.streams[0]?.say('READY');
    await pass(MINUTE - 1000);
    expect(shown()[0]).toBe('granted');
    await pass(1500);
    expect(shown()).toEqual(['refused', 'Access is granted, but Munity did not tell Tandem. Whoever hosts it should check the webhook’s address at Munity. Then try again.']);
    expect(outside.left().streams).toBe(0);
    signIn.open();
    await pass(0);
    expect([shown(), bff.begun.length]).toEqual([['idle', ''], 2]);
    signIn.open();
    expect(shown()[0]).toBe('waiting');
    bff.me = granted;
    await pass(5000);
    expect(done.mock.calls).toEqual([[granted]]);
    expect([outside.left(), vi.getTimerCount()]).toEqual([NOTHING, 0]);
  });

  test('asks again where Tandem never answers', async () => {
    const { bff, signIn, pass, shown } = form();
    await pass(0);
    signIn.open();
    bff.silent = true;
    await pass(11_000);
    expect(bff.asked).toBe(1);
    bff.silent = false;
    bff.session = { state: 'installed' };
    await pass(5000);
    expect(shown()[0]).toBe('granted');
    signIn.dispose();
  });

  test('renews what is connected, and believes it only when told: the account was there before', async () => {
    const { outside, bff, signIn, done, pass } = form(granted);
    await pass(10_000);
    expect([bff.begun, done.mock.calls]).toEqual([[{ connector: 'jira', renew: true, by: 'native' }], []]);
    signIn.open();
    outside.streams[0]?.say('READY');
    await pass(0);
    expect(done).toHaveBeenCalledExactlyOnceWith(granted);
  });

  test('sees an account that comes by itself, for a quarter of an hour', async () => {
    const soon = form(expired);
    await soon.pass(5000);
    soon.bff.me = granted;
    await soon.pass(5000);
    expect(soon.done).toHaveBeenCalledExactlyOnceWith(granted);
    const late = form(expired);
    await late.pass(15 * MINUTE);
    late.bff.me = granted;
    await late.pass(MINUTE);
    expect(late.done).not.toHaveBeenCalled();
  });

  test('says what went wrong, and is ready for the next try', async () => {
    const { outside, bff, signIn, pass, shown } = form();
    await pass(0);
    signIn.open();
    outside.streams[0]?.say('{"type":"error","message":"The customer said no."}');
    await pass(0);
    expect([shown(), bff.begun.length]).toEqual([['idle', 'The customer said no.'], 2]);
    signIn.open();
    expect([outside.opened.length, shown()]).toEqual([2, ['waiting', 'Waiting for the sign-in window…']]);
  });

  test('opens the same page again while it waits, and a fresh one after it was given up, about which nothing need be said', async () => {
    const { outside, signIn, pass, shown } = form();
    await pass(0);
    signIn.open();
    await pass(1500);
    signIn.open();
    expect(outside.opened[1]).toContain('ws_room=');
    signIn.cancel();
    await pass(0);
    expect([shown(), outside.popups.at(-1)?.closed]).toEqual([['idle', ''], true]);
    signIn.open();
    expect(outside.opened).toHaveLength(3);
  });

  test('whose page is left leaves nothing behind, whenever that is', async () => {
    for (const until of [0, 1000] as const) {
      const { outside, signIn, pass, done, bff } = form();
      if (until) {
        await pass(0);
        signIn.open();
        await pass(until);
      }
      signIn.dispose();
      bff.me = granted;
      await pass(20 * MINUTE);
      expect([outside.left(), vi.getTimerCount(), done.mock.calls]).toEqual([NOTHING, 0, []]);
    }
  });

  test('that was slept over prepares itself anew instead of opening what cannot be signed in to', async () => {
    const { outside, bff, signIn, pass, shown } = form(jira, 2 * MINUTE);
    await pass(0);
    // Timers stand still while a computer sleeps.
    outside.now = () => NOW + 3 * MINUTE;
    bff.life = 15 * MINUTE;
    signIn.open();
    expect(outside.opened).toEqual([]);
    await pass(0);
    expect(shown()).toEqual(['idle', 'This page was open for too long. Try again.']);
    signIn.open();
    expect(outside.opened).toEqual(['']);
  });
});
