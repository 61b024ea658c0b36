import type { Deps } from '../deps.ts';
import type { NewTask, Task } from '../store/store.ts';
import { changeIntegration } from './connection-change.ts';
import { buttonTask, splitKey } from './keys.ts';
import { changePair, type PairChange } from './pair-change.ts';
import type { Verdict } from './retry.ts';

/** Says where people look what became of a task that failed: a card or pair that cannot be written carries the reason, and its journal a line for the first failure and the last. */
export function onFailure(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>): (task: Task, verdict: Verdict) => Promise<void> {
  const { store, now } = deps;
  /** Whoever changed it meanwhile has marked it again. */
  const breakPair = async (id: string, broken: PairChange, cause: string): Promise<void> => {
    const pair = await store.pairs.get(id);
    if (pair && (await changePair(store.pairs, pair, broken))) await mark(buttonTask(pair, now(), cause));
  };
  return async (task, verdict) => {
    const { kind, id } = splitKey(task.key);
    if (kind === 'integrate') {
      const integration = await store.integrations.get(id);
      const reason = verdict.kind === 'retry' ? verdict.error : verdict.reason;
      if (integration && integration.reason !== reason) await changeIntegration(store.integrations, integration, { reason });
      return;
    }
    if (kind !== 'apply' && kind !== 'merge') return;
    const line = (event: string, text: string): Promise<void> => store.journal.add([{ link: id, at: now(), cause: task.cause, event, text }]);
    if (verdict.kind === 'retry') {
      if (!task.error) await line('retry', verdict.error);
      return;
    }
    const broken = { state: 'unreachable', reason: verdict.reason } as const;
    if (kind === 'apply') await store.links.change(id, broken);
    else await breakPair(id, broken, task.cause);
    await line('dead', verdict.reason);
  };
}
