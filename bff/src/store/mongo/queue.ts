import type { Connection, Model } from 'mongoose';
import type { Delivery, Lane, Task } from '../store.ts';
import { schemaOf } from './connection.ts';
import type { Stored } from './id.ts';

/** A delivery's document. */
export type StoredDelivery = Stored<Delivery>;
/** A lane's document. */
export type StoredLane = Stored<Lane>;
/** A task's document: its key is the `_id`. */
export type StoredTask = Omit<Task, 'key'> & { readonly _id: string };

const delivery = schemaOf<StoredDelivery>({ _id: String, watch: String, at: Number, event: String, remoteId: String, outcome: String });
delivery.index({ watch: 1, at: -1 }); // deliveries.byWatch
delivery.index({ at: 1 }); // deliveries.prune

const lane = schemaOf<StoredLane>({ _id: String, owner: String, until: Number, blockedUntil: Number, wake: Number, touched: String });
lane.index({ wake: 1 }); // lanes.lease, nextWake, heal

const task = schemaOf<StoredTask>({
  _id: String,
  lane: String,
  group: String,
  due: Number,
  cause: String,
  mark: String,
  markedAt: Number,
  attempts: Number,
  failingSince: Number,
  error: String,
  dead: Boolean,
});

/** Serves tasks.due, dead, revive, lanes.release and heal. */
export const TASKS_BY_LANE = { dead: 1, lane: 1, due: 1, group: 1 } as const;
task.index(TASKS_BY_LANE);

/** The three collections that one mark writes. */
export interface Queue {
  readonly deliveries: Model<StoredDelivery>;
  readonly lanes: Model<StoredLane>;
  readonly tasks: Model<StoredTask>;
}

/** Their models on a connection. */
export function queue(connection: Connection): Queue {
  return {
    deliveries: connection.model<StoredDelivery>('deliveries', delivery),
    lanes: connection.model<StoredLane>('lanes', lane),
    tasks: connection.model<StoredTask>('tasks', task),
  };
}
