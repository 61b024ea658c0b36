import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { inTurns } from '@tandem/bff/store/mongo/turn';

describe('batches of a turn', () => {
  test('all calls of a turn are one batch, and the next gathers while it is under way', async () => {
    const batches: number[][] = [];
    let finish = (): void => {};
    const turns = inTurns<number>(
      (batch) => {
        batches.push([...batch]);
        return new Promise((resolve) => (finish = resolve));
      },
      () => false,
    );
    const calls = [turns.join(1), turns.join(2)];
    await setImmediate();
    calls.push(turns.join(3));
    await setImmediate();
    calls.push(turns.join(4));
    expect(batches).toEqual([[1, 2]]);
    finish();
    await Promise.all(calls.slice(0, 2));
    await setImmediate();
    expect(batches).toEqual([[1, 2], [3, 4]]);
    finish();
    await Promise.all(calls);
    await turns.idle();
  });

  test('a bad entry fails alone', async () => {
    const turns = inTurns<number>(async (batch) => {
      if (batch.includes(2)) throw new Error('bad');
    }, () => false);
    const results = await Promise.allSettled([1, 2, 3].map((n) => turns.join(n)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('when the server is away all fail after one attempt, and later calls try again', async () => {
    let attempts = 0;
    const turns = inTurns<number>(async () => {
      attempts++;
      if (attempts === 1) throw new Error('away');
    }, () => true);
    const results = await Promise.allSettled([1, 2, 3].map((n) => turns.join(n)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(attempts).toBe(1);
    await turns.join(4);
  });
});
