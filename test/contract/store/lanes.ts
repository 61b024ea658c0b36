import { describe, expect, test } from 'vitest';
import { only, range, task, type Opener } from './samples.ts';

/** Leases, wakes and their repair. */
export function lanesContract(open: Opener): void {
  describe('lanes', () => {
    test('a lane is leased when something in it is due, and cleanly the first time', async () => {
      const { store } = await open();
      await store.tasks.mark([task()], 900);
      expect(await store.lanes.lease('me', 999, 2000, 10)).toEqual([]);
      const { lane, clean } = only(await store.lanes.lease('me', 1000, 2000, 10));
      expect(lane).toStrictEqual({ id: 'lane1', owner: 'me', until: 2000, wake: 1000, touched: lane.touched });
      expect(clean).toBe(true);
      expect(await store.lanes.get('lane1')).toStrictEqual(lane);
    });

    test('of 50 processes exactly one gets a lane', async () => {
      const { store, other } = await open();
      await store.tasks.mark(range(20).map((n) => task({ key: `k${n}`, lane: `lane${n}` })), 0);
      const leases = await Promise.all(range(50).map((n) => (n % 2 ? store : other).lanes.lease(`p${n}`, 1000, 2000, 20)));
      const won = leases.flatMap((lease, n) => lease.map(({ lane }) => ({ id: lane.id, owner: lane.owner, by: `p${n}` })));
      expect(won.map(({ id }) => id).sort()).toEqual(range(20).map((n) => `lane${n}`).sort());
      for (const { id, owner, by } of won) {
        expect(owner).toBe(by);
        expect((await store.lanes.get(id))?.owner).toBe(by);
      }
    });

    test('the longest waiting lanes come first, and no more than asked for', async () => {
      const { store } = await open();
      await store.tasks.mark(range(5).map((n) => task({ key: `k${n}`, lane: `lane${n}`, due: 100 - n })), 0);
      expect((await store.lanes.lease('me', 1000, 2000, 2)).map(({ lane }) => lane.id)).toEqual(['lane4', 'lane3']);
      expect((await store.lanes.lease('you', 1000, 2000, 9)).map(({ lane }) => lane.id).sort()).toEqual(['lane0', 'lane1', 'lane2']);
    });

    test('a lane that was given back is leased cleanly, one whose lease ran out is not', async () => {
      const { store } = await open();
      await store.tasks.mark([task()], 0);
      await store.lanes.lease('me', 1000, 2000, 1);
      expect(await store.lanes.lease('you', 1999, 3000, 1)).toEqual([]);
      expect(only(await store.lanes.lease('you', 2000, 3000, 1))).toMatchObject({ clean: false, lane: { owner: 'you', until: 3000 } });
      await store.lanes.release('you', 'lane1');
      expect(only(await store.lanes.lease('me', 2500, 3000, 1)).clean).toBe(true);
    });

    test('what was ours in an earlier life is ours again at once, uncleanly, after the lanes that wait', async () => {
      const { store } = await open();
      await store.tasks.mark(range(3).map((n) => task({ key: `k${n}`, lane: `old${n}` })), 0);
      await store.lanes.lease('me', 1000, 90_000, 3);
      await store.tasks.mark([task({ key: 'new', lane: 'new', due: 1500 })], 0);
      const again = await store.lanes.lease('me', 1500, 95_000, 3);
      expect(again[0]).toMatchObject({ clean: true, lane: { id: 'new' } });
      expect(again.slice(1).map(({ clean, lane }) => [clean, lane.id.slice(0, 3), lane.until])).toEqual([
        [false, 'old', 95_000],
        [false, 'old', 95_000],
      ]);
    });

    test('lanes that a process is at work in are left alone, and take nobody’s place', async () => {
      const { store } = await open();
      await store.tasks.mark(range(4).map((n) => task({ key: `k${n}`, lane: `lane${n}` })), 0);
      const held = (await store.lanes.lease('me', 1000, 2000, 2)).map(({ lane }) => lane.id);
      const others = ['lane0', 'lane1', 'lane2', 'lane3'].filter((id) => !held.includes(id));
      expect((await store.lanes.lease('me', 1500, 9000, 2, held)).map(({ lane }) => lane.id).sort()).toEqual(others);
      for (const id of held) expect((await store.lanes.get(id))?.until).toBe(2000);
      expect(await store.lanes.lease('me', 1500, 9000, 9, [...held, ...others])).toEqual([]);
    });

    test('renewing prolongs what is still ours, and says what that is', async () => {
      const { store } = await open();
      await store.tasks.mark(range(3).map((n) => task({ key: `k${n}`, lane: `lane${n}` })), 0);
      await store.lanes.lease('me', 1000, 2000, 3);
      await store.lanes.lease('you', 2000, 3000, 1);
      const stolen = only((await Promise.all(range(3).map((n) => store.lanes.get(`lane${n}`)))).flatMap((lane) => (lane?.owner === 'you' ? [lane.id] : [])));
      const mine = range(3).map((n) => `lane${n}`).filter((id) => id !== stolen);
      expect((await store.lanes.renew('me', ['lane0', 'lane1', 'lane2', 'unknown'], 4000)).sort()).toEqual(mine);
      for (const id of mine) expect((await store.lanes.get(id))?.until).toBe(4000);
      expect((await store.lanes.get(stolen))?.until).toBe(3000);
      expect(await store.lanes.renew('me', [], 4000)).toEqual([]);
    });

    test('a released lane sleeps until its earliest live task, or for good', async () => {
      const { store } = await open();
      await store.tasks.mark([task(), task({ key: 'later', due: 7000 }), task({ key: 'dead', due: 500 })], 0);
      await store.tasks.bury('dead', (await store.tasks.get('dead'))?.mark ?? '', 'why');
      await store.lanes.lease('me', 1000, 2000, 1);
      await store.tasks.complete('observe:a', (await store.tasks.get('observe:a'))?.mark ?? '');
      await store.lanes.release('me', 'lane1');
      const slept = await store.lanes.get('lane1');
      expect(slept).toStrictEqual({ id: 'lane1', wake: 7000, touched: slept?.touched });
      await store.tasks.complete('later', (await store.tasks.get('later'))?.mark ?? '');
      await store.lanes.lease('me', 7000, 8000, 1);
      await store.lanes.release('me', 'lane1');
      expect((await store.lanes.get('lane1'))?.wake).toBeUndefined();
      expect(await store.lanes.lease('me', 99_999, 100_000, 1)).toEqual([]);
    });

    test('who lost a lane cannot release it', async () => {
      const { store } = await open();
      await store.tasks.mark([task()], 0);
      await store.lanes.lease('me', 1000, 2000, 1);
      await store.lanes.lease('you', 2000, 3000, 1);
      await store.lanes.release('me', 'lane1');
      await store.lanes.release('me', 'unknown');
      expect((await store.lanes.get('lane1'))?.owner).toBe('you');
    });

    test('a mark that comes while a lane is released keeps its wake', async () => {
      const { store, other } = await open();
      for (const n of range(40)) {
        await store.tasks.mark([task({ due: n })], n);
        await store.lanes.lease('me', 1000, 2000, 1);
        await store.tasks.complete('observe:a', (await store.tasks.get('observe:a'))?.mark ?? '');
        await Promise.all([store.lanes.release('me', 'lane1'), other.tasks.mark([task({ key: 'next', due: 500 + n })], n), store.tasks.mark([task({ key: 'later', due: 700 })], n)]);
        expect((await store.lanes.get('lane1'))?.wake, `round ${n}`).toBe(500 + n);
        await store.tasks.drop('next');
        await store.tasks.drop('later');
      }
    });

    test('marking wakes a sleeping lane, and never later than it would have woken', async () => {
      const { store } = await open();
      await store.tasks.mark([task({ due: 5000 })], 0);
      await store.tasks.mark([task({ key: 'b', due: 9000 })], 0);
      const before = await store.lanes.get('lane1');
      expect(before?.wake).toBe(5000);
      await store.tasks.mark([task({ key: 'c', due: 800 })], 0);
      const after = await store.lanes.get('lane1');
      expect(after?.wake).toBe(800);
      expect(after?.touched).not.toBe(before?.touched);
    });

    test('a blocked lane is not leased before its time, and a shorter block changes nothing', async () => {
      const { store } = await open();
      await store.tasks.mark([task()], 0);
      await store.lanes.block('lane1', 5000);
      await store.lanes.block('lane1', 3000);
      expect((await store.lanes.get('lane1'))?.blockedUntil).toBe(5000);
      expect(await store.lanes.lease('me', 4999, 9000, 1)).toEqual([]);
      expect(await store.lanes.lease('me', 5000, 9000, 1)).toHaveLength(1);
    });

    test('a block is kept on a lane that has no task yet, and through lease, release and marks', async () => {
      const { store } = await open();
      await store.lanes.block('lane1', 800);
      const empty = await store.lanes.get('lane1');
      expect(empty).toStrictEqual({ id: 'lane1', blockedUntil: 800, touched: empty?.touched });
      await store.tasks.mark([task()], 0);
      await store.lanes.lease('me', 1000, 2000, 1);
      await store.lanes.block('lane1', 6000);
      await store.lanes.release('me', 'lane1');
      expect(await store.lanes.get('lane1')).toMatchObject({ blockedUntil: 6000, wake: 1000 });
    });

    test('the next wake is the earliest moment at which a lane wants a lease', async () => {
      const { store } = await open();
      expect(await store.lanes.nextWake('me')).toBeUndefined();
      await store.lanes.block('sleeping', 1);
      expect(await store.lanes.nextWake('me')).toBeUndefined();
      await store.tasks.mark([task({ key: 'theirs', lane: 'theirs', due: 100 })], 0);
      await store.lanes.lease('you', 100, 6000, 1);
      expect(await store.lanes.nextWake('me'), "another's lease must end first").toBe(6000);
      expect(await store.lanes.nextWake('you'), 'our own need not').toBe(100);
      await store.tasks.mark([task({ key: 'blocked', lane: 'blocked', due: 200 })], 0);
      await store.lanes.block('blocked', 5000);
      expect(await store.lanes.nextWake('me')).toBe(5000);
      await store.tasks.mark([task({ key: 'free', lane: 'free', due: 4000 })], 0);
      expect(await store.lanes.nextWake('me')).toBe(4000);
    });

    test('healing wakes lanes that slept through their tasks, and leaves leases alone', async () => {
      const { store } = await open();
      await store.tasks.mark([task({ due: 3000 }), task({ key: 'b', due: 2000 }), task({ key: 'held', lane: 'held', due: 10 }), task({ key: 'gone', lane: 'empty', due: 10 })], 0);
      await store.lanes.lease('you', 10, 9000, 1);
      await store.tasks.drop('gone');
      const held = [await store.lanes.get('held'), await store.lanes.get('empty')].find((lane) => lane?.owner === 'you');
      await store.lanes.heal(true);
      expect((await store.lanes.get('lane1'))?.wake).toBe(2000);
      expect((await store.lanes.get('empty'))?.wake).toBeUndefined();
      expect((await store.lanes.get(held?.id ?? ''))?.owner).toBe('you');
      await store.lanes.heal(true);
      expect((await store.lanes.get('held'))?.wake).toBe(10);
    });
  });
}
