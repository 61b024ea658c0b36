import { TandemError } from '@tandem/bff/errors';
import { openDatabase, type Database } from '@tandem/bff/store/sqlite/driver';
import { sqliteStore } from '@tandem/bff/store/sqlite/index';
import type { Store } from '@tandem/bff/store/store';

/** A store as one process has it open. */
export interface Opened {
  readonly store: Store;
  /** Runs a verb while something is wrong with the store: `fault` is one of the storage's. */
  under<T>(fault: string, verb: () => Promise<T>): Promise<T>;
  /** As the end of the process leaves it: what was not committed is not. */
  abandon(): Promise<void>;
}

/** The store that the processes of a world share. */
export interface Storage {
  /** what may go wrong with a verb: with one that writes, with one that reads */
  readonly faults: { readonly write: readonly string[]; readonly read: readonly string[] };
  /** several verbs of one process may take one turn */
  readonly together: boolean;
  open(name: string): Promise<Opened>;
  /** as the checker sees it, whatever the weather */
  readonly seen: Store;
  end(): Promise<void>;
}

/** Where in a commit each fault strikes, and what the engine says. */
const FAULTS = {
  busy: { at: 'BEGIN IMMEDIATE', says: 'database is locked' },
  'disk full': { at: 'COMMIT', says: 'database or disk is full' },
  'not synced': { at: 'sync', says: 'EIO: i/o error, fdatasync' },
} as const;

/**
 * SQLite in memory. All processes of a world share the one connection, each with commits of its own: a transaction begins and ends within one turn of the event loop, so that no two are ever open together, and whoever dies leaves nothing half done.
 */
export async function sqliteStorage(): Promise<Storage> {
  const shared = await openDatabase(':memory:');
  const seen = sqliteStore(shared);

  return {
    faults: { write: Object.keys(FAULTS), read: [] },
    together: true,
    seen,
    async open() {
      let fault: string | undefined;
      return {
        store: sqliteStore(failing(shared, () => fault)),
        async under(what, verb) {
          fault = what;
          try {
            return await verb();
          } finally {
            fault = undefined;
          }
        },
        abandon: async () => undefined,
      };
    },
    end: () => seen.close(),
  };
}

/** The connection on a disk that fails at times: before anything is written, at the commit, or after it. */
function failing(db: Database, fault: () => string | undefined): Database {
  const strike = (at: string): void => {
    const found = Object.entries(FAULTS).find(([name, one]) => name === fault() && one.at === at)?.[1];
    if (!found) return;
    if (db.inTransaction) db.exec('ROLLBACK');
    throw new TandemError('unavailable', 'The database file cannot be used right now.', { cause: new Error(found.says) });
  };
  return {
    all: db.all,
    get: db.get,
    run: db.run,
    exec(sql) {
      strike(sql);
      db.exec(sql);
    },
    async sync() {
      strike('sync');
    },
    checkpoint: () => db.checkpoint(),
    get inTransaction() {
      return db.inTransaction;
    },
    close: () => undefined,
  };
}
