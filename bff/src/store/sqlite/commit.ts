import type { Database } from './driver.ts';

/** Writes that share commits. */
export interface Writer {
  /** Runs the work in the commit of this event-loop turn; resolves with its result once that is on the disk. What the work throws undoes and rejects this work alone. */
  readonly write: <T>(work: () => T) => Promise<T>;
  /** The same, resolved when it is committed: for what comes right by itself if a power cut takes it back. It never outlives a write that came before it. */
  readonly soon: <T>(work: () => T) => Promise<T>;
  /** Commits what is waiting; resolves when no commit waits for the disk any more. */
  readonly idle: () => Promise<void>;
}

interface Job {
  /** Runs inside the transaction; answers what to do once it is committed. Throws what the work throws. */
  attempt(): Settled;
  /** The same; what the work throws undoes this work alone, and is told with the others. */
  attemptAlone(): Settled;
  reject(error: unknown): void;
}

interface Settled {
  /** whether it waits for the disk */
  readonly durable: boolean;
  tell(): void;
  reject(error: unknown): void;
}

/** So many commits make the log long enough to be moved into the file, which costs a thread and the disk some 60 ms: a hundred megabytes or so, that a start after a crash reads in a tenth of a second. */
const LONG = 4000;

/**
 * Group commit: all writes of one event-loop turn share one commit and its sync, without a timer and without waiting when there is only one; those that come while the disk is busy, and would wait for its next sync anyhow, share the commit before that.
 * The loop itself never waits for the disk.
 */
export function groupCommit(db: Database): Writer {
  let jobs: Job[] = [];
  let flushing: NodeJS.Immediate | undefined;
  let waiting: Settled[] = [];
  let syncing: Promise<void> | undefined;
  let moving: Promise<void> | undefined;
  let commits = 0;

  function flush(): void {
    clearImmediate(flushing);
    flushing = undefined;
    const batch = jobs;
    jobs = [];
    if (batch.length === 0) return;
    try {
      for (const job of commit(db, batch)) {
        if (job.durable) waiting.push(job);
        else job.tell();
      }
    } catch (error) {
      for (const job of batch) job.reject(error);
    }
    if (waiting.length > 0) syncing ??= sync();
    commits += 1;
    if (commits >= LONG && !moving) move();
  }

  function move(): void {
    commits = 0;
    moving = db.checkpoint().finally(() => {
      moving = undefined;
    });
  }

  async function sync(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await db.sync();
        for (const job of batch) job.tell();
      } catch (error) {
        for (const job of batch) job.reject(error);
      }
      flush();
    }
    syncing = undefined;
  }

  const join = <T>(work: () => T, durable: boolean): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (!durable || !syncing) flushing ??= setImmediate(flush);
      const done = (result: T): Settled => ({ durable, tell: () => resolve(result), reject });
      jobs.push({
        attempt: () => done(work()),
        attemptAlone() {
          try {
            return done(savepoint(db, work));
          } catch (error) {
            // A full disk or an I/O error ends the whole transaction, and with it everybody's work.
            if (!db.inTransaction) throw error;
            return { durable: false, tell: () => reject(error), reject };
          }
        },
        reject,
      });
    });

  return {
    write: (work) => join(work, true),
    soon: (work) => join(work, false),
    async idle() {
      flush();
      await Promise.all([syncing, moving]);
    },
  };
}

/** Hardly any work throws, and most commits cost less without savepoints; where one did, nothing has happened yet, and all of them are run once more, apart from each other. */
function commit(db: Database, batch: readonly Job[]): Settled[] {
  let threw = false;
  try {
    return transaction(db, () => {
      try {
        return batch.map((job) => job.attempt());
      } catch (error) {
        threw = db.inTransaction;
        throw error;
      }
    });
  } catch (error) {
    if (!threw) throw error;
    return transaction(db, () => batch.map((job) => job.attemptAlone()));
  }
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
