import mongoose from 'mongoose';
import { afterAll, afterEach, describe } from 'vitest';
import { openStore } from '@tandem/bff/store/open';
import type { Store } from '@tandem/bff/store/store';
import { mongoForTests } from '../../mongo/server.ts';
import { storeContract } from './contract.ts';
import type { Opened } from './samples.ts';
import { sharingContract, type Shared } from './sharing.ts';

const mongo = await mongoForTests();
const stores: Store[] = [];
let kept: Promise<Opened & Shared & { empty(): Promise<void> }> | undefined;

afterAll(async () => {
  for (const store of stores) await store.close();
  await mongo?.close();
});

/** One database for the whole contract, emptied between tests: making thirteen indexes takes longer than most tests. */
async function database(): Promise<Opened & Shared & { empty(): Promise<void> }> {
  if (!mongo) throw new Error('No MongoDB server.');
  const url = mongo.url();
  const another = async (): Promise<Store> => {
    const store = await openStore(url);
    stores.push(store);
    return store;
  };
  const store = await another();
  const other = await another();
  return {
    url,
    store,
    other,
    another,
    async empty() {
      const client = await mongoose.mongo.MongoClient.connect(url);
      for (const collection of await client.db().collections()) await collection.deleteMany({});
      await client.close();
    },
  };
}

afterEach(async () => (await kept)?.empty());

const open = (): NonNullable<typeof kept> => (kept ??= database());

storeContract(`MongoDB (${mongo?.name ?? 'no server'})`, open, !mongo);

describe.skipIf(!mongo)('MongoDB across processes', () => {
  sharingContract(open);
});
