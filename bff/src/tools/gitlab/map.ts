import type { Rights } from '@tandem/shared/api';
import type { Item, Label, Person, Place, PlaceInfo, Status } from '@tandem/shared/item';
import { addressBy, rightsTo } from '../issue.ts';
import { refusalOf, type Fault } from '../record.ts';
import type { GitlabIssue, GitlabLabel, GitlabProject, GitlabUser } from './api.ts';

/** The two states of an issue; ids as the API has them. */
export const STATUSES: readonly [Status, Status] = [
  { id: 'opened', name: 'Open', kind: 'open' },
  { id: 'closed', name: 'Closed', kind: 'closed' },
];

/** GitLab's roles by number, as far as they matter here. https://docs.gitlab.com/api/access_requests/#valid-access-levels */
const LEVEL = { planner: 15, maintainer: 40, administrator: 60 } as const;

export function personOf(user: GitlabUser): Person {
  return { id: String(user.id), name: user.name || user.username, username: user.username, ...(user.avatar_url ? { avatar: user.avatar_url } : {}) };
}

export function placeOf(project: GitlabProject): Place {
  return { id: String(project.id), name: project.name_with_namespace || project.path_with_namespace, url: project.web_url };
}

/** An issue in our shape, its labels in the given colours (name → `#rrggbb`). Labels and assignees come in one order, because GitLab promises none. */
export function itemOf(site: string, issue: GitlabIssue, colors: ReadonlyMap<string, string> = new Map()): Item {
  const path = (issue.references?.full ?? '').split('#')[0]?.split('/').at(-1);
  return {
    ref: { tool: 'gitlab', site, place: String(issue.project_id), id: String(issue.iid) },
    key: `${path || ''}#${issue.iid}`,
    url: issue.web_url,
    title: issue.title,
    description: issue.description ?? '',
    status: issue.state === 'closed' ? STATUSES[1] : STATUSES[0],
    labels: [...(issue.labels ?? [])].sort().map((name) => labelOf({ name, color: colors.get(name) })),
    assignees: [...(issue.assignees ?? [])].sort((a, b) => a.id - b.id).map(personOf),
    ...(issue.author ? { author: String(issue.author.id) } : {}),
    ...(issue.due_date ? { due: issue.due_date } : {}),
    updatedAt: issue.updated_at,
  };
}

export function labelOf(label: GitlabLabel): Label {
  return { name: label.name, ...(label.color ? { color: label.color.toLowerCase() } : {}) };
}

/**
 * What the account may do, from its role: whoever sees the issues may create some, editing those of others takes Planner or Reporter, webhooks take Maintainer.
 * Administrators need no role, and a project then shows none for them. https://docs.gitlab.com/user/permissions/#project-planning
 */
export function rightsIn(project: GitlabProject, me: GitlabUser | undefined): PlaceInfo['can'] {
  const level = me?.is_admin ? LEVEL.administrator : (roleIn(project) ?? 0);
  const open = !project.archived && project.issues_enabled !== false;
  return { create: open, write: open && level >= LEVEL.planner, hook: level >= LEVEL.maintainer };
}

/**
 * What the person may change in an issue: guests only what they wrote or are assigned to, and not its labels and people.
 * https://docs.gitlab.com/user/permissions/#project-planning
 */
export function rightsOf({ author, assignees }: Item, place: PlaceInfo, person: Person): Rights {
  const own = author === person.id || assignees.some(({ id }) => id === person.id);
  return rightsTo(place, own, { who: `You are a guest in ${place.name}`, own: 'what you wrote or are assigned to', ask: 'Ask its maintainer for the Planner role' });
}

/** The account's role in a project, its own or through a group; `undefined` for none. */
export function roleIn(project: GitlabProject): number | undefined {
  const levels = [project.permissions?.project_access?.access_level, project.permissions?.group_access?.access_level].filter((level) => typeof level === 'number');
  return levels.length > 0 ? Math.max(...levels) : undefined;
}

/** Project path and number in the address of an issue: `…/group/project/-/issues/7`, also `work_items`, `issues/incident`, and without the `-` as before GitLab 12. */
export const issueAt = addressBy(/^\/(\w[\w.-]*(?:\/\w[\w.-]*)+?)(?:\/-)?\/(?:issues|work_items|issues\/incident)\/([1-9]\d{0,9})\/?$/);

const OUR_FIELD = new Map([['title', 'title'], ['description', 'description'], ['assignee_ids', 'assignees'], ['labels', 'labels'], ['add_labels', 'labels'], ['state_event', 'status']]);

/**
 * GitLab's refusal of a write as sentences for people, at their fields where it names some.
 * It says `{message: {title: ["is too long"]}}`, `{message: "…"}`, `{message: ["…"]}` or `{error: "title is empty"}`. https://docs.gitlab.com/api/rest/troubleshooting/#status-code-400
 */
export const refused = refusalOf('GitLab', [400, 422], (body) => {
  const { message, error } = (typeof body === 'object' && body !== null ? body : {}) as { message?: unknown; error?: unknown };
  const named = typeof message === 'object' && message !== null && !Array.isArray(message);
  const faults = named ? Object.entries(message).map(([name, said]) => faultOf(name, texts(said).join(', '))) : texts(message).map((text) => ({ text }));
  const parameters = texts(error).map((text) => {
    const [, name = '', fault = ''] = /^(\w+) (.+)$/.exec(text) ?? [];
    return OUR_FIELD.has(name) ? faultOf(name, fault) : { text };
  });
  return [...faults, ...parameters];
});

function faultOf(name: string, said: string): Fault {
  const field = OUR_FIELD.get(name);
  return { field, text: `${field ?? name} ${said}`.trim() };
}

function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((text): text is string => typeof text === 'string' && text !== '');
}
