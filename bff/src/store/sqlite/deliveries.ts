import type { Deliveries, Delivery } from '../store.ts';
import type { Writer } from './commit.ts';
import { present, type Database, type Row } from './driver.ts';
import { pruned } from './prune.ts';
import { markTasks } from './tasks.ts';

/** The log of inbound calls in SQLite. */
export function deliveries(db: Database, write: Writer['write']): Deliveries {
  return {
    accept: (delivery, tasks) =>
      write(() => {
        const { id, watch, at, event, remoteId, outcome } = delivery;
        db.run('INSERT INTO deliveries (id, watch, at, event, remoteId, outcome) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING', id, watch, at, event, remoteId, outcome);
        markTasks(db, tasks, at);
      }),
    byWatch: async (watch, limit) => db.all<Row<Delivery>>('SELECT * FROM deliveries WHERE watch = ? ORDER BY at DESC, rowid DESC LIMIT ?', watch, limit).map(present),
    prune: (before) => pruned(db, write, 'deliveries', before),
  };
}
