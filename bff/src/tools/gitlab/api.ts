import { z } from 'zod';
import type { Access, Call } from '../../ports.ts';
import { Address, answersOf, Flag, Name, Text, Time } from '../record.ts';

/** A user as GitLab nests it everywhere. https://docs.gitlab.com/api/users/ */
const User = z.object({
  id: z.int(),
  username: Name,
  name: Name.nullish(),
  avatar_url: Text,
  /** `active` or `blocked` */
  state: Text,
  /** only there when an administrator asks about themselves */
  is_admin: Flag,
});

const Role = z.object({ access_level: z.int().nullish() }).nullish();

/** https://docs.gitlab.com/api/projects/; `permissions` is missing in lists of `simple` projects. */
const Project = z.object({
  id: z.int(),
  path_with_namespace: z.string(),
  name_with_namespace: Text,
  web_url: Address,
  archived: Flag,
  issues_enabled: Flag,
  permissions: z.object({ project_access: Role, group_access: Role }).nullish(),
});

/** https://docs.gitlab.com/api/labels/; `color` is `#rrggbb`. */
const Label = z.object({ name: Name, color: Text });

/** https://docs.gitlab.com/api/issues/; labels are names only: lists could tell their colours, single reads and writes cannot. */
const Issue = z.object({
  iid: z.int(),
  project_id: z.int(),
  title: z.string(),
  description: Text,
  state: z.string(),
  labels: z.array(Name).nullish(),
  assignees: z.array(User).nullish(),
  author: User.nullish(),
  due_date: Text,
  updated_at: Time,
  web_url: Address,
  references: z.object({ full: Text }).nullish(),
});

/** https://docs.gitlab.com/api/project_webhooks/; neither token is ever shown. */
const Hook = z.object({
  id: z.int(),
  url: z.string(),
  issues_events: Flag,
  confidential_issues_events: Flag,
  /** `executable`, `temporarily_disabled` or `disabled` */
  alert_status: Text,
  /** a GitLab that does not know signing tokens, or has them switched off, ignores them in silence */
  signing_token_present: Flag,
});

/** https://docs.gitlab.com/api/personal_access_tokens/ */
const Token = z.object({ expires_at: Text, scopes: z.array(z.string()).nullish() });

/** https://docs.gitlab.com/api/notes/ */
const Note = z.object({ id: z.int(), body: Text, author: User.nullish() });

/** What GitLab answers, as far as we read it. */
export type GitlabUser = z.infer<typeof User>;
export type GitlabProject = z.infer<typeof Project>;
export type GitlabLabel = z.infer<typeof Label>;
export type GitlabIssue = z.infer<typeof Issue>;
export type GitlabHook = z.infer<typeof Hook>;
export type GitlabNote = z.infer<typeof Note>;

/** What an issue can be given. https://docs.gitlab.com/api/issues/#edit-an-issue */
export interface IssueBody {
  readonly title?: string;
  readonly description?: string;
  readonly state_event?: 'close' | 'reopen';
  readonly labels?: readonly string[];
  readonly add_labels?: readonly string[];
  readonly remove_labels?: readonly string[];
  /** the whole set; `[0]` is nobody */
  readonly assignee_ids?: readonly number[];
}

const { record, optional, notThere } = answersOf('gitlab', 'GitLab');
export { notThere };

type Query = Call['query'];

/** Largest page of GitLab's lists. https://docs.gitlab.com/api/rest/#pagination */
export const PAGE = 100;

/** GET /user: whose token this is. https://docs.gitlab.com/api/users/#get-the-current-user */
export async function currentUser(access: Access): Promise<GitlabUser> {
  return record(await access.request({ path: '/user' }), User);
}

/** GET /personal_access_tokens/self: the date (`YYYY-MM-DD`) at whose beginning, in UTC, this token ends, if it does, and its scopes. Nothing for OAuth (400), and where this may not be asked. https://docs.gitlab.com/api/personal_access_tokens/#self-inform */
export async function token(access: Access): Promise<{ readonly end?: string; readonly scopes?: readonly string[] }> {
  const { body } = await access.request({ path: '/personal_access_tokens/self', accept: [400, 401, 403, 404] });
  const { expires_at: end, scopes } = Token.safeParse(body).data ?? {};
  return { ...(end ? { end } : {}), ...(scopes ? { scopes } : {}) };
}

/** GET /projects, without their permissions. https://docs.gitlab.com/api/projects/#list-all-projects */
export async function projects(access: Access, query: Query): Promise<readonly GitlabProject[]> {
  return record(await access.request({ path: '/projects', query: { simple: true, ...query } }), Project.array());
}

/** GET /projects/:id, by number or by path; `undefined` when GitLab says 404. A path that changed hands is answered 301 with the address by number. https://docs.gitlab.com/api/rest/#redirects */
export async function project(access: Access, id: string): Promise<GitlabProject | undefined> {
  if (!ADDRESS.test(id)) return undefined;
  const reply = await access.request({ path: at(id), accept: [301, 404] });
  const moved = reply.status === 301 ? /\/projects\/(\d+)$/.exec(reply.headers['location'] ?? '')?.[1] : undefined;
  // Once: a server could send us round in circles for ever.
  return optional(moved ? await access.request({ path: at(moved), accept: [404] }) : reply, Project);
}

/** GET /projects/:id/labels, at most 300, those of the groups above included; none where the account may not see them. https://docs.gitlab.com/api/labels/#list-labels */
export async function labels(access: Access, id: string): Promise<readonly GitlabLabel[]> {
  const found: GitlabLabel[] = [];
  for (let page = 1; page <= 3; page += 1) {
    const reply = await access.request({ path: `${at(id)}/labels`, query: { per_page: PAGE, page }, accept: [403, 404] });
    const some = reply.status === 200 ? record(reply, Label.array()) : [];
    found.push(...some);
    if (some.length < PAGE) break;
  }
  return found;
}

/** GET /projects/:id/members/all: the first 100, inherited ones included; none where the account may not see them. https://docs.gitlab.com/api/project_members/ */
export async function members(access: Access, id: string): Promise<readonly GitlabUser[]> {
  const reply = await access.request({ path: `${at(id)}/members/all`, query: { per_page: PAGE }, accept: [403, 404] });
  return reply.status === 200 ? record(reply, User.array()) : [];
}

/** A page of GET /issues or GET /projects/:id/issues; `next` is the number of the following page. https://docs.gitlab.com/api/issues/#list-issues */
export async function issues(access: Access, id: string | undefined, query: Query): Promise<{ issues: readonly GitlabIssue[]; next?: string }> {
  const path = id === undefined ? '/issues' : `${at(id)}/issues`;
  const reply = await access.request({ path, query: { scope: 'all', ...query } });
  const next = reply.headers['x-next-page'];
  return { issues: record(reply, Issue.array()), ...(next ? { next } : {}) };
}

/** GET /projects/:id/issues/:iid; `undefined` when the project or the issue is not there for this account. https://docs.gitlab.com/api/issues/#single-project-issue */
export async function issue(access: Access, id: string, iid: string): Promise<GitlabIssue | undefined> {
  return ADDRESS.test(id) ? optional(await access.request({ path: one(id, iid), accept: [404] }), Issue) : undefined;
}

/** POST /projects/:id/issues. https://docs.gitlab.com/api/issues/#create-an-issue */
export async function createIssue(access: Access, id: string, body: IssueBody & { title: string }): Promise<GitlabIssue> {
  return record(await access.request({ method: 'POST', path: `${at(id)}/issues`, body }), Issue);
}

/** PUT /projects/:id/issues/:iid. https://docs.gitlab.com/api/issues/#update-an-issue */
export async function updateIssue(access: Access, id: string, iid: string, body: IssueBody): Promise<GitlabIssue> {
  return record(await access.request({ method: 'PUT', path: one(id, iid), body }), Issue);
}

/** POST /projects/:id/issues/:iid/notes (201). https://docs.gitlab.com/api/notes/#create-an-issue-note */
export async function addNote(access: Access, id: string, iid: string, body: string): Promise<GitlabNote> {
  return record(await access.request({ method: 'POST', path: `${one(id, iid)}/notes`, body: { body } }), Note);
}

/** GET /projects/:id/issues/:iid/notes: the newest 100. https://docs.gitlab.com/api/notes/#list-all-issue-notes */
export async function notes(access: Access, id: string, iid: string): Promise<readonly GitlabNote[]> {
  return record(await access.request({ path: `${one(id, iid)}/notes`, query: { order_by: 'created_at', sort: 'desc', per_page: PAGE } }), Note.array());
}

/** DELETE /projects/:id/issues/:iid/notes/:note_id (204); one that is gone already is fine. */
export async function deleteNote(access: Access, id: string, iid: string, note: string): Promise<void> {
  await access.request({ method: 'DELETE', path: `${one(id, iid)}/notes/${encodeURIComponent(note)}`, accept: [404] });
}

/** GET /projects/:id/hooks; GitLab allows 100 in a project. https://docs.gitlab.com/api/project_webhooks/ */
export async function hooks(access: Access, id: string): Promise<readonly GitlabHook[]> {
  return record(await access.request({ path: `${at(id)}/hooks`, query: { per_page: PAGE } }), Hook.array());
}

/** POST /projects/:id/hooks (201), or PUT /projects/:id/hooks/:hook_id; like the others of hooks it needs the Maintainer role. */
export async function saveHook(access: Access, id: string, hookId: number | undefined, body: object): Promise<GitlabHook> {
  const path = `${at(id)}/hooks`;
  return record(await access.request(hookId === undefined ? { method: 'POST', path, body } : { method: 'PUT', path: `${path}/${hookId}`, body }), Hook);
}

/** DELETE /projects/:id/hooks/:hook_id (204); one that is gone already is fine. */
export async function deleteHook(access: Access, id: string, hookId: string): Promise<void> {
  await access.request({ method: 'DELETE', path: `${at(id)}/hooks/${encodeURIComponent(hookId)}`, accept: [404] });
}

/** A project's number or path; anything else (`..`) could lead out of /projects. */
const ADDRESS = /^(?:[1-9]\d{0,15}|\w[\w.-]*(?:\/\w[\w.-]*)+)$/;

function at(id: string): string {
  if (!ADDRESS.test(id)) throw notThere('project');
  return `/projects/${encodeURIComponent(id)}`;
}

function one(id: string, iid: string): string {
  return `${at(id)}/issues/${encodeURIComponent(iid)}`;
}
