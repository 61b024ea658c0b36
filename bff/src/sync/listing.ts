import { faceOf } from '@tandem/shared/face';
import type { Item } from '@tandem/shared/item';
import { parseRef, printRef } from '@tandem/shared/ref';
import { digest } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Tool } from '../ports.ts';
import type { Account, NewTask, Watch } from '../store/store.ts';
import { compare } from './compare.ts';
import { applyTask, mergeTask, observeTask } from './keys.ts';
import { refsAt } from './linked.ts';
import { wantsMerge } from './merge.ts';
import { showOn } from './observe.ts';
import type { Run } from './runs.ts';

/** Lists a watched place and puts right what is linked there. */
export interface Listing {
  /** The refs of the items there that a card or a pair follows. */
  linked(watch: Watch): Promise<ReadonlySet<string>>;
  /** Asks for what changed since the cursor, or for `all`, through the first account of the team that may; answers whether one may. `told`: somebody said that there is something to find. */
  run(watch: Watch, linked: ReadonlySet<string>, how: { readonly all: boolean; readonly told: boolean }, run: Run): Promise<boolean>;
}

/** What a tool stamped a moment ago may not be in its list yet: its transactions end in another order than they began. */
const OVERLAP = 5_000;

/**
 * Places as a whole. What a listing brings is the item itself, so that hundreds of changes cost some pages and not a read each.
 * A page may have been under way for long, so it only ever replaces what is older by the tool's own time stamp, and never brings back what was lost; whatever it cannot settle is read by itself, and so is all the rest once a listing has cost as many pages as there are linked items.
 */
export function openListing(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>): Listing {
  const { store, tools, now } = deps;

  /** A change that a webhook should have told of, unless it did just now. */
  const unheard = async (watch: Watch, item: Item): Promise<boolean> => {
    const task = watch.mode === 'hook' ? await store.tasks.get(observeTask(watch.team, item.ref, now(), '').key) : undefined;
    return watch.mode === 'hook' && (task === undefined || task.due > now());
  };

  /** Answers whether this was a change that should have been known. */
  const take = async (watch: Watch, item: Item, told: boolean, cause: string): Promise<boolean> => {
    const { team } = watch;
    const printed = printRef(item.ref);
    const known = await store.items.get(team, printed);
    const [links, pairs] = await Promise.all([store.links.byRef(team, printed), store.pairs.byRef(team, printed)]);
    const lost = [...links, ...pairs].some(({ state }) => state === 'gone' || state === 'hidden');
    const read = (): Promise<void> => mark([observeTask(team, item.ref, now(), cause)]);
    const how = compare(known?.item, item);
    if (how === 'same') {
      // A run that died may have stored it and told nobody.
      const face = digest(faceOf(item));
      const behind = links.filter((link) => link.state === 'live' && link.sent !== face).map((link) => applyTask(link, now(), cause));
      const apart = pairs.filter((pair) => pair.state === 'live' && wantsMerge(pair, item, printed)).map((pair) => mergeTask(pair, now(), cause));
      await mark([...behind, ...apart]);
      if (lost) await read();
      return false;
    }
    const missed = !told && known !== undefined && (await unheard(watch, item));
    if (how === 'newer' && known && !lost && (await store.items.swap(team, printed, known.rev, item))) await showOn(deps, mark, team, item, cause);
    else await read();
    if (missed) await store.journal.add([...links, ...pairs].map(({ id }) => ({ link: id, at: now(), cause, event: 'repaired', text: 'A change was found that no webhook had told of' })));
    return missed;
  };

  const through = async (watch: Watch, tool: Tool, account: Account, linked: ReadonlySet<string>, { all, told }: { readonly all: boolean; readonly told: boolean }, run: Run): Promise<void> => {
    const begun = now();
    const missing = new Set(linked);
    let [cursor, found, pages, cut] = [watch.cursor, 0, 0, false];
    for await (const page of tool.changes(deps.accounts.accessOf(account, () => run.deadline), watch.place, all ? undefined : watch.cursor)) {
      pages += 1;
      const ours = page.filter((item) => linked.has(printRef(item.ref)));
      for (const item of ours) missing.delete(printRef(item.ref));
      found += (await Promise.all(ours.map((item) => take(watch, item, told, run.cause)))).filter(Boolean).length;
      for (const { updatedAt } of page) if (cursor === undefined || updatedAt > cursor) cursor = updatedAt;
      cut = pages > linked.size;
      if (cut) break;
    }
    const unseen = all || cut ? [...missing].map(parseRef) : [];
    await mark(unseen.flatMap((ref) => (ref ? [observeTask(watch.team, ref, now(), run.cause)] : [])));
    // What changed while its page was already here is listed again the next time.
    const safe = cursor && new Date(Date.parse(cursor) - (now() - begun) - OVERLAP).toISOString();
    const moved = safe && (watch.cursor === undefined || safe > watch.cursor) ? { cursor: safe } : {};
    if (found > 0 || moved.cursor) await store.watches.change(watch.id, { ...moved, ...(found > 0 ? { missed: (watch.missed ?? 0) + found } : {}) });
  };

  return {
    linked: async ({ team, tool, site, place }) => new Set(await refsAt(store, team, printRef({ tool, site, place, id: '' }))),
    async run(watch, linked, how, run) {
      const tool = tools.at(watch.tool, watch.site);
      for (const account of tool ? await store.accounts.bySite(watch.team, watch.tool, watch.site) : []) {
        if (account.state !== 'active') continue;
        try {
          if (tool) await through(watch, tool, account, linked, how, run);
          return true;
        } catch (error) {
          if (!(error instanceof TandemError) || !['account_expired', 'forbidden', 'not_found'].includes(error.code)) throw error;
        }
      }
      return false;
    },
  };
}
