import { parseRef } from '@tandem/shared/ref';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import { MIRO } from '../miro/sign-in.ts';
import type { Access, Card } from '../ports.ts';
import type { Account, Link, NewTask } from '../store/store.ts';
import { adopt, type Looker } from './adopt.ts';
import { SWEEP_EVERY } from './follow.ts';
import { afterUnlink, applyTask, observeTask } from './keys.ts';
import type { Run } from './runs.ts';

/** So many members are tried who may see the board, whoever made its cards first. */
const MOST = 5;

/**
 * The handler of `sweep:<team>:<board>`: looks at a board as a whole, 50 cards a call, since Miro tells nobody what happens there.
 * A linked card that is gone is put aside, and follows again when it is back (undo); a card of ours that nobody linked is recognised by the address that it shows. Rests for a day; for good where nothing is linked.
 */
export function sweeper(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>): (id: string, run: Run) => Promise<void | { until: number }> {
  const { store, tools, now } = deps;

  /** Somebody's access who sees the board. */
  const seeing = async (team: string, board: string, links: readonly Link[], deadline: number): Promise<Access | undefined> => {
    const active = (await store.accounts.bySite(team, MIRO.tool, MIRO.site)).filter((account) => account.state === 'active');
    const makers = new Set(links.map((link) => link.creator));
    const order = [...active.filter(({ user }) => makers.has(user)), ...active.filter(({ user }) => !makers.has(user))].slice(0, MOST);
    for (const account of order) {
      const access = deps.accounts.accessOf(account, deadline);
      try {
        if (await deps.cards.board(access, board)) return access;
      } catch (error) {
        if (!(error instanceof TandemError) || error.code !== 'account_expired') throw error;
      }
    }
    return undefined;
  };

  const accountsOf = async (team: string, user: string, deadline: number): Promise<Looker[]> => {
    const own = await store.accounts.byMember(team, user);
    const at = (account: Account): Looker[] => {
      const tool = account.state === 'active' ? tools.at(account.tool, account.site) : undefined;
      return tool ? [{ tool, access: deps.accounts.accessOf(account, deadline) }] : [];
    };
    return own.flatMap(at);
  };

  return async (id, run) => {
    const [team = '', board = ''] = id.split(':').map(decodeURIComponent);
    const began = now();
    const links = await store.links.byBoard(team, board);
    if (links.length === 0) return undefined;
    const access = await seeing(team, board, links, run.deadline);
    if (!access) return { until: now() + SWEEP_EVERY };

    const there = new Map<string, Pick<Card, 'id' | 'owned' | 'createdBy'>>();
    for await (const page of deps.cards.list(access, board)) for (const card of page) there.set(card.id, card);

    for (const link of links) {
      const ref = parseRef(link.ref);
      if (!ref) continue;
      if (link.state === 'removed' && there.has(link.card)) {
        await store.links.change(link.id, { state: 'live', reason: null, lostAt: null });
        await store.journal.add([{ link: link.id, at: now(), cause: run.cause, event: 'back', text: 'The card is on the board again' }]);
        await mark([observeTask(team, ref, now(), run.cause), applyTask(link, now(), run.cause), ...(await afterUnlink(deps, link, ref, now(), run.cause))]);
      }
      // A card that was made while the pages were read may be on none of them: it is asked for by itself.
      if (link.state !== 'removed' && !there.has(link.card) && link.createdAt < began && !(await deps.cards.read(access, board, link.card))) await putAside(deps, mark, link, run.cause);
    }

    const known = new Set(links.map((link) => link.card));
    for (const { id: card, owned, createdBy } of there.values()) {
      if (!owned || known.has(card)) continue;
      const whole = await deps.cards.read(access, board, card);
      if (whole) await adopt(deps, mark, whole, { team, user: createdBy, accounts: await accountsOf(team, createdBy, run.deadline) }, run.cause);
    }
    return { until: now() + SWEEP_EVERY };
  };
}

/** A card that was deleted from its board: its link is kept for a while, in case that is undone. */
export async function putAside(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>, link: Link, cause: string): Promise<void> {
  const at = deps.now();
  await deps.store.links.change(link.id, { state: 'removed', reason: 'The card was deleted from the board', lostAt: at });
  await deps.store.journal.add([{ link: link.id, at, cause, event: 'removed', text: 'The card was deleted from the board' }]);
  const ref = parseRef(link.ref);
  if (ref) await mark(await afterUnlink(deps, link, ref, at, cause));
}
