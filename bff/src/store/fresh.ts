import { randomInt, randomUUID } from 'node:crypto';

/** A value that no row ever had before: marks of tasks, touches of lanes. */
export function freshMark(): string {
  return randomUUID();
}

/**
 * The first version of a new row. Not 1: a row that was removed and made again must not look to a compare-and-set like the row before it,
 * or a refresh that began under the old sign-in would overwrite the tokens of the new one.
 */
export function firstVersion(): number {
  return randomInt(1, 2 ** 40);
}
