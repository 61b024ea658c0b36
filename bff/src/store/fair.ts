/** What fairness needs to know of a task. */
interface Queued {
  readonly group: string;
  readonly due: number;
}

/**
 * The oldest tasks, at most `limit` per group and `max` in all, for a source that can only answer "the oldest `max`, without these groups", in the order of due times.
 * Groups in `never` are left out altogether. A group that overflows its share is left out of the next question, so a board with thousands of due tasks costs one more question and no long read.
 */
export async function fairShare<T extends Queued>(limit: number, max: number, never: readonly string[], oldest: (max: number, without: readonly string[]) => Promise<T[]> | T[]): Promise<T[]> {
  const full = new Map<string, T[]>();
  for (;;) {
    const batch = await oldest(max, [...never, ...full.keys()]);
    const shares = new Map<string, T[]>();
    const overflowing = new Set<string>();
    for (const task of batch) {
      const share = shares.get(task.group) ?? [];
      shares.set(task.group, share);
      if (share.length < limit) share.push(task);
      else overflowing.add(task.group);
    }
    const taken = [...full.values(), ...shares.values()].flat();
    if (overflowing.size === 0 || taken.length >= max) return taken.sort((a, b) => a.due - b.due).slice(0, max);
    for (const group of overflowing) full.set(group, shares.get(group) ?? []);
  }
}
