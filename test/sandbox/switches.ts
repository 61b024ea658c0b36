import type { GitlabSim } from '../sim/gitlab.ts';
import type { MiroSim } from '../sim/miro.ts';
import type { MunitySim } from '../sim/munity.ts';
import type { ActivityLog } from './activity.ts';
import type { Switch } from './board-api.ts';

/** Tandem's process, where it is ours to kill. */
export interface Process {
  readonly up: () => boolean;
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Switches for a person to break things with, and to see them heal. */
export interface Switches {
  readonly on: () => readonly Switch[];
  /** Throws a sentence for people where it cannot be done. `issue` is the project's path and the issue's number of the selected card. */
  flip(name: Switch, by: { id: string; name: string }, issue: { project: string; iid: number } | undefined): Promise<void>;
}

const CARD_WRITES = { method: 'PATCH', path: /\/app_cards\// } as const;

/** Wires the switches to the simulators' own. */
export function makeSwitches(parts: { miro: MiroSim; gitlab: GitlabSim; munity: MunitySim | undefined; activity: ActivityLog; bff: () => Process | undefined }): Switches {
  const { miro, gitlab, munity, activity } = parts;
  const on = new Set<Switch>();
  const turn = (name: Switch, effect: (now: boolean) => void): boolean => {
    const now = !on.has(name);
    if (now) on.add(name);
    else on.delete(name);
    effect(now);
    return now;
  };
  const say = (text: string): void => activity.add({ from: 'You', text, mood: 'quiet' });

  return {
    on: () => [...on, ...(parts.bff()?.up() === false ? (['tandem-killed'] as const) : [])],
    async flip(name, by, issue) {
      if (name === 'miro-429') {
        miro.faults.next(3, 429, { ...CARD_WRITES, retryAfter: 3 });
        say('Miro will refuse the next 3 card updates (429)');
      } else if (name === 'miro-500') {
        miro.faults.next(3, 500, CARD_WRITES);
        say('Miro will fail the next 3 card updates (500)');
      } else if (name === 'revoke-miro') {
        miro.revokeTokens(by.id);
        say(`Miro forgot ${by.name}’s sign-in`);
      } else if (name === 'gitlab-slow') {
        say(`GitLab is ${turn(name, (now) => (gitlab.faults.latency = now ? 3000 : 0)) ? 'slow' : 'quick again'}`);
      } else if (name === 'gitlab-down') {
        say(`GitLab is ${turn(name, (now) => (gitlab.faults.rate = now ? 1 : 0)) ? 'down' : 'up again'}`);
      } else if (name === 'delete-issue') {
        if (!issue) throw new Error('Select one card that shows a GitLab issue first.');
        gitlab.as('ana').deleteIssue(issue.project, issue.iid);
        say(`deleted ${issue.project}#${issue.iid} in GitLab, which tells nobody`);
      } else if (name === 'hook-lost') {
        gitlab.hooks.drop(1);
        say('the next webhook will be lost');
      } else if (name === 'hook-twice') {
        gitlab.hooks.duplicate(1);
        say('the next webhook will arrive twice');
      } else if (name === 'hooks-held') {
        say(turn(name, (now) => (now ? gitlab.hooks.hold() : gitlab.hooks.release('reverse'))) ? 'webhooks are held back' : 'webhooks go out, last one first');
      } else if (name === 'munity-lost') {
        munity?.hooks.drop(1);
        say('Munity’s next webhook will be lost');
      } else if (name === 'munity-cut-off') {
        const cut = turn(name, (now) => {
          if (munity) munity.connecting.coop = now ? 'same-origin' : undefined;
        });
        say(cut ? 'Jira’s sign-in page cuts off the window that opened it' : 'Jira’s sign-in page knows who opened it again');
      } else if (name === 'tandem-killed') {
        const bff = parts.bff();
        if (!bff) throw new Error('Tandem runs in a process that the sandbox did not start.');
        if (bff.up()) {
          await bff.kill();
          say('killed Tandem (SIGKILL)');
        } else {
          await bff.start();
          say('started Tandem again');
        }
      } else {
        miro.faults.clear();
        gitlab.faults.clear();
        if (munity) munity.connecting.coop = undefined;
        if (on.has('hooks-held')) gitlab.hooks.release('order');
        on.clear();
        say('switched every fault off');
      }
    },
  };
}
