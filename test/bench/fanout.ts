import { judged, shown, type Group } from './figure.ts';
import { range, type Scene, type SceneCard } from './scene.ts';
import { pause, TIGHT, until, type Stage } from './stage.ts';
import { clock } from './thread.ts';

/** Updates that a window leaves when a tenth of it is kept. */
const OURS = (TIGHT.credits / 100) * 0.9;
const CARDS_OF = 5;
/** Cards of a token: they take three windows. */
const [EVEN, FAULTY] = [260, 225];
const TOKENS = 10;

/** Parts of one scene, each with its own items and tokens. */
type Part = 'even' | 'half' | 'faulty';

/** How soon every card is right when Miro's credits are what limits it. */
export const floors: Group = {
  names: ['fanout.floor', 'fanout.floor_half', 'fanout.floor_faults', 'fanout.complete', 'fanout.noop', 'fanout.429'],
  perStore: true,
  async run(bench, store) {
    const { scene, items } = threeParts();
    const stage = await bench.stages.open(store, scene, TIGHT);
    await stage.start();
    await pause(1000);
    const tally = { stale: 0, regressions: 0, noops: 0, refused: 0, calls: 0 };

    const measure = async (name: string, part: Part, faults: number, most: number): Promise<void> => {
      await stage.standIn.behave({ faults });
      const { took, stale } = await wave(stage, items[part], 60_000);
      const seen = await stage.standIn.seen();
      tally.stale += stale;
      tally.regressions += seen.regressions;
      if (faults === 0) {
        tally.noops += seen.noops;
        tally.refused += seen.refused;
        tally.calls += seen.calls;
      }
      const floor = floorOf(scene, items[part]) / (1 - faults);
      bench.say({ name, store, value: shown(took / 1000, 's'), baseline: shown(floor / 1000, 's'), ratio: took / floor, ...judged(took / floor, { most }) });
    };
    await measure('fanout.floor', 'even', 0, 1.1);
    await measure('fanout.floor_half', 'half', 0, 1.15);
    await measure('fanout.floor_faults_10', 'faulty', 0.1, 1.3);
    await measure('fanout.floor_faults_30', 'faulty', 0.3, 2);

    bench.say({ name: 'fanout.complete', store, value: `${tally.stale} stale`, baseline: `${tally.regressions} regressions`, budget: '0, 0', ok: tally.stale + tally.regressions === 0 });
    bench.say({ name: 'fanout.noop', store, value: `${tally.noops} writes`, budget: '0', ok: tally.noops === 0 });
    bench.say({ name: 'fanout.429', store, value: `${tally.refused} refused`, baseline: `${tally.calls} calls`, ratio: tally.refused / tally.calls, ...judged(tally.refused / tally.calls, { most: 0.001 }) });
    await stage.close();
  },
};

/** Changes the items at the beginning of a window and waits for the last of their cards; `took`: ms from then to the write that made it right. */
export async function wave(stage: Stage, items: readonly number[], within: number): Promise<{ took: number; stale: number }> {
  await windowBegins();
  await stage.standIn.reset();
  const began = clock();
  await stage.sender.fast({ items, connections: 16, count: items.length, edit: true });
  await until(async () => (await stage.standIn.stale()) === 0, within, 50).catch(() => undefined);
  const took = (await stage.standIn.seen()).lastFresh - began;
  if (took < 0) throw new Error('No card was written.');
  return { took, stale: await stage.standIn.stale() };
}

/** Windows go by whole seconds of the wall clock. */
export async function windowBegins(): Promise<void> {
  await pause(TIGHT.window - (Date.now() % TIGHT.window) + 5);
}

/** Time from the beginning of a window to that in which the last card may be written, by the token with most of them. */
export function floorOf(scene: Scene, items: readonly number[]): number {
  const changed = new Set(items);
  const cards = scene.cards.filter(({ item }) => changed.has(item));
  const most = Math.max(...scene.tokens.map((_, token) => cards.filter((card) => card.token === token).length));
  return (Math.ceil(most / OURS) - 1) * TIGHT.window;
}

function threeParts(): { scene: Scene; items: Record<Part, number[]> } {
  const cards: SceneCard[] = [];
  const items: Record<Part, number[]> = { even: [], half: [], faulty: [] };
  let [item, first] = [0, 0];
  const add = (part: Part, count: number, tokenOf: (n: number) => number): void => {
    for (const n of range(count)) {
      if (n % CARDS_OF === 0) items[part].push((item += 1) - 1);
      const token = first + tokenOf(n);
      cards.push({ item: item - 1, token, board: token });
    }
    first += TOKENS;
  };
  add('even', EVEN * TOKENS, (n) => n % TOKENS);
  add('half', EVEN * 2, (n) => (n % 2 ? 1 + (Math.floor(n / 2) % (TOKENS - 1)) : 0));
  add('faulty', FAULTY * TOKENS, (n) => n % TOKENS);
  return { scene: { places: [0], tokens: range(first).map(() => 0), items: range(item).map(() => 0), cards }, items };
}
