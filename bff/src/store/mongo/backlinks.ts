import type { Connection } from 'mongoose';
import type { Backlink, Backlinks } from '../store.ts';
import { schemaOf, settled } from './connection.ts';

const schema = schemaOf<Backlink>({ team: String, ref: String, board: String, card: String, user: String, remoteId: String });
schema.index({ team: 1, ref: 1, board: 1 }, { unique: true }); // get, put, remove

/** Backlinks in MongoDB. */
export function backlinks(connection: Connection): Backlinks {
  const model = connection.model<Backlink>('backlinks', schema);
  return {
    get: async (team, ref, board) => (await model.findOne({ team, ref, board }).select('-_id').lean()) ?? undefined,
    put: (backlink) => settled(async () => void (await model.replaceOne({ team: backlink.team, ref: backlink.ref, board: backlink.board }, backlink, { upsert: true }))),
    remove: async (team, ref, board) => void (await model.deleteOne({ team, ref, board })),
  };
}
