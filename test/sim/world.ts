import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CardAnswer, EditBody, LinkAnswer, MeAnswer } from '@tandem/shared/api';
import { faceOf } from '@tandem/shared/face';
import type { Item } from '@tandem/shared/item';
import type { Ref } from '@tandem/shared/ref';
import { readConfig } from '@tandem/bff/config';
import { openLog } from '@tandem/bff/log';
import { openTandem, type Overrides, type Tandem } from '@tandem/bff/open';
import { BUDGET } from '@tandem/bff/services/buttons';
import { timers, type Timers } from '@tandem/bff/timers';
import { openBrowser, type Browser } from './browser.ts';
import { startFront } from './front.ts';
import { startGitlab } from './gitlab.ts';
import type { GitlabOptions, GitlabSim } from './gitlab-types.ts';
import { startMiro } from './miro.ts';
import { startMunity } from './munity.ts';
import type { MunityOptions, MunitySim } from './munity-types.ts';
import { startProductboard } from './productboard.ts';
import type { PbOptions, PbSim } from './productboard-types.ts';
import { freePort } from './port.ts';
import { startBff, type BffProcess } from './process.ts';
import type { MiroCard, MiroOptions, MiroSim } from './miro-types.ts';
import { bytesOf, issuedBy, openSecrets, type Secrets } from './secrets.ts';

/** Someone in the world: at Miro, and by the same name at the tools. */
export interface Someone {
  readonly name: 'ana' | 'ben' | 'cem' | 'eve';
  readonly user: string;
  readonly team: string;
}

/** An answer of our own API. */
export interface Got<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface WorldOptions {
  readonly store?: string;
  readonly miro?: Partial<Pick<MiroOptions, 'tokenLife' | 'credits' | 'creditWindow'>>;
  readonly gitlab?: Partial<Pick<GitlabOptions, 'oauthTokenLife' | 'signing' | 'rateLimit'>>;
  /** a simulated Munity with Jira and Asana behind it */
  readonly munity?: Partial<MunityOptions>;
  /** a Productboard workspace besides; while time stands still a limit by the second would never end */
  readonly productboard?: boolean | Partial<Pick<PbOptions, 'rateLimit' | 'patience'>>;
  /** more of the BFF’s environment, `GITEA_URL` for instance, also by the address that it will have */
  readonly env?: Readonly<Record<string, string>> | ((url: string) => Promise<Readonly<Record<string, string>>>);
  /** the pages to serve */
  readonly pages?: string;
  readonly overrides?: Pick<Overrides, 'random' | 'http' | 'store' | 'timers'> | (() => Promise<Pick<Overrides, 'random' | 'http' | 'store' | 'timers'>>);
  /** real time, and a worker that runs by itself: for real servers and browsers */
  readonly live?: boolean;
  /** the built BFF in a process of its own, in real time */
  readonly process?: boolean;
  /** so many of them, on one store and behind one address */
  readonly processes?: number;
}

/** Everything at once: simulated Miro and GitLab, and a real BFF between them, on loopback. Unless `live`, time stands still until a test moves it. */
export interface World {
  readonly miro: MiroSim;
  readonly gitlab: GitlabSim;
  /** throws where the world has none */
  readonly munity: MunitySim;
  /** with three statuses and two features; throws where the world has none */
  readonly productboard: PbSim;
  /** the BFF's address */
  readonly url: string;
  /** of the simulated Miro app */
  readonly clientSecret: string;
  readonly board: string;
  readonly people: Readonly<Record<Someone['name'], Someone>>;
  /** personal access tokens at GitLab */
  readonly tokens: Readonly<Record<'ana' | 'ben' | 'cem', string>>;
  readonly site: string;
  /** the GitLab project's id */
  readonly place: string;
  /** what came to the address of several processes, as `METHOD /path?query` */
  readonly arrived: readonly string[];
  /** the BFF's environment */
  readonly env: Readonly<Record<string, string>>;
  /** lines that the BFF logged */
  readonly logged: string[];
  /** what must be neither in those nor in the store; what a simulator issues is in it by itself */
  readonly secrets: Pick<Secrets, 'add'>;
  tandem(): Tandem;
  now(): number;
  /** Moves the clock. */
  advance(ms: number): void;
  /** Waits for something outside that calls Tandem; until then the worker runs. */
  during<T>(promise: Promise<T>): Promise<T>;
  /** Runs until nothing is due within `within` ms (5 s unless told), moving the clock to whatever is. */
  settle(within?: number): Promise<void>;
  /** A call of our API as a member. */
  call<T = unknown>(who: Someone, method: string, path: string, body?: unknown): Promise<Got<T>>;
  /** A new browser of theirs. */
  browser(who: Someone): Browser;
  /** Miro's consent, in a browser of their own. */
  signIn(who: Someone): Promise<void>;
  /** Connects the account at GitLab, or at another tool's site. */
  connect(who: Someone, token?: string, at?: { tool: string; site: string }): Promise<Got>;
  /** Creates a card as the panel does, and links it. */
  put(who: Someone, ref: Ref, board?: string): Promise<{ card: string; answer: Got<LinkAnswer> }>;
  /** The ref of a GitLab issue of the world's project. */
  issue(iid: number): Ref;
  edit(who: Someone, card: string, edit: EditBody): Promise<Got<CardAnswer>>;
  card(card: string, board?: string): MiroCard | undefined;
  /** A graceful stop, and a new BFF on the same store at the same address. */
  restart(): Promise<void>;
  /** Leaves the BFF as it is, whatever it was at, and starts a new one on the same store at the same address. */
  abandon(): Promise<void>;
  /** `SIGKILL` to a BFF that is a process of its own, the first unless told; one that is none stops. */
  kill(which?: number): Promise<void>;
  /** A new BFF process by the same name on the same store; resolves when it is ready, rejects when it ended instead. */
  boot(which?: number): Promise<void>;
  /** Resolves when that process has ended. */
  ended(which: number): Promise<number | string>;
  /** One more BFF process beside the first, on the same store; answers its own address. */
  join(): Promise<string>;
  /** Ends everything. Throws when a secret was logged or stored in plain text. */
  close(): Promise<void>;
}

/** Productboard waits for as long as a busy machine may take. */
const PATIENCE = 20_000;
/** The product's timers, but for whoever clicks in Productboard: they wait for so many milliseconds. */
export function clicks(ms: number): Timers {
  return { ...timers, after: (wanted, work) => timers.after(wanted === BUDGET ? ms : wanted, work) };
}

const CLIENT = { id: '3458764500000000001', secret: 'a-client-secret-of-the-simulated-app' };

/** Opens a world with a project of three issues, a board, and four people: ana owns, ben develops, cem only looks, eve is of another team. */
export async function openWorld(options: WorldOptions = {}): Promise<World> {
  let time = Date.parse('2026-11-23T09:00:00.000Z');
  const count = options.processes ?? (options.process === true ? 1 : 0);
  const live = options.live === true || count > 0;
  const now = live ? () => Date.now() : () => time;
  const folder = mkdtempSync(join(tmpdir(), 'tandem-'));

  let tandem: Tandem | undefined;
  const bffs: (BffProcess | undefined)[] = [];
  const server = count > 0 ? undefined : await listen((req, res) => (tandem ? tandem.handler(req, res) : res.destroy()));
  const ports = server ? [(server.address() as AddressInfo).port] : await Promise.all(Array.from({ length: count }, freePort));
  const front = options.processes === undefined ? undefined : await startFront(ports);
  const url = front?.url ?? `http://localhost:${ports[0]}`;

  const secrets = openSecrets(url);
  const simulated = await startMiro({ now, clientId: CLIENT.id, clientSecret: CLIENT.secret, redirectUris: [`${url}/auth/miro/callback`], ...options.miro });
  const miro: MiroSim = {
    ...simulated,
    idToken(...claims) {
      const token = simulated.idToken(...claims);
      secrets.add(token);
      return token;
    },
  };
  const gitlab = await startGitlab({ now, ...options.gitlab });
  const behind = options.munity && (await munityBeside(url, now, options.munity));
  const productboard = options.productboard === undefined || options.productboard === false ? undefined : await startProductboard({ ...(live ? {} : { now }), rateLimit: live ? 50 : 1000, callbacks: true, patience: PATIENCE, ...(options.productboard === true ? {} : options.productboard) });
  if (productboard) {
    for (const name of ['New idea', 'In progress', 'Released']) productboard.addStatus(name);
    productboard.addEntity({ name: 'Dark mode', status: 'New idea', description: '<p>Easier on the <b>eyes</b>.</p>' });
    productboard.addEntity({ name: 'Single sign-on', status: 'In progress' });
  }
  const application = gitlab.addApplication({ name: 'Tandem', redirectUris: [`${url}/auth/gitlab/callback`] });
  const names = ['ana', 'ben', 'cem', 'eve'] as const;
  const users = Object.fromEntries(names.map((name) => [name, miro.addUser(`${name[0]?.toUpperCase()}${name.slice(1)}`).id])) as Record<Someone['name'], string>;
  const team = miro.addTeam('Acme', [users.ana, users.ben, users.cem]).id;
  const other = miro.addTeam('Other', [users.eve]).id;
  const board = miro.addBoard('Roadmap', team, { [users.ana]: 'owner', [users.ben]: 'editor', [users.cem]: 'viewer' }).id;
  const people = Object.fromEntries(names.map((name) => [name, { name, user: users[name], team: name === 'eve' ? other : team }])) as World['people'];

  for (const name of ['ana', 'ben', 'cem'] as const) gitlab.addUser(name, people[name].name);
  const project = gitlab.addProject('acme/roadmap', { ana: 50, ben: 30, cem: 10 });
  for (const [label, color] of [['bug', '#d9534f'], ['feature', '#428bca'], ['later', '#8e8e8e']] as const) gitlab.addLabel(project.id, label, color);
  for (const title of ['Checkout drops the discount', 'Dark mode', 'Export as CSV']) gitlab.as('ana').createIssue(project.id, { title, description: `About **${title}**.` });
  const tokens = Object.fromEntries((['ana', 'ben', 'cem'] as const).map((name) => [name, gitlab.addToken(name).value])) as World['tokens'];

  const logged: string[] = [];
  const log = openLog('debug', { write: (line: string) => void logged.push(line) });
  const env = {
    TANDEM_URL: url,
    PORT: String(ports[0]),
    TANDEM_STORE: options.store ?? `sqlite:${join(folder, 'tandem.db')}`,
    TANDEM_SECRET: randomBytes(32).toString('base64'),
    MIRO_CLIENT_ID: CLIENT.id,
    MIRO_CLIENT_SECRET: CLIENT.secret,
    MIRO_API_URL: miro.url,
    MIRO_WEB_URL: miro.url,
    GITLAB_URL: gitlab.url,
    GITLAB_CLIENT_ID: application.clientId,
    GITLAB_CLIENT_SECRET: application.clientSecret,
    ...behind?.env,
    ...(productboard ? { PRODUCTBOARD_URL: productboard.url, PRODUCTBOARD_API_URL: productboard.url } : {}),
    ...(typeof options.env === 'function' ? await options.env(url) : options.env),
  };
  secrets.add(...env.TANDEM_SECRET.split(','), CLIENT.secret, behind?.env.MUNITY_API_KEY, behind?.env.MUNITY_WEBHOOK_TOKEN);
  const config = readConfig(env);
  const others: BffProcess[] = [];
  const boot = async (which = 0): Promise<void> => {
    if (count > 0) {
      const bff = (bffs[which] = startBff({ ...env, PORT: String(ports[which]) }, (line) => void logged.push(line)));
      return bff.ready;
    }
    const opened = await openTandem(config, options.pages, { now, log, ...(typeof options.overrides === 'function' ? await options.overrides() : options.overrides) });
    if (live) await opened.start();
    tandem = opened;
  };
  await Promise.all(Array.from({ length: Math.max(1, count) }, (_, which) => boot(which)));
  const current = (): Tandem => {
    if (!tandem) throw new Error('the BFF is down');
    return tandem;
  };

  /** While a call is under way the worker has to run, since nothing else makes it. */
  const pumping = async <T>(promise: Promise<T>): Promise<T> => {
    if (live) return promise;
    let open = true;
    const done = promise.finally(() => (open = false));
    done.catch(() => undefined);
    while (open) {
      await current().worker.settle();
      await new Promise((resolve) => void setTimeout(resolve, 1));
    }
    return done;
  };

  const world: World = {
    miro,
    gitlab,
    get munity() {
      if (!behind) throw new Error('this world has no Munity');
      return behind.sim;
    },
    get productboard() {
      if (!productboard) throw new Error('this world has no Productboard');
      return productboard;
    },
    url,
    clientSecret: CLIENT.secret,
    board,
    people,
    tokens,
    site: gitlab.url,
    place: String(project.id),
    arrived: front?.requests ?? [],
    env,
    logged,
    secrets,
    tandem: current,
    now,
    advance: (ms) => {
      time += ms;
    },
    during: pumping,
    async settle(within = 5000) {
      const end = now() + within;
      for (;;) {
        const delivered = (): number => gitlab.deliveries.length + (behind?.sim.deliveries.length ?? 0) + (productboard?.deliveries.length ?? 0);
        const before = delivered();
        await current().worker.settle();
        await Promise.all([gitlab.settled(), behind?.sim.settled()]);
        await productboard?.retry();
        if (delivered() !== before) continue;
        await current().worker.settle();
        const next = await current().store.lanes.nextWake(config.instance);
        if (next === undefined || next > end) return;
        time = Math.max(time + 1, next);
      }
    },
    async call<T>(who: Someone, method: string, path: string, body?: unknown) {
      const response = await pumping(
        fetch(url + path, {
          method,
          headers: { authorization: `Bearer ${miro.idToken(who.user, who.team)}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      );
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: (text === '' ? undefined : JSON.parse(text)) as T };
    },
    browser(who) {
      const send = async (request: () => Promise<Response>): Promise<Response> => {
        const answer = await pumping(request());
        await secrets.watch(answer);
        return answer;
      };
      return openBrowser({ who, tandem: url, miro: miro.url, gitlab: gitlab.url, send });
    },
    async signIn(who) {
      const { to } = await world.browser(who).open(`/auth/miro?team=${who.team}`);
      if (to !== '/signed-in.html#signed-in') throw new Error(`sign-in of ${who.name} ended at ${to}`);
    },
    connect: (who, token, at = { tool: 'gitlab', site: world.site }) => {
      const own = token ?? (who.name === 'eve' ? '' : tokens[who.name]);
      secrets.add(own);
      return world.call(who, 'PUT', `/api/accounts/${at.tool}/${encodeURIComponent(at.site)}`, { fields: { token: own } });
    },
    async put(who, ref, on = board) {
      const got = await world.call<MeAnswer>(who, 'GET', '/api/me');
      if (got.status !== 200) throw new Error('not signed in');
      const { id } = miro.createCard(on, who.user, { title: 'A new card', status: 'connected' });
      return { card: id, answer: await world.call<LinkAnswer>(who, 'POST', '/api/cards', { board: on, card: id, ref }) };
    },
    issue: (iid) => ({ tool: 'gitlab', site: world.site, place: world.place, id: String(iid) }),
    edit: (who, card, edit) => world.call<CardAnswer>(who, 'PATCH', `/api/cards/${encodeURIComponent(board)}/${card}`, edit),
    card: (card, on = board) => miro.state.boards.get(on)?.cards.get(card),
    boot,
    async join() {
      const other = await freePort();
      const started = startBff({ ...env, PORT: String(other), TANDEM_INSTANCE: `joined-${other}` }, (line) => void logged.push(line));
      others.push(started);
      await started.ready;
      return `http://localhost:${other}`;
    },
    async abandon() {
      tandem = undefined;
      // Whoever waits for an answer hears that there will be none.
      server?.closeAllConnections();
      await boot();
      await current().store.lanes.heal(true);
    },
    async kill(which = 0) {
      const old = tandem;
      tandem = undefined;
      await old?.stop();
      await bffs[which]?.end('SIGKILL');
    },
    ended: async (which) => bffs[which]?.ended ?? 'never started',
    async restart() {
      const old = tandem;
      tandem = undefined;
      await old?.stop();
      await bffs[0]?.end('SIGTERM');
      await boot();
    },
    async close() {
      await Promise.all([...bffs, ...others].flatMap((one) => (one ? [one.end('SIGKILL')] : [])));
      await tandem?.stop();
      await new Promise<void>((resolve) => {
        if (!server) return resolve();
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await Promise.all([miro.close(), gitlab.close(), productboard?.close(), behind?.sim.close(), front?.close()]);
      const stored = await bytesOf(env.TANDEM_STORE);
      rmSync(folder, { recursive: true, force: true });
      secrets.add(...issuedBy(miro, gitlab), ...(productboard?.state.tokens.map(({ value }) => value) ?? []));
      const leaks = secrets.leaks({ log: Buffer.from(logged.join('\n')), store: stored });
      if (leaks.length > 0) throw new Error(`What must stay secret did not:\n${leaks.join('\n')}`);
    },
  };
  return world;
}

/** Asks again and again, `every` so many milliseconds, until the answer is `want`, or fails with the last one: for worlds that run by themselves. */
export async function eventually<T>(ask: () => T | Promise<T>, want: (value: T) => boolean, ms = 30_000, every = 5): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const value = await ask();
    if (want(value)) return value;
    if (Date.now() > end) throw new Error(`after ${ms} ms it was still ${JSON.stringify(value)}`);
    await new Promise((resolve) => void setTimeout(resolve, every));
  }
}

/** The card's face in the simulator, in the words of `Face`: what a person sees on the board. */
export function seen(card: MiroCard | undefined): { title: string; status: string; color: string; chips: string[] } | undefined {
  return card && { title: card.title, status: card.status, color: card.style.cardTheme, chips: card.fields.map((field) => field.value ?? '') };
}

/** What the card of an item must show. */
export function expected(item: Item): { title: string; status: string; color: string; chips: string[] } {
  const face = faceOf(item);
  return { title: face.title, status: face.status, color: face.color, chips: face.fields.map((field) => field.value) };
}

async function listen(handler: Parameters<typeof createServer>[1]): Promise<Server> {
  const server = createServer(handler as never);
  await new Promise<void>((resolve) => void server.listen(0, 'localhost', resolve));
  return server;
}

const WORKSPACE = '11111111-2222-3333-aaaa-eeeeeeeeeeee';

const keyPair = () => generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
/** Making one costs more than the rest of a world, so all of a process share it. */
let keys: ReturnType<typeof keyPair> | undefined;

/** A Munity with a Jira of three tickets behind it, and the settings that make Tandem use it. */
async function munityBeside(url: string, now: () => number, options: Partial<MunityOptions>): Promise<{ sim: MunitySim; env: Readonly<Record<`MUNITY_${'API_URL' | 'SSE_URL' | 'WORKSPACE_ID' | 'PRIVATE_KEY' | 'API_KEY' | 'WEBHOOK_TOKEN' | 'CONNECTORS'}`, string>> }> {
  const { privateKey, publicKey } = (keys ??= keyPair());
  const token = randomBytes(24).toString('base64url');
  const apiKey = `prefix.${randomBytes(24).toString('base64url')}`;
  const sim = await startMunity({ now, workspaceId: WORKSPACE, publicKey, apiKey, webhookUrl: `${url}/hooks/munity/${token}`, ...options });
  const jira = sim.tool('jira');
  if (jira.site.projects.length === 0) jira.addProject('SHOP', 'Shop');
  return { sim, env: { MUNITY_API_URL: sim.url, MUNITY_SSE_URL: sim.sseUrl, MUNITY_WORKSPACE_ID: WORKSPACE, MUNITY_PRIVATE_KEY: privateKey, MUNITY_API_KEY: apiKey, MUNITY_WEBHOOK_TOKEN: token, MUNITY_CONNECTORS: 'jira,asana' } };
}
