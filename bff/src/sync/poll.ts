import type { Deps } from '../deps.ts';
import type { Tool } from '../ports.ts';
import type { NewTask, Watch } from '../store/store.ts';
import { RECHECK, recheck } from './account-state.ts';
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

/** The handler of `poll:<watch>`: puts right what changed at the place since the last time, and from time to time the whole of it. Rests for a day where nobody may ask, for good where nothing is linked. */
export function poller(deps: Pick<Deps, 'store' | 'tools' | 'accounts' | 'now'>, listing: Listing, mark: (tasks: readonly NewTask[]) => Promise<void>): (id: string, run: Run) => Promise<void | { until: number }> {
  const { store, tools, now } = deps;
  const wholeAt = new Map<string, number>();
  const recheckedAt = new Map<string, number>();

  /** Nobody may list: cards say so, and now and then it is found out whether that still holds. */
  const lost = async (watch: Watch, tool: Tool, linked: ReadonlySet<string>, run: Run): Promise<void> => {
    await listing.each(watch, linked, run);
    if ((recheckedAt.get(watch.id) ?? -Infinity) + RECHECK > now()) return;
    recheckedAt.set(watch.id, now());
    for (const account of await store.accounts.bySite(watch.team, watch.tool, watch.site)) await mark(await recheck(deps, tool, account, run));
  };

  return async (id, run) => {
    const watch = await store.watches.get(id);
    if (watch?.mode !== 'poll' && watch?.mode !== 'hook') return undefined;
    const { mode } = watch;
    const linked = await listing.linked(watch);
    if (linked.size === 0) return undefined;
    // A tool may have switched the webhook off meanwhile.
    const tool = tools.at(watch.tool, watch.site);
    if (tool?.told) {
      // It can only be asked for everything.
      if (!(await listing.run(watch, linked, { all: true, told: false }, run))) await lost(watch, tool, linked, run);
      return { until: now() + tool.told.every };
    }
    if (mode === 'hook') await mark([ensureTask(watch, now(), run.cause)]);
    if (mode === 'hook' && !wholeAt.has(id)) wholeAt.set(id, now() + WHOLE_AFTER_START - WHOLE_EVERY.hook);
    const whole = (wholeAt.get(id) ?? -Infinity) + WHOLE_EVERY[mode] <= now();
    if (await listing.run(watch, linked, { all: whole, told: false }, run)) {
      if (whole) wholeAt.set(id, now());
      // Somebody may have got the right to a webhook meanwhile.
      if (whole && mode === 'poll') await mark([ensureTask(watch, now(), run.cause)]);
      return { until: Math.min(now() + EVERY[mode], (wholeAt.get(id) ?? now()) + WHOLE_EVERY[mode]) };
    }
    // What is linked says why nothing travels any more; nobody tells when somebody is let in again.
    await listing.each(watch, linked, run);
    return { until: now() + DAY };
  };
}
