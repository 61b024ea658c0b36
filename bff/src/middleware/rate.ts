import type { Middleware } from 'koa';
import { TandemError } from '../errors.ts';

/** How many calls at once, and how many a second after that. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Callers whose allowance is full again are forgotten when there are more than this. */
const MOST = 10_000;

/** Refuses calls beyond the rate of whoever makes them (`whose`) with 429 and the second at which the next one is welcome. Counted in this process alone: it keeps one caller from starving the others, and is no quota. */
export function rate<S>({ burst, perSecond }: Rate, whose: (ctx: Parameters<Middleware<S>>[0]) => string, now: () => number): Middleware<S> {
  const spent = new Map<string, { calls: number; at: number }>();
  // A clock that was set back must not keep everybody waiting until it is where it was.
  const left = (one: { calls: number; at: number }, at: number): number => Math.max(0, one.calls - (Math.max(0, at - one.at) / 1000) * perSecond);

  return (ctx, next) => {
    const at = now();
    const key = whose(ctx);
    const before = spent.get(key);
    const calls = (before ? left(before, at) : 0) + 1;
    if (calls > burst) {
      throw new TandemError('rate_limited', 'That was too much at once. Wait a moment, then try again.', { retryAt: at + ((calls - burst) / perSecond) * 1000 });
    }
    if (spent.size >= MOST) for (const [other, one] of spent) if (left(one, at) === 0) spent.delete(other);
    spent.set(key, { calls, at });
    return next();
  };
}
