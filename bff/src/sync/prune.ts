import type { Deps } from '../deps.ts';
import type { NewTask } from '../store/store.ts';
import { looseEnds, markedAround } from './follow.ts';
import { letGo } from './unpair.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Links that are forgotten at a time. */
const MOST = 200;

/** Forgets deliveries after 7 days, journal lines after 90, links and pairs whose item was deleted 7 days ago or whose card 30 days ago, once an hour. Answers the function that stops it. */
export function keepPruned({ store, log, now, timers }: Pick<Deps, 'store' | 'log' | 'now' | 'timers'>, mark: (tasks: readonly NewTask[]) => Promise<void>): () => void {
  const prune = async (): Promise<void> => {
    const deliveries = await store.deliveries.prune(now() - 7 * DAY);
    const journal = await store.journal.prune(now() - 90 * DAY);
    const links = [...(await store.links.lost('gone', now() - 7 * DAY, MOST)), ...(await store.links.lost('removed', now() - 30 * DAY, MOST))];
    for (const link of links) {
      await markedAround({ now }, mark, await looseEnds({ store, now }, link, 'prune'), () => store.links.remove(link.id));
    }
    const pairs = await store.pairs.lost(now() - 7 * DAY, MOST);
    for (const pair of pairs) await letGo({ store, now }, mark, pair, 'prune');
    if (deliveries + journal + links.length + pairs.length > 0) log.info({ deliveries, journal, links: links.length, pairs: pairs.length }, 'pruned');
  };
  const run = (): void => void prune().catch((error: unknown) => log.error({ err: error }, 'prune failed'));
  return timers.every(HOUR, run);
}
