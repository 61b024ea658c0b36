import { createHash } from 'node:crypto';
import type { ToolDesk, ToolItem, ToolItemParams, ToolProject, ToolSite, ToolStatus, ToolUser } from './munity-tool-types.ts';

/** The statuses of each tool; Asana has none of its own, only done or not. */
const STATUSES: Readonly<Record<string, readonly ToolStatus[]>> = {
  jira: [
    { id: '10000', name: 'To Do', category: 'todo', color: '#42526e' },
    { id: '3', name: 'In Progress', category: 'doing', color: '#0052cc' },
    { id: '10001', name: 'Done', category: 'done', color: '#00875a' },
  ],
  linear: [
    { id: 'a1c4a7ce-0000-4000-8000-000000000001', name: 'Todo', category: 'todo', color: '#e2e2e2' },
    { id: 'a1c4a7ce-0000-4000-8000-000000000002', name: 'In Progress', category: 'doing', color: '#f2c94c' },
    { id: 'a1c4a7ce-0000-4000-8000-000000000003', name: 'Done', category: 'done', color: '#5e6ad2' },
  ],
  monday: [
    { id: '5', name: 'Not started', category: 'todo', color: '#c4c4c4' },
    { id: '0', name: 'Working on it', category: 'doing', color: '#fdab3d' },
    { id: '1', name: 'Done', category: 'done', color: '#00c875' },
  ],
  asana: [
    { id: 'todo', name: 'Todo', category: 'todo', color: '#f1bd6c' },
    { id: 'completed', name: 'Completed', category: 'done', color: '#5da283' },
  ],
};
const OTHER_STATUSES: readonly ToolStatus[] = [
  { id: 'open', name: 'Open', category: 'todo', color: '#6b7280' },
  { id: 'closed', name: 'Closed', category: 'done', color: '#15803d' },
];

/** A site of a tool with nobody and nothing in it. */
export function makeSite(connector: string, name: string): ToolSite {
  return { id: `${connector}/${name}`, connector, name, users: [], statuses: STATUSES[connector] ?? OTHER_STATUSES, projects: [], items: new Map() };
}

/** Lets people work in a site. */
export function makeToolDesk(site: ToolSite, options: { now: () => number; changed: () => void }): ToolDesk {
  const at = (): string => new Date(options.now()).toISOString();
  const project = (key: string): ToolProject => found(site.projects, (one) => one.key === key, `project ${key}`);
  const user = (username: string): ToolUser => found(site.users, (one) => one.username === username, `user ${username}`);
  const get = (key: string): ToolItem => found([...site.items.values()], (one) => one.key === key, `item ${key}`);
  const membersOf = (names: readonly string[] | undefined): string[] | undefined => names?.map((name) => user(name).id);
  const keyIn = (home: ToolProject): string => {
    const number = home.nextNumber;
    home.nextNumber += 1;
    return `${home.key}-${number}`;
  };
  const changes = ({ title, description, status, priority, assignee, due, labels }: ToolItemParams): Partial<ToolItem> => ({
    ...(title === undefined ? {} : { title: titled(title) }),
    ...(description === undefined ? {} : { description }),
    ...(status === undefined ? {} : { status: found(site.statuses, (one) => one.name === status, `status ${status}`).id }),
    ...(priority === undefined ? {} : { priority }),
    ...(assignee === undefined ? {} : { assignee: assignee === null ? null : user(assignee).id }),
    ...(due === undefined ? {} : { due }),
    ...(labels === undefined ? {} : { labels: [...labels] }),
  });
  const touched = (item: ToolItem, change: Partial<ToolItem>): ToolItem => {
    Object.assign(item, change, { updatedAt: at() });
    options.changed();
    return item;
  };

  return {
    site,
    user,
    get,
    addUser(username, name) {
      const id = idOf(site, 'user', site.users.length + 1);
      const added: ToolUser = { id, username, name, email: `${username}@example.org`, token: `${site.connector}-token-of-${username}-at-${site.name}` };
      site.users.push(added);
      return added;
    },
    addProject(key, name, { description = '', members } = {}) {
      const added: ToolProject = { id: idOf(site, 'project', site.projects.length + 1), key, name, description, members: membersOf(members), nextNumber: 1 };
      site.projects.push(added);
      options.changed();
      return added;
    },
    setMembers(key, members) {
      project(key).members = membersOf(members);
      options.changed();
    },
    create(key, params, by) {
      const home = project(key);
      const creator = by === undefined ? site.users[0] : user(by);
      if (!creator) throw new Error(`${site.id} has no users`);
      const [first] = site.statuses;
      const item: ToolItem = {
        id: idOf(site, 'item', lastNumber(site) + 1),
        key: keyIn(home),
        projects: [home.id],
        title: '',
        description: '',
        status: first?.id ?? '',
        priority: null,
        assignee: null,
        creator: creator.id,
        due: null,
        labels: [],
        createdAt: at(),
        updatedAt: at(),
        ...changes(params),
      };
      site.items.set(item.id, item);
      options.changed();
      return item;
    },
    update: (key, params) => touched(get(key), changes(params)),
    remove(key) {
      site.items.delete(get(key).id);
      options.changed();
    },
    move: (key, to) => touched(get(key), { projects: [project(to).id], key: keyIn(project(to)) }),
    addToProject(key, to) {
      const item = get(key);
      if (site.connector !== 'asana') throw new Error('only Asana has tasks in several projects');
      return touched(item, { projects: [...item.projects, project(to).id] });
    },
  };
}

function found<T>(all: readonly T[], fits: (one: T) => boolean, what: string): T {
  const one = all.find(fits);
  if (!one) throw new Error(`There is no ${what}`);
  return one;
}

function titled(title: string): string {
  if (title.trim() === '') throw new Error('A title is needed.');
  return title;
}

const made = new WeakMap<ToolSite, number>();

/** Items are numbered through, deleted ones too. */
function lastNumber(site: ToolSite): number {
  const last = made.get(site) ?? 0;
  made.set(site, last + 1);
  return last;
}

/** Ids as the tools have them. They begin at the same number in every site, as they really do in Jira. */
function idOf(site: ToolSite, kind: 'user' | 'project' | 'item', n: number): string {
  if (site.connector === 'linear') return createHash('md5').update(`${kind}${n}`).digest('hex').replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5');
  if (kind === 'user') return site.connector === 'jira' ? `712020:${createHash('md5').update(`${n}`).digest('hex')}` : String(2_000 + n);
  if (site.connector === 'asana') return String(1_208_000_000_000_000 + (kind === 'project' ? 0 : 1_000_000) + n);
  return String(10_000 + n);
}
