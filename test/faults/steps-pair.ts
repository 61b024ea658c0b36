import type { PairsAnswer } from '@tandem/shared/api';
import type { Ref } from '@tandem/shared/ref';
import type { Dice } from './dice.ts';
import type { Step } from './step.ts';
import type { FaultWorld } from './world.ts';

/** The issue of either project that is half of the pair. */
const PAIRED = 2;
/** People choose again what could not be stored, but not for ever. */
const MOST_TRIES = 20;

/** What befalls a pair beyond what befalls its two issues. */
export const pairSteps: readonly Step[] = [
  {
    name: 'change both sides of the pair',
    weight: 3,
    act: (world, dice) => {
      const titles = world.sites.flatMap((site) => {
        if (!site.sim.project(site.project).issues.has(PAIRED)) return [];
        const title = `Title ${dice.below(1e6)} at ${site.id}`;
        site.sim.as('dan').updateIssue(site.project, PAIRED, { title });
        return [title];
      });
      if (titles.length < 2) return undefined;
      world.tally.count('both sides of a pair changed');
      return `both sides of the pair change: ${titles.join(', ')}`;
    },
  },
  {
    name: 'choose between the sides of the pair',
    weight: 2,
    act: (world, dice) => {
      void choose(world, dice.of(['left', 'right']));
      return 'ana chooses where the sides of a pair clash';
    },
  },
  {
    name: 'resume the pair',
    weight: 0.5,
    act: (world) => {
      const id = world.paired;
      if (id !== undefined) void world.api(world.people[0], 'POST', `/api/pairs/${id}/resume`);
      return id && 'ana has the pair tried again';
    },
  },
];

/** Two issues are kept in step from now on: in half of the worlds people are asked where both sides changed, in the others the left side wins. */
export async function pairUp(world: FaultWorld, dice: Dice): Promise<void> {
  const [left, right] = world.sites.map((site): Ref => ({ tool: 'gitlab', site: site.id, place: String(site.project), id: String(PAIRED) }));
  const rule = { flow: 'both', clash: dice.of(['ask', 'left']) };
  void world.api(world.people[0], 'POST', '/api/pairs', { left, right, start: 'left', rules: { title: rule, description: rule, status: rule } }).then((answer) => {
    if (answer?.status !== 201) throw new Error(`The pair was answered ${JSON.stringify(answer)}.`);
    world.paired = (answer.body as { id: string }).id;
  });
  await world.scheduler.rest();
  if (world.paired === undefined) throw new Error('The pair was not made.');
}

/** Whatever people are asked is answered. */
export async function decide(world: FaultWorld): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    let asked = 0;
    const chosen = choose(world, 'left').then((count) => {
      asked = count;
    });
    await world.scheduler.rest();
    world.scheduler.leap(2000);
    await world.scheduler.rest();
    await chosen;
    if (asked === 0) return;
    if (tries === MOST_TRIES) throw new Error('The pair asks for ever.');
  }
}

/** The last change before all is checked: one side of the pair gets a title that both must have in the end. */
export function lastWord(world: FaultWorld): string {
  const [site] = world.sites;
  const title = 'The last word';
  if (site.sim.project(site.project).issues.has(PAIRED)) site.sim.as('dan').updateIssue(site.project, PAIRED, { title });
  return title;
}

/** Answers what ana is asked now; says how much that was. */
async function choose(world: FaultWorld, keep: string): Promise<number> {
  const [ana] = world.people;
  const answer = await world.api(ana, 'GET', '/api/pairs');
  const pairs = answer?.status === 200 ? (answer.body as PairsAnswer).pairs : [];
  const clashes = pairs.flatMap(({ id, clashes }) => Object.keys(clashes).map((field) => ({ id, field })));
  for (const { id, field } of clashes) await world.api(ana, 'POST', `/api/pairs/${id}/choice`, { field, keep });
  return clashes.length;
}
