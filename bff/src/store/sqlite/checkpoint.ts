import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { Engine } from './driver.ts';

/**
 * Moves the write-ahead log of a database into its file, on a thread and a connection that live for that alone: it writes much and syncs twice, and every request would wait for it.
 * It holds up no writer, and leaves to the next time what is written meanwhile (https://www.sqlite.org/pragma.html#pragma_wal_checkpoint, PASSIVE). Rejects when the disk does.
 */
export function checkpoint(path: string, engine: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(`(${move.toString()})()`, { eval: true, workerData: { path, engine: createRequire(import.meta.url).resolve(engine) } });
    thread.once('error', reject);
    thread.once('exit', () => resolve());
  });
}

/** Runs as a script of its own, so that it needs no file beside this one: nothing around it is there. */
function move(): void {
  const { workerData } = process.getBuiltinModule('node:worker_threads') as { workerData: { path: string; engine: string } };
  const { DatabaseSync } = process.getBuiltinModule('node:module').createRequire(workerData.path)(workerData.engine) as Engine;
  const db = new DatabaseSync(workerData.path);
  try {
    db.exec('PRAGMA synchronous = NORMAL');
    db.exec('PRAGMA wal_checkpoint(PASSIVE)');
  } finally {
    db.close();
  }
}
