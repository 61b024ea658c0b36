import type { Deps } from '../deps.ts';
import type { NewTask } from '../store/store.ts';
import { ensureTask, pollTask } from './keys.ts';
import type { Listing } from './listing.ts';
import type { Run } from './runs.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** How often changes are asked for, and how often the whole place is listed: a deletion appears in no list of changes, so what is missing is looked at. With a webhook both only find what it did not tell. */
const EVERY = { poll: MINUTE, hook: DAY } as const;
const WHOLE_EVERY = { poll: 60 * MINUTE, hook: DAY } as const;
/** After a start places with webhooks are asked for changes at once, and listed as a whole a little later. */
const WHOLE_AFTER_START = 10 * MINUTE;
const PAGE = 500;

/** Marks every place to be asked for what changed while nobody listened. */
export async function sweepPlaces({ store, now }: Pick<Deps, 'store' | 'now'>, mark: (tasks: readonly NewTask[]) => Promise<void>): Promise<void> {
  for (let after = ''; ; ) {
    const page = await store.watches.page(after, PAGE);
    await mark(page.filter(({ mode }) => mode === 'poll' || mode === 'hook').map((watch) => pollTask(watch, now(), 'start')));
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = last.id;
  }
}

/** The handler of `poll:<watch>`: puts right what changed at the place since the last time, and from time to time the whole of it. Rests for good where nothing is linked, or where nobody may ask and no webhook tells. */
export function poller({ store, now }: Pick<Deps, 'store' | 'now'>, listing: Listing, mark: (tasks: readonly NewTask[]) => Promise<void>): (id: string, run: Run) => Promise<void | { until: number }> {
  const wholeAt = new Map<string, number>();

  return async (id, run) => {
    const watch = await store.watches.get(id);
    if (watch?.mode !== 'poll' && watch?.mode !== 'hook') return undefined;
    const { mode } = watch;
    const linked = await listing.linked(watch);
    if (linked.size === 0) return undefined;
    // A tool may have switched the webhook off meanwhile.
    if (mode === 'hook') await mark([ensureTask(watch, now(), run.cause)]);
    if (mode === 'hook' && !wholeAt.has(id)) wholeAt.set(id, now() + WHOLE_AFTER_START - WHOLE_EVERY.hook);
    const whole = (wholeAt.get(id) ?? -Infinity) + WHOLE_EVERY[mode] <= now();
    if (await listing.run(watch, linked, { all: whole, told: false }, run)) {
      if (whole) wholeAt.set(id, now());
      return { until: Math.min(now() + EVERY[mode], (wholeAt.get(id) ?? now()) + WHOLE_EVERY[mode]) };
    }
    // A place with a webhook is asked again tomorrow; the others when somebody connects who may ask.
    return mode === 'hook' ? { until: now() + EVERY.hook } : undefined;
  };
}
