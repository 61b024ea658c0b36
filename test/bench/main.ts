import { mongoForTests } from '../mongo/server.ts';
import { serveBff, type Kind } from './bff.ts';
import { lineOf, type Figure, type Group } from './figure.ts';
import { client, measureClient } from './client.ts';
import { floors } from './fanout.ts';
import { growth } from './growth.ts';
import { ingest } from './ingest.ts';
import { memory } from './memory.ts';
import { pages } from './pages.ts';
import { peer } from './peer.ts';
import { recover } from './recover.ts';
import { scale } from './scale.ts';
import { serveSender } from './sender.ts';
import { openStages, type StoreKind } from './stage.ts';
import { serveStandIn } from './stand-in.ts';
import { coalesce, freshness } from './tempo.ts';
import { partOfThread } from './thread.ts';

const GROUPS: readonly Group[] = [ingest, floors, coalesce, freshness, recover, growth, memory, client, pages, peer, scale];

/** `npm run bench -- [--json] [--full] [--cpu-prof] [--sqlite|--mongodb] [names]`: all figures, or those whose names begin so; `--full`: the long ones, too; `--cpu-prof`: with a profile of every BFF. Ends with 1 where a budget was missed. */
async function main(args: readonly string[]): Promise<number> {
  const [flags, wanted] = [new Set(args.filter((arg) => arg.startsWith('--'))), args.filter((arg) => !arg.startsWith('--'))];
  const stores = (['sqlite', 'mongodb'] as const).filter((store) => flags.has(`--${store}`) || !(flags.has('--sqlite') || flags.has('--mongodb')));
  const groups = GROUPS.filter(({ names, long }) => (wanted.length === 0 && (!long || flags.has('--full'))) || names.some((name) => wanted.some((one) => name.startsWith(one))));
  const mongo = stores.includes('mongodb') ? await mongoForTests() : undefined;
  const stages = openStages(mongo, flags.has('--cpu-prof'));
  const figures: Figure[] = [];
  const say = (figure: Figure): void => {
    if (wanted.length > 0 && !wanted.some((one) => figure.name.startsWith(one))) return;
    figures.push(figure);
    if (!flags.has('--json')) console.log(lineOf(figure));
  };
  const bench = { stages, stores, full: flags.has('--full'), say };
  try {
    for (const group of groups) {
      const on: readonly StoreKind[] = group.perStore ? stores.filter((store) => store === 'sqlite' || mongo) : ['sqlite'];
      for (const store of on) await group.run(bench, store);
    }
  } finally {
    await stages.close();
    await mongo?.close();
  }
  if (flags.has('--json')) console.log(JSON.stringify(figures, null, 2));
  return figures.every(({ ok }) => ok) ? 0 : 1;
}

const part = partOfThread()?.part;
const [, , first, second, ...rest] = process.argv;
if (part === 'stand-in') serveStandIn();
else if (part === 'sender') serveSender();
else if (first === 'bff') await serveBff(second as Kind);
else if (first === 'client-process') await measureClient(second ?? '');
else process.exit(await main([first, second, ...rest].filter((arg) => arg !== undefined)));
