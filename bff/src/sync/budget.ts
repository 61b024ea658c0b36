import { retryAt } from '../http.ts';
import { MIRO } from '../miro/sign-in.ts';
import { remoteOfLane } from './keys.ts';

/** What one update costs at Miro, in credits (https://developers.miro.com/reference/rate-limiting); the others count requests. */
const CREDITS = 100;
/** The share of a window that is kept for calls that people wait for and for the first writes of quiet boards; the half of it for people alone. */
const KEPT = 0.1;
/** So many writes of each board may use what is kept. */
const FIRST = 10;
/** No lane waits longer for a window's end: a remote's clock may be wrong. */
const LONGEST = 60_000;

/** What the lanes may still spend, as the remotes' answers say it; a lane that was never told of a limit has none. */
export interface Budgets {
  /** An answer on the lane's account arrived with these headers. Two spellings, Miro's `x-ratelimit-` and GitLab's `ratelimit-` (https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/), each with `limit`, `remaining`, and `reset` in UNIX seconds. A 429 that says when to come back means everything that is asked on the account, whoever asked. */
  note(lane: string, headers: Readonly<Record<string, string>>, status?: number): void;
  /** A write of the group begins; call what this answers when it has ended. */
  begin(lane: string, group: string): () => void;
  /** May a write of the group begin now? */
  open(lane: string, group: string): boolean;
  /** Groups that had their first writes in this window: others come before them. */
  served(lane: string): readonly string[];
  /** When the lane's next window begins, if this one is used up but for what is kept, or the remote asked to wait. */
  exhausted(lane: string): number | undefined;
  /** Until when the remote asked to wait. */
  blocked(lane: string): number | undefined;
}

interface Purse {
  /** of one request */
  readonly cost: number;
  readonly limit: number;
  remaining: number;
  /** the window's end by the remote's clock, in seconds: tells windows apart whatever the clocks say */
  readonly at: number;
  /** the same by ours, epoch milliseconds */
  readonly reset: number;
  running: number;
  readonly begun: Map<string, number>;
}

/**
 * Budgets by the rate-limit headers that come with every answer. What is under way is taken off what the last answer left, since that did not count it yet.
 * Answers may overtake one another: within a window only the smallest remainder counts, and none of an older window. Where several accounts read for one lane, the one with the least left counts: any of them may be next.
 */
export function openBudgets(now: () => number): Budgets {
  const purses = new Map<string, Purse>();
  const waits = new Map<string, number>();

  const current = (lane: string): Purse | undefined => {
    const purse = purses.get(lane);
    if (!purse || purse.reset > now()) return purse;
    // A new window: full, until an answer says otherwise. One that was said to be longer than we wait may still last.
    const over = purse.at * 1000 <= now();
    const fresh: Purse = { ...purse, remaining: purse.limit, at: over ? purse.at + 1 : purse.at, reset: now() + LONGEST, begun: new Map() };
    purses.set(lane, fresh);
    return fresh;
  };
  const left = ({ remaining, running, cost }: Purse): number => remaining - (running + 1) * cost;

  const blocked = (lane: string): number | undefined => {
    const until = waits.get(lane);
    if (until === undefined || until > now()) return until;
    waits.delete(lane);
    return undefined;
  };

  return {
    blocked,
    note(lane, headers, status) {
      const wait = status === 429 ? retryAt(status, headers, now()) : undefined;
      if (wait !== undefined) waits.set(lane, Math.max(wait, waits.get(lane) ?? 0));
      const told = (name: 'limit' | 'remaining' | 'reset'): number => Number(headers[`x-ratelimit-${name}`] ?? headers[`ratelimit-${name}`] ?? Number.NaN);
      const [limit, remaining, at] = [told('limit'), told('remaining'), told('reset')];
      if (!(Number.isFinite(limit) && Number.isFinite(remaining) && Number.isFinite(at))) return;
      const before = current(lane);
      if (before && at < before.at) return;
      if (before?.at === at) before.remaining = Math.min(before.remaining, remaining);
      else {
        const cost = remoteOfLane(lane) === MIRO.tool ? CREDITS : 1;
        purses.set(lane, { cost, limit, remaining, at, reset: Math.min(Math.max(at * 1000, now() + 1), now() + LONGEST), running: before?.running ?? 0, begun: before?.begun ?? new Map() });
      }
    },
    begin(lane, group) {
      const purse = current(lane);
      if (!purse) return () => undefined;
      purse.running += 1;
      purse.begun.set(group, (purse.begun.get(group) ?? 0) + 1);
      return () => {
        const then = purses.get(lane);
        if (then) then.running = Math.max(0, then.running - 1);
      };
    },
    open(lane, group) {
      if (blocked(lane) !== undefined) return false;
      const purse = current(lane);
      if (!purse) return true;
      const first = (purse.begun.get(group) ?? 0) < FIRST;
      return left(purse) >= purse.limit * (first ? KEPT / 2 : KEPT);
    },
    served(lane) {
      return [...(current(lane)?.begun ?? [])].filter(([, count]) => count >= FIRST).map(([group]) => group);
    },
    exhausted(lane) {
      const [wait, purse] = [blocked(lane), current(lane)];
      if (wait !== undefined) return wait;
      return purse && left(purse) < purse.limit * KEPT ? purse.reset : undefined;
    },
  };
}
