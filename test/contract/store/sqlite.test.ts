import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe } from 'vitest';
import { openStore } from '@tandem/bff/store/open';
import type { Store } from '@tandem/bff/store/store';
import { storeContract } from './contract.ts';
import type { Opened } from './samples.ts';
import { sharingContract, type Shared } from './sharing.ts';

const stores: Store[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function tracked(url: string): Promise<Store> {
  const store = await openStore(url);
  stores.push(store);
  return store;
}

async function database(): Promise<Opened & Shared> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-store-'));
  folders.push(folder);
  const url = `sqlite:${join(folder, 'tandem.db')}`;
  return { url, store: await tracked(url), other: await tracked(url), another: () => tracked(url) };
}

storeContract('SQLite', database);

describe('SQLite across processes', () => {
  sharingContract(database);
});
