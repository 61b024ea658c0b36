import { afterAll, expect, test } from 'vitest';
import { playAgain } from './again.ts';
import { runSeed } from './run.ts';
import type { Storage } from './storage.ts';
import { openTally } from './weather.ts';

/** A test for each of so many seeds: the schedule is played, the world settles, and everything is as it should be. Afterwards each of the faults has struck. */
export function seedTests(from: number, count: number, storage: () => Promise<Storage>, faults: readonly string[], store = ''): void {
  const tally = openTally();
  test.for(Array.from({ length: count }, (_, n) => from + n))(`seed %i${store} ends with every card as its item is, and nothing lost`, { timeout: 240_000 }, async (seed) => {
    const outcome = await runSeed({ seed, storage });
    for (const [fault, times] of outcome.struck) tally.count(fault, times);
    expect(outcome.wrong, `played again by: ${playAgain(seed, store)}`).toEqual([]);
  });
  afterAll(() => {
    for (const fault of faults) expect(tally.counts.get(fault), `how often it struck: ${fault}`).toBeGreaterThan(0);
  });
}
