import type { RandomBytes } from '../crypto.ts';
import type { Log } from '../log.ts';
import type { Delivery, NewTask, Store, Task } from '../store/store.ts';
import type { TaskKind } from './keys.ts';
import type { Verdict } from './retry.ts';
import { pause, timers as realTimers, type Timers } from '../timers.ts';
import { openBreakers } from './breaker.ts';
import { openBudgets } from './budget.ts';
import { openGate, type Gate } from './gate.ts';
import { openRuns, type Handler, type HeldLane } from './runs.ts';

/** Runs what is due. */
export interface Worker {
  /** `tasks.mark`, then a look at once. */
  mark(tasks: readonly NewTask[]): Promise<void>;
  /** `tasks.revive`, then a look at once. */
  revive(lanePrefix: string, group?: string): Promise<void>;
  /** `deliveries.accept`, then a look at once. */
  accept(delivery: Delivery, tasks: readonly NewTask[]): Promise<void>;
  /** Resolves when this process finished a run of the task, well or not, or put it off, or after `ms`. */
  after(key: string, ms: number): Promise<void>;
  /** Looks for work until `stop`. */
  start(): Promise<void>;
  /** Takes no new task, lets running ones end, gives the lanes back. */
  stop(): Promise<void>;
  /** Runs until nothing is due at this moment: for tests with a clock of their own. */
  settle(): Promise<void>;
}

/** What does the tasks: one handler for each kind. */
export type Handlers = Readonly<Record<TaskKind, Handler>>;

const LEASE = 30_000;
/** How soon work is found that another process marked, and crashed before it said so. */
const HEAL = 60_000;
/** A task begins only while its lane is leased for at least this long. */
const ROOM = 12_000;
/** Another process may have marked something: how long that may go unseen. */
const POLL = 250;
const LANES = 64;
/** Tasks of one lane at a time: enough to hide the remote's latency, few enough to stay polite. */
const WIDTH = 8;
/** What a group with more to do gets of a lane in its turn. */
const SHARE = WIDTH * 2;
/** Tasks of all lanes together, shared among those that run, two at least for each, so that a slow one holds back no other: more than there are connections, and no more than fit into little memory. */
const WHOLE_WIDTH = 128;

/** A lane that this process holds. */
interface Held extends HeldLane {
  /** the loop of `runLane` */
  running: Promise<void>;
  /** its budget is used up until then, but for the first writes of quiet boards, or its remote is down: it is kept, and looked after */
  resting?: number;
  /** while it rests: no quiet board had anything due at that moment, and nothing was marked for one since */
  quietAt?: number;
  /** groups with more than their share that had it: the others come before them, until all had theirs */
  readonly turned: Set<string>;
  /** whoever had it before gave it back, or its tasks were told that nobody did */
  clean: boolean;
}

/** A worker over the store's lanes and tasks. */
export function openWorker(deps: {
  store: Store;
  log: Log;
  owner: string;
  now: () => number;
  random: RandomBytes;
  handlers: Handlers;
  /** what lets tasks begin; without it they have no limits but what a 429 says */
  gate?: Gate;
  /** told of every task that failed: where people look for it */
  failed?: (task: Task, verdict: Verdict) => Promise<void>;
  timers?: Timers;
}): Worker {
  const { store, log, owner, now, timers = realTimers } = deps;
  const held = new Map<string, Held>();
  const runs = openRuns({ ...deps, down: (lane) => gate.down(lane) });
  const gate = deps.gate ?? openGate(openBudgets(now), openBreakers(now));
  let stopping = false;
  let loop: Promise<void> | undefined;
  let stopRenewing = (): void => undefined;
  let stopHealing = (): void => undefined;
  let wake = (): void => {};

  const widthOfEach = (): number => {
    let busy = 0;
    for (const { resting } of held.values()) if (resting === undefined) busy += 1;
    return Math.min(WIDTH, Math.max(2, Math.floor(WHOLE_WIDTH / busy)));
  };

  /**
   * What is due in a lane and may begin: boards that have not had their first writes in this window before all others, and nothing else once only what is kept for them is left.
   * Those others come in turns, however many are crowded.
   */
  const dueIn = async (id: string, { turned }: Held, ready: (task: Task) => boolean): Promise<Task[]> => {
    const ask = (without: readonly string[]): Promise<Task[]> => store.tasks.due(id, now(), SHARE, SHARE * 2, without);
    const served = gate.served(id);
    if (served.length > 0) {
      const quiet = (await ask(served)).filter(ready);
      if (quiet.length > 0 || gate.until(id) !== undefined) return quiet;
      if (served.every((group) => turned.has(group))) turned.clear();
    }
    for (;;) {
      const anew = turned.size === 0;
      const due = await ask([...turned]);
      const waiting = due.filter(ready);
      if (waiting.length > 0) for (const [group, tasks] of byGroup(due)) if (tasks.length >= SHARE) turned.add(group);
      if (waiting.length > 0 || anew) return waiting;
      turned.clear();
    }
  };

  /** Nothing in the lane may begin: it is over, or it waits for its next window, or for its remote. */
  const restOrEnd = async (id: string, lane: Held): Promise<void> => {
    const until = gate.until(id);
    if (until !== undefined && (await store.tasks.due(id, now(), 1, 1)).length > 0) await rest(id, lane, until);
  };
  const rest = async (id: string, lane: Held, until: number): Promise<void> => {
    lane.resting = until;
    await store.lanes.block(id, until);
  };

  /** Runs what is due in a lane until nothing is, `WIDTH` tasks at a time; a slow one holds back no other. */
  const drain = async (id: string, lane: Held): Promise<void> => {
    const running = new Map<string, Promise<void>>();
    let trouble: { readonly error: unknown } | undefined;
    const open = (): boolean => !stopping && !trouble && held.get(id) === lane && lane.blockedUntil <= now();
    const begin = (task: Task): void => {
      const spent = gate.begin(id, task.group);
      const ended = runs
        .run(task, lane)
        .catch((error: unknown) => {
          trouble ??= { error };
        })
        .finally(() => {
          spent();
          running.delete(task.key);
        });
      running.set(task.key, ended);
    };
    if (!lane.clean) {
      await store.tasks.distrust(id);
      lane.clean = true;
    }
    while (open()) {
      if (lane.until - now() < ROOM && !(await renew(id, lane))) break;
      const waiting = fairly(await dueIn(id, lane, (task) => !running.has(task.key) && gate.open(id, task.group)));
      if (waiting.length === 0 && running.size === 0) {
        await restOrEnd(id, lane);
        break;
      }
      for (const task of waiting) {
        const free = runs.free(task.key);
        if (free > now()) {
          await store.tasks.defer(task.key, task.mark, free);
          runs.putOff(task.key);
        } else if (!running.has(task.key) && gate.open(id, task.group)) begin(task);
        while (running.size >= widthOfEach()) await Promise.race(running.values());
        if (!open() || lane.until - now() < ROOM) break;
      }
      // A slow task holds back nothing that was marked since it began.
      if (running.size > 0) await endOf(running.values(), POLL, timers);
    }
    await Promise.all(running.values());
    // The store failed: the lease runs out by itself, and whatever was not completed is still due.
    if (trouble) throw trouble.error;
  };

  const runLane = async (id: string, lane: Held): Promise<void> => {
    try {
      await drain(id, lane);
      if (lane.resting === undefined || stopping) await giveBack(id, lane);
    } catch (error) {
      log.error({ err: error, lane: id }, 'lane failed');
      await pause(POLL, timers);
      if (held.get(id) === lane) held.delete(id);
    }
  };

  const giveBack = (id: string, lane: Held): Promise<void> =>
    exclusive(async () => {
      if (held.get(id) !== lane) return;
      await store.lanes.release(owner, id);
      held.delete(id);
    });

  /** Leasing and giving back never overlap in one process, or a late release would free what was just leased. */
  let last: Promise<unknown> = Promise.resolve();
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work, work);
    last = result.catch(() => undefined);
    return result;
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
  const look = (): Promise<number> =>
    exclusive(async () => {
      const at = now();
      let begun = 0;
      for (const { lane, clean } of await store.lanes.lease(owner, at, at + LEASE, LANES, [...held.keys()])) {
        const fresh: Held = { until: at + LEASE, clean, turned: new Set(), blockedUntil: 0, running: Promise.resolve() };
        held.set(lane.id, fresh);
        fresh.running = runLane(lane.id, fresh).finally(() => wake());
        begun += 1;
      }
      for (const [id, lane] of held) if (await rested(id, lane, at)) begun += 1;
      return begun;
    });

  /** Sets a resting lane going again, when its window begins anew or a quiet board has something for it, unless its remote is down. */
  const rested = async (id: string, lane: Held, at: number): Promise<boolean> => {
    if (lane.resting === undefined || stopping) return false;
    const held = gate.held(id);
    if (held !== undefined) {
      if (held > lane.resting) await rest(id, lane, held);
      return false;
    }
    if (lane.resting > at) {
      // Other processes mark too, so it is looked at now and then, but not at every look: thousands may be waiting in it.
      if (lane.quietAt !== undefined && at < lane.quietAt + POLL) return false;
      lane.quietAt = at;
      const quiet = await store.tasks.due(id, at, 1, 1, gate.served(id));
      if (!quiet.some((task) => gate.open(id, task.group) && runs.free(task.key) <= at)) return false;
    }
    delete lane.resting;
    delete lane.quietAt;
    lane.running = runLane(id, lane).finally(() => wake());
    return true;
  };

  const settle = async (): Promise<void> => {
    while (!stopping) {
      const begun = await look();
      const running = [...held.values()].filter((lane) => lane.resting === undefined).map((lane) => lane.running);
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
        await Promise.race([signal, pause(Math.min(POLL, Math.max(0, (next ?? Infinity) - now())) || POLL, timers)]);
      } catch (error) {
        trouble += 1;
        log.error({ err: error }, 'worker cannot reach the store');
        await Promise.race([signal, pause(Math.min(5000, POLL * 2 ** trouble), timers)]);
      }
    }
  };

  /** A lane that is running finds what was marked in it by itself, and looks once more when it ends. */
  const wakeFor = (tasks: readonly NewTask[]): void => {
    let something = false;
    for (const { lane: id, group } of tasks) {
      const lane = held.get(id);
      if (lane?.resting !== undefined && gate.open(id, group)) delete lane.quietAt;
      something ||= lane === undefined || (lane.resting !== undefined && lane.quietAt === undefined);
    }
    if (something) wake();
  };

  return {
    async mark(tasks) {
      if (tasks.length === 0) return;
      await store.tasks.mark(tasks, now());
      wakeFor(tasks);
    },
    async revive(lanePrefix, group) {
      await store.tasks.revive(lanePrefix, now(), group);
      wake();
    },
    async accept(delivery, tasks) {
      await store.deliveries.accept(delivery, tasks);
      wakeFor(tasks);
    },
    after: (key, ms) => runs.after(key, ms),
    async start() {
      await store.lanes.heal(true);
      stopRenewing = timers.every(LEASE / 3, () => {
        for (const [id, lane] of held) renew(id, lane).catch((error: unknown) => log.error({ err: error, lane: id }, 'lease not renewed'));
      });
      stopHealing = timers.every(HEAL, () => {
        store.lanes.heal(false).catch((error: unknown) => log.error({ err: error }, 'lanes not looked after'));
      });
      loop = forever();
    },
    async stop() {
      if (stopping) return;
      stopping = true;
      wake();
      await loop;
      // Each lane ends what it runs and gives itself back; those that rest have nothing to end.
      while (held.size > 0) {
        await Promise.all([...held].map(([id, lane]) => lane.running.then(() => (lane.resting === undefined ? undefined : giveBack(id, lane)))));
      }
      stopRenewing();
      stopHealing();
    },
    settle,
  };
}

/** Resolves when one of them ends, or after `ms`. */
async function endOf(running: Iterable<Promise<void>>, ms: number, { after }: Timers): Promise<void> {
  let enough = (): void => undefined;
  const late = new Promise<void>((resolve) => {
    enough = after(ms, resolve);
  });
  await Promise.race([...running, late]);
  enough();
}

/** One of each group in turn: a board with thousands of cards waiting does not keep another waiting. */
export function fairly(tasks: readonly Task[]): Task[] {
  const turns = [...byGroup(tasks).values()];
  const longest = Math.max(0, ...turns.map((group) => group.length));
  return Array.from({ length: longest }, (_, turn) => turns.flatMap((group) => group[turn] ?? [])).flat();
}

function byGroup(tasks: readonly Task[]): Map<string, Task[]> {
  const groups = new Map<string, Task[]>();
  for (const task of tasks) groups.set(task.group, [...(groups.get(task.group) ?? []), task]);
  return groups;
}
