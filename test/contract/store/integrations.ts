import { describe, expect, test } from 'vitest';
import type { Integration } from '@tandem/bff/store/store';
import { connection, integration, only, range, type Opener } from './samples.ts';

/** Integrations, and what their buttons stand for. */
export function integrationsContract(open: Opener): void {
  describe('integrations', () => {
    const ids = (all: readonly Integration[]): string[] => all.map(({ id }) => id);

    test('one comes back as it was created, with all fields and with few', async () => {
      const { store, other } = await open();
      const full = integration({ id: 'i2', older: 'v1.old', state: 'removed', done: ['column', 'enable'], dirty: true, reason: 'r', column: 'c', pressedAt: 7, report: ['The column stays.'] });
      for (const one of [integration(), full]) {
        const made = await store.integrations.create(one);
        expect(made).toEqual({ ...one, rev: made.rev });
        expect(await other.integrations.get(one.id)).toStrictEqual(made);
      }
      expect(await store.integrations.get('unknown')).toBeUndefined();
    });

    test('they are found by team, oldest first, and all of them page by page', async () => {
      const { store } = await open();
      for (const [id, team, createdAt] of [['b', 't1', 2], ['a', 't1', 2], ['c', 't1', 1], ['d', 't2', 1]] as const) await store.integrations.create(integration({ id, team, createdAt }));
      expect(ids(await store.integrations.byTeam('t1'))).toEqual(['c', 'a', 'b']);
      expect(await store.integrations.byTeam('t3')).toEqual([]);
      expect([ids(await store.integrations.page('', 3)), ids(await store.integrations.page('c', 3))]).toEqual([['a', 'b', 'c'], ['d']]);
      await store.integrations.remove('c');
      await store.integrations.remove('c');
      expect(ids(await store.integrations.byTeam('t1'))).toEqual(['a', 'b']);
    });

    test('of 50 swaps of one revision exactly one succeeds, and it changes all but what it is made of', async () => {
      const { store, other } = await open();
      const { rev } = await store.integrations.create(integration({ reason: 'old', column: 'c' }));
      const next = (n: number) => integration({ name: `n${n}`, state: 'on', done: ['column'], dirty: true, pressedAt: n, team: 't9', createdAt: 1, left: { tool: 'x', site: 'y', place: 'z' } });
      const swaps = await Promise.all(range(50).map((n) => (n % 2 ? store : other).integrations.swap(rev, next(n))));
      const winner = only(range(50).filter((n) => swaps[n]));
      const { team, left, createdAt } = integration();
      expect(await store.integrations.get('i1')).toStrictEqual({ ...next(winner), team, left, createdAt, rev: rev + 1 });
      expect(await store.integrations.swap(rev + 1, integration({ id: 'unknown' }))).toBe(false);
    });
  });

  describe('connections', () => {
    test('of 50 that connect the same feature exactly one is created, and all callers get that one', async () => {
      const { store, other } = await open();
      const made = await Promise.all(range(50).map((n) => (n % 2 ? store : other).connections.create(connection({ id: `k${n}` }))));
      const winner = only(made.filter(({ created }) => created)).connection;
      expect(made.map((one) => one.connection)).toEqual(range(50).map(() => winner));
      expect(await store.connections.get('i1', 'f1')).toStrictEqual(winner);
      expect(await store.connections.get('i2', 'f1')).toBeUndefined();
    });

    test('they are swapped once for each revision, listed newest first, and gone when removed', async () => {
      const { store, other } = await open();
      const { rev } = (await store.connections.create(connection({ ticket: 'r', reason: 'x', triedAt: 1, shown: 'd', checkAt: 2 }))).connection;
      const next = (n: number) => connection({ state: 'linked', ticket: `t${n}`, askedAt: n, id: 'other', createdAt: 5 });
      const swaps = await Promise.all(range(50).map((n) => (n % 2 ? store : other).connections.swap(rev, next(n))));
      const winner = only(range(50).filter((n) => swaps[n]));
      expect(await store.connections.get('i1', 'f1')).toStrictEqual({ ...next(winner), id: 'k1', createdAt: 1000, rev: rev + 1 });
      await store.connections.create(connection({ item: 'f2', createdAt: 2000 }));
      await store.connections.create(connection({ integration: 'i2', item: 'f3' }));
      expect((await store.connections.byIntegration('i1')).map(({ item }) => item)).toEqual(['f2', 'f1']);
      await store.connections.remove('i1', 'f1');
      await store.connections.remove('i1', 'f1');
      expect((await store.connections.byIntegration('i1')).map(({ item }) => item)).toEqual(['f2']);
    });
  });
}
