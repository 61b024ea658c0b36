import { expect, test } from 'vitest';
import type { Store } from '@tandem/bff/store/store';
import { work } from './processes.ts';
import { range, task } from './samples.ts';
import { PRIZES, type Spoils } from './worker.ts';

/** A database that processes can open by its URL. */
export interface Shared {
  readonly url: string;
  readonly store: Store;
}

/** What must hold across real processes on one database: every prize has one winner, and no update is lost. */
export function sharingContract(open: () => Promise<Shared>): void {
  test('three processes that race for leases, grants, cards, a watch and swaps share them without doubles or losses', { timeout: 90_000 }, async () => {
    const { store, url } = await open();
    await store.tasks.mark(range(PRIZES.lanes).map((n) => task({ key: `k${n}`, lane: `lane${n}` })), 0);
    await Promise.all(range(PRIZES.grants).map((n) => store.grants.put({ id: `g${n}`, kind: 'oauth', data: {}, expiresAt: 9000 })));
    const workers = await Promise.all(range(3).map((n) => work({ do: 'race', url, me: `p${n}` })));
    await Promise.all(workers.map((worker) => worker.ready()));
    for (const worker of workers) worker.go();
    const ends = await Promise.all(workers.map((worker) => worker.ended()));
    const spoils = ends.map(({ lines, stderr }): Spoils => {
      expect(lines, stderr).toHaveLength(1);
      return JSON.parse(lines[0] ?? '');
    });
    expect(spoils.flatMap(({ lanes }) => lanes).sort()).toEqual(range(PRIZES.lanes).map((n) => `lane${n}`).sort());
    expect(spoils.flatMap(({ grants }) => grants).sort()).toEqual(range(PRIZES.grants).map((n) => `g${n}`).sort());
    expect(spoils.flatMap(({ created }) => created).sort()).toEqual(range(PRIZES.cards).map((n) => `c${n}`).sort());
    expect(new Set(spoils.map(({ watch }) => watch)).size).toBe(1);
    expect((await store.items.get('t1', 'ref'))?.item.title).toBe(String(3 * PRIZES.swaps));
  });

  test('a process that is killed has lost nothing that it was told is durable', { timeout: 90_000 }, async () => {
    const { store, url } = await open();
    for (const round of range(3)) {
      const worker = await work({ do: 'accept', url, me: `r${round}` });
      await worker.ready();
      worker.go();
      await worker.said(150 + 70 * round);
      worker.kill();
      const { lines, signal } = await worker.ended();
      expect(signal).toBe('SIGKILL');
      // The last line may have been cut by the kill.
      const acknowledged = lines.filter((line) => /^r\d-\d+$/.test(line)).slice(0, -1);
      expect(acknowledged.length).toBeGreaterThan(100);
      const logged = new Set((await store.deliveries.byWatch('w1', 100_000)).map(({ id }) => id));
      expect(acknowledged.filter((id) => !logged.has(id))).toEqual([]);
      const tasks = await Promise.all(acknowledged.map((id) => store.tasks.get(`observe:${id}`)));
      expect(acknowledged.filter((_, n) => !tasks[n])).toEqual([]);
      await store.lanes.heal(true);
      expect(await store.lanes.nextWake('me')).toBe(1000);
    }
  });
}
