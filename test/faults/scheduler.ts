import type { Timers } from '@tandem/bff/timers';
import type { Dice } from './dice.ts';

/** A process of the world, as far as time and order know it. */
export interface Actor {
  readonly name: string;
  dead: boolean;
  /** it stands still until then: swapped out, collecting garbage, its machine asleep */
  frozenUntil: number;
}

/** A call that waits for its turn. */
interface Waiting {
  readonly actor: Actor;
  readonly what: string;
  /** not before, in the world's time */
  readonly at: number;
  /** on its way outside: neither a freeze nor the end of its process holds it back */
  readonly outside: boolean;
  /** those of one process may share a turn, and so a commit */
  readonly shared: boolean;
  /** has its effect; what this answers, once that is there, tells the caller, now or in a turn of its own */
  go(): Promise<() => void> | (() => void);
}

interface Timer {
  readonly actor: Actor;
  at: number;
  readonly every: number | undefined;
  readonly work: () => void;
}

export interface CallOptions {
  readonly what: string;
  readonly shared?: boolean;
  readonly outside?: boolean;
  /** milliseconds until it may have its effect */
  readonly latency?: number;
}

/**
 * Who goes next. Every call that a process makes of its store or of a remote waits here until the dice choose it, takes effect, and is answered, at once or later; between two choices all code runs as far as it can.
 * Time moves only here: a little with each call, and to whatever comes next when nothing is left to do.
 */
export interface Scheduler {
  /** the world's time, epoch milliseconds: that of the remotes */
  now(): number;
  /** so far our machines' clock is ahead of it */
  skew: number;
  /** Makes a call of a process: `work` is its effect. Never settles once the process is dead. */
  call<T>(actor: Actor, options: CallOptions, work: () => Promise<T>): Promise<T>;
  /** Resolves for the process at a moment of the world's time. */
  at(actor: Actor, moment: number, what: string): Promise<void>;
  timers(actor: Actor): Timers;
  /** Lets so many calls take their turns; answers whether there was enough to do. */
  turns(count: number): Promise<boolean>;
  /** Lets everything happen that is under way, until all processes wait for time to pass. */
  rest(): Promise<void>;
  /** Time passes at once: whatever was under way finds itself later. */
  leap(ms: number): void;
  /** The process is gone. What it has sent is on its way all the same, or not. */
  kill(actor: Actor): Promise<void>;
  /** calls that took their turn so far */
  readonly taken: number;
}

/** So many turns without rest are no rest at all. */
const RESTLESS = 20_000;

const tick = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const never = new Promise<never>(() => undefined);

/** A scheduler that begins at `start` (epoch ms); `trace` is told of every turn. */
export function openScheduler(start: number, dice: Dice, trace?: (line: string) => void): Scheduler {
  let now = start;
  let taken = 0;
  let waiting: Waiting[] = [];
  let timers: Timer[] = [];

  const awake = (actor: Actor): boolean => !actor.dead && actor.frozenUntil <= now;
  const runnable = (one: Waiting): boolean => one.at <= now && (one.outside || awake(one.actor));
  const move = (to: number): void => {
    now = Math.max(now, to);
    for (const timer of timers.filter((one) => one.at <= now && awake(one.actor))) {
      if (timer.every === undefined) timers = timers.filter((one) => one !== timer);
      else timer.at = now + timer.every;
      timer.work();
    }
  };

  /** One choice and what follows from it; false when all that is left waits for time to pass. */
  const turn = async (): Promise<boolean> => {
    await tick();
    let ready = waiting.filter(runnable);
    // Streams and simulators take a few turns of the event loop until they call.
    for (let quiet = 0; ready.length === 0 && quiet < 3; quiet += 1) {
      await tick();
      ready = waiting.filter(runnable);
    }
    if (ready.length === 0) {
      const next = Math.min(...waiting.filter((one) => one.outside || awake(one.actor)).map((one) => one.at));
      if (next === Infinity) return false;
      move(next);
      return true;
    }
    const chosen = dice.of(ready);
    const batch = chosen.shared && dice.chance(0.4) ? ready.filter((one) => one.shared && one.actor === chosen.actor) : [chosen];
    waiting = waiting.filter((one) => !batch.includes(one));
    taken += batch.length;
    for (const one of batch) trace?.(`${one.actor.name} ${one.what}`);
    // Told in the order in which they were chosen, whichever is ready first.
    for (const tell of await Promise.all(batch.map(async (one) => one.go()))) tell();
    if (dice.chance(0.3)) move(now + 1 + dice.below(5));
    return true;
  };

  return {
    now: () => now,
    skew: 0,
    get taken() {
      return taken;
    },
    call<T>(actor: Actor, { what, shared = false, outside = false, latency = 0 }: CallOptions, work: () => Promise<T>): Promise<T> {
      if (actor.dead) return never;
      return new Promise<T>((resolve, reject) => {
        const answer = (tell: () => void): void => {
          if (actor.dead) return;
          if (!outside && dice.chance(0.8)) tell();
          else waiting.push({ actor, what: `${what} is answered`, at: now + (outside ? dice.below(20) : 0), outside: false, shared: false, go: () => tell });
        };
        const go = (): Promise<() => void> =>
          work().then(
            (value) => () => answer(() => resolve(value)),
            (error: unknown) => () => answer(() => reject(error instanceof Error ? error : new Error(String(error)))),
          );
        waiting.push({ actor, what, at: now + latency, outside, shared, go });
      });
    },
    at: (actor, moment, what) => (actor.dead ? never : new Promise((resolve) => void waiting.push({ actor, what, at: moment, outside: false, shared: false, go: () => resolve }))),
    timers: (actor) => {
      const add = (ms: number, work: () => void, every: number | undefined): (() => void) => {
        const timer: Timer = { actor, at: now + ms, every, work };
        if (!actor.dead) timers.push(timer);
        return () => {
          timers = timers.filter((one) => one !== timer);
        };
      };
      return { after: (ms, work) => add(ms, work, undefined), every: (ms, work) => add(ms, work, ms) };
    },
    async turns(count) {
      for (let n = 0; n < count; n += 1) if (!(await turn())) return false;
      return true;
    },
    async rest() {
      for (let n = 0; await turn(); n += 1) if (n > RESTLESS) throw new Error(`There is no rest after ${RESTLESS} turns: ${waiting.map(({ actor, what }) => `${actor.name} ${what}`).join(', ')}`);
    },
    leap: (ms) => move(now + ms),
    async kill(actor) {
      actor.dead = true;
      const sent = waiting.filter((one) => one.actor === actor && one.outside && dice.chance(0.5));
      waiting = waiting.filter((one) => one.actor !== actor);
      timers = timers.filter((one) => one.actor !== actor);
      for (const one of sent) await one.go();
    },
  };
}
