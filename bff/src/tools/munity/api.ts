import { z } from 'zod';
import type { MunityConfig } from '../../munity-config.ts';
import { parseJson } from '../../http.ts';
import type { Access } from '../../ports.ts';
import { answersOf, Flag, Name, Text, whole } from '../record.ts';

/**
 * Munity's unified API, `/v1/customers/<customer>/<resource>/`. Only its address scheme and `pm-projects` are documented (doc.munityapps.com, "How to use on backend");
 * the fields are the columns of its published transformations (github.com/munityapps/dbt_linear_uapi, dbt_monday_uapi), where everything but the name may be null.
 * Pages follow Django REST framework: `{ count, next, previous, results }`; a bare array is taken as well. 429 and 5xx are tried again later.
 */
export const Id = z.union([z.string(), z.number()]).transform((id) => whole(String(id)));

const Project = z.object({ id: Id, source: Text, integration_id: Id.nullish(), name: Name, url: Text });
const Status = z.object({ id: Id, name: Name, meta_status: Text, color: Text });
const User = z.object({ id: Id, name: Text, email: Text, avatar: Text });
const Issue = z.object({
  id: Id,
  external_id: Id,
  source: Text,
  integration_id: Id.nullish(),
  name: Name,
  description: Text,
  url: Text,
  due_date: Text,
  complete: Flag,
  tags: z.unknown(),
  assignee_id: Id.nullish(),
  creator_id: Id.nullish(),
  project_id: Id.nullish(),
  status_id: Id.nullish(),
  sync_timestamp: Text,
  last_raw_data: z.unknown(),
});
const Customer = z.object({ id: Id, external_id: Id.nullish(), customer_id: Id.nullish(), name: Text });

export type MunityProject = z.infer<typeof Project>;
export type MunityStatus = z.infer<typeof Status>;
export type MunityUser = z.infer<typeof User>;
export type MunityIssue = z.infer<typeof Issue>;

export const { notThere, record, optional, unusable } = answersOf('munity', 'Munity');

/** So many pages are followed at most: a server that leads in circles ends there. */
const MOST_PAGES = 1000;
export const PAGE = 100;

/** Whose resources are asked for, by whichever of the customer's ids Munity wants in the address, and what the resources are called. */
export interface Place {
  readonly access: Access;
  readonly customer: string;
  readonly paths: MunityConfig['paths'];
}

/** One page of a resource, and where the next one is. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly next?: string | undefined;
}

/** Page after page; what it ends with says whether that was all, or only as much as is followed. */
export type Pages<T> = AsyncGenerator<readonly T[], boolean, undefined>;

type Query = Readonly<Record<string, string | number | undefined>>;

/** A list of such rows, in any of the three shapes; made once, since making it costs more than reading a page. */
function listOf<T>(row: z.ZodType<T>) {
  const rows = z.array(row);
  const next = z.string().nullish();
  return z.union([
    z.object({ results: rows, next }),
    z.object({ data: rows, next }).transform(({ data, ...page }) => ({ results: data, ...page })),
    rows.transform((results) => ({ results, next: null })),
  ]);
}
type List<T> = ReturnType<typeof listOf<T>>;

const [Projects, Statuses, Users, Issues, Customers] = [listOf(Project), listOf(Status), listOf(User), listOf(Issue), listOf(Customer)];

async function page<T>(access: Access, path: string, list: List<T>, query: Query = {}): Promise<Page<T>> {
  const { results, next } = record(await access.request({ path, query }), list);
  return { rows: results, next: nextPath(next, access, path) };
}

/** `next` is a whole address, of which only the path and query are followed, and only to more of the same: a server behind a proxy does not know its own name, and the key goes to the configured one alone. */
function nextPath(next: string | null | undefined, access: Access, path: string): string | undefined {
  if (!next) return undefined;
  const url = URL.canParse(next, access.base) ? new URL(next, access.base) : undefined;
  const root = new URL(access.base).pathname;
  const [resource = ''] = path.split('?');
  if (url?.pathname !== `${root}${resource}`) throw unusable();
  return url.pathname.slice(root.length) + url.search;
}

async function* pages<T>(access: Access, path: string, list: List<T>): Pages<T> {
  let at = await page(access, path, list, { page_size: PAGE });
  for (let n = 1; ; n += 1) {
    yield at.rows;
    if (!at.next) return true;
    if (n >= MOST_PAGES) return false;
    at = await page(access, at.next, list);
  }
}

async function all<T>(access: Access, path: string, list: List<T>): Promise<readonly T[]> {
  const rows: T[] = [];
  for await (const some of pages(access, path, list)) rows.push(...some);
  return rows;
}

const pathOf = ({ customer, paths }: Place, resource: keyof Place['paths']): string => `/${encodeURIComponent(customer)}/${paths[resource]}/`;

/** All projects of the customer, of every connector. */
export const projects = (place: Place): Promise<readonly MunityProject[]> => all(place.access, pathOf(place, 'projects'), Projects);
export const statuses = (place: Place): Promise<readonly MunityStatus[]> => all(place.access, pathOf(place, 'statuses'), Statuses);
export const users = (place: Place): Promise<readonly MunityUser[]> => all(place.access, pathOf(place, 'users'), Users);

/** All issues of the customer, of every connector. */
export const issues = (place: Place): Pages<MunityIssue> => pages(place.access, pathOf(place, 'issues'), Issues);

/** One page of the issues: the first, or the one that a page before it led to. A filter that the server does not know it leaves out, so callers look at every row. */
export function issuePage(place: Place, { next, project }: { next?: string | undefined; project?: string | undefined }): Promise<Page<MunityIssue>> {
  const path = pathOf(place, 'issues');
  if (next === undefined) return page(place.access, path, Issues, { page_size: PAGE, project_id: project });
  // It went through somebody's browser.
  if (!next.startsWith(`${path}?`)) throw notThere('page');
  return page(place.access, next, Issues);
}

/** One issue by Munity's own id of it; `undefined` where there is none, or no such address. */
export async function issue(place: Place, id: string): Promise<MunityIssue | undefined> {
  return optional(await place.access.request({ path: `${pathOf(place, 'issues')}${encodeURIComponent(id)}/`, accept: [404] }), Issue);
}

/** Munity's own id (a UUID) of the customer whom we call this. Its address is inferred from the others, and so is what it calls our id. */
export async function customerId(access: Access, ours: string): Promise<string | undefined> {
  for await (const some of pages(access, '/', Customers)) {
    const found = some.find(({ external_id, customer_id, name }) => [external_id, customer_id, name].includes(ours));
    if (found) return found.id;
  }
  return undefined;
}

/** The data of an issue as a webhook may bring it along. */
export function issueIn(data: unknown): Pick<MunityIssue, 'external_id' | 'source'> | undefined {
  const read = z.object({ external_id: Id, source: Id.nullish() }).safeParse(typeof data === 'string' ? parseJson(data) : data);
  return read.success ? read.data : undefined;
}
