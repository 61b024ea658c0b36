import { judged, shown, type Group } from './figure.ts';
import { plainScene, range } from './scene.ts';
import { memoryOf, pause, PLENTY, until } from './stage.ts';

const [FEW, MANY, FULL] = [10_000, 200_000, 1_000_000];
const MB = 1024 * 1024;
/** Calls end, and what they left is collected. */
const CALM = 3000;

/** What a process holds at rest, and after many deliveries on the same few items. */
export const memory: Group = {
  names: ['mem.idle', 'mem.storm'],
  perStore: true,
  async run(bench, store) {
    const items = range(10);
    const stage = await bench.stages.open(store, plainScene({ items: items.length, cardsOf: 10, tokens: 10 }), PLENTY);
    const { pid } = await stage.start();
    await pause(CALM);
    const idle = memoryOf(pid);
    bench.say({ name: 'mem.idle', store, value: shown(idle / MB, 'MB'), budget: '≤ 120 MB', ok: idle <= 120 * MB });
    const after = async (count: number): Promise<number> => {
      const { refused } = await stage.sender.fast({ items, connections: 64, count, edit: true });
      if (refused > 0) throw new Error(`${refused} deliveries were refused`);
      await until(async () => (await stage.standIn.stale()) === 0, 30_000);
      await pause(CALM);
      return memoryOf(pid);
    };
    const few = await after(FEW);
    const many = await after((bench.full ? FULL : MANY) - FEW);
    bench.say({ name: 'mem.storm', store, value: shown(many / MB, 'MB'), baseline: shown(few / MB, 'MB'), ratio: many / few, ...judged(many / few, { most: 1.2 }) });
    await stage.close();
  },
};
