import type { Item } from '@tandem/shared/item';
import { describe, expect, it } from 'vitest';
import { openAsHost } from '@tandem/bff/access/as-host';
import { openQueue } from '@tandem/bff/access/queue';
import { readConfig } from '@tandem/bff/config';
import { UpstreamError } from '@tandem/bff/errors';
import { callApi, type HttpRequest } from '@tandem/bff/http';
import type { Access, Call, Tool } from '@tandem/bff/ports';
import { customerOf } from '@tandem/bff/tools/munity/customer';
import { munityHooks } from '@tandem/bff/tools/munity/hooks';
import { munity } from '@tandem/bff/tools/munity/index';
import { at, textAt } from '@tandem/bff/tools/munity/raw';
import { makeCertificate } from '../sim/munity.ts';

const NOW = Date.parse('2026-11-23T09:00:00Z');
const KEY = makeCertificate().privateKey;
const MEMBER = { team: 't1', user: 'u1' };
const SITE = customerOf(MEMBER);
const ROOT = `/v1/customers/${SITE}`;

/** What the SQL of Munity fills for every connector: a name, and nulls. */
const nothing = { description: null, url: null, priority: null, severity: null, due_date: null, complete: null, tags: null, is_milestone: null, assignee_id: null, creator_id: null, project_id: null, status_id: null, type_id: null, group_id: null, parent_id: null, last_raw_data: null };
const row = (source: string, id: string, more: object = {}) => ({ ...nothing, id: `md5-${id}`, external_id: id, source, integration_id: 'i1', created: '2026-11-23T08:00:00Z', modified: '2026-11-23T08:00:00Z', sync_timestamp: '2026-11-23T08:00:00Z', name: `Ticket ${id}`, ...more });

type Answers = (path: string, query: URLSearchParams) => unknown;

/** A tool behind a Munity that answers so; `undefined` is a 404, a number that status. */
function open(connector: string, answers: Answers, env: Record<string, string> = {}, connection: string | null = 'i1') {
  const config = readConfig({
    NODE_ENV: 'test', TANDEM_URL: 'https://tandem.example', TANDEM_SECRET: Buffer.alloc(32, 7).toString('base64'), MIRO_CLIENT_ID: '1', MIRO_CLIENT_SECRET: 's',
    MUNITY_API_URL: 'https://munity.example', MUNITY_WORKSPACE_ID: 'w', MUNITY_PRIVATE_KEY: KEY, MUNITY_API_KEY: 'prefix.key', MUNITY_WEBHOOK_TOKEN: 'x'.repeat(30), MUNITY_CONNECTORS: connector, ...env,
  }).munity;
  const tool = config && munity(connector, SITE, config, () => NOW);
  if (!tool || !config) throw new Error('Munity is off');
  const asked: string[] = [];
  const send = async ({ url }: HttpRequest) => {
    const { pathname, searchParams } = new URL(url);
    asked.push(pathname.replace(`${ROOT}/`, ''));
    const body = answers(pathname.replace(`${ROOT}/`, ''), searchParams);
    if (typeof body === 'number') return { status: body, headers: { 'retry-after': '30' }, text: '{"detail":"Request was throttled."}' };
    return body === undefined ? { status: 404, headers: {}, text: '{"detail":"Not found."}' } : { status: 200, headers: {}, text: JSON.stringify(body) };
  };
  const http = { send, abort: () => Promise.resolve(), close: () => Promise.resolve() };
  const access: Access = {
    site: SITE,
    base: tool.site.base,
    person: { id: SITE, name: 'Ana', username: '' },
    connection: connection ?? undefined,
    request: <T>(call: Call) => callApi<T>(http, { tool: tool.id, name: tool.name, api: tool.site.api, headers: {}, timeout: 1000, now: NOW }, call),
  };
  const read = (id: string) => tool.read(access, { tool: tool.id, site: SITE, place: connector, id });
  const listed = async (): Promise<Item[]> => {
    const items: Item[] = [];
    for await (const page of tool.changes(access, connector)) items.push(...page);
    return items;
  };
  return { tool, access, asked, read, listed, config };
}

const people = [{ ...nothing, id: 'p1', name: 'Mia Chen', email: null, avatar: 'http://plain.example/mia.png' }, { id: 'p2', name: null, email: 'lee@example.org', avatar: null }, { id: 'p3', name: null, email: null, avatar: null }];
/** Issues, with three people and statuses as the connectors have them; anything else is not there. */
const having = (...issues: object[]): Answers => (path) =>
  ({ 'pm-issues/': { count: issues.length, next: null, previous: null, results: issues }, 'pm-users/': people, 'pm-issue-statuses/': { data: [{ id: 's1', name: 'Todo', meta_status: null, color: null }, { id: 's2', name: 'Shipped', meta_status: 'Done', color: '#fff' }] } })[path];

describe('a ticket of Munity', () => {
  it('may have nothing but its name', async () => {
    const { read } = open('trello', having(row('trello', '7')));
    expect(await read('7')).toEqual({ ref: { tool: 'munity:trello', site: SITE, place: 'trello', id: '7' }, key: '7', url: '', title: 'Ticket 7', description: '', status: { id: 'open', name: 'Open', kind: 'open' }, labels: [], assignees: [], updatedAt: '1970-01-01T00:00:00.000Z', alias: 'md5-7' });
  });

  it('of Asana has a made-up status, notes and a link', async () => {
    const raw = { gid: '7', notes: 'Notes', completed: true, due_on: '2027-01-15', assignee: { gid: '1', name: 'Mia' }, modified_at: '2026-11-20T10:00:00.000Z', permalink_url: 'https://app.asana.com/0/1/7' };
    const { read } = open('asana', having(row('asana', '7', { description: 'Notes', url: 'https://app.asana.com/0/1/7', status_id: 's2', assignee_id: 'p1', due_date: '2027-01-15', complete: true, is_milestone: false, last_raw_data: raw })));
    expect(await read('7')).toMatchObject({ url: 'https://app.asana.com/0/1/7', description: 'Notes', status: { name: 'Shipped', kind: 'closed' }, assignees: [{ name: 'Mia Chen', username: 'Mia Chen' }], due: '2027-01-15', updatedAt: '2026-11-20T10:00:00.000Z' });
  });

  it('of Monday keeps all but its name in columns, where a setting finds them', async () => {
    const raw = { id: '7', name: 'x', column_values: [{ id: 'status', text: 'Done' }, { id: 'person', text: 'Lee' }, { id: 'date4', text: '2027-02-01' }], updated_at: '2026-11-21T10:00:00Z' };
    const fields = JSON.stringify({ monday: { status: 'column_values[id=status].text', assignee: 'column_values[id=person].text', due: 'column_values[id=date4].text', description: 'column_values[id=gone].text' } });
    const issue = row('monday', '7', { description: '', url: 'https://acme.monday.com/boards/1/pulses/7', creator_id: 'p3', last_raw_data: raw });
    expect(await open('monday', having(issue)).read('7')).toMatchObject({ status: { name: 'Open' }, assignees: [], author: 'p3' });
    expect(await open('monday', having(issue), { MUNITY_FIELDS: fields }).read('7')).toMatchObject({ status: { id: 'Done', name: 'Done', kind: 'closed' }, assignees: [{ name: 'Lee' }], due: '2027-02-01', description: '', updatedAt: '2026-11-21T10:00:00.000Z' });
    expect(await open('monday', having({ ...issue, last_raw_data: JSON.stringify(raw) }), { MUNITY_FIELDS: fields }).read('7'), 'the same as text').toMatchObject({ due: '2027-02-01' });
  });

  it('of Linear has no link, a number for its priority, and no record of the tool', async () => {
    const { read } = open('linear', having(row('linear', '7', { description: 'Text', priority: 2, status_id: 's1', assignee_id: 'p2', last_raw_data: '0b1e0b5e-0000-4000-8000-000000000000' })));
    expect(await read('7')).toMatchObject({ key: '7', url: '', description: 'Text', status: { id: 's1', name: 'Todo', kind: 'open' }, assignees: [{ name: 'lee@example.org', username: 'lee@example.org' }] });
  });

  it('of Jira is called by its key, and has tags as text or as records', async () => {
    const raw = { key: 'SHOP-7', fields: { updated: '2026-11-20T10:00:00.000+0100', status: { name: 'Won’t do' }, assignee: { displayName: 'Mia' }, duedate: '2027-01-15' } };
    const { read } = open('jira', having(row('jira', '7', { url: 'javascript:alert(1)', tags: ['bug', { name: 'api' }, { title: 'x' }, 7, 'bug'], status_id: 'unknown', last_raw_data: raw })));
    expect(await read('7')).toMatchObject({ key: 'SHOP-7', url: '', labels: [{ name: 'api' }, { name: 'bug' }], status: { name: 'Won’t do', kind: 'closed' }, assignees: [{ name: 'Mia' }], due: '2027-01-15', updatedAt: '2026-11-20T09:00:00.000Z' });
  });

  it('has numbers for ids where Munity has, and people without a name are somebody', async () => {
    const { read, tool, access } = open('jira', having(row('jira', '7', { id: 12, external_id: 7, assignee_id: 'p3', complete: false })));
    expect(await read('7')).toMatchObject({ alias: '12', assignees: [{ name: 'Somebody' }] });
    const { statuses, members } = await tool.describe(access, 'jira');
    expect([statuses.map(({ name, kind }) => `${name} ${kind}`), members.map(({ name, avatar }) => `${name} ${avatar}`)]).toEqual([['Todo open', 'Shipped closed'], ['Mia Chen undefined', 'lee@example.org undefined', 'Somebody undefined']]);
  });

  it('of another connector, or of an older connection beside the own, is none', async () => {
    const old = row('jira', '7', { id: 'old', integration_id: 'i0', name: 'Stale' });
    expect(await open('jira', having(row('asana', '7'))).read('7')).toBeUndefined();
    expect(await open('jira', having(old, row('jira', '7'))).read('7')).toMatchObject({ title: 'Ticket 7' });
    expect(await open('jira', having(old, row('jira', '8'))).read('7'), 'the own has others').toBeUndefined();
    expect(await open('jira', having(old)).read('7'), 'the own has none yet').toMatchObject({ title: 'Stale' });
    expect(await open('jira', having(old), {}, null).read('7'), 'nobody knows which is the own').toMatchObject({ title: 'Stale' });
    expect(await open('jira', having({ ...old, integration_id: undefined })).read('7'), 'the API says nothing of connections').toMatchObject({ title: 'Stale' });
  });
});

describe('lists of Munity', () => {
  const paged = (page: (n: number) => object): Answers => (path, query) => (path === 'pm-issues/' ? page(Number(query.get('page') ?? 1)) : path.startsWith('pm-issues/') ? undefined : []);

  it('come bare, under `data` or under `results`, and `next` is followed by its path alone', async () => {
    const next = `http://inside.local:8000${ROOT}/pm-issues/?page_size=100&page=2`;
    const pages = { results: (n: number) => ({ count: 2, next: n === 1 ? next : null, results: [row('jira', String(n))] }), data: (n: number) => ({ data: [row('jira', String(n))], next: n === 1 ? next : null }), bare: (n: number) => [row('jira', String(n))] };
    for (const [kind, page] of Object.entries(pages)) expect((await open('jira', paged(page)).listed()).map(({ key }) => key)).toEqual(kind === 'bare' ? ['1'] : ['1', '2']);
  });

  it.each([`https://munity.example/v1/customers/another/pm-issues/?page=2`, `https://munity.example${ROOT}/pm-users/?page=2`, 'https://munity.example/v1/admin/', 'nonsense'])('lead nowhere else (%s)', async (next) => {
    const { listed, asked } = open('jira', paged(() => ({ results: [], next })));
    await expect(listed()).rejects.toMatchObject({ upstreamStatus: 502 });
    expect(asked).toEqual(['pm-issues/']);
  });

  it('that never end are followed so far, and nothing is said to be gone that may be beyond', async () => {
    const { listed, read } = open('jira', paged((n) => ({ results: [row('jira', `page ${n}`)], next: `${ROOT}/pm-issues/?page=${n + 1}` })));
    expect((await listed()).length).toBe(1000);
    await expect(read('7')).rejects.toMatchObject({ message: expect.stringContaining('cannot be told') as string, retryable: true });
    expect(await read('page 900')).toMatchObject({ key: 'page 900' });
  });

  it('are of what a setting calls them; a wrong name is the host’s trouble, a customer who is not there an account that ended', async () => {
    const MUNITY_PATHS = JSON.stringify({ issues: 'tickets' });
    const answers: Answers = (path) => ({ 'tickets/': [row('jira', '7', { status_id: 's1' })], 'pm-projects/': [] })[path];
    expect(await open('jira', answers, { MUNITY_PATHS }).read('7'), 'without names of people and statuses').toMatchObject({ key: '7', status: { name: 'Open' } });
    await expect(open('jira', answers).read('7')).rejects.toMatchObject({ retryable: true, message: 'Munity has no pm-issues. Whoever runs Tandem can correct MUNITY_PATHS.' });
    await expect(open('jira', () => undefined).read('7')).rejects.toMatchObject({ code: 'account_expired', message: 'Munity does not have this connection to Jira any more. Connect it again.' });
  });

  it('are asked for later where Munity says so, and what is no list is trouble of its own', async () => {
    await expect(open('jira', () => 429).listed()).rejects.toMatchObject({ code: 'tool_busy', retryAt: NOW + 30_000 });
    for (const body of [{}, { results: 7 }, [{ id: 'x' }], '"text"']) await expect(open('jira', () => body).listed()).rejects.toMatchObject({ upstreamStatus: 502 });
  });

  it('are searched page by page as they lead on, each ticket once', async () => {
    const cursor = (n: number) => `https://munity.example${ROOT}/pm-issues/?cursor=c${n}&page_size=100`;
    const answers: Answers = (path, query) => {
      if (path !== 'pm-issues/') return [];
      const n = Number((query.get('cursor') ?? 'c1').slice(1));
      return { results: Array.from({ length: 20 }, (_, i) => row('jira', `${n}-${i % 15}`)), next: n < 4 ? cursor(n + 1) : null };
    };
    const { tool, access } = open('jira', answers);
    const search = (more: Partial<Parameters<Tool['search']>[1]>) => tool.search(access, { state: 'all', mine: false, ...more });
    const first = await search({});
    expect([first.items.length, first.next]).toEqual([30, expect.stringMatching(/^[\w-]+$/)]);
    const second = await search({ cursor: first.next ?? '' });
    expect([second.items.length, second.next, new Set([...first.items, ...second.items].map(({ key }) => key)).size]).toEqual([30, undefined, 60]);
    expect((await search({ q: '3-7' })).items.map(({ key }) => key)).toEqual(['3-7']);
    for (const forged of ['/v1/admin/?x', `/${SITE}/pm-users/?page=1`, `/another/pm-issues/?page=1`]) await expect(search({ cursor: Buffer.from(forged).toString('base64url') })).rejects.toMatchObject({ upstreamStatus: 404 });
  });
});

it('a ticket is read by Munity’s own address of it where there is one, which is found out once', async () => {
  const addressed = open('jira', (path) => (path === 'pm-issues/md5-7/' ? row('jira', '7', { name: 'By its address' }) : having(row('jira', '7'))(path, new URLSearchParams())));
  expect([await addressed.read('7'), await addressed.read('7')].map((item) => item?.title)).toEqual(['Ticket 7', 'By its address']);
  const none = open('jira', having(row('jira', '7')));
  for (let n = 0; n < 4; n += 1) await none.read('7');
  expect(none.asked.filter((path) => path.startsWith('pm-issues/'))).toEqual(['pm-issues/', 'pm-issues/md5-7/', 'pm-issues/', 'pm-issues/', 'pm-issues/']);
});

it('the place is there as long as anything of the connection is listed, be it a project without tickets', async () => {
  const place = (...answers: [object[], object[]]) => {
    const { tool, access } = open('jira', (path) => ({ 'pm-issues/': answers[0], 'pm-projects/': answers[1] })[path]);
    return tool.place(access, 'jira').then((found) => found !== undefined);
  };
  const project = { id: 'x', name: 'Shop', source: 'jira', integration_id: 'i1' };
  expect([await place([], []), await place([row('jira', '1')], []), await place([], [project]), await place([row('asana', '1')], [{ ...project, source: 'asana' }]), await place([row('jira', '1', { integration_id: 'i0' })], [{ ...project, integration_id: 'i0' }])]).toEqual([false, true, true, false, false]);
});

it('Munity’s own id of a customer is looked up by ours, whatever it calls that', async () => {
  for (const field of ['external_id', 'customer_id', 'name']) {
    const { tool, access, asked } = open('jira', (path) => (path === '/v1/customers/' ? { results: [{ id: 'u-0', name: null }, { id: 'u-1', [field]: SITE }], next: null } : path.startsWith('/v1/customers/u-1/') ? [] : undefined), { MUNITY_CUSTOMER_ID: 'uuid' });
    expect((await tool.me({ ...access, person: { id: '', name: '', username: '' } })).person.id).toBe('u-1');
    await tool.places({ ...access, person: { id: 'u-1', name: '', username: '' } }, '');
    expect(asked).toEqual(['/v1/customers/', '/v1/customers/u-1/pm-projects/', '/v1/customers/u-1/pm-projects/']);
  }
  const { tool, access } = open('jira', () => [], { MUNITY_CUSTOMER_ID: 'uuid' });
  await expect(tool.places(access, '')).rejects.toMatchObject({ message: expect.stringContaining('MUNITY_CUSTOMER_ID') as string });
});

describe('what Munity tells', () => {
  const { config } = open('jira', () => []);
  const parse = (event: string, payload: object | null, more: object = {}) => munityHooks(config).parse(Buffer.from(JSON.stringify({ workspace_id: 'w', customer_id: SITE, event, state: null, payload, ...more })));
  const alive = { kind: 'alive', integration: 'i1' };

  it('of credentials names the sign-in that they came by; data proves that they work', () => {
    expect(parse('integration_cannot_refresh_oauth_token', { id: 'i1', error: 'x' }, { state: 's1' })).toMatchObject({ member: MEMBER, site: SITE, hints: [{ kind: 'account', integration: 'i1', state: 'expired', session: 's1' }] });
    expect(parse('integration_oauth_token_fixed', { id: 'i1' }).hints).toEqual([{ kind: 'account', integration: 'i1', state: 'active' }]);
    expect(parse('integration_oauth_token_fixed', {})).toMatchObject({ hints: [], ignored: 'It names no integration.' });
    expect(parse('integration_updated_data_model', { id: 'i1', resource_id: 'r1', type: 'ProjectManagementIssue' }).hints).toEqual([{ kind: 'alias', alias: 'r1' }, alive]);
    expect(parse('integration_import_done', { id: 'i1', connector_type: 'jira' }, { state: 's1' }).hints).toEqual([{ kind: 'connected', session: 's1', imported: true, integration: 'i1' }, alive]);
  });

  it('of a record says which where it brings it, in whatever types and quotes', () => {
    const data = { external_id: 7, source: 'jira' };
    const changed = [{ kind: 'changed', ref: { tool: 'munity:jira', site: SITE, place: 'jira', id: '7' } }, alive];
    for (const brought of [data, JSON.stringify(data)]) expect(parse('integration_updated_data_model', { id: 'i1', resource_id: 5, data: brought }).hints).toEqual(changed);
    expect(parse('integration_deleted_data_model', { id: 'i1', resource_id: 5 }).hints).toEqual([{ kind: 'alias', alias: '5' }, alive]);
    expect(parse('integration_new_data_model', { id: null, type: 'tasks' }).hints).toEqual([{ kind: 'place' }]);
    expect(parse('integration_new_data_model', { type: 'ProjectManagementUser' })).toMatchObject({ hints: [], ignored: 'It is about a ProjectManagementUser.' });
    expect(python(`{'resource_id': 'it\\'s', 'new': True}`)).toEqual([{ kind: 'alias', alias: "it's" }]);
  });

  const python = (payload: string) => munityHooks(config).parse(Buffer.from(`{'workspace_id': 'w', 'customer_id': '${SITE}', 'event': 'integration_new_data_model', 'state': None, 'payload': ${payload}}`)).hints;

  it('in Python’s own way is read as Python prints it: quotes within quotes, words that only look like constants, and its escapes', () => {
    // As `repr` of Python 3 prints them.
    for (const [printed, alias] of [[`"Don't"`, `Don't`], [`'say "no"'`, `say "no"`], [String.raw`'\'" \\'`, `'" \\`], [`'None of it is True'`, 'None of it is True'], [String.raw`'a\xa0é\u200b\t\n'`, 'a\u00a0é\u200b\t\n'], [String.raw`'\U000e0067'`, '\u{e0067}']] as const)
      expect(python(`{'diff': {"It's": ${printed}, 'done': False}, 'resource_id': ${printed}, 'type': None}`)).toEqual([{ kind: 'alias', alias }]);
    for (const broken of [`'open`, `"open`, String.raw`'\x4'`, String.raw`'\UFFFFFFFF'`, String.raw`\'`, 'Nonesuch', 'nan']) expect(python(`{'resource_id': ${broken}}`)).toEqual([]);
  });

  it('costs no more than its length, whatever it is', () => {
    const { maxBytes, parse } = munityHooks(config);
    for (const piece of [`'\\`, "'", `{'"`]) expect(parse(Buffer.from(piece.repeat(maxBytes / 4 / piece.length))).hints).toEqual([]);
  });

  it('never names what no key can hold: half a character, or an id of any length', () => {
    expect(parse('integration_installed', { id: 'i\ud8001', metadata: { user: { name: `${'x'.repeat(99)}😀 and more` } } }, { state: 's1' }).hints).toEqual([{ kind: 'connected', session: 's1', imported: false, integration: 'i1', who: 'x'.repeat(99) }]);
    expect(parse('integration_updated_data_model', { data: { external_id: '7\udfff', source: 'ji\ud800ra' } }).hints).toEqual([{ kind: 'changed', ref: { tool: 'munity:jira', site: SITE, place: 'jira', id: '7' } }]);
    expect(parse('integration_installed', { id: 'x'.repeat(201) }, { state: 's1' })).toMatchObject({ hints: [], ignored: 'The body is no event of Munity.' });
  });
});

it('a path into a tool’s own record leads to what is there, and nowhere else', () => {
  const record = { fields: { status: { name: 'Done' }, n: 7, list: [{ id: 'a', text: 'A' }, { id: 2, text: 'B' }, null] } };
  expect(['fields.status.name', 'fields.n', 'fields.list[id=a].text', 'fields.list[id=2].text', 'fields.list[id=x].text', 'fields.status', 'fields.none.name', 'fields.list.0.text', '__proto__.toString', 'fields[id=a]'].map((path) => textAt(record, path))).toEqual(['Done', '7', 'A', 'B', undefined, undefined, undefined, 'A', undefined, undefined]);
  expect([at(null, 'a'), at('text', 'length'), textAt(record, undefined)]).toEqual([undefined, undefined, undefined]);
});

it('asked to slow down, work of every customer waits as long as Munity says, and people do not', async () => {
  let now = NOW;
  const asHost = openAsHost(() => now);
  const call = { path: '/' };
  const reply = () => Promise.resolve({ status: 200, headers: {}, body: [] });
  await expect(asHost('Munity', call, false, () => Promise.reject(new UpstreamError('munity:jira', 429, { retryAt: NOW + 30_000 })))).rejects.toMatchObject({ upstreamStatus: 429 });
  await expect(asHost('Munity', call, false, reply)).rejects.toMatchObject({ name: 'PutOff', code: 'tool_busy', until: NOW + 30_000 });
  expect((await asHost('Munity', call, true, reply)).status).toBe(200);
  now = NOW + 30_000;
  expect((await asHost('Munity', call, false, reply)).status).toBe(200);
});

it('so many calls are under way at a time, and what people wait for goes first', async () => {
  const queue = openQueue(2);
  const ends: (() => void)[] = [];
  const begun: string[] = [];
  const call = (name: string, people = false) =>
    queue(() => {
      begun.push(name);
      return new Promise<void>((resolve, reject) => void ends.push(name === 'fails' ? () => reject(new Error(name)) : resolve));
    }, people).catch(() => undefined);
  const all = ['first', 'fails', 'third', 'fourth'].map((name) => call(name));
  all.push(call('somebody', true));
  expect(begun).toEqual(['first', 'fails']);
  for (let n = 0; n < 5; n += 1) {
    ends[n]?.();
    await new Promise((resolve) => void setImmediate(resolve));
  }
  await Promise.all(all);
  expect(begun).toEqual(['first', 'fails', 'somebody', 'third', 'fourth']);
});
