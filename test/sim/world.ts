import { randomBytes } from 'node:crypto';
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
import { openBrowser, type Browser } from './browser.ts';
import { startGitlab } from './gitlab.ts';
import type { GitlabOptions, GitlabSim } from './gitlab-types.ts';
import { startMiro } from './miro.ts';
import { freePort, startBff, type BffProcess } from './process.ts';
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
  /** more of the BFF’s environment, `GITEA_URL` for instance, also by the address that it will have */
  readonly env?: Readonly<Record<string, string>> | ((url: string) => Promise<Readonly<Record<string, string>>>);
  /** the pages to serve */
  readonly pages?: string;
  readonly overrides?: Pick<Overrides, 'random' | 'http' | 'store'>;
  /** real time, and a worker that runs by itself: for real servers and browsers */
  readonly live?: boolean;
  /** the built BFF in a process of its own, in real time */
  readonly process?: boolean;
}

/** Everything at once: simulated Miro and GitLab, and a real BFF between them, on loopback. Unless `live`, time stands still until a test moves it. */
export interface World {
  readonly miro: MiroSim;
  readonly gitlab: GitlabSim;
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
  /** lines that the BFF logged */
  readonly logged: string[];
  /** what must be neither in those nor in the store; what a simulator issues is in it by itself */
  readonly secrets: Pick<Secrets, 'add'>;
  tandem(): Tandem;
  now(): number;
  /** Moves the clock. */
  advance(ms: number): void;
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
  /** `SIGKILL` to a BFF that is a process of its own. */
  kill(): Promise<void>;
  /** A new BFF process on the same store; resolves when it is ready. */
  boot(): Promise<void>;
  /** One more BFF process beside the first, on the same store; answers its own address. */
  join(): Promise<string>;
  /** Ends everything. Throws when a secret was logged or stored in plain text. */
  close(): Promise<void>;
}

const CLIENT = { id: '3458764500000000001', secret: 'a-client-secret-of-the-simulated-app' };

/** Opens a world with a project of three issues, a board, and four people: ana owns, ben develops, cem only looks, eve is of another team. */
export async function openWorld(options: WorldOptions = {}): Promise<World> {
  let time = Date.parse('2026-11-23T09:00:00.000Z');
  const live = options.live === true || options.process === true;
  const now = live ? Date.now : () => time;
  const folder = mkdtempSync(join(tmpdir(), 'tandem-'));

  let tandem: Tandem | undefined;
  let bff: BffProcess | undefined;
  const server = options.process ? undefined : await listen((req, res) => (tandem ? tandem.handler(req, res) : res.destroy()));
  const port = server ? (server.address() as AddressInfo).port : await freePort();
  const url = `http://localhost:${port}`;

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
    PORT: String(port),
    TANDEM_STORE: options.store ?? `sqlite:${join(folder, 'tandem.db')}`,
    TANDEM_SECRET: randomBytes(32).toString('base64'),
    MIRO_CLIENT_ID: CLIENT.id,
    MIRO_CLIENT_SECRET: CLIENT.secret,
    MIRO_API_URL: miro.url,
    MIRO_WEB_URL: miro.url,
    GITLAB_URL: gitlab.url,
    GITLAB_CLIENT_ID: application.clientId,
    GITLAB_CLIENT_SECRET: application.clientSecret,
    ...(typeof options.env === 'function' ? await options.env(url) : options.env),
  };
  secrets.add(...env.TANDEM_SECRET.split(','), CLIENT.secret);
  const config = readConfig(env);
  const others: BffProcess[] = [];
  const boot = async (): Promise<void> => {
    if (options.process) {
      bff = startBff(env, (line) => void logged.push(line));
      return bff.ready;
    }
    const opened = await openTandem(config, options.pages, { now, log, ...options.overrides });
    if (live) await opened.start();
    tandem = opened;
  };
  await boot();
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
    url,
    clientSecret: CLIENT.secret,
    board,
    people,
    tokens,
    site: gitlab.url,
    place: String(project.id),
    logged,
    secrets,
    tandem: current,
    now,
    advance: (ms) => {
      time += ms;
    },
    async settle(within = 5000) {
      const end = now() + within;
      for (;;) {
        const before = gitlab.deliveries.length;
        await current().worker.settle();
        await gitlab.settled();
        if (gitlab.deliveries.length !== before) continue;
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
    async kill() {
      await bff?.end('SIGKILL');
    },
    async restart() {
      const old = tandem;
      tandem = undefined;
      await old?.stop();
      await bff?.end('SIGTERM');
      await boot();
    },
    async close() {
      await Promise.all([bff, ...others].flatMap((one) => (one ? [one.end('SIGKILL')] : [])));
      await tandem?.stop();
      await new Promise<void>((resolve) => {
        if (!server) return resolve();
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await Promise.all([miro.close(), gitlab.close()]);
      const stored = await bytesOf(env.TANDEM_STORE);
      rmSync(folder, { recursive: true, force: true });
      secrets.add(...issuedBy(miro, gitlab));
      const leaks = secrets.leaks({ log: Buffer.from(logged.join('\n')), store: stored });
      if (leaks.length > 0) throw new Error(`What must stay secret did not:\n${leaks.join('\n')}`);
    },
  };
  return world;
}

/** Asks again and again until the answer is `want`, or fails with the last one: for worlds that run by themselves. */
export async function eventually<T>(ask: () => T | Promise<T>, want: (value: T) => boolean, ms = 10_000): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const value = await ask();
    if (want(value)) return value;
    if (Date.now() > end) throw new Error(`after ${ms} ms it was still ${JSON.stringify(value)}`);
    await new Promise((resolve) => void setTimeout(resolve, 5));
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
