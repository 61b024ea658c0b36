import mongoose from 'mongoose';
import { fairShare } from '../fair.ts';
import { freshMark } from '../fresh.ts';
import { prefixEnd } from '../prefix.ts';
import type { Task, Tasks } from '../store.ts';
import { grouped } from './bulk.ts';
import { oneOf } from './connection.ts';
import { wake, type Marking } from './marks.ts';
import { TASKS_BY_LANE, type Queue, type StoredTask } from './queue.ts';
import { writesInTurns, type Turns } from './turn.ts';

/** What is due, in MongoDB. */
export function tasks({ tasks: model, lanes }: Queue, marks: Turns<Marking>): Tasks {
  const writes = grouped(model);
  // Marks are never used twice, so that no key goes with the mark of another.
  const done = writesInTurns<{ key: string; mark: string }>((batch) =>
    model.deleteMany({ _id: oneOf(batch.map(({ key }) => key)), mark: oneOf(batch.map(({ mark }) => mark)) }),
  );
  return {
    mark: async (marked, now) => {
      if (marked.length > 0) await marks({ tasks: marked, now });
    },
    due: (lane, now, limit, max, never = []) =>
      fairShare(limit, max, never, async (count, without) => {
        const oldest = model.find({ dead: false, lane, due: mongoose.trusted({ $lt: now + 1 }) }).sort({ due: 1, group: 1 }).limit(count);
        return (await (without.length > 0 ? oldest.where({ group: mongoose.trusted({ $nin: [...without] }) }).hint(TASKS_BY_LANE) : oldest).lean()).map(task);
      }),
    complete: (key, mark) => done({ key, mark }),
    // Field by field: callers may know more of the failure, and the schema refuses what it does not know. A mark never comes back, so it stays right whatever happens between the two.
    retry: (key, mark, { due, attempts, failingSince, error }) =>
      writes([{ filter: { _id: key }, update: { $set: { attempts, failingSince, error } } }, { filter: { _id: key, mark }, update: { $set: { due } } }]),
    defer: (key, mark, due) => writes([{ filter: { _id: key, mark }, update: { $set: { due } } }]),
    distrust: async (lane) => void (await model.updateMany({ dead: false, lane, attempts: 0 }, { $set: { attempts: 1 }, $unset: { failingSince: 1, error: 1 } }).hint(TASKS_BY_LANE)),
    bury: (key, mark, reason) => writes([{ filter: { _id: key, mark }, update: { $set: { dead: true, error: reason } } }]),
    async get(key) {
      const found = await model.findById(key).lean();
      return found ? task(found) : undefined;
    },
    page: async (keyPrefix, after, limit) => (await model.find({ _id: mongoose.trusted({ $gt: after, $gte: keyPrefix, $lt: prefixEnd(keyPrefix) }) }).sort({ _id: 1 }).limit(limit).lean()).map(task),
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
