import type { Lanes, Store } from '@tandem/bff/store/store';
import type { Bug } from './host.ts';

/** Later than anything in a world. */
const FAR = 1e15;

function lanes(change: (real: Lanes) => Partial<Lanes>): (store: Store) => Store {
  return (store) => ({ ...parts(store), lanes: over(store.lanes, change(store.lanes)) });
}

/** The verbs of a part, some of them replaced. */
function over<P extends object>(real: P, some: Partial<P>): P {
  return new Proxy(real, { get: (target, key) => Reflect.get(key in some ? some : target, key) as unknown });
}

function parts(store: Store): Store {
  const { accounts, grants, links, items, watches, backlinks, pairs, integrations, connections, deliveries, tasks, journal } = store;
  return { accounts, grants, links, items, watches, backlinks, pairs, integrations, connections, deliveries, lanes: store.lanes, tasks, journal, ping: () => store.ping(), close: () => store.close() };
}

/** Six mistakes that an engine like ours can make. Each of them must be noticed. */
export const BUGS: readonly Bug[] = [
  {
    name: 'no lane lease',
    shown: 1,
    // Whoever asks gets every lane, and keeps it.
    store: lanes((real) => ({
      lease: async (owner, now, until, limit) => (await real.lease(owner, FAR, until, limit)).filter(({ lane }) => (lane.wake ?? FAR) <= now && (lane.blockedUntil ?? 0) <= now).map(({ lane }) => ({ lane, clean: true })),
      renew: async (_owner, ids) => [...ids],
    })),
  },
  {
    name: 'a key that is marked while it runs is done with that run',
    shown: 120,
    store: (store) => ({ ...parts(store), tasks: over(store.tasks, { complete: (key) => store.tasks.drop(key) }) }),
  },
  {
    name: 'what was sent is trusted after a time-out',
    shown: 4,
    handlers: (real) => ({ ...real, apply: (id, run) => real.apply(id, { ...run, trusted: true }) }),
  },
  {
    name: 'a stale read is stored',
    shown: 1,
    store: (store) => ({ ...parts(store), items: over(store.items, { swap: async (team, ref, _rev, item) => store.items.swap(team, ref, (await store.items.get(team, ref))?.rev ?? 0, item) }) }),
  },
  {
    name: 'an item is tried again as a whole, instead of its cards',
    shown: 1,
    handlers: (real, { store }) => ({
      ...real,
      async apply(id, run) {
        const link = await store.links.get(id);
        for (const card of link ? await store.links.byRef(link.team, link.ref) : []) await real.apply(card.id, run);
      },
    }),
  },
  {
    name: 'a webhook is answered before it is committed',
    shown: 1,
    store: (store) => ({
      ...parts(store),
      deliveries: over(store.deliveries, {
        accept: async (delivery, tasks) => {
          store.deliveries.accept(delivery, tasks).catch(() => undefined);
        },
      }),
    }),
  },
];
