import { z } from 'zod';
import { UpstreamError } from '../../errors.ts';
import type { Access, Call, Reply } from '../../ports.ts';

/** A user as GitLab nests it everywhere. https://docs.gitlab.com/api/users/ */
export interface GitlabUser {
  readonly id: number;
  readonly username: string;
  readonly name?: string | null;
  readonly avatar_url?: string | null;
  /** `active` or `blocked` */
  readonly state?: string | null;
  /** only there when an administrator asks about themselves */
  readonly is_admin?: boolean | null;
}

/** https://docs.gitlab.com/api/projects/; `permissions` is missing in lists of `simple` projects. */
export interface GitlabProject {
  readonly id: number;
  readonly path_with_namespace: string;
  readonly name_with_namespace?: string | null;
  readonly web_url: string;
  readonly archived?: boolean | null;
  readonly issues_enabled?: boolean | null;
  readonly permissions?: {
    readonly project_access?: { readonly access_level?: number | null } | null;
    readonly group_access?: { readonly access_level?: number | null } | null;
  } | null;
}

export interface GitlabLabel {
  readonly name: string;
  /** `#rrggbb` */
  readonly color?: string | null | undefined;
}

/** https://docs.gitlab.com/api/issues/; labels are names only: lists could tell their colours, single reads and writes cannot. */
export interface GitlabIssue {
  readonly iid: number;
  readonly project_id: number;
  readonly title: string;
  readonly description?: string | null;
  readonly state: string;
  readonly labels?: readonly string[] | null;
  readonly assignees?: readonly GitlabUser[] | null;
  readonly author?: GitlabUser | null;
  readonly due_date?: string | null;
  readonly updated_at: string;
  readonly web_url: string;
  readonly references?: { readonly full?: string | null } | null;
}

/** https://docs.gitlab.com/api/project_webhooks/; neither token is ever shown. */
export interface GitlabHook {
  readonly id: number;
  readonly url: string;
  readonly issues_events?: boolean | null;
  readonly confidential_issues_events?: boolean | null;
  /** `executable`, `temporarily_disabled` or `disabled` */
  readonly alert_status?: string | null;
  /** a GitLab that does not know signing tokens, or has them switched off, ignores them in silence */
  readonly signing_token_present?: boolean | null;
}

/** https://docs.gitlab.com/api/notes/ */
export interface GitlabNote {
  readonly id: number;
  readonly body: string;
  readonly author?: GitlabUser | null;
}

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

/** What we read of each record: whoever answers where a GitLab should be, nothing else gets past here. */
const Name = z.string().max(1000);
const Text = z.string().nullish();
const Address = z.string().regex(/^https?:\/\//i);
const User = z.object({ id: z.int(), username: Name, name: Name.nullish(), avatar_url: Text });
const Project = z.object({ id: z.int(), path_with_namespace: z.string(), name_with_namespace: Text, web_url: Address });
const Label = z.object({ name: Name, color: Text });
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
  updated_at: z.string(),
  web_url: Address,
  references: z.object({ full: Text }).nullish(),
});
const Hook = z.object({ id: z.int(), url: z.string() });
const Note = z.object({ id: z.int(), body: z.string() });

type Query = Call['query'];

/** Largest page of GitLab's lists. https://docs.gitlab.com/api/rest/#pagination */
export const PAGE = 100;

/** GET /user: whose token this is. https://docs.gitlab.com/api/users/#get-the-current-user */
export async function currentUser(access: Access): Promise<GitlabUser> {
  return record(await access.request<GitlabUser>({ path: '/user' }), User);
}

/** GET /personal_access_tokens/self: the date (`YYYY-MM-DD`) at whose beginning, in UTC, this token ends. None for a token that never does, for OAuth (400), and where this may not be asked. https://docs.gitlab.com/api/personal_access_tokens/#self-inform */
export async function tokenEnd(access: Access): Promise<string | undefined> {
  const { body } = await access.request<{ expires_at?: string | null } | undefined>({ path: '/personal_access_tokens/self', accept: [400, 401, 403, 404] });
  return typeof body?.expires_at === 'string' ? body.expires_at : undefined;
}

/** GET /projects, without their permissions. https://docs.gitlab.com/api/projects/#list-all-projects */
export async function projects(access: Access, query: Query): Promise<readonly GitlabProject[]> {
  return list(await access.request<GitlabProject[]>({ path: '/projects', query: { simple: true, ...query } }), Project);
}

/** GET /projects/:id, by number or by path; `undefined` when GitLab says 404. A path that changed hands is answered 301 with the address by number. https://docs.gitlab.com/api/rest/#redirects */
export async function project(access: Access, id: string): Promise<GitlabProject | undefined> {
  if (!ADDRESS.test(id)) return undefined;
  const reply = await access.request<GitlabProject>({ path: at(id), accept: [301, 404] });
  const moved = reply.status === 301 ? /\/projects\/(\d+)$/.exec(reply.headers['location'] ?? '')?.[1] : undefined;
  // Once: a server could send us round in circles for ever.
  return optional(moved ? await access.request<GitlabProject>({ path: at(moved), accept: [404] }) : reply, Project);
}

/** GET /projects/:id/labels, at most 300, those of the groups above included; none where the account may not see them. https://docs.gitlab.com/api/labels/#list-labels */
export async function labels(access: Access, id: string): Promise<readonly GitlabLabel[]> {
  const found: GitlabLabel[] = [];
  for (let page = 1; page <= 3; page += 1) {
    const reply = await access.request<GitlabLabel[]>({ path: `${at(id)}/labels`, query: { per_page: PAGE, page }, accept: [403, 404] });
    const some = reply.status === 200 ? list(reply, Label) : [];
    found.push(...some);
    if (some.length < PAGE) break;
  }
  return found;
}

/** GET /projects/:id/members/all: the first 100, inherited ones included; none where the account may not see them. https://docs.gitlab.com/api/project_members/ */
export async function members(access: Access, id: string): Promise<readonly GitlabUser[]> {
  const reply = await access.request<GitlabUser[]>({ path: `${at(id)}/members/all`, query: { per_page: PAGE }, accept: [403, 404] });
  return reply.status === 200 ? list(reply, User) : [];
}

/** A page of GET /issues or GET /projects/:id/issues; `next` is the number of the following page. https://docs.gitlab.com/api/issues/#list-issues */
export async function issues(access: Access, id: string | undefined, query: Query): Promise<{ issues: readonly GitlabIssue[]; next?: string }> {
  const path = id === undefined ? '/issues' : `${at(id)}/issues`;
  const reply = await access.request<GitlabIssue[]>({ path, query: { scope: 'all', ...query } });
  const next = reply.headers['x-next-page'];
  return { issues: list(reply, Issue), ...(next ? { next } : {}) };
}

/** GET /projects/:id/issues/:iid; `undefined` when the project or the issue is not there for this account. https://docs.gitlab.com/api/issues/#single-project-issue */
export async function issue(access: Access, id: string, iid: string): Promise<GitlabIssue | undefined> {
  return ADDRESS.test(id) ? optional(await access.request<GitlabIssue>({ path: one(id, iid), accept: [404] }), Issue) : undefined;
}

/** POST /projects/:id/issues. https://docs.gitlab.com/api/issues/#create-an-issue */
export async function createIssue(access: Access, id: string, body: IssueBody & { title: string }): Promise<GitlabIssue> {
  return record(await access.request<GitlabIssue>({ method: 'POST', path: `${at(id)}/issues`, body }), Issue);
}

/** PUT /projects/:id/issues/:iid. https://docs.gitlab.com/api/issues/#update-an-issue */
export async function updateIssue(access: Access, id: string, iid: string, body: IssueBody): Promise<GitlabIssue> {
  return record(await access.request<GitlabIssue>({ method: 'PUT', path: one(id, iid), body }), Issue);
}

/** POST /projects/:id/issues/:iid/notes (201). https://docs.gitlab.com/api/notes/#create-an-issue-note */
export async function addNote(access: Access, id: string, iid: string, body: string): Promise<GitlabNote> {
  return record(await access.request<GitlabNote>({ method: 'POST', path: `${one(id, iid)}/notes`, body: { body } }), Note);
}

/** GET /projects/:id/issues/:iid/notes: the newest 100. https://docs.gitlab.com/api/notes/#list-all-issue-notes */
export async function notes(access: Access, id: string, iid: string): Promise<readonly GitlabNote[]> {
  return list(await access.request<GitlabNote[]>({ path: `${one(id, iid)}/notes`, query: { order_by: 'created_at', sort: 'desc', per_page: PAGE } }), Note);
}

/** DELETE /projects/:id/issues/:iid/notes/:note_id (204); one that is gone already is fine. */
export async function deleteNote(access: Access, id: string, iid: string, note: string): Promise<void> {
  await access.request({ method: 'DELETE', path: `${one(id, iid)}/notes/${encodeURIComponent(note)}`, accept: [404] });
}

/** GET /projects/:id/hooks; GitLab allows 100 in a project. https://docs.gitlab.com/api/project_webhooks/ */
export async function hooks(access: Access, id: string): Promise<readonly GitlabHook[]> {
  return list(await access.request<GitlabHook[]>({ path: `${at(id)}/hooks`, query: { per_page: PAGE } }), Hook);
}

/** POST /projects/:id/hooks (201), or PUT /projects/:id/hooks/:hook_id; like the others of hooks it needs the Maintainer role. */
export async function saveHook(access: Access, id: string, hookId: number | undefined, body: object): Promise<GitlabHook> {
  const path = `${at(id)}/hooks`;
  return record(await access.request<GitlabHook>(hookId === undefined ? { method: 'POST', path, body } : { method: 'PUT', path: `${path}/${hookId}`, body }), Hook);
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

function optional<T>(reply: Reply<T>, shape: z.ZodType): T | undefined {
  return reply.status === 404 ? undefined : record(reply, shape);
}

function list<T>(reply: Reply<readonly T[]>, shape: z.ZodType): readonly T[] {
  return record(reply, z.array(shape));
}

function record<T>({ body }: Reply<T>, shape: z.ZodType): T {
  return shape.safeParse(body).success ? body : unusable();
}

/** What is not there, or not for this account: GitLab does not tell these apart. */
export function notThere(what: 'project' | 'issue'): UpstreamError {
  return new UpstreamError('gitlab', 404, { message: `GitLab does not have this ${what}, or this account may not see it.` });
}

function unusable(): never {
  throw new UpstreamError('gitlab', 502, { message: 'GitLab answered something that we do not understand. Try again in a moment.' });
}
