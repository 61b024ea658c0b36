import mongoose, { type Connection } from 'mongoose';
import { firstVersion } from '../fresh.ts';
import { prefixEnd } from '../prefix.ts';
import type { Pair, Pairs } from '../store.ts';
import { isDuplicate, schemaOf, settled } from './connection.ts';
import { ours, theirs, type Stored } from './id.ts';

const { Mixed } = mongoose.Schema.Types;
const schema = schemaOf<Stored<Pair>>({
  _id: String,
  team: String,
  leftRef: String,
  rightRef: String,
  leftUser: String,
  rightUser: String,
  rules: Mixed,
  button: Mixed,
  base: Mixed,
  pending: Mixed,
  clashes: Mixed,
  state: String,
  reason: String,
  pausedUntil: Number,
  writes: [Number],
  lostAt: Number,
  syncedAt: Number,
  createdAt: Number,
  rev: Number,
});
schema.index({ team: 1, leftRef: 1, rightRef: 1 }, { unique: true }); // create, byRef, byTeam, refsAt
schema.index({ team: 1, rightRef: 1 }); // byRef, refsAt
schema.index({ lostAt: 1 }); // lost

const OPTIONAL = ['button', 'reason', 'pausedUntil', 'lostAt', 'syncedAt'] as const;

/** Pairs in MongoDB. */
export function pairs(connection: Connection): Pairs {
  const model = connection.model<Stored<Pair>>('pairs', schema);
  const refsOf = (team: string, side: 'leftRef' | 'rightRef', prefix: string): Promise<string[]> =>
    model.distinct(side, { team, [side]: mongoose.trusted({ $gte: prefix, $lt: prefixEnd(prefix) }) });

  return {
    create: (given) =>
      settled(async () => {
        const pair = { ...given, rev: firstVersion() };
        try {
          await model.insertMany([theirs(pair)]);
          return { pair, created: true };
        } catch (error) {
          const existing = isDuplicate(error) ? await model.findOne({ team: given.team, leftRef: given.leftRef, rightRef: given.rightRef }).lean() : undefined;
          if (existing) return { pair: ours(existing), created: false };
          throw error;
        }
      }),
    async get(id) {
      const found = await model.findById(id).lean();
      return found ? ours(found) : undefined;
    },
    byRef: async (team, ref) => (await Promise.all([model.find({ team, leftRef: ref }).lean(), model.find({ team, rightRef: ref }).lean()])).flat().map(ours),
    byTeam: async (team) => (await model.find({ team }).sort({ createdAt: 1, _id: 1 }).lean()).map(ours),
    refsAt: async (team, refPrefix) => [...new Set((await Promise.all([refsOf(team, 'leftRef', refPrefix), refsOf(team, 'rightRef', refPrefix)])).flat())],
    async swap(rev, { id, team: _team, leftRef: _left, rightRef: _right, createdAt: _at, ...changes }) {
      const absent = OPTIONAL.filter((field) => changes[field] === undefined);
      const update = { $set: changes, $unset: Object.fromEntries(absent.map((field) => [field, 1 as const])), $inc: { rev: 1 } };
      return (await model.updateOne({ _id: id, rev }, update)).matchedCount === 1;
    },
    remove: async (id) => void (await model.deleteOne({ _id: id })),
    lost: async (before, limit) => (await model.find({ lostAt: mongoose.trusted({ $lt: before }) }).sort({ lostAt: 1 }).limit(limit).lean()).map(ours),
  };
}
