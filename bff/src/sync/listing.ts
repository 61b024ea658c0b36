import { faceOf } from '@tandem/shared/face';
import type { Item } from '@tandem/shared/item';
import { parseRef, printRef } from '@tandem/shared/ref';
import { digest } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Tool } from '../ports.ts';
import type { Account, NewTask, Watch } from '../store/store.ts';
import { goneTask } from './account-state.ts';
import { compare } from './compare.ts';
import { applyTask, ensureTask, mergeTask, observeTask } from './keys.ts';
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
  /** Marks every linked item to be looked at by itself: where nobody may list, cards have to say so. */
  each(watch: Watch, linked: ReadonlySet<string>, run: Run): Promise<void>;
}

/** Who listed, and whether anybody said that there was something to find. */
interface Look {
  readonly tool: Tool;
  readonly account: Account;
  readonly told: boolean;
}

/** What a tool stamped a moment ago may not be in its list yet: its transactions end in another order than they began. */
const OVERLAP = 5_000;
/** Items of a page that are compared with the store at a time. */
const AT_ONCE = 10;

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
  const take = async (watch: Watch, item: Item, { tool, account, told }: Look, cause: string): Promise<boolean> => {
    const { team } = watch;
    const printed = printRef(item.ref);
    const known = await store.items.get(team, printed);
    const [links, pairs] = await Promise.all([store.links.byRef(team, printed), store.pairs.byRef(team, printed)]);
    const states = new Set([...links, ...pairs].map(({ state }) => state));
    const hidden = states.has('hidden');
    // Where listing is the cheap way to read, all that an account lost when it broke comes back by the listing alone, unless it broke again meanwhile.
    const back = tool.told !== undefined && hidden && (await store.accounts.get(account))?.state === 'active';
    const lost = states.has('gone') || (hidden && !back);
    const read = (): Promise<void> => mark([observeTask(team, item.ref, now(), cause)]);
    const how = compare(known?.item, item);
    if (how === 'same') {
      // A run that died may have stored it and told nobody.
      const face = digest(faceOf(item));
      const behind = links.filter((link) => link.state === 'live' && link.sent !== face).map((link) => applyTask(link, now(), cause));
      const apart = pairs.filter((pair) => pair.state === 'live' && wantsMerge(pair, item, printed)).map((pair) => mergeTask(pair, now(), cause));
      await mark([...behind, ...apart]);
      if (lost) await read();
      else if (back) await showOn(deps, mark, team, item, cause);
      return false;
    }
    const missed = !told && known !== undefined && (await unheard(watch, item));
    if (how === 'newer' && known && !lost && (await store.items.swap(team, printed, known.rev, item))) await showOn(deps, mark, team, item, cause);
    else await read();
    if (missed) await store.journal.add([...links, ...pairs].map(({ id }) => ({ link: id, at: now(), cause, event: 'repaired', text: 'A change was found that no webhook had told of' })));
    return missed;
  };

  const each: Listing['each'] = (watch, linked, run) => mark([...linked].flatMap((one) => {
    const ref = parseRef(one);
    return ref ? [observeTask(watch.team, ref, now(), run.cause)] : [];
  }));

  const through = async (watch: Watch, tool: Tool, account: Account, linked: ReadonlySet<string>, { all, told }: { readonly all: boolean; readonly told: boolean }, run: Run): Promise<void> => {
    const begun = now();
    const missing = new Set(linked);
    let [cursor, found, pages, cut] = [watch.cursor, 0, 0, false];
    for await (const page of tool.changes(deps.accounts.accessOf(account, () => run.deadline), watch.place, all ? undefined : watch.cursor)) {
      pages += 1;
      const ours = page.filter((item) => linked.has(printRef(item.ref)));
      for (const item of ours) missing.delete(printRef(item.ref));
      // Some at a time: at a start many places are listed at once, and a page of each would wait for the store together.
      for (let from = 0; from < ours.length; from += AT_ONCE) found += (await Promise.all(ours.slice(from, from + AT_ONCE).map((item) => take(watch, item, { tool, account, told }, run.cause)))).filter(Boolean).length;
      for (const { updatedAt } of page) if (cursor === undefined || updatedAt > cursor) cursor = updatedAt;
      cut = pages > linked.size;
      if (cut) break;
    }
    if (all || cut) await each(watch, missing, run);
    // What changed while its page was already here is listed again the next time.
    const safe = cursor && new Date(Date.parse(cursor) - (now() - begun) - OVERLAP).toISOString();
    const moved = safe && (watch.cursor === undefined || safe > watch.cursor) ? { cursor: safe } : {};
    const anew = found > 0 && tool.hooks?.unseen === true;
    if (found > 0 || moved.cursor) await store.watches.change(watch.id, { ...moved, ...(found > 0 ? { missed: (watch.missed ?? 0) + found } : {}), ...(anew ? { remoteId: null } : {}) });
    if (anew) await mark([ensureTask(watch, now(), run.cause)]);
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
          if (tool) await mark(goneTask(tool, account, error, now(), run.cause));
        }
      }
      return false;
    },
    each,
  };
}
