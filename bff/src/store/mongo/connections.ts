import type { Connection as Link } from 'mongoose';
import { firstVersion } from '../fresh.ts';
import type { Connection, Connections } from '../store.ts';
import { isDuplicate, schemaOf, settled } from './connection.ts';

const schema = schemaOf<Connection>({
  integration: String,
  item: String,
  team: String,
  id: String,
  state: String,
  ticket: String,
  reason: String,
  askedAt: Number,
  triedAt: Number,
  shown: String,
  checkAt: Number,
  createdAt: Number,
  rev: Number,
});
schema.index({ integration: 1, item: 1 }, { unique: true }); // create, get, swap, byIntegration

const OPTIONAL = ['ticket', 'reason', 'triedAt', 'shown', 'checkAt'] as const;

/** Connections in MongoDB. */
export function connections(connection: Link): Connections {
  const model = connection.model<Connection>('connections', schema);
  const find = async (integration: string, item: string): Promise<Connection | undefined> => (await model.findOne({ integration, item }, { _id: 0 }).lean()) ?? undefined;
  return {
    create: (given) =>
      settled(async () => {
        const made = { ...given, rev: firstVersion() };
        try {
          await model.insertMany([made]);
          return { connection: made, created: true };
        } catch (error) {
          const existing = isDuplicate(error) ? await find(given.integration, given.item) : undefined;
          if (existing) return { connection: existing, created: false };
          throw error;
        }
      }),
    get: find,
    byIntegration: (integration) => model.find({ integration }, { _id: 0 }).sort({ createdAt: -1, item: 1 }).lean(),
    async swap(rev, { integration, item, team: _team, id: _id, createdAt: _at, ...changes }) {
      const absent = OPTIONAL.filter((field) => changes[field] === undefined);
      const update = { $set: changes, $unset: Object.fromEntries(absent.map((field) => [field, 1 as const])), $inc: { rev: 1 } };
      return (await model.updateOne({ integration, item, rev }, update)).matchedCount === 1;
    },
    remove: async (integration, item) => void (await model.deleteOne({ integration, item })),
  };
}
