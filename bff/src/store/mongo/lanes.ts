import mongoose, { type AnyBulkWriteOperation } from 'mongoose';
import { freshMark } from '../fresh.ts';
import type { Lane, Lanes } from '../store.ts';
import { settled } from './connection.ts';
import { ours } from './id.ts';
import type { Queue, StoredLane } from './queue.ts';

const { trusted } = mongoose;
const ABSENT = { $exists: false };

/** Lanes and their leases in MongoDB: whatever changes hands is compared with what was read, inside one document. */
export function lanes({ lanes: model, tasks }: Queue): Lanes {
  /** Takes a lane whose lease is still as it was read. */
  async function take({ _id, owner: before, until: ends }: StoredLane, owner: string, until: number): Promise<{ lane: Lane; clean: boolean } | undefined> {
    const unchanged = { _id, owner: before ?? trusted({ ...ABSENT }), until: ends ?? trusted({ ...ABSENT }) };
    const taken = await model.findOneAndUpdate(unchanged, { $set: { owner, until } }, { returnDocument: 'after' }).lean();
    return taken ? { lane: ours(taken), clean: before === undefined } : undefined;
  }

  return {
    async lease(owner, now, until, limit, held = []) {
      const unblocked = { $or: [{ blockedUntil: trusted({ ...ABSENT }) }, { blockedUntil: trusted({ $lte: now }) }] };
      const free = { $or: [{ owner: trusted({ ...ABSENT }) }, { owner: trusted({ $ne: owner }), until: trusted({ $lte: now }) }] };
      const elsewhere = held.length > 0 ? { _id: trusted({ $nin: [...held] }) } : {};
      const waiting = (whose: object): Promise<StoredLane[]> => model.find({ wake: trusted({ $lte: now }), ...elsewhere, $and: [unblocked, whose] }).sort({ wake: 1 }).limit(limit).lean();
      // Lanes that are ours already come last, or they would take the places of those that wait.
      const seen = await Promise.all([waiting(free), waiting({ owner })]);
      const leases = await Promise.all(seen.flat().slice(0, limit).map((lane) => take(lane, owner, until)));
      return leases.filter((lease) => lease !== undefined);
    },

    async renew(owner, ids, until) {
      await model.updateMany({ _id: trusted({ $in: [...ids] }), owner }, { $set: { until } });
      const kept = await model.find({ _id: trusted({ $in: [...ids] }), owner, until }).select('_id').lean();
      return kept.map(({ _id }) => _id);
    },

    async release(owner, id) {
      for (;;) {
        // First the lane, then its tasks: a mark that comes after the second read has not touched the lane yet, or changes `touched`.
        const lane = await model.findOne({ _id: id, owner }).lean();
        if (!lane) return;
        const next = await tasks.findOne({ dead: false, lane: id }).sort({ due: 1 }).select('due').lean();
        const change = {
          ...(next ? { $set: { wake: next.due } } : {}),
          $unset: { owner: 1 as const, until: 1 as const, ...(next ? {} : { wake: 1 as const }) },
        };
        if ((await model.updateOne({ _id: id, owner, touched: lane.touched }, change)).matchedCount === 1) return;
      }
    },

    block: (id, until) =>
      settled(async () => {
        await model.updateOne({ _id: id }, { $max: { blockedUntil: until }, $setOnInsert: { touched: freshMark() } }, { upsert: true });
      }),

    async get(id) {
      const found = await model.findById(id).lean();
      return found ? ours(found) : undefined;
    },

    async nextWake(owner) {
      const held = { $cond: [{ $eq: [{ $ifNull: ['$owner', owner] }, owner] }, '$wake', '$until'] };
      const [row] = await model.aggregate<{ at: number }>([
        { $match: { wake: { $gte: 0 } } },
        { $group: { _id: null, at: { $min: { $max: ['$wake', { $ifNull: ['$blockedUntil', '$wake'] }, held] } } } },
      ]);
      return row?.at;
    },

    async heal() {
      for (;;) {
        // The order of `release`: lanes first, then tasks, then only lanes that no mark touched meanwhile.
        const rows = await model.find().lean();
        const due = await tasks.aggregate<{ _id: string; wake: number }>([{ $match: { dead: false } }, { $group: { _id: '$lane', wake: { $min: '$due' } } }]);
        const repairs = repairsOf(rows, new Map(due.map(({ _id, wake }) => [_id, wake])));
        if (repairs.length === 0) return;
        const { matchedCount, upsertedCount } = await settled(() => model.bulkWrite(repairs, { ordered: false, throwOnValidationError: true }));
        if (matchedCount + upsertedCount === repairs.length) return;
      }
    },
  };
}

function repairsOf(rows: readonly StoredLane[], wakes: ReadonlyMap<string, number>): AnyBulkWriteOperation<StoredLane>[] {
  const known = new Set(rows.map(({ _id }) => _id));
  const missing = [...wakes].filter(([id]) => !known.has(id));
  return [
    ...missing.map(([_id, wake]): AnyBulkWriteOperation<StoredLane> => ({ updateOne: { filter: { _id }, update: { $min: { wake }, $setOnInsert: { touched: freshMark() } }, upsert: true } })),
    ...rows
      .filter(({ _id, wake }) => wake !== wakes.get(_id))
      .map(({ _id, touched }): AnyBulkWriteOperation<StoredLane> => {
        const wake = wakes.get(_id);
        return { updateOne: { filter: { _id, touched }, update: wake === undefined ? { $unset: { wake: 1 } } : { $set: { wake } } } };
      }),
  ];
}
