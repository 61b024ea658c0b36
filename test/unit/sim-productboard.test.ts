import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { startProductboard, type PbOptions, type PbSim } from '../sim/productboard.ts';

const SECRET = 'Bearer of-the-column';

interface Wire {
  readonly data: Readonly<Record<string, unknown>> & { readonly id: string; readonly fields: Readonly<Record<string, unknown>> };
  readonly links?: { readonly next: string | null };
  readonly errors?: readonly { readonly code: string; readonly source?: { readonly pointer: string } }[];
}

type Answer = (req: IncomingMessage, res: ServerResponse, body: string) => void;

let opened: { pb: PbSim; receiver: Server } | undefined;
afterEach(async () => {
  await opened?.pb.close();
  opened?.receiver.closeAllConnections();
  opened?.receiver.close();
  opened = undefined;
});

/** A workspace with two statuses and a feature, and somebody whom it calls. */
async function open(options: PbOptions = {}) {
  let time = Date.parse('2026-11-23T09:00:00Z');
  const pb = await startProductboard({ now: () => time, record: false, ...options });
  const heard: { method: string; url: string; authorization: string | undefined; body: string }[] = [];
  let answer: Answer = (req, res) => res.writeHead(200, { 'content-type': 'text/plain' }).end(new URL(req.url ?? '', 'http://x').searchParams.get('validationToken') ?? '');
  const receiver = createServer((req, res) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
      const body = Buffer.concat(chunks).toString();
      heard.push({ method: req.method ?? '', url: req.url ?? '', authorization: req.headers.authorization, body });
      answer(req, res, body);
    })();
  });
  await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve));
  opened = { pb, receiver };
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/here`;
  for (const name of ['New', 'Done']) pb.addStatus(name);
  const parent = options.parents ? { parent: pb.addEntity({ type: 'product', name: 'Web' }).id } : {};
  const feature = pb.addEntity({ name: 'Dark mode', status: 'New', description: '<p>Please</p>', ...parent });
  const token = pb.addToken();
  const call = async (method: string, path: string, body?: unknown, as = token.value) => {
    const got = await fetch(path.startsWith('http') ? path : `${pb.url}/v2${path}`, { method, headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json', 'x-simulator-tour': '1' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await got.text();
    return { status: got.status, headers: got.headers, body: JSON.parse(text || 'null') as Wire };
  };
  const column = async (fields: object = {}, as?: string) =>
    call('POST', '/plugin-integrations', { data: { fields: { type: 'com.example', name: 'Tracker', initialState: { label: 'Push' }, action: { url, version: 1, headers: { authorization: SECRET } }, ...fields } } }, as);
  return {
    pb,
    feature,
    url,
    token,
    heard,
    call,
    column,
    /** the next callbacks are answered like this */
    answers: (next: Answer) => void (answer = next),
    connection: (connection: object, status = 200) => void (answer = (_req, res) => res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ data: { fields: { connection } } }))),
    subscribe: (events: readonly string[] = ['feature.updated']) => call('POST', '/webhooks', { data: { fields: { name: 'Tandem', events: events.map((eventType) => ({ eventType })), notification: { url, version: 1, headers: { authorization: SECRET } } } } }),
    advance: (ms: number) => void (time += ms),
  };
}

const CONNECTED = { state: 'connected', label: 'Open', hoverLabel: 'roadmap#7', tooltip: 'roadmap#7 Dark mode', color: 'blue', targetUrl: 'https://git.example/7' };

test('a column that is made enabled is probed with its secret, and one whose address does not repeat the token is not made', async () => {
  const { column, heard, answers, pb } = await open();
  expect((await column()).status).toBe(201);
  expect(heard[0]).toMatchObject({ method: 'GET', authorization: SECRET });
  answers((_req, res) => res.writeHead(200, { 'content-type': 'text/plain' }).end('something else'));
  expect((await column()).body.errors?.[0]?.code).toBe('callback.probeFailed');
  answers((req, res) => res.writeHead(200, { 'content-type': 'text/html' }).end(new URL(req.url ?? '', 'http://x').searchParams.get('validationToken') ?? ''));
  expect((await column()).status).toBe(422);
  expect((await column({ integrationStatus: 'disabled' })).status).toBe(201);
  expect(pb.state.plugins.size).toBe(2);
});

test('a disabled column is probed when it is enabled, and stays disabled where that fails', async () => {
  const { column, call, answers, pb, url } = await open();
  const { id } = (await column({ integrationStatus: 'disabled' })).body.data;
  answers((_req, res) => res.writeHead(404).end());
  expect((await call('PATCH', `/plugin-integrations/${id}`, { data: { fields: { integrationStatus: 'enabled' } } })).status).toBe(422);
  expect(pb.state.plugins.get(id)?.enabled).toBe(false);
  const shown = await call('GET', `/plugin-integrations/${id}`);
  expect(shown.body.data.fields).toEqual({ type: 'com.example', name: 'Tracker', integrationStatus: 'disabled', initialState: { label: 'Push' } });
  expect(JSON.stringify(shown.body)).not.toContain(url);
});

test.each([
  ['http to a public host', 'http://tandem.example.org/x'],
  ['a private address', 'https://10.1.2.3/x'],
  ['a name without a dot', 'https://tandem/x'],
  ['no address', 'tandem'],
])('a callback to %s is refused, loopback is taken', async (_what, url) => {
  const { column, subscribe, call } = await open();
  const refused = await column({ action: { url, version: 1 }, integrationStatus: 'disabled' });
  expect([refused.status, refused.body.errors?.[0]?.code]).toEqual([422, 'callback.invalidUrl']);
  expect((await call('POST', '/webhooks', { data: { fields: { name: 'x', events: [{ eventType: 'feature.updated' }], notification: { url, version: 1 } } } })).status).toBe(422);
  expect((await subscribe()).status).toBe(201);
});

test('what is too long, unknown or missing is refused at its place', async () => {
  const { column, call, feature } = await open();
  expect((await column({ initialState: { label: 'Push to it' } })).status).toBe(201);
  expect((await column({ initialState: { label: 'Push to it!' } })).body.errors?.[0]?.source?.pointer).toBe('/data/fields/initialState/label');
  expect((await column({ icon: 'x' })).body.errors?.[0]?.source?.pointer).toBe('/data/fields/icon');
  const { id } = (await column()).body.data;
  const put = (connection: object) => call('PUT', `/plugin-integrations/${id}/connections/${feature.id}`, { data: { fields: { connection } } });
  for (const [field, value] of [['label', 'x'.repeat(21)], ['label', ''], ['hoverLabel', 'x'.repeat(21)], ['tooltip', 'x'.repeat(51)], ['color', 'pink'], ['targetUrl', 'nowhere']] as const) expect((await put({ ...CONNECTED, [field]: value })).status, field).toBe(422);
  expect((await put({ state: 'error', message: 'x'.repeat(256) })).status).toBe(422);
  expect((await put(CONNECTED)).status).toBe(200);
});

test('a press shows what the action answers, as if it had been put', async () => {
  const { column, pb, feature, connection, heard, call } = await open();
  const { id } = (await column()).body.data;
  connection(CONNECTED);
  expect(await pb.press(id, feature.id)).toEqual(CONNECTED);
  expect(heard.at(-1)).toMatchObject({ method: 'POST', authorization: SECRET });
  expect(JSON.parse(heard.at(-1)?.body ?? '')).toMatchObject({ data: { integrationId: id, trigger: 'button.push', feature: { id: feature.id } } });
  expect((await call('GET', `/plugin-integrations/${id}/connections?state[]=connected`)).body.data).toHaveLength(1);
  await expect(pb.press(id, feature.id)).rejects.toThrow('offers no button.push');
  connection({ state: 'initial' });
  expect(await pb.press(id, feature.id, 'button.unlink')).toEqual({ state: 'initial' });
  expect((await call('GET', `/plugin-integrations/${id}/connections/${feature.id}`)).body.data.fields).toEqual({ connection: { state: 'initial' } });
});

test('an answer that is late, of another status or against the limits shows as an error, with the reason for developers', async () => {
  const { column, pb, feature, connection, answers } = await open({ patience: 60 });
  const { id } = (await column()).body.data;
  connection({ ...CONNECTED, tooltip: 'x'.repeat(51) });
  expect(await pb.press(id, feature.id)).toMatchObject({ state: 'error', debugDetail: expect.stringContaining('tooltip') as unknown });
  connection({ state: 'initial' });
  await pb.press(id, feature.id, 'button.dismiss');
  connection(CONNECTED, 202);
  expect(await pb.press(id, feature.id)).toMatchObject({ state: 'error', debugDetail: expect.stringContaining('202') as unknown });
  connection({ state: 'initial' });
  await pb.press(id, feature.id, 'button.dismiss');
  answers(() => undefined);
  expect(await pb.press(id, feature.id)).toMatchObject({ state: 'error', debugDetail: 'The action did not answer in time' });
});

test('an answer to a press that comes late overtakes what was put meanwhile', async () => {
  const { column, pb, feature, connection, call } = await open();
  const { id } = (await column()).body.data;
  connection({ state: 'progress' });
  void pb.hooks.holdAnswers();
  const pressed = pb.press(id, feature.id);
  await call('PUT', `/plugin-integrations/${id}/connections/${feature.id}`, { data: { fields: { connection: CONNECTED } } });
  expect(pb.connection(id, feature.id)).toEqual(CONNECTED);
  pb.hooks.releaseAnswers();
  await pressed;
  expect(pb.connection(id, feature.id)).toEqual({ state: 'progress' });
});

test('an event is sent again eight times, further and further apart, and then the webhook is dead', async () => {
  const { subscribe, pb, feature, answers, advance, heard } = await open();
  await subscribe();
  answers((_req, res) => res.writeHead(302, { location: '/elsewhere' }).end());
  pb.edit(feature.id, { name: 'Darker mode' });
  await pb.settled();
  for (const minutes of [1, 3, 9, 27, 81, 243, 729, 2187]) {
    advance(minutes * 60_000 - 1);
    await pb.retry();
    const before = pb.deliveries.length;
    advance(1);
    await pb.retry();
    expect(pb.deliveries).toHaveLength(before + 1);
  }
  expect(pb.deliveries).toHaveLength(9);
  expect([...pb.state.webhooks.values()][0]?.disabled).toBe(true);
  expect(JSON.parse(heard[0]?.body ?? '')).toEqual({ data: { id: feature.id, eventType: 'feature.updated', links: { target: `${pb.url}/v2/entities/${feature.id}` }, updatedAttributes: ['name'] } });
  pb.edit(feature.id, { name: 'Light mode' });
  await pb.settled();
  expect(pb.deliveries).toHaveLength(9);
});

test('a write answers only who it was, moves the time stamp and sends an event, even if nothing changed', async () => {
  const { call, feature, subscribe, pb, answers, advance } = await open();
  await subscribe();
  answers((_req, res) => res.writeHead(204).end());
  advance(1000);
  const { body } = await call('PATCH', `/entities/${feature.id}`, { data: { fields: { name: 'Dark mode' } } });
  expect(Object.keys(body.data).sort()).toEqual(['id', 'links', 'type']);
  await pb.settled();
  expect(pb.deliveries).toHaveLength(1);
  expect(feature.updatedAt).toBe('2026-11-23T09:00:01.000Z');
});

test('a status is taken by id or by its exact name', async () => {
  const { call, feature } = await open();
  const set = (status: object) => call('PATCH', `/entities/${feature.id}`, { data: { fields: { status } } });
  expect((await set({ name: 'Done' })).status).toBe(200);
  expect((await set({ name: 'done' })).body.errors?.[0]?.code).toBe('validation.referenceNotFound');
  expect((await call('GET', `/entities/${feature.id}`)).body.data.fields['status']).toMatchObject({ name: 'Done' });
});

test('rich text is as the editor has it, an unknown tag is refused, and a placeholder keeps what it stands for', async () => {
  const { call, feature, pb } = await open();
  const write = (description: string) => call('PATCH', `/entities/${feature.id}`, { data: { fields: { description } } });
  await write('Loose &amp; <b>bold</b>\n<ul>\n<li>one</li></ul><p></p>');
  expect(feature.description).toBe('<p>Loose &amp; <b>bold</b></p><ul><li><p>one</p></li></ul>');
  expect((await write('<div>x</div>')).status).toBe(400);
  expect((await write('<p>x')).status).toBe(400);
  const node = pb.embed(feature.id, 'A video');
  expect(feature.description).toContain(`href="urn:pb:node:${node}"`);
  await write(`<p><a href="urn:pb:node:${node}">A video</a></p>`);
  expect(pb.state.nodes.has(node)).toBe(true);
  await write('<p>gone</p>');
  expect(pb.state.nodes.has(node)).toBe(false);
});

test('an application sees only what it made, a personal token the whole workspace', async () => {
  const { column, call, pb, token } = await open();
  const own = pb.addToken({ app: 'tandem' });
  const { id } = (await column()).body.data;
  const theirs = (await column({}, own.value)).body.data.id;
  expect((await call('GET', `/plugin-integrations/${id}`, undefined, own.value)).status).toBe(404);
  expect((await call('DELETE', `/plugin-integrations/${id}`, undefined, own.value)).status).toBe(404);
  expect((await call('GET', '/plugin-integrations', undefined, own.value)).body.data).toHaveLength(1);
  expect((await call('GET', `/plugin-integrations/${theirs}`, undefined, token.value)).status).toBe(200);
});

test('a token may ask fifty times a second, and is told when to come back', async () => {
  const { call, advance } = await open();
  for (let i = 0; i < 50; i += 1) expect((await call('GET', '/webhooks')).status).toBe(200);
  const { status, headers } = await call('GET', '/webhooks');
  expect([status, headers.get('retry-after'), headers.get('x-ratelimit-remaining')]).toEqual([429, '1', '0']);
  advance(1000);
  expect((await call('GET', '/webhooks')).status).toBe(200);
});

test('a token without the scope, a wrong one and none are told apart', async () => {
  const { call, pb } = await open();
  const weak = pb.addToken({ scopes: ['entities:read'] });
  expect((await call('GET', '/webhooks', undefined, weak.value)).body.errors?.[0]?.code).toBe('auth.accessDenied');
  expect((await call('GET', '/webhooks', undefined, 'nobody')).status).toBe(401);
});

test('lists come in pages of a hundred, names are searched in lists only, times in searches only', async () => {
  const { call, pb, advance } = await open({ rateLimit: 1000 });
  for (let i = 0; i < 120; i += 1) pb.addEntity({ name: `Feature ${i}` });
  const first = await call('GET', '/entities?type[]=feature');
  expect(first.body.data).toHaveLength(100);
  expect((await call('GET', first.body.links?.next ?? '')).body.data).toHaveLength(21);
  expect((await call('GET', '/entities?type[]=feature&name=dark')).body.data).toHaveLength(1);
  expect((await call('POST', '/entities/search', { data: { filter: { fields: { name: 'dark' } } } })).body.data).toHaveLength(100);
  advance(1000);
  const late = pb.addEntity({ name: 'Late' });
  expect((await call('POST', '/entities/search', { data: { filter: { updatedAt: { from: late.updatedAt } } } })).body.data).toMatchObject([{ id: late.id }]);
});

test('deleting takes what is below and what columns show of it', async () => {
  const { call, pb, column, connection, feature } = await open();
  const child = pb.addEntity({ type: 'subfeature', name: 'A part', parent: feature.id });
  const { id } = (await column()).body.data;
  connection(CONNECTED);
  await pb.press(id, feature.id);
  expect((await call('DELETE', `/entities/${feature.id}`)).status).toBe(204);
  expect([pb.state.entities.has(child.id), pb.state.plugins.get(id)?.connections.size]).toEqual([false, 0]);
});

test('where features need a parent, one without is refused', async () => {
  const { call, pb } = await open({ parents: true });
  expect((await call('POST', '/entities', { data: { type: 'feature', fields: { name: 'Alone' } } })).status).toBe(422);
  const product = pb.addEntity({ type: 'product', name: 'App' });
  expect((await call('POST', '/entities', { data: { type: 'feature', fields: { name: 'Below' }, relationships: [{ type: 'parent', target: { id: product.id } }] } })).status).toBe(201);
});
