import { readConfig, type Config } from '@tandem/bff/config';
import { openLog } from '@tandem/bff/log';
import { startGitlab } from '../sim/gitlab.ts';
import type { GitlabIssue, GitlabSim } from '../sim/gitlab-types.ts';
import { startMiro } from '../sim/miro.ts';
import type { MiroCard, MiroSim } from '../sim/miro-types.ts';
import { openDice, type Dice } from './dice.ts';
import { bootHost, type Bug, type Host } from './host.ts';
import { openNetwork, type Network } from './network.ts';
import { openScheduler, type Scheduler } from './scheduler.ts';
import type { Storage } from './storage.ts';
import { CLEAR, openTally, type Tally, type Weather } from './weather.ts';

/** Somebody at Miro, and by the same name at both GitLabs. */
export interface Person {
  readonly name: 'ana' | 'ben';
  readonly user: string;
}

/** A GitLab of the world, and its project. */
export interface Site {
  readonly id: string;
  readonly sim: GitlabSim;
  readonly project: number;
  /** where issues are moved to, and nobody looks */
  readonly attic: number;
  /** personal access tokens that people have connected, by name */
  readonly tokens: Map<string, string>;
  /** when what is visible of an issue last changed, and when a webhook that told of it was acknowledged, in moments of the world */
  readonly changed: Map<number, number>;
  /** somebody could not reach it for a while: what only they may take back may have stayed */
  abandoned: boolean;
  readonly told: Map<number, number>;
}

/** What a member asked for, and was promised. */
export interface Promised {
  /** the ref of the item, as it was acknowledged; `unknown`: no answer came, or it was an error, or something else was asked for meanwhile; or `unlinked` */
  readonly link: string;
  /** counts what was asked and answered about the card */
  readonly turn: number;
}

/** Simulated Miro and two GitLabs, several processes of Tandem on one store, and nothing real between them: neither a socket nor a clock. */
export interface FaultWorld {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly storage: Storage;
  readonly weather: Weather;
  readonly tally: Tally;
  readonly config: Config;
  readonly miro: MiroSim;
  readonly sites: readonly [Site, Site];
  readonly team: string;
  readonly boards: readonly [string, string];
  readonly people: readonly [Person, Person];
  /** those that live */
  readonly hosts: Set<Host>;
  /** by card id */
  readonly promised: Map<string, Promised>;
  /** cards that were deleted from their boards, with where they were */
  readonly deleted: { board: string; card: MiroCard }[];
  /** webhooks that were acknowledged, by the id that their sender gave them */
  readonly acknowledged: Set<string>;
  /** the pair that somebody was told is kept in step */
  paired: string | undefined;
  /** labels that the panel was told are on an issue, by site and issue */
  readonly labelled: Map<string, Set<string>>;
  /** how many processes were started, and how many died in the midst of their work */
  started: number;
  crashes: number;
  boot(name?: string): Promise<Host>;
  /** A call of our API as a member; `undefined` where no answer came. */
  api(who: Person, method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown } | undefined>;
  signIn(who: Person): Promise<boolean>;
  connect(who: Person, site: Site): Promise<boolean>;
  issues(site: Site): GitlabIssue[];
  /** a counter of all that happens */
  moment(): number;
  say(line: string): void;
}

const CLIENT = { id: '3458764500000000001', secret: 'a-client-secret-of-the-simulated-app' };
const URL_OF = { tandem: 'https://tandem.test', miro: 'https://miro.test', here: 'https://gitlab.test', there: 'https://git.elsewhere.test' } as const;
/** In every third world so many credits a minute, of which an update is a hundred: windows are used up, and some of what is due waits for the next. */
const TIGHT = 3000;
const START = Date.parse('2026-11-23T09:00:00.000Z');

/** Opens a world: two people, two boards, a project of three issues at the GitLab that is configured and one of two at another; no process of Tandem yet. */
export async function openFaultWorld(options: { seed: number; storage: Storage; bug?: Bug | undefined; say?: (line: string) => void; trace?: boolean; log?: (line: string) => void }): Promise<FaultWorld> {
  const dice: Dice = openDice(options.seed, 1);
  let moment = 0;
  const since = (): string => `${((scheduler.now() - START) / 1000).toFixed(3).padStart(9)} s`;
  const say = (line: string): void => options.say?.(`${since()}  ${line}`);
  const scheduler = openScheduler(START, dice, options.trace ? (line) => say(`    ${line}`) : undefined);
  const tally = openTally();
  const weather: Weather = { ...CLEAR };
  const hosts = new Set<Host>();
  const now = scheduler.now;

  const network = openNetwork({
    scheduler,
    dice,
    weather,
    tally,
    remotes: () => [miro, here.sim, there.sim],
    up: () => [...hosts].filter((host) => host.open),
    acknowledged(name, call) {
      const site = name === 'here' ? here : there;
      const { object_attributes: issue } = JSON.parse(call.body) as { object_attributes: { iid?: number } };
      if (issue.iid !== undefined) site.told.set(issue.iid, (moment += 1));
      world.acknowledged.add(call.headers['Idempotency-Key'] ?? '');
    },
  });
  const miro = await startMiro({ ...(options.seed % 3 === 0 ? { credits: TIGHT } : {}), wireless: URL_OF.miro, record: false, now, random: dice.roll, clientId: CLIENT.id, clientSecret: CLIENT.secret, redirectUris: [`${URL_OF.tandem}/auth/miro/callback`] });
  const users = { ana: miro.addUser('Ana').id, ben: miro.addUser('Ben').id };
  const team = miro.addTeam('Acme', [users.ana, users.ben]).id;
  const boards = [miro.addBoard('Roadmap', team, { [users.ana]: 'owner', [users.ben]: 'editor' }).id, miro.addBoard('Ideas', team, { [users.ben]: 'owner', [users.ana]: 'editor' }).id] as const;

  const openSite = async (name: 'here' | 'there', titles: readonly string[]): Promise<Site> => {
    const sim = await startGitlab({ wireless: URL_OF[name], record: false, now, random: dice.roll, courier: network.courier(name) });
    sim.addUser('ana', 'Ana');
    sim.addUser('ben', 'Ben');
    // Dan works there whatever happens to the others, and knows nothing of Tandem.
    sim.addUser('dan', 'Dan');
    const project = sim.addProject(`acme/${name}`, { ana: 50, ben: 40, dan: 50 });
    const attic = sim.addProject(`acme/${name}-attic`, { dan: 50 });
    for (const label of ['bug', 'feature', 'later']) sim.addLabel(project.id, label, '#428bca');
    for (const title of titles) sim.as('dan').createIssue(project.id, { title, description: `About **${title}**.` });
    const site: Site = { id: new URL(URL_OF[name]).host, sim, project: project.id, attic: attic.id, tokens: new Map(), changed: new Map(), told: new Map(), abandoned: false };
    const shown = new Map<number, string>();
    sim.onChange(() => {
      for (const issue of sim.project(project.id).issues.values()) {
        const face = JSON.stringify([issue.title, issue.description, issue.state, issue.labels, issue.assignees, issue.dueDate]);
        if (shown.get(issue.iid) === face) continue;
        shown.set(issue.iid, face);
        site.changed.set(issue.iid, (moment += 1));
      }
    });
    return site;
  };
  const here = await openSite('here', ['Checkout drops the discount', 'Dark mode', 'Export as CSV']);
  const there = await openSite('there', ['Invoices by mail', 'Slow search']);
  const config = readConfig({
    TANDEM_URL: URL_OF.tandem,
    TANDEM_STORE: 'sqlite::memory:',
    TANDEM_SECRET: 'a secret of thirty-two characters for the worlds of seeds',
    MIRO_CLIENT_ID: CLIENT.id,
    MIRO_CLIENT_SECRET: CLIENT.secret,
    MIRO_API_URL: miro.url,
    MIRO_WEB_URL: miro.url,
    GITLAB_URL: here.sim.url,
  });
  const log = openLog(options.log ? 'debug' : 'silent', { write: (line) => options.log?.(line) });

  const world: FaultWorld = {
    scheduler,
    network,
    storage: options.storage,
    weather,
    tally,
    config,
    miro,
    sites: [here, there],
    team,
    boards,
    people: [
      { name: 'ana', user: users.ana },
      { name: 'ben', user: users.ben },
    ],
    hosts,
    promised: new Map(),
    deleted: [],
    acknowledged: new Set(),
    paired: undefined,
    labelled: new Map(),
    started: 0,
    crashes: 0,
    moment: () => (moment += 1),
    say,
    issues: (site) => [...site.sim.project(site.project).issues.values()],
    async boot(name) {
      world.started += 1;
      const host = await bootHost(name ?? `p${world.started}`, { config, storage: options.storage, scheduler, network, weather, dice, tally, log, bug: options.bug });
      if (host.dead) return host;
      hosts.add(host);
      host.died.catch(() => hosts.delete(host));
      return host;
    },
    async api(who, method, path, body) {
      const headers = { authorization: `Bearer ${miro.idToken(who.user, team)}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
      try {
        const { status, text } = await network.call({ method, url: path, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
        return { status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
      } catch {
        return undefined;
      }
    },
    async signIn(who) {
      try {
        const begun = await network.call({ method: 'GET', url: `/auth/miro?team=${team}`, headers: {} });
        const consent = new URL(String(begun.headers['location']));
        const cookies = [begun.headers['set-cookie'] ?? []].flat().map((line) => line.split(';')[0]);
        const form = new URLSearchParams({ user: who.user, team, answer: 'allow' }).toString();
        const agreed = await miro.handle({ method: 'POST', url: consent.pathname + consent.search, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: Buffer.from(form) });
        const back = new URL(agreed?.headers['location'] ?? '');
        const ended = await network.call({ method: 'GET', url: back.pathname + back.search, headers: { cookie: cookies.join('; ') } });
        return String(ended.headers['location']).endsWith('#signed-in');
      } catch {
        return false;
      }
    },
    async connect(who, site) {
      const token = site.sim.addToken(who.name).value;
      const answer = await world.api(who, 'PUT', `/api/accounts/gitlab/${encodeURIComponent(site.id)}`, { fields: { token } });
      if (answer?.status === 200) site.tokens.set(who.name, token);
      return answer?.status === 200;
    },
  };
  return world;
}
