import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect } from '@tandem/bff/store/mongo/connection';
import { migrate as migrateMongo } from '@tandem/bff/store/mongo/format';
import { openStore } from '@tandem/bff/store/open';
import { openDatabase, type Database } from '@tandem/bff/store/sqlite/driver';
import { migrate, STEPS } from '@tandem/bff/store/sqlite/schema';
import { mongoForTests } from '../../mongo/server.ts';
import { read, write } from './old/records.ts';
import { work } from './processes.ts';
import { range } from './samples.ts';

/** Databases as older versions left them; a change of the format adds the one before it. */
const dump = (name: string): string => readFileSync(new URL(`old/${name}`, import.meta.url), 'utf8');
const FORMATS = [1];
/** SQLite’s tables changed with these; a database of MongoDB needs no step for them. */
const FILES = [...FORMATS, 3];

/** Three processes open the same database at the same moment, and none of them fails. */
async function opensAtOnce(url: string): Promise<void> {
  const workers = await Promise.all(range(3).map((n) => work({ do: 'open', url, me: `p${n}` })));
  await Promise.all(workers.map((worker) => worker.ready()));
  for (const worker of workers) worker.go();
  const ends = await Promise.all(workers.map((worker) => worker.ended()));
  expect(ends.map(({ code, stderr }) => [code, stderr])).toEqual(range(3).map(() => [0, '']));
}

describe('a SQLite file of an older version', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'tandem-old-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const file = async (name: string, fill: (db: Database) => void): Promise<string> => {
    const path = join(folder, name);
    const db = await openDatabase(path);
    fill(db);
    db.close();
    return path;
  };
  const restored = (format: number): Promise<string> => file(`${format}.db`, (db) => db.exec(dump(`format-${format}.sql`)));
  const shape = async (path: string): Promise<unknown> => {
    const db = await openDatabase(path);
    const tables = db.all<{ name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`);
    const columns = tables.map(({ name }) => [name, db.all(`SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info('${name}') ORDER BY name`)]);
    const indexes = db.all(`SELECT m.tbl_name, m.name, m.sql, group_concat(i.name, ', ') AS columns FROM sqlite_schema m JOIN pragma_index_info(m.name) i WHERE m.type = 'index' GROUP BY m.name ORDER BY m.name`);
    db.close();
    return { columns, indexes };
  };

  test.each(FILES)('of format %i has all its rows after today’s code opened it, and they can be worked on', async (format) => {
    const store = await openStore(`sqlite:${await restored(format)}`);
    await read(store);
    if (format >= 3) expect(await store.pairs.get('old-pair')).toMatchObject({ team: 'old', leftUser: 'ana', base: { title: { left: 'a', right: 'a' } }, state: 'live', rev: 7 });
    await store.close();
  });

  test.each(FILES)('of format %i may be opened by several processes at once', { timeout: 60_000 }, async (format) => {
    const path = await restored(format);
    await opensAtOnce(`sqlite:${path}`);
    const store = await openStore(`sqlite:${path}`);
    await read(store);
    await store.close();
  });

  test.each(FILES)('of format %i becomes what a new file is', async (format) => {
    const old = await restored(format);
    for (const path of [old, join(folder, 'new.db')]) await (await openStore(`sqlite:${path}`)).close();
    expect(await shape(old)).toEqual(await shape(join(folder, 'new.db')));
  });

  test.each(FILES)('of format %i is what its steps make: they were not edited since', async (format) => {
    const made = await file('made.db', (db) => migrate(db, STEPS.slice(0, format)));
    expect(await shape(await restored(format))).toEqual(await shape(made));
  });

  test('holds what a new one would', async () => {
    const store = await openStore(`sqlite:${join(folder, 'new.db')}`);
    await write(store);
    await read(store);
    await store.close();
  });
});

const mongo = await mongoForTests();
afterAll(() => mongo?.close());

describe.skipIf(!mongo)('a MongoDB database of an older version', () => {
  let url: string;
  let admin: mongoose.mongo.MongoClient;
  beforeEach(async () => {
    url = mongo?.url() ?? '';
    admin = await mongoose.mongo.MongoClient.connect(url);
  });
  afterEach(() => admin.close());

  interface Line {
    readonly collection: string;
    readonly document?: mongoose.mongo.Document;
    readonly index?: Record<string, 1 | -1>;
    readonly unique?: boolean;
  }
  const restore = async (format: number): Promise<void> => {
    for (const line of dump(`format-${format}.jsonl`).trim().split('\n')) {
      const { collection, document, index, unique }: Line = mongoose.mongo.BSON.EJSON.parse(line);
      if (document) await admin.db().collection(collection).insertOne(document);
      if (index) await admin.db().collection(collection).createIndex(index, { unique: unique ?? false });
    }
  };
  const format = async (): Promise<number | undefined> => (await admin.db().collection<{ _id: string; version: number }>('meta').findOne({ _id: 'format' }))?.version;

  test.each(FORMATS)('of format %i has all its documents after today’s code opened it, and they can be worked on', async (of) => {
    await restore(of);
    const store = await openStore(url);
    await read(store);
    await store.close();
  });

  test.each(FORMATS)('of format %i may be opened by several processes at once', { timeout: 60_000 }, async (of) => {
    await restore(of);
    await opensAtOnce(url);
    const store = await openStore(url);
    await read(store);
    await store.close();
  });

  test('holds what a new one would', async () => {
    const store = await openStore(url);
    await write(store);
    await read(store);
    await store.close();
  });

  test('that a newer version wrote is refused with a sentence, and left as it is', async () => {
    await admin.db().collection<{ _id: string; version: number }>('meta').insertOne({ _id: 'format', version: 999 });
    await expect(openStore(url)).rejects.toThrow(/newer Tandem \(format 999, this one knows \d+\)/);
    expect((await admin.db().collections()).map(({ collectionName }) => collectionName)).toEqual(['meta']);
  });

  test('is brought up step by step, once, by one of several processes while the others wait, and goes on where a step failed', async () => {
    const connections = await Promise.all(range(3).map(() => connect(url)));
    const ran: string[] = [];
    let [inside, broken] = [0, true];
    const step = (name: string) => async (): Promise<void> => {
      inside += 1;
      expect(inside).toBe(1);
      ran.push(name);
      await admin.db().command({ ping: 1 });
      inside -= 1;
      if (name === 'third' && broken) throw new Error('no');
    };
    const steps = [step('first'), step('second'), step('third')];
    const [alone] = connections;
    if (!alone) throw new Error('no connection');
    await expect(migrateMongo(alone, steps)).rejects.toThrow('no');
    expect([ran.splice(0), await format()]).toEqual([['second', 'third'], 2]);
    broken = false;
    await Promise.all(connections.map((connection) => migrateMongo(connection, steps)));
    expect([ran, await format()]).toEqual([['third'], 3]);
    await Promise.all(connections.map((connection) => connection.close()));
  });

  test('whose migration died is taken over when its time is up, by the server’s clock', async () => {
    const connection = await connect(url);
    const meta = admin.db().collection<{ _id: string; version: number; until: Date }>('meta');
    await meta.insertOne({ _id: 'format', version: 1, until: new Date(Date.now() + 3_600_000) });
    let ran = false;
    const taken = migrateMongo(connection, [async () => {}, async () => void (ran = true)]);
    for (let look = 0; look < 20; look += 1) await admin.db().command({ ping: 1 });
    expect(ran).toBe(false);
    await meta.updateOne({ _id: 'format' }, { $set: { until: new Date(Date.now() - 1000) } });
    await taken;
    expect([ran, await format()]).toEqual([true, 2]);
    await connection.close();
  });
});
