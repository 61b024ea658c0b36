import { prefixEnd } from '../prefix.ts';
import type { Link, Links } from '../store.ts';
import type { Writer } from './commit.ts';
import { present, type Database, type Row } from './driver.ts';

const CHANGEABLE = ['reader', 'creator', 'state', 'sent', 'shown', 'syncedAt', 'reason', 'lostAt'] as const;

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
          `INSERT INTO links (id, team, ref, board, card, creator, reader, state, reason, lostAt, sent, shown, syncedAt, createdAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          link.id, link.team, link.ref, link.board, link.card, link.creator, link.reader, link.state, link.reason, link.lostAt, link.sent, link.shown, link.syncedAt, link.createdAt,
        );
        return { link, created: true };
      }),
    get: async (id) => select('id = ?', id)[0],
    byCard: async (team, board, card) => byCard(team, board, card),
    byRef: async (team, ref) => select(`team = ? AND ref = ? AND state NOT IN ('removed', 'unlinked')`, team, ref),
    byBoard: async (team, board) => select('team = ? AND board = ?', team, board),
    refsAt: async (team, refPrefix) =>
      db.all<{ ref: string }>(`SELECT DISTINCT ref FROM links WHERE team = ? AND ref >= ? AND ref < ? AND state NOT IN ('removed', 'unlinked')`, team, refPrefix, prefixEnd(refPrefix)).map((row) => row.ref),
    change: (id, change) =>
      write(() => {
        const given = CHANGEABLE.filter((field) => change[field] !== undefined);
        db.run(`UPDATE links SET ${['id = id', ...given.map((field) => `${field} = ?`)].join(', ')} WHERE id = ? AND state <> 'unlinked'`, ...given.map((field) => change[field]), id);
      }),
    remove: (id) => write(() => void db.run('DELETE FROM links WHERE id = ?', id)),
    lost: async (state, before, limit) => db.all<Row<Link>>('SELECT * FROM links WHERE state = ? AND lostAt < ? ORDER BY lostAt LIMIT ?', state, before, limit).map(present),
  };
}
