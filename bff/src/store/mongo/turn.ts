import { setImmediate } from 'node:timers/promises';

/** Collects calls into batches. */
export interface Turns<T> {
  /** Joins the next batch; settles with it. */
  join(entry: T): Promise<void>;
  /** Resolves when nothing is waiting or under way. */
  idle(): Promise<void>;
}

interface Waiting<T> {
  readonly entry: T;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * One batch for all calls of an event-loop turn; while it is under way the next one gathers, so that batches grow with the load and no two write the same keys at once.
 * A batch that fails is repeated entry by entry, so that only the bad one fails, unless the server is away (`hopeless`).
 */
export function inTurns<T>(send: (batch: readonly T[]) => Promise<void>, hopeless: (error: unknown) => boolean): Turns<T> {
  let waiting: Waiting<T>[] = [];
  let running: Promise<void> | undefined;

  async function deliver(batch: readonly Waiting<T>[]): Promise<void> {
    try {
      await send(batch.map((call) => call.entry));
      for (const call of batch) call.resolve();
    } catch (error) {
      if (batch.length === 1 || hopeless(error)) for (const call of batch) call.reject(error);
      else for (const call of batch) await deliver([call]);
    }
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

  return {
    join: (entry) =>
      new Promise((resolve, reject) => {
        waiting.push({ entry, resolve, reject });
        running ??= run();
      }),
    idle: async () => running,
  };
}
