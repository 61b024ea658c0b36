import type { Backlink, Backlinks } from '../store.ts';
import type { Writer } from './commit.ts';
import type { Database } from './driver.ts';

const KEY = 'team = ? AND ref = ? AND board = ?';

/** Backlinks in SQLite. */
export function backlinks(db: Database, write: Writer['write']): Backlinks {
  return {
    get: async (team, ref, board) => db.get<Backlink>(`SELECT * FROM backlinks WHERE ${KEY}`, team, ref, board),
    put: ({ team, ref, board, card, user, remoteId }) =>
      write(() => void db.run('INSERT OR REPLACE INTO backlinks (team, ref, board, card, user, remoteId) VALUES (?, ?, ?, ?, ?, ?)', team, ref, board, card, user, remoteId)),
    remove: (team, ref, board) => write(() => void db.run(`DELETE FROM backlinks WHERE ${KEY}`, team, ref, board)),
  };
}
