import { TandemError } from '../errors.ts';
import type { Store } from './store.ts';

/**
 * Opens the store that `TANDEM_STORE` names: `sqlite:<file>` (`sqlite::memory:` for one that is forgotten) or `mongodb://…` / `mongodb+srv://…` with a database name.
 * Tables and indexes are made where they are missing; a file of a newer Tandem is refused. Only the engine that is asked for is loaded.
 */
export async function openStore(url: string): Promise<Store> {
  if (url.startsWith('sqlite:')) {
    const path = url.slice('sqlite:'.length);
    if (path) return (await import('./sqlite/index.ts')).openSqlite(path);
  }
  if (/^mongodb(\+srv)?:\/\//.test(url)) return (await import('./mongo/index.ts')).openMongo(url);
  throw new TandemError('invalid_input', 'TANDEM_STORE names no store. Use sqlite:./tandem.db, or mongodb://host/database.');
}
