import mongoose from 'mongoose';
import type { Deliveries } from '../store.ts';
import { ours } from './id.ts';
import type { Marking } from './marks.ts';
import type { Queue } from './queue.ts';
import type { Turns } from './turn.ts';

/** The log of inbound calls in MongoDB. */
export function deliveries({ deliveries: model }: Queue, marks: Turns<Marking>): Deliveries {
  return {
    accept: (delivery, tasks) => marks({ delivery, tasks, now: delivery.at }),
    byWatch: async (watch, limit) => (await model.find({ watch }).sort({ at: -1 }).limit(limit).lean()).map(ours),
    prune: async (before) => (await model.deleteMany({ at: mongoose.trusted({ $lt: before }) })).deletedCount,
  };
}
