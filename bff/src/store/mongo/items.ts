import type { Connection } from 'mongoose';
import type { Item } from '@tandem/shared/item';
import { firstVersion } from '../fresh.ts';
import type { Items } from '../store.ts';
import { isDuplicate, oneOf, schemaOf } from './connection.ts';
import { readsInTurns } from './turn.ts';

interface StoredItem {
  readonly team: string;
  readonly ref: string;
  readonly rev: number;
  readonly item: Item;
}

const person = { _id: false, id: String, name: String, username: String, avatar: String };
const schema = schemaOf<StoredItem>({
  team: String,
  ref: String,
  rev: Number,
  item: {
    _id: false,
    type: {
      ref: { tool: String, site: String, place: String, id: String },
      key: String,
      url: String,
      title: String,
      description: String,
      status: { id: String, name: String, kind: String },
      labels: [{ _id: false, name: String, color: String }],
      assignees: [person],
      author: String,
      due: String,
      updatedAt: String,
      alias: String,
    },
  },
});
schema.index({ team: 1, ref: 1 }, { unique: true }); // get, swap, remove
schema.index({ team: 1, 'item.alias': 1 }); // byAlias

/** Last observed items in MongoDB. */
export function items(connection: Connection): Items {
  const model = connection.model<StoredItem>('items', schema);
  const one = readsInTurns<Pick<StoredItem, 'team' | 'ref'>, StoredItem>(
    ({ team, ref }) => JSON.stringify([team, ref]),
    async (asked) => model.find({ team: oneOf(asked.map(({ team }) => team)), ref: oneOf(asked.map(({ ref }) => ref)) }).select('-_id').lean(),
  );
  return {
    async get(team, ref) {
      const found = await one({ team, ref });
      return found && { item: found.item, rev: found.rev };
    },
    async swap(team, ref, rev, item) {
      if (rev !== 0) return (await model.updateOne({ team, ref, rev }, { $set: { item }, $inc: { rev: 1 } })).matchedCount === 1;
      try {
        await model.insertMany([{ team, ref, rev: firstVersion(), item }]);
        return true;
      } catch (error) {
        if (isDuplicate(error)) return false;
        throw error;
      }
    },
    byAlias: async (team, alias) => (await model.findOne({ team, 'item.alias': alias }).select('-_id ref').lean())?.ref,
    remove: async (team, ref) => void (await model.deleteOne({ team, ref })),
  };
}
