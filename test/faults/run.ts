import { checkPairs } from './check-pairs.ts';
import { checkAll, checkTold } from './check.ts';
import { openDice } from './dice.ts';
import type { Bug } from './host.ts';
import { flurry } from './flurry.ts';
import { mend, pass, signedIn } from './settle.ts';
import type { Storage } from './storage.ts';
import { link } from './steps-board.ts';
import { STEPS } from './steps.ts';
import type { Step } from './step.ts';
import { decide, lastWord, pairUp } from './steps-pair.ts';
import { FAIR } from './weather.ts';
import { openFaultWorld, type FaultWorld } from './world.ts';

/** What came of a seed. */
export interface Outcome {
  readonly seed: number;
  /** what is not as it should be; none is what there should be */
  readonly wrong: readonly string[];
  /** how often each fault struck, and how often each step was taken */
  readonly struck: ReadonlyMap<string, number>;
  readonly steps: number;
  readonly turns: number;
}

export interface RunOptions {
  readonly seed: number;
  readonly storage: () => Promise<Storage>;
  readonly bug?: Bug | undefined;
  /** is told what happens, line by line */
  readonly say?: (line: string) => void;
  /** every turn of every call too */
  readonly trace?: boolean;
  /** is given the log lines of the processes */
  readonly log?: (line: string) => void;
}

const [LEAST, MOST] = [44, 70];
const HOUR = 3_600_000;
/** Longer than a pair is paused. */
const PAUSED = HOUR / 6;
/** Longer than the longest time between two tries of a task, and than our clock was ever wrong by. */
const RETRIED = 2 * HOUR;
/** Longer than what failed a few times waits for its next try. */
const SETTLED = HOUR / 3;
/** Long enough for whatever is looked at daily to be looked at twice. */
const SWEPT = 50 * HOUR;

/** Plays the schedule of a seed, lets the world settle, and checks it. Never throws: what goes wrong is in the outcome. */
export async function runSeed(options: RunOptions): Promise<Outcome> {
  const storage = await options.storage();
  const world = await openFaultWorld({ ...options, storage });
  const wrong: string[] = [];
  let steps = 0;
  try {
    steps = await play(world, options.seed);
    world.say('— the weather clears —');
    await mend(world);
    const bad = await oneBadCard(world, options.seed);
    wrong.push(...bad);
    await pass(world, RETRIED);
    wrong.push(...(await checkTold(world)));
    world.say('— a flurry —');
    await flurry(world, openDice(options.seed, 4));
    // A sign-in may have ended with an answer that was lost.
    await signedIn(world);
    await pass(world, SETTLED);
    wrong.push(...(await checkTold(world)));
    await decide(world);
    // What was chosen is written, were the pair paused meanwhile.
    await pass(world, PAUSED);
    const word = lastWord(world);
    await pass(world, PAUSED);
    await decide(world);
    world.say('— everything is swept —');
    await pass(world, SWEPT);
    wrong.push(...(await checkAll(world)), ...(await checkPairs(world, word)));
  } catch (error) {
    wrong.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    for (const host of world.hosts) await host.kill();
    await storage.end();
  }
  for (const line of wrong) world.say(`WRONG: ${line}`);
  return { seed: options.seed, wrong, struck: world.tally.counts, steps, turns: world.scheduler.taken };
}

/** The set-up and the schedule; answers how many steps were taken. */
async function play(world: FaultWorld, seed: number): Promise<number> {
  const dice = openDice(seed, 2);
  const { scheduler } = world;
  await world.boot();
  await world.boot();
  await signedIn(world);
  const [here, there] = world.sites;
  const issueAt = (site: typeof here, id: number) => ({ tool: 'gitlab', site: site.id, place: String(site.project), id: String(id) });
  const [ana, ben] = world.people;
  for (const [who, ref] of [[ana, issueAt(here, 1)], [ben, issueAt(here, 1)], [ana, issueAt(here, 2)], [ben, issueAt(here, 3)], [ana, issueAt(there, 1)], [ben, issueAt(there, 1)]] as const) {
    const board = dice.of(world.boards);
    link(world, who, board, world.miro.createCard(board, who.user, { title: 'A new card', status: 'connected' }).id, ref);
    if (dice.chance(0.5)) await scheduler.turns(dice.below(50));
    else await scheduler.rest();
  }

  await pairUp(world, dice);

  Object.assign(world.weather, FAIR);
  const count = LEAST + dice.below(MOST - LEAST);
  // Whatever the dice say, a process dies in the midst of it.
  const certain = new Map([[Math.floor(count / 3) + dice.below(Math.floor(count / 3)), STEPS.find(({ name }) => name === 'crash')]]);
  for (let n = 0; n < count; ) {
    const step = certain.get(n) ?? anyStep(dice.roll());
    const what = await step.act(world, dice);
    certain.delete(n);
    if (what === undefined) continue;
    world.say(what);
    world.tally.count(`step: ${step.name}`);
    n += 1;
    const gap = dice.roll();
    if (gap < 0.5) await scheduler.turns(dice.below(40));
    else if (gap < 0.85) await scheduler.rest();
    if (gap > 0.75) scheduler.leap(dice.below(3000));
    if (world.hosts.size === 0 && dice.chance(0.5)) await world.boot();
  }
  return count;
}

const TOTAL = STEPS.reduce((sum, { weight }) => sum + weight, 0);

function anyStep(roll: number): Step {
  let at = roll * TOTAL;
  for (const step of STEPS) if ((at -= step.weight) < 0) return step;
  return STEPS[0] as Step;
}

/** One card that cannot be written keeps no other waiting. */
async function oneBadCard(world: FaultWorld, seed: number): Promise<string[]> {
  const dice = openDice(seed, 3);
  const cards = world.boards.flatMap((board) => [...(world.miro.state.boards.get(board)?.cards.keys() ?? [])]);
  if (cards.length === 0 || !dice.chance(0.5)) return [];
  const bad = dice.of(cards);
  world.say(`${bad} cannot be written`);
  world.network.broken.add(`/app_cards/${bad}`);
  for (const site of world.sites) for (const issue of world.issues(site)) site.sim.as('dan').updateIssue(site.project, issue.iid, { title: `All of them ${issue.iid}` });
  await pass(world, RETRIED);
  const wrong = await checkTold(world, new Set([bad]));
  world.network.broken.clear();
  return wrong.map((line) => `While ${bad} could not be written: ${line}`);
}
