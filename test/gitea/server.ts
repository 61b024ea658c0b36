import { spawn, execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { access, constants, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../sim/port.ts';
import { fill, PASSWORD, USERS, type GiteaApi, type User } from './content.ts';

/** A real Gitea on loopback with the content of `content.ts`, all its own: what a test does to it no other test sees. */
export interface Gitea {
  readonly url: string;
  readonly tokens: Readonly<Record<User, string>>;
  readonly api: GiteaApi;
  /** Registers a confidential OAuth application of `ana`'s, for everybody. */
  readonly addApplication: (redirectUris: readonly string[]) => Promise<{ clientId: string; clientSecret: string }>;
  /** Changes what somebody may do in `acme/roadmap`; `undefined` takes them out. */
  readonly setMember: (user: User, permission: 'read' | 'write' | 'admin' | undefined) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface Options {
  readonly port?: number;
  /** seconds that an OAuth access token lives, 3,600 unless told */
  readonly tokenLife?: number;
}

/** The one sentence for whoever has none. */
export const HOW = 'There is no Gitea here. Build it with “sh test/gitea/build.sh” (needs Go 1.25 and a C compiler, takes about 3 minutes), or name one in GITEA_BINARY.';
const run = promisify(execFile);
let told = false;

/** Starts a Gitea, or answers `undefined` after one line that says how to get one; with `TANDEM_REQUIRE_GITEA=1` it throws instead. */
export async function giteaForTests(options: Options = {}): Promise<Gitea | undefined> {
  if (await findGitea()) return startGitea(options);
  if (process.env['TANDEM_REQUIRE_GITEA'] === '1') throw new Error(HOW);
  if (!told) console.warn(`The tests against a real tracker do not run. ${HOW}`);
  told = true;
  return undefined;
}

/** The binary to use: `GITEA_BINARY`, else `gitea` on the PATH, else the one that `build.sh` made. */
export async function findGitea(): Promise<string | undefined> {
  const named = process.env['GITEA_BINARY'];
  const candidates = named ? [named] : [...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean).map((folder) => join(folder, 'gitea')), join(cacheFolder(), 'gitea')];
  for (const path of candidates) {
    const usable = await access(path, constants.X_OK).then(() => statSync(path).isFile(), () => false);
    if (usable) return path;
  }
  if (named) throw new Error(`GITEA_BINARY is ${named}, which is no program that can be started.`);
  return undefined;
}

/** Starts a Gitea on a free port (or the given one) with a fresh copy of the prepared content. */
export async function startGitea(options: Options = {}): Promise<Gitea> {
  const binary = await findGitea();
  if (!binary) throw new Error(HOW);
  const prepared = await prepare(binary);
  const folder = await mkdtemp(join(tmpdir(), 'tandem-gitea-'));
  try {
    await cp(prepared, folder, { recursive: true });
    const tokens = JSON.parse(await readFile(join(folder, 'tokens.json'), 'utf8')) as Gitea['tokens'];
    // A free port may be taken before it is used; the second one hardly is as well.
    const server = await serve(binary, folder, options).catch(() => serve(binary, folder, options));
    const close = async (): Promise<void> => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    };
    const api = caller(server.url, (user) => `token ${tokens[user]}`);
    return {
      url: server.url,
      tokens,
      api,
      async addApplication(redirectUris) {
        const made = await api<{ client_id: string; client_secret: string }>('ana', 'POST', '/user/applications/oauth2', { name: 'Tandem', redirect_uris: redirectUris, confidential_client: true });
        return { clientId: made.client_id, clientSecret: made.client_secret };
      },
      setMember: (user, permission) => api('ana', permission ? 'PUT' : 'DELETE', `/repos/acme/roadmap/collaborators/${user}`, permission && { permission }),
      close,
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** A work folder with all content, made once per binary and content and then only copied. Built aside and renamed, so that two processes may do it at once. */
async function prepare(binary: string): Promise<string> {
  const { size, mtimeMs } = statSync(binary);
  const key = createHash('sha256').update(`${binary} ${size} ${mtimeMs} ${String(fill)} ${JSON.stringify(USERS)} ${settings('', '', 0)}`).digest('hex').slice(0, 12);
  const done = join(cacheFolder(), `prepared-${key}`);
  if (existsSync(done)) return done;

  await mkdir(cacheFolder(), { recursive: true });
  const folder = await mkdtemp(join(cacheFolder(), 'preparing-'));
  try {
    const ini = await writeSettings(binary, folder, 0);
    const gitea = (...args: string[]): Promise<unknown> => run(binary, [...args, '-c', ini], { env: environment() });
    await gitea('migrate');
    await gitea('admin', 'user', 'create', '--username', 'ana', '--password', PASSWORD, '--email', 'ana@example.org', '--fullname', 'Ana Lima', '--admin', '--must-change-password=false');
    const server = await serve(binary, folder);
    try {
      const basic = caller(server.url, (user) => `Basic ${Buffer.from(`${user}:${PASSWORD}`).toString('base64')}`);
      for (const { name, fullName } of USERS.slice(1)) {
        await basic('ana', 'POST', '/admin/users', { username: name, full_name: fullName, email: `${name}@example.org`, password: PASSWORD, must_change_password: false });
      }
      const tokens: Partial<Record<User, string>> = {};
      for (const { name } of USERS) tokens[name] = (await basic<{ sha1: string }>(name, 'POST', `/users/${name}/tokens`, { name: 'tests', scopes: ['all'] })).sha1;
      await writeFile(join(folder, 'tokens.json'), JSON.stringify(tokens));
      await fill(basic);
      await indexed(basic);
    } finally {
      await server.stop();
    }
    try {
      await rename(folder, done);
    } catch (error) {
      if (!existsSync(done)) throw error;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return done;
}

/** Resolves when the search index is on disk: what it has not written when Gitea stops it never will. It writes in order, so one more issue that can be found proves those before it. */
async function indexed(api: GiteaApi): Promise<void> {
  const { number } = await api<{ number: number }>('ana', 'POST', '/repos/acme/website/issues', { title: 'Canary' });
  for (const deadline = Date.now() + 30_000; ; await sleep(50)) {
    const found = await api<unknown[]>('ana', 'GET', '/repos/issues/search?q=Canary');
    if (found.length > 0) break;
    if (Date.now() > deadline) throw new Error('Gitea’s search index does not take anything in.');
  }
  await api('ana', 'DELETE', `/repos/acme/website/issues/${number}`);
}

/** Runs `gitea web` until stopped. A small watcher kills it when this process dies without a word, so none is ever left behind. */
async function serve(binary: string, folder: string, options: Options = {}): Promise<{ url: string; stop(): Promise<void> }> {
  const at = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${at}`;
  const ini = await writeSettings(binary, folder, at, options.tokenLife);
  const log = join(folder, 'gitea.log');
  const out = openSync(log, 'a');
  const script = '(read -r _ <&3 || kill -9 $$) & exec "$@" 3<&-';
  const child = spawn('/bin/sh', ['-c', script, 'sh', binary, 'web', '-c', ini], { stdio: ['ignore', out, out, 'pipe'], env: environment() });
  closeSync(out);
  const exited = once(child, 'exit');
  const watcher = child.stdio[3] as NodeJS.WritableStream;
  watcher.on('error', () => undefined);

  const stop = async (): Promise<void> => {
    watcher.end('done\n');
    child.kill('SIGTERM');
    const patience = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await exited;
    clearTimeout(patience);
  };
  for (const deadline = Date.now() + 60_000; ; await sleep(50)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      if (child.exitCode === null) await stop();
      throw new Error(`Gitea did not start at ${url}:\n${(await readFile(log, 'utf8')).slice(-2_000)}`);
    }
    const ready = await fetch(`${url}/api/v1/version`).then((answer) => answer.ok, () => false);
    if (ready && child.exitCode === null) return { url, stop };
  }
}

async function writeSettings(binary: string, folder: string, port: number, tokenLife?: number): Promise<string> {
  const beside = join(dirname(binary), 'static');
  const path = join(folder, 'app.ini');
  await writeFile(path, settings(folder, existsSync(beside) ? beside : '', port, tokenLife));
  return path;
}

/** Cheap password hashes, hooks to loopback, nothing that calls out. See https://docs.gitea.com/administration/config-cheat-sheet */
function settings(folder: string, staticFolder: string, port: number, tokenLife = 3_600): string {
  return `APP_NAME = Gitea for Tandem
RUN_USER = ${userInfo().username}
WORK_PATH = ${folder}
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = http://127.0.0.1:${port}/
DISABLE_SSH = true
OFFLINE_MODE = true
${staticFolder ? `STATIC_ROOT_PATH = ${staticFolder}` : ''}
[database]
DB_TYPE = sqlite3
SQLITE_JOURNAL_MODE = OFF
PATH = ${join(folder, 'gitea.db')}
[security]
INSTALL_LOCK = true
PASSWORD_HASH_ALGO = pbkdf2$1$8
[service]
DISABLE_REGISTRATION = true
[webhook]
ALLOWED_HOST_LIST = loopback
DELIVER_TIMEOUT = 5
[oauth2]
INVALIDATE_REFRESH_TOKENS = true
ACCESS_TOKEN_EXPIRATION_TIME = ${tokenLife}
[actions]
ENABLED = false
[packages]
ENABLED = false
[log]
MODE = console
LEVEL = warn
`;
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT: 'true' };
}

function caller(url: string, authorization: (user: User) => string): GiteaApi {
  return async <T>(user: User, method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: authorization(user), 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} as ${user}: ${answer.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  };
}

/** `.cache/gitea` of the repository, wherever this file was bundled to. */
function cacheFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'pnpm-workspace.yaml'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('This file is not inside the repository.');
    folder = parent;
  }
  return join(folder, '.cache', 'gitea');
}
