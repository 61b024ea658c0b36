import mongoose, { type Connection } from 'mongoose';
import type { Journal, JournalLine } from '../store.ts';
import { schemaOf } from './connection.ts';
import { writesInTurns } from './turn.ts';

const schema = schemaOf<JournalLine>({ link: String, at: Number, cause: String, event: String, text: String });
schema.index({ link: 1, at: -1, _id: -1 }); // byLink
schema.index({ at: 1 }); // prune

/** The history of links in MongoDB. */
export function journal(connection: Connection): Journal {
  const model = connection.model<JournalLine>('journal', schema, 'journal');
  const write = writesInTurns<readonly JournalLine[]>((batch) => model.insertMany(batch.flat()));
  return {
    async add(lines) {
      if (lines.length > 0) await write(lines);
    },
    // Ids made by one process count up, so that lines of one moment keep their order.
    byLink: (link, limit) => model.find({ link }).sort({ at: -1, _id: -1 }).limit(limit).select('-_id').lean(),
    prune: async (before) => (await model.deleteMany({ at: mongoose.trusted({ $lt: before }) })).deletedCount,
  };
}
