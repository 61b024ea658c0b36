import { Pool } from 'undici';
import { judged, shown, type Group } from './figure.ts';
import { boardId, cardId, issueId, miroToken, plainScene, placeId, range, type Scene } from './scene.ts';
import { pause, TIGHT, until, type Stage } from './stage.ts';
import { median, percentile } from './stats.ts';
import { clock } from './thread.ts';

/** 10,000 deliveries on 100 items with ten cards each: how many reads and writes they cost. */
export const coalesce: Group = {
  names: ['fanout.coalesce'],
  perStore: true,
  async run(bench, store) {
    const scene = plainScene({ items: 100, cardsOf: 10, tokens: 40 });
    const stage = await bench.stages.open(store, scene, TIGHT);
    await stage.start();
    await pause(1000);
    await stage.standIn.reset();
    const { ms, refused } = await stage.sender.fast({ items: range(100), connections: 8, count: 10_000, edit: true });
    await until(async () => (await stage.standIn.stale()) === 0, 60_000, 50).catch(() => undefined);
    const [seen, stale] = [await stage.standIn.seen(), await stage.standIn.stale()];
    const seconds = ms / 1000 + 2;
    const [mostWrites, mostReads] = [scene.cards.length * seconds, 100 * seconds];
    const ok = refused + stale + seen.regressions + seen.noops === 0 && seen.refused <= seen.calls * 0.001;
    bench.say({ name: 'fanout.coalesce.writes', store, value: shown(seen.writes), baseline: `10,000 in ${shown(ms / 1000, 's')}`, budget: `≤ ${shown(mostWrites)}`, ok: ok && seen.writes <= mostWrites });
    bench.say({ name: 'fanout.coalesce.reads', store, value: shown(seen.reads), baseline: `${stale} stale, ${seen.refused} × 429`, budget: `≤ ${shown(mostReads)}`, ok: ok && seen.reads <= mostReads });
    await stage.close();
  },
};

const TOKENS = 40;
const ITEMS_OF = 20;
const HEALTHY = range(TOKENS * ITEMS_OF);
/** What one creator has waiting, ten cards an item. */
const [WAITING, CARDS_OF] = [5000, 10];
const QUIET = 5;
const ROUNDS = 4;
const ROUND = 2500;
/** A tenth, and a third, of the updates that the healthy tokens have. */
const [TENTH, THIRD] = [(TOKENS * 90) / 60, (TOKENS * 90) / 18];

/** How soon a change shows when there is not much to do, and that one token's trouble is nobody else's. */
export const freshness: Group = {
  names: ['fanout.freshness', 'fanout.isolation'],
  perStore: true,
  async run(bench, store) {
    const scene = crowded();
    const [calm, hot] = [await bench.stages.open(store, scene, TIGHT), await bench.stages.open(store, scene, TIGHT)];
    for (const stage of [calm, hot]) await stage.start();
    await pause(1000);

    const waits = async (stage: Stage, perSecond: number, ms: number, seed: number): Promise<number[]> => {
      await stage.standIn.reset();
      await stage.sender.steady({ items: HEALTHY, perSecond, ms, edit: true, seed });
      await pause(1000);
      return (await stage.standIn.seen()).waits.filter(({ token }) => token < TOKENS).map(({ ms }) => ms);
    };
    await waits(calm, TENTH, 2000, 0);
    const fresh = await waits(calm, TENTH, 10_000, 1);
    const own = await tripOf(calm);
    for (const [name, share, most] of [['p50', 0.5, 10], ['p99', 0.99, 60]] as const) {
      const over = percentile(fresh, share) - own;
      bench.say({ name: `fanout.freshness.${name}`, store, value: shown(over, 'ms'), baseline: `over ${shown(own, 'ms')}`, ...judged(over, { most }) });
    }

    const crowd = range(WAITING / CARDS_OF).map((n) => HEALTHY.length + n);
    await hot.sender.fast({ items: crowd, connections: 16, count: crowd.length, edit: true });
    await pause(3000);
    const [without, exhausted]: number[][] = [[], []];
    const quiet: number[] = [];
    for (const round of range(ROUNDS)) {
      without?.push(...(await waits(calm, THIRD, ROUND, round)));
      exhausted?.push(...(await waits(hot, THIRD, ROUND, round)));
      quiet.push(await edit(hot, HEALTHY.length + crowd.length + round));
    }
    const [value, baseline] = [percentile(exhausted ?? [], 0.99), percentile(without ?? [], 0.99)];
    bench.say({ name: 'fanout.isolation.others', store, value: shown(value, 'ms'), baseline: shown(baseline, 'ms'), ratio: value / baseline, ...judged(value / baseline, { most: 1.2 }) });
    const left = await hot.standIn.stale();
    bench.say({ name: 'fanout.isolation.quiet', store, value: shown(Math.max(...quiet), 'ms'), baseline: `${shown(left)} cards wait`, budget: '≤ 2,000 ms', ok: Math.max(...quiet) <= 2000 && left > 3000 });
    for (const stage of [calm, hot]) await stage.close();
  },
};

/** How long the only card of this item waits for a change of it, in ms. */
async function edit(stage: Stage, item: number): Promise<number> {
  await stage.standIn.reset();
  const began = clock();
  await stage.sender.fast({ items: [item], connections: 1, count: 1, edit: true });
  await until(async () => (await stage.standIn.seen()).waits.some(({ token }) => token === TOKENS) && (await stage.standIn.right(item)), 10_000).catch(() => undefined);
  return clock() - began;
}

/** Healthy tokens with one card an item; after them one token with thousands of cards on one board, and a few boards with a single card. */
function crowded(): Scene {
  const crowd = WAITING / CARDS_OF;
  const cards = [
    ...HEALTHY.map((item) => ({ item, token: item % TOKENS, board: item % TOKENS })),
    ...range(WAITING).map((n) => ({ item: HEALTHY.length + Math.floor(n / CARDS_OF), token: TOKENS, board: TOKENS })),
    ...range(QUIET).map((n) => ({ item: HEALTHY.length + crowd + n, token: TOKENS, board: TOKENS + 1 + n })),
  ];
  return { places: [0], tokens: range(TOKENS + 1).map(() => 0), items: range(HEALTHY.length + crowd + QUIET).map(() => 0), cards };
}

/** What one read and one write take by themselves, in ms: the stand-in's own latency and that of the machine. */
async function tripOf({ standIn }: Stage): Promise<number> {
  const pool = new Pool(standIn.url);
  const trips = [];
  const body = await standIn.face(0);
  for (const _ of range(200)) {
    const began = clock();
    await (await pool.request({ path: `/api/v4/projects/${placeId(0)}/issues/${issueId(0)}`, method: 'GET' })).body.text();
    await (await pool.request({ path: `/v2/boards/${encodeURIComponent(boardId(0))}/app_cards/${cardId(0)}`, method: 'PATCH', headers: { authorization: `Bearer ${miroToken(999)}`, 'content-type': 'application/json' }, body })).body.text();
    trips.push(clock() - began);
  }
  await pool.close();
  return median(trips);
}
