import { describe, expect, test } from 'vitest';
import type { JournalLine } from '@tandem/bff/store/store';
import { delivery, range, task, type Opener } from './samples.ts';

/** Deliveries and the journal. */
export function logContract(open: Opener): void {
  describe('deliveries', () => {
    test('an accepted delivery is logged, and its tasks are marked and wake their lanes', async () => {
      const { store } = await open();
      await store.deliveries.accept(delivery({ remoteId: 'r1' }), [task(), task({ key: 'observe:b', lane: 'lane2', due: 700 })]);
      expect(await store.deliveries.byWatch('w1', 10)).toStrictEqual([delivery({ remoteId: 'r1' })]);
      expect(await store.tasks.get('observe:a')).toMatchObject({ ...task(), markedAt: 1000, attempts: 0, dead: false });
      expect((await store.lanes.get('lane1'))?.wake).toBe(1000);
      expect((await store.lanes.get('lane2'))?.wake).toBe(700);
    });

    test('a delivery without tasks is only logged', async () => {
      const { store } = await open();
      await store.deliveries.accept(delivery({ outcome: 'not linked' }), []);
      expect(await store.deliveries.byWatch('w1', 10)).toStrictEqual([delivery({ outcome: 'not linked' })]);
      expect(await store.lanes.nextWake('me')).toBeUndefined();
    });

    test('the same delivery again is one line in the log, and marks again', async () => {
      const { store } = await open();
      await store.deliveries.accept(delivery(), [task()]);
      const first = await store.tasks.get('observe:a');
      await store.deliveries.accept(delivery(), [task()]);
      expect(await store.deliveries.byWatch('w1', 10)).toHaveLength(1);
      expect((await store.tasks.get('observe:a'))?.mark).not.toBe(first?.mark);
    });

    test('200 deliveries at once, of two processes, are all there', async () => {
      const { store, other } = await open();
      await Promise.all(
        range(200).map((n) => {
          const tasks = [task({ key: `observe:${n % 20}`, lane: `lane${n % 3}`, due: n }), task({ key: `own:${n}`, due: n })];
          return (n % 2 ? store : other).deliveries.accept(delivery({ id: `d${n}`, at: n }), tasks);
        }),
      );
      const log = await store.deliveries.byWatch('w1', 500);
      expect(log.map(({ id }) => id)).toEqual(range(200).map((n) => `d${199 - n}`));
      for (const n of range(200)) expect(await store.tasks.get(`own:${n}`), `own:${n}`).toBeDefined();
      for (const n of range(20)) expect((await store.tasks.get(`observe:${n}`))?.due, `observe:${n}`).toBe(n);
      expect(await store.lanes.nextWake('me')).toBe(0);
    });

    test('the newest come first, of the watch only, as many as asked for; the old are forgotten', async () => {
      const { store } = await open();
      for (const n of range(5)) await store.deliveries.accept(delivery({ id: `d${n}`, at: n * 10 }), []);
      await store.deliveries.accept(delivery({ id: 'x', watch: 'w2', at: 5 }), []);
      expect((await store.deliveries.byWatch('w1', 2)).map(({ id }) => id)).toEqual(['d4', 'd3']);
      expect(await store.deliveries.prune(20)).toBe(3);
      expect(await store.deliveries.prune(20)).toBe(0);
      expect((await store.deliveries.byWatch('w1', 10)).map(({ id }) => id)).toEqual(['d4', 'd3', 'd2']);
    });
  });

  describe('journal', () => {
    test('the newest line comes first, and lines of one moment keep their order', async () => {
      const { store } = await open();
      await store.journal.add([line({ at: 2000, text: 'c' }), line({ text: 'a' }), line({ text: 'b' }), line({ link: 'l2', text: 'x' })]);
      await store.journal.add([]);
      await store.journal.add([line({ text: 'b2' })]);
      expect(await store.journal.byLink('l1', 3)).toStrictEqual([line({ at: 2000, text: 'c' }), line({ text: 'b2' }), line({ text: 'b' })]);
      expect(await store.journal.byLink('l3', 3)).toEqual([]);
    });

    test('old lines are forgotten, thousands at once too', async () => {
      const { store } = await open();
      await store.journal.add(range(4500).map((n) => line({ at: n, link: `l${n % 7}` })));
      expect(await store.journal.prune(4400)).toBe(4400);
      expect(await store.journal.prune(4400)).toBe(0);
      const left = await Promise.all(range(7).map((n) => store.journal.byLink(`l${n}`, 1000)));
      expect(left.flat()).toHaveLength(100);
    });
  });

  test('a store that is open answers a ping; one that is closed refuses, and closing twice is fine', async () => {
    const { another } = await open();
    const store = await another();
    await store.ping();
    await store.close();
    await store.close();
    await expect(store.ping()).rejects.toThrow();
    await expect(store.deliveries.accept(delivery(), [])).rejects.toMatchObject({ code: 'unavailable' });
    await expect(store.links.get('l1')).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('what was not yet written when the store closes is written', async () => {
    const { store, another } = await open();
    const closing = await another();
    const accepted = closing.deliveries.accept(delivery(), [task()]);
    await closing.close();
    await accepted;
    expect(await store.deliveries.byWatch('w1', 1)).toHaveLength(1);
  });
}

function line(over: Partial<JournalLine> = {}): JournalLine {
  return { link: 'l1', at: 1000, cause: 'req-1', event: 'linked', text: 'Ana linked the card.', ...over };
}
