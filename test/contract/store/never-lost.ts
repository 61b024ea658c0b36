import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { task, type Opener } from './samples.ts';

type Step =
  | { readonly do: 'mark'; readonly key: number; readonly late: number }
  | { readonly do: 'lease'; readonly by: number; readonly lasts: number }
  | { readonly do: 'begin' | 'complete' | 'retry' | 'defer' | 'release'; readonly by: number }
  | { readonly do: 'heal' };

const by = fc.nat(1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('mark' as const), key: fc.nat(5), late: fc.nat(20) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('lease' as const), by, lasts: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('begin' as const), by }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('complete' as const), by }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('retry' as const, 'defer' as const), by }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), by }) },
  { weight: 1, arbitrary: fc.constant({ do: 'heal' as const }) },
);

/** Steps that run at the same time, turn after turn. */
const history = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 3, maxLength: 16 });

/** A task that a process is working on: marks that began after `seen` cannot have been seen by it. */
interface Held {
  readonly key: string;
  readonly mark: string;
  readonly lane: string;
  readonly seen: number;
}

/** Whatever two processes do to the queue at the same time, a mark that nobody has worked on since is still there, and its lane wakes up for it in time. `FC_SEED` repeats a run that failed, `FC_RUNS` makes it longer. */
export function neverLost(open: Opener): void {
  test('no interleaving of marks, leases, work and releases loses a due task', { timeout: 120_000 }, async () => {
    const seed = Number(process.env['FC_SEED'] ?? Math.trunc(performance.timeOrigin) % 2 ** 31);
    const { store, other } = await open();
    let run = 0;

    const property = fc.asyncProperty(history, async (turns) => {
      // Every run has keys and lanes of its own, and nothing due is left of the run before.
      const name = `r${run++}`;
      const lanes = [`${name}-lane0`, `${name}-lane1`] as const;
      const held: [Held[], Held[]] = [[], []];
      const marked = new Map<string, number>();
      const covered = new Map<string, number>();
      let now = run * 10_000;
      let moment = 0;
      let strayed = false;

      async function play(one: Step): Promise<void> {
        if (one.do === 'heal') return store.lanes.heal(true);
        if (one.do === 'mark') {
          const key = `${name}-${one.key}`;
          marked.set(key, ++moment);
          return (one.key % 2 ? store : other).tasks.mark([task({ key, lane: lanes[one.key % 2 ? 1 : 0], group: `g${one.key % 3}`, due: now + one.late })], now);
        }
        const me = `${name}-p${one.by}`;
        const mine = one.by ? store : other;
        const hands = held[one.by ? 1 : 0];
        if (one.do === 'lease') return void (await mine.lanes.lease(me, now, now + one.lasts, 1));
        if (one.do === 'release') return void (await Promise.all(lanes.map((lane) => mine.lanes.release(me, lane))));
        if (one.do === 'begin') {
          for (const lane of lanes) {
            if ((await mine.lanes.get(lane))?.owner !== me) continue;
            const due = await mine.tasks.due(lane, now, 2, 3);
            hands.push(...due.map(({ key, mark }) => ({ key, mark, lane, seen: moment })));
          }
          return;
        }
        for (const { key, mark, lane, seen } of hands.splice(0)) {
          const { owner, until } = (await mine.lanes.get(lane)) ?? {};
          // Who goes on after the lease may put a task off to another time than its new owner did: not lost, but the wake is not for it.
          if (owner !== me || (until ?? 0) <= now) strayed = true;
          if (one.do === 'retry') await mine.tasks.retry(key, mark, { due: now + 7, attempts: 1, failingSince: now, error: 'x' });
          else if (one.do === 'defer') await mine.tasks.defer(key, mark, now + 5);
          else {
            await mine.tasks.complete(key, mark);
            covered.set(key, Math.max(covered.get(key) ?? 0, seen));
          }
        }
      }

      for (const turn of turns) {
        await Promise.all(turn.map(play));
        now += 9;
      }
      for (const [key, at] of marked) {
        const left = await store.tasks.get(key);
        if (at > (covered.get(key) ?? 0)) expect(left, `${key} was marked and is lost`).toBeDefined();
        const wake = left && (await store.lanes.get(left.lane))?.wake;
        if (left && !strayed) expect(wake, `the lane of ${key} wakes too late or never`).toBeLessThanOrEqual(left.due);
      }

      // A process that comes later, and only listens to the wakes, finishes everything.
      for (let wake = await store.lanes.nextWake('last'); wake !== undefined; wake = await store.lanes.nextWake('last')) {
        for (const { lane } of await store.lanes.lease('last', wake, wake + 1, 10)) {
          for (const due of await store.tasks.due(lane.id, wake, 10, 10)) await store.tasks.complete(due.key, due.mark);
          await store.lanes.release('last', lane.id);
        }
      }
      for (const key of marked.keys()) expect(await store.tasks.get(key), `no wake came for ${key}`).toBeUndefined();
    });

    await fc.assert(property, { seed, numRuns: Number(process.env['FC_RUNS'] ?? 40) });
  });
}
