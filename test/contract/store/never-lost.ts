import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { task, type Opener } from './samples.ts';

type Step =
  | { readonly do: 'mark'; readonly key: number; readonly late: number }
  | { readonly do: 'lease'; readonly by: number; readonly lasts: number }
  | { readonly do: 'work'; readonly by: number; readonly ends: 'complete' | 'retry' | 'defer' }
  | { readonly do: 'release'; readonly by: number }
  | { readonly do: 'heal' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('mark' as const), key: fc.nat(5), late: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('lease' as const), by: fc.nat(1), lasts: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('work' as const), by: fc.nat(1), ends: fc.constantFrom('complete' as const, 'complete' as const, 'retry' as const, 'defer' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('release' as const), by: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('heal' as const) }) },
);

/** Steps that run at the same time, turn after turn. */
const history = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 14 });

/** Whatever two processes do to the queue at the same time, a mark that nobody has worked on since is still there, and its lane wakes up for it. */
export function neverLost(open: Opener): void {
  test('no interleaving of marks, leases, work and releases loses a due task', async () => {
    const seed = Number(process.env['FC_SEED'] ?? Math.trunc(performance.timeOrigin) % 2 ** 31);
    let run = 0;
    const { store, other } = await open();
    const stores = [store, other] as const;

    const property = fc.asyncProperty(history, async (turns) => {
      // Every run has keys, lanes and a clock of its own beyond those of the runs before; leftovers are finished below.
      const name = `r${run++}`;
      let now = run * 10_000;
      let moment = 0;
      const lane = (key: number): string => `${name}-lane${key % 2}`;
      const marked = new Map<string, number>();
      const covered = new Map<string, number>();

      async function play(one: Step): Promise<void> {
        if (one.do === 'heal') return store.lanes.heal();
        if (one.do === 'mark') {
          const key = `${name}-${one.key}`;
          marked.set(key, Math.max(marked.get(key) ?? 0, ++moment));
          return stores[one.key % 2 === 0 ? 0 : 1].tasks.mark([task({ key, lane: lane(one.key), group: `g${one.key % 3}`, due: now + one.late })], now);
        }
        const me = `${name}-p${one.by}`;
        const mine = stores[one.by === 0 ? 0 : 1];
        if (one.do === 'lease') return void (await mine.lanes.lease(me, now, now + one.lasts, 1));
        for (const id of [lane(0), lane(1)]) {
          if (one.do === 'release') await mine.lanes.release(me, id);
          else if ((await mine.lanes.get(id))?.owner === me) {
            for (const { key, mark } of await mine.tasks.due(id, now, 2, 3)) {
              // Marks that begin after this moment cannot have been seen.
              const seen = moment;
              if (one.ends === 'retry') await mine.tasks.retry(key, mark, { due: now + 7, attempts: 1, failingSince: now, error: 'x' });
              else if (one.ends === 'defer') await mine.tasks.defer(key, mark, now + 5);
              else if (await mine.tasks.complete(key, mark)) covered.set(key, Math.max(covered.get(key) ?? 0, seen));
            }
          }
        }
      }

      for (const turn of turns) {
        await Promise.all(turn.map(play));
        now += 9;
      }
      for (const [key, at] of marked) {
        if (at > (covered.get(key) ?? 0)) expect(await store.tasks.get(key), `${key} was marked and is lost`).toBeDefined();
      }

      // A process that comes later, and only listens to the wakes, finishes everything.
      for (let wake = await store.lanes.nextWake('last'); wake !== undefined; wake = await store.lanes.nextWake('last')) {
        for (const { lane: leased } of await store.lanes.lease('last', wake, wake + 1, 10)) {
          for (const due of await store.tasks.due(leased.id, wake, 10, 10)) await store.tasks.complete(due.key, due.mark);
          await store.lanes.release('last', leased.id);
        }
      }
      for (const key of marked.keys()) expect(await store.tasks.get(key), `no wake came for ${key}`).toBeUndefined();
    });

    await fc.assert(property, { seed, numRuns: 40, verbose: true });
  });
}
