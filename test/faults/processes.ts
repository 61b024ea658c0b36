import { mortalMongo } from '../mongo/server.ts';
import { openDice } from './dice.ts';
import { openChecker, type Checker } from './processes-check.ts';
import { play } from './processes-steps.ts';
import { issuesOf, openProcessWorld, type Crew, type ProcessWorld } from './processes-world.ts';

export interface ProcessSeeds {
  /** how many */
  readonly seeds: number;
  /** the first of them, 1 unless told */
  readonly from?: number;
  /** is given every line for people: what failed with its seed, and in the end how often each fault struck */
  readonly print: (line: string) => void;
  /** of what failed, everything that happened, what the store knows and what was logged, too */
  readonly trace?: boolean;
}

/** What came of them. */
export interface ProcessOutcome {
  /** seeds after which something was not as it should be */
  readonly bad: readonly number[];
  /** how often each fault struck */
  readonly struck: ReadonlyMap<string, number>;
  /** there was a MongoDB server to kill */
  readonly mongo: boolean;
}

const [ALONE, TWO_ON_A_FILE]: readonly [Crew, Crew] = [{ processes: 1, store: 'SQLite' }, { processes: 2, store: 'SQLite' }];
const onMongo = (processes: Crew['processes']): Crew => ({ processes, store: 'MongoDB' });
/** One, two and three processes; two may share a file. Every seed takes the next; those on MongoDB cost three times the others. */
const CREWS: readonly Crew[] = [ALONE, onMongo(3), TWO_ON_A_FILE, ALONE, onMongo(1), TWO_ON_A_FILE, ALONE, onMongo(2), ALONE, TWO_ON_A_FILE];
const [LEAST, MOST] = [40, 60];
/** Seeds at a time: most of each is waiting. */
const AT_ONCE = 3;
/** How long the world may take to settle. */
const PATIENCE = 120_000;
/** What is right must stay so. */
const STAYS = 300;

/**
 * Plays seeds on real processes that are killed, in real time: the schedule is the seed's, how it falls together is not.
 * After each, whatever was killed is up again: what was told is on the cards. Then one of them is killed and started once more, which finds what nobody had told of: every card is its item, every pair agrees, nothing is there twice, nothing was lost.
 */
export async function runProcessSeeds({ seeds, from = 1, print, trace = false }: ProcessSeeds): Promise<ProcessOutcome> {
  const mongo = await hasMongo(print);
  const crews = mongo ? CREWS : CREWS.filter(({ store }) => store === 'SQLite');
  const began = performance.now();
  const bad: number[] = [];
  const struck = new Map<string, number>();
  let next = from;
  const lane = async (): Promise<void> => {
    while (next < from + seeds) {
      const seed = next++;
      const crew = crews[seed % crews.length] ?? ALONE;
      const at = Date.now();
      const happened: string[] = [];
      const wrong = await playSeed(seed, crew, struck, (line) => void happened.push(`+${Date.now() - at}: ${line}`));
      if (wrong.length === 0) continue;
      bad.push(seed);
      print(`seed ${seed} (${crew.processes} on ${crew.store}): ${wrong.slice(0, 5).join('\n   ')}`);
      if (trace) for (const line of happened) print(`${seed} ${line}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  for (const [fault, times] of [...struck].toSorted(([a], [b]) => (a < b ? -1 : 1))) print(`${String(times).padStart(7)}  ${fault}`);
  print(`${seeds} seeds of processes, ${bad.length} bad, ${Math.round((performance.now() - began) / seeds)} ms each`);
  return { bad, struck, mongo };
}

async function hasMongo(print: (line: string) => void): Promise<boolean> {
  const mongo = await mortalMongo();
  if (!mongo) print('There is no MongoDB server that may be killed, so all seeds are played on SQLite.');
  await mongo?.close();
  return mongo !== undefined;
}

/** Answers what is wrong in the end; never throws. */
async function playSeed(seed: number, crew: Crew, struck: Map<string, number>, say: (line: string) => void): Promise<string[]> {
  let on: ProcessWorld | undefined;
  try {
    on = await openProcessWorld(seed, crew, say);
    return await judged(on, seed);
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  } finally {
    for (const line of on?.world.logged ?? []) say(line);
    for (const [fault, times] of on?.counts ?? []) struck.set(fault, (struck.get(fault) ?? 0) + times);
    await on?.close();
  }
}

async function judged(on: ProcessWorld, seed: number): Promise<string[]> {
  await play(on, LEAST + openDice(seed, 1).below(MOST - LEAST));
  on.say('— the weather clears —');
  for (const { sim } of [on.here, on.there]) {
    sim.hooks.release();
    sim.faults.clear();
  }
  on.world.miro.faults.clear();
  await Promise.all(on.asked);
  await on.allUp();
  await settled(() => linked(on));
  for (const { sim } of [on.here, on.there]) await sim.settled();

  const checker = await openChecker(on);
  try {
    const told = await settled(() => checker.cards(false));
    if (told.length > 0) await tell(checker, on);
    if (told.length > 0) return told.map((line) => `It was told. ${line}`);
    on.say('— changes that nobody is told of, and one dies once more —');
    for (const site of [on.here, on.there]) {
      for (const issue of issuesOf(site)) {
        if (on.dice.chance(0.5)) continue;
        site.sim.hooks.drop(1);
        site.sim.as('dan').updateIssue(site.project, issue.iid, { title: `Unheard ${issue.iid}` });
      }
    }
    await on.kill(on.dice.below(on.crew.processes), 0);
    await on.allUp();
    const wrong = await settled(async () => [...(await checker.cards(true)), ...(await checker.pair()), ...(await checker.rest())]);
    if (wrong.length > 0) await tell(checker, on);
    return wrong;
  } finally {
    await checker.close();
  }
}

/** Links what was not linked for want of an answer; answers what still is not. */
async function linked(on: ProcessWorld): Promise<string[]> {
  for (const card of on.promised.keys()) await on.link(card);
  return [...on.promised].filter(([, { told }]) => !told).map(([card]) => card);
}

/** What whoever looks for the reason wants to know. */
async function tell(checker: Checker, on: ProcessWorld): Promise<void> {
  for (const line of await checker.known()) on.say(line);
  for (const { id, sim } of [on.here, on.there]) for (const { at, status, event } of sim.deliveries) on.say(`${id} sent ${event} at ${at}: ${status}`);
}

/** Looks until nothing is wrong, and still is not a little later; answers what is wrong when patience ends. */
async function settled(look: () => Promise<string[]>): Promise<string[]> {
  const end = Date.now() + PATIENCE;
  for (let right = 0; ; ) {
    const wrong = await look();
    right = wrong.length === 0 ? right + 1 : 0;
    if (right === 2 || Date.now() > end) return wrong;
    await new Promise((resolve) => void setTimeout(resolve, right > 0 ? STAYS : 150));
  }
}
