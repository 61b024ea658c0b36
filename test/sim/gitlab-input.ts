import { isRecord, Refusal, type Context } from './kit.ts';
import type { GitlabHook, IssueParams } from './gitlab-types.ts';

/** GitLab's answer to a parameter of the wrong kind. */
export const invalid = (name: string, what = 'is invalid'): Refusal => new Refusal(400, { error: `${name} ${what}` });

/** A page of a list with GitLab's headers. https://docs.gitlab.com/api/rest/#offset-based-pagination */
export function paged<T>(context: Context, url: string, all: readonly T[]): { page: readonly T[]; headers: Record<string, string> } {
  const number = (name: string, fallback: number): number => {
    const given = context.query.get(name);
    if (given === null) return fallback;
    if (!/^\d+$/.test(given)) throw invalid(name);
    return Math.max(1, Number(given));
  };
  const perPage = Math.min(100, number('per_page', 20));
  const page = number('page', 1);
  const pages = Math.max(1, Math.ceil(all.length / perPage));
  const link = (to: number, rel: string): string => {
    const query = new URLSearchParams(context.query);
    query.set('page', String(to));
    query.set('per_page', String(perPage));
    return `<${url}${context.path}?${query.toString()}>; rel="${rel}"`;
  };
  const links = [...(page > 1 ? [link(page - 1, 'prev')] : []), ...(page < pages ? [link(page + 1, 'next')] : []), link(1, 'first'), link(pages, 'last')];
  return {
    page: all.slice((page - 1) * perPage, page * perPage),
    headers: {
      'X-Total': String(all.length),
      'X-Total-Pages': String(pages),
      'X-Per-Page': String(perPage),
      'X-Page': String(page),
      'X-Next-Page': page < pages ? String(page + 1) : '',
      'X-Prev-Page': page > 1 ? String(page - 1) : '',
      Link: links.join(', '),
    },
  };
}

/** One of the values that a query parameter may have. */
export function oneOf<const T extends string>(context: Context, name: string, values: readonly T[], fallback: T): T {
  const given = context.query.get(name);
  if (given === null) return fallback;
  const known = values.find((value) => value === given);
  if (!known) throw invalid(name, 'does not have a valid value');
  return known;
}

/** A boolean query parameter; absent: `undefined`. */
export function flag(context: Context, name: string): boolean | undefined {
  const given = context.query.get(name);
  if (given === null) return undefined;
  if (given !== 'true' && given !== 'false') throw invalid(name);
  return given === 'true';
}

/** A time in a query parameter, as epoch milliseconds. */
export function time(context: Context, name: string): number | undefined {
  const given = context.query.get(name);
  if (given === null) return undefined;
  const at = Date.parse(given);
  if (Number.isNaN(at)) throw invalid(name);
  return at;
}

/** A whole number of the path. */
export function numberOf(context: Context, name: string): number {
  const given = context.params[name] ?? '';
  if (!/^\d+$/.test(given)) throw invalid(name);
  return Number(given);
}

/** The body as a record. */
export function fieldsOf(context: Context): Record<string, unknown> {
  const body = context.body ?? {};
  if (!isRecord(body)) throw invalid('body');
  return body;
}

/** A text of the body. */
export function text(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw invalid(name);
  return value;
}

function list(body: Record<string, unknown>, name: string): string[] | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  const parts: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [undefined];
  return parts.map((part) => {
    if (typeof part !== 'string') throw invalid(name);
    return part;
  });
}

const ISSUE_FIELDS = new Set(['title', 'description', 'labels', 'add_labels', 'remove_labels', 'assignee_ids', 'assignee_id', 'state_event', 'confidential', 'due_date']);

/** What an issue is to become, out of a JSON or form body. Unknown fields are ignored, as GitLab does. */
export function issueParams(context: Context): IssueParams {
  const body = fieldsOf(context);
  const params: IssueParams = {};
  const title = text(body, 'title');
  if (title !== undefined) params.title = title;
  if (body['description'] === null) params.description = null;
  const description = body['description'] === null ? undefined : text(body, 'description');
  if (description !== undefined) params.description = description;
  for (const name of ['labels', 'add_labels', 'remove_labels'] as const) {
    const names = list(body, name);
    if (names) params[name] = names;
  }
  const ids = body['assignee_ids'] ?? (body['assignee_id'] === undefined ? undefined : [body['assignee_id']]);
  if (ids !== undefined) {
    const numbers = (Array.isArray(ids) ? ids : [ids]).filter((id) => id !== '').map(Number);
    if (numbers.some((id) => !Number.isInteger(id))) throw invalid('assignee_ids');
    params.assignee_ids = numbers.filter((id) => id !== 0);
  }
  const event = text(body, 'state_event');
  if (event !== undefined) {
    if (event !== 'close' && event !== 'reopen') throw invalid('state_event', 'does not have a valid value');
    params.state_event = event;
  }
  if (body['confidential'] !== undefined) params.confidential = bool(body, 'confidential', false);
  if (body['due_date'] !== undefined) {
    const due = body['due_date'] === null ? '' : (text(body, 'due_date') ?? '');
    params.due_date = /^\d{4}-\d{2}-\d{2}$/.test(due) ? due : null;
  }
  return params;
}

/** Whether the body names at least one field of an issue. */
export function namesIssueField(context: Context): boolean {
  return Object.keys(fieldsOf(context)).some((name) => ISSUE_FIELDS.has(name));
}

function bool(body: Record<string, unknown>, name: string, fallback: boolean): boolean {
  const value = body[name];
  if (value === undefined) return fallback;
  if (value === true || value === 'true' || value === '1') return true;
  if (value === false || value === 'false' || value === '0') return false;
  throw invalid(name);
}

function headerList(value: unknown): GitlabHook['customHeaders'] {
  if (!Array.isArray(value) || value.length > 20) throw invalid('custom_headers');
  return value.map((one: unknown) => {
    if (!isRecord(one) || typeof one['key'] !== 'string' || typeof one['value'] !== 'string') throw invalid('custom_headers');
    return { key: one['key'], value: one['value'] };
  });
}

const FLAGS = ['issues_events', 'confidential_issues_events', 'note_events', 'confidential_note_events', 'push_events', 'enable_ssl_verification'] as const;

/** What a hook is to become. A new URL takes the token with it unless one is given: https://docs.gitlab.com/api/project_webhooks/ */
export function hookChanges(context: Context, hook: GitlabHook, signing: boolean): Partial<GitlabHook> {
  const body = fieldsOf(context);
  const url = text(body, 'url');
  if (url !== undefined && !/^https?:\/\/[^\s/]+/.test(url)) throw new Refusal(422, { error: 'Invalid url given' });
  const token = text(body, 'token');
  const signingToken = text(body, 'signing_token');
  const name = text(body, 'name');
  const description = text(body, 'description');
  return {
    ...(url !== undefined && url !== hook.url ? { url, token: null } : {}),
    ...(token === undefined ? {} : { token: token === '' ? null : token }),
    ...(signing && signingToken !== undefined ? { signingToken } : {}),
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(body['custom_headers'] === undefined ? {} : { customHeaders: headerList(body['custom_headers']) }),
    ...Object.fromEntries(FLAGS.map((flagName) => [flagName, bool(body, flagName, hook[flagName])])),
  };
}
