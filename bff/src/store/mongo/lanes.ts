import mongoose, { type AnyBulkWriteOperation, type Connection, type Model } from 'mongoose';
import { freshMark } from '../fresh.ts';
import type { Lane, Lanes } from '../store.ts';
import { isDuplicate, schemaOf, settled } from './connection.ts';
import { ours, type Stored } from './id.ts';
import { taskModel } from './tasks.ts';

const { trusted } = mongoose;

export type StoredLane = Stored<Lane>;

const schema = schemaOf<StoredLane>({ _id: String, owner: String, until: Number, blockedUntil: Number, wake: Number, touched: String });
schema.index({ wake: 1 }); // lease, nextWake, heal

/** The collection of lanes. */
export const laneModel = (connection: Connection): Model<StoredLane> => connection.model('lanes', schema);

/** Lanes and their leases in MongoDB: every change of hands compares with what was read, in one document. */
export function lanes(connection: Connection): Lanes {
  const model = laneModel(connection);
  const tasks = taskModel(connection);

  /** Takes a lane whose lease is still as it was read. */
  async function take(seen: StoredLane, owner: string, until: number): Promise<{ lane: Lane; clean: boolean } | undefined> {
    const unchanged = { _id: seen._id, owner: seen.owner ?? absent, until: seen.until ?? absent };
    const taken = await model.findOneAndUpdate(unchanged, { $set: { owner, until } }, { returnDocument: 'after' }).lean();
    return taken ? { lane: ours(taken), clean: seen.owner === undefined } : undefined;
  }

  async function earliest(lane: string): Promise<number | undefined> {
    return (await model.db.model('tasks').findOne({ dead: false, lane }).sort({ due: 1 }).select('due').lean())?.due;
  }

  return {} as Lanes;
}
