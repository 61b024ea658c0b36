import mongoose, { type AnyBulkWriteOperation, type Model } from 'mongoose';
import { freshMark } from '../fresh.ts';
import type { Delivery, NewTask } from '../store.ts';
import { settled } from './connection.ts';
import { theirs } from './id.ts';
import type { Queue, StoredDelivery, StoredLane, StoredTask } from './queue.ts';
import { writesInTurns, type Turns } from './turn.ts';

/** One call of `tasks.mark` or `deliveries.accept`. */
export interface Marking {
  readonly delivery?: Delivery;
  readonly tasks: readonly NewTask[];
  readonly now: number;
}

/**
 * Marks of one turn as three bulk writes: the log and the tasks, then the lanes.
 * Tasks come before lanes: a crash between leaves a task that `lanes.heal` finds, never a lane that was woken, searched and put back to sleep before its task arrived.
 */
export function marks({ deliveries, tasks, lanes }: Queue): Turns<Marking> {
  async function send(batch: readonly Marking[]): Promise<void> {
    const log = batch.flatMap(({ delivery }) => (delivery ? [theirs(delivery)] : []));
    const due = merged(batch);
    const wakes = new Map<string, number>();
    for (const { lane, due: at } of due) wakes.set(lane, Math.min(at, wakes.get(lane) ?? at));
    await Promise.all([
      log.length > 0 && logged(deliveries, log),
      due.length > 0 && settled(() => tasks.bulkWrite(due.map(marked), OPTIONS)),
    ]);
    await wake(lanes, wakes);
  }

  return writesInTurns(send);
}

/** One insert, which is a single write for all of them; those that are there already came in an earlier attempt. A connection that broke off comes as the same error, with no refusals in it. */
async function logged(deliveries: Model<StoredDelivery>, log: readonly StoredDelivery[]): Promise<void> {
  try {
    await deliveries.insertMany(log, { ordered: false, lean: true });
  } catch (error) {
    const refused = error instanceof mongoose.mongo.MongoBulkWriteError && !error.result.getWriteConcernError() ? [error.writeErrors].flat() : [];
    if (refused.length === 0 || refused.some(({ code }) => code !== 11_000)) throw error;
  }
}

/** Wakes lanes, each not later than its time; makes those that do not exist. */
export async function wake(lanes: Model<StoredLane>, wakes: ReadonlyMap<string, number>): Promise<void> {
  const operations = [...wakes].map(
    ([lane, at]): AnyBulkWriteOperation<StoredLane> => ({ updateOne: { filter: { _id: lane }, update: { $min: { wake: at }, $set: { touched: freshMark() } }, upsert: true } }),
  );
  if (operations.length > 0) await settled(() => lanes.bulkWrite(operations, OPTIONS));
}

const OPTIONS = { ordered: false, throwOnValidationError: true } as const;

/** One entry per key: the last one's lane, group and cause, the earliest due time of all. */
function merged(batch: readonly Marking[]): (NewTask & { readonly now: number })[] {
  const byKey = new Map<string, NewTask & { readonly now: number }>();
  for (const { tasks, now } of batch) {
    for (const task of tasks) byKey.set(task.key, { ...task, due: Math.min(task.due, byKey.get(task.key)?.due ?? task.due), now });
  }
  return [...byKey.values()];
}

/** A pipeline, because what becomes of attempts and due time depends on whether the task is dead. */
function marked({ key, lane, group, due, cause, now }: NewTask & { readonly now: number }): AnyBulkWriteOperation<StoredTask> {
  const dead = { $eq: ['$dead', true] };
  return {
    updateOne: {
      filter: { _id: key },
      update: [
        {
          $set: {
            lane: { $literal: lane },
            group: { $literal: group },
            cause: { $literal: cause },
            mark: freshMark(),
            markedAt: now,
            due: { $cond: [dead, due, { $min: ['$due', due] }] },
            attempts: { $cond: [dead, 0, { $ifNull: ['$attempts', 0] }] },
            failingSince: { $cond: [dead, '$$REMOVE', '$failingSince'] },
            error: { $cond: [dead, '$$REMOVE', '$error'] },
            dead: false,
          },
        },
      ],
      upsert: true,
    },
  };
}
