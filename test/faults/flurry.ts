import type { Dice } from './dice.ts';
import type { Host } from './host.ts';
import { pass } from './settle.ts';
import { anIssue, named, type Step } from './step.ts';
import { STEPS } from './steps.ts';
import { CLEAR } from './weather.ts';
import type { FaultWorld } from './world.ts';

/** Many people at the same few issues: calls to the tools and the board are slow or fail, and no process dies. */
const WEATHER = { miro: 0.25, gitlab: 0.15, hooks: 0, store: 0 } as const;
const LEAST = 10;
const MOST = 20;

/** What many writes of a title came to is not heard, and before they are tried again the title is the old one. */
async function doubted(world: FaultWorld, dice: Dice): Promise<void> {
  const { scheduler, weather } = world;
  const [site, issue] = anIssue(world, dice);
  if (!issue) return;
  const { title } = issue;
  const rename = (to: string): unknown => site.sim.as('dan').updateIssue(site.project, issue.iid, { title: to });
  weather.miro = 0.7;
  rename(`Title ${dice.below(1e6)}`);
  await scheduler.rest();
  scheduler.leap(dice.below(900));
  Object.assign(weather, CLEAR);
  rename(title);
  world.say(`${named(site, issue)} is renamed and renamed back`);
  await pass(world, 60_000);
}

/** A process has just read an issue and stands still for longer than its lanes are its own; it wakes with what it read, and another one knows better. */
async function overtaken(world: FaultWorld, dice: Dice): Promise<void> {
  const { scheduler, network } = world;
  const [site, issue] = anIssue(world, dice);
  if (!issue) return;
  const rename = (): unknown => site.sim.as('dan').updateIssue(site.project, issue.iid, { title: `Title ${dice.below(1e6)}` });
  network.lastRead.by = '';
  rename();
  const read = (): Host | undefined => (network.lastRead.address === `${site.id}/api/v4/projects/${site.project}/issues/${issue.iid}` ? [...world.hosts].find(({ name }) => name === network.lastRead.by) : undefined);
  for (let turns = 0; turns < 300 && !read(); turns += 1) await scheduler.turns(1);
  const host = read();
  if (!host) return;
  host.frozenUntil = scheduler.now() + 40_000;
  rename();
  world.say(`${named(site, issue)} is renamed while ${host.name} reads it and stands still`);
  await pass(world, 60_000);
}

const NAMES: ReadonlySet<string> = new Set(['retitle', 'turn a label on or off', 'close or reopen', 'edit in the panel', 'put an issue on a board', 'open a board']);
const ALL: readonly Step[] = STEPS.filter(({ name }) => NAMES.has(name));

/**
 * Things happen so fast upon each other that they meet in the middle of a read or a write. Afterwards no place is listed for a day:
 * what goes wrong here is repaired by nobody, while after a crash everything is looked at once more.
 */
export async function flurry(world: FaultWorld, dice: Dice): Promise<void> {
  const { scheduler, weather } = world;
  Object.assign(weather, WEATHER);
  for (let left = LEAST + dice.below(MOST - LEAST); left > 0; left -= 1) {
    const step = dice.of(ALL);
    const what = await step.act(world, dice);
    if (what === undefined) continue;
    world.say(what);
    world.tally.count(`step: ${step.name}`);
    await scheduler.turns(dice.below(40));
    if (dice.chance(0.3)) scheduler.leap(dice.below(900));
  }
  Object.assign(weather, CLEAR);
  for (let times = 0; times < 2; times += 1) {
    await doubted(world, dice);
    await overtaken(world, dice);
  }
}
