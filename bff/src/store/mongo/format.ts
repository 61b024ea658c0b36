import type { Connection, mongo } from 'mongoose';
import { TandemError } from '../../errors.ts';
import { isDuplicate } from './connection.ts';

/** One step of the format: changes of indexes, fields filled in. A process may die within one, so each is safe to run twice. */
type Step = (db: mongo.Db) => Promise<void>;

/** Forward-only steps; the document `format` counts those that a database has. A step that was released is never edited. Collections come with their first document and indexes with every start (`index.ts`), so the first has nothing to do. */
const STEPS: readonly Step[] = [async () => {}];

interface Format {
  readonly _id: 'format';
  readonly version: number;
  /** a process is bringing the database up, at most until then by the server's clock */
  readonly until?: Date;
}

/** A process that died at it is waited for this long, in seconds. */
const PATIENCE = 60;
/** Those who wait look again after so many milliseconds. */
const LOOK_AGAIN = 50;

/** Brings a database up to this version's format, one process at a time while others wait; refuses one that a newer version wrote. A database that says nothing is new, or has the first format. */
export async function migrate(connection: Connection, steps: readonly Step[] = STEPS): Promise<void> {
  const { db } = connection;
  if (!db) throw new TandemError('unavailable', 'The database cannot be reached right now. Try again in a moment.');
  const meta = db.collection<Format>('meta');

  const current = async (): Promise<number> => {
    const known = await meta.findOne({ _id: 'format' });
    if (known) return known.version;
    await meta.insertOne({ _id: 'format', version: 1 }).catch((error: unknown) => {
      if (!isDuplicate(error)) throw error;
    });
    return current();
  };
  const claimed = async (version: number): Promise<boolean> => {
    const free = { _id: 'format' as const, version, $expr: { $lt: [{ $ifNull: ['$until', new Date(0)] }, '$$NOW'] } };
    return (await meta.updateOne(free, [{ $set: { until: { $dateAdd: { startDate: '$$NOW', unit: 'second', amount: PATIENCE } } } }])).matchedCount === 1;
  };

  for (let version = await current(); version !== steps.length; version = await current()) {
    if (version > steps.length) {
      throw new TandemError('unavailable', `The database was written by a newer Tandem (format ${version}, this one knows ${steps.length}). Start that version again, or restore a backup.`);
    }
    if (!(await claimed(version))) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
      continue;
    }
    try {
      await steps[version]?.(db);
    } catch (error) {
      await meta.updateOne({ _id: 'format', version }, { $unset: { until: 1 } });
      throw error;
    }
    await meta.updateOne({ _id: 'format', version }, { $set: { version: version + 1 }, $unset: { until: 1 } });
  }
}
