import type { RandomBytes } from '../crypto.ts';
import type { Log } from '../log.ts';
import type { Delivery, NewTask, Store, Task } from '../store/store.ts';
import { splitKey, type TaskKind } from './keys.ts';
import { judge } from './retry.ts';

/** What a handler is told of its run. */
export interface Run {
  /** no request may outlive this (epoch ms): the lane's lease ends then */
  readonly deadline: number;
  /** digests of what was sent can be believed: no run of this task may have died half-way */
  readonly trusted: boolean;
  /** correlation id */
  readonly cause: string;
}

/** Does one task of a kind. Resolves when it is done for good; throws to be tried again or buried by the rule of `retry.ts`. */
export type Handler = (id: string, run: Run) => Promise<void>;

/** Runs what is due. */
export interface Worker {
  /** `tasks.mark`, then a look at once. */
  mark(tasks: readonly NewTask[]): Promise<void>;
  /** `tasks.revive`, then a look at once. */
  revive(lanePrefix: string): Promise<void>;
  /** `deliveries.accept`, then a look at once. */
  accept(delivery: Delivery, tasks: readonly NewTask[]): Promise<void>;
  /** Resolves when this process finished a run of the task, well or not, or after `ms`. */
  after(key: string, ms: number): Promise<void>;
  /** Looks for work until `stop`. */
  start(): Promise<void>;
  /** Takes no new task, lets running ones end, gives the lanes back. */
  stop(): Promise<void>;
  /** Runs until nothing is due at this moment: for tests with a clock of their own. */
  settle(): Promise<void>;
}

const LEASE = 30_000;
/** A task begins only while its lane is leased for at least this long. */
const ROOM = 12_000;
/** Another process may have marked something: how long that may go unseen. */
const POLL = 250;
const LANES = 64;
/** Tasks of one lane at a time: enough to hide the remote's latency, few enough to stay polite. */
const WIDTH = 8;
/** After a run, the same key waits: at most one read per item and one write per card in this time. */
const TEMPO = 1000;

interface Held {
  until: number;
  readonly since: number;
  readonly clean: boolean;
  blockedUntil: number;
  /** in the loop of `runLane` */
  running: Promise<void>;
}

/** A worker over the store's lanes and tasks; `handlers` has one for each kind. */
export function openWorker(deps: { store: Store; log: Log; owner: string; now: () => number; random: RandomBytes; handlers: Readonly<Record<TaskKind, Handler>> }): Worker {
  const { store, log, owner, now, handlers } = deps;
  const held = new Map<string, Held>();
  const lastRun = new Map<string, number>();
  const waiters = new Map<string, Set<() => void>>();
  let stopping = false;
  let loop: Promise<void> | undefined;
  let renewal: NodeJS.Timeout | undefined;
  let wake = (): void => {};

  const fraction = (): number => deps.random(4).readUInt32BE() / 2 ** 32;

  /** One task, to its end. */
  const run = async (task: Task, lane: Held): Promise<void> => {
    const { kind, id } = splitKey(task.key);
    const handler = (handlers as Readonly<Record<string, Handler>>)[kind];
    // A run that may have died half-way is not believed: it failed before, or it was due when the lane came from an owner who never gave it back.
    const trusted = task.attempts === 0 && (lane.clean || task.markedAt > lane.since);
    const child = log.child({ task: task.key, cause: task.cause });
    try {
      if (!handler) throw new Error(`no handler for ${kind}`);
      await handler(id, { deadline: lane.until - 1000, trusted, cause: task.cause });
      await store.tasks.complete(task.key, task.mark);
    } catch (error) {
      const verdict = judge(error, task, now(), fraction());
      if (verdict.kind === 'dead') {
        child.warn({ err: error }, 'task dead');
        await store.tasks.bury(task.key, task.mark, verdict.reason);
      } else {
        child.info({ err: error, due: verdict.due, attempts: verdict.attempts }, 'task retry');
        await store.tasks.retry(task.key, task.mark, verdict);
        if (verdict.block !== undefined) {
          lane.blockedUntil = Math.max(lane.blockedUntil, verdict.block);
          await store.lanes.block(task.lane, verdict.block);
        }
      }
    } finally {
      lastRun.set(task.key, now());
      for (const done of waiters.get(task.key) ?? []) done();
    }
  };

  /** Runs what is due in a lane until nothing is, then gives it back. */
  const runLane = async (id: string, lane: Held): Promise<void> => {
    try {
      while (!stopping && held.get(id) === lane && lane.blockedUntil <= now()) {
        if (lane.until - now() < ROOM && !(await renew(id, lane))) return;
        const due = await store.tasks.due(id, now(), WIDTH, WIDTH * 4);
        const ready: Task[] = [];
        for (const task of fairly(due)) {
          const free = (lastRun.get(task.key) ?? -Infinity) + TEMPO;
          if (free > now()) await store.tasks.defer(task.key, task.mark, free);
          else if (ready.length < WIDTH) ready.push(task);
        }
        if (due.length === 0) break;
        await Promise.all(ready.map((task) => run(task, lane)));
      }
    } catch (error) {
      // The store failed. The lease runs out by itself, and whatever was not completed is still due.
      log.error({ err: error, lane: id }, 'lane failed');
      held.delete(id);
      throw error;
    }
    if (held.get(id) === lane) {
      held.delete(id);
      await store.lanes.release(owner, id);
    }
  };

  const renew = async (id: string, lane: Held): Promise<boolean> => {
    const until = now() + LEASE;
    if ((await store.lanes.renew(owner, [id], until)).length === 0) {
      held.delete(id);
      return false;
    }
    lane.until = until;
    return true;
  };

  /** Leases every lane that has something due and sets it going. */
  const look = async (): Promise<number> => {
    const at = now();
    const leased = await store.lanes.lease(owner, at, at + LEASE, LANES);
    let begun = 0;
    for (const { lane, clean } of leased) {
      if (held.has(lane.id)) continue;
      const fresh: Held = { until: at + LEASE, since: at, clean, blockedUntil: 0, running: Promise.resolve() };
      held.set(lane.id, fresh);
      fresh.running = runLane(lane.id, fresh).catch(() => wakeLater()).finally(() => wake());
      begun += 1;
    }
    if (lastRun.size > 10_000) for (const [key, ran] of lastRun) if (ran + TEMPO <= at) lastRun.delete(key);
    return begun;
  };

  /** The store is in trouble: do not spin. */
  const wakeLater = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, POLL).unref());

  const settle = async (): Promise<void> => {
    while (!stopping) {
      const begun = await look();
      const running = [...held.values()].map((lane) => lane.running);
      if (begun === 0 && running.length === 0) return;
      await Promise.race(running);
    }
  };

  const forever = async (): Promise<void> => {
    let trouble = 0;
    while (!stopping) {
      let signalled = false;
      const signal = new Promise<void>((resolve) => {
        wake = () => {
          signalled = true;
          resolve();
        };
      });
      try {
        await look();
        trouble = 0;
        const next = await store.lanes.nextWake(owner);
        if (signalled) continue;
        await Promise.race([signal, pause(Math.min(POLL, Math.max(0, (next ?? Infinity) - now())) || POLL)]);
      } catch (error) {
        trouble += 1;
        log.error({ err: error }, 'worker cannot reach the store');
        await Promise.race([signal, pause(Math.min(5000, POLL * 2 ** trouble))]);
      }
    }
  };

  return {
    async mark(tasks) {
      if (tasks.length === 0) return;
      await store.tasks.mark(tasks, now());
      wake();
    },
    async revive(lanePrefix) {
      await store.tasks.revive(lanePrefix, now());
      wake();
    },
    async accept(delivery, tasks) {
      await store.deliveries.accept(delivery, tasks);
      wake();
    },
    after(key, ms) {
      return new Promise((resolve) => {
        const waiting = waiters.get(key) ?? new Set();
        waiters.set(key, waiting);
        const done = (): void => {
          clearTimeout(timer);
          waiting.delete(done);
          if (waiting.size === 0) waiters.delete(key);
          resolve();
        };
        const timer = setTimeout(done, ms);
        waiting.add(done);
      });
    },
    async start() {
      await store.lanes.heal();
      renewal = setInterval(() => {
        for (const [id, lane] of held) renew(id, lane).catch((error: unknown) => log.error({ err: error, lane: id }, 'lease not renewed'));
      }, LEASE / 3).unref();
      loop = forever();
    },
    async stop() {
      if (stopping) return;
      stopping = true;
      wake();
      await loop;
      await Promise.allSettled([...held.values()].map((lane) => lane.running));
      clearInterval(renewal);
      for (const [id] of held) await store.lanes.release(owner, id);
      held.clear();
    },
    settle,
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** One of each group in turn: a board with thousands of cards waiting does not keep another waiting. */
export function fairly(tasks: readonly Task[]): Task[] {
  const groups = new Map<string, Task[]>();
  for (const task of tasks) groups.set(task.group, [...(groups.get(task.group) ?? []), task]);
  const turns = [...groups.values()];
  const longest = Math.max(0, ...turns.map((group) => group.length));
  return Array.from({ length: longest }, (_, turn) => turns.flatMap((group) => group[turn] ?? [])).flat();
}
