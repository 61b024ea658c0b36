import type { BoardAnswer, CardAnswer, CardView, ConflictDetails, EditBody, EditValues, LinkAnswer, LinkBody, Rights, WatchMode } from '@tandem/shared/api';
import { faceOf } from '@tandem/shared/face';
import type { Item, ItemPatch, Person, PlaceInfo, SetChange } from '@tandem/shared/item';
import { parseRef, printRef, type Ref } from '@tandem/shared/ref';
import { digest } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Member } from '../jwt.ts';
import type { Card, Tool } from '../ports.ts';
import type { Link } from '../store/store.ts';
import { adopt, lookersOf } from '../sync/adopt.ts';
import { driftOf, isAtRest, looksOf } from '../sync/drift.ts';
import { follow, markedAround, SAFETY_NET, takeUp } from '../sync/follow.ts';
import { applyTask, ensureTask, observeTask, sweepTask } from '../sync/keys.ts';
import { showOn } from '../sync/observe.ts';
import { sweepOpened } from '../sync/sweep-due.ts';
import type { Worker } from '../sync/worker.ts';
import type { Boards } from './boards.ts';
import type { Items, OwnAccess } from './items.ts';

/** Cards that show items: linking, reading, editing, unlinking. `cause` is the request's id. */
export interface CardService {
  onBoard(member: Member, board: string, cause: string): Promise<BoardAnswer>;
  /** Looks at the board as a whole, soon. */
  sweep(member: Member, board: string, cause: string): Promise<void>;
  /** Links a card of ours that nobody linked to the item whose address it shows, with the caller's own account as its reader. */
  adopt(member: Member, board: string, card: string, cause: string): Promise<{ answer: LinkAnswer; created: boolean }>;
  link(member: Member, body: LinkBody, cause: string): Promise<{ answer: LinkAnswer; created: boolean }>;
  read(member: Member, board: string, card: string, cause: string): Promise<CardAnswer>;
  edit(member: Member, board: string, card: string, body: EditBody, cause: string): Promise<CardAnswer>;
  unlink(member: Member, board: string, card: string, cause: string): Promise<void>;
}

/** How long a new link waits to learn whether its place could be watched, so that the panel can say so at once. */
const WATCH_PATIENCE = 3000;

const AND = new Intl.ListFormat('en-GB');

/** How long unlinking waits for the card to show it. */
const UNLINK_PATIENCE = 1000;

/** The card service over the store, Miro and the tools. */
export function openCards(deps: Deps, worker: Worker, boards: Boards, items: Items): CardService {
  const { store, now } = deps;
  const mark: Worker['mark'] = (tasks) => worker.mark(tasks);

  const found = async (member: Member, board: string, card: string, cause: string): Promise<{ link: Link; ref: Ref }> => {
    const link = await store.links.byCard(member.team, board, card);
    const ref = link && parseRef(link.ref);
    if (!link || !ref || link.state === 'unlinked') throw notLinked();
    if (link.state !== 'removed') return { link, ref };
    // Whoever clicks on it has it on the board: its deletion was undone.
    await takeUp(deps, mark, link, cause);
    return { link: { ...link, state: 'live' }, ref };
  };

  /** A card of ours on a board that the caller may edit. */
  const editable = async (member: Member, board: string, card: string): Promise<Card> => {
    await boards.edit(member, board);
    const onBoard = await deps.cards.read(await boards.miro(member), board, card);
    if (!onBoard) throw new TandemError('not_found', 'There is no such card on this board.');
    if (!onBoard.owned) throw new TandemError('forbidden', 'That card was not made by Tandem, so Tandem may not change it.');
    return onBoard;
  };

  const own = async (member: Member, ref: Ref): Promise<OwnAccess & { item: Item }> => {
    const { tool, access } = await items.own(member, ref.tool, ref.site);
    const item = await tool.read(access, ref);
    if (!item) throw new TandemError('not_found', `${tool.name} has no such ${tool.noun}, or your account may not see it.`);
    return { tool, access, item };
  };

  const watchMode = async (team: string, ref: Ref): Promise<WatchMode> => {
    const watch = await store.watches.byPlace(team, ref.tool, ref.site, ref.place);
    return watch?.mode === 'hook' || watch?.mode === 'poll' ? watch.mode : 'pending';
  };

  const answer = async (member: Member, link: Link, ref: Ref, { tool, access }: OwnAccess, item: Item): Promise<CardAnswer> => {
    const place = await items.place(member, ref.tool, ref.site, ref.place);
    return { card: viewOf(link, ref), item, place, watch: await watchMode(member.team, ref), rights: rightsIn(tool, item, place, access.person) };
  };

  /** Learns of changes at the place from now on; a link that was made while its webhook was being taken down has it made again. */
  const watched = async (team: string, ref: Ref, cause: string): Promise<void> => {
    const watch = await store.watches.byPlace(team, ref.tool, ref.site, ref.place);
    if (!watch || watch.mode === 'hook') return;
    const ensure = ensureTask(watch, now(), cause);
    const ensured = watch.mode === 'poll' ? undefined : worker.after(ensure.key, WATCH_PATIENCE);
    await mark([ensure]);
    await ensured;
  };

  /** Whether somebody changed one of the cards on the board itself. */
  const drifted = async (links: readonly Link[], there: ReadonlyMap<string, { readonly looks: string }>, began: number): Promise<boolean> => {
    for (const link of links) {
      const card = there.get(link.card);
      if (card && driftOf(link.shown, card.looks)?.write && (await isAtRest(store, link, began))) return true;
    }
    return false;
  };

  return {
    async onBoard(member, board, cause) {
      const right = await boards.right(member, board);
      const links = await store.links.byBoard(member.team, board);
      const began = now();
      const there = new Map<string, { readonly owned: boolean; readonly looks: string }>();
      for await (const page of deps.cards.list(await boards.miro(member), board)) for (const { id, owned, shown } of page) there.set(id, { owned, looks: looksOf(shown) });
      const known = new Map(links.map((link) => [link.card, link.state]));
      const astray = links.some((link) => there.has(link.card) === (link.state === 'removed')) || [...there].some(([card, { owned }]) => owned && !known.has(card));
      // Nobody tells when a board, or a project, is given back.
      const still = links.some(({ state }) => state === 'unreachable' || state === 'hidden');
      if (astray) await mark([sweepTask(member.team, board, member.user, now(), cause)]);
      else if (still || (await drifted(links, there, began))) await mark([await sweepOpened(deps, member.team, board, member.user, cause)]);
      return { cards: links.flatMap((link) => viewIf(there.has(link.card), link)), edit: right.edit };
    },

    async sweep(member, board, cause) {
      await boards.right(member, board);
      await mark([sweepTask(member.team, board, member.user, now(), cause)]);
    },

    async adopt(member, board, card, cause) {
      const onBoard = await editable(member, board, card);
      const made = await adopt(deps, mark, onBoard, { team: member.team, user: member.user, accounts: await lookersOf(deps, member.team, member.user) }, cause);
      const ref = made && parseRef(made.link.ref);
      if (!made || !ref) throw new TandemError('not_found', 'This card does not lead to anything that your accounts can see. Connect the account that it comes from, or delete it and put the item on the board again.');
      await watched(member.team, ref, cause);
      return { answer: { ...viewOf(made.link, ref), watch: await watchMode(member.team, ref) }, created: made.created };
    },

    async link(member, { board, card, ref }, cause) {
      const onBoard = await editable(member, board, card);
      const before = await store.items.get(member.team, printRef(ref));
      const { item } = await own(member, ref);
      const { link, created } = await follow(deps, mark, { team: member.team, board, card, creator: onBoard.createdBy, reader: member.user, item, before, event: 'linked' }, cause);
      await watched(member.team, item.ref, cause);
      return { answer: { ...viewOf(link, item.ref), watch: await watchMode(member.team, item.ref) }, created };
    },

    async read(member, board, card, cause) {
      await boards.right(member, board);
      const { link, ref } = await found(member, board, card, cause);
      const stored = await store.items.get(member.team, link.ref);
      const look = (): Promise<void> => mark([observeTask(member.team, ref, now(), cause)]);
      const { item, ...mine } = await own(member, ref).catch(async (error: unknown) => {
        if (error instanceof TandemError && error.code === 'not_found') await look();
        throw error;
      });
      // Whoever opens a card sees the item as it is now; if the board shows something else, a change went unheard.
      if (!stored || digest(stored.item) !== digest(item) || link.sent !== digest(faceOf(item))) await look();
      return answer(member, link, ref, mine, item);
    },

    async edit(member, board, card, { set, seen }, cause) {
      await boards.right(member, board);
      const { link, ref } = await found(member, board, card, cause);
      const before = await store.items.get(member.team, link.ref);
      const { tool, access, item } = await own(member, ref);
      if (!tool.write) throw new TandemError('tool_refused', `Tandem only shows what is in ${tool.name}. Change it there.`);
      const patch = patchFor(item, set, seen);
      const place = await items.place(member, ref.tool, ref.site, ref.place);
      const rights = tool.rights(item, place, access.person);
      // Most tools drop what somebody may not change in silence.
      if (Object.keys(patch).some((field) => !rights.fields.includes(field as keyof EditValues))) throw new TandemError('forbidden', rights.reason ?? `Your account may not change this in ${tool.name}.`);
      const observe = observeTask(member.team, ref, now(), cause);
      // Marked before it is written, and for later: whatever dies from here on, the cards will be made right; an observation now would only see the old state.
      await mark([{ ...observe, due: now() + SAFETY_NET }]);
      const fields = Object.keys(patch);
      const fresh = fields.length > 0 ? await tool.write(access, ref, patch).catch((error: unknown) => mark([observe]).then(() => Promise.reject(error))) : item;
      if (fields.length > 0) await store.journal.add([{ link: link.id, at: now(), cause, event: 'edited', text: `${AND.format(fields)} of ${item.key} edited on this card, with the account of ${access.person.name}` }]);
      if (await store.items.swap(member.team, link.ref, before?.rev ?? 0, fresh)) await showOn(deps, mark, member.team, fresh, cause);
      else await mark([{ ...observe, due: now() }]);
      return answer(member, (await store.links.get(link.id)) ?? link, ref, { tool, access }, fresh);
    },

    async unlink(member, board, card, cause) {
      await boards.edit(member, board);
      const { link } = await found(member, board, card, cause);
      const apply = applyTask(link, now(), cause);
      const shown = worker.after(apply.key, UNLINK_PATIENCE);
      // The card stays, and shows that it follows nothing any more: in its turn, or what is just being written to it would come last.
      await markedAround(deps, mark, [apply], () => store.links.change(link.id, { state: 'unlinked' }));
      await shown;
      await store.journal.add([{ link: link.id, at: now(), cause, event: 'unlinked', text: 'Unlinked' }]);
    },
  };
}

function notLinked(): TandemError {
  return new TandemError('not_found', 'This card is not linked to anything.');
}

function rightsIn(tool: Tool, item: Item, place: PlaceInfo, person: Person): Rights {
  return tool.write ? tool.rights(item, place, person) : { fields: [], reason: `Tandem only shows what is in ${tool.name}. Change it there.` };
}

function viewIf(there: boolean, link: Link): CardView[] {
  const ref = there && link.state !== 'unlinked' ? parseRef(link.ref) : undefined;
  return ref ? [viewOf(link, ref)] : [];
}

function viewOf(link: Link, ref: Ref): CardView {
  if (link.state === 'unlinked') throw notLinked();
  return {
    board: link.board,
    card: link.card,
    ref,
    state: link.state,
    ...(link.reason === undefined ? {} : { reason: link.reason }),
    ...(link.syncedAt === undefined ? {} : { syncedAt: new Date(link.syncedAt).toISOString() }),
  };
}

/**
 * What to write so that the item becomes what the editor wants. A text or status that is no longer as they saw it, and not yet as they want it, is a conflict: the second writer decides.
 * Sets never conflict: only what the editor added or removed is written.
 */
export function patchFor(item: Item, set: EditBody['set'], seen: EditBody['seen']): ItemPatch {
  const now = { title: item.title, description: item.description, status: item.status.id };
  const fields = (['title', 'description', 'status'] as const).filter((field) => set[field] !== undefined && set[field] !== now[field]);
  const clashes = fields.filter((field) => seen[field] !== now[field]);
  if (clashes.length > 0) {
    const details: ConflictDetails = { item, fields: clashes.map((field) => ({ field, theirs: now[field], yours: set[field] ?? '' })) };
    throw new TandemError('conflict', 'Somebody changed this while you were editing. Choose what to keep.', { details });
  }
  const labels = changeOf(set.labels, seen.labels, item.labels.map((label) => label.name));
  const assignees = changeOf(set.assignees, seen.assignees, item.assignees.map((person) => person.id));
  return { ...Object.fromEntries(fields.map((field) => [field, set[field]])), ...(labels ? { labels } : {}), ...(assignees ? { assignees } : {}) };
}

function changeOf(set: readonly string[] | undefined, seen: readonly string[] | undefined, current: readonly string[]): SetChange | undefined {
  if (!set) return undefined;
  const base = seen ?? current;
  const add = set.filter((value) => !base.includes(value) && !current.includes(value));
  const remove = base.filter((value) => !set.includes(value) && current.includes(value));
  return add.length + remove.length > 0 ? { add, remove } : undefined;
}
