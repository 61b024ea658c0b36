import type { Deps } from '../deps.ts';
import type { NewTask, Task } from '../store/store.ts';
import { SWEEP_EVERY } from './follow.ts';
import { sweepTask } from './keys.ts';

/** After a start this far apart, whosever credits they cost: thousands of boards are not to come before what people wait for. */
const APART = 50;
/** The same on one member's credits: 6 of the 100 that a minute has for each page of a board. */
const APART_IN_LANE = 1000;
/** After a start no board is looked at that was a moment ago: processes that start together, or one that starts again and again, look once. */
const START_PAUSE = 5 * 60_000;
/** The same where people open it. */
const OPEN_PAUSE = 60_000;
/** Few at a time: deliveries wait for the commit that goes before theirs. */
const PAGE = 100;
const START = 'start';

/** When a board was last looked at, or its first card was linked: its task rests for a fixed time from then on. */
function lookedAt({ due }: Task): number {
  return due - SWEEP_EVERY;
}

/** Pulled forward by an earlier start, and not run since. */
function waits({ cause, due, markedAt, dead }: Task): boolean {
  return cause === START && !dead && due < markedAt + SWEEP_EVERY;
}

/** Pulls the look at every board forward, those that were given up too, one after the other: nobody tells what happened there meanwhile. */
export async function sweepBoards({ store, now }: Pick<Deps, 'store' | 'now'>, mark: (tasks: readonly NewTask[]) => Promise<void>): Promise<void> {
  const began = now();
  const inLane = new Map<string, number>();
  let before = 0;
  for (let after = ''; ; ) {
    const page = await store.tasks.page('sweep:', after, PAGE);
    const pulled: NewTask[] = [];
    for (const task of page) {
      const { key, lane, group } = task;
      const beside = inLane.get(lane) ?? 0;
      const due = Math.max(began + before * APART, began + beside * APART_IN_LANE, lookedAt(task) + START_PAUSE);
      if (waits(task) || (!task.dead && (task.due <= due || lookedAt(task) >= began))) continue;
      inLane.set(lane, beside + 1);
      before += 1;
      pulled.push({ key, lane, group, due, cause: START });
    }
    await mark(pulled);
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = last.key;
  }
}

/** A look at a board that somebody has just opened and that shows what may be put right; not at once where it was looked at a moment ago. */
export async function sweepOpened({ store, now }: Pick<Deps, 'store' | 'now'>, team: string, board: string, user: string, cause: string): Promise<NewTask> {
  const task = sweepTask(team, board, user, now(), cause);
  const known = await store.tasks.get(task.key);
  return known && !known.dead ? { ...task, due: Math.max(task.due, lookedAt(known) + OPEN_PAUSE) } : task;
}
