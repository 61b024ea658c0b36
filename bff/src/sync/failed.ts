import type { Deps } from '../deps.ts';
import type { Task } from '../store/store.ts';
import { splitKey } from './keys.ts';
import { changePair, type PairChange } from './pair-change.ts';
import type { Verdict } from './retry.ts';

/** Says where people look what became of a task that failed: a card or pair that cannot be written carries the reason, and its journal a line for the first failure and the last. */
export function onFailure(deps: Deps): (task: Task, verdict: Verdict) => Promise<void> {
  const { store, now } = deps;
  /** Whoever changed it meanwhile has marked it again. */
  const breakPair = async (id: string, broken: PairChange): Promise<void> => {
    const pair = await store.pairs.get(id);
    if (pair) await changePair(store.pairs, pair, broken);
  };
  return async (task, verdict) => {
    const { kind, id } = splitKey(task.key);
    if (kind !== 'apply' && kind !== 'merge') return;
    const line = (event: string, text: string): Promise<void> => store.journal.add([{ link: id, at: now(), cause: task.cause, event, text }]);
    if (verdict.kind === 'retry') {
      if (task.attempts === 0) await line('retry', verdict.error);
      return;
    }
    const broken = { state: 'unreachable', reason: verdict.reason } as const;
    if (kind === 'apply') await store.links.change(id, broken);
    else await breakPair(id, broken);
    await line('dead', verdict.reason);
  };
}
