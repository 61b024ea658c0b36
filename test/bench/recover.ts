import { judged, shown, type Group } from './figure.ts';
import { plainScene, range, watchId } from './scene.ts';
import { pause, PLENTY, until, type Stage } from './stage.ts';
import { median } from './stats.ts';
import { clock } from './thread.ts';

const ITEMS = range(300);
const CONNECTIONS = 16;
const KILLS = 3;
/** So often the control may be killed until it has lost something. */
const MOST_CONTROLS = 20;

/** `kill -9` while webhooks come in and cards go out: what was accepted is done, and soon. */
export const recover: Group = {
  names: ['recover.kill9'],
  perStore: true,
  async run(bench, store) {
    // The tracker's listings are empty: nothing is found that was not remembered.
    const stage = await bench.stages.open(store, plainScene({ items: ITEMS.length, cardsOf: 4, tokens: 12 }), { ...PLENTY, listings: false });
    const first: number[] = [];
    let [accepted, lost, stale] = [0, 0, 0];
    for (const round of range(KILLS)) {
      const running = await stage.start();
      const { ids, untold, at } = await killed(stage, running.end, 900 + round * 150);
      await stage.standIn.reset();
      const heir = await stage.start();
      await until(async () => (await stage.standIn.seen()).firstWrite > 0, 20_000, 5);
      first.push((await stage.standIn.seen()).firstWrite - at);
      // Whoever got no answer sends again.
      if (untold.length > 0) await stage.sender.fast({ items: untold, connections: 4, count: untold.length });
      await until(async () => (await stage.standIn.stale()) === 0, 30_000).catch(() => undefined);
      stale += await stage.standIn.stale();
      accepted += ids.length;
      lost += await missingIn(stage, ids);
      await heir.end('SIGTERM');
    }
    const value = median(first);
    bench.say({ name: 'recover.kill9.first', store, value: shown(value, 'ms'), baseline: `${shown(Math.min(...first))}–${shown(Math.max(...first))}`, budget: '≤ 1,000 ms', ok: value <= 1000 });
    bench.say({ name: 'recover.kill9.lost', store, value: `${lost} lost`, baseline: `of ${shown(accepted)}`, ...judged(lost, { most: 0 }) });
    bench.say({ name: 'recover.kill9.stale', store, value: `${stale} stale`, ...judged(stale, { most: 0 }) });

    let [control, kills, of] = [0, 0, 0];
    for (; control === 0 && kills < MOST_CONTROLS; kills += 1) {
      const { ids } = await killed(stage, (await stage.start('early')).end, 300);
      of += ids.length;
      control = await missingIn(stage, ids);
    }
    bench.say({ name: 'recover.kill9.control', store, value: `${control} lost`, baseline: `of ${shown(of)}, ${kills} kills`, budget: '> 0', ok: control > 0 });
    await stage.close();
  },
};

/** Sends changes until the process is killed after `ms`: what it had said 202 to, what it had not, and when it died (`clock`). */
async function killed(stage: Stage, end: (signal: NodeJS.Signals) => Promise<unknown>, ms: number): Promise<{ ids: string[]; untold: number[]; at: number }> {
  const sending = stage.sender.until({ items: ITEMS, connections: CONNECTIONS });
  await pause(ms);
  const at = clock();
  await end('SIGKILL');
  const { accepted, untold } = await sending;
  return { ids: accepted, untold, at };
}

/** How many of these deliveries are not in the log. */
async function missingIn(stage: Stage, ids: readonly string[]): Promise<number> {
  const logged = await stage.look((store) => store.deliveries.byWatch(watchId(0), 1_000_000));
  const known = new Set(logged.map(({ remoteId }) => remoteId));
  return ids.filter((id) => !known.has(id)).length;
}
