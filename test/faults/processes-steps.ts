import { printRef } from '@tandem/shared/ref';
import type { GitlabIssue } from '../sim/gitlab-types.ts';
import { issuesOf, nameOf, refOf, type ProcessWorld, type Site } from './processes-world.ts';

/** Something that happens. Answers what it was, or `undefined` where it cannot happen now. */
interface Step {
  readonly weight: number;
  act(on: ProcessWorld): string | undefined | Promise<string | undefined>;
}

type Change = (issue: GitlabIssue, on: ProcessWorld) => Parameters<ReturnType<Site['sim']['as']>['updateIssue']>[2];

const edited = (change: Change): Step['act'] => (on) => {
  const { dice, here, there } = on;
  const site = dice.chance(0.8) ? here : there;
  const issue = dice.of(issuesOf(site));
  const params = change(issue, on);
  site.sim.as(dice.of(['ana', 'ben'])).updateIssue(site.project, issue.iid, params);
  return `${nameOf(site, issue)}: ${JSON.stringify(params)}`;
};

const toggled = (issue: GitlabIssue, label: string): { add_labels: string[] } | { remove_labels: string[] } =>
  issue.labels.includes(label) ? { remove_labels: [label] } : { add_labels: [label] };

/** People who edit in the panel; their answers may take as long as a process that dies takes to come back. */
const panel = (edit: (issue: GitlabIssue, on: ProcessWorld) => { body: object; told?: () => void }): Step['act'] => (on) => {
  const { dice, here, promised, world } = on;
  const [card, { who, ref }] = dice.of([...promised].filter(([, { ref: { site }, told }]) => site === here.id && told));
  const issue = issuesOf(here).find(({ iid }) => String(iid) === ref.id);
  if (!issue) return undefined;
  const { body, told } = edit(issue, on);
  on.say(`${who.name} edits ${printRef(ref)} on ${card}: ${JSON.stringify(body)}`);
  const asked = on.api(who, 'PATCH', `/api/cards/${encodeURIComponent(world.board)}/${card}`, body).then((answer) => {
    if (answer?.status === 200) told?.();
    on.count(`panel: ${answer?.status ?? 'no answer'}`);
    on.say(`${who.name} is answered ${answer?.status ?? 'nothing'}`);
  });
  wait(on, asked);
  return `${who.name} waits`;
};

function wait({ asked }: ProcessWorld, call: Promise<void>): void {
  const done = call.finally(() => asked.delete(done));
  asked.add(done);
}

const hooks = (act: (on: ProcessWorld, site: Site) => string): Step['act'] => (on) => {
  const site = on.dice.chance(0.7) ? on.here : on.there;
  const what = act(on, site);
  on.count(`webhooks: ${what.split(',')[0]}`);
  return `webhooks of ${site.id}: ${what}`;
};

const FAULTS = [429, 500, 503, 'reset', 'after-effect-502', 'slow'] as const;

export const STEPS: Readonly<Record<string, Step>> = {
  retitle: { weight: 8, act: edited((_, { dice }) => ({ title: `Title ${dice.below(1e6)}` })) },
  describe: { weight: 2, act: edited((_, { dice }) => ({ description: dice.of(['', 'Short.', 'With a [link](https://example.org) & <b>more</b>']) })) },
  label: { weight: 6, act: edited((issue, { dice }) => toggled(issue, dice.of(['bug', 'feature', 'later']))) },
  close: { weight: 5, act: edited((issue) => ({ state_event: issue.state === 'opened' ? 'close' : 'reopen' })) },
  due: { weight: 2, act: edited((issue) => ({ due_date: issue.dueDate === null ? '2026-12-24' : null })) },
  'there and back': {
    weight: 3,
    act: edited((issue, { here, there }) => {
      const site = issuesOf(here).includes(issue) ? here : there;
      site.sim.as('ana').updateIssue(site.project, issue.iid, toggled(issue, 'bug'));
      return toggled(issue, 'bug');
    }),
  },
  'label on the board': {
    weight: 5,
    act: panel((issue, on) => {
      const name = `kept-${on.counts.get('kept') ?? 0}`;
      on.count('kept');
      on.here.sim.addLabel(on.here.project, name, '#123456');
      const ref = printRef(refOf(on.here, issue));
      return { body: { set: { labels: [...issue.labels, name] }, seen: { labels: issue.labels } }, told: () => on.labelled.set(ref, new Set([...(on.labelled.get(ref) ?? []), name])) };
    }),
  },
  'retitle on the board': { weight: 3, act: panel((issue, { dice }) => ({ body: { set: { title: `By card ${dice.below(1e6)}` }, seen: { title: issue.title } } })) },
  'one more card': {
    weight: 1.5,
    act(on) {
      const { dice, here, world } = on;
      const who = dice.of(on.writers);
      const ref = refOf(here, dice.of(issuesOf(here)));
      const { id } = world.miro.createCard(world.board, who.user, { title: 'A new card', status: 'connected' });
      on.promised.set(id, { who, ref, told: false });
      wait(on, on.link(id));
      return `${who.name} links ${id} to ${printRef(ref)}`;
    },
  },
  'webhooks twice': { weight: 2, act: hooks(({ dice }, { sim }) => (sim.hooks.duplicate(1 + dice.below(2)), 'the next ones are sent twice')) },
  'webhooks lost': { weight: 1.5, act: hooks((_, { sim }) => (sim.hooks.drop(1), 'the next one is lost')) },
  'webhooks held': { weight: 2, act: hooks((_, { sim }) => (sim.hooks.hold(), 'held back')) },
  'webhooks released': { weight: 2.5, act: hooks(({ dice }, { sim }) => release(sim, dice.of(['order', 'reverse', 'twice']))) },
  'Miro fails': { weight: 4, act: (on) => fails(on, 'Miro', on.world.miro.faults) },
  'GitLab fails': { weight: 4, act: (on) => (on.dice.chance(0.7) ? fails(on, 'GitLab', on.here.sim.faults) : fails(on, 'the other GitLab', on.there.sim.faults)) },
  'a BFF dies': {
    weight: 0.8,
    async act(on) {
      const which = on.dice.below(on.crew.processes);
      const downFor = on.dice.below(300);
      await on.kill(which, downFor);
      on.count('SIGKILL to a BFF');
      // Half of the time nothing happens before it is up again.
      if (on.dice.chance(0.5)) await on.allUp();
      return `process ${which} is killed, for ${downFor} ms`;
    },
  },
  'MongoDB dies': {
    weight: 0.5,
    async act(on) {
      if (!on.mongo) return undefined;
      const downFor = on.dice.below(600);
      await on.killMongo(downFor);
      on.count('SIGKILL to MongoDB');
      return `MongoDB is killed, for ${downFor} ms`;
    },
  },
};

const TOTAL = Object.values(STEPS).reduce((sum, { weight }) => sum + weight, 0);

/** Plays so many steps, some milliseconds apart. Whatever the dice say, a BFF dies in the midst of it, and so does MongoDB in every second world that has it. */
export async function play(on: ProcessWorld, steps: number): Promise<void> {
  const { dice } = on;
  const amid = (): number => Math.floor(steps / 4) + dice.below(Math.floor(steps / 2));
  const certain = new Map([[amid(), 'a BFF dies'], ...(on.mongo && dice.chance(0.5) ? [[amid(), 'MongoDB dies'] as const] : [])]);
  for (let n = 0; n < steps; ) {
    const name = certain.get(n) ?? anyStep(dice.roll());
    const what = await STEPS[name]?.act(on);
    certain.delete(n);
    if (what === undefined) continue;
    on.say(what);
    n += 1;
    const gap = dice.roll();
    const ms = gap < 0.5 ? 0 : gap < 0.9 ? dice.below(40) : 40 + dice.below(150);
    await new Promise((resolve) => void setTimeout(resolve, ms));
  }
}

function anyStep(roll: number): string {
  let at = roll * TOTAL;
  for (const [name, { weight }] of Object.entries(STEPS)) if ((at -= weight) < 0) return name;
  return 'retitle';
}

function release(sim: Site['sim'], order: 'order' | 'reverse' | 'twice'): string {
  sim.hooks.release(order);
  return order === 'order' ? 'released' : order === 'reverse' ? 'released in reverse' : 'released twice each';
}

function fails({ dice, count }: ProcessWorld, name: string, faults: Site['sim']['faults']): string {
  const kind = dice.of(FAULTS);
  const times = 1 + dice.below(3);
  faults.slowBy = 300;
  faults.next(times, kind, kind === 429 ? { retryAfter: 1 } : {});
  count(`${name}: ${kind}`);
  return `${name} answers ${times} times ${kind}`;
}
