import mongoose from 'mongoose';
import { randomUUID } from 'node:crypto';
import { ratios, shown, type Bench, type Group } from './figure.ts';
import { plainScene, placeId, range, teamId, watchId } from './scene.ts';
import { PLENTY, TIGHT, type Stage, type StoreKind } from './stage.ts';
import { percentile } from './stats.ts';
import { clock } from './thread.ts';

const ITEMS = 1000;
const CONNECTIONS = 64;
const ROUNDS = 5;
/** Each round's length, in ms. */
const ROUND = 1500;
const RATE = 2000;
const OPEN_ROUND = 2500;
/** What waits for Miro's credits while webhooks come: so many tokens' cards, far more than a minute's worth. */
const [CROWD, CROWD_TOKENS, CROWD_CARDS] = [1200, 10, 5];

/** Webhooks answered after a durable commit, as fast as they are answered and at a given rate. */
export const ingest: Group = {
  names: ['ingest.durable', 'ingest.p99_open', 'ingest.p99_disk', 'ingest.p99_busy'],
  perStore: true,
  async run(bench, store) {
    const scene = plainScene({ items: ITEMS, cardsOf: 0, tokens: 1 });
    const [kept, bare] = [await bench.stages.open(store, scene, PLENTY), await bench.stages.open('sqlite', scene, PLENTY)];
    await kept.start('kept');
    await bare.start('bare');
    const items = range(ITEMS);
    const fast = async ({ sender }: Stage, ms = ROUND): Promise<number> => {
      const { accepted, refused, ms: took } = await sender.fast({ items, connections: CONNECTIONS, ms });
      if (refused > 0) throw new Error(`${refused} deliveries were refused`);
      return (accepted / took) * 1000;
    };
    await Promise.all([fast(kept), fast(bare)]);

    await durable(bench, store, kept, bare, fast);
    const waited = async (name: string, other: Stage): Promise<void> => {
      const rounds = [];
      for (const seed of range(ROUNDS)) rounds.push({ baseline: await open(other, items, seed), value: await open(kept, items, seed) });
      const { value, baseline, ...rest } = ratios(rounds, { most: 1.5 });
      bench.say({ name, store, value: shown(value, 'ms'), baseline: shown(baseline, 'ms'), ...rest });
    };
    await waited('ingest.p99_open', bare);
    // How much of that is the disk's.
    if (store === 'sqlite') {
      const synced = await bench.stages.open('sqlite', scene, PLENTY);
      await synced.start('synced');
      await fast(synced);
      await waited('ingest.p99_disk', synced);
      await synced.close();
    }
    await Promise.all([kept.close(), bare.close()]);
    await busy(bench, store);
  },
};

/** The slowest hundredth of answers while webhooks come at random times, in ms. */
async function open({ sender }: Stage, items: readonly number[], seed: number): Promise<number> {
  return percentile((await sender.steady({ items, perSecond: RATE, ms: OPEN_ROUND, seed })).delays, 0.99);
}

/** Webhooks of items without cards, while all lanes of Miro are used up, against a BFF that has nothing else to do. */
async function busy(bench: Bench, store: StoreKind): Promise<void> {
  const few = range(100);
  const crowd = range(CROWD).map((n) => few.length + n);
  const cards = range(CROWD * CROWD_CARDS).map((n) => ({ item: few.length + Math.floor(n / CROWD_CARDS), token: n % CROWD_TOKENS, board: n % CROWD_TOKENS }));
  const scene = { places: [0], tokens: range(CROWD_TOKENS).map(() => 0), items: range(few.length + CROWD).map(() => 0), cards };
  const [calm, hot] = [await bench.stages.open(store, scene, TIGHT), await bench.stages.open(store, scene, TIGHT)];
  for (const stage of [calm, hot]) await stage.start();
  await open(calm, few, 0);
  await hot.sender.fast({ items: crowd, connections: 16, count: crowd.length, edit: true });
  const rounds = [];
  for (const seed of range(ROUNDS)) rounds.push({ baseline: await open(calm, few, seed), value: await open(hot, few, seed) });
  const left = await hot.standIn.stale();
  const { value, baseline, ok, ...rest } = ratios(rounds, { most: 2 });
  bench.say({ name: 'ingest.p99_busy', store, value: shown(value, 'ms'), baseline: shown(baseline, 'ms'), ...rest, ok: ok && left > 0 });
  await Promise.all([calm.close(), hot.close()]);
}

async function durable(bench: Bench, store: StoreKind, kept: Stage, bare: Stage, fast: (stage: Stage) => Promise<number>): Promise<void> {
  const rounds = [];
  const driver = store === 'mongodb' ? await openDriver(kept.storeUrl) : undefined;
  for (const _ of range(ROUNDS)) rounds.push({ baseline: driver ? await driver.write(ROUND) : await fast(bare), value: await fast(kept) });
  await driver?.close();
  const { value, baseline, ...rest } = ratios(rounds, { least: driver ? 0.7 : 0.8 });
  bench.say({ name: 'ingest.durable', store, value: shown(value, '/s'), baseline: shown(baseline, '/s'), ...rest });
}

/** The driver alone, writing what `CONNECTIONS` deliveries at a time come to: a line of the log and a task each, and their lane. */
async function openDriver(url: string): Promise<{ write(ms: number): Promise<number>; close(): Promise<void> }> {
  const client = await new mongoose.mongo.MongoClient(url, { writeConcern: { w: 'majority', journal: true } }).connect();
  const database = client.db();
  const named = <T extends object>(name: string) => database.collection<T & { _id: string }>(`bare_${name}`);
  const [deliveries, tasks, lanes] = [named('deliveries'), named('tasks'), named('lanes')];
  await Promise.all([
    deliveries.createIndexes([{ key: { watch: 1, at: -1 } }, { key: { at: 1 } }]),
    tasks.createIndexes([{ key: { dead: 1, lane: 1, due: 1, group: 1 } }]),
    lanes.createIndexes([{ key: { wake: 1 } }]),
  ]);
  let n = 0;
  const batch = async (): Promise<void> => {
    const at = Date.now();
    const lane = `read/${teamId(0)}/gitlab/site`;
    const each = range(CONNECTIONS).map(() => (n += 1) % ITEMS);
    await Promise.all([
      deliveries.insertMany(each.map(() => ({ _id: randomUUID(), watch: watchId(0), at, event: 'Issue Hook', remoteId: randomUUID(), outcome: 'marked' })), { ordered: false }),
      tasks.bulkWrite(
        each.map((item) => ({
          updateOne: {
            filter: { _id: `observe:${teamId(0)}:gitlab:site/${placeId(0)}/${item + 1}` },
            update: { $set: { lane, group: placeId(0), cause: randomUUID(), mark: randomUUID(), markedAt: at, attempts: 0, dead: false }, $min: { due: at } },
            upsert: true,
          },
        })),
        { ordered: false },
      ),
      lanes.updateOne({ _id: lane }, { $min: { wake: at }, $set: { touched: randomUUID() } }, { upsert: true }),
    ]);
  };
  return {
    async write(ms) {
      const began = clock();
      let written = 0;
      for (; clock() - began < ms; written += CONNECTIONS) await batch();
      return (written / (clock() - began)) * 1000;
    },
    close: () => client.close(),
  };
}
