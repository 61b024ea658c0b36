import { faceOf } from '@tandem/shared/face';
import type { Item } from '@tandem/shared/item';
import { parseRef, printRef, type Ref } from '@tandem/shared/ref';
import type { Deps } from '../deps.ts';
import { digest } from '../crypto.ts';
import { TandemError } from '../errors.ts';
import type { Tool } from '../ports.ts';
import type { Account, Link, NewTask, Pair } from '../store/store.ts';
import { goneTask } from './account-state.ts';
import { openDoubts } from './compare.ts';
import { openImports } from './imports.ts';
import { applyTask, buttonTask, mergeTask } from './keys.ts';
import { wantsMerge } from './merge.ts';
import { changePair } from './pair-change.ts';
import type { Run } from './runs.ts';

/** What reading an item through the team's accounts came to. `gone`: no reader reads it, and at least one still reads its place. `later`: it may not have arrived yet where it is read from. */
type Sight = { readonly kind: 'item'; readonly item: Item; readonly reader: string } | { readonly kind: 'gone' } | { readonly kind: 'later' } | { readonly kind: 'hidden'; readonly reason: string };
/** Those of them that cards have to say. */
type Loss = { readonly kind: 'gone' } | Extract<Sight, { kind: 'hidden' }>;

const GONE = 'Deleted in the tool';
/** A service that copies a tool's items deletes what moves, and makes it anew: it is gone only when it still is after so long. */
const TWIN = 30_000;
/** An item is looked for through this many accounts of a team, its links' readers first. */
const MOST_READERS = 20;

/** The handler of `observe:<team>:<ref>`: reads the item once for all its links in the team and marks every card whose face differs. */
export function observer(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>): (id: string, run: Run) => Promise<void | { until: number }> {
  const { store, tools, now } = deps;
  const doubt = openDoubts();
  /** since when it seems to be gone; another process may have ended the wait, so an old one says nothing */
  const missed = new Map<string, number>();
  return async (id, run) => {
    const colon = id.indexOf(':');
    const [team, printed] = [decodeURIComponent(id.slice(0, colon)), id.slice(colon + 1)];
    const ref = parseRef(printed);
    const tool = ref && tools.at(ref.tool, ref.site);
    const [links, pairs] = await Promise.all([store.links.byRef(team, printed), store.pairs.byRef(team, printed)]);
    if (links.length + pairs.length === 0) return store.items.remove(team, printed);
    if (!ref || !tool) throw new TandemError('not_found', `The tool of ${printed} is not configured here.`);

    const before = await store.items.get(team, printed);
    const sight = await look(deps, mark, tool, team, ref, readersOf(links, pairs, printed), before?.item.key ?? `this ${tool.noun}`, run);
    // The end of an import is told, and has everything looked at.
    if (sight.kind === 'later') return undefined;
    const first = missed.get(id) ?? 0;
    const since = first + 2 * TWIN < now() ? now() : first;
    missed.delete(id);
    if (sight.kind === 'gone' && tool.told && since + TWIN > now() && [...links, ...pairs].some(({ state }) => state !== 'gone')) {
      missed.set(id, since);
      return { until: since + TWIN };
    }
    if (sight.kind !== 'item') {
      await lose(links, pairs, sight, run.cause);
      // A loss is an observation, too: what was read before it must not bring the item back.
      if (before && !(await store.items.swap(team, printed, before.rev, before.item))) throw meanwhile();
      return undefined;
    }
    const again = doubt(id, before?.item, sight.item);
    if (again > 0) return { until: now() + again };
    if (!(await store.items.swap(team, printed, before?.rev ?? 0, sight.item))) throw meanwhile();
    await showOn(deps, mark, team, sight.item, run.cause, sight.reader);
    return undefined;
  };

  /** The item is not to be had: every card says so. */
  async function lose(links: readonly Link[], pairs: readonly Pair[], sight: Loss, cause: string): Promise<void> {
    const next = sight.kind === 'gone' ? ({ state: 'gone', reason: GONE } as const) : ({ state: 'hidden', reason: sight.reason } as const);
    const changed = links.filter((link) => link.state !== next.state || link.reason !== next.reason);
    for (const link of changed) await store.links.change(link.id, { ...next, lostAt: sight.kind === 'gone' ? now() : null });
    const lost = pairs.filter((pair) => pair.state !== next.state);
    // One that is being merged at this moment finds out by itself.
    for (const pair of lost) await changePair(store.pairs, pair, { ...next, lostAt: sight.kind === 'gone' ? now() : undefined });
    await store.journal.add([...changed, ...lost].map(({ id }) => ({ link: id, at: now(), cause, event: next.state, text: next.reason })));
    await mark([...links.map((link) => applyTask(link, now(), cause)), ...lost.flatMap((pair) => buttonTask(pair, now(), cause))]);
  }
}

function meanwhile(): TandemError {
  return new TandemError('unavailable', 'The item was written while it was read. It is read again.');
}

/** Marks the cards of an item that has just been stored; links that had lost it come back. The links are read after the item was stored: a card that is being written meanwhile either shows up here, or sees the new item when it is done (`apply`). */
export async function showOn(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>, team: string, item: Item, cause: string, reader?: string): Promise<void> {
  const { store, now } = deps;
  const face = digest(faceOf(item));
  const ref = printRef(item.ref);
  const [links, pairs] = await Promise.all([store.links.byRef(team, ref), store.pairs.byRef(team, ref)]);
  const wasLost = ({ state }: Link): boolean => state === 'gone' || state === 'hidden';
  for (const link of links) {
    const back = wasLost(link);
    const read = reader !== undefined && link.reader !== reader;
    if (back || read) await store.links.change(link.id, { ...(back ? { state: 'live', reason: null, lostAt: null } : {}), ...(read ? { reader } : {}) });
  }
  await store.journal.add(links.filter(wasLost).map(({ id }) => ({ link: id, at: now(), cause, event: 'back', text: `${item.key} can be read again` })));
  // Only now, so that whoever writes the card sees it live again.
  await mark([...links.filter((link) => link.state !== 'live' || link.sent !== face).map((link) => applyTask(link, now(), cause)), ...pairs.filter((pair) => wantsMerge(pair, item, ref)).map((pair) => mergeTask(pair, now(), cause)), ...pairs.filter((pair) => pair.rightRef === ref).flatMap((pair) => buttonTask(pair, now(), cause))]);
}

/** Whose accounts read an item: those of its cards' readers, and of whoever made its pairs. */
function readersOf(links: readonly Link[], pairs: readonly Pair[], ref: string): Set<string> {
  return new Set([...links.map((link) => link.reader), ...pairs.map((pair) => (pair.leftRef === ref ? pair.leftUser : pair.rightUser))]);
}

/** The accounts that an item is looked for through, best first. Nearly always there is one reader, and theirs is enough. */
async function* lookersIn({ store }: Deps, team: string, { tool, site }: Ref, readers: ReadonlySet<string>): AsyncGenerator<Account> {
  const [user = ''] = readers;
  const only = readers.size === 1 ? await store.accounts.get({ team, user, tool, site }) : undefined;
  const asked = only?.state === 'active';
  if (asked) yield only;
  const rest = (await store.accounts.bySite(team, tool, site)).filter((account) => !asked || account.user !== user);
  yield* [...rest.filter((account) => readers.has(account.user)), ...rest.filter((account) => !readers.has(account.user))].slice(0, MOST_READERS);
}

/** Asks one account of the team after the other, those in `readers` first, until one reads the item; `name` is what people call it. */
async function look(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>, tool: Tool, team: string, ref: Ref, readers: ReadonlySet<string>, name: string, run: Run): Promise<Sight> {
  let [placeSeen, readerAway] = [false, false];
  let reason = `Nobody in the team has a ${tool.name} account connected here`;
  for await (const account of lookersIn(deps, team, ref, readers)) {
    if (account.state !== 'active') {
      reason = `${tool.name} no longer accepts the account of ${account.person.name}`;
      readerAway ||= readers.has(account.user);
      continue;
    }
    const access = deps.accounts.accessOf(account, run.deadline);
    try {
      const item = await tool.read(access, ref);
      if (item) return { kind: 'item', item, reader: account.user };
      if (tool.told && (await openImports(deps).isUnderWay(account))) return { kind: 'later' };
      const seen = (await tool.place(access, ref.place)) !== undefined;
      reason = seen || !tool.told ? `${account.person.name} may not see ${name} in ${tool.name}` : `Nothing of ${tool.name} arrives for ${account.person.name} any more. If that stays so, disconnect ${tool.name} and connect it again`;
      placeSeen ||= seen;
    } catch (error) {
      if (!(error instanceof TandemError) || !['account_expired', 'forbidden'].includes(error.code)) throw error;
      await mark(goneTask(tool, account, error, deps.now(), run.cause));
      reason = error.message;
      readerAway ||= readers.has(account.user);
    }
  }
  // Whoever read it before cannot be asked: others may just not be allowed to see it.
  return placeSeen && !readerAway ? { kind: 'gone' } : { kind: 'hidden', reason };
}
