import { Socket } from 'node:net';
import mongoose from 'mongoose';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Store } from '@tandem/bff/store/store';
import { connect } from '@tandem/bff/store/mongo/connection';
import { mongoStore } from '@tandem/bff/store/mongo/index';
import { mongoForTests } from '../../mongo/server.ts';
import { everyVerb } from './every-verb.ts';
import { delivery, link, range, task } from './samples.ts';

type Command = Readonly<Record<string, unknown>>;

const mongo = await mongoForTests();
let url: string;
let connection: mongoose.Connection;
let store: Store;
let admin: mongoose.mongo.MongoClient;
let sent: { readonly name: string; readonly command: Command }[] = [];

afterAll(async () => mongo?.close());

/** Makes the next commands fail (https://github.com/mongodb/mongo/wiki/The-%22failCommand%22-fail-point). */
async function failCommands(failCommands: readonly string[], how: object, times = 1): Promise<void> {
  await admin.db('admin').command({ configureFailPoint: 'failCommand', mode: { times }, data: { failCommands, ...how } });
}

describe.skipIf(!mongo)('the MongoDB server', () => {
  beforeEach(async () => {
    url = mongo?.url() ?? '';
    connection = await connect(url, { monitorCommands: true });
    sent = [];
    connection.getClient().on('commandStarted', ({ commandName, command }) => sent.push({ name: commandName, command }));
    store = await mongoStore(connection);
    admin = await mongoose.mongo.MongoClient.connect(url);
  });
  afterEach(async () => {
    await admin.db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' });
    await admin.close();
    await store.close();
  });

  test('has exactly the indexes that the verbs need', async () => {
    const indexes: Record<string, string[]> = {};
    for (const collection of await admin.db().collections()) {
      indexes[collection.collectionName] = (await collection.indexes()).map(({ key, unique }) => `${Object.keys(key).join(', ')}${unique ? ' (unique)' : ''}`).sort();
    }
    expect(indexes).toEqual({
      accounts: ['_id', 'team, tool, site', 'team, user, tool, site (unique)'],
      backlinks: ['_id', 'team, ref, board (unique)'],
      connections: ['_id', 'integration, item (unique)'],
      deliveries: ['_id', 'at', 'watch, at'],
      grants: ['_id', 'expiresAt'],
      integrations: ['_id', 'team, createdAt'],
      items: ['_id', 'team, item.alias', 'team, ref (unique)'],
      journal: ['_id', 'at', 'link, at, _id'],
      lanes: ['_id', 'wake'],
      links: ['_id', 'state, lostAt', 'team, board, card (unique)', 'team, ref'],
      meta: ['_id'],
      pairs: ['_id', 'lostAt', 'team, leftRef, rightRef (unique)', 'team, rightRef'],
      tasks: ['_id', 'dead, lane, due, group'],
      watches: ['_id', 'team, tool, site, place (unique)'],
    });
  });

  test('finds what every verb asks for by an index', async () => {
    const indexes = new Map<string, string[][]>();
    for (const collection of await admin.db().collections()) indexes.set(collection.collectionName, (await collection.indexes()).map(({ key }) => Object.keys(key)));
    sent = [];
    await everyVerb(store);
    const asked = sent.flatMap(({ name, command }) => questions(name, command));
    expect(new Set(asked.map(({ collection }) => collection)).size).toBe(13);
    for (const { collection, filter, explain } of asked) {
      const fields = pinned(filter);
      const serving = (indexes.get(collection) ?? []).filter(([first]) => first !== undefined && fields.includes(first));
      expect(serving, `nothing serves ${JSON.stringify(explain)}`).not.toEqual([]);
      if (!mongo?.real && !serving.some((index) => Object.keys(filter).every((field) => index.includes(field)))) continue;
      // The stand-in walks ids in their order without saying so.
      if (!mongo?.real && JSON.stringify(filter).startsWith('{"_id":{"$gt"')) continue;
      const plan = JSON.stringify(await admin.db().command({ explain, verbosity: 'queryPlanner' }));
      expect(plan.includes('COLLSCAN'), `all of ${collection} is read for ${JSON.stringify(explain)}`).toBe(false);
    }
  });

  test('is told to keep every write on a majority and in the journal', async () => {
    sent = [];
    await everyVerb(store);
    const writes = sent.filter(({ name }) => ['insert', 'update', 'delete', 'findAndModify'].includes(name));
    expect(writes.length).toBeGreaterThan(25);
    expect(writes.filter(({ command }) => JSON.stringify(command['writeConcern']) !== '{"w":"majority","j":true}')).toEqual([]);
    expect(sent.filter(({ command }) => 'startTransaction' in command)).toEqual([]);
  });

  test('is told so, and asked at its primary, whatever the URL says', async () => {
    const careless = await connect(`${url}${url.includes('?') ? '&' : '?'}w=1&journal=false&retryWrites=false&readPreference=secondaryPreferred`);
    const { writeConcern, retryWrites, readPreference } = careless.getClient().options;
    expect([writeConcern?.w, writeConcern?.journal, retryWrites, readPreference.mode]).toEqual(['majority', true, true, 'primary']);
    await careless.close();
  });

  test('gets the deliveries of one turn as a handful of bulk writes', async () => {
    sent = [];
    await Promise.all(range(200).map((n) => store.deliveries.accept(delivery({ id: `d${n}` }), [task({ key: `k${n % 50}` })])));
    const writes = sent.map(({ name, command }) => `${name} ${String(command[name])}`);
    expect(writes.slice(0, 2).sort()).toEqual(['insert deliveries', 'update tasks']);
    expect(writes.slice(2), 'lanes come after the tasks that they are woken for').toEqual(['update lanes']);
  });

  test('gets what the runs of one turn came to as one write to each collection', async () => {
    await store.tasks.mark(range(50).map((n) => task({ key: `k${n}` })), 1000);
    for (const n of range(50)) await store.links.create(link({ id: `l${n}`, card: `c${n}` }));
    const marks = new Map((await store.tasks.due('lane1', 1000, 50, 50)).map(({ key, mark }) => [key, mark]));
    sent = [];
    await Promise.all(
      range(50).flatMap((n) => [
        store.links.change(`l${n}`, { sent: `s${n}` }),
        store.journal.add([{ link: `l${n}`, at: 1, cause: 'c', event: 'written', text: 'Card updated' }]),
        n % 2 ? store.tasks.complete(`k${n}`, marks.get(`k${n}`) ?? '') : store.tasks.defer(`k${n}`, marks.get(`k${n}`) ?? '', 2000),
      ]),
    );
    expect(sent.map(({ name, command }) => `${name} ${String(command[name])}`).sort()).toEqual(['delete tasks', 'insert journal', 'update links', 'update tasks']);
    expect((await store.tasks.due('lane1', 3000, 50, 50)).map(({ due }) => due)).toEqual(range(25).map(() => 2000));
    expect([(await store.links.get('l49'))?.sent, await store.journal.byLink('l49', 5)]).toEqual(['s49', [expect.objectContaining({ event: 'written' })]]);
  });

  test('is asked a few short questions for a fair share, however long the queue is', async () => {
    const queued = (key: string, group: string, due: number) => ({ _id: key, lane: 'lane1', group, due, cause: 'c', mark: key, markedAt: 0, attempts: 0, dead: false });
    await admin
      .db()
      .collection<{ _id: string }>('tasks')
      .insertMany([...range(5000).map((n) => queued(`storm${n}`, `storm${n % 3}`, n)), ...range(20).map((n) => queued(`quiet${n}`, `quiet${n}`, 9000))]);
    sent = [];
    expect(await store.tasks.due('lane1', 9000, 10, 45)).toHaveLength(45);
    expect(sent.map(({ name, command }) => [name, command['limit']])).toEqual([
      ['find', 45],
      ['find', 45],
    ]);
  });

  test.each([
    ['a primary that stepped down', { errorCode: 10_107, errorLabels: ['RetryableWriteError'] }],
    ['a closed connection', { closeConnection: true }],
  ])('is asked again after %s', async (_, how) => {
    await failCommands(['update'], how);
    await store.deliveries.accept(delivery(), [task()]);
    expect(await store.tasks.get('observe:a')).toBeDefined();
    await failCommands(['findAndModify'], how);
    expect(await store.lanes.lease('me', 1000, 2000, 1)).toHaveLength(1);
    await failCommands(['find'], how);
    expect(await store.deliveries.byWatch('w1', 1)).toHaveLength(1);
  });

  test.each([
    ['the primary stays away', { errorCode: 10_107 }, 3],
    ['a write does not reach the majority', { writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' } }, 3],
  ])('is called unavailable when %s, and what was not acknowledged can be done again', async (_, how, times) => {
    await failCommands(['update', 'insert'], how, times);
    await expect(store.deliveries.accept(delivery(), [task()])).rejects.toMatchObject({ code: 'unavailable' });
    await admin.db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' });
    await store.deliveries.accept(delivery(), [task()]);
    expect(await store.deliveries.byWatch('w1', 10)).toHaveLength(1);
    expect((await store.lanes.get('lane1'))?.wake).toBe(1000);
  });

  test.each([
    ['was closed in that moment', (socket: Socket) => void socket.destroy()],
    ['is closed while it takes no more', (socket: Socket) => void setImmediate(() => socket.destroy())],
  ])('is asked anew where the connection of a call %s, and no error says so', async (_, close) => {
    await store.links.create(link());
    const { write } = Socket.prototype;
    let cut = false;
    vi.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, ...args: unknown[]) {
      if (cut || !String(args[0]).includes('links')) return Reflect.apply(write, this, args) as boolean;
      cut = true;
      close(this);
      return false;
    });
    try {
      expect(await store.links.get('l1')).toMatchObject({ id: 'l1' });
      expect(cut).toBe(true);
    } finally {
      vi.restoreAllMocks();
    }
  });

  test.each(['insert', 'update'])('acknowledges no delivery whose %s did not arrive, however often the connection breaks', async (command) => {
    for (let breaks = 0; breaks <= 6; breaks += 1) {
      const one = delivery({ id: `d${breaks}` });
      await failCommands([command], { closeConnection: true }, breaks);
      const acknowledged = await store.deliveries.accept(one, [task()]).then(
        () => true,
        () => false,
      );
      await admin.db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' });
      const kept = (await store.deliveries.byWatch('w1', 10)).some(({ id }) => id === one.id);
      expect([breaks, acknowledged, acknowledged && !kept]).toEqual([breaks, acknowledged, false]);
    }
  });

  test('is called unavailable at once by every call of a turn whose connection breaks again and again', async () => {
    await store.links.create(link());
    await store.tasks.mark([task()], 1000);
    const mark = (await store.tasks.get('observe:a'))?.mark ?? '';
    await failCommands(['update', 'insert', 'delete', 'find'], { closeConnection: true }, 1000);
    const calls = range(20).flatMap((n) => [
      store.deliveries.accept(delivery({ id: `d${n}` }), [task({ key: `k${n}` })]),
      store.links.change('l1', { sent: `s${n}` }),
      store.journal.add([{ link: 'l1', at: n, cause: 'c', event: 'e', text: 't' }]),
      store.tasks.defer('observe:a', mark, 2000),
      store.tasks.complete('observe:a', mark),
      store.links.get(`l${n}`),
    ]);
    sent = [];
    const refused = (await Promise.allSettled(calls)).map((call) => (call.status === 'rejected' ? (call.reason as Error) : call));
    expect(refused).toEqual(refused.map(() => expect.objectContaining({ code: 'unavailable' }) as unknown));
    expect(sent.length, 'none is tried one by one').toBeLessThan(30);
    await admin.db('admin').command({ configureFailPoint: 'failCommand', mode: 'off' });
  });

  test('keeps the wake of a mark that falls between the two halves of a release', async () => {
    const other = await mongoStore(await connect(url));
    await store.tasks.mark([task()], 0);
    await store.lanes.lease('me', 1000, 2000, 1);
    await store.tasks.drop('observe:a');
    await failCommands(['update'], { blockConnection: true, blockTimeMS: 1000 });
    const updating = new Promise<void>((resolve) => {
      connection.getClient().on('commandStarted', ({ commandName }) => commandName === 'update' && resolve());
    });
    const released = store.lanes.release('me', 'lane1');
    await updating;
    await other.tasks.mark([task({ key: 'b', due: 700 })], 0);
    await released;
    const lane = await store.lanes.get('lane1');
    expect(lane).toStrictEqual({ id: 'lane1', wake: 700, touched: lane?.touched });
    await other.close();
  });

  test('crashing between the tasks and their lanes loses nothing that heal does not find', async () => {
    await store.tasks.mark([task({ key: 'old', due: 9000 })], 0);
    await admin.db().collection<{ _id: string }>('lanes').updateOne({ _id: 'lane1' }, { $set: { wake: 9000 } });
    await admin.db().collection('tasks').updateMany({}, { $set: { due: 500 } });
    await store.tasks.mark([task({ key: 'b', lane: 'lane2', due: 700 })], 0);
    await admin.db().collection<{ _id: string }>('lanes').deleteOne({ _id: 'lane2' });
    await store.lanes.heal(false);
    expect((await store.lanes.get('lane1'))?.wake).toBe(500);
    expect((await store.lanes.get('lane2'))?.wake).toBe(700);
  });

  test('never sees an operator that came in a value', async () => {
    await store.links.create(link());
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what an attacker would send
    const evil = { $ne: null } as unknown as string;
    await expect(store.links.get(evil)).rejects.toThrow();
    await expect(store.links.byCard('t1', 'b1', evil)).rejects.toThrow();
    await expect(store.tasks.complete('observe:a', evil)).rejects.toThrow();
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what a mistake would send
    await expect(store.links.change('l1', { colour: 'red' } as object)).rejects.toThrow('colour');
  });

  test('that cannot be reached is unavailable', async () => {
    await expect(connect('mongodb://127.0.0.1:1/x', { serverSelectionTimeoutMS: 200 })).rejects.toMatchObject({ code: 'unavailable' });
  });
});

/** What a command searches, and the search as something that can be explained. */
function questions(name: string, command: Command): { collection: string; filter: object; explain: Command }[] {
  const collection = String(command[name]);
  const find = (filter: object, more: object = {}) => ({ collection, filter, explain: { find: collection, filter, ...more } });
  if (name === 'find') {
    const { filter, sort, hint, limit } = command;
    return [find(Object(filter), { ...(sort ? { sort } : {}), ...(hint ? { hint } : {}), ...(limit ? { limit } : {}) })];
  }
  if (name === 'findAndModify' || name === 'distinct') return [find(Object(command['query']))];
  if (name === 'aggregate') return [find(matched(command['pipeline']))];
  const statements = name === 'update' || name === 'delete' ? command[`${name}s`] : [];
  return Array.isArray(statements) ? statements.map(({ q }: { q: object }) => find(q)) : [];
}

function matched(pipeline: unknown): object {
  return Array.isArray(pipeline) ? Object(pipeline[0]?.$match) : {};
}

/** The fields that a filter pins to values or ranges. */
function pinned(filter: object): string[] {
  return Object.entries(filter).flatMap(([field, value]) => (field.startsWith('$') || /^{"\$(nin|ne|exists)"/.test(JSON.stringify(value)) ? [] : [field]));
}
