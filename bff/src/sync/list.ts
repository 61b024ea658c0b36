import type { Deps } from '../deps.ts';
import type { Listing } from './listing.ts';
import type { Run } from './runs.ts';

/** The handler of `list:<watch>`: something at the place changed and nobody said what, so it is listed as a whole; where nobody may list it, every linked item is looked at. */
export function lister(deps: Pick<Deps, 'store'>, listing: Listing): (id: string, run: Run) => Promise<void> {
  return async (id, run) => {
    const watch = await deps.store.watches.get(id);
    if (!watch || watch.mode === 'removed') return;
    const linked = await listing.linked(watch);
    if (!(await listing.run(watch, linked, { all: true, told: true }, run))) await listing.each(watch, linked, run);
  };
}
