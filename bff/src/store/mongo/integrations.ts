import mongoose, { type Connection as Link } from 'mongoose';
import { firstVersion } from '../fresh.ts';
import type { Integration, Integrations } from '../store.ts';
import { schemaOf } from './connection.ts';
import { ours, theirs, type Stored } from './id.ts';

const { Mixed } = mongoose.Schema.Types;
const schema = schemaOf<Stored<Integration>>({
  _id: String,
  team: String,
  user: String,
  left: Mixed,
  right: Mixed,
  name: String,
  button: String,
  rules: Mixed,
  statuses: Mixed,
  sealed: String,
  older: String,
  state: String,
  done: Mixed,
  dirty: Boolean,
  reason: String,
  column: String,
  pressedAt: Number,
  report: Mixed,
  createdAt: Number,
  rev: Number,
});
schema.index({ team: 1, createdAt: 1 }); // byTeam

const OPTIONAL = ['older', 'reason', 'column', 'pressedAt'] as const;

/** Integrations in MongoDB. */
export function integrations(connection: Link): Integrations {
  const model = connection.model<Stored<Integration>>('integrations', schema);
  return {
    async create(given) {
      const integration = { ...given, rev: firstVersion() };
      await model.insertMany([theirs(integration)]);
      return integration;
    },
    async get(id) {
      const found = await model.findById(id).lean();
      return found ? ours(found) : undefined;
    },
    byTeam: async (team) => (await model.find({ team }).sort({ createdAt: 1, _id: 1 }).lean()).map(ours),
    page: async (after, limit) => (await model.find({ _id: mongoose.trusted({ $gt: after }) }).sort({ _id: 1 }).limit(limit).lean()).map(ours),
    async swap(rev, { id, team: _team, left: _left, right: _right, createdAt: _at, ...changes }) {
      const absent = OPTIONAL.filter((field) => changes[field] === undefined);
      const update = { $set: changes, $unset: Object.fromEntries(absent.map((field) => [field, 1 as const])), $inc: { rev: 1 } };
      return (await model.updateOne({ _id: id, rev }, update)).matchedCount === 1;
    },
    remove: async (id) => void (await model.deleteOne({ _id: id })),
  };
}
