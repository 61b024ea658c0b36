import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import { MIRO } from '../miro/sign-in.ts';
import type { Access, Card } from '../ports.ts';
import type { Link, NewTask } from '../store/store.ts';
import { adopt, lookersOf } from './adopt.ts';
import { putAside, SWEEP_EVERY, takeUp } from './follow.ts';
import type { Run } from './runs.ts';

/** So many members are tried who may see the board, whoever made its cards first. */
const MOST = 5;
/** A card that led nowhere may lead somewhere once its creator connects an account. */
const LOOK_AGAIN = 3_600_000;
const REMEMBERED = 10_000;

/**
 * The handler of `sweep:<team>:<board>`: looks at a board as a whole, 50 cards a call, since Miro tells nobody what happens there.
 * A linked card that is gone is put aside, and follows again when it is back (undo); a card of ours that nobody linked is recognised by the address that it shows. Rests for a day; for good where nothing is linked.
 */
export function sweeper(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>): (id: string, run: Run) => Promise<void | { until: number }> {
  const { store, now } = deps;

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

  /** Cards that led nowhere, and when: people open boards all day, and each look into a card costs credits. */
  const nowhere = new Map<string, number>();
  const look = async (team: string, access: Access, board: string, { id, createdBy }: Pick<Card, 'id' | 'createdBy'>, run: Run): Promise<void> => {
    const key = `${board} ${id}`;
    if ((nowhere.get(key) ?? -Infinity) + LOOK_AGAIN > now()) return;
    const whole = await deps.cards.read(access, board, id);
    const made = whole && (await adopt(deps, mark, whole, { team, user: createdBy, accounts: await lookersOf(deps, team, createdBy, run.deadline) }, run.cause));
    if (nowhere.size >= REMEMBERED) nowhere.clear();
    if (!made) nowhere.set(key, now());
  };

  return async (id, run) => {
    const [team = '', board = ''] = id.split(':').map(decodeURIComponent);
    const links = await store.links.byBoard(team, board);
    const access = await seeing(team, board, links, run.deadline);
    const rest = async (): Promise<void | { until: number }> => ((await store.links.byBoard(team, board)).length > 0 ? { until: now() + SWEEP_EVERY } : undefined);
    if (!access) return rest();

    const there = new Map<string, Pick<Card, 'id' | 'owned' | 'createdBy'>>();
    for await (const page of deps.cards.list(access, board)) for (const card of page) there.set(card.id, card);

    for (const link of links) {
      if (link.state === 'removed') {
        if (there.has(link.card)) await takeUp(deps, mark, link, run.cause);
      } else if (!there.has(link.card) && !(await deps.cards.read(access, board, link.card))) {
        // A card that was made while the pages were read may be on none of them: it was asked for by itself.
        await putAside(deps, mark, link, run.cause);
      }
    }

    const known = new Set(links.map((link) => link.card));
    for (const { id: card, owned, createdBy } of there.values()) {
      if (owned && !known.has(card)) await look(team, access, board, { id: card, createdBy }, run);
    }
    return rest();
  };
}
