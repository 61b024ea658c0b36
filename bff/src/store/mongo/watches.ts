import mongoose, { type Connection } from 'mongoose';
import type { Watch, Watches } from '../store.ts';
import { changing } from './changing.ts';
import { schemaOf, settled } from './connection.ts';
import { ours, theirs, type Stored } from './id.ts';

const schema = schemaOf<Stored<Watch>>({
  _id: String,
  team: String,
  tool: String,
  site: String,
  place: String,
  sealed: String,
  mode: String,
  reason: String,
  remoteId: String,
  proof: String,
  maker: String,
  cursor: String,
  missed: Number,
  createdAt: Number,
});
schema.index({ team: 1, tool: 1, site: 1, place: 1 }, { unique: true }); // ensure, byPlace, bySite

/** Watches in MongoDB. */
export function watches(connection: Connection): Watches {
  const model = connection.model<Stored<Watch>>('watches', schema);

  async function byPlace(team: string, tool: string, site: string, place: string): Promise<Watch | undefined> {
    const found = await model.findOne({ team, tool, site, place }).lean();
    return found ? ours(found) : undefined;
  }

  return {
    ensure: (watch) =>
      settled(async () => {
        const existing = await byPlace(watch.team, watch.tool, watch.site, watch.place);
        if (existing) return existing;
        await model.insertMany([theirs(watch)]);
        return watch;
      }),
    async get(id) {
      const found = await model.findById(id).lean();
      return found ? ours(found) : undefined;
    },
    byPlace,
    bySite: async (team, tool, site) => (await model.find({ team, tool, site }).sort({ place: 1 }).lean()).map(ours),
    page: async (after, limit) => (await model.find({ _id: mongoose.trusted({ $gt: after }) }).sort({ _id: 1 }).limit(limit).lean()).map(ours),
    change: async (id, change) => void (await model.updateOne({ _id: id }, changing(id, change))),
  };
}
