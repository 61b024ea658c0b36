import type { Item } from '@tandem/shared/item';
import type { Account, Backlink, Connection, Delivery, Integration, Link, NewTask, Pair, Store, Watch } from '@tandem/bff/store/store';

/** A database that one test has for itself, opened twice, as two processes would; `another` opens it once more, for a test that closes it. */
export interface Opened {
  readonly store: Store;
  readonly other: Store;
  readonly another: () => Promise<Store>;
}

/** Answers an empty database; whoever made the opener closes and drops what it opened. */
export type Opener = () => Promise<Opened>;

export const account = (over: Partial<Account> = {}): Omit<Account, 'version'> => ({
  team: 't1',
  user: 'ana',
  tool: 'gitlab',
  site: 'gitlab.com',
  state: 'active',
  kind: 'oauth',
  sealed: 'v1.sealed',
  person: { id: '7', name: 'Ana Núñez', username: 'ana' },
  renewedAt: 1000,
  since: 1000,
  ...over,
});

export const link = (over: Partial<Link> = {}): Link => ({
  id: 'l1',
  team: 't1',
  ref: 'gitlab:gitlab.com/42/7',
  board: 'b1',
  card: 'c1',
  creator: 'ana',
  reader: 'ana',
  state: 'live',
  createdAt: 1000,
  ...over,
});

const rule = { flow: 'both', clash: 'ask' } as const;

export const pair = (over: Partial<Pair> = {}): Omit<Pair, 'rev'> => ({
  id: 'p1',
  team: 't1',
  leftRef: 'gitlab:gitlab.com/42/7',
  rightRef: 'gitea:git.example.org/acme%2Froadmap/3',
  leftUser: 'ana',
  rightUser: 'ben',
  rules: { title: rule, description: rule, status: { flow: 'right', clash: 'left' } },
  base: {},
  pending: {},
  clashes: {},
  state: 'live',
  writes: [],
  createdAt: 1000,
  ...over,
});

export const integration = (over: Partial<Integration> = {}): Omit<Integration, 'rev'> => ({
  id: 'i1',
  team: 't1',
  user: 'ana',
  left: { tool: 'productboard', site: 'acme.productboard.com', place: 'features' },
  right: { tool: 'gitlab', site: 'gitlab.com', place: '42' },
  name: 'GitLab',
  button: 'Push',
  rules: { title: { flow: 'both', clash: 'left' }, description: { flow: 'once', clash: 'left' }, status: { flow: 'both', clash: 'right' } },
  statuses: [{ feature: 's1', ticket: 'opened', label: '$set', color: 'blue' }],
  sealed: 'v1.button',
  state: 'setting',
  done: [],
  dirty: false,
  report: [],
  createdAt: 1000,
  ...over,
});

export const connection = (over: Partial<Connection> = {}): Omit<Connection, 'rev'> => ({ integration: 'i1', item: 'f1', team: 't1', id: 'k1', state: 'making', askedAt: 1000, createdAt: 1000, ...over });

export const watch = (over: Partial<Watch> = {}): Watch => ({
  id: 'w1',
  team: 't1',
  tool: 'gitlab',
  site: 'gitlab.com',
  place: '42',
  sealed: 'v1.secret',
  mode: 'pending',
  createdAt: 1000,
  ...over,
});

export const backlink = (over: Partial<Backlink> = {}): Backlink => ({ team: 't1', ref: 'gitlab:gitlab.com/42/7', board: 'b1', card: 'c1', user: 'ana', remoteId: '9', ...over });

export const item = (over: Partial<Item> = {}): Item => ({
  ref: { tool: 'gitlab', site: 'gitlab.com', place: '42', id: '7' },
  key: 'roadmap#7',
  url: 'https://gitlab.com/ana/roadmap/-/issues/7',
  title: 'Ship “it” <now> \u{1F680} $set',
  description: 'a\n\n- b\u0000c',
  status: { id: 'opened', name: 'Open', kind: 'open' },
  labels: [{ name: 'bug', color: '#ff0000' }, { name: 'plain' }],
  assignees: [{ id: '7', name: 'Ana', username: 'ana', avatar: 'https://gitlab.com/a.png' }],
  updatedAt: '2026-01-01T00:00:00.000Z',
  ...over,
});

export const delivery = (over: Partial<Delivery> = {}): Delivery => ({ id: 'd1', watch: 'w1', at: 1000, event: 'issue', outcome: 'marked', ...over });

export const task = (over: Partial<NewTask> = {}): NewTask => ({ key: 'observe:a', lane: 'lane1', group: 'g1', due: 1000, cause: 'req-1', ...over });

/** The numbers from 0 below `n`. */
export const range = (n: number): number[] => Array.from({ length: n }, (_, index) => index);

/** The one value of an array that must have exactly one. */
export function only<T>(values: readonly T[]): T {
  const [first] = values;
  if (first === undefined || values.length !== 1) throw new Error(`Expected one value, got ${values.length}.`);
  return first;
}
