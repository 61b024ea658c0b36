import { expect, test } from 'vitest';
import { openStore } from '@tandem/bff/store/open';
import { sweepTask } from '@tandem/bff/sync/keys';
import { sweepBoards } from '@tandem/bff/sync/sweep-due';

test('a start pulls forward the look at hundreds of boards, apart on one member’s credits and all together, and leaves those alone that are due anyway', async () => {
  const store = await openStore('sqlite::memory:');
  const [now, hour] = [1_000_000_000, 3_600_000];
  const resting = Array.from({ length: 250 }, (_, n) => sweepTask('t', `b${n}`, n < 50 ? 'ana' : `u${n}`, now + hour, 'a request'));
  await store.tasks.mark([...resting, sweepTask('t', 'due', 'ana', now - 1, 'a request')], now - hour);
  const start = async (at: number): Promise<number> => {
    let marked = 0;
    await sweepBoards({ store, now: () => at }, async (tasks) => {
      marked += tasks.length;
      await store.tasks.mark(tasks, at);
    });
    return marked;
  };
  expect([await start(now), await start(now + 5000)], 'whoever starts next finds them waiting').toEqual([250, 0]);
  const after = (await store.tasks.page('sweep:', '', 1000)).map(({ lane, due }) => ({ lane, due: due - now }));
  expect(Math.max(...after.map(({ due }) => due))).toBeLessThan(60_000);
  const [of] = resting;
  const ana = after.flatMap(({ lane, due }) => (lane === of?.lane && due >= 0 ? [due] : [])).toSorted((a, b) => a - b);
  expect(ana).toHaveLength(50);
  for (const [n, due] of ana.entries()) expect(due - (ana[n - 1] ?? -1000)).toBeGreaterThanOrEqual(1000);
  const all = after.flatMap(({ due }) => (due >= 0 ? [due] : []));
  expect(all.filter((due) => due < 1000).length, '20 a second').toBeLessThanOrEqual(21);
  await store.close();
});
