import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HeldBack, UpstreamError } from '@tandem/bff/errors';
import { openLog } from '@tandem/bff/log';
import { openStore } from '@tandem/bff/store/open';
import type { NewTask, Store } from '@tandem/bff/store/store';
import { openBreakers } from '@tandem/bff/sync/breaker';
import { openBudgets, type Budgets } from '@tandem/bff/sync/budget';
import { openGate, type Gate } from '@tandem/bff/sync/gate';
import { readLane, writeLane } from '@tandem/bff/sync/keys';
import type { Handler } from '@tandem/bff/sync/runs';
import { openWorker, type Worker } from '@tandem/bff/sync/worker';
import { eventually } from '../sim/world.ts';

describe('the worker', () => {
  let folder: string;
  let time: number;
  let stores: Store[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tandem-'));
    time = 1_000_000;
    stores = [];
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (handler: Handler, owner = 'one', gate?: Gate): Promise<{ worker: Worker; store: Store }> => {
    const store = await openStore(`sqlite:${join(folder, 'tandem.db')}`);
    stores.push(store);
    const idle: Handler = () => Promise.resolve();
    const worker = openWorker({ store, log: openLog('silent'), owner, now: () => time, random: randomBytes, ...(gate ? { gate } : {}), handlers: { observe: handler, apply: idle, ensure: idle, list: idle, refresh: async () => undefined, backlink: async () => undefined, sweep: async () => undefined, poll: idle, merge: idle, push: idle, integrate: idle } });
    return { worker, store };
  };
  const task = (id: string, more: Partial<NewTask> = {}): NewTask => ({ key: `observe:${id}`, lane: 'lane', group: 'group', due: time, cause: 'test', ...more });

  /** A process that dies while it runs a task: it never comes back from there. */
  const dieInside = (id: string, owner: string): Promise<void> =>
    new Promise((inside, reject) => {
      open(() => new Promise(() => inside()), owner)
        .then(async ({ worker }) => {
          await worker.mark([task(id)]);
          // Its store is closed under it in the end.
          worker.settle().catch(() => undefined);
        })
        .catch(reject);
    });

  test('runs a key again that was marked while it ran, and not before the tempo allows', async () => {
    const runs: number[] = [];
    const { worker } = await open(async () => {
      runs.push(time);
      if (runs.length === 1) await worker.mark([task('a')]);
    });
    await worker.mark([task('a')]);
    await worker.settle();
    expect(runs).toEqual([1_000_000]);
    time += 1000;
    await worker.settle();
    expect(runs).toEqual([1_000_000, 1_001_000]);
    time += 10_000;
    await worker.settle();
    expect(runs).toHaveLength(2);
  });

  test('a long run may ask for more for as long as its lane is renewed, and holds back nothing that is marked meanwhile', async () => {
    let end = (): void => undefined;
    const deadlines: number[] = [];
    const { worker } = await open(async (id, run) => {
      deadlines.push(run.deadline);
      if (id === 'short') time += 20_000;
      if (id !== 'long') return;
      await new Promise<void>((resolve) => (end = resolve));
      deadlines.push(run.deadline);
    });
    await worker.mark([task('long')]);
    const settled = worker.settle();
    await eventually(() => deadlines.length, (length) => length === 1);
    await worker.mark([task('short')]);
    await eventually(() => time, (at) => at === 1_020_000);
    await worker.mark([task('third', { due: time })]);
    await eventually(() => deadlines.length, (length) => length === 3);
    end();
    await settled;
    expect(deadlines).toEqual([1_029_000, 1_029_000, 1_049_000, 1_049_000]);
  });

  test('never runs one key twice at a time, nor one lane in two processes', async () => {
    let [inside, most, ran] = [0, 0, 0];
    const handler: Handler = async () => {
      inside += 1;
      ran += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => void setImmediate(resolve));
      inside -= 1;
    };
    const [one, two] = [await open(handler, 'one'), await open(handler, 'two')];
    await one.worker.mark(Array.from({ length: 8 }, (_, n) => task(String(n), { lane: 'shared' })));
    await Promise.all([one.worker.settle(), two.worker.settle()]);
    expect([ran, most]).toEqual([8, 8]);
  });

  test('many lanes share what a process does at a time, and each has two of it', async () => {
    let [inside, most] = [0, 0];
    const each = new Map<string, number>();
    const { worker } = await open(async (id) => {
      const lane = id.split('/')[0] ?? '';
      inside += 1;
      most = Math.max(most, inside);
      each.set(lane, (each.get(lane) ?? 0) + 1);
      await new Promise((resolve) => void setTimeout(resolve, 1));
      inside -= 1;
    });
    const lanes = Array.from({ length: 64 }, (_, lane) => `lane ${lane}`);
    await worker.mark(lanes.flatMap((lane) => Array.from({ length: 8 }, (_, n) => task(`${lane}/${n}`, { lane }))));
    await worker.settle();
    expect([most, each.size, new Set(each.values())]).toEqual([128, 64, new Set([8])]);
  });

  test('believes what was sent only where no run can have died half-way', async () => {
    const trusted: boolean[] = [];
    let fail = true;
    const record: Handler = (_, run) => {
      trusted.push(run.trusted);
      return fail ? Promise.reject(new UpstreamError('miro', 0)) : Promise.resolve();
    };
    const first = await open(record);
    await first.worker.mark([task('a')]);
    await first.worker.settle();
    fail = false;
    time += 60_000;
    await first.worker.settle();
    expect(trusted, 'a first run, and one after a failure').toEqual([true, false]);

    // The process dies inside a run: its lease stays behind.
    await dieInside('b', 'one');
    const heir = await open(record);
    await heir.worker.settle();
    expect(trusted, 'a task that was due when the lane changed hands').toEqual([true, false, false]);
    time += 5000;
    await heir.worker.mark([task('c')]);
    await heir.worker.settle();
    expect(trusted, 'one that was marked later').toEqual([true, false, false, true]);
  });

  test('what may have died half-way is believed once it has succeeded, not when it was marked again, held back or changed hands, nor when the store failed before it heard of it', async () => {
    await dieInside('a', 'one');
    const trusted: boolean[] = [];
    const held: Handler = (_, run) => {
      trusted.push(run.trusted);
      return trusted.length < 3 ? Promise.reject(new HeldBack('miro', 'Miro', time + 5000)) : Promise.resolve();
    };
    const heir = await open(held);
    vi.spyOn(heir.store.tasks, 'distrust').mockRejectedValueOnce(new Error('no store'));
    await heir.worker.settle();
    time += 1000;
    await heir.worker.mark([task('a')]);
    await heir.worker.settle();
    time += 5000;
    await (await open(held, 'next')).worker.settle();
    expect(trusted).toEqual([false, false, false]);
    expect(await heir.store.tasks.get('observe:a')).toBeUndefined();
    time += 1000;
    await heir.worker.mark([task('a')]);
    await heir.worker.settle();
    expect(trusted).toEqual([false, false, false, true]);
  });

  test("another process's lane is taken over only when its lease has run out", async () => {
    const runs: string[] = [];
    await dieInside('a', 'dead');
    const other = await open((id) => {
      runs.push(id);
      return Promise.resolve();
    }, 'other');
    await other.worker.settle();
    expect(runs).toEqual([]);
    time += 31_000;
    await other.worker.settle();
    expect(runs).toEqual(['a']);
  });

  test('a 429 holds the whole lane until the remote says, and no other lane; one of another remote than the lane’s holds the task alone', async () => {
    const runs: string[] = [];
    const { worker } = await open((id) => {
      runs.push(id);
      return 'ad'.includes(id) && runs.length === 1 ? Promise.reject(new UpstreamError('miro', 429, { retryAt: time + 20_000 })) : Promise.resolve();
    });
    const [lane, another] = [writeLane('team', 'ana'), readLane('team', 'gitlab', 'gitlab.com')];
    await worker.mark([task('a', { lane })]);
    await worker.settle();
    await worker.mark([task('b', { lane }), task('c', { lane: another })]);
    await worker.settle();
    expect(runs).toEqual(['a', 'c']);
    time += 20_000;
    await worker.settle();
    expect(runs.slice(2).sort()).toEqual(['a', 'b']);
    runs.length = 0;
    await worker.mark([task('d', { lane: another })]);
    await worker.settle();
    await worker.mark([task('e', { lane: another })]);
    await worker.settle();
    expect(runs).toEqual(['d', 'e']);
  });

  test('what was held back because its remote is down waits without having failed', async () => {
    let down = true;
    const { worker, store } = await open(() => (down ? Promise.reject(new HeldBack('gitlab', 'GitLab', time + 20_000)) : Promise.resolve()));
    await worker.mark([task('a')]);
    await worker.settle();
    expect(await store.tasks.get('observe:a')).toMatchObject({ due: 1_020_000, attempts: 0, dead: false });
    down = false;
    time += 20_000;
    await worker.settle();
    expect(await store.tasks.get('observe:a')).toBeUndefined();
  });

  test('buries what cannot be helped, says why, and revives it when told', async () => {
    let refuse = true;
    const { worker, store } = await open(() => (refuse ? Promise.reject(new UpstreamError('miro', 400)) : Promise.resolve()));
    await worker.mark([task('a')]);
    await worker.settle();
    expect(await store.tasks.dead('', 10)).toMatchObject([{ key: 'observe:a', error: 'miro refused the request (400).' }]);
    refuse = false;
    time += 5000;
    await worker.revive('la');
    await worker.settle();
    expect([await store.tasks.dead('', 10), await store.tasks.get('observe:a')]).toEqual([[], undefined]);
  });

  test('is fair to groups: a crowded board does not keep a quiet one waiting', async () => {
    const runs: string[] = [];
    const { worker } = await open((id) => {
      runs.push(id);
      return Promise.resolve();
    });
    await worker.mark(Array.from({ length: 500 }, (_, n) => task(`crowd${n}`, { group: 'crowded' })));
    await worker.mark([task('quiet', { group: 'quiet', due: time + 1 })]);
    time += 2;
    await worker.settle();
    expect(runs).toHaveLength(501);
    expect(runs.indexOf('quiet')).toBeLessThan(10);
  });

  const BOARDS = ['A', 'B', 'C', 'D', 'E'];
  const crowded = (each: number, lane: string): NewTask[] => BOARDS.flatMap((group) => Array.from({ length: each }, (_, n) => task(`${group}${n}`, { lane, group })));
  const shares = (runs: readonly string[]): number[] => BOARDS.map((group) => runs.filter((id) => id.startsWith(group)).length);

  test('is fair to many crowded groups: each has its turn, where the remote tells of no limit', async () => {
    const runs: string[] = [];
    const { worker } = await open(async (id) => void runs.push(id));
    await worker.mark(crowded(40, readLane('team', 'gitea', 'git.test')));
    await worker.settle();
    expect(shares(runs.slice(0, 80))).toEqual([16, 16, 16, 16, 16]);
    expect(shares(runs)).toEqual([40, 40, 40, 40, 40]);
  });

  test('is fair to many crowded groups: they share what a window allows', async () => {
    const [runs, lane, budgets]: [string[], string, Budgets] = [[], writeLane('team', 'ana'), openBudgets(() => time)];
    const spent = (): void => budgets.note(lane, { 'x-ratelimit-limit': '30000', 'x-ratelimit-remaining': String(30_000 - runs.length * 100), 'x-ratelimit-reset': '1060' });
    spent();
    const { worker } = await open(
      async (id) => {
        runs.push(id);
        spent();
      },
      'one',
      openGate(budgets, openBreakers(() => time)),
    );
    await worker.mark(crowded(100, lane));
    await worker.settle();
    expect(runs.length).toBeGreaterThan(260);
    expect(Math.min(...shares(runs))).toBeGreaterThanOrEqual(40);
  });

  test('is fair to groups: a quiet board whose task takes its time does not keep a crowded one waiting', async () => {
    let [end, ran] = [(): void => undefined, 0];
    const slow = new Promise<void>((resolve) => (end = resolve));
    const free = openGate(openBudgets(() => time), openBreakers(() => time));
    const { worker } = await open((id) => (id === 'quiet' ? slow : Promise.resolve(void (ran += 1))), 'one', { ...free, served: () => ['crowded'] });
    await worker.mark([task('quiet', { group: 'quiet' }), ...Array.from({ length: 40 }, (_, n) => task(`crowd${n}`, { group: 'crowded' }))]);
    const settled = worker.settle();
    await eventually(() => ran, (count) => count === 40);
    end();
    await settled;
  });
});
