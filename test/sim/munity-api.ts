import { isRecord, Refusal, type Answer, type Context, type Handler, type Routes } from './kit.ts';
import { rowsOf } from './munity-rows.ts';
import type { ToolDesk, ToolItemParams } from './munity-tool-types.ts';
import type { MunityIntegration, MunityKind, MunityOptions, MunityRow, MunityState } from './munity-types.ts';

const KINDS: readonly MunityKind[] = ['pm-projects', 'pm-issues', 'pm-users', 'pm-issue-statuses'];
const PRIORITIES = ['Highest', 'High', 'Medium', 'Low', 'Lowest'] as const;

/**
 * The unified API. Documented are the scheme of the header and of the addresses, and `pm-projects` (https://doc.munityapps.com/howtousebackend/); the other resources are the tables of Munity's SQL, whose names here are inferred.
 * Lists, pages and errors are those of the Django REST framework, as in the author's own framework (github.com/munityapps/munity, api/apps/base/pagination.py): filters that a view does not know it leaves out, and this one knows none.
 * An address without its last slash is redirected for GET, as Django does, and not there for anything that has a body.
 */
export function apiRoutes(parts: {
  state: MunityState;
  apiKey: string;
  now: () => number;
  url: () => string;
  toolsUrl: () => string;
  pageSize: number;
  writes: NonNullable<MunityOptions['writes']>;
  customerIds: NonNullable<MunityOptions['customerIds']>;
  desk: (site: string) => ToolDesk;
  changed: () => void;
}): Routes {
  const known = ({ headers }: Context): void => {
    if (headers.authorization !== `Api-Key ${parts.apiKey}`) throw new Refusal(401, { detail: 'Authentication credentials were not provided.' }, { 'WWW-Authenticate': 'Api-Key' });
  };
  const guard = (handler: (context: Context, own: readonly MunityIntegration[]) => Answer): Handler => (context) => {
    known(context);
    const given = context.params['customer'] ?? '';
    const customer = parts.state.customers.find(({ uuid, id }) => (parts.customerIds !== 'external' && uuid === given) || (parts.customerIds !== 'uuid' && id === given));
    if (!customer) throw notFound();
    return handler(context, parts.state.integrations.filter((one) => one.customer === customer.id));
  };
  const rowOf = (kind: MunityKind, context: Context, own: readonly MunityIntegration[]): { row: MunityRow; integration: MunityIntegration } => {
    const id = context.params['id'] ?? '';
    const integration = own.find((one) => one.rows.get(id)?.kind === kind);
    const row = integration?.rows.get(id);
    if (!integration || !row) throw notFound();
    return { row, integration };
  };

  const write = (context: Context, own: readonly MunityIntegration[]): Answer => {
    if (parts.writes === 'off') throw new Refusal(405, { detail: 'Method "PATCH" not allowed.' }, { Allow: 'GET, HEAD, OPTIONS' });
    const { row, integration } = rowOf('pm-issues', context, own);
    if (integration.broken) throw new Refusal(400, { detail: 'The credentials of this integration cannot be refreshed.' });
    const desk = parts.desk(integration.site);
    const item = desk.site.items.get(row.columns.external_id);
    if (!item) throw notFound();
    desk.update(item.key, paramsOf(context.body, integration, desk));
    if (parts.writes === 'at-once') {
      const fresh = rowsOf(integration, desk.site, { toolsUrl: parts.toolsUrl(), at: new Date(parts.now()).toISOString() }).get(row.columns.id);
      if (fresh) integration.rows = new Map(integration.rows).set(row.columns.id, fresh);
      parts.changed();
    }
    return { status: 200, body: rowOf('pm-issues', context, own).row.columns };
  };

  const routes: Record<string, Handler> = {};
  for (const kind of KINDS) {
    const base = `/v1/customers/:customer/${kind}`;
    routes[`GET ${base}/`] = guard((context, own) => listed(context, parts, own.flatMap((one) => [...one.rows.values()].filter((row) => row.kind === kind))));
    routes[`GET ${base}/:id/`] = guard((context, own) => ({ status: 200, body: rowOf(kind, context, own).row.columns }));
    routes[`GET ${base}`] = withSlash;
    routes[`GET ${base}/:id`] = withSlash;
  }
  // inferred: the console lists customers with both ids
  routes['GET /v1/customers/'] = (context) => {
    known(context);
    return paged(context, parts, parts.state.customers.map(({ uuid, id }) => ({ id: uuid, external_id: id, name: null })));
  };
  // no document says that project management can be written (webhooks.md and the dbt models only read): a switch, and then as the framework would have it
  routes['PATCH /v1/customers/:customer/pm-issues/:id/'] = guard(write);
  return routes;
}

/** https://docs.djangoproject.com/en/stable/ref/settings/#append-slash */
function withSlash({ path, query }: Context): Answer {
  return { status: 301, headers: { Location: `${path}/${query.size > 0 ? `?${query.toString()}` : ''}` } };
}

/** https://www.django-rest-framework.org/api-guide/pagination/#pagenumberpagination, with `page_size` as in the author's framework; the most that it gives is as little as a page without it */
function listed(context: Context, parts: { url: () => string; pageSize: number }, rows: readonly MunityRow[]): Answer {
  return paged(context, parts, rows.map(({ columns }) => columns));
}

function paged(context: Context, { url, pageSize }: { url: () => string; pageSize: number }, rows: readonly object[]): Answer {
  const wanted = Number(context.query.get('page_size') ?? pageSize);
  const size = Number.isInteger(wanted) && wanted > 0 ? Math.min(wanted, pageSize) : pageSize;
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const given = context.query.get('page') ?? '1';
  const page = given === 'last' ? pages : Number(given);
  if (!Number.isInteger(page) || page < 1 || page > pages) throw new Refusal(404, { detail: 'Invalid page.' });
  const at = (number: number): string | null => {
    if (number < 1 || number > pages) return null;
    const query = new URLSearchParams(context.query);
    if (number === 1) query.delete('page');
    else query.set('page', String(number));
    return `${url()}${context.path}${query.size > 0 ? `?${query.toString()}` : ''}`;
  };
  return { status: 200, body: { count: rows.length, next: at(page + 1), previous: at(page - 1), results: rows.slice((page - 1) * size, page * size) } };
}

function notFound(): Refusal {
  return new Refusal(404, { detail: 'Not found.' });
}

/** Fields by the columns' names; unknown ones are left out, as serializers do. */
function paramsOf(body: unknown, integration: MunityIntegration, { site }: ToolDesk): ToolItemParams {
  if (!isRecord(body)) throw new Refusal(400, { non_field_errors: ['Invalid data. Expected a dictionary.'] });
  const invalid = (name: string, why: string): Refusal => new Refusal(400, { [name]: [why] });
  const text = (name: string): string | null | undefined => {
    const value = body[name];
    if (value !== undefined && value !== null && typeof value !== 'string') throw invalid(name, 'Not a valid string.');
    return value;
  };
  const related = (name: string): string | null | undefined => {
    const id = text(name);
    const row = typeof id === 'string' ? integration.rows.get(id) : undefined;
    if (typeof id === 'string' && !row) throw invalid(name, `Invalid pk "${id}" - object does not exist.`);
    return row?.columns.external_id ?? (id === null ? null : undefined);
  };
  const [name, description, due, given] = [text('name'), text('description'), text('due_date'), text('priority')];
  if (name === null || name?.trim() === '') throw invalid('name', 'This field may not be blank.');
  if (typeof due === 'string' && !/^\d{4}-\d{2}-\d{2}$/.test(due)) throw invalid('due_date', 'Date has wrong format. Use one of these formats instead: YYYY-MM-DD.');
  const priority = given === null ? null : PRIORITIES.find((one) => one === given);
  if (typeof given === 'string' && priority === undefined) throw invalid('priority', `"${given}" is not a valid choice.`);
  const status = site.statuses.find(({ id }) => id === related('status_id'))?.name;
  const assignee = related('assignee_id');
  const user = site.users.find(({ id }) => id === assignee)?.username;
  return {
    ...(name === undefined ? {} : { title: name }),
    ...(description === undefined ? {} : { description: description ?? '' }),
    ...(due === undefined ? {} : { due }),
    ...(priority === undefined ? {} : { priority }),
    ...(status === undefined ? {} : { status }),
    ...(assignee === null ? { assignee: null } : user === undefined ? {} : { assignee: user }),
  };
}
