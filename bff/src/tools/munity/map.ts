import type { Item, Label, Person, Status } from '@tandem/shared/item';
import { parseJson } from '../../http.ts';
import type { MunityConfig } from '../../munity-config.ts';
import type { MunityIssue, MunityStatus, MunityUser } from './api.ts';
import { textAt } from './raw.ts';

type Fields = MunityConfig['fields'][string] & { readonly key?: string; readonly updated?: string };

/** Where the tools' own records, which Munity hands on as `last_raw_data`, keep what its common shape leaves out: their public APIs. */
const KNOWN: Readonly<Record<string, Fields>> = {
  jira: { key: 'key', updated: 'fields.updated', status: 'fields.status.name', assignee: 'fields.assignee.displayName', due: 'fields.duedate' },
  asana: { updated: 'modified_at' },
  linear: { key: 'identifier', updated: 'updatedAt', due: 'dueDate', url: 'url' },
  monday: { updated: 'updated_at' },
};

/** Where nobody says when: Munity's own `modified` is the time of its last import, whatever changed. */
const NO_TIME = new Date(0).toISOString();

/** What statuses and people are called, by Munity's ids. */
export interface Names {
  readonly statuses: ReadonlyMap<string, MunityStatus>;
  readonly users: ReadonlyMap<string, MunityUser>;
}

/** A ticket in our shape: everything but its name may be missing. `source` is the place, because Munity's projects are no part of a ticket's identity: it may move. */
export function itemOf(tool: string, site: string, connector: string, issue: MunityIssue, names: Names, settings: MunityConfig['fields']): Item {
  const fields = { ...KNOWN[connector], ...settings[connector] };
  const raw = typeof issue.last_raw_data === 'string' ? parseJson(issue.last_raw_data) : issue.last_raw_data;
  const status = statusOf(issue, names, textAt(raw, fields.status));
  const user = issue.assignee_id ? names.users.get(issue.assignee_id) : undefined;
  const assignee = user ? personOf(user) : unnamed(textAt(raw, fields.assignee));
  const due = /^\d{4}-\d\d-\d\d/.exec(issue.due_date ?? textAt(raw, fields.due) ?? '')?.[0];
  const updated = Date.parse(textAt(raw, fields.updated) ?? '');
  const url = issue.url ?? textAt(raw, fields.url) ?? '';
  return {
    ref: { tool, site, place: connector, id: issue.external_id },
    key: textAt(raw, fields.key) ?? issue.external_id,
    url: /^https?:\/\//i.test(url) ? url : '',
    title: issue.name,
    description: issue.description ?? textAt(raw, fields.description) ?? '',
    status,
    labels: labelsOf(issue.tags),
    assignees: assignee ? [assignee] : [],
    ...(issue.creator_id ? { author: issue.creator_id } : {}),
    ...(due ? { due } : {}),
    updatedAt: Number.isNaN(updated) ? NO_TIME : new Date(updated).toISOString(),
    alias: issue.id,
  };
}

export function personOf({ id, name, email, avatar }: MunityUser): Person {
  const called = name || email || 'Somebody';
  return { id, name: called, username: email || called, ...(avatar && /^https:\/\//i.test(avatar) ? { avatar } : {}) };
}

function unnamed(name: string | undefined): Person | undefined {
  return name ? { id: name, name, username: name } : undefined;
}

/** Words for "over" in the tools' own names and in Munity's `meta_status`. */
const OVER = /^(done|closed?|completed?|resolved|cancell?ed|duplicate|won.t (do|fix))$/i;

export function kindOf(status: MunityStatus): Status['kind'] {
  return OVER.test(status.meta_status ?? '') || OVER.test(status.name) ? 'closed' : 'open';
}

function statusOf(issue: MunityIssue, { statuses }: Names, raw: string | undefined): Status {
  const known = issue.status_id ? statuses.get(issue.status_id) : undefined;
  if (known) return { id: known.id, name: known.name, kind: issue.complete ? 'closed' : kindOf(known) };
  const over = issue.complete ?? (raw !== undefined && OVER.test(raw));
  return { id: raw ?? (over ? 'closed' : 'open'), name: raw ?? (over ? 'Done' : 'Open'), kind: over ? 'closed' : 'open' };
}

/** Tags are text, or records with a name. */
function labelsOf(tags: unknown): Label[] {
  if (!Array.isArray(tags)) return [];
  const names = tags.flatMap((tag) => (typeof tag === 'string' ? tag : (textAt(tag, 'name') ?? [])));
  return [...new Set(names)].sort().map((name) => ({ name }));
}
