import type { Accounts } from '../access/accounts.ts';
import { TandemError } from '../errors.ts';
import type { Member } from '../jwt.ts';
import { MIRO } from '../miro/sign-in.ts';
import type { Access, BoardRight, Cards } from '../ports.ts';

/** Who may do what on a board: asked of Miro with the caller's own token, because an ID token names no board. */
export interface Boards {
  /** The caller's own Miro access. */
  miro(member: Member): Promise<Access>;
  /** The caller's right on the board; a board that they may not see does not exist for them. */
  right(member: Member, board: string): Promise<BoardRight>;
  /** As {@link right}, and the caller may edit it. */
  edit(member: Member, board: string): Promise<BoardRight>;
}

const FRESH = 60_000;
const MOST = 10_000;

/** Rights are remembered for a minute per member and board. */
export function openBoards(deps: { accounts: Accounts; cards: Cards; now: () => number }): Boards {
  const known = new Map<string, { right: BoardRight; until: number }>();
  const miro = (member: Member): Promise<Access> => deps.accounts.access({ ...member, ...MIRO });

  const right = async (member: Member, board: string): Promise<BoardRight> => {
    const key = JSON.stringify([member.team, member.user, board]);
    const hit = known.get(key);
    if (hit && hit.until > deps.now()) return hit.right;
    const fresh = await deps.cards.board(await miro(member), board);
    if (!fresh) throw new TandemError('not_found', 'There is no such board, or you may not see it.');
    if (known.size >= MOST) known.clear();
    known.set(key, { right: fresh, until: deps.now() + FRESH });
    return fresh;
  };

  return {
    miro,
    right,
    async edit(member, board) {
      const found = await right(member, board);
      if (!found.edit) throw new TandemError('forbidden', 'You may look at this board but not edit it. Ask its owner for the right to edit.');
      return found;
    },
  };
}
