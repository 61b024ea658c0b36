import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';

const DAY = 24 * 3_600_000;
const HOUR = 3_600_000;

/** Forgets deliveries after 7 days and journal lines after 90, once an hour. Answers the function that stops it. */
export function keepPruned(store: Store, log: Log, now: () => number): () => void {
  const prune = async (): Promise<void> => {
    const deliveries = await store.deliveries.prune(now() - 7 * DAY);
    const journal = await store.journal.prune(now() - 90 * DAY);
    if (deliveries + journal > 0) log.info({ deliveries, journal }, 'pruned');
  };
  const run = (): void => void prune().catch((error: unknown) => log.error({ err: error }, 'prune failed'));
  const timer = setInterval(run, HOUR).unref();
  return () => clearInterval(timer);
}
