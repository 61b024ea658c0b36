import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { makeCertificate, signSecret, startMunity, type MunityOptions } from '../sim/munity.ts';

let closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.toReversed()) await close();
  closers = [];
});

const CERTIFICATE = makeCertificate();
const OTHER = makeCertificate();
const WORKSPACE = '11111111-2222-4333-aaaa-eeeeeeeeeeee';
const ROOM = '2f1c0f9e-0000-4000-8000-000000000001';
const KEY = 'prefix.api-key-of-the-workspace';

/** Ana and Ben have accounts at one Jira, Ana one at Monday too. */
async function open(options: Partial<MunityOptions> = {}) {
  let time = Date.parse('2026-11-23T09:00:00Z');
  const got: { url: string; body: { event: string; customer_id: string | null; state: string | null; payload: Record<string, unknown> } }[] = [];
  const munity = await startMunity({
    now: () => time,
    workspaceId: WORKSPACE,
    publicKey: CERTIFICATE.publicKey,
    apiKey: KEY,
    webhookUrl: 'http://tandem.example/hooks/munity/a-token',
    courier: ({ url, body }) => {
      got.push({ url, body: JSON.parse(body) });
      return Promise.resolve({ status: 202, text: '' });
    },
    ...options,
  });
  closers.push(() => munity.close());
  munity.connecting.loader = 0;
  const jira = munity.tool('jira');
  jira.addUser('ana', 'Ana Marković');
  jira.addUser('ben', 'Ben Okafor');
  jira.addProject('SHOP', 'Web shop');
  jira.create('SHOP', { title: 'Checkout drops the discount' });
  munity.tool('monday').addUser('ana', 'Ana Marković');
  const secret = (claims: Record<string, unknown> = {}, key = CERTIFICATE.privateKey) => signSecret(key, { workspace_id: WORKSPACE, customer_id: 'c0ffee', ...claims });
  const register = (given: string, connector = 'jira', room: string | null = ROOM) => `${munity.url}/v1/credentials/${connector}/register?secret=${encodeURIComponent(given)}${room === null ? '' : `&ws_room=${room}`}`;
  const told = () => munity.events.told.map(({ type, message }) => [type, message]);
  const events = () => got.map(({ body }) => body.event);
  return { munity, jira, secret, register, told, got, events, advance: (ms: number) => (time += ms), seconds: () => time / 1000 };
}

/** Follows redirects and the loader, as a browser without scripts does. */
async function walk(address: string): Promise<{ at: string; status: number; headers: Headers; text: string; steps: string[] }> {
  const steps: string[] = [];
  let at = address;
  for (;;) {
    const answer = await fetch(at, { redirect: 'manual' });
    const text = await answer.text();
    steps.push(`${answer.status} ${new URL(at).pathname}`);
    const next = answer.headers.get('location') ?? /http-equiv="refresh" content="0;url=([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&');
    if (next === undefined) return { at, status: answer.status, headers: answer.headers, text, steps };
    at = new URL(next, at).href;
  }
}

async function press(page: { at: string }, fields: Record<string, string>): Promise<Awaited<ReturnType<typeof walk>> & { first: Response }> {
  const first = await fetch(page.at, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  const next = first.headers.get('location');
  return { ...(next === null ? { at: page.at, status: first.status, headers: first.headers, text: await first.text(), steps: [] } : await walk(new URL(next, page.at).href)), first };
}

/** Reads a stream's messages until it ends or has so many. */
async function listen(address: string) {
  const controller = new AbortController();
  closers.push(() => controller.abort());
  const answer = await fetch(address, { signal: controller.signal });
  const messages: string[] = [];
  const waiting: (() => void)[] = [];
  const ended = (async () => {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      rest += decoder.decode(chunk, { stream: true });
      const blocks = rest.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) if (block.startsWith('data: ')) messages.push(block.slice(6));
      for (const wake of waiting.splice(0)) wake();
    }
  })().catch(() => undefined);
  const until = async (count: number): Promise<string[]> => {
    while (messages.length < count) await new Promise<void>((resolve) => void waiting.push(resolve));
    return messages;
  };
  return { status: answer.status, headers: answer.headers, until, ended };
}

test('a customer goes from the secret over the loader to the tool’s consent page and back, without scripts', async () => {
  const { munity, secret, register, told, got } = await open();
  const consent = await walk(register(secret({ state: 'nonce-1', name: 'Acme' })));
  expect(consent.steps).toEqual(['302 /v1/credentials/jira/register', '200 /v1/integration/loader', '302 /v1/integration/oauth/connect/jira', '200 /jira/authorize']);
  expect([new URL(consent.at).origin, consent.headers.get('cross-origin-opener-policy')]).toEqual([munity.toolsUrl, null]);
  expect(consent.text).toContain('<option value="ben">Ben Okafor</option>');
  const done = await press(consent, { user: 'ben', site: 'jira/acme', answer: 'allow' });
  expect([done.status, done.text]).toEqual([200, expect.stringContaining('You can close this window')]);
  expect(done.text).not.toContain('<script');
  const { id, account } = munity.integration('c0ffee', 'jira');
  expect(account).toBe(munity.tool('jira').user('ben').id);
  await munity.settled();
  expect(told().map(([type]) => type)).toEqual(['READY', 'IMPORT_DONE']);
  expect(got[0]).toEqual({
    url: 'http://tandem.example/hooks/munity/a-token',
    body: { workspace_id: WORKSPACE, customer_id: 'c0ffee', event: 'integration_installed', state: 'nonce-1', payload: { id, connector_type: 'jira', metadata: {}, state: 'nonce-1' } },
  });
  expect(got.at(-1)?.body).toMatchObject({ event: 'integration_import_done', state: 'nonce-1', payload: { id, connector_type: 'jira' } });
  expect(munity.state.customers).toEqual([{ uuid: expect.stringMatching(/^[0-9a-f-]{36}$/), id: 'c0ffee' }]);
});

test('whoever denies is told so, and so is the room; nothing is installed', async () => {
  const { munity, secret, register, told, got } = await open();
  const denied = await press(await walk(register(secret())), { answer: 'deny' });
  expect([denied.status, denied.text]).toEqual([403, expect.stringContaining('Access to Jira was not granted.')]);
  expect(told()).toEqual([['error', 'Access to Jira was not granted.']]);
  expect([munity.state.integrations, got]).toEqual([[], []]);
});

test('a connector with a form takes an API token that its tool knows, and says when it does not', async () => {
  const { munity, secret, register, told } = await open({ importAfter: 'held' });
  const form = await walk(register(secret(), 'monday'));
  expect(form.text).toContain('Connector settings');
  const wrong = await press(form, { token: '<b>nonsense</b>', answer: 'send' });
  expect([wrong.status, wrong.text, told()]).toEqual([400, expect.stringContaining('Monday does not know this token.'), []]);
  const right = await press(form, { token: munity.tool('monday').user('ana').token, answer: 'send' });
  expect([right.status, told()]).toEqual([200, [['READY', 'The integration is ready.']]]);
  const cancelled = await press(await walk(register(secret(), 'monday')), { answer: 'cancel' });
  expect([cancelled.status, told().at(-1)?.[0]]).toEqual([403, 'error']);
});

test('every secret that is not what it should be is a page that says why, and an error event', async () => {
  const { secret, register, told, seconds, munity } = await open();
  const hs256 = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${Buffer.from(JSON.stringify({ workspace_id: WORKSPACE, customer_id: 'c0ffee' })).toString('base64url')}.AAAA`;
  const refused: [string, number, string][] = [
    ['', 400, 'no secret'],
    ['a.b.c', 400, 'no JSON Web Token'],
    [hs256, 401, 'not signed with RS256'],
    [secret({}, OTHER.privateKey), 401, 'signature'],
    [secret({ exp: seconds() }), 401, 'expired'],
    [secret({ iat: seconds() + 1 }), 401, 'not valid yet'],
    [secret({ nbf: seconds() + 1 }), 401, 'not valid yet'],
    [secret({ exp: 'tomorrow' }), 400, 'exp is no number'],
    [secret({ customer_id: undefined }), 400, 'customer_id is missing'],
    [secret({ workspace_id: undefined }), 400, 'workspace_id is missing'],
    [secret({ customer_id: 'customer_1234' }), 400, 'letters and numbers only'],
    [secret({ customer_id: 7 }), 400, 'customer_id is no text'],
    [secret({ workspace_id: '99999999-2222-4333-aaaa-eeeeeeeeeeee' }), 403, 'no such workspace'],
    [secret({ integration_id: '00000000-0000-4000-8000-000000000000' }), 404, 'to be renewed is not there'],
  ];
  for (const [given, status, why] of refused) {
    const page = await walk(register(given));
    expect([page.status, page.text, told().at(-1)]).toEqual([status, expect.stringContaining(why), ['error', expect.stringContaining(why)]]);
  }
  expect((await walk(register(secret(), 'trello'))).status).toBe(404);
  expect(told()).toHaveLength(refused.length + 1);
  expect((await walk(register(secret({ exp: seconds() + 1 })))).status).toBe(200);
  munity.setPublicKey(OTHER.publicKey);
  expect((await walk(register(secret()))).status).toBe(401);
});

test('a state works once, whoever uses it first', async () => {
  const { secret, register, munity, told } = await open();
  const both = [await walk(register(secret({ state: 'nonce-1' }))), await walk(register(secret({ state: 'nonce-1' })))] as const;
  expect((await press(both[0], { user: 'ana', site: 'jira/acme', answer: 'allow' })).status).toBe(200);
  const late = await press(both[1], { user: 'ana', site: 'jira/acme', answer: 'allow' });
  expect([late.status, late.text]).toEqual([409, expect.stringContaining('used already')]);
  expect((await walk(register(secret({ state: 'nonce-1' })))).status).toBe(409);
  expect([munity.state.integrations.length, told().filter(([type]) => type === 'error')]).toEqual([1, [['error', expect.stringContaining('used already')], ['error', expect.stringContaining('used already')]]]);
});

test('the tool’s answer to its consent page counts once', async () => {
  const { secret, register, munity } = await open();
  const done = await press(await walk(register(secret())), { user: 'ana', site: 'jira/acme', answer: 'allow' });
  const again = await walk(done.at);
  expect([again.status, again.text, munity.state.integrations.length]).toEqual([400, expect.stringContaining('Jira does not know this code.'), 1]);
});

test('renewing keeps the integration, and is only for the customer and connector that it belongs to', async () => {
  const { munity, secret, register, events } = await open();
  const { id } = munity.grant('jira', secret({ state: 'nonce-1' }));
  munity.breakCredentials('c0ffee', 'jira');
  for (const claims of [{ customer_id: 'another' }, { integration_id: 'x' }]) expect((await walk(register(secret({ integration_id: id, ...claims })))).status).toBe(404);
  expect((await walk(register(secret({ integration_id: id }), 'asana'))).status).toBe(404);
  const page = await press(await walk(register(secret({ integration_id: id, state: 'nonce-2' }))), { user: 'ana', site: 'jira/acme', answer: 'allow' });
  expect([page.status, munity.state.integrations]).toEqual([200, [expect.objectContaining({ id, broken: false, state: 'nonce-2' })]]);
  await munity.settled();
  expect(events().filter((event) => !event.includes('data_model'))).toEqual(['integration_installed', 'integration_cannot_refresh_oauth_token', 'integration_oauth_token_fixed', 'integration_import_done']);
  munity.connecting.renewal = ['integration_installed'];
  munity.grant('jira', secret({ integration_id: id }));
  await munity.settled();
  expect(events().slice(-2)).toEqual(['integration_installed', 'integration_import_done']);
});

test('a consent page may have an opener policy, the pages of Munity around it never have one', async () => {
  const { munity, secret, register } = await open();
  munity.connecting.coop = 'same-origin';
  const consent = await walk(register(secret()));
  expect(consent.headers.get('cross-origin-opener-policy')).toBe('same-origin');
  const done = await press(consent, { user: 'ana', site: 'jira/acme', answer: 'allow' });
  expect([done.first.headers.get('cross-origin-opener-policy'), done.headers.get('cross-origin-opener-policy')]).toEqual(['same-origin', null]);
  expect((await walk(register(secret(), 'monday'))).headers.get('cross-origin-opener-policy')).toBe('same-origin');
});

test('on demand the last page tells its opener what the stream tells', async () => {
  const { munity, secret, register } = await open();
  munity.connecting.postMessage = true;
  const script = async (answer: string) => /<script>(.*)<\/script>/.exec((await press(await walk(register(secret())), { user: 'ana', site: 'jira/acme', answer })).text)?.[1];
  expect(await script('allow')).toBe('opener?.postMessage({"type":"READY","message":"The integration is ready."},\'*\')');
  munity.events.shape = 'string';
  expect(await script('deny')).toBe('opener?.postMessage("error",\'*\')');
});

test('the loader goes on to Munity’s own pages only, and addresses of people are text on every page', async () => {
  const { munity, register } = await open();
  const away = await fetch(`${munity.url}/v1/integration/loader?url=${Buffer.from('https://evil.example/').toString('base64')}`);
  expect([away.status, await away.text()]).toEqual([400, expect.not.stringContaining('evil.example')]);
  expect((await walk(register('x', '%3Cscript%3E'))).text).not.toContain('<script>');
  munity.connecting.postMessage = true;
  const posting = (await walk(register('x', encodeURIComponent('</script><script>alert(1)')))).text;
  expect([posting.match(/<script>/g)?.length, posting.match(/<\/script>/g)?.length]).toEqual([1, 1]);
  const consent = await fetch(`${munity.toolsUrl}/jira/authorize?redirect_uri=https://evil.example/&state=x`);
  expect(consent.status).toBe(400);
});

test('a stream tells everybody in its room, and nobody of what was before', async () => {
  const { munity, secret } = await open({ ssePort: 0, importAfter: 'held' });
  expect(munity.sseUrl).not.toBe(munity.url);
  expect((await fetch(`${munity.url}/events/?uuid=${ROOM}`)).status).toBe(501);
  const [one, two] = [await listen(`${munity.sseUrl}/events/?uuid=${ROOM}`), await listen(`${munity.sseUrl}/events/?uuid=${ROOM}`)];
  const other = await listen(`${munity.sseUrl}/events/?uuid=another`);
  expect([one.status, one.headers.get('content-type'), one.headers.get('access-control-allow-origin')]).toEqual([200, 'text/event-stream', '*']);
  expect([munity.events.listeners(ROOM), munity.events.listeners()]).toEqual([2, 3]);
  munity.grant('jira', secret(), { room: ROOM });
  expect(await one.until(1)).toEqual(['{"type":"READY","message":"The integration is ready."}']);
  const late = await listen(`${munity.sseUrl}/events/?uuid=${ROOM}`);
  munity.releaseImports();
  expect(await late.until(1)).toEqual([expect.stringContaining('IMPORT_DONE')]);
  expect(await two.until(2)).toHaveLength(2);
  munity.events.send('another', 'for you alone');
  expect(await other.until(1)).toEqual(['for you alone']);
  expect((await fetch(`${munity.sseUrl}/events/`)).status).toBe(400);
});

test('what a message looks like is a switch, as is what the end of an import is called', async () => {
  const { munity, secret } = await open();
  const { until } = await listen(`${munity.sseUrl}/events/?uuid=${ROOM}`);
  const shapes = ['type', 'status', 'string', 'json-string'] as const;
  munity.events.done = 'INSTALLED';
  for (const shape of shapes) {
    munity.events.shape = shape;
    munity.grant('jira', secret(), { room: ROOM });
    await munity.settled();
  }
  const messages = await until(8);
  expect(messages.filter((_, i) => i % 2 === 0)).toEqual(['{"type":"READY","message":"The integration is ready."}', '{"status":"READY","message":"The integration is ready."}', 'READY', '"READY"']);
  expect(messages.slice(-1)).toEqual(['"INSTALLED"']);
});

test('streams can be cut, refused, and events lost', async () => {
  const { munity, secret, told } = await open();
  const address = `${munity.sseUrl}/events/?uuid=${ROOM}`;
  const first = await listen(address);
  munity.events.drop();
  await first.ended;
  munity.events.refuse(1);
  expect([(await fetch(address)).status, (await listen(address)).status]).toEqual([503, 200]);
  const again = await listen(address);
  munity.events.lose(1);
  munity.grant('jira', secret(), { room: ROOM });
  await munity.settled();
  expect(await again.until(1)).toEqual([expect.stringContaining('IMPORT_DONE')]);
  expect(told().map(([type]) => type)).toEqual(['READY', 'IMPORT_DONE']);
});

test('webhooks go over the network, and a receiver that fails or is gone is not asked again', async () => {
  const got: string[] = [];
  const server = createServer((req, res) => {
    got.push(`${req.method} ${req.url} ${req.headers['content-type']}`);
    req.resume().on('end', () => res.writeHead(got.length === 1 ? 202 : 503).end());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { munity } = await open();
  const real = await startMunity({ workspaceId: WORKSPACE, publicKey: CERTIFICATE.publicKey, apiKey: KEY, webhookUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/munity/t` });
  closers.push(() => real.close());
  real.send('webhook_test', null, { test: true });
  real.hooks.contentType = 'text/plain';
  real.send('something_new', 'c0ffee', {});
  await real.settled();
  expect([got, real.deliveries.map(({ status }) => status)]).toEqual([['POST /hooks/munity/t application/json', 'POST /hooks/munity/t text/plain'], ['202', '503']]);
  await new Promise((resolve) => void server.close(resolve));
  real.send('webhook_test', null, { test: true });
  await real.settled();
  expect(real.deliveries.at(-1)?.status).toBe('no answer');
  munity.webhookUrl = undefined;
  munity.send('webhook_test', null, { test: true });
  expect(munity.deliveries).toEqual([]);
});
