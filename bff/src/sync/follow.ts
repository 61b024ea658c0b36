import type { Item } from '@tandem/shared/item';
import { parseRef, printRef, type Ref } from '@tandem/shared/ref';
import { randomId } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Link, NewTask, Observed, Watch } from '../store/store.ts';
import { compare } from './compare.ts';
import { watchPurpose } from './ensure.ts';
import { applyTask, backlinkTask, ensureTask, observeTask, sweepTask } from './keys.ts';
import { showOn } from './observe.ts';

/** A card that is to follow an item, which has just been read. */
export interface Following {
  readonly team: string;
  readonly board: string;
  readonly card: string;
  /** Miro user who created the card */
  readonly creator: string;
  /** Miro user whose account read the item */
  readonly reader: string;
  readonly item: Item;
  /** what was stored of the item before it was read */
  readonly before: Observed | undefined;
  /** what the journal says */
  readonly event: 'linked' | 'adopted';
}

/** A write that nobody lived to follow up is looked at after this long. */
export const SAFETY_NET = 15_000;

/** Makes the card follow the item: idempotent per board and card, never re-pointed (`conflict`). A card that was deleted and is back is taken up again. */
export async function follow(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>, card: Following, cause: string): Promise<{ link: Link; created: boolean }> {
  const { store, now } = deps;
  const { team, item } = card;
  const { ref } = item;
  const printed = printRef(ref);
  const watch = await watchPlace(deps, team, item);
  const tasks = (due: number): NewTask[] => [
    observeTask(team, ref, due, cause),
    ensureTask(watch, due, cause),
    ...(deps.tools.at(ref.tool, ref.site)?.backlinks ? [backlinkTask(team, ref, card.board, due, cause)] : []),
  ];
  // Marked before the link is there: whatever dies from here on, its card will be made right.
  await mark(tasks(now() + SAFETY_NET));
  const made = await store.links.create({ id: randomId(deps.random), team, ref: printed, board: card.board, card: card.card, creator: card.creator, reader: card.reader, state: 'live', createdAt: now() });
  if (made.link.state === 'unlinked') throw new TandemError('conflict', 'This card is just being disconnected. Try again in a moment.');
  if (made.link.team !== team || made.link.ref !== printed) throw new TandemError('conflict', 'This card already follows something else. Unlink it first, or make a new card.');
  if (made.link.state === 'removed') await takeUp(deps, mark, made.link, cause);
  if (made.created) {
    const text = card.event === 'adopted' ? `Recognised as a card of ${item.key}` : `Linked to ${item.key}`;
    await store.journal.add([{ link: made.link.id, at: now(), cause, event: card.event, text }]);
  }
  const [observe, , backlink] = tasks(now());
  if (compare(card.before?.item, item) !== 'unsure' && (await store.items.swap(team, printed, card.before?.rev ?? 0, item))) await showOn(deps, mark, team, item, cause);
  else if (observe) await mark([observe]);
  await mark([...(backlink ? [backlink] : []), sweepTask(team, card.board, card.creator, now() + SWEEP_EVERY, cause)]);
  return made;
}

/** What is to be looked at when something follows an item no more, or again: the item, which may be forgotten, and its place's webhook. */
export async function itemEnds({ store, now }: Pick<Deps, 'store' | 'now'>, team: string, ref: Ref, cause: string): Promise<NewTask[]> {
  const watch = await store.watches.byPlace(team, ref.tool, ref.site, ref.place);
  return [observeTask(team, ref, now(), cause), ...(watch ? [ensureTask(watch, now(), cause)] : [])];
}

/** Does what these tasks look after. They are marked before it, for later, and once more when it is done: whoever dies in between, it will be looked at. */
export async function markedAround<T>({ now }: Pick<Deps, 'now'>, mark: (tasks: readonly NewTask[]) => Promise<void>, tasks: readonly NewTask[], work: () => Promise<T>): Promise<T> {
  await mark(tasks.map((task) => ({ ...task, due: now() + SAFETY_NET })));
  const done = await work();
  await mark(tasks.map((task) => ({ ...task, due: now() })));
  return done;
}

/** The same for a card, with its item's note on that board. */
export async function looseEnds(deps: Pick<Deps, 'store' | 'now'>, link: Link, cause: string): Promise<NewTask[]> {
  const ref = parseRef(link.ref);
  return ref ? [...(await itemEnds(deps, link.team, ref, cause)), backlinkTask(link.team, ref, link.board, deps.now(), cause)] : [];
}

/** A card that was deleted from its board: its link is kept for a while, in case that is undone. */
export async function putAside(deps: Pick<Deps, 'store' | 'now'>, mark: (tasks: readonly NewTask[]) => Promise<void>, link: Link, cause: string): Promise<void> {
  const [at, text] = [deps.now(), 'The card was deleted from the board'];
  await deps.store.links.change(link.id, { state: 'removed', reason: text, lostAt: at });
  await deps.store.journal.add([{ link: link.id, at, cause, event: 'removed', text }]);
  await mark(await looseEnds(deps, link, cause));
}

/** A card that had been deleted is on its board again. */
export async function takeUp(deps: Pick<Deps, 'store' | 'now'>, mark: (tasks: readonly NewTask[]) => Promise<void>, link: Link, cause: string): Promise<void> {
  await deps.store.links.change(link.id, { state: 'live', reason: null, lostAt: null });
  await deps.store.journal.add([{ link: link.id, at: deps.now(), cause, event: 'back', text: 'The card is on the board again' }]);
  await mark([applyTask(link, deps.now(), cause), ...(await looseEnds(deps, link, cause))]);
}

/** So often a board is looked at as a whole, whatever happens there. */
export const SWEEP_EVERY = 24 * 3_600_000;

/** The watch of a place, made where there is none: what changed there after this item did has not been seen yet. */
export function watchPlace(deps: Deps, team: string, { ref, updatedAt }: Item): Promise<Watch> {
  const id = randomId(deps.random);
  const sealed = deps.vault.seal(randomId(deps.random), watchPurpose(id));
  return deps.store.watches.ensure({ id, team, tool: ref.tool, site: ref.site, place: ref.place, sealed, mode: 'pending', cursor: updatedAt, createdAt: deps.now() });
}
