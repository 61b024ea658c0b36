import mongoose, { type Connection } from 'mongoose';
import { prefixEnd } from '../prefix.ts';
import type { Link, Links } from '../store.ts';
import { grouped } from './bulk.ts';
import { changing } from './changing.ts';
import { isDuplicate, oneOf, schemaOf, settled } from './connection.ts';
import { ours, theirs, type Stored } from './id.ts';
import { readsInTurns } from './turn.ts';

const schema = schemaOf<Stored<Link>>({
  _id: String,
  team: String,
  ref: String,
  board: String,
  card: String,
  creator: String,
  reader: String,
  state: String,
  reason: String,
  lostAt: Number,
  sent: String,
  shown: String,
  syncedAt: Number,
  createdAt: Number,
});
schema.index({ team: 1, board: 1, card: 1 }, { unique: true }); // create, byCard, byBoard
schema.index({ team: 1, ref: 1 }); // byRef, refsAt
schema.index({ state: 1, lostAt: 1 }); // lost

const there = { state: mongoose.trusted({ $nin: ['removed', 'unlinked'] as Link['state'][] }) };

/** Links in MongoDB. */
export function links(connection: Connection): Links {
  const model = connection.model<Stored<Link>>('links', schema);
  const changes = grouped(model);
  const one = readsInTurns<{ readonly id: string }, Link>(
    ({ id }) => id,
    async (asked) => (await model.find({ _id: oneOf(asked.map(({ id }) => id)) }).lean()).map(ours),
  );

  async function byCard(team: string, board: string, card: string): Promise<Link | undefined> {
    const found = await model.findOne({ team, board, card }).lean();
    return found ? ours(found) : undefined;
  }

  return {
    create: (link) =>
      settled(async () => {
        try {
          await model.insertMany([theirs(link)]);
          return { link, created: true };
        } catch (error) {
          const existing = isDuplicate(error) ? await byCard(link.team, link.board, link.card) : undefined;
          if (existing) return { link: existing, created: false };
          throw error;
        }
      }),
    get: async (id) => one({ id }),
    byCard,
    byRef: async (team, ref) => (await model.find({ team, ref }).lean()).filter(({ state }) => state !== 'removed' && state !== 'unlinked').map(ours),
    byBoard: async (team, board) => (await model.find({ team, board }).lean()).map(ours),
    refsAt: (team, refPrefix) => model.distinct('ref', { team, ref: mongoose.trusted({ $gte: refPrefix, $lt: prefixEnd(refPrefix) }), ...there }),
    change: (id, change) => changes([{ filter: { _id: id, state: mongoose.trusted({ $ne: 'unlinked' as const }) }, update: changing(id, change) }]),
    remove: async (id) => void (await model.deleteOne({ _id: id })),
    lost: async (state, before, limit) => (await model.find({ state, lostAt: mongoose.trusted({ $lt: before }) }).sort({ lostAt: 1 }).limit(limit).lean()).map(ours),
  };
}
