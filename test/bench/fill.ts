import mongoose from 'mongoose';
import { openStore } from '@tandem/bff/store/open';
import { printRef } from '@tandem/shared/ref';
import { range, type Rows } from './scene.ts';

/** Rows that are written at a time. */
const CHUNK = 5000;

/** Puts rows into an empty store: SQLite by its port, whose calls share commits; MongoDB by bulk writes of the same documents, since there every call of the port is a sync of its own. */
export async function fill(url: string, rows: Rows): Promise<void> {
  const store = await openStore(url);
  try {
    if (url.startsWith('mongodb')) return await fillMongo(url, rows);
    const all = async <T>(some: readonly T[], write: (one: T) => Promise<unknown>): Promise<void> => {
      for (const chunk of chunks(some)) await Promise.all(chunk.map(write));
    };
    await all(rows.accounts, (account) => store.accounts.put(account));
    await all(rows.watches, (watch) => store.watches.ensure(watch));
    await all(rows.items, ({ team, item }) => store.items.swap(team, printRef(item.ref), 0, item));
    await all(rows.links, (link) => store.links.create(link));
    for (const chunk of chunks(rows.tasks)) await store.tasks.mark(chunk, 0);
  } finally {
    await store.close();
  }
}

async function fillMongo(url: string, rows: Rows): Promise<void> {
  const client = await new mongoose.mongo.MongoClient(url).connect();
  const insert = async (name: string, documents: readonly object[]): Promise<void> => {
    for (const chunk of chunks(documents)) await client.db().collection(name).insertMany([...chunk], { ordered: false });
  };
  const byId = ({ id, ...rest }: { readonly id: string }): object => ({ _id: id, ...rest });
  try {
    await insert('accounts', rows.accounts.map((account) => ({ ...account, version: 1 })));
    await insert('watches', rows.watches.map(byId));
    await insert('items', rows.items.map(({ team, item }) => ({ team, ref: printRef(item.ref), rev: 1, item })));
    await insert('links', rows.links.map(byId));
    const wakes = new Map<string, number>();
    for (const { lane, due } of rows.tasks) wakes.set(lane, Math.min(due, wakes.get(lane) ?? due));
    await insert('tasks', rows.tasks.map(({ key, ...task }) => ({ _id: key, ...task, mark: 'filled', markedAt: 0, attempts: 0, dead: false })));
    await insert('lanes', [...wakes].map(([id, wake]) => ({ _id: id, wake, touched: 'filled' })));
  } finally {
    await client.close();
  }
}

function chunks<T>(rows: readonly T[]): readonly T[][] {
  return range(Math.ceil(rows.length / CHUNK)).map((n) => rows.slice(n * CHUNK, (n + 1) * CHUNK));
}
