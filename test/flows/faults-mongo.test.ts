import { afterAll, test } from 'vitest';
import { seedTests } from '../faults/seeds.ts';
import { mongoStorage } from '../faults/storage-mongo.ts';
import { mongoForTests } from '../mongo/server.ts';

const mongo = await mongoForTests();
afterAll(() => mongo?.close());

// One that meets each fault several times: on a server a seed costs ten times that of a file.
if (mongo) seedTests(6, 1, mongoStorage(mongo), ['crash', ...['not primary', 'stepped down', 'connection dropped', 'slow answer', 'write concern failed'].map((fault) => `store: ${fault}`)], ' --store mongodb');
else test.skip('seeds on MongoDB', () => undefined);
