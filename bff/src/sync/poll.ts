import { parseRef, printRef, type Ref } from '@tandem/shared/ref';
import { digest } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Tool } from '../ports.ts';
import type { Account, NewTask, Watch } from '../store/store.ts';
import { ensureTask, observeTask, pollTask } from './keys.ts';
import { refsAt } from './linked.ts';
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

/** The handler of `poll:<watch>`: asks for what changed at the place since the last time, through the first account of the team that may, and looks at linked items among it. Rests for good where nothing is linked, or where nobody may ask and no webhook tells. */
export function poller(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>): (id: string, run: Run) => Promise<void | { until: number }> {
  const { store, tools, now } = deps;
  const wholeAt = new Map<string, number>();

  /** A change that a webhook should have told of, unless it did just now. */
  const missed = async (watch: Watch, ref: Ref, cause: string): Promise<boolean> => {
    const task = observeTask(watch.team, ref, now(), cause);
    if (watch.mode !== 'hook' || (await store.tasks.get(task.key))) return false;
    const links = await store.links.byRef(watch.team, printRef(ref));
    await store.journal.add(links.map((link) => ({ link: link.id, at: now(), cause, event: 'repaired', text: 'A change was found that no webhook had told of' })));
    return true;
  };

  const list = async (watch: Watch, mode: 'poll' | 'hook', tool: Tool, account: Account, linked: ReadonlySet<string>, run: Run): Promise<void> => {
    const whole = (wholeAt.get(watch.id) ?? -Infinity) + WHOLE_EVERY[mode] <= now();
    const missing = new Set(linked);
    let [cursor, found] = [watch.cursor, 0];
    for await (const page of tool.changes(deps.accounts.accessOf(account, run.deadline), watch.place, whole ? undefined : watch.cursor)) {
      for (const item of page.filter((one) => missing.delete(printRef(one.ref)))) {
        // The cursor is inclusive, so whatever changed last is listed again and again.
        const known = await store.items.get(watch.team, printRef(item.ref));
        if (known && digest(known.item) === digest(item)) continue;
        if (known && (await missed(watch, item.ref, run.cause))) found += 1;
        await mark([observeTask(watch.team, item.ref, now(), run.cause)]);
      }
      for (const { updatedAt } of page) if (cursor === undefined || updatedAt > cursor) cursor = updatedAt;
    }
    if (whole) {
      const lost = [...missing].map(parseRef);
      await mark(lost.flatMap((ref) => (ref ? [observeTask(watch.team, ref, now(), run.cause)] : [])));
      wholeAt.set(watch.id, now());
    }
    const moved = cursor !== undefined && cursor !== watch.cursor ? { cursor } : {};
    if (found > 0 || moved.cursor) await store.watches.change(watch.id, { ...moved, ...(found > 0 ? { missed: (watch.missed ?? 0) + found } : {}) });
  };

  return async (id, run) => {
    const watch = await store.watches.get(id);
    const tool = watch && tools.at(watch.tool, watch.site);
    if (!tool || (watch.mode !== 'poll' && watch.mode !== 'hook')) return undefined;
    const { mode } = watch;
    const linked = new Set(await refsAt(store, watch.team, printRef({ tool: watch.tool, site: watch.site, place: watch.place, id: '' })));
    if (linked.size === 0) return undefined;
    // A tool may have switched the webhook off meanwhile.
    if (mode === 'hook') await mark([ensureTask(watch, now(), run.cause)]);
    if (mode === 'hook' && !wholeAt.has(id)) wholeAt.set(id, now() + WHOLE_AFTER_START - WHOLE_EVERY.hook);
    for (const account of await store.accounts.bySite(watch.team, watch.tool, watch.site)) {
      if (account.state !== 'active') continue;
      try {
        await list(watch, mode, tool, account, linked, run);
        return { until: Math.min(now() + EVERY[mode], (wholeAt.get(id) ?? now()) + WHOLE_EVERY[mode]) };
      } catch (error) {
        if (!(error instanceof TandemError) || !['account_expired', 'forbidden', 'not_found'].includes(error.code)) throw error;
      }
    }
    // A place with a webhook is asked again tomorrow; the others when somebody connects who may ask.
    return mode === 'hook' ? { until: now() + EVERY.hook } : undefined;
  };
}
