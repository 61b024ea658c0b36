import type { GitlabIssue } from '../sim/gitlab-types.ts';
import type { Dice } from './dice.ts';
import { anIssue, named, type Step } from './step.ts';
import { boardSteps } from './steps-board.ts';
import { pairSteps } from './steps-pair.ts';
import { FAIR } from './weather.ts';
import type { FaultWorld, Site } from './world.ts';

const LABELS = ['bug', 'feature', 'later'];
const NAMES = ['ana', 'ben'] as const;

/** People at the tools: a fair part of the changes goes back to what was before. */
const TOOL: readonly Step[] = [
  { name: 'retitle', weight: 9, act: edited((_, dice) => ({ title: `Title ${dice.below(1e6)}` })) },
  { name: 'back to the old title', weight: 3, act: edited((issue) => ({ title: `Issue ${issue.iid}` })) },
  { name: 'describe', weight: 3, act: edited((_, dice) => ({ description: dice.of(['', 'Short.', 'With a [link](https://example.org) & <b>more</b>']) })) },
  { name: 'turn a label on or off', weight: 8, act: edited((issue, dice) => toggled(issue, dice.of(LABELS))) },
  { name: 'close or reopen', weight: 9, act: edited((issue) => ({ state_event: issue.state === 'opened' ? 'close' : 'reopen' })) },
  { name: 'set or clear the due date', weight: 3, act: edited((issue) => ({ due_date: issue.dueDate === null ? '2026-12-24' : null })) },
  {
    name: 'there and back at once',
    weight: 4,
    act: edited((issue, dice, site) => {
      const label = dice.of(LABELS);
      site.sim.as('dan').updateIssue(site.project, issue.iid, toggled(issue, label));
      return toggled(issue, label);
    }),
  },
  {
    name: 'comment',
    weight: 2,
    act: (world, dice) => {
      const [site, issue] = anIssue(world, dice);
      if (issue) site.sim.as('dan').addNote(site.project, issue.iid, 'I see it too.');
      return issue && `comment on ${named(site, issue)}`;
    },
  },
  {
    name: 'delete an issue',
    weight: 0.6,
    act: (world, dice) => {
      const [site, issue] = anIssue(world, dice);
      // Of three at least two stay.
      if (!issue || world.issues(site).length <= 2) return undefined;
      site.sim.as('dan').deleteIssue(site.project, issue.iid);
      world.tally.count('item deleted');
      return `${named(site, issue)} is deleted`;
    },
  },
  {
    name: 'move an issue',
    weight: 0.6,
    act: (world, dice) => {
      const [site, issue] = anIssue(world, dice);
      if (!issue || issue.movedTo !== null) return undefined;
      site.sim.as('dan').moveIssue(site.project, issue.iid, site.attic);
      world.tally.count('item moved');
      return `${named(site, issue)} is moved away`;
    },
  },
  {
    name: 'new issue',
    weight: 1,
    act: (world, dice) => {
      const site = dice.of(world.sites);
      return `${named(site, site.sim.as('dan').createIssue(site.project, { title: `Title ${dice.below(1e6)}` }))} is new`;
    },
  },
  {
    name: 'out of the project, or in again',
    weight: 2,
    act: (world, dice) => {
      const [site, name] = [dice.of(world.sites), dice.of(NAMES)];
      site.abandoned = true;
      const inside = site.sim.project(site.project).members.has(site.sim.user(name).id);
      site.sim.setMember(site.project, name, inside ? undefined : name === 'ana' ? 50 : 40);
      return `${name} is ${inside ? 'out of' : 'in'} the project at ${site.id}${inside ? '' : ' again'}`;
    },
  },
  {
    name: 'revoke a token',
    weight: 2,
    act: (world, dice) => {
      const [site, name] = [dice.of(world.sites), dice.of(NAMES)];
      const token = site.tokens.get(name);
      if (token === undefined) return undefined;
      site.sim.revokeToken(token);
      site.tokens.delete(name);
      site.abandoned = true;
      world.tally.count('token revoked');
      return `the token of ${name} at ${site.id} is revoked`;
    },
  },
];

/** What goes wrong between the processes and everybody else. */
const WEATHER: readonly Step[] = [
  {
    name: 'storm',
    weight: 6,
    act: ({ weather }, dice) => {
      const parts = (['miro', 'gitlab', 'hooks', 'store'] as const).filter(() => dice.chance(0.5));
      for (const part of parts) weather[part] = part === 'store' ? 0.05 + dice.roll() * 0.15 : 0.1 + dice.roll() * 0.5;
      return parts.length > 0 ? `a storm over ${parts.join(', ')}` : undefined;
    },
  },
  {
    name: 'calm',
    weight: 5,
    act: ({ weather }) => {
      Object.assign(weather, FAIR);
      return 'calm';
    },
  },
  {
    name: 'crash',
    weight: 4,
    async act(world, dice) {
      const victims = [...world.hosts];
      if (victims.length === 0) return undefined;
      await world.scheduler.turns(dice.below(60));
      const host = dice.of(victims);
      if (host.dead) return undefined;
      await host.kill();
      world.crashes += 1;
      world.tally.count('crash');
      const heir = dice.chance(0.7) ? await world.boot(dice.chance(0.7) ? host.name : undefined) : undefined;
      return `${host.name} dies${heir ? `, ${heir.name} succeeds it` : ''}`;
    },
  },
  {
    name: 'one more process',
    weight: 3,
    act: async (world) => (world.hosts.size < 3 ? `${(await world.boot()).name} starts` : undefined),
  },
  {
    name: 'stop a process',
    weight: 1,
    act: (world, dice) => {
      const open = [...world.hosts].filter((host) => host.open);
      if (open.length < 2) return undefined;
      const host = dice.of(open);
      host.retire();
      return `${host.name} is told to stop`;
    },
  },
  {
    name: 'freeze',
    weight: 4,
    act: (world, dice) => {
      const host = world.hosts.size > 0 ? dice.of([...world.hosts]) : undefined;
      if (!host) return undefined;
      const long = 1000 + dice.below(dice.chance(0.5) ? 60_000 : 5000);
      host.frozenUntil = world.scheduler.now() + long;
      world.tally.count('process stands still');
      return `${host.name} stands still for ${long} ms`;
    },
  },
  { name: 'a while passes', weight: 6, act: (world, dice) => passed(world, 1000 + dice.below(20_000)) },
  { name: 'some time passes', weight: 2, act: (world, dice) => passed(world, 60_000 + dice.below(20 * 60_000)) },
  {
    name: 'clock jump',
    weight: 1.5,
    act: (world, dice) => {
      const by = dice.of([-600_000, -30_000, -2000, 2000, 45_000, 600_000]);
      world.scheduler.skew = Math.max(-1_200_000, Math.min(1_200_000, world.scheduler.skew + by));
      world.tally.count('clock jump');
      return `our clock is set by ${by} ms`;
    },
  },
];

/** Everything that may happen. */
export const STEPS: readonly Step[] = [...TOOL, ...boardSteps, ...pairSteps, ...WEATHER];

function toggled(issue: GitlabIssue, label: string): { add_labels: string[] } | { remove_labels: string[] } {
  return issue.labels.includes(label) ? { remove_labels: [label] } : { add_labels: [label] };
}

type Change = Parameters<ReturnType<Site['sim']['as']>['updateIssue']>[2];

function edited(change: (issue: GitlabIssue, dice: Dice, site: Site) => Change): Step['act'] {
  return (world, dice) => {
    const [site, issue] = anIssue(world, dice);
    if (!issue) return undefined;
    const params = change(issue, dice, site);
    site.sim.as('dan').updateIssue(site.project, issue.iid, params);
    if (params.state_event === 'reopen') world.tally.count('item re-opened');
    return `${named(site, issue)}: ${JSON.stringify(params)}`;
  };
}

function passed(world: FaultWorld, ms: number): string {
  world.scheduler.leap(ms);
  return `${ms} ms pass`;
}
