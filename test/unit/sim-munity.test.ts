import { createHash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { makeCertificate, signSecret, startMunity, type MunityOptions } from '../sim/munity.ts';

let closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers) await close();
  closers = [];
});

const CERTIFICATE = makeCertificate();
const WORKSPACE = '11111111-2222-4333-aaaa-eeeeeeeeeeee';
const KEY = 'prefix.api-key-of-the-workspace';
type Row = Readonly<Record<string, unknown>> & { readonly id: string; readonly external_id: string };

interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Row & { readonly count: number; readonly next: string | null; readonly previous: string | null; readonly results: readonly Row[] };
}

interface Hook {
  readonly event: string;
  readonly customer_id: string;
  readonly payload: { readonly id: string; readonly resource_id: string; readonly type: string; readonly data?: Row; readonly diff?: unknown };
}

/** Customers `ana` and `ben` read the same site of a tool, with the same rights; it has the two projects SHOP and OPS, and one ticket in the first. */
async function open(connector = 'jira', options: Partial<MunityOptions> = {}) {
  let time = Date.parse('2026-11-23T09:00:00Z');
  const bodies: string[] = [];
  const munity = await startMunity({
    now: () => time,
    workspaceId: WORKSPACE,
    publicKey: CERTIFICATE.publicKey,
    apiKey: KEY,
    webhookUrl: 'http://tandem.example/hooks/munity/a-token',
    courier: ({ body }) => {
      bodies.push(body);
      return Promise.resolve({ status: 202, text: '' });
    },
    ...options,
  });
  closers.push(() => munity.close());
  const tool = munity.tool(connector);
  for (const [username, name] of [['ana', 'Ana Marković'], ['ben', 'Ben Okafor']] as const) tool.addUser(username, name);
  tool.addProject('SHOP', 'Web shop');
  tool.addProject('OPS', 'Operations');
  const { key } = tool.create('SHOP', { title: 'Checkout drops the discount', description: 'With **two** coupons.', priority: 'High', assignee: 'ben', due: '2027-01-15', labels: ['bug'] });
  const connect = async (customer: string, claims: Record<string, unknown> = {}, grant = {}) => {
    const { id } = munity.grant(connector, signSecret(CERTIFICATE.privateKey, { workspace_id: WORKSPACE, customer_id: customer, ...claims }), grant);
    await munity.settled();
    return id;
  };
  const call = async (path: string, { method = 'GET', body, authorization = `Api-Key ${KEY}` }: { method?: string; body?: unknown; authorization?: string } = {}): Promise<Got> => {
    const answer = await fetch(path.startsWith('http') ? path : `${munity.url}/v1/customers/${path}`, {
      method,
      redirect: 'manual',
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
  const rows = async (resource: string, customer = 'ana') => (await call(`${customer}/${resource}/`)).body.results;
  const hooks = (): Hook[] => bodies.map((body) => JSON.parse(body));
  const sync = async () => {
    munity.sync();
    await munity.settled();
  };
  return { munity, tool, key, connect, call, rows, hooks, bodies, sync, advance: (ms: number) => (time += ms), now: () => time };
}

const kinds = (hooks: readonly Hook[]) => hooks.map(({ event, payload }) => [event.replace(/^integration_|_data_model$/g, ''), payload.type]);

test('only the workspace’s API key opens the API, and only in the documented header', async () => {
  const { connect, call } = await open();
  await connect('ana');
  for (const authorization of ['', KEY, `Bearer ${KEY}`, `X-Api-Key ${KEY}`, 'Api-Key prefix.another']) {
    const refused = await call('ana/pm-issues/', { authorization });
    expect([refused.status, refused.body]).toEqual([401, { detail: 'Authentication credentials were not provided.' }]);
  }
  expect((await call('ana/pm-issues/')).status).toBe(200);
});

test('a customer is found by Munity’s uuid or by our id, or by one of them alone', async () => {
  const status = async (customerIds: MunityOptions['customerIds']) => {
    const { munity, connect, call } = await open('jira', customerIds === undefined ? {} : { customerIds });
    await connect('ana');
    const uuid = munity.state.customers[0]?.uuid ?? '';
    return [(await call(`${uuid}/pm-issues/`)).status, (await call('ana/pm-issues/')).status, (await call('nobody/pm-issues/')).status];
  };
  expect([await status(undefined), await status('uuid'), await status('external')]).toEqual([[200, 200, 404], [200, 404, 404], [404, 200, 404]]);
});

test('lists come in pages with the whole address of the next, and never more rows than a page holds', async () => {
  const { munity, tool, connect, call } = await open('jira', { pageSize: 2 });
  for (let i = 2; i <= 5; i += 1) tool.create('SHOP', { title: `Number ${i}` });
  await connect('ana');
  const first = (await call('ana/pm-issues/?page_size=50&search=nonsense')).body;
  expect([first.count, first.previous, first.next, first.results.length]).toEqual([5, null, `${munity.url}/v1/customers/ana/pm-issues/?page_size=50&search=nonsense&page=2`, 2]);
  const second = (await call(first.next ?? '')).body;
  const third = (await call(second.next ?? '')).body;
  expect([third.next, third.previous, third.results.map(({ name }) => name)]).toEqual([null, `${munity.url}/v1/customers/ana/pm-issues/?page_size=50&search=nonsense&page=2`, ['Number 5']]);
  expect(second.previous).toBe(`${munity.url}/v1/customers/ana/pm-issues/?page_size=50&search=nonsense`);
  expect((await call('ana/pm-issues/?page=last')).body.results).toEqual(third.results);
  for (const page of ['0', '4', 'x']) expect(await call(`ana/pm-issues/?page=${page}`)).toMatchObject({ status: 404, body: { detail: 'Invalid page.' } });
  expect((await call('ana/pm-issues/?page_size=1')).body.results).toHaveLength(1);
});

test('an address without its last slash is redirected when it is read, and not there when it is written; what is not simulated answers 501', async () => {
  const { connect, call } = await open('jira', { writes: 'at-once' });
  await connect('ana');
  const away = await call('ana/pm-issues?page=1');
  expect([away.status, away.headers.get('location')]).toEqual([301, '/v1/customers/ana/pm-issues/?page=1']);
  expect((await call('ana/pm-issues/x', { method: 'PATCH', body: {} })).status).toBe(501);
  for (const path of ['ana/pm-comments/', 'ana/', 'ana/integrations/']) expect((await call(path)).status).toBe(501);
});

test('rows have every column of Munity’s tables, null but for what the connector fills', async () => {
  const filled = async (connector: string) => {
    const { connect, rows, tool } = await open(connector);
    tool.update('SHOP-1', { status: tool.site.statuses.at(-1)?.name ?? '' });
    await connect('ana');
    const [issue] = await rows('pm-issues');
    expect(Object.keys(issue ?? {})).toHaveLength(24);
    const own = new Set(['id', 'external_id', 'source', 'created', 'modified', 'sync_timestamp', 'integration_id', 'last_raw_data']);
    const known = Object.fromEntries(Object.entries(issue ?? {}).filter(([name, value]) => !own.has(name) && value !== null).map(([name, value]) => [name, name.endsWith('_id') ? 'id' : value]));
    const statuses = (await rows('pm-issue-statuses')).map(({ name, meta_status, color }) => [name, meta_status, color]);
    const [user] = await rows('pm-users');
    const [project] = await rows('pm-projects');
    return { known, statuses, raw: issue?.['last_raw_data'], email: user?.['email'], urls: [issue?.['url'], project?.['url']].map((url) => typeof url), same: [project?.['name'], user?.['name']] };
  };
  const [jira, asana, monday, linear] = [await filled('jira'), await filled('asana'), await filled('monday'), await filled('linear')];
  const name = 'Checkout drops the discount';
  const description = 'With **two** coupons.';
  const url = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/(jira|asana|monday)\/acme\/browse\/SHOP-1$/) as string;
  expect(jira.known).toEqual({ name, description, url, priority: 'High', due_date: '2027-01-15', complete: true, tags: ['bug'], assignee_id: 'id', creator_id: 'id', project_id: 'id', status_id: 'id' });
  expect(asana.known).toEqual({ name, description, url, due_date: '2027-01-15', complete: true, is_milestone: false, assignee_id: 'id', project_id: 'id', status_id: 'id' });
  expect(monday.known).toEqual({ name, description: '', url, is_milestone: false, creator_id: 'id', project_id: 'id' });
  expect(linear.known).toEqual({ name, description, priority: 2, assignee_id: 'id', project_id: 'id', status_id: 'id' });
  expect(jira.statuses).toEqual([['To Do', 'new', 'blue-gray'], ['In Progress', 'indeterminate', 'yellow'], ['Done', 'done', 'green']]);
  expect([asana.statuses[0], monday.statuses, linear.statuses[2]]).toEqual([['Todo', 'Todo', 'orange'], [], ['Done', null, '#5e6ad2']]);
  expect(jira.raw).toMatchObject({ key: 'SHOP-1', fields: { status: { name: 'Done' }, priority: { name: 'High' }, assignee: { displayName: 'Ben Okafor' }, duedate: '2027-01-15' } });
  expect([asana.raw, monday.raw, linear.raw]).toEqual([expect.objectContaining({ completed: true, due_on: '2027-01-15' }), expect.objectContaining({ column_values: expect.arrayContaining([expect.objectContaining({ id: 'status', text: 'Done' })]) as unknown }), expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  expect([jira.email, asana.email, monday.email, linear.email]).toEqual(['ana@example.org', 'ana@example.org', null, 'ana@example.org']);
  expect([linear.urls, monday.urls]).toEqual([['object', 'object'], ['string', 'string']]);
  expect([jira.same, monday.same]).toEqual([['Web shop', 'Ana Marković'], ['Web shop', 'Ana Marković']]);
});

test('ids are those of Munity’s SQL: renewing keeps them, a new integration or another customer has others for the same ticket', async () => {
  const md5 = (text: string) => createHash('md5').update(text).digest('hex');
  const monday = await open('monday');
  const own = await monday.connect('ana');
  const [[item], [board]] = [await monday.rows('pm-issues'), await monday.rows('pm-projects')];
  expect([board?.id, item?.id]).toEqual([md5(`${board?.external_id}projectmonday${own}`), md5(`${own}${board?.id}${item?.external_id}taskmonday`)]);
  const { munity, connect, rows } = await open('linear');
  const first = await connect('ana');
  const [before] = await rows('pm-issues');
  expect(before?.id).toBe(md5(`${first}${before?.external_id}issuelinear`));
  await connect('ana', { integration_id: first });
  expect(await rows('pm-issues')).toEqual([before]);
  await connect('ben');
  const [colleague] = await rows('pm-issues', 'ben');
  munity.removeIntegration(first);
  expect(await rows('pm-issues')).toEqual([]);
  await connect('ana');
  const [again] = await rows('pm-issues');
  expect(new Set([before?.external_id, colleague?.external_id, again?.external_id]).size).toBe(1);
  expect(new Set([before?.id, colleague?.id, again?.id]).size).toBe(3);
});

test('a change is there after the next sync and not before; every row’s times are those of the sync', async () => {
  const { tool, key, connect, rows, hooks, sync, advance } = await open();
  await connect('ana');
  advance(60_000);
  tool.update(key, { title: 'B' });
  expect((await rows('pm-issues')).map(({ name }) => name)).toEqual(['Checkout drops the discount']);
  const before = hooks().length;
  await sync();
  expect(await rows('pm-issues')).toMatchObject([{ name: 'B', created: '2026-11-23T09:01:00.000Z', modified: '2026-11-23T09:01:00.000Z', sync_timestamp: '2026-11-23T09:01:00.000Z' }]);
  expect((await rows('pm-users'))[0]?.['modified']).toBe('2026-11-23T09:01:00.000Z');
  expect(kinds(hooks().slice(before))).toEqual([['updated', 'ProjectManagementIssue']]);
  await sync();
  expect(hooks()).toHaveLength(before + 1);
});

test('syncs go by themselves where an interval is set, and an import takes its time', async () => {
  const { munity, tool, key, connect } = await open('jira', { syncEvery: 2, importAfter: 2 });
  const id = await connect('ana');
  tool.update(key, { title: 'B' });
  await new Promise<void>((resolve) => {
    munity.onChange(() => {
      if ([...munity.integration('ana', 'jira').rows.values()].some(({ columns }) => columns['name'] === 'B')) resolve();
    });
  });
  expect(munity.integration('ana', 'jira')).toMatchObject({ id, imported: true });
});

test('an import tells of every record and then that it is done; later syncs tell what is new, changed and gone', async () => {
  const { munity, tool, key, connect, rows, hooks, sync } = await open();
  await connect('ana', { state: 'nonce-1' });
  expect(kinds(hooks()).map(([event]) => event)).toEqual(['installed', ...Array.from({ length: 8 }, () => 'new'), 'import_done']);
  expect(hooks().every((hook) => 'state' in hook && hook.state === 'nonce-1')).toBe(true);
  const done = hooks().length;
  const [old] = await rows('pm-issues');
  tool.create('OPS', { title: 'Another' });
  tool.update(key, { status: 'Done' });
  await sync();
  tool.remove(key);
  await sync();
  const told = hooks().slice(done);
  expect(kinds(told)).toEqual([['updated', 'ProjectManagementIssue'], ['new', 'ProjectManagementIssue'], ['deleted', 'ProjectManagementIssue']]);
  expect(told[0]).toEqual({
    workspace_id: WORKSPACE,
    customer_id: 'ana',
    event: 'integration_updated_data_model',
    state: 'nonce-1',
    payload: { id: munity.integration('ana', 'jira').id, resource_id: old?.id, type: 'ProjectManagementIssue', diff: { complete: { old: false, new: true }, status_id: expect.anything() as unknown }, data: expect.objectContaining({ name: 'Checkout drops the discount', source: 'jira', external_id: old?.external_id }) as unknown },
  });
  expect(told[1]?.payload).not.toHaveProperty('data');
  expect(told[2]?.payload.resource_id).toBe(old?.id);
});

test('two edits that come to the same send the same bytes', async () => {
  const { tool, key, connect, bodies, sync, advance } = await open();
  await connect('ana');
  const from = bodies.length;
  for (const title of ['A', 'B', 'A', 'B']) {
    advance(10_000);
    tool.update(key, { title });
    await sync();
  }
  const sent = bodies.slice(from);
  expect([sent.length, sent[1] === sent[3], sent[1] === sent[2]]).toEqual([4, true, false]);
});

test('an update may bring Munity’s id alone, and a kind may be called otherwise', async () => {
  const { munity, tool, key, connect, hooks, sync, rows } = await open();
  await connect('ana');
  munity.hooks.data = false;
  munity.hooks.typeOf = (kind) => kind;
  tool.update(key, { title: 'B' });
  await sync();
  const [issue] = await rows('pm-issues');
  expect(hooks().at(-1)?.payload).toEqual({ id: munity.integration('ana', 'jira').id, resource_id: issue?.id, type: 'pm-issues' });
});

test('webhooks can be held, reversed, doubled and dropped; every event can be sent by hand', async () => {
  const { munity, tool, connect, hooks, bodies, sync, rows } = await open();
  await connect('ana');
  const from = bodies.length;
  munity.hooks.hold();
  for (const title of ['A', 'B']) tool.create('SHOP', { title });
  await sync();
  expect(bodies).toHaveLength(from);
  munity.hooks.release('reverse');
  await munity.settled();
  const names = new Map((await rows('pm-issues')).map(({ id, name }) => [id, name]));
  expect(hooks().slice(from).map(({ payload }) => names.get(payload.resource_id))).toEqual(['B', 'A']);
  munity.hooks.drop(1);
  munity.hooks.duplicate(1);
  munity.send('webhook_test', null, { test: true });
  munity.send('something_new', 'ana', { id: 'x' }, 'nonce');
  await munity.settled();
  expect(bodies.slice(from + 2)).toEqual(Array.from({ length: 2 }, () => JSON.stringify({ workspace_id: WORKSPACE, customer_id: 'ana', event: 'something_new', state: 'nonce', payload: { id: 'x' } })));
});

test('moving makes another record of the same ticket at Asana and Monday, and the same one at Jira and Linear', async () => {
  const move = async (connector: string) => {
    const { tool, key, connect, rows, hooks, sync } = await open(connector);
    await connect('ana');
    const from = hooks().length;
    const [before] = await rows('pm-issues');
    tool.move(key, 'OPS');
    await sync();
    const [after] = await rows('pm-issues');
    return [before?.external_id === after?.external_id, before?.['project_id'] === after?.['project_id'], before?.id === after?.id, kinds(hooks().slice(from)).map(([event]) => event)];
  };
  for (const connector of ['asana', 'monday']) expect(await move(connector)).toEqual([true, false, false, ['deleted', 'new']]);
  for (const connector of ['jira', 'linear']) expect(await move(connector)).toEqual([true, false, true, ['updated']]);
});

test('a task in two projects of Asana is two records', async () => {
  const { tool, key, connect, rows } = await open('asana');
  tool.addToProject(key, 'OPS');
  await connect('ana');
  const issues = await rows('pm-issues');
  expect([issues.length, new Set(issues.map(({ id }) => id)).size, new Set(issues.map(({ external_id }) => external_id)).size]).toEqual([2, 2, 1]);
});

test('an integration sees what whoever consented sees, and of another site nothing, though its ids are the same', async () => {
  const { munity, tool, key, connect, rows, sync } = await open();
  const other = munity.tool('jira', 'globex');
  other.addUser('ana', 'Ana Marković');
  other.addProject('SHOP', 'Another shop');
  const twin = other.create('SHOP', { title: 'Of somebody else' });
  expect([twin.id, twin.key]).toEqual([tool.get(key).id, key]);
  await connect('ana');
  await connect('ben', {}, { as: 'ben' });
  await connect('gil', {}, { site: 'globex' });
  expect([munity.jira('ana'), munity.jira('gil')]).toEqual([tool, other]);
  tool.setMembers('SHOP', ['ben']);
  await sync();
  expect([await rows('pm-issues', 'ana'), (await rows('pm-issues', 'ben')).map(({ name }) => name), (await rows('pm-issues', 'gil')).map(({ name }) => name)]).toEqual([[], ['Checkout drops the discount'], ['Of somebody else']]);
});

test('with broken credentials reads stay as they were and syncs bring nothing, until they are mended', async () => {
  const { munity, tool, key, connect, rows, hooks, sync } = await open();
  const id = await connect('ana');
  await connect('ben');
  const from = hooks().length;
  munity.breakCredentials('ana', 'jira');
  munity.breakCredentials('ana', 'jira');
  tool.update(key, { title: 'B' });
  await sync();
  expect([(await rows('pm-issues')).map(({ name }) => name), (await rows('pm-issues', 'ben')).map(({ name }) => name)]).toEqual([['Checkout drops the discount'], ['B']]);
  expect(hooks().slice(from).filter(({ customer_id }) => customer_id === 'ana')).toMatchObject([{ event: 'integration_cannot_refresh_oauth_token', payload: { id, error: expect.stringContaining('invalid_grant') as string } }]);
  munity.mendCredentials('ana', 'jira');
  munity.mendCredentials('ana', 'jira');
  await sync();
  expect((await rows('pm-issues')).map(({ name }) => name)).toEqual(['B']);
  expect(hooks().slice(from).filter(({ customer_id }) => customer_id === 'ana').map(({ event }) => event)).toEqual(['integration_cannot_refresh_oauth_token', 'integration_oauth_token_fixed', 'integration_updated_data_model']);
});

test('renewing mends, and brings what was missed', async () => {
  const { munity, tool, key, connect, rows, hooks } = await open();
  const id = await connect('ana');
  munity.breakCredentials('ana', 'jira');
  tool.update(key, { title: 'B' });
  expect(await connect('ana', { integration_id: id, state: 'nonce-2' })).toBe(id);
  expect((await rows('pm-issues')).map(({ name }) => name)).toEqual(['B']);
  expect(hooks().slice(-3).map((hook) => [hook.event, 'state' in hook && hook.state])).toEqual([['integration_oauth_token_fixed', 'nonce-2'], ['integration_updated_data_model', 'nonce-2'], ['integration_import_done', 'nonce-2']]);
});

test('too many requests answer 429 with Retry-After, on a switch', async () => {
  const { munity, connect, call } = await open();
  await connect('ana');
  munity.faults.next(1, 429, { path: /pm-issues/, retryAfter: 7 });
  const limited = await call('ana/pm-issues/');
  expect([limited.status, limited.headers.get('retry-after'), limited.body]).toEqual([429, '7', { detail: 'Request was throttled. Expected available in 7 seconds.' }]);
  expect((await call('ana/pm-issues/')).status).toBe(200);
  expect(munity.requests.map(({ path, status }) => [path, status])).toEqual([['/v1/customers/ana/pm-issues/', 429], ['/v1/customers/ana/pm-issues/', 200]]);
});

test('single records are read by Munity’s id, of the customer’s own integrations and their kind', async () => {
  const { connect, call, rows } = await open();
  await connect('ana');
  await connect('ben');
  const [issue] = await rows('pm-issues');
  expect((await call(`ana/pm-issues/${issue?.id}/`)).body).toEqual(issue);
  for (const path of [`ben/pm-issues/${issue?.id}/`, `ana/pm-users/${issue?.id}/`, 'ana/pm-issues/x/']) expect(await call(path)).toMatchObject({ status: 404, body: { detail: 'Not found.' } });
});

test('writes are refused until they are switched on, then they reach the tool at once', async () => {
  const { connect, call, rows } = await open();
  await connect('ana');
  const [issue] = await rows('pm-issues');
  expect(await call(`ana/pm-issues/${issue?.id}/`, { method: 'PATCH', body: { name: 'B' } })).toMatchObject({ status: 405, body: { detail: 'Method "PATCH" not allowed.' } });

  const on = await open('jira', { writes: 'at-once' });
  await on.connect('ana');
  await on.connect('ben');
  const [mine] = await on.rows('pm-issues');
  const done = (await on.rows('pm-issue-statuses')).find(({ name }) => name === 'Done');
  const patch = (body: unknown) => on.call(`ana/pm-issues/${mine?.id}/`, { method: 'PATCH', body });
  expect(await patch({ name: 'B', description: null, status_id: done?.id, assignee_id: null, due_date: null, priority: 'Low', nonsense: 1 })).toMatchObject({ status: 200, body: { id: mine?.id, name: 'B', description: '', complete: true, assignee_id: null, due_date: null, priority: 'Low' } });
  expect(on.tool.get(on.key)).toMatchObject({ title: 'B', status: '10001', assignee: null });
  const from = on.hooks().length;
  await on.sync();
  expect(on.hooks().slice(from).map(({ event, customer_id }) => [event, customer_id])).toEqual([['integration_updated_data_model', 'ben']]);
  for (const [body, field] of [[{ name: ' ' }, 'name'], [{ name: 7 }, 'name'], [{ status_id: 'x' }, 'status_id'], [{ due_date: 'soon' }, 'due_date'], [{ priority: 'P1' }, 'priority']] as const) expect(await patch(body)).toMatchObject({ status: 400, body: { [field]: [expect.any(String)] } });
  on.munity.breakCredentials('ana', 'jira');
  expect((await patch({ name: 'C' })).status).toBe(400);
});

test('a write may also show after the next sync only', async () => {
  const { tool, key, connect, call, rows, sync } = await open('jira', { writes: 'after-sync' });
  await connect('ana');
  const [issue] = await rows('pm-issues');
  expect((await call(`ana/pm-issues/${issue?.id}/`, { method: 'PATCH', body: { name: 'B' } })).body['name']).toBe('Checkout drops the discount');
  expect(tool.get(key).title).toBe('B');
  await sync();
  expect((await rows('pm-issues')).map(({ name }) => name)).toEqual(['B']);
});
