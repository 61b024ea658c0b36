import type { Deps } from '../deps.ts';
import type { Task } from '../store/store.ts';
import { splitKey } from './keys.ts';
import type { Verdict } from './retry.ts';

/** Says where people look what became of a task that failed: a card that cannot be written carries the reason, and its journal a line for the first failure and the last. */
export function onFailure(deps: Deps): (task: Task, verdict: Verdict) => Promise<void> {
  const { store, now } = deps;
  return async (task, verdict) => {
    const { kind, id } = splitKey(task.key);
    if (kind !== 'apply') return;
    const line = (event: string, text: string): Promise<void> => store.journal.add([{ link: id, at: now(), cause: task.cause, event, text }]);
    if (verdict.kind === 'retry') {
      if (task.attempts === 0) await line('retry', verdict.error);
      return;
    }
    await store.links.change(id, { state: 'unreachable', reason: verdict.reason });
    await line('dead', verdict.reason);
  };
}
