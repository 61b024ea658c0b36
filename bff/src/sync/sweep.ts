import { parseRef } from '@tandem/shared/ref';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import { MIRO } from '../miro/sign-in.ts';
import type { Access, ListedCard } from '../ports.ts';
import type { Account, Link, NewTask } from '../store/store.ts';
import { adopt, lookersOf } from './adopt.ts';
import { driftOf, isAtRest, looksOf } from './drift.ts';
import { putAside, SWEEP_EVERY, takeUp } from './follow.ts';
import { applyTask, observeTask } from './keys.ts';
import type { Run } from './runs.ts';

/** What is kept of a listed card. */
type Listed = Pick<ListedCard, 'id' | 'owned' | 'createdBy'> & { readonly looks: string };

/** So many members are tried who may see the board, whoever made its cards first. */
const MOST = 5;
/** A card that led nowhere may lead somewhere once its creator connects an account. */
const LOOK_AGAIN = 3_600_000;
const REMEMBERED = 10_000;

/**
 * The handler of `sweep:<team>:<board>`: looks at a board as a whole, 50 cards a call, since Miro tells nobody what happens there.
 * A linked card that is gone is put aside, and follows again when it is back (undo); one that could not be written, or whose item could not be seen, is tried again: nobody tells when a board or a project is given back. One that was changed on the board shows its item again. A card of ours that nobody linked is recognised by the address that it shows. Rests for a day; for good where nothing is linked.
 */
export function sweeper(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>): (id: string, run: Run) => Promise<void | { until: number }> {
  const { store, now } = deps;

  /** Whose tokens a board is looked at with: those who made its cards, and only where none of them sees it, some others'. */
  async function* lookersAt(team: string, makers: ReadonlySet<string>): AsyncGenerator<Account> {
    let left = MOST;
    for (const user of makers) {
      const account = left > 0 ? await store.accounts.get({ team, user, ...MIRO }) : undefined;
      if (account?.state !== 'active') continue;
      left -= 1;
      yield account;
    }
    const others = left > 0 ? await store.accounts.bySite(team, MIRO.tool, MIRO.site) : [];
    yield* others.filter(({ state, user }) => state === 'active' && !makers.has(user)).slice(0, left);
  }

  /** The board's cards, and the access of whoever sees it: its first page tells that, so that nothing more is asked. */
  const listed = async (team: string, board: string, deadline: number): Promise<{ access: Access; there: ReadonlyMap<string, Listed> } | undefined> => {
    const makers = new Set((await store.links.byBoard(team, board)).map((link) => link.creator));
    for await (const account of lookersAt(team, makers)) {
      const access = deps.accounts.accessOf(account, deadline);
      try {
        const there = new Map<string, Listed>();
        for await (const page of deps.cards.list(access, board)) for (const { id, owned, createdBy, shown } of page) there.set(id, { id, owned, createdBy, looks: looksOf(shown) });
        return { access, there };
      } catch (error) {
        if (!(error instanceof TandemError) || !['account_expired', 'forbidden', 'not_found'].includes(error.code)) throw error;
      }
    }
    return undefined;
  };

  /** Cards that led nowhere, and when: people open boards all day, and each look into a card costs credits. */
  const nowhere = new Map<string, number>();
  const look = async (team: string, access: Access, board: string, { id, createdBy }: Listed, run: Run): Promise<void> => {
    const key = `${board} ${id}`;
    if ((nowhere.get(key) ?? -Infinity) + LOOK_AGAIN > now()) return;
    const whole = await deps.cards.read(access, board, id);
    const made = whole && (await adopt(deps, mark, whole, { team, user: createdBy, accounts: await lookersOf(deps, team, createdBy, run.deadline) }, run.cause));
    if (nowhere.size >= REMEMBERED) nowhere.clear();
    if (!made) nowhere.set(key, now());
  };

  /** The card follows the item: what people change on the board itself is written over. */
  const repair = async (link: Link, looks: string, began: number, run: Run): Promise<void> => {
    const found = driftOf(link.shown, looks);
    if (!found || link.state === 'unreachable' || !(await isAtRest(store, link, began))) return;
    await store.links.change(link.id, { shown: found.shown, ...(found.write ? { sent: '' } : {}) });
    if (found.write === 'first') await store.journal.add([{ link: link.id, at: now(), cause: run.cause, event: 'repaired', text: 'The card did not show its item any more, so it is written anew' }]);
    if (found.write) await mark([applyTask(link, now(), run.cause)]);
  };

  return async (id, run) => {
    const [team = '', board = ''] = id.split(':').map(decodeURIComponent);
    const began = now();
    const found = await listed(team, board, run.deadline);
    // Only now: many boards wait for their pages at once, and what is held meanwhile adds up.
    const links = await store.links.byBoard(team, board);
    // Whoever links a card marks its board: where nothing was linked before, the task does not end with this run.
    const rest = links.length > 0 ? { until: now() + SWEEP_EVERY } : undefined;
    if (!found) return rest;
    const { access, there } = found;

    for (const link of links) {
      const card = there.get(link.card);
      if (link.state === 'unlinked') {
        await mark([applyTask(link, now(), run.cause)]);
      } else if (link.state === 'removed') {
        if (card) await takeUp(deps, mark, link, run.cause);
      } else if (!card && !(await deps.cards.read(access, board, link.card))) {
        // A card that was made while the pages were read may be on none of them: it was asked for by itself.
        await putAside(deps, mark, link, run.cause);
      } else {
        if (card) await repair(link, card.looks, began, run);
        const ref = link.state === 'live' ? undefined : parseRef(link.ref);
        if (ref) await mark([observeTask(team, ref, now(), run.cause)]);
      }
    }

    const known = new Set(links.map((link) => link.card));
    for (const card of there.values()) {
      if (card.owned && !known.has(card.id)) await look(team, access, board, card, run);
    }
    return rest;
  };
}
