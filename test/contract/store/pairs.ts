import { describe, expect, test } from 'vitest';
import type { Pair } from '@tandem/bff/store/store';
import { only, pair, range, type Opener } from './samples.ts';

/** Pairs of items. */
export function pairsContract(open: Opener): void {
  describe('pairs', () => {
    const ids = (pairs: readonly Pair[]): string[] => pairs.map(({ id }) => id);

    test('a pair comes back as it was created, with all fields and with few', async () => {
      const { store } = await open();
      const full = pair({ id: 'p2', rightRef: 'gitea:b.org/x/9', base: { title: { left: 'a' }, status: { left: 'open', right: 'opened' } }, pending: { title: { side: 'right', value: 'b', from: 'b' } }, clashes: { description: { left: '$set', right: 'a.b' } }, state: 'asking', reason: 'r', pausedUntil: 4, writes: [1, 2], lostAt: 5, syncedAt: 6, button: { integration: 'i1', item: 'f1', statuses: [{ feature: 's', ticket: 't', label: 'a.b', color: 'red' }], retired: ['$set'] } });
      for (const one of [pair(), full]) {
        const { pair: made, created } = await store.pairs.create(one);
        expect([created, made]).toEqual([true, { ...one, rev: made.rev }]);
        expect(await store.pairs.get(one.id)).toStrictEqual({ ...one, rev: made.rev });
      }
      expect(await store.pairs.get('unknown')).toBeUndefined();
    });

    test('of 50 that pair the same two items exactly one is created, and all callers get that one', async () => {
      const { store, other } = await open();
      const made = await Promise.all(range(50).map((n) => (n % 2 ? store : other).pairs.create(pair({ id: `p${n}` }))));
      const winner = only(made.filter(({ created }) => created)).pair;
      expect(made.map((one) => one.pair)).toEqual(range(50).map(() => winner));
      expect(await store.pairs.byTeam('t1')).toEqual([winner]);
    });

    test('pairs are found by either item, by team and by the beginning of their refs, within the team only', async () => {
      const { store } = await open();
      await store.pairs.create(pair());
      await store.pairs.create(pair({ id: 'p2', leftRef: 'gitlab:gitlab.com/42/8', rightRef: pair().leftRef, createdAt: 900 }));
      await store.pairs.create(pair({ id: 'x1', team: 't2' }));
      expect(ids(await store.pairs.byRef('t1', pair().leftRef)).sort()).toEqual(['p1', 'p2']);
      expect(ids(await store.pairs.byRef('t1', pair().rightRef))).toEqual(['p1']);
      expect(ids(await store.pairs.byTeam('t1'))).toEqual(['p2', 'p1']);
      expect((await store.pairs.refsAt('t1', 'gitlab:gitlab.com/42/')).sort()).toEqual([pair().leftRef, 'gitlab:gitlab.com/42/8']);
      expect(await store.pairs.refsAt('t1', 'gitea:')).toEqual([pair().rightRef]);
      expect([await store.pairs.byTeam('t3'), await store.pairs.refsAt('t3', '')]).toEqual([[], []]);
    });

    test('of 50 swaps of one revision exactly one succeeds, and it changes all but what the pair is made of', async () => {
      const { store, other } = await open();
      const { rev } = (await store.pairs.create(pair({ reason: 'old', lostAt: 1 }))).pair;
      const next = (n: number) => pair({ leftUser: `u${n}`, state: 'paused', pausedUntil: n, base: { title: { left: 'l', right: 'r' } }, writes: [n], leftRef: 'other', team: 't9', createdAt: 1 });
      const swaps = await Promise.all(range(50).map((n) => (n % 2 ? store : other).pairs.swap(rev, next(n))));
      const winner = only(range(50).filter((n) => swaps[n]));
      const { team, leftRef, createdAt } = pair();
      expect(await store.pairs.get('p1')).toStrictEqual({ ...next(winner), team, leftRef, createdAt, rev: rev + 1 });
      expect([await store.pairs.swap(rev, pair()), await store.pairs.swap(rev + 1, pair({ id: 'unknown' }))]).toEqual([false, false]);
    });

    test('a pair that lost an item is found when its time has come, and one that is removed is gone', async () => {
      const { store } = await open();
      for (const [n, lostAt] of [[1, 50], [2, 40], [3, undefined]] as const) await store.pairs.create(pair({ id: `p${n}`, leftRef: `gitlab:gitlab.com/42/${n}`, ...(lostAt === undefined ? {} : { lostAt }) }));
      expect([ids(await store.pairs.lost(50, 10)), ids(await store.pairs.lost(51, 10)), ids(await store.pairs.lost(51, 1))]).toEqual([['p2'], ['p2', 'p1'], ['p2']]);
      await store.pairs.remove('p2');
      await store.pairs.remove('p2');
      expect([ids(await store.pairs.lost(51, 10)), await store.pairs.get('p2')]).toEqual([['p1'], undefined]);
    });
  });
}
