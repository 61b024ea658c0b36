import { z } from 'zod';
import { UpstreamError } from '../../errors.ts';
import type { Access, Call, Reply } from '../../ports.ts';

/** Every server describes these calls at /api/swagger; so does https://docs.gitea.com/api/ (the operation ids are named below). Forgejo and Codeberg answer alike. */

export interface GiteaUser {
  readonly id: number;
  readonly login: string;
  readonly full_name?: string | null;
  readonly avatar_url?: string | null;
}

export interface GiteaRepository {
  readonly id: number;
  /** `owner/name` */
  readonly full_name: string;
  readonly html_url: string;
  readonly archived?: boolean;
  readonly has_issues?: boolean;
  readonly permissions?: { readonly admin?: boolean; readonly push?: boolean; readonly pull?: boolean } | null;
}

export interface GiteaLabel {
  readonly id: number;
  readonly name: string;
  /** `rrggbb` */
  readonly color?: string | null;
}

/** `assignees` is null when there is none; `updated_at` has whole seconds. */
export interface GiteaIssue {
  readonly id: number;
  readonly number: number;
  readonly title: string;
  readonly body?: string | null;
  readonly state: string;
  readonly labels?: readonly GiteaLabel[] | null;
  readonly assignees?: readonly GiteaUser[] | null;
  /** whoever wrote it */
  readonly user?: GiteaUser | null;
  readonly due_date?: string | null;
  readonly updated_at: string;
  readonly html_url: string;
  /** issues and pull requests share numbers; only the latter have this */
  readonly pull_request?: object | null;
  readonly repository?: { readonly full_name?: string } | null;
}

export interface GiteaComment {
  readonly id: number;
  readonly body: string;
  readonly user?: GiteaUser | null;
}

/** The secret is never shown. */
export interface GiteaHook {
  readonly id: number;
  readonly active: boolean;
  readonly events: readonly string[];
  readonly config: { readonly url?: string };
}

/** What an issue can be given; assignees are user names, the whole set. */
export interface IssueBody {
  readonly title?: string;
  readonly body?: string;
  readonly state?: 'open' | 'closed';
  readonly assignees?: readonly string[];
}

/** What we read of each record: whoever answers where a Gitea should be, nothing else gets past here. */
const Name = z.string().max(1000);
const Text = z.string().nullish();
const Address = z.string().regex(/^https?:\/\//i);
const User = z.object({ id: z.int(), login: Name, full_name: Name.nullish(), avatar_url: Text });
const Repository = z.object({ id: z.int(), full_name: Name, html_url: Address });
const Label = z.object({ id: z.int(), name: Name, color: Text });
const Issue = z.object({
  id: z.int(),
  number: z.int(),
  title: z.string(),
  body: Text,
  state: z.string(),
  labels: z.array(Label).nullish(),
  assignees: z.array(User).nullish(),
  user: User.nullish(),
  due_date: Text,
  updated_at: z.string(),
  html_url: Address,
  repository: z.object({ full_name: Name.optional() }).nullish(),
});
const Comment = z.object({ id: z.int(), body: z.string() });
const Hook = z.object({ id: z.int(), active: z.boolean(), events: z.array(z.string()), config: z.object({ url: z.string().optional() }) });

type Query = Call['query'];

/** Largest page of Gitea's lists, unless its configuration says otherwise. */
export const PAGE = 50;

/** userGetCurrent */
export async function currentUser(access: Access): Promise<GiteaUser> {
  return record(await access.request<GiteaUser>({ path: '/user' }), User);
}

/** userCurrentListRepos: where the account belongs; or repoSearch, which finds every public one too, by name or `owner/name`. */
export async function repositories(access: Access, q: string): Promise<readonly GiteaRepository[]> {
  if (q === '') return list(await access.request<GiteaRepository[]>({ path: '/user/repos', query: { limit: PAGE } }), Repository);
  const reply = await access.request<{ data?: unknown } | undefined>({ path: '/repos/search', query: { q, limit: PAGE, sort: 'updated', order: 'desc' } });
  return list({ ...reply, body: reply.body?.data as readonly GiteaRepository[] }, Repository);
}

/** repoGet; `undefined` for 404. */
export async function repository(access: Access, place: string): Promise<GiteaRepository | undefined> {
  return PLACE.test(place) ? optional(await request<GiteaRepository>(access, { path: at(place), accept: [404] }), Repository) : undefined;
}

/** issueListLabels and, where the owner is an organization whose labels the account may see, orgListLabels: at most 300 of each. */
export async function labels(access: Access, place: string): Promise<readonly GiteaLabel[]> {
  const owner = place.split('/')[0] ?? '';
  const [own, shared] = await Promise.all([pages<GiteaLabel>(access, `${at(place)}/labels`, Label), pages<GiteaLabel>(access, `/orgs/${encodeURIComponent(owner)}/labels`, Label, [403, 404])]);
  return [...own, ...shared];
}

/** repoGetAssignees: everybody who can be assigned. */
export async function assignees(access: Access, place: string): Promise<readonly GiteaUser[]> {
  return list(await request<GiteaUser[]>(access, { path: `${at(place)}/assignees` }), User);
}

/**
 * issueListIssues for one repository, else issueSearchIssues; no pull requests; newest first, there is no other order. `total` counts all pages.
 * Words are looked up in an index that trails the writes by some seconds; without words, and for a number, the database itself answers.
 */
export async function issues(access: Access, place: string | undefined, query: Query): Promise<{ issues: readonly GiteaIssue[]; total: number }> {
  const path = place === undefined ? '/repos/issues/search' : `${at(place)}/issues`;
  const reply = await request<GiteaIssue[]>(access, { path, query: { type: 'issues', ...query } });
  return { issues: list(reply, Issue), total: Number(reply.headers['x-total-count'] ?? 0) };
}

/** issueGetIssue; `undefined` for 404 and for a pull request. */
export async function issue(access: Access, place: string, id: string): Promise<GiteaIssue | undefined> {
  if (!PLACE.test(place)) return undefined;
  const found = optional(await request<GiteaIssue>(access, { path: one(place, id), accept: [404] }), Issue);
  return found?.pull_request ? undefined : found;
}

/** issueCreateIssue (201). Without the right to write, Gitea leaves labels and assignees out in silence. */
export async function createIssue(access: Access, place: string, body: IssueBody & { title: string; labels?: readonly number[] }): Promise<GiteaIssue> {
  return record(await request<GiteaIssue>(access, { method: 'POST', path: `${at(place)}/issues`, body }), Issue);
}

/** issueEditIssue: answers 201, knows no labels, ignores an empty title in silence and fails with 500 at an unknown assignee. */
export async function updateIssue(access: Access, place: string, id: string, body: IssueBody): Promise<GiteaIssue> {
  return record(await request<GiteaIssue>(access, { method: 'PATCH', path: one(place, id), body }), Issue);
}

/** issueAddLabel: ids that are not there are ignored in silence. */
export async function addLabels(access: Access, place: string, id: string, labels: readonly number[]): Promise<void> {
  await request(access, { method: 'POST', path: `${one(place, id)}/labels`, body: { labels } });
}

/** issueRemoveLabel (204); 422 for a label that was deleted meanwhile, which is then off the issue as well. */
export async function removeLabel(access: Access, place: string, id: string, label: number): Promise<void> {
  await request(access, { method: 'DELETE', path: `${one(place, id)}/labels/${label}`, accept: [422] });
}

/** issueCreateComment (201). */
export async function addComment(access: Access, place: string, id: string, body: string): Promise<GiteaComment> {
  return record(await request<GiteaComment>(access, { method: 'POST', path: `${one(place, id)}/comments`, body: { body } }), Comment);
}

/** issueGetComments: all of them, oldest first. */
export async function comments(access: Access, place: string, id: string): Promise<readonly GiteaComment[]> {
  return list(await request<GiteaComment[]>(access, { path: `${one(place, id)}/comments` }), Comment);
}

/** issueDeleteComment (204); one that is gone already is fine. */
export async function deleteComment(access: Access, place: string, comment: string): Promise<void> {
  await request(access, { method: 'DELETE', path: `${one(place, 'comments')}/${encodeURIComponent(comment)}`, accept: [404] });
}

/** repoListHooks; needs the right to administer the repository, as do the next two. */
export function hooks(access: Access, place: string): Promise<readonly GiteaHook[]> {
  return pages<GiteaHook>(access, `${at(place)}/hooks`, Hook);
}

/** repoCreateHook (201), or repoEditHook, which cannot change the secret and, where `events` is missing, subscribes to pushes only. */
export async function saveHook(access: Access, place: string, id: number | undefined, body: object): Promise<GiteaHook> {
  const path = `${at(place)}/hooks`;
  return record(await request<GiteaHook>(access, id === undefined ? { method: 'POST', path, body } : { method: 'PATCH', path: `${path}/${id}`, body }), Hook);
}

/** repoDeleteHook (204); one that is gone already is fine. */
export async function deleteHook(access: Access, place: string, id: string): Promise<void> {
  await request(access, { method: 'DELETE', path: `${at(place)}/hooks/${encodeURIComponent(id)}`, accept: [404] });
}

/** A repository that was renamed or handed over is answered 301 with its new path, whatever the method: asked again there, once, so that refs made under the old name keep working. */
async function request<T>(access: Access, call: Call): Promise<Reply<T>> {
  const reply = await access.request<T>({ ...call, accept: [301, ...(call.accept ?? [])] });
  if (reply.status !== 301) return reply;
  const path = /\/api\/v1(\/repos\/[^?]+)/.exec(reply.headers['location'] ?? '')?.[1];
  return path ? access.request<T>({ ...call, path }) : unusable();
}

async function pages<T>(access: Access, path: string, shape: z.ZodType, accept: readonly number[] = []): Promise<readonly T[]> {
  const found: T[] = [];
  for (let page = 1; page <= 6; page += 1) {
    const reply = await request<T[]>(access, { path, query: { limit: PAGE, page }, accept });
    if (reply.status >= 400) return [];
    const some = list(reply, shape);
    found.push(...some);
    // Some lists know no pages and answer everything at once, more than was asked for.
    if (some.length !== PAGE) break;
  }
  return found;
}

/** `owner/name`; anything else (`..`) could lead out of /repos. */
const PLACE = /^(?!\.{1,2}\/)[\w.-]+\/(?!\.{1,2}$)[\w.-]+$/;

function at(place: string): string {
  if (!PLACE.test(place)) throw notThere('repository');
  return `/repos/${place}`;
}

/** What is not there, or not for this account: Gitea does not tell these apart. */
export function notThere(what: 'repository' | 'issue'): UpstreamError {
  return new UpstreamError('gitea', 404, { message: `Gitea does not have this ${what}, or this account may not see it.` });
}

function one(place: string, id: string): string {
  return `${at(place)}/issues/${encodeURIComponent(id)}`;
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

function unusable(): never {
  throw new UpstreamError('gitea', 502, { message: 'Gitea answered something that we do not understand. Try again in a moment.' });
}
