import mongoose, { type Connection } from 'mongoose';
import type { Grant, Grants } from '../store.ts';
import { schemaOf, settled } from './connection.ts';
import { ours, theirs, type Stored } from './id.ts';

const schema = schemaOf<Stored<Grant>>({ _id: String, kind: String, data: mongoose.Schema.Types.Mixed, expiresAt: Number });
schema.index({ expiresAt: 1 }); // take, which sweeps out the expired

/** Grants in MongoDB; those that nobody took go when another is taken after their time. */
export function grants(connection: Connection): Grants {
  const model = connection.model<Stored<Grant>>('grants', schema);
  return {
    put: (grant) => settled(async () => void (await model.replaceOne({ _id: grant.id }, theirs(grant), { upsert: true }))),
    async get(id, kind, now) {
      const found = await model.findOne({ _id: id, kind, expiresAt: mongoose.trusted({ $gt: now }) }).lean();
      return found ? ours(found) : undefined;
    },
    async take(id, kind, now) {
      await model.deleteMany({ expiresAt: mongoose.trusted({ $lte: now }) });
      const taken = await model.findOneAndDelete({ _id: id, kind }).lean();
      return taken ? ours(taken) : undefined;
    },
  };
}
