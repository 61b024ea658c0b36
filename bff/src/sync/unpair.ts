import { parseRef } from '@tandem/shared/ref';
import type { Deps } from '../deps.ts';
import type { NewTask, Pair } from '../store/store.ts';
import { itemEnds, markedAround } from './follow.ts';

/** Lets go of a pair: both items stay as they are, and are forgotten where nothing else follows them. */
export async function letGo(deps: Pick<Deps, 'store' | 'now'>, mark: (tasks: readonly NewTask[]) => Promise<void>, pair: Pair, cause: string): Promise<void> {
  const refs = [pair.leftRef, pair.rightRef].flatMap((printed) => parseRef(printed) ?? []);
  const ends = (await Promise.all(refs.map((ref) => itemEnds(deps, pair.team, ref, cause)))).flat();
  await markedAround(deps, mark, ends, () => deps.store.pairs.remove(pair.id));
  await deps.store.journal.add([{ link: pair.id, at: deps.now(), cause, event: 'unlinked', text: 'Unlinked' }]);
}
