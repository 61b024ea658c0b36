import type { Database } from './driver.ts';

/** Writes that share commits. */
export interface Writer {
  /** Runs the work in the commit of this event-loop turn; resolves with its result once that is durable. What the work throws undoes and rejects this work alone. */
  readonly write: <T>(work: () => T) => Promise<T>;
  /** Commits what is waiting now. */
  readonly flush: () => void;
}

interface Job {
  /** Runs inside the transaction; answers what to do once it is committed. */
  attempt(): () => void;
  reject(error: unknown): void;
}

/** Group commit: a sync costs the same for one write as for hundreds, so all writes of one turn share one, without a timer and without waiting when there is only one. */
export function groupCommit(db: Database): Writer {
  let jobs: Job[] = [];

  function flush(): void {
    const batch = jobs;
    jobs = [];
    if (batch.length === 0) return;
    let settle: (() => void)[];
    try {
      settle = transaction(db, () => batch.map((job) => job.attempt()));
    } catch (error) {
      settle = batch.map((job) => () => job.reject(error));
    }
    for (const tell of settle) tell();
  }

  return {
    write: <T>(work: () => T) =>
      new Promise<T>((resolve, reject) => {
        if (jobs.length === 0) setImmediate(flush);
        jobs.push({
          attempt() {
            try {
              const result = savepoint(db, work);
              return () => resolve(result);
            } catch (error) {
              // A full disk or an I/O error ends the whole transaction, and with it everybody's work.
              if (!db.inTransaction) throw error;
              return () => reject(error);
            }
          },
          reject,
        });
      }),
    flush,
  };
}

/** Runs the work in one transaction that has the write lock from its beginning. */
export function transaction<T>(db: Database, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function savepoint<T>(db: Database, work: () => T): T {
  db.run('SAVEPOINT work');
  try {
    const result = work();
    db.run('RELEASE work');
    return result;
  } catch (error) {
    if (db.inTransaction) {
      db.run('ROLLBACK TO work');
      db.run('RELEASE work');
    }
    throw error;
  }
}
