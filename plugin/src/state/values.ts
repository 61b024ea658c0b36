import type { EditValues } from '@tandem/shared/api';
import type { Item, Label, Person } from '@tandem/shared/item';

/** What the form of a card holds. */
export interface Values {
  readonly title: string;
  readonly description: string;
  readonly status: string;
  readonly labels: readonly Label[];
  readonly assignees: readonly Person[];
}

/** Every field that somebody with all rights may change. */
export const FIELDS = ['title', 'description', 'status', 'labels', 'assignees'] as const satisfies readonly (keyof EditValues)[];

/** The editable part of an item. */
export function valuesOf(item: Item): Values {
  return { title: item.title, description: item.description, status: item.status.id, labels: item.labels, assignees: item.assignees };
}

/** Of the fields that may be changed, those in which `mine` differs from `base`, as the API takes them: `set` what is wanted, `seen` what it replaces. */
export function changes(base: Values, mine: Values, allowed: readonly (keyof EditValues)[]): { set: EditValues; seen: EditValues } {
  const before = plain(base);
  // A title is trimmed only when it was touched: what was seen must be told to the letter.
  const after = { ...plain(mine), title: mine.title === base.title ? base.title : mine.title.trim() };
  const fields = allowed.filter((field) => !same(before[field], after[field]));
  const only = (values: Required<EditValues>): EditValues => Object.fromEntries(fields.map((field) => [field, values[field]]));
  return { set: only(after), seen: only(before) };
}

/** What somebody did to `base`, done to `fresh` instead: fields they left alone follow, sets get their additions and removals. */
export function rebase(base: Values, mine: Values, fresh: Values): Values {
  const kept = (field: 'title' | 'description' | 'status'): string => (mine[field] === base[field] ? fresh[field] : mine[field]);
  return {
    title: kept('title'),
    description: kept('description'),
    status: kept('status'),
    labels: moved(base.labels, mine.labels, fresh.labels, (label) => label.name),
    assignees: moved(base.assignees, mine.assignees, fresh.assignees, (person) => person.id),
  };
}

function moved<T>(base: readonly T[], mine: readonly T[], fresh: readonly T[], key: (one: T) => string): readonly T[] {
  const keys = (list: readonly T[]): ReadonlySet<string> => new Set(list.map(key));
  const [before, wanted, now] = [keys(base), keys(mine), keys(fresh)];
  return [...fresh.filter((one) => wanted.has(key(one)) || !before.has(key(one))), ...mine.filter((one) => !before.has(key(one)) && !now.has(key(one)))];
}

function plain(values: Values): Required<EditValues> {
  return {
    title: values.title,
    description: values.description,
    status: values.status,
    labels: values.labels.map((label) => label.name),
    assignees: values.assignees.map((person) => person.id),
  };
}

function same(a: string | readonly string[], b: string | readonly string[]): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  return a.length === b.length && a.every((one) => b.includes(one));
}
