import { parseRef, printRef } from '@tandem/shared/ref';
import type { Deps } from '../deps.ts';
import type { NewTask } from '../store/store.ts';
import { observeTask } from './keys.ts';
import { refsAt } from './linked.ts';
import type { Run } from './runs.ts';

/** The handler of `list:<watch>`: something at the place changed and nobody said what, so every linked item there is looked at. */
export function lister(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>): (id: string, run: Run) => Promise<void> {
  return async (id, run) => {
    const watch = await deps.store.watches.get(id);
    if (!watch || watch.mode === 'removed') return;
    const prefix = printRef({ tool: watch.tool, site: watch.site, place: watch.place, id: '' });
    const refs = (await refsAt(deps.store, watch.team, prefix)).map(parseRef);
    await mark(refs.flatMap((ref) => (ref ? [observeTask(watch.team, ref, deps.now(), run.cause)] : [])));
  };
}
