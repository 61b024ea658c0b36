import { setImmediate } from 'node:timers/promises';
import { outage } from './connection.ts';

/** Joins the next batch, and is answered with it. */
export type Turns<T, R = void> = (entry: T) => Promise<R>;

/** Sends a batch; what it resolves with tells each entry's answer. */
type Send<T, R> = (batch: readonly T[]) => Promise<(entry: T) => R>;

interface Waiting<T, R> {
  readonly entry: T;
  resolve(answer: R): void;
  reject(error: unknown): void;
}

/**
 * One batch for all calls of an event-loop turn; while it is under way the next one gathers, so that batches grow with the load and no two write the same keys at once.
 * A batch that fails is repeated entry by entry, so that only the bad one fails, unless the server is away.
 */
export function inTurns<T, R>(send: Send<T, R>): Turns<T, R> {
  let waiting: Waiting<T, R>[] = [];
  let running: Promise<void> | undefined;

  /** Resolves with whether the server was there. */
  async function deliver(batch: readonly Waiting<T, R>[]): Promise<boolean> {
    try {
      const answer = await send(batch.map((call) => call.entry));
      for (const call of batch) call.resolve(answer(call.entry));
      return true;
    } catch (error) {
      const away = outage(error) !== error;
      if (batch.length > 1 && !away) return oneByOne(batch);
      for (const call of batch) call.reject(error);
      return !away;
    }
  }

  async function oneByOne(batch: readonly Waiting<T, R>[]): Promise<boolean> {
    for (const [n, call] of batch.entries()) {
      if (await deliver([call])) continue;
      // The server went away: each of the rest would wait for it as long again.
      const rest = batch.slice(n + 1);
      return rest.length > 0 && deliver(rest);
    }
    return true;
  }

  async function run(): Promise<void> {
    await setImmediate();
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await deliver(batch);
    }
    running = undefined;
  }

  return (entry) =>
    new Promise((resolve, reject) => {
      waiting.push({ entry, resolve, reject });
      running ??= run();
    });
}

/** Writes of a turn, which answer nothing. */
export function writesInTurns<T>(write: (batch: readonly T[]) => Promise<unknown>): Turns<T> {
  return inTurns(async (batch) => {
    await write(batch);
    return () => undefined;
  });
}

/** Single reads of a turn as one: `find` gets each key once, and may find more than was asked for; `keyOf` tells what belongs to whom. */
export function readsInTurns<K, D>(keyOf: (of: K | D) => string, find: (keys: readonly K[]) => Promise<readonly D[]>): Turns<K, D | undefined> {
  return inTurns(async (batch) => {
    const keys = new Map(batch.map((key) => [keyOf(key), key]));
    const found = new Map((await find([...keys.values()])).map((one) => [keyOf(one), one]));
    return (key) => found.get(keyOf(key));
  });
}
