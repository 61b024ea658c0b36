import mongoose from 'mongoose';
import { fairShare } from '../fair.ts';
import { freshMark } from '../fresh.ts';
import { prefixEnd } from '../prefix.ts';
import type { Task, Tasks } from '../store.ts';
import { wake, type Marking } from './marks.ts';
import { TASKS_BY_LANE, type Queue, type StoredTask } from './queue.ts';
import type { Turns } from './turn.ts';

/** What is due, in MongoDB. */
export function tasks({ tasks: model, lanes }: Queue, marks: Turns<Marking>): Tasks {
  return {
    mark: async (marked, now) => {
      if (marked.length > 0) await marks.join({ tasks: marked, now });
    },
    due: (lane, now, limit, max, never = []) =>
      fairShare(limit, max, never, async (count, without) => {
        const elsewhere = without.length > 0 ? { group: mongoose.trusted({ $nin: [...without] }) } : {};
        const oldest = model.find({ dead: false, lane, due: mongoose.trusted({ $lte: now }), ...elsewhere });
        return (await oldest.sort({ due: 1, group: 1 }).limit(count).hint(TASKS_BY_LANE).lean()).map(task);
      }),
    complete: async (key, mark) => (await model.deleteOne({ _id: key, mark })).deletedCount === 1,
    async retry(key, mark, { due, attempts, failingSince, error }) {
      // Field by field: callers may know more of the failure, and the schema refuses what it does not know.
      const failure = { attempts, failingSince, error };
      if ((await model.updateOne({ _id: key, mark }, { $set: { ...failure, due } })).matchedCount === 1) return;
      // A mark never comes back, so this stays right whatever happened in between.
      await model.updateOne({ _id: key }, { $set: failure });
    },
    defer: async (key, mark, due) => void (await model.updateOne({ _id: key, mark }, { $set: { due } })),
    bury: async (key, mark, reason) => void (await model.updateOne({ _id: key, mark }, { $set: { dead: true, error: reason } })),
    async get(key) {
      const found = await model.findById(key).lean();
      return found ? task(found) : undefined;
    },
    dead: async (lanePrefix, limit) => (await model.find({ dead: true, lane: mongoose.trusted({ $gte: lanePrefix, $lt: prefixEnd(lanePrefix) }) }).sort({ markedAt: -1 }).limit(limit).lean()).map(task),
    async revive(lanePrefix, now, group) {
      const dead = await model.find({ dead: true, lane: mongoose.trusted({ $gte: lanePrefix, $lt: prefixEnd(lanePrefix) }), ...(group === undefined ? {} : { group }) }).hint(TASKS_BY_LANE).select('lane mark').lean();
      if (dead.length === 0) return 0;
      const { matchedCount } = await model.bulkWrite(
        dead.map(({ _id, mark }) => ({
          updateOne: {
            filter: { _id, mark, dead: true },
            update: { $set: { dead: false, mark: freshMark(), markedAt: now, due: now, attempts: 0 }, $unset: { failingSince: 1, error: 1 } },
          },
        })),
        { ordered: false, throwOnValidationError: true },
      );
      await wake(lanes, new Map(dead.map(({ lane }) => [lane, now])));
      return matchedCount;
    },
    drop: async (key) => void (await model.deleteOne({ _id: key })),
  };
}

function task({ _id, ...rest }: StoredTask): Task {
  return { key: _id, ...rest };
}
