import { describe, expect, test } from 'vitest';
import type { NewTask, Store, Task } from '@tandem/bff/store/store';
import { range, task, type Opener } from './samples.ts';

/** Marks, completion, failure and fairness. */
export function tasksContract(open: Opener): void {
  describe('tasks', () => {
    test('a marked task is due from its time on, with a mark of its own', async () => {
      const { store } = await open();
      await store.tasks.mark([task({ group: '$g', cause: '$$ROOT' }), task({ key: 'observe:b' })], 900);
      const { mark } = await known(store);
      expect(await store.tasks.get('observe:a')).toStrictEqual({ ...task({ group: '$g', cause: '$$ROOT' }), mark, markedAt: 900, attempts: 0, dead: false });
      expect((await known(store, 'observe:b')).mark).not.toBe(mark);
      expect(await store.tasks.due('lane1', 999, 10, 10)).toEqual([]);
      expect(keys(await store.tasks.due('lane1', 1000, 10, 10)).sort()).toEqual(['observe:a', 'observe:b']);
      expect(await store.tasks.due('lane2', 9999, 10, 10)).toEqual([]);
      expect(await store.tasks.get('unknown')).toBeUndefined();
    });

    test('marking nothing does nothing', async () => {
      const { store } = await open();
      await store.tasks.mark([], 900);
      expect(await store.lanes.nextWake('me')).toBeUndefined();
    });

    test('one key twice in a call is one row with the earlier due time', async () => {
      const { store } = await open();
      await store.tasks.mark([task({ due: 500 }), task({ due: 800, cause: 'later', lane: 'lane2' })], 400);
      expect(await known(store)).toMatchObject({ due: 500, cause: 'later', lane: 'lane2' });
    });

    test('a task that is marked while it runs stays due, and only its new mark completes it', async () => {
      const { store } = await open();
      await store.tasks.mark([task()], 1000);
      const [running] = await store.tasks.due('lane1', 1000, 10, 10);
      await store.tasks.mark([task({ cause: 'req-2' })], 1001);
      await store.tasks.complete('observe:a', running?.mark ?? '');
      const again = await known(store);
      expect(again).toMatchObject({ cause: 'req-2', markedAt: 1001 });
      await store.tasks.complete('observe:a', again.mark);
      expect(await store.tasks.get('observe:a')).toBeUndefined();
    });

    test('of two due times the earlier wins, in either order', async () => {
      const { store } = await open();
      await store.tasks.mark([task({ due: 500 })], 1);
      await store.tasks.mark([task({ due: 900 })], 2);
      expect((await known(store)).due).toBe(500);
      await store.tasks.mark([task({ due: 100 })], 3);
      expect((await known(store)).due).toBe(100);
    });

    test('a failure puts the task off, and a mark brings it back without forgetting the failures', async () => {
      const { store } = await open();
      await store.tasks.mark([task()], 1000);
      const { mark } = await known(store);
      // As the engine calls it: its verdict says more than the store keeps.
      const verdict = { kind: 'retry', due: 5000, attempts: 2, failingSince: 1000, error: 'no answer' };
      await store.tasks.retry('observe:a', mark, verdict);
      expect(await known(store)).toStrictEqual({ ...task({ due: 5000 }), mark, markedAt: 1000, attempts: 2, failingSince: 1000, error: 'no answer', dead: false });
      expect(await store.tasks.due('lane1', 4999, 10, 10)).toEqual([]);
      await store.tasks.mark([task({ due: 1500 })], 1500);
      expect(await known(store)).toMatchObject({ due: 1500, attempts: 2, failingSince: 1000, error: 'no answer' });
    });

    test('a failure of a task that was marked meanwhile is counted, but the task stays due', async () => {
      const { store } = await open();
      await store.tasks.mark([task()], 1000);
      const before = await known(store);
      await store.tasks.mark([task()], 1100);
      const after = await known(store);
      await store.tasks.retry('observe:a', before.mark, { due: 9000, attempts: 1, failingSince: 1100, error: 'no answer' });
      expect(await known(store)).toStrictEqual({ ...after, attempts: 1, failingSince: 1100, error: 'no answer' });
    });

    test('a failure of a task that is complete or dropped leaves nothing behind', async () => {
      const { store } = await open();
      await store.tasks.retry('observe:a', 'm', { due: 1, attempts: 1, failingSince: 1, error: 'x' });
      await store.tasks.defer('observe:a', 'm', 5);
      await store.tasks.bury('observe:a', 'm', 'x');
      expect(await store.tasks.get('observe:a')).toBeUndefined();
    });

    test('deferring moves the due time and counts nothing, only on an unchanged mark', async () => {
      const { store } = await open();
      await store.tasks.mark([task()], 1000);
      const before = await known(store);
      await store.tasks.defer('observe:a', before.mark, 3000);
      expect(await known(store)).toStrictEqual({ ...before, due: 3000 });
      await store.tasks.defer('observe:a', 'another', 1);
      expect((await known(store)).due).toBe(3000);
    });

    test('tasks of a lane that changed hands count as failed, without a word, until they succeed', async () => {
      const { store } = await open();
      await store.tasks.mark([...['fresh', 'failed', 'rested', 'dead'].map((key) => task({ key })), task({ key: 'elsewhere', lane: 'lane2' })], 1000);
      const before = new Map<string, Task>();
      for (const key of ['fresh', 'failed', 'rested', 'dead', 'elsewhere']) before.set(key, await known(store, key));
      const mark = (key: string): string => before.get(key)?.mark ?? '';
      await store.tasks.retry('failed', mark('failed'), { due: 1100, attempts: 3, failingSince: 900, error: 'no answer' });
      await store.tasks.retry('rested', mark('rested'), { due: 9000, attempts: 0, failingSince: 900, error: '' });
      await store.tasks.bury('dead', mark('dead'), 'why');
      await store.tasks.distrust('lane1');
      expect(await known(store, 'fresh')).toStrictEqual({ ...before.get('fresh'), attempts: 1 });
      expect(await known(store, 'rested')).toStrictEqual({ ...before.get('rested'), due: 9000, attempts: 1 });
      expect(await known(store, 'failed')).toMatchObject({ attempts: 3, failingSince: 900, error: 'no answer' });
      expect(await known(store, 'dead')).toMatchObject({ attempts: 0, error: 'why', dead: true });
      expect(await known(store, 'elsewhere')).toStrictEqual(before.get('elsewhere'));
      await store.tasks.defer('fresh', mark('fresh'), 2000);
      await store.tasks.mark([task({ key: 'fresh' })], 1500);
      expect(await known(store, 'fresh')).toMatchObject({ markedAt: 1500, due: 1000, attempts: 1 });
    });

    test('a buried task is dead with its reason until it is marked again, which forgives it', async () => {
      const { store } = await open();
      await store.tasks.mark([task()], 1000);
      const { mark } = await known(store);
      await store.tasks.retry('observe:a', mark, { due: 1200, attempts: 3, failingSince: 1000, error: 'no answer' });
      await store.tasks.bury('observe:a', 'another', 'no');
      expect((await known(store)).dead).toBe(false);
      await store.tasks.bury('observe:a', mark, 'refused for good');
      expect(await known(store)).toMatchObject({ dead: true, error: 'refused for good', attempts: 3, failingSince: 1000 });
      expect(await store.tasks.due('lane1', 9999, 10, 10)).toEqual([]);
      await store.tasks.mark([task({ due: 4000 })], 3000);
      const revived = await known(store);
      expect(revived).toStrictEqual({ ...task({ due: 4000 }), mark: revived.mark, markedAt: 3000, attempts: 0, dead: false });
      expect(await store.tasks.dead('', 10)).toEqual([]);
    });

    test('dead tasks are listed newest mark first', async () => {
      const { store } = await open();
      for (const n of range(4)) await store.tasks.mark([task({ key: `k${n}`, lane: `lane${n}` })], 100 * n);
      for (const n of [2, 0, 3]) await store.tasks.bury(`k${n}`, (await known(store, `k${n}`)).mark, 'why');
      expect(keys(await store.tasks.dead('', 2))).toEqual(['k3', 'k2']);
      expect(keys(await store.tasks.dead('', 10))).toEqual(['k3', 'k2', 'k0']);
    });

    test('those of a kind can be gone through by key, dead ones too', async () => {
      const { store } = await open();
      await store.tasks.mark(['observe:c', 'observe:a', 'observe:b', 'observe', 'observf:a', 'apply:z'].map((key) => task({ key })), 1000);
      await store.tasks.bury('observe:b', (await known(store, 'observe:b')).mark, 'gone');
      const page = async (after: string, limit: number): Promise<unknown> => (await store.tasks.page('observe:', after, limit)).map(({ key, dead }) => [key, dead]);
      expect(await page('', 2)).toEqual([['observe:a', false], ['observe:b', true]]);
      expect(await page('observe:b', 2)).toEqual([['observe:c', false]]);
    });

    test('the dead of lanes with one beginning are revived: due now, forgiven, their lanes awake', async () => {
      const { store } = await open();
      const lanes = ['t1:git/a', 't1:git/b', 't1:gitea', 't2:git/a'];
      await store.tasks.mark(lanes.map((lane, n) => task({ key: `k${n}`, lane })), 100);
      await store.tasks.mark([task({ key: 'alive', lane: 't1:git/a', due: 9000 })], 100);
      for (const n of range(4)) {
        const { mark } = await known(store, `k${n}`);
        await store.tasks.retry(`k${n}`, mark, { due: 50, attempts: 4, failingSince: 20, error: 'no' });
        await store.tasks.bury(`k${n}`, mark, 'why');
      }
      await store.lanes.lease('me', 5000, 6000, 10);
      for (const lane of lanes) await store.lanes.release('me', lane);
      const before = await known(store, 'k0');
      expect(await store.tasks.revive('t1:git/', 7000)).toBe(2);
      const after = await known(store, 'k0');
      expect(after).toStrictEqual({ ...task({ key: 'k0', lane: 't1:git/a', due: 7000 }), mark: after.mark, markedAt: 7000, attempts: 0, dead: false });
      expect(after.mark).not.toBe(before.mark);
      expect((await known(store, 'k1')).mark).not.toBe(after.mark);
      expect((await store.lanes.get('t1:git/a'))?.wake).toBe(7000);
      expect((await store.lanes.get('t1:gitea'))?.wake).toBeUndefined();
      expect(keys(await store.tasks.dead('', 10)).sort()).toEqual(['k2', 'k3']);
      expect((await known(store, 'alive')).due).toBe(9000);
      expect(await store.tasks.revive('t1:git/', 7000)).toBe(0);
    });

    test('of the dead of a lane those of one group can be revived alone', async () => {
      const { store } = await open();
      await store.tasks.mark(['a', '$b', 'a', 'c'].map((group, n) => task({ key: `k${n}`, lane: n < 3 ? 't1:git/a' : 't1:git/b', group })), 100);
      for (const n of range(4)) await store.tasks.bury(`k${n}`, (await known(store, `k${n}`)).mark, 'why');
      expect(await store.tasks.revive('t1:git/', 7000, '$b')).toBe(1);
      expect(keys(await store.tasks.dead('', 10)).sort()).toEqual(['k0', 'k2', 'k3']);
      expect(await store.tasks.revive('t1:git/b', 7000, 'a')).toBe(0);
      expect(await store.tasks.revive('t1:git/', 7000, 'a')).toBe(2);
      expect(keys(await store.tasks.dead('', 10))).toEqual(['k3']);
    });

    test('a dropped task is gone whatever its mark', async () => {
      const { store } = await open();
      await store.tasks.mark([task()], 1000);
      await store.tasks.drop('observe:a');
      await store.tasks.drop('observe:a');
      expect(await store.tasks.get('observe:a')).toBeUndefined();
    });

    test('a marked task moves to the lane and group of its last mark', async () => {
      const { store } = await open();
      await store.tasks.mark([task()], 1000);
      await store.tasks.mark([task({ lane: 'lane2', group: 'g2' })], 1000);
      expect(await store.tasks.due('lane1', 1000, 10, 10)).toEqual([]);
      expect(await store.tasks.due('lane2', 1000, 10, 10)).toMatchObject([{ group: 'g2' }]);
    });

    test('the oldest come first, at most so many per group and in all', async () => {
      const { store } = await open();
      await store.tasks.mark([...inGroup('storm', range(40)), ...inGroup('a', [5, 50, 51]), ...inGroup('b', [60]), ...inGroup('c', [70, 2000])], 0);
      expect(keys(await store.tasks.due('lane1', 1000, 2, 10))).toEqual(['storm0', 'storm1', 'a5', 'a50', 'b60', 'c70']);
      expect(keys(await store.tasks.due('lane1', 1000, 2, 3))).toEqual(['storm0', 'storm1', 'a5']);
      expect(keys(await store.tasks.due('lane1', 1000, 3, 4))).toEqual(['storm0', 'storm1', 'storm2', 'a5']);
      expect(keys(await store.tasks.due('lane1', 1000, 100, 3))).toEqual(['storm0', 'storm1', 'storm2']);
      expect(keys(await store.tasks.due('lane1', 1000, 1, 100))).toEqual(['storm0', 'a5', 'b60', 'c70']);
      expect(await store.tasks.due('lane1', 1000, 100, 100)).toHaveLength(45);
    });

    test('a quiet group is served at once behind a thousand due tasks of another', async () => {
      const { store } = await open();
      await store.tasks.mark(range(1000).map((n) => task({ key: `storm${n}`, group: 'storm', due: n })), 0);
      await store.tasks.mark([task({ key: 'quiet', group: 'quiet', due: 9000 })], 0);
      expect(keys(await store.tasks.due('lane1', 9000, 10, 100))).toEqual([...range(10).map((n) => `storm${n}`), 'quiet']);
    });
  });
}

function keys(tasks: readonly Task[]): string[] {
  return tasks.map(({ key }) => key);
}

async function known(store: Store, key = 'observe:a'): Promise<Task> {
  const found = await store.tasks.get(key);
  if (!found) throw new Error(`No task ${key}.`);
  return found;
}

function inGroup(group: string, dues: readonly number[]): NewTask[] {
  return dues.map((due) => task({ key: `${group}${due}`, group, due }));
}
