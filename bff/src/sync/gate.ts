import type { Breakers } from './breaker.ts';
import type { Budgets } from './budget.ts';
import { remoteOfLane } from './keys.ts';

/** What lets the tasks of a lane begin: its budget, and whether the remote that it asks answers at all. */
export interface Gate {
  /** May a task of the group begin now? */
  open(lane: string, group: string): boolean;
  /** One begins; call what this answers when it has ended. */
  begin(lane: string, group: string): () => void;
  /** Groups that had their first tasks in this window: others come before them. */
  served(lane: string): readonly string[];
  /** When to look again, where nothing may begin now (epoch ms). */
  until(lane: string): number | undefined;
  /** Until when its remote is not asked at all. */
  held(lane: string): number | undefined;
  /** The remote is down: whatever fails there is no fault of the task. */
  down(lane: string): boolean;
}

/** The gate of budgets and breakers. */
export function openGate(budgets: Budgets, breakers: Breakers): Gate {
  return {
    open: (lane, group) => breakers.open(lane) && budgets.open(lane, group),
    begin(lane, group) {
      const ends = [breakers.begin(lane), budgets.begin(lane, group)];
      return () => {
        for (const end of ends) end();
      };
    },
    served: (lane) => budgets.served(lane),
    until: (lane) => breakers.until(lane) ?? budgets.exhausted(lane),
    held: (lane) => breakers.held(lane),
    down: (lane) => breakers.down().some((down) => down.remote === remoteOfLane(lane) && (down.lane ?? lane) === lane),
  };
}
