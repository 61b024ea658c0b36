import { prefixEnd } from '../prefix.ts';
import type { Link, Links } from '../store.ts';
import type { Writer } from './commit.ts';
import { present, type Database, type Row } from './driver.ts';

/** Links in SQLite. */
export function links(db: Database, write: Writer['write']): Links {
  const select = (where: string, ...values: string[]): Link[] => db.all<Row<Link>>(`SELECT * FROM links WHERE ${where}`, ...values).map(present);
  const byCard = (team: string, board: string, card: string): Link | undefined => select('team = ? AND board = ? AND card = ?', team, board, card)[0];

  return {
    create: (link) =>
      write(() => {
        const existing = byCard(link.team, link.board, link.card);
        if (existing) return { link: existing, created: false };
        db.run(
          `INSERT INTO links (id, team, ref, board, card, creator, reader, state, reason, sent, shown, syncedAt, createdAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          link.id, link.team, link.ref, link.board, link.card, link.creator, link.reader, link.state, link.reason, link.sent, link.shown, link.syncedAt, link.createdAt,
        );
        return { link, created: true };
      }),
    get: async (id) => select('id = ?', id)[0],
    byCard: async (team, board, card) => byCard(team, board, card),
    byRef: async (team, ref) => select('team = ? AND ref = ?', team, ref),
    byBoard: async (team, board) => select('team = ? AND board = ?', team, board),
    refsAt: async (team, refPrefix) =>
      db.all<{ ref: string }>('SELECT DISTINCT ref FROM links WHERE team = ? AND ref >= ? AND ref < ?', team, refPrefix, prefixEnd(refPrefix)).map((row) => row.ref),
    change: (id, change) =>
      write(
        () =>
          db.run(
            `UPDATE links SET reader = coalesce(?, reader), creator = coalesce(?, creator), state = coalesce(?, state), sent = coalesce(?, sent), shown = coalesce(?, shown),
               syncedAt = coalesce(?, syncedAt), reason = iif(?, ?, reason) WHERE id = ?`,
            change.reader, change.creator, change.state, change.sent, change.shown, change.syncedAt, change.reason !== undefined, change.reason, id,
          ) === 1,
      ),
    remove: (id) => write(() => void db.run('DELETE FROM links WHERE id = ?', id)),
  };
}
