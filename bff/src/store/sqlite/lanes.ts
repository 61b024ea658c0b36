import { freshMark } from '../fresh.ts';
import type { Lane, Lanes } from '../store.ts';
import type { Writer } from './commit.ts';
import { present, type Database, type Row } from './driver.ts';

/** Lanes and their leases in SQLite: every verb is one transaction that holds the file's only write lock, so leases are exclusive across processes. */
export function lanes(db: Database, soon: Writer['soon']): Lanes {
  return {
    lease: (owner, now, until, limit, held = []) =>
      soon(() => {
        const waiting = (whose: string, by: readonly (string | number)[], most: number): Row<Lane>[] =>
          db.all(
            `SELECT * FROM lanes WHERE wake <= ? AND coalesce(blockedUntil <= ?, 1) AND ${whose} AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY wake LIMIT ?`,
            now, now, ...by, held, most,
          );
        // Lanes that are ours already come last, or they would take the places of those that wait.
        const free = waiting('(owner IS NULL OR (owner <> ? AND until <= ?))', [owner, now], limit);
        const seen = free.length < limit ? [...free, ...waiting('owner = ?', [owner], limit - free.length)] : free;
        return seen.map((row) => {
          db.run('UPDATE lanes SET owner = ?, until = ? WHERE id = ?', owner, until, row.id);
          return { lane: { ...present(row), owner, until }, clean: row.owner === null };
        });
      }),
    renew: (owner, ids, until) => soon(() => ids.filter((id) => db.run('UPDATE lanes SET until = ? WHERE id = ? AND owner = ?', until, id, owner) === 1)),
    release: (owner, id) =>
      soon(() => void db.run('UPDATE lanes SET owner = NULL, until = NULL, wake = (SELECT min(due) FROM tasks WHERE dead = 0 AND lane = lanes.id) WHERE id = ? AND owner = ?', id, owner)),
    block: (id, until) =>
      soon(
        () =>
          void db.run(
            `INSERT INTO lanes (id, blockedUntil, touched) VALUES (?, ?, ?)
             ON CONFLICT DO UPDATE SET blockedUntil = max(coalesce(blockedUntil, excluded.blockedUntil), excluded.blockedUntil)`,
            id, until, freshMark(),
          ),
      ),
    async get(id) {
      const row = db.get<Row<Lane>>('SELECT * FROM lanes WHERE id = ?', id);
      return row && present(row);
    },
    async nextWake(owner) {
      const row = db.get<{ at: number | null }>('SELECT min(max(wake, coalesce(blockedUntil, wake), iif(owner <> ?, until, wake))) AS at FROM lanes WHERE wake IS NOT NULL', owner);
      return row?.at ?? undefined;
    },
    // Marks and lanes are one commit here: only a power cut, and so a start, can find them apart.
    heal: async (starting) => {
      if (!starting) return;
      await soon(() => {
        db.run(
          `INSERT INTO lanes (id, wake, touched) SELECT lane, min(due), ? FROM tasks WHERE dead = 0 GROUP BY lane ON CONFLICT DO UPDATE SET wake = excluded.wake`,
          freshMark(),
        );
        // A power cut may have taken back the lease of whoever was at work in it, together with what it wrote down of its work.
        db.run(`UPDATE lanes SET owner = '', until = 0 WHERE wake IS NOT NULL AND owner IS NULL`);
        db.run('UPDATE lanes SET wake = NULL WHERE wake IS NOT NULL AND NOT EXISTS (SELECT 1 FROM tasks WHERE dead = 0 AND lane = lanes.id)');
      });
    },
  };
}
