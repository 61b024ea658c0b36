import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import mongoose from 'mongoose';
import { readsInTurns, writesInTurns } from '@tandem/bff/store/mongo/turn';

describe('batches of a turn', () => {
  test('all calls of a turn are one batch, and the next gathers while it is under way', async () => {
    const batches: number[][] = [];
    let finish = (): void => {};
    const turns = writesInTurns<number>((batch) => {
      batches.push([...batch]);
      return new Promise<void>((resolve) => (finish = resolve));
    });
    const calls = [turns(1), turns(2)];
    await setImmediate();
    calls.push(turns(3));
    await setImmediate();
    calls.push(turns(4));
    expect(batches).toEqual([[1, 2]]);
    finish();
    await Promise.all(calls.slice(0, 2));
    await setImmediate();
    expect(batches).toEqual([[1, 2], [3, 4]]);
    finish();
    await Promise.all(calls);
  });

  test('a bad entry fails alone', async () => {
    const turns = writesInTurns<number>(async (batch) => {
      if (batch.includes(2)) throw new Error('bad');
    });
    const results = await Promise.allSettled([1, 2, 3].map((n) => turns(n)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('when the server is away all fail after one attempt, and later calls try again', async () => {
    let attempts = 0;
    const turns = writesInTurns<number>(async () => {
      attempts++;
      if (attempts === 1) throw new mongoose.mongo.MongoNetworkError('away');
    });
    const results = await Promise.allSettled([1, 2, 3].map((n) => turns(n)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(attempts).toBe(1);
    await turns(4);
  });

  test('when the server goes away while a bad entry is looked for, those after it fail together', async () => {
    const sent: number[][] = [];
    const turns = writesInTurns<number>(async (batch) => {
      sent.push([...batch]);
      if (batch.includes(3)) throw batch.length === 1 ? new mongoose.mongo.MongoNetworkError('away') : new Error('bad');
      if (batch.includes(4)) throw new mongoose.mongo.MongoNetworkError('away');
    });
    const results = await Promise.allSettled([1, 2, 3, 4, 5, 6].map((n) => turns(n)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected', 'rejected']);
    expect(sent).toEqual([[1, 2, 3, 4, 5, 6], [1], [2], [3], [4, 5, 6]]);
  });

  test('each reader gets what belongs to its key, each key is asked for once, and none is answered from before it asked', async () => {
    const asked: string[][] = [];
    const stored = new Map([['a', 1]]);
    const read = readsInTurns<{ key: string }, { key: string; value: number }>(
      ({ key }) => key,
      async (keys) => {
        asked.push(keys.map(({ key }) => key));
        return keys.flatMap(({ key }) => (stored.has(key) ? [{ key, value: stored.get(key) ?? 0 }] : []));
      },
    );
    const first = Promise.all([read({ key: 'a' }), read({ key: 'b' }), read({ key: 'a' })]);
    await setImmediate();
    stored.set('a', 2);
    expect([await read({ key: 'a' }), await first]).toEqual([{ key: 'a', value: 2 }, [{ key: 'a', value: 1 }, undefined, { key: 'a', value: 1 }]]);
    expect(asked).toEqual([['a', 'b'], ['a']]);
  });
});
