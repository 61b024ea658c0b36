import { openStore } from '@tandem/bff/store/open';
import type { NewTask, Store } from '@tandem/bff/store/store';
import { printRef } from '@tandem/shared/ref';
import { fill } from './fill.ts';
import { ratios, shown, type Group } from './figure.ts';
import { boardId, plainScene, range, rowsOf, teamId, userId, type Rows } from './scene.ts';
import { seeded } from './stats.ts';
import { clock } from './thread.ts';

const [SMALL, LARGE, FULL] = [1000, 100_000, 1_000_000];
/** Links of one token, all of them due: a storm over everything. */
const PER_TOKEN = 100;
const ROUNDS = 7;
const CALLS = { sqlite: 200, mongodb: 60 } as const;
const SITE = 'http://127.0.0.1:1';

/** What the engine asks of a store all the time, with few links and with many. */
export const growth: Group = {
  names: ['store.growth'],
  perStore: true,
  async run(bench, kind) {
    const sizes = [SMALL, bench.full ? FULL : LARGE];
    const stores: Store[] = [];
    const verbs: ReturnType<typeof verbsOf>[] = [];
    for (const size of sizes) {
      const url = bench.stages.storeUrl(kind);
      await fill(url, rowsWith(size));
      const store = await openStore(url);
      stores.push(store);
      verbs.push(verbsOf(store, size));
    }
    for (const name of ['byRef', 'claim', 'mark'] as const) {
      const rounds = [];
      for (const round of range(ROUNDS + 1)) {
        const [baseline, value] = [await timed(verbs[0]?.[name], CALLS[kind]), await timed(verbs[1]?.[name], CALLS[kind])];
        // The first warms up.
        if (round > 0) rounds.push({ baseline, value });
      }
      const { value, baseline, ...rest } = ratios(rounds, { most: 1.5 });
      bench.say({ name: `store.growth.${name}`, store: kind, value: shown(value, 'µs'), baseline: shown(baseline, 'µs'), ...rest });
    }
    for (const store of stores) await store.close();
  },
};

/** Microseconds a call. */
async function timed(call: (() => Promise<unknown>) | undefined, count: number): Promise<number> {
  const began = clock();
  for (const _ of range(count)) await call?.();
  return ((clock() - began) * 1000) / count;
}

function taskOf(card: number): NewTask {
  return { key: `apply:link-${card}`, lane: laneOf(Math.floor(card / PER_TOKEN)), group: boardId(Math.floor(card / PER_TOKEN)), due: card % 1000, cause: 'growth' };
}

function laneOf(token: number): string {
  return `write/${teamId(0)}/miro/${userId(token)}`;
}

/** Every link has its card due. */
function rowsWith(size: number): Rows {
  const rows = rowsOf(plainScene({ items: size / 2, cardsOf: 2, tokens: size / PER_TOKEN }), SITE, 1);
  return { ...rows, tasks: range(size).map(taskOf) };
}

function verbsOf(store: Store, size: number) {
  const random = seeded(size);
  const any = (): number => Math.floor(random() * size);
  const ref = (): string => printRef({ tool: 'gitlab', site: SITE, place: '1', id: String(Math.floor(any() / 2) + 1) });
  return {
    byRef: () => store.links.byRef(teamId(0), ref()),
    async claim() {
      const [leased] = await store.lanes.lease('bench', 10_000, 20_000, 1);
      const due = leased ? await store.tasks.due(leased.lane.id, 10_000, 16, 32) : [];
      if (!leased || due.length === 0) throw new Error('there was nothing to claim');
      await store.lanes.release('bench', leased.lane.id);
    },
    mark: () => store.tasks.mark([taskOf(any())], 10_000),
  };
}
