import type { Grant, Grants } from '../store.ts';
import type { Writer } from './commit.ts';
import type { Database, Row } from './driver.ts';

/** Grants in SQLite; those that nobody took go when another is taken after their time. */
export function grants(db: Database, write: Writer['write']): Grants {
  return {
    put: (grant) =>
      write(() => void db.run('INSERT OR REPLACE INTO grants (id, kind, data, expiresAt) VALUES (?, ?, ?, ?)', grant.id, grant.kind, grant.data, grant.expiresAt)),
    async get(id, kind, now) {
      const row = db.get<Row<Grant, 'data'>>('SELECT id, kind, data, expiresAt FROM grants WHERE id = ? AND kind = ? AND expiresAt > ?', id, kind, now);
      return row && { ...row, data: JSON.parse(row.data) };
    },
    take: (id, kind, now) =>
      write(() => {
        db.run('DELETE FROM grants WHERE expiresAt <= ?', now);
        const row = db.get<Row<Grant, 'data'>>('DELETE FROM grants WHERE id = ? AND kind = ? RETURNING id, kind, data, expiresAt', id, kind);
        return row && { ...row, data: JSON.parse(row.data) };
      }),
  };
}
