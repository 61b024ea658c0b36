import type { Access } from '../../ports.ts';
import * as api from './api.ts';

/** Colours of a project's labels by name. */
export type Colors = ReadonlyMap<string, string>;

const FRESH = 60_000;
const MOST = 500;
/** A page of a search may span many projects; so many of them are asked for their colours. */
const ASKED = 5;

/**
 * The colours of the labels that issues name (an issue names its labels only), by project: remembered for a minute, looked up anew when a name is missing.
 * Shared by all accounts of the site: nobody sees more than the colour of a label whose name their own account read.
 */
export function labelColors(now: () => number): (access: Access, issues: readonly api.GitlabIssue[]) => Promise<(issue: api.GitlabIssue) => Colors> {
  const known = new Map<string, { readonly colors: Colors; readonly until: number }>();

  const look = async (access: Access, project: string, names: readonly string[]): Promise<void> => {
    const colors = new Map(names.map((name) => [name, '']));
    for (const label of await api.labels(access, project)) colors.set(label.name, label.color ?? '');
    if (known.size >= MOST) known.clear();
    known.set(project, { colors, until: now() + FRESH });
  };

  return async (access, issues) => {
    const named = new Map<string, string[]>();
    for (const { project_id: id, labels } of issues) if (labels?.length) named.set(String(id), [...(named.get(String(id)) ?? []), ...labels]);
    const missing = [...named].filter(([project, names]) => {
      const hit = known.get(project);
      return !hit || hit.until <= now() || names.some((name) => !hit.colors.has(name));
    });
    await Promise.all(missing.slice(0, ASKED).map(([project, names]) => look(access, project, names)));
    return (issue) => known.get(String(issue.project_id))?.colors ?? new Map();
  };
}
