import { disabledFace, faceOf, looseFace, type Face } from '@tandem/shared/face';
import { parseRef } from '@tandem/shared/ref';
import { digest } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { TandemError, UpstreamError } from '../errors.ts';
import { MIRO } from '../miro/sign-in.ts';
import type { Access } from '../ports.ts';
import type { Account, Link, NewTask, Observed } from '../store/store.ts';
import { looksOf, writtenLooks } from './drift.ts';
import { looseEnds, markedAround, putAside } from './follow.ts';
import { applyTask, observeTask } from './keys.ts';
import type { Run } from './runs.ts';

/** So many other members' tokens are tried when the creator's cannot: a board that is gone must not cost a whole team's credits. */
const MOST_OTHERS = 3;
/** Why a card cannot be written. Whoever signs in sets all of a team's cards going again. */
const SIGN_IN = 'Nobody who may edit this board is signed in to Tandem. Open the Tandem panel here and sign in.';
const LOOK_ONLY = 'The members who are signed in to Tandem may not edit this board. Somebody who may has to open the Tandem panel here and sign in.';
const UNSEEN = 'The members who are signed in to Tandem do not see this board, or it was deleted. Somebody who may edit it has to open the Tandem panel there and sign in.';

/** The handler of `apply:<link>`: writes one card so that it shows its item, with the token of whoever created the card; one that was unlinked shows that, and is forgotten. */
export function applier(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>): (id: string, run: Run) => Promise<void> {
  const { store, now } = deps;

  return async (id, run) => {
    const link = await store.links.get(id);
    if (!link || link.state === 'removed') return;
    const observed = await store.items.get(link.team, link.ref);
    const ref = parseRef(link.ref);
    if (!observed && (link.state === 'live' || link.state === 'unreachable')) return ref ? mark([observeTask(link.team, ref, now(), run.cause)]) : undefined;
    // An item that went while no card followed it was forgotten: only the card still has what it showed.
    const face = observed && shownFor(link, faceOf(observed.item));
    const sent = digest(face ?? [link.state, link.reason]);
    // Written already, and no run can have died between Miro's answer and ours to the store.
    if (run.trusted && link.sent === sent && link.state !== 'unreachable') return;
    await write(link, face, sent, run);
    if (link.state === 'unlinked') await markedAround(deps, mark, await looseEnds(deps, link, run.cause), () => store.links.remove(link.id));
    else await again(link, observed, sent, run.cause);
  };

  /** While Miro took its time the item may have moved on and back again: whoever observed it compared with what was sent before. */
  async function again(before: Link, shown: Observed | undefined, sent: string, cause: string): Promise<void> {
    const [link, observed] = await Promise.all([store.links.get(before.id), store.items.get(before.team, before.ref)]);
    if (!link || !observed || link.state === 'unreachable') return;
    if (observed.rev === shown?.rev && link.state === before.state && link.reason === before.reason) return;
    if (digest(shownFor(link, faceOf(observed.item))) !== sent) await mark([applyTask(link, now(), cause)]);
  }

  /** Whose tokens may write the card: its creator's, and only where that cannot, some others'. */
  async function* writersOf(link: Link): AsyncGenerator<Account> {
    const creator = await store.accounts.get({ team: link.team, user: link.creator, ...MIRO });
    if (creator?.state === 'active') yield creator;
    const all = await store.accounts.bySite(link.team, MIRO.tool, MIRO.site);
    yield* all.filter(({ state, user }) => state === 'active' && user !== link.creator).slice(0, MOST_OTHERS);
  }

  async function write(link: Link, face: Face | undefined, sent: string, run: Run): Promise<void> {
    let reason = SIGN_IN;
    for await (const account of writersOf(link)) {
      try {
        const shown = await attempt(account, link, face, run.deadline);
        if (!shown) return link.state === 'unlinked' ? undefined : await putAside(deps, mark, link, run.cause);
        const at = now();
        // The clock was set ahead meanwhile, and another process took the lane: nobody knows whose write came last.
        const late = at > run.deadline;
        await Promise.all([
          store.links.change(link.id, { sent: late ? '' : sent, shown: writtenLooks(link.shown, looksOf(shown)), syncedAt: at, ...(link.state === 'unreachable' ? { state: 'live', reason: null } : {}) }),
          store.journal.add([{ link: link.id, at, cause: run.cause, event: 'written', text: writtenBy(account, link) }]),
        ]);
        if (late) await mark([applyTask(link, at, run.cause)]);
        // Meanwhile somebody may have found out that its item is not to be had, and was overruled: it is looked for once more.
        const ref = link.state === 'unreachable' ? parseRef(link.ref) : undefined;
        if (ref) await mark([observeTask(link.team, ref, at, run.cause)]);
        return;
      } catch (error) {
        if (!(error instanceof TandemError)) throw error;
        // This token cannot: another member's token of the same app may.
        if (!['account_expired', 'forbidden', 'not_found'].includes(error.code)) throw error;
        if (error.code === 'forbidden') reason = LOOK_ONLY;
        if (error.code === 'not_found') reason = UNSEEN;
      }
    }
    throw new TandemError('forbidden', reason);
  }

  /** Writes with one member's token; `undefined`: the card was deleted. A 404 says so only where the same token still sees the board. */
  async function attempt(account: Account, link: Link, face: Face | undefined, deadline: number): Promise<Face | undefined> {
    const access = deps.accounts.accessOf(account, deadline);
    try {
      return await deps.cards.write(access, link.board, link.card, face ?? shownFor(link, await shownBy(access, link)));
    } catch (error) {
      if (error instanceof UpstreamError && error.upstreamStatus === 404 && (await deps.cards.board(access, link.board))) return undefined;
      throw error;
    }
  }

  async function shownBy(access: Access, { board, card }: Link): Promise<Face> {
    const there = await deps.cards.read(access, board, card);
    if (!there) throw new UpstreamError(MIRO.tool, 404);
    return there.shown;
  }
}

/** A card whose item nobody may read stands still and shows that it is cut off; one whose item was deleted is disabled; one that was unlinked leads nowhere. */
function shownFor(link: Link, face: Face): Face {
  if (link.state === 'unlinked') return looseFace(face);
  if (link.state === 'gone') return disabledFace(face, link.reason ?? '');
  return link.state === 'hidden' ? { ...face, status: 'disconnected' } : face;
}

function writtenBy(account: Account, link: Link): string {
  return account.user === link.creator ? 'Card updated' : `Card updated with the token of ${account.person.name}, because its creator's no longer works`;
}
