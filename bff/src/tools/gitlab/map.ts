import type { FieldDetails, Rights } from '@tandem/shared/api';
import type { Item, Label, Person, Place, PlaceInfo, Status } from '@tandem/shared/item';
import { UpstreamError } from '../../errors.ts';
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
    updatedAt: instant(issue.updated_at),
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
export function rightsOf({ author, assignees }: Item, { can, name }: PlaceInfo, person: Person): Rights {
  if (can.write) return { fields: ['title', 'description', 'status', 'labels', 'assignees'] };
  // Else whoever sees the issues may create some.
  if (!can.create) return { fields: [], reason: `${name} is archived or has its issues switched off, so nothing can be changed there. Its owner can change that.` };
  const own = author === person.id || assignees.some(({ id }) => id === person.id);
  return own
    ? { fields: ['title', 'description', 'status'], reason: `You are a guest in ${name}: you may change title, description and status of what you wrote or are assigned to. Ask its maintainer for the Planner role to change the rest.` }
    : { fields: [], reason: `You are a guest in ${name}: you may only change what you wrote or are assigned to. Ask its maintainer for the Planner role to change this.` };
}

/** The account's role in a project, its own or through a group; `undefined` for none. */
export function roleIn(project: GitlabProject): number | undefined {
  const levels = [project.permissions?.project_access?.access_level, project.permissions?.group_access?.access_level].filter((level) => typeof level === 'number');
  return levels.length > 0 ? Math.max(...levels) : undefined;
}

/** Project path and number in the address of an issue: `…/group/project/-/issues/7`, also `work_items`, `issues/incident`, and without the `-` as before GitLab 12. */
export function issueAt(base: string, url: string): { readonly path: string; readonly iid: string } | undefined {
  if (!URL.canParse(url)) return undefined;
  const { origin, pathname } = new URL(url);
  if (!`${origin}${pathname}`.startsWith(`${base}/`)) return undefined;
  const match = /^\/(\w[\w.-]*(?:\/\w[\w.-]*)+?)(?:\/-)?\/(?:issues|work_items|issues\/incident)\/([1-9]\d{0,9})\/?$/.exec(`${origin}${pathname}`.slice(base.length));
  return match?.[1] && match[2] ? { path: match[1], iid: match[2] } : undefined;
}

/** People read, and we log, so many characters of what a server says, and so many faults. */
const LONGEST = 500;
const MOST_FAULTS = 10;

const OUR_FIELD = new Map([['title', 'title'], ['description', 'description'], ['assignee_ids', 'assignees'], ['labels', 'labels'], ['add_labels', 'labels'], ['state_event', 'status']]);

/**
 * GitLab's refusal of a write as sentences for people, at their fields where it names some.
 * It says `{message: {title: ["is too long"]}}`, `{message: "…"}`, `{message: ["…"]}` or `{error: "title is empty"}`. https://docs.gitlab.com/api/rest/troubleshooting/#status-code-400
 */
export function refusal(error: UpstreamError): UpstreamError {
  const { message, error: parameter } = (typeof error.body === 'object' && error.body !== null ? error.body : {}) as { message?: unknown; error?: unknown };
  const named = typeof message === 'object' && message !== null && !Array.isArray(message);
  const faults = named ? Object.entries(message).map(([name, said]) => [name, texts(said).join(', ')] as const) : texts(message).map((text) => ['', text] as const);
  for (const text of texts(parameter)) {
    const [, name = '', fault = ''] = /^(\w+) (.+)$/.exec(text) ?? [];
    faults.push(OUR_FIELD.has(name) ? [name, fault] : ['', text]);
  }
  const fields: Record<string, string> = {};
  const said = faults.map(([name, fault]) => {
    const field = OUR_FIELD.get(name);
    const line = sentence(`${field ?? name} ${fault}`.trim());
    if (field) fields[field] = line;
    return line;
  });
  const details: FieldDetails | undefined = Object.keys(fields).length > 0 ? { fields } : undefined;
  return new UpstreamError('gitlab', error.upstreamStatus, { message: said.length > 0 ? `GitLab refused this: ${said.slice(0, MOST_FAULTS).join(' ')}` : error.message, body: error.body, cause: error, details });
}

function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((text): text is string => typeof text === 'string' && text !== '');
}

function sentence(text: string): string {
  const short = text.slice(0, LONGEST);
  return `${short.charAt(0).toUpperCase()}${short.slice(1)}${/[.!?]$/.test(short) ? '' : '.'}`;
}

/** GitLab prints times in the server's zone on some installations; ours are all UTC, so that they sort as text. */
function instant(time: string): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) throw new UpstreamError('gitlab', 502, { message: 'GitLab answered an issue without a time of change. Try again in a moment.' });
  return at.toISOString();
}
