import type { Journal, JournalLine } from '../store.ts';
import type { Writer } from './commit.ts';
import { present, type Database } from './driver.ts';
import { pruned } from './prune.ts';

/** The history of links in SQLite. */
export function journal(db: Database, { write, soon }: Pick<Writer, 'write' | 'soon'>): Journal {
  return {
    add: (lines) =>
      soon(() => {
        for (const { link, at, cause, event, text } of lines) {
          db.run('INSERT INTO journal (link, at, cause, event, text) VALUES (?, ?, ?, ?, ?)', link, at, cause, event, text);
        }
      }),
    byLink: async (link, limit) => db.all<JournalLine>('SELECT link, at, cause, event, text FROM journal WHERE link = ? ORDER BY at DESC, id DESC LIMIT ?', link, limit).map(present),
    prune: (before) => pruned(db, write, 'journal', before),
  };
}
