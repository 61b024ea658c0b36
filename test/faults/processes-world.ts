import type { PairView } from '@tandem/shared/api';
import { printRef, type Ref } from '@tandem/shared/ref';
import { mortalMongo, type MortalMongo } from '../mongo/server.ts';
import { startGitlab } from '../sim/gitlab.ts';
import type { GitlabIssue, GitlabSim } from '../sim/gitlab-types.ts';
import { openWorld, type Someone, type World } from '../sim/world.ts';
import { openDice, type Dice } from './dice.ts';

/** Which processes a seed is played with. */
export interface Crew {
  readonly processes: 1 | 2 | 3;
  readonly store: 'SQLite' | 'MongoDB';
}

/** A tracker of the seed: the configured GitLab, or the other one, which members named. */
export interface Site {
  readonly id: string;
  readonly sim: GitlabSim;
  readonly project: number;
}

/** Simulated Miro and two GitLabs on loopback, and between them built BFFs and a MongoDB server that die, all in real time. */
export interface ProcessWorld {
  readonly world: World;
  readonly dice: Dice;
  readonly crew: Crew;
  readonly mongo: MortalMongo | undefined;
  readonly here: Site;
  readonly there: Site;
  readonly writers: readonly [Someone, Someone];
  /** what the people were told that each card follows; `undefined`: no answer came, or it was an error */
  readonly promised: Map<string, { who: Someone; ref: Ref; told: boolean }>;
  /** labels that the panel was told are on an item, by its ref */
  readonly labelled: Map<string, Set<string>>;
  readonly pair: PairView;
  /** calls of people that are under way */
  readonly asked: Set<Promise<void>>;
  readonly counts: Map<string, number>;
  say(line: string): void;
  count(fault: string): void;
  /** A call of our API, through the front; `undefined` where no answer came. */
  api(who: Someone, method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown } | undefined>;
  /** Links a card, or asks again for what got no answer. */
  link(card: string): Promise<void>;
  /** `SIGKILL`; somebody who watches over the processes starts it again after so long. */
  kill(which: number, downFor: number): Promise<void>;
  killMongo(downFor: number): Promise<void>;
  /** Everything that was killed is up again. */
  allUp(): Promise<void>;
  close(): Promise<void>;
}

const PATIENCE = 15_000;
/** How long whoever watches over the processes waits before the next attempt. */
const AGAIN = 100;

/** Opens the world of a seed: three issues here, one there that is kept in step with the third, six cards by two people. */
export async function openProcessWorld(seed: number, crew: Crew, say: (line: string) => void): Promise<ProcessWorld> {
  const mongo = crew.store === 'MongoDB' ? await mortalMongo() : undefined;
  let [world, other]: [World | undefined, GitlabSim | undefined] = [undefined, undefined];
  try {
    world = await openWorld({ processes: crew.processes, env: { TANDEM_ALLOW_PRIVATE: '1' }, ...(mongo ? { store: mongo.url() } : {}) });
    other = await startGitlab({ now: Date.now });
    return await furnish({ seed, crew, say, mongo, world, other });
  } catch (error) {
    await world?.close();
    await Promise.all([other?.close(), mongo?.close()]);
    throw error;
  }
}

/** What a world is made of before anything is in it. */
interface Bare extends Pick<ProcessWorld, 'crew' | 'mongo' | 'world' | 'say'> {
  readonly seed: number;
  readonly other: GitlabSim;
}

async function furnish({ seed, crew, say, mongo, world, other }: Bare): Promise<ProcessWorld> {
  const dice = openDice(seed, 0);
  const counts = new Map<string, number>();
  const { ana, ben } = world.people;
  for (const name of ['ana', 'ben']) other.addUser(name, name);
  const elsewhere = other.addProject('acme/elsewhere', { ana: 50, ben: 40 }).id;
  other.as('ana').createIssue(elsewhere, { title: 'Elsewhere', description: 'Its own.' });
  // Who checks in the end is nobody whose calls count.
  for (const [sim, project] of [[world.gitlab, world.place], [other, elsewhere]] as const) {
    sim.addUser('dan', 'Dan');
    sim.setMember(project, 'dan', 40);
  }
  const here: Site = { id: world.site, sim: world.gitlab, project: Number(world.place) };
  const there: Site = { id: other.url, sim: other, project: elsewhere };

  for (const who of [ana, ben]) {
    await world.signIn(who);
    await world.connect(who);
    await world.connect(who, other.addToken(who.name).value, { tool: 'gitlab', site: other.url });
  }
  const elsewhereRef = { tool: 'gitlab', site: there.id, place: String(elsewhere), id: '1' };
  const promised: ProcessWorld['promised'] = new Map();
  for (const [who, ref] of [[ana, world.issue(1)], [ben, world.issue(1)], [ana, world.issue(2)], [ben, world.issue(3)], [ana, world.issue(3)], [ben, elsewhereRef]] as const) {
    const { card, answer } = await world.put(who, ref);
    if (answer.status !== 201) throw new Error(`A card could not be linked: ${answer.status} ${JSON.stringify(answer.body)}`);
    promised.set(card, { who, ref, told: true });
  }
  const rule = { flow: 'both', clash: 'left' };
  const made = await world.call<PairView>(ana, 'POST', '/api/pairs', { left: world.issue(3), right: elsewhereRef, start: 'left', rules: { title: rule, description: rule, status: rule } });
  if (made.status !== 201) throw new Error(`The pair could not be made: ${made.status} ${JSON.stringify(made.body)}`);

  const wanted = new Set<Promise<void>>();
  const wrong: string[] = [];
  let closing = false;
  const later = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
  const underWay = (work: Promise<void>): void => {
    const watched = work.catch((error: unknown) => void wrong.push(String(error))).finally(() => wanted.delete(watched));
    wanted.add(watched);
  };
  const up = async (which: number): Promise<void> => {
    while (!closing) {
      const ready = await world.boot(which).then(
        () => true,
        (error: unknown) => say(`process ${which} did not start: ${String(error).split('\n')[0]}`),
      );
      if (ready) return watch(which);
      count('a process that could not start');
      await later(AGAIN);
    }
  };
  const dying = new Set<number>();
  let mongoDown = false;
  const watch = (which: number): void => {
    void world.ended(which).then((how) => {
      if (!dying.has(which) && !closing) wrong.push(`Process ${which} ended by itself: ${how}`);
    });
  };
  const count = (fault: string): void => void counts.set(fault, (counts.get(fault) ?? 0) + 1);
  for (let which = 0; which < crew.processes; which += 1) watch(which);

  say('the world is open');
  const self: ProcessWorld = {
    world,
    dice,
    crew,
    mongo,
    here,
    there,
    writers: [ana, ben],
    promised,
    labelled: new Map(),
    pair: made.body,
    asked: new Set(),
    counts,
    say,
    count,
    async api(who, method, path, body) {
      try {
        const answer = await fetch(world.url + path, {
          method,
          headers: { authorization: `Bearer ${world.miro.idToken(who.user, who.team)}`, 'content-type': 'application/json' },
          signal: AbortSignal.timeout(PATIENCE),
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const text = await answer.text();
        return { status: answer.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
      } catch {
        return undefined;
      }
    },
    async link(card) {
      const promise = promised.get(card);
      if (!promise || promise.told) return;
      const answer = await self.api(promise.who, 'POST', '/api/cards', { board: world.board, card, ref: promise.ref });
      if (answer && answer.status < 300) promise.told = true;
    },
    async kill(which, downFor) {
      if (dying.has(which)) return;
      dying.add(which);
      await world.kill(which);
      underWay(later(downFor).then(() => up(which)).finally(() => dying.delete(which)));
    },
    async killMongo(downFor) {
      if (!mongo || mongoDown) return;
      mongoDown = true;
      await mongo.kill();
      underWay(later(downFor).then(() => mongo.restart()).finally(() => (mongoDown = false)));
    },
    async allUp() {
      while (wanted.size > 0) await Promise.all(wanted);
      if (wrong.length > 0) throw new Error(wrong.join('\n'));
    },
    async close() {
      closing = true;
      await Promise.all(wanted);
      try {
        await world.close();
      } finally {
        await Promise.all([other.close(), mongo?.close()]);
      }
    },
  };
  return self;
}

/** The issues of a site. */
export function issuesOf({ sim, project }: Site): GitlabIssue[] {
  return [...sim.project(project).issues.values()];
}

/** The ref of an issue. */
export function refOf({ id, project }: Site, { iid }: GitlabIssue): Ref {
  return { tool: 'gitlab', site: id, place: String(project), id: String(iid) };
}

/** As the trace calls it. */
export function nameOf(site: Site, issue: GitlabIssue): string {
  return printRef(refOf(site, issue));
}
