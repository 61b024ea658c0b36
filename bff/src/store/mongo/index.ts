import type { Connection } from 'mongoose';
import { TandemError } from '../../errors.ts';
import type { Store } from '../store.ts';
import { accounts } from './accounts.ts';
import { backlinks } from './backlinks.ts';
import { connect, guarded, outage } from './connection.ts';
import { connections } from './connections.ts';
import { deliveries } from './deliveries.ts';
import { migrate } from './format.ts';
import { grants } from './grants.ts';
import { integrations } from './integrations.ts';
import { items } from './items.ts';
import { journal } from './journal.ts';
import { lanes } from './lanes.ts';
import { links } from './links.ts';
import { marks } from './marks.ts';
import { pairs } from './pairs.ts';
import { queue } from './queue.ts';
import { tasks } from './tasks.ts';
import { watches } from './watches.ts';

/** Opens the store in the MongoDB database that the URL names (6 or newer, a replica set or Atlas); any number of processes may share it. */
export async function openMongo(url: string): Promise<Store> {
  const connection = await connect(url);
  try {
    return await mongoStore(connection);
  } catch (error) {
    await connection.close();
    throw outage(error);
  }
}

/** The store on an open connection, which it closes with itself. First the database is brought up to this version's format, and indexes that are missing are made. */
export async function mongoStore(connection: Connection): Promise<Store> {
  await migrate(connection);
  const collections = queue(connection);
  const marking = marks(collections);
  const underWay = new Set<Promise<unknown>>();
  const part = <P extends object>(verbs: P): P => guarded(verbs, underWay);
  const store: Store = {
    accounts: part(accounts(connection)),
    grants: part(grants(connection)),
    links: part(links(connection)),
    pairs: part(pairs(connection)),
    integrations: part(integrations(connection)),
    connections: part(connections(connection)),
    items: part(items(connection)),
    watches: part(watches(connection)),
    backlinks: part(backlinks(connection)),
    deliveries: part(deliveries(collections, marking)),
    lanes: part(lanes(collections)),
    tasks: part(tasks(collections, marking)),
    journal: part(journal(connection)),
    async ping() {
      if (!connection.db) throw new TandemError('unavailable', 'Tandem is stopping. Try again in a moment.');
      await connection.db.command({ ping: 1 });
    },
    async close() {
      await Promise.allSettled(underWay);
      await connection.close();
    },
  };
  await Promise.all(Object.values(connection.models).map((model) => model.createIndexes()));
  return store;
}
