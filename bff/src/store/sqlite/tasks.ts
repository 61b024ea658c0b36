import { fairShare } from '../fair.ts';
import { freshMark } from '../fresh.ts';
import { prefixEnd } from '../prefix.ts';
import type { NewTask, Task, Tasks } from '../store.ts';
import type { Writer } from './commit.ts';
import { present, type Database, type Row } from './driver.ts';

/** What is due, in SQLite. */
export function tasks(db: Database, { write, soon }: Pick<Writer, 'write' | 'soon'>): Tasks {
  const select = (rest: string, ...values: (string | number | readonly string[])[]): Task[] => db.all<Stored>(`SELECT * FROM tasks ${rest}`, ...values).map(task);

  return {
    mark: (marked, now) => write(() => markTasks(db, marked, now)),
    due: (lane, now, limit, max, never = []) =>
      fairShare(limit, max, never, (count, without) =>
        // Most questions leave out nothing, and cost half without the list.
        without.length === 0
          ? select('WHERE dead = 0 AND lane = ? AND due <= ? ORDER BY due, "group" LIMIT ?', lane, now, count)
          : select('WHERE dead = 0 AND lane = ? AND due <= ? AND "group" NOT IN (SELECT value FROM json_each(?)) ORDER BY due, "group" LIMIT ?', lane, now, without, count),
      ),
    complete: (key, mark) => soon(() => void db.run('DELETE FROM tasks WHERE key = ? AND mark = ?', key, mark)),
    retry: (key, mark, next) =>
      soon(() => {
        const { attempts, failingSince, error, due } = next;
        db.run('UPDATE tasks SET attempts = ?, failingSince = ?, error = ?, due = iif(mark = ?, ?, due) WHERE key = ?', attempts, failingSince, error, mark, due, key);
      }),
    defer: (key, mark, due) => soon(() => void db.run('UPDATE tasks SET due = ? WHERE key = ? AND mark = ?', due, key, mark)),
    distrust: (lane) => soon(() => void db.run('UPDATE tasks SET attempts = 1, failingSince = NULL, error = NULL WHERE dead = 0 AND lane = ? AND attempts = 0', lane)),
    bury: (key, mark, reason) => soon(() => void db.run('UPDATE tasks SET dead = 1, error = ? WHERE key = ? AND mark = ?', reason, key, mark)),
    get: async (key) => select('WHERE key = ?', key)[0],
    page: async (keyPrefix, after, limit) => select('WHERE key > ? AND key >= ? AND key < ? ORDER BY key LIMIT ?', after, keyPrefix, prefixEnd(keyPrefix), limit),
    dead: async (lanePrefix, limit) => select('WHERE dead = 1 AND lane >= ? AND lane < ? ORDER BY markedAt DESC LIMIT ?', lanePrefix, prefixEnd(lanePrefix), limit),
    revive: (lanePrefix, now, group) =>
      write(() => {
        const revived = db.all<{ lane: string }>(
          `UPDATE tasks SET dead = 0, mark = lower(hex(randomblob(16))), markedAt = ?, due = ?, attempts = 0, failingSince = NULL, error = NULL
           WHERE dead = 1 AND lane >= ? AND lane < ? AND "group" = coalesce(?, "group") RETURNING lane`,
          now, now, lanePrefix, prefixEnd(lanePrefix), group,
        );
        for (const lane of new Set(revived.map((row) => row.lane))) wake(db, lane, now);
        return revived.length;
      }),
    drop: (key) => soon(() => void db.run('DELETE FROM tasks WHERE key = ?', key)),
  };
}

/** Marks inside a write that is already open: `tasks.mark` without its commit. */
export function markTasks(db: Database, marked: readonly NewTask[], now: number): void {
  for (const { key, lane, group, due, cause } of marked) {
    db.run(
      `INSERT INTO tasks (key, lane, "group", due, cause, mark, markedAt) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET lane = excluded.lane, "group" = excluded."group", cause = excluded.cause, mark = excluded.mark, markedAt = excluded.markedAt,
         due = iif(dead, excluded.due, min(due, excluded.due)), attempts = iif(dead, 0, attempts),
         failingSince = iif(dead, NULL, failingSince), error = iif(dead, NULL, error), dead = 0`,
      key, lane, group, due, cause, freshMark(), now,
    );
    wake(db, lane, due);
  }
}

function wake(db: Database, lane: string, due: number): void {
  db.run(
    'INSERT INTO lanes (id, wake, touched) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET wake = min(coalesce(wake, excluded.wake), excluded.wake), touched = excluded.touched',
    lane, due, freshMark(),
  );
}

type Stored = Omit<Row<Task>, 'dead'> & { readonly dead: number };

function task(row: Stored): Task {
  return { ...present(row), dead: row.dead === 1 };
}
