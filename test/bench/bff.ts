import { fdatasyncSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { readConfig, type Config } from '@tandem/bff/config';
import { openTandem } from '@tandem/bff/open';
import { openStore } from '@tandem/bff/store/open';
import type { Store, Watch } from '@tandem/bff/store/store';
import { pause, timers as realTimers, type Timers } from '@tandem/bff/timers';

/** `kept`: the inbox on its store, without a worker. `bare`: the same pipeline, middleware, raw body, proof, JSON, with nothing behind it. `synced`: that, and what comes in one turn is appended to a file and synced, as a disk lets anybody do who keeps promises. `early`: the whole BFF, but it answers webhooks before their commit. `hour`: the whole BFF, up once an hour has passed in which nobody told it anything. */
export type Kind = 'kept' | 'bare' | 'synced' | 'early' | 'hour';

/** The BFF with its webhooks open, in a process of its own: what the real one is compared with. */
export async function serveBff(kind: Kind): Promise<void> {
  const config = readConfig(process.env);
  if (kind === 'hour') return anHourOf(config);
  const real = await openStore(config.store);
  const store = kind === 'bare' ? await bare(real) : kind === 'synced' ? await bare(real, syncing(`${config.store.replace('sqlite:', '')}.log`)) : kind === 'early' ? early(real) : real;
  const tandem = await openTandem(config, undefined, { store });
  const server = createServer({ keepAliveTimeout: 20_000 }, tandem.handler);
  await new Promise<void>((resolve) => void server.listen(config.port, resolve));
  if (kind === 'early') await tandem.start();
  // A profile is written when a process ends by itself.
  process.on('SIGTERM', () => process.exit());
  process.stdout.write('"tandem is up"\n');
}

/** Only what a webhook needs of a store, at hand. */
async function bare(store: Store, accept: Store['deliveries']['accept'] = async () => undefined): Promise<Store> {
  const watches = new Map<string, Watch>((await store.watches.page('', 1000)).map((watch) => [watch.id, watch]));
  await store.close();
  return { ...store, watches: { ...store.watches, get: async (id) => watches.get(id) }, deliveries: { ...store.deliveries, accept } };
}

/** One append and one sync for all that came in a turn of the event loop. */
function syncing(path: string): Store['deliveries']['accept'] {
  const file = openSync(path, 'a');
  let waiting: { readonly row: string; done(): void }[] = [];
  const write = (): void => {
    const batch = waiting;
    waiting = [];
    writeSync(file, batch.map(({ row }) => row).join(''));
    fdatasyncSync(file);
    for (const { done } of batch) done();
  };
  return (delivery, tasks) =>
    new Promise((done) => {
      if (waiting.push({ row: JSON.stringify([delivery, tasks]), done }) === 1) setImmediate(write);
    });
}

function early(store: Store): Store {
  const accept: Store['deliveries']['accept'] = async (...delivery) => void store.deliveries.accept(...delivery).catch(() => undefined);
  return { ...store, deliveries: { ...store.deliveries, accept } };
}

const HOUR = 3_600_000;
/** So often it is looked whether anything is due. */
const LOOK = 20;

/** Lets an hour pass for a whole BFF: time runs as it does while something is due, and leaps to the next thing where nothing is. */
async function anHourOf(config: Config): Promise<void> {
  let leapt = 0;
  const now = (): number => Date.now() + leapt;
  const again: { every: number; next: number; work: () => void }[] = [];
  const timers: Timers = {
    after: realTimers.after,
    every(every, work) {
      const timer = { every, next: now() + every, work };
      again.push(timer);
      return () => void again.splice(again.indexOf(timer), 1);
    },
  };
  const store = await openStore(config.store);
  const tandem = await openTandem(config, undefined, { store, now, timers });
  const end = now() + HOUR;
  await tandem.start();
  while (now() < end) {
    await pause(LOOK);
    const next = Math.min(end, (await store.lanes.nextWake(config.instance)) ?? end);
    if (next > now()) leapt += next - now();
    for (const timer of again.filter((one) => one.next <= now())) {
      timer.next = now() + timer.every;
      timer.work();
    }
  }
  process.on('SIGTERM', () => process.exit());
  process.stdout.write('"tandem is up"\n');
}
