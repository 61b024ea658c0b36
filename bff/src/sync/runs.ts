import type { RandomBytes } from '../crypto.ts';
import { HeldBack, PutOff, UpstreamError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Store, Task } from '../store/store.ts';
import { askedBy, loggedKey, splitKey, type TaskKind } from './keys.ts';
import { judge, type Verdict } from './retry.ts';
import { timers as realTimers, type Timers } from '../timers.ts';

/** What a handler is told of its run. */
export interface Run {
  /** no request may outlive this (epoch ms): the lane's lease ends then. It moves on as the lease is renewed, so a run of many requests asks anew for each. */
  readonly deadline: number;
  /** digests of what was sent can be believed: no run of this task may have died half-way */
  readonly trusted: boolean;
  /** failures since the last success */
  readonly attempts: number;
  /** correlation id */
  readonly cause: string;
}

/** Does one task of a kind. Resolves when it is done, for good or until a moment (epoch ms); throws to be tried again or buried by the rule of `retry.ts`. */
export type Handler = (id: string, run: Run) => Promise<void | { readonly until: number }>;

/** What a run needs to know of the lane that it spends. */
export interface HeldLane {
  until: number;
  blockedUntil: number;
}

/** Single runs of tasks, and who waits for them. */
export interface Runs {
  /** One task, to its end: done, put off, or dead. Rejects only when the store fails. */
  run(task: Task, lane: HeldLane): Promise<void>;
  /** When the key may run again: at most one read per item and one write per card in a second. */
  free(key: string): number;
  /** The key was put off to a later moment: nobody waits for it. */
  putOff(key: string): void;
  /** Resolves when a run of the key ended, well or not, was put off, or after `ms`. */
  after(key: string, ms: number): Promise<void>;
}

const TEMPO = 1000;
const REMEMBERED = 10_000;

/** Runs tasks with the handlers of their kinds. */
export function openRuns(deps: {
  store: Store;
  log: Log;
  now: () => number;
  random: RandomBytes;
  handlers: Readonly<Record<TaskKind, Handler>>;
  failed?: (task: Task, verdict: Verdict) => Promise<void>;
  /** the lane's remote is down */
  down?: (lane: string) => boolean;
  timers?: Timers;
}): Runs {
  const { store, log, now, timers = realTimers } = deps;
  const handlers: Readonly<Record<string, Handler>> = deps.handlers;
  const lastRun = new Map<string, number>();
  const waiters = new Map<string, Set<() => void>>();

  const fail = async (task: Task, lane: HeldLane, error: unknown): Promise<void> => {
    // Not asked at all, or nothing that the task could help: no failure of it.
    if (error instanceof HeldBack || error instanceof PutOff) return store.tasks.defer(task.key, task.mark, error.until);
    const verdict = judge(error, task, now(), deps.random(4).readUInt32BE() / 2 ** 32, deps.down?.(task.lane));
    const child = log.child({ task: loggedKey(task.key), cause: task.cause });
    if (verdict.kind === 'dead') {
      child.warn({ err: error }, 'task dead');
      await store.tasks.bury(task.key, task.mark, verdict.reason);
    } else {
      child.info({ err: error, due: verdict.due, attempts: verdict.attempts }, 'task retry');
      await store.tasks.retry(task.key, task.mark, verdict);
      // The other remote of a task that asks two: its own lane waits, where the answer was heard.
      const own = error instanceof UpstreamError && error.tool === askedBy(task.lane).tool;
      if (own && verdict.block !== undefined) {
        lane.blockedUntil = Math.max(lane.blockedUntil, verdict.block);
        await store.lanes.block(task.lane, verdict.block);
      }
    }
    await deps.failed?.(task, verdict);
  };

  const release = (key: string): void => {
    for (const done of waiters.get(key) ?? []) done();
  };

  const remember = (key: string): void => {
    lastRun.set(key, now());
    if (lastRun.size > REMEMBERED) for (const [old, ran] of lastRun) if (ran + TEMPO <= now()) lastRun.delete(old);
  };

  return {
    async run(task, lane) {
      const { kind, id } = splitKey(task.key);
      try {
        const handler = handlers[kind];
        if (!handler) throw new Error(`no handler for ${kind}`);
        const run: Run = {
          get deadline() {
            return lane.until - 1000;
          },
          // One that failed may have died half-way, and so may whatever was in a lane whose owner never gave it back: `tasks.distrust`.
          trusted: task.attempts === 0,
          attempts: task.attempts,
          cause: task.cause,
        };
        const rest = await handler(id, run);
        if (rest) await store.tasks.retry(task.key, task.mark, { due: rest.until, attempts: 0, failingSince: now(), error: '' });
        else await store.tasks.complete(task.key, task.mark);
      } catch (error) {
        await fail(task, lane, error);
      } finally {
        remember(task.key);
        release(task.key);
      }
    },
    putOff: release,
    free: (key) => (lastRun.get(key) ?? -Infinity) + TEMPO,
    after(key, ms) {
      return new Promise((resolve) => {
        const waiting = waiters.get(key) ?? new Set();
        waiters.set(key, waiting);
        const done = (): void => {
          callOff();
          waiting.delete(done);
          if (waiting.size === 0) waiters.delete(key);
          resolve();
        };
        const callOff = timers.after(ms, done);
        waiting.add(done);
      });
    },
  };
}
