import { createServer } from 'node:http';
import { readConfig } from '@tandem/bff/config';
import { openTandem } from '@tandem/bff/open';
import { openStore } from '@tandem/bff/store/open';
import type { Store, Watch } from '@tandem/bff/store/store';

/** `kept`: the inbox on its store, without a worker. `bare`: the same pipeline, middleware, raw body, proof, JSON, with nothing behind it. `early`: the whole BFF, but it answers webhooks before their commit. */
export type Kind = 'kept' | 'bare' | 'early';

/** The BFF with its webhooks open, in a process of its own: what the real one is compared with. */
export async function serveBff(kind: Kind): Promise<void> {
  const config = readConfig(process.env);
  const real = await openStore(config.store);
  const store = kind === 'bare' ? await bare(real) : kind === 'early' ? early(real) : real;
  const tandem = await openTandem(config, undefined, { store });
  const server = createServer({ keepAliveTimeout: 20_000 }, tandem.handler);
  await new Promise<void>((resolve) => void server.listen(config.port, resolve));
  if (kind === 'early') await tandem.start();
  process.stdout.write('"tandem is up"\n');
}

/** Only what a webhook needs of a store, at hand. */
async function bare(store: Store): Promise<Store> {
  const watches = new Map<string, Watch>((await store.watches.page('', 1000)).map((watch) => [watch.id, watch]));
  await store.close();
  return { ...store, watches: { ...store.watches, get: async (id) => watches.get(id) }, deliveries: { ...store.deliveries, accept: async () => undefined } };
}

function early(store: Store): Store {
  const accept: Store['deliveries']['accept'] = async (...delivery) => void store.deliveries.accept(...delivery).catch(() => undefined);
  return { ...store, deliveries: { ...store.deliveries, byWatch: store.deliveries.byWatch, accept } };
}
