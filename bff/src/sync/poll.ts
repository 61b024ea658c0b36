import { parseRef, printRef } from '@tandem/shared/ref';
import { digest } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Tool } from '../ports.ts';
import type { Account, NewTask, Watch } from '../store/store.ts';
import { observeTask } from './keys.ts';
import type { Run } from './runs.ts';

const EVERY = 60_000;
/** A deletion appears in no list of changes: so often the whole place is listed, and what is missing is looked at. */
const WHOLE_EVERY = 3_600_000;

/** The handler of `poll:<watch>`: asks for what changed at the place since the last time, through the first account of the team that may, and looks at linked items among it. Rests for good where nothing is linked, nobody may ask, or a webhook came to be. */
export function poller(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>): (id: string, run: Run) => Promise<void | { until: number }> {
  const { store, tools, now } = deps;
  const wholeAt = new Map<string, number>();

  const list = async (watch: Watch, tool: Tool, account: Account, linked: ReadonlySet<string>, run: Run): Promise<void> => {
    const whole = (wholeAt.get(watch.id) ?? -Infinity) + WHOLE_EVERY <= now();
    const missing = new Set(linked);
    let cursor = watch.cursor;
    for await (const page of tool.changes(deps.accounts.accessOf(account, run.deadline), watch.place, whole ? undefined : watch.cursor)) {
      const found = page.filter((item) => missing.delete(printRef(item.ref)));
      for (const item of found) {
        // The cursor is inclusive, so whatever changed last is listed again and again.
        const known = await store.items.get(watch.team, printRef(item.ref));
        if (!known || digest(known.item) !== digest(item)) await mark([observeTask(watch.team, item.ref, now(), run.cause)]);
      }
      for (const { updatedAt } of page) if (cursor === undefined || updatedAt > cursor) cursor = updatedAt;
    }
    if (whole) {
      const lost = [...missing].map(parseRef);
      await mark(lost.flatMap((ref) => (ref ? [observeTask(watch.team, ref, now(), run.cause)] : [])));
      wholeAt.set(watch.id, now());
    }
    if (cursor !== undefined && cursor !== watch.cursor) await store.watches.change(watch.id, { cursor });
  };

  return async (id, run) => {
    const watch = await store.watches.get(id);
    const tool = watch && tools.at(watch.tool, watch.site);
    if (watch?.mode !== 'poll' || !tool) return undefined;
    const linked = new Set(await store.links.refsAt(watch.team, printRef({ tool: watch.tool, site: watch.site, place: watch.place, id: '' })));
    if (linked.size === 0) return undefined;
    for (const account of await store.accounts.bySite(watch.team, watch.tool, watch.site)) {
      if (account.state !== 'active') continue;
      try {
        await list(watch, tool, account, linked, run);
        return { until: now() + EVERY };
      } catch (error) {
        if (!(error instanceof TandemError) || !['account_expired', 'forbidden', 'not_found'].includes(error.code)) throw error;
      }
    }
    return undefined;
  };
}
