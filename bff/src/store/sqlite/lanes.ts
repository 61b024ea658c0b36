import { freshMark } from '../fresh.ts';
import type { Lane, Lanes } from '../store.ts';
import type { Writer } from './commit.ts';
import { present, type Database, type Row } from './driver.ts';

/** Lanes and their leases in SQLite: every verb is one transaction that holds the file's only write lock, so leases are exclusive across processes. */
export function lanes(db: Database, write: Writer['write']): Lanes {
  return {
    lease: (owner, now, until, limit) =>
      write(() =>
        db
          // Lanes that are ours already come last, or they would take the places of those that wait.
          .all<Row<Lane>>(
            `SELECT * FROM lanes WHERE wake <= ? AND coalesce(blockedUntil <= ?, 1) AND (owner IS NULL OR until <= ? OR owner = ?)
             ORDER BY owner IS ?, wake LIMIT ?`,
            now, now, now, owner, owner, limit,
          )
          .map((row) => {
            db.run('UPDATE lanes SET owner = ?, until = ? WHERE id = ?', owner, until, row.id);
            return { lane: { ...present(row), owner, until }, clean: row.owner === null };
          }),
      ),
    renew: (owner, ids, until) => write(() => ids.filter((id) => db.run('UPDATE lanes SET until = ? WHERE id = ? AND owner = ?', until, id, owner) === 1)),
    release: (owner, id, clean = true) =>
      write(
        () =>
          void db.run(
            'UPDATE lanes SET owner = ?, until = ?, wake = (SELECT min(due) FROM tasks WHERE dead = 0 AND lane = lanes.id) WHERE id = ? AND owner = ?',
            clean ? null : owner, clean ? null : 0, id, owner,
          ),
      ),
    block: (id, until) =>
      write(
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
    heal: () =>
      write(() => {
        db.run(
          `INSERT INTO lanes (id, wake, touched) SELECT lane, min(due), ? FROM tasks WHERE dead = 0 GROUP BY lane ON CONFLICT DO UPDATE SET wake = excluded.wake`,
          freshMark(),
        );
        db.run('UPDATE lanes SET wake = NULL WHERE wake IS NOT NULL AND NOT EXISTS (SELECT 1 FROM tasks WHERE dead = 0 AND lane = lanes.id)');
      }),
  };
}
