import { once } from 'node:events';
import { openStore } from '@tandem/bff/store/open';
import type { Store } from '@tandem/bff/store/store';
import { delivery, item, link, range, task, watch } from './samples.ts';

/** What a process of its own is told to do; it opens the store, says `ready`, and begins when a line comes in; to `open` it waits for that line. */
export interface Job {
  readonly do: 'race' | 'accept' | 'collect' | 'open';
  readonly url: string;
  /** the process's name */
  readonly me: string;
}

/** What a process got in a race for things of which each may go to one process only. */
export interface Spoils {
  readonly lanes: string[];
  readonly grants: string[];
  readonly created: string[];
  readonly watch: string;
  /** successful swaps of one item */
  readonly swaps: number;
}

/** How many of each there are. */
export const PRIZES = { lanes: 60, grants: 60, cards: 60, swaps: 40 } as const;

async function race(store: Store, me: string): Promise<Spoils> {
  const lanes: string[] = [];
  for (let turn = await store.lanes.lease(me, 1000, 90_000, 4); turn.some(({ clean }) => clean); turn = await store.lanes.lease(me, 1000, 90_000, 4)) {
    lanes.push(...turn.filter(({ clean }) => clean).map(({ lane }) => lane.id));
  }
  const grants: string[] = [];
  const created: string[] = [];
  for (const n of range(PRIZES.grants)) {
    const [grant, linked] = await Promise.all([store.grants.take(`g${n}`, 'oauth', 1), store.links.create(link({ id: `${me}-${n}`, card: `c${n}` }))]);
    if (grant) grants.push(grant.id);
    if (linked.created) created.push(linked.link.card);
  }
  let swaps = 0;
  while (swaps < PRIZES.swaps) {
    const seen = await store.items.get('t1', 'ref');
    const count = seen ? Number(seen.item.title) : 0;
    if (await store.items.swap('t1', 'ref', seen?.rev ?? 0, item({ title: String(count + 1) }))) swaps++;
  }
  return { lanes, grants, created, swaps, watch: (await store.watches.ensure(watch({ id: `${me}-watch` }))).id };
}

/** Accepts deliveries until it is killed, and says each one's id once it was told that it is durable. */
async function accept(store: Store, me: string): Promise<never> {
  let n = 0;
  const one = async (): Promise<never> => {
    for (;;) {
      const id = `${me}-${n++}`;
      await store.deliveries.accept(delivery({ id }), [task({ key: `observe:${id}` })]);
      process.stdout.write(`${id}\n`);
    }
  };
  return Promise.race(range(16).map(one));
}

/** Opens stores, uses and forgets them while the collector runs: nothing may crash. */
async function collect(url: string): Promise<void> {
  const { gc } = globalThis;
  if (!gc) throw new Error('Start with --expose-gc.');
  for (const n of range(60)) {
    const store = await openStore(url);
    await store.deliveries.accept(delivery({ id: `d${n}` }), range(20).map((k) => task({ key: `k${k}` })));
    gc();
    await store.tasks.due('lane1', 9999, 10, 10);
    if (n % 2) await store.close();
  }
  for (const _ of range(10)) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function main(job: Job): Promise<void> {
  const begin = async (): Promise<void> => {
    process.stdout.write('ready\n');
    await once(process.stdin, 'data');
  };
  if (job.do === 'open') await begin();
  const store = await openStore(job.url);
  if (job.do !== 'open') await begin();
  if (job.do === 'accept') await accept(store, job.me);
  if (job.do === 'collect') await collect(job.url);
  if (job.do === 'race') process.stdout.write(`${JSON.stringify(await race(store, job.me))}\n`);
  await store.close();
  process.exit(0);
}

const told = process.argv[2];
if (told) await main(JSON.parse(told));
