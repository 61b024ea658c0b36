import type { Store } from '../store.ts';
import { accounts } from './accounts.ts';
import { backlinks } from './backlinks.ts';
import { groupCommit } from './commit.ts';
import { connections } from './connections.ts';
import { deliveries } from './deliveries.ts';
import { openDatabase, type Database } from './driver.ts';
import { grants } from './grants.ts';
import { integrations } from './integrations.ts';
import { items } from './items.ts';
import { journal } from './journal.ts';
import { lanes } from './lanes.ts';
import { links } from './links.ts';
import { pairs } from './pairs.ts';
import { migrate } from './schema.ts';
import { tasks } from './tasks.ts';
import { watches } from './watches.ts';

/** Opens the store in a SQLite file, made when it is missing; `:memory:` forgets everything on close. Several processes of one machine may share a file. */
export async function openSqlite(path: string): Promise<Store> {
  const db = await openDatabase(path);
  try {
    return sqliteStore(db);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The store on an open connection, which it closes with itself. */
export function sqliteStore(db: Database): Store {
  migrate(db);
  const { write, soon, idle } = groupCommit(db);
  return {
    accounts: accounts(db, write),
    grants: grants(db, write),
    links: links(db, write),
    pairs: pairs(db, write),
    integrations: integrations(db, write),
    connections: connections(db, write),
    items: items(db, { write, soon }),
    watches: watches(db, write),
    backlinks: backlinks(db, write),
    deliveries: deliveries(db, write),
    lanes: lanes(db, soon),
    tasks: tasks(db, { write, soon }),
    journal: journal(db, { write, soon }),
    async ping() {
      db.get('SELECT 1');
    },
    async close() {
      await idle();
      db.close();
    },
  };
}
