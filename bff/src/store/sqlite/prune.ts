import type { Writer } from './commit.ts';
import type { Database } from './driver.ts';

/** Deletes rows older than `before`, a few thousand per commit, so that nobody waits long behind it; answers how many. */
export async function pruned(db: Database, write: Writer['write'], table: 'deliveries' | 'journal', before: number, step = 2000): Promise<number> {
  let total = 0;
  for (;;) {
    const gone = await write(() => db.run(`DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE at < ? LIMIT ?)`, before, step));
    total += gone;
    if (gone < step) return total;
  }
}
