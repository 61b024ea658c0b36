import type { GitlabIssue } from '../sim/gitlab-types.ts';
import type { Dice } from './dice.ts';
import type { FaultWorld, Site } from './world.ts';

/** Something that happens in the world. Answers what it was, or `undefined` where it cannot happen now. */
export interface Step {
  readonly name: string;
  readonly weight: number;
  act(world: FaultWorld, dice: Dice): string | undefined | Promise<string | undefined>;
}

/** One of the issues, or none where there are none any more. */
export function anIssue(world: FaultWorld, dice: Dice): [Site, GitlabIssue | undefined] {
  // Most of what happens concerns few issues: only there things collide.
  const site = dice.chance(0.75) ? world.sites[0] : world.sites[1];
  const issues = world.issues(site);
  return [site, issues.length === 0 ? undefined : dice.chance(0.5) ? issues[0] : dice.of(issues)];
}

/** As the trace calls it. */
export function named(site: Site, issue: GitlabIssue): string {
  return `${site.id}#${issue.iid}`;
}
