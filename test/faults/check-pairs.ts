import { parseRef } from '@tandem/shared/ref';
import { PAIR_FIELDS, sameValue } from '@tandem/bff/sync/merge';
import { valueOf } from '@tandem/bff/sync/shown';
import { truthOf } from './check.ts';
import type { FaultWorld } from './world.ts';

/** What must be so of pairs once the world has settled: both sides show the same, and of the two titles the one that was written last (`word`). */
export async function checkPairs(world: FaultWorld, word: string): Promise<string[]> {
  const truth = truthOf(world);
  const pairs = await world.storage.seen.pairs.byTeam(world.team);
  const wrong: string[] = [];
  if (!pairs.some(({ id }) => id === world.paired) || pairs.length !== 1) wrong.push(`There are ${pairs.length} pairs instead of the one that was made.`);
  for (const pair of pairs) {
    const [left, right] = await Promise.all([pair.leftRef, pair.rightRef].map(async (printed) => {
      const ref = parseRef(printed);
      return ref && truth(ref);
    }));
    const state = left && right ? 'live' : 'gone';
    if (pair.state !== state) wrong.push(`The pair is ${pair.state} instead of ${state}: ${pair.reason ?? ''}`);
    if (!left || !right) continue;
    for (const field of PAIR_FIELDS) {
      const [here, there] = [valueOf(left, field), valueOf(right, field)];
      if (!sameValue(here, there)) wrong.push(`The ${field} of the pair is ${JSON.stringify(here)} and ${JSON.stringify(there)}.`);
    }
    if (left.title !== word) wrong.push(`The pair's title is ${JSON.stringify(left.title)}, and was last changed to ${JSON.stringify(word)}.`);
  }
  return wrong;
}
