import mongoose, { type Connection, type Model } from 'mongoose';
import type { Deliveries, Delivery } from '../store.ts';
import { schemaOf } from './connection.ts';
import { ours, type Stored } from './id.ts';
import type { Marking } from './marks.ts';
import type { Turns } from './turn.ts';

export type StoredDelivery = Stored<Delivery>;

const schema = schemaOf<StoredDelivery>({ _id: String, watch: String, at: Number, event: String, remoteId: String, outcome: String });
schema.index({ watch: 1, at: -1 }); // byWatch
schema.index({ at: 1 }); // prune

/** The collection of deliveries. */
export const deliveryModel = (connection: Connection): Model<StoredDelivery> => connection.model('deliveries', schema);

/** The log of inbound calls in MongoDB. */
export function deliveries(connection: Connection, marks: Turns<Marking>): Deliveries {
  const model = deliveryModel(connection);
  return {
    accept: (delivery, tasks) => marks.join({ delivery, tasks, now: delivery.at }),
    byWatch: async (watch, limit) => (await model.find({ watch }).sort({ at: -1 }).limit(limit).lean()).map(ours),
    prune: async (before) => (await model.deleteMany({ at: mongoose.trusted({ $lt: before }) })).deletedCount,
  };
}
