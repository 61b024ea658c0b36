import { firstVersion } from '../fresh.ts';
import type { Items } from '../store.ts';
import type { Writer } from './commit.ts';
import type { Database } from './driver.ts';

/** Last observed items in SQLite, each as one JSON text. */
export function items(db: Database, { write, soon }: Pick<Writer, 'write' | 'soon'>): Items {
  return {
    async get(team, ref) {
      const row = db.get<{ item: string; rev: number }>('SELECT item, rev FROM items WHERE team = ? AND ref = ?', team, ref);
      return row && { item: JSON.parse(row.item), rev: row.rev };
    },
    swap: (team, ref, rev, item) =>
      soon(() => {
        const changed =
          rev === 0
            ? db.run('INSERT INTO items (team, ref, rev, item) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING', team, ref, firstVersion(), item)
            : db.run('UPDATE items SET rev = rev + 1, item = ? WHERE team = ? AND ref = ? AND rev = ?', item, team, ref, rev);
        return changed === 1;
      }),
    byAlias: async (team, alias) => db.get<{ ref: string }>('SELECT ref FROM items WHERE team = ? AND alias = ? LIMIT 1', team, alias)?.ref,
    remove: (team, ref) => write(() => void db.run('DELETE FROM items WHERE team = ? AND ref = ?', team, ref)),
  };
}
