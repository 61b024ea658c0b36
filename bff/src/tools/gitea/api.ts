import { z } from 'zod';
import type { Access, Call, Reply } from '../../ports.ts';
import { Address, answersOf, Flag, Name, Text, Time } from '../record.ts';

/** Every server describes these calls at /api/swagger; so does https://docs.gitea.com/api/ (the operation ids are named below). Forgejo and Codeberg answer alike. */

const User = z.object({ id: z.int(), login: Name, full_name: Name.nullish(), avatar_url: Text });

const Repository = z.object({
  /** `owner/name` */
  full_name: Name,
  html_url: Address,
  archived: Flag,
  has_issues: Flag,
  permissions: z.object({ admin: Flag, push: Flag, pull: Flag }).nullish(),
});

/** `color` is `rrggbb`. */
const Label = z.object({ id: z.int(), name: Name, color: Text });

/** `assignees` is null when there is none; `updated_at` has whole seconds. */
const Issue = z.object({
  number: z.int(),
  title: z.string(),
  body: Text,
  state: z.string(),
  labels: z.array(Label).nullish(),
  assignees: z.array(User).nullish(),
  /** whoever wrote it */
  user: User.nullish(),
  due_date: Text,
  updated_at: Time,
  html_url: Address,
  /** issues and pull requests share numbers; only the latter have this */
  pull_request: z.object({}).nullish(),
  repository: z.object({ full_name: Name.nullish() }).nullish(),
});

const Comment = z.object({ id: z.int(), body: Text, user: User.nullish() });

/** The secret is never shown. */
const Hook = z.object({ id: z.int(), active: Flag, events: z.array(z.string()).nullish(), config: z.object({ url: Text }).nullish() });

/** What Gitea answers, as far as we read it. */
export type GiteaUser = z.infer<typeof User>;
export type GiteaRepository = z.infer<typeof Repository>;
export type GiteaLabel = z.infer<typeof Label>;
export type GiteaIssue = z.infer<typeof Issue>;
export type GiteaComment = z.infer<typeof Comment>;
export type GiteaHook = z.infer<typeof Hook>;

/** What an issue can be given; assignees are user names, the whole set. */
export interface IssueBody {
  readonly title?: string;
  readonly body?: string;
  readonly state?: 'open' | 'closed';
  readonly assignees?: readonly string[];
}

const { record, optional, unusable, notThere } = answersOf('gitea', 'Gitea');
export { notThere };

type Query = Call['query'];

/** Largest page of Gitea's lists, unless its configuration says otherwise. */
export const PAGE = 50;

/** userGetCurrent */
export async function currentUser(access: Access): Promise<GiteaUser> {
  return record(await access.request({ path: '/user' }), User);
}

/** userCurrentListRepos: where the account belongs; or repoSearch, which finds every public one too, by name or `owner/name`. */
export async function repositories(access: Access, q: string): Promise<readonly GiteaRepository[]> {
  if (q === '') return record(await access.request({ path: '/user/repos', query: { limit: PAGE } }), Repository.array());
  return record(await access.request({ path: '/repos/search', query: { q, limit: PAGE, sort: 'updated', order: 'desc' } }), z.object({ data: Repository.array() })).data;
}

/** repoGet; `undefined` for 404. */
export async function repository(access: Access, place: string): Promise<GiteaRepository | undefined> {
  return PLACE.test(place) ? optional(await request(access, { path: at(place), accept: [404] }), Repository) : undefined;
}

/** issueListLabels and, where the owner is an organization whose labels the account may see, orgListLabels: at most 300 of each. */
export async function labels(access: Access, place: string): Promise<readonly GiteaLabel[]> {
  const owner = place.split('/')[0] ?? '';
  const [own, shared] = await Promise.all([pages(access, `${at(place)}/labels`, Label), pages(access, `/orgs/${encodeURIComponent(owner)}/labels`, Label, [403, 404])]);
  return [...own, ...shared];
}

/** repoGetAssignees: everybody who can be assigned. */
export async function assignees(access: Access, place: string): Promise<readonly GiteaUser[]> {
  return record(await request(access, { path: `${at(place)}/assignees` }), User.array());
}

/**
 * issueListIssues for one repository, else issueSearchIssues; no pull requests; newest first, there is no other order. `total` counts all pages.
 * Words are looked up in an index that trails the writes by some seconds; without words, and for a number, the database itself answers.
 */
export async function issues(access: Access, place: string | undefined, query: Query): Promise<{ issues: readonly GiteaIssue[]; total: number }> {
  const path = place === undefined ? '/repos/issues/search' : `${at(place)}/issues`;
  const reply = await request(access, { path, query: { type: 'issues', ...query } });
  return { issues: record(reply, Issue.array()), total: Number(reply.headers['x-total-count'] ?? 0) };
}

/** issueGetIssue; `undefined` for 404 and for a pull request. */
export async function issue(access: Access, place: string, id: string): Promise<GiteaIssue | undefined> {
  if (!PLACE.test(place)) return undefined;
  const found = optional(await request(access, { path: one(place, id), accept: [404] }), Issue);
  return found?.pull_request ? undefined : found;
}

/** issueCreateIssue (201). Without the right to write, Gitea leaves labels and assignees out in silence. */
export async function createIssue(access: Access, place: string, body: IssueBody & { title: string; labels?: readonly number[] }): Promise<GiteaIssue> {
  return record(await request(access, { method: 'POST', path: `${at(place)}/issues`, body }), Issue);
}

/** issueEditIssue: answers 201, knows no labels, ignores an empty title in silence and fails with 500 at an unknown assignee. */
export async function updateIssue(access: Access, place: string, id: string, body: IssueBody): Promise<GiteaIssue> {
  return record(await request(access, { method: 'PATCH', path: one(place, id), body }), Issue);
}

/** issueAddLabel: all labels that the issue then has; ids that are not there are ignored in silence. */
export async function addLabels(access: Access, place: string, id: string, labels: readonly number[]): Promise<readonly GiteaLabel[]> {
  return record(await request(access, { method: 'POST', path: `${one(place, id)}/labels`, body: { labels } }), Label.array());
}

/** issueRemoveLabel (204); 422 for a label that was deleted meanwhile, which is then off the issue as well. */
export async function removeLabel(access: Access, place: string, id: string, label: number): Promise<void> {
  await request(access, { method: 'DELETE', path: `${one(place, id)}/labels/${label}`, accept: [422] });
}

/** issueCreateComment (201). */
export async function addComment(access: Access, place: string, id: string, body: string): Promise<GiteaComment> {
  return record(await request(access, { method: 'POST', path: `${one(place, id)}/comments`, body: { body } }), Comment);
}

/** issueGetComments: all of them, oldest first. */
export async function comments(access: Access, place: string, id: string): Promise<readonly GiteaComment[]> {
  return record(await request(access, { path: `${one(place, id)}/comments` }), Comment.array());
}

/** issueDeleteComment (204); one that is gone already is fine. */
export async function deleteComment(access: Access, place: string, comment: string): Promise<void> {
  await request(access, { method: 'DELETE', path: `${one(place, 'comments')}/${encodeURIComponent(comment)}`, accept: [404] });
}

/** repoListHooks; needs the right to administer the repository, as do the next two. */
export function hooks(access: Access, place: string): Promise<readonly GiteaHook[]> {
  return pages(access, `${at(place)}/hooks`, Hook);
}

/** repoCreateHook (201), or repoEditHook, which cannot change the secret and, where `events` is missing, subscribes to pushes only. */
export async function saveHook(access: Access, place: string, id: number | undefined, body: object): Promise<GiteaHook> {
  const path = `${at(place)}/hooks`;
  return record(await request(access, id === undefined ? { method: 'POST', path, body } : { method: 'PATCH', path: `${path}/${id}`, body }), Hook);
}

/** repoDeleteHook (204); one that is gone already is fine. */
export async function deleteHook(access: Access, place: string, id: string): Promise<void> {
  await request(access, { method: 'DELETE', path: `${at(place)}/hooks/${encodeURIComponent(id)}`, accept: [404] });
}

/** A repository that was renamed or handed over is answered 301 with its new path, whatever the method: asked again there, once, so that refs made under the old name keep working. */
async function request(access: Access, call: Call): Promise<Reply<unknown>> {
  const reply = await access.request({ ...call, accept: [301, ...(call.accept ?? [])] });
  if (reply.status !== 301) return reply;
  const path = /\/api\/v1(\/repos\/[^?]+)/.exec(reply.headers['location'] ?? '')?.[1];
  if (!path) throw unusable();
  return access.request({ ...call, path });
}

async function pages<T>(access: Access, path: string, shape: z.ZodType<T>, accept: readonly number[] = []): Promise<readonly T[]> {
  const found: T[] = [];
  for (let page = 1; page <= 6; page += 1) {
    const reply = await request(access, { path, query: { limit: PAGE, page }, accept });
    if (reply.status >= 400) return [];
    const some = record(reply, shape.array());
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

function one(place: string, id: string): string {
  return `${at(place)}/issues/${encodeURIComponent(id)}`;
}
