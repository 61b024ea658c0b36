import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { startGitlab, type GitlabOptions } from '../sim/gitlab.ts';
import { seedGitlab } from '../sim/gitlab-seed.ts';

let closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers) await close();
  closers = [];
});

interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Wire & readonly Wire[];
}

/** What the tests read of answers, objects and lists alike. */
interface Wire {
  readonly id: number;
  readonly iid: number;
  readonly labels: readonly string[];
}

/** Ana owns, Mia maintains, Ben develops, Cem is a guest, Eve is nobody there. */
async function open(options: GitlabOptions = {}) {
  let time = Date.parse('2026-11-23T09:00:00Z');
  const gitlab = await startGitlab({ now: () => time, record: false, ...options });
  closers.push(() => gitlab.close());
  for (const name of ['ana', 'mia', 'ben', 'cem', 'eve']) gitlab.addUser(name, name.toUpperCase());
  const project = gitlab.addProject('acme/roadmap', { ana: 50, mia: 40, ben: 30, cem: 10 });
  gitlab.addLabel(project.id, 'bug', '#ff0000');
  const tokens: Record<string, string> = {};
  for (const { username } of gitlab.state.users) tokens[username] = gitlab.addToken(username).value;
  const call = async (who: string, method: string, path: string, body?: unknown): Promise<Got> => {
    const answer = await fetch(`${gitlab.url}/api/v4${path}`, {
      method,
      headers: { 'PRIVATE-TOKEN': tokens[who] ?? who, ...(options.record ? { 'x-simulator-tour': '1' } : {}), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const parsed: Got['body'] = JSON.parse(answer.headers.get('content-type')?.includes('json') ? text : JSON.stringify(text));
    return { status: answer.status, headers: answer.headers, body: parsed };
  };
  const at = `/projects/${project.id}`;
  return { gitlab, project, tokens, call, at, advance: (ms: number) => (time += ms), now: () => time };
}

interface Hooked {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: { readonly object_attributes: { readonly iid: number; readonly action: string; readonly title: string }; readonly event_type: string };
}

function as(who: string): RequestInit {
  return { redirect: 'manual', headers: { cookie: `gitlab_sim_user=${who}` } };
}

/** A receiver of webhooks that answers with whatever `answer` says. */
async function receiver() {
  const got: Hooked[] = [];
  const state = { status: 202, silent: false };
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const body: Hooked['body'] = JSON.parse(text);
      got.push({ headers: req.headers, text, body });
      if (!state.silent) res.writeHead(state.status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return { got, state, url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/hooks/gitlab/w1`, actions: () => got.map(({ body }) => body.object_attributes.action) };
}

test('only a living token with the right scope gets in', async () => {
  const { gitlab, call, at, now } = await open();
  expect((await call('glpat-wrong', 'GET', '/user')).status).toBe(401);
  const reader = gitlab.addToken('ben', { scopes: ['read_api'] });
  expect((await call(reader.value, 'GET', `${at}/issues`)).status).toBe(200);
  expect(await call(reader.value, 'POST', `${at}/issues`, { title: 'x' })).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } });
  gitlab.revokeToken(reader.value);
  expect(await call(reader.value, 'GET', '/user')).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
  const old = gitlab.addToken('ben', { expiresAt: new Date(now()).toISOString().slice(0, 10) });
  expect((await call(old.value, 'GET', '/user')).status).toBe(401);
});

test('a private project is not there for strangers, by number or path', async () => {
  const { call, at } = await open();
  expect(await call('eve', 'GET', at)).toMatchObject({ status: 404, body: { message: '404 Project Not Found' } });
  expect((await call('ben', 'GET', '/projects/acme%2Froadmap')).status).toBe(200);
  expect((await call('eve', 'GET', '/projects?membership=true')).body).toEqual([]);
});

test('guests create and read, edit their own, and nothing of others', async () => {
  const { gitlab, call, at } = await open();
  const others = gitlab.as('ben').createIssue('acme/roadmap', { title: 'Ben’s' });
  expect((await call('cem', 'GET', `${at}/issues/${others.iid}`)).status).toBe(200);
  expect((await call('cem', 'PUT', `${at}/issues/${others.iid}`, { title: 'Mine' })).status).toBe(403);
  const own = (await call('cem', 'POST', `${at}/issues`, { title: 'Cem’s', labels: ['bug', 'invented'] })).body;
  expect(own.labels).toEqual(['bug']);
  expect(await call('cem', 'PUT', `${at}/issues/${own.iid}`, { title: 'Better', add_labels: ['other'], remove_labels: ['bug'] })).toMatchObject({ status: 200, body: { title: 'Better', labels: ['bug'] } });
  expect((await call('cem', 'DELETE', `${at}/issues/${own.iid}`)).status).toBe(403);
});

test('a confidential issue is hidden from guests who did not write it', async () => {
  const { gitlab, call, at } = await open();
  const secret = gitlab.as('ben').createIssue('acme/roadmap', { title: 'Secret', confidential: true });
  expect((await call('cem', 'GET', `${at}/issues/${secret.iid}`)).status).toBe(404);
  expect((await call('cem', 'GET', `${at}/issues`)).body).toEqual([]);
  expect((await call('mia', 'GET', `${at}/issues/${secret.iid}`)).status).toBe(200);
});

test('a guest keeps title, text and state of what they are assigned to, its labels and people are dropped in silence', async () => {
  const { gitlab, call, at } = await open();
  const [cem, ana] = ['cem', 'ana'].map((name) => gitlab.user(name).id);
  gitlab.as('ben').createIssue('acme/roadmap', { title: 'For Cem', labels: ['bug'], assignee_ids: [cem ?? 0] });
  const edit = { title: 'By Cem', description: 'Mine', state_event: 'close', labels: '', assignee_ids: [ana], due_date: '2027-01-01', confidential: true };
  expect(await call('cem', 'PUT', `${at}/issues/1`, edit)).toMatchObject({ status: 200, body: { title: 'By Cem', description: 'Mine', state: 'closed', labels: ['bug'], assignees: [{ id: cem }], due_date: null, confidential: false } });
  expect((await call('ana', 'PUT', `${at}/issues/1`, { assignee_ids: [0] })).status).toBe(200);
  expect((await call('cem', 'PUT', `${at}/issues/1`, { title: 'No more' })).status).toBe(403);
});

test('who has no role in a public project edits what they wrote there, and only that', async () => {
  const { gitlab, call } = await open();
  const { id } = gitlab.addProject('acme/open', { ana: 50 }, { visibility: 'public' });
  gitlab.as('ana').createIssue(id, { title: 'Ana’s' });
  await call('eve', 'POST', `/projects/${id}/issues`, { title: 'Eve’s' });
  expect((await call('eve', 'PUT', `/projects/${id}/issues/2`, { title: 'Better' })).status).toBe(200);
  expect((await call('eve', 'PUT', `/projects/${id}/issues/1`, { title: 'Mine' })).status).toBe(403);
});

test('a confidential issue is open to its author, its assignee and planners, and a 404 in every way to other guests', async () => {
  const { gitlab, call, at } = await open();
  gitlab.setMember('acme/roadmap', 'eve', 15);
  gitlab.as('ben').createIssue('acme/roadmap', { title: 'Secret', confidential: true });
  const note = gitlab.as('ben').addNote('acme/roadmap', 1, 'Hush');
  expect((await call('eve', 'GET', `${at}/issues/1`)).status).toBe(200);
  const statuses = [];
  for (const [method, path, body] of [['GET', ''], ['PUT', '', { title: 'x' }], ['DELETE', ''], ['GET', '/notes'], ['POST', '/notes', { body: 'x' }], ['DELETE', `/notes/${note.id}`]] as const) {
    statuses.push((await call('cem', method, `${at}/issues/1${path}`, body)).status);
  }
  expect(statuses).toEqual([404, 404, 404, 404, 404, 404]);
  gitlab.as('ben').updateIssue('acme/roadmap', 1, { assignee_ids: [gitlab.user('cem').id] });
  expect((await call('cem', 'GET', `${at}/issues/1`)).status).toBe(200);
  await call('cem', 'POST', `${at}/issues`, { title: 'Cem’s secret', confidential: true });
  expect((await call('cem', 'GET', `${at}/issues/2`)).status).toBe(200);
});

test('a changed role counts from the next call on, and who is taken out finds no project', async () => {
  const { gitlab, call, at } = await open();
  gitlab.as('ben').createIssue('acme/roadmap', { title: 'A', assignee_ids: [gitlab.user('cem').id] });
  gitlab.setMember('acme/roadmap', 'cem', 20);
  expect((await call('cem', 'PUT', `${at}/issues/1`, { labels: 'bug' })).body).toMatchObject({ labels: ['bug'] });
  gitlab.setMember('acme/roadmap', 'cem', undefined);
  expect([(await call('cem', 'GET', at)).status, (await call('cem', 'GET', `${at}/issues/1`)).status, (await call('cem', 'PUT', `${at}/issues/1`, { title: 'x' })).status]).toEqual([404, 404, 404]);
  gitlab.setMember('acme/roadmap', 'mia', 30);
  expect((await call('mia', 'GET', `${at}/hooks`)).status).toBe(403);
});

test('guests comment; a comment goes by its author or a maintainer, once', async () => {
  const { gitlab, call, at } = await open();
  gitlab.as('ben').createIssue('acme/roadmap', { title: 'A' });
  const notes = `${at}/issues/1/notes`;
  const [first, second] = [(await call('cem', 'POST', notes, { body: 'One' })).body.id, (await call('cem', 'POST', notes, { body: 'Two' })).body.id];
  expect((await call('ben', 'DELETE', `${notes}/${first}`)).status).toBe(403);
  expect([(await call('cem', 'DELETE', `${notes}/${first}`)).status, (await call('cem', 'DELETE', `${notes}/${first}`)).status]).toEqual([204, 404]);
  expect((await call('mia', 'DELETE', `${notes}/${second}`)).status).toBe(204);
  expect(await call('cem', 'POST', notes, {})).toMatchObject({ status: 400, body: { error: 'body is missing' } });
  expect((await call('eve', 'POST', notes, { body: 'x' })).status).toBe(404);
});

test('internal notes are written and seen by planners and above', async () => {
  const { gitlab, call, at } = await open();
  gitlab.as('cem').createIssue('acme/roadmap', { title: 'A' });
  const notes = `${at}/issues/1/notes`;
  expect((await call('cem', 'POST', notes, { body: 'x', internal: true })).status).toBe(403);
  const { id } = (await call('ben', 'POST', notes, { body: 'Among us', internal: true })).body;
  expect([(await call('cem', 'GET', notes)).body, (await call('ana', 'GET', notes)).body]).toEqual([[], [expect.objectContaining({ id, internal: true })]]);
  expect((await fetch(`${gitlab.url}/acme/roadmap/-/issues/1`, as('cem')).then((page) => page.text())).includes('Among us')).toBe(false);
});

test('a token of any scope tells about itself, with the day on which it ends', async () => {
  const { gitlab, call, at, advance } = await open();
  const { value } = gitlab.addToken('ben', { scopes: ['read_user'], expiresAt: '2026-11-24' });
  expect(await call(value, 'GET', '/personal_access_tokens/self')).toMatchObject({ status: 200, body: { scopes: ['read_user'], expires_at: '2026-11-24', active: true, revoked: false, user_id: gitlab.user('ben').id } });
  expect((await call(value, 'GET', at)).status).toBe(403);
  advance(15 * 3_600_000);
  expect(await call(value, 'GET', '/personal_access_tokens/self')).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
});

test('labels are added and removed without touching the others, and unknown ones come into being', async () => {
  const { gitlab, call, at } = await open();
  const { iid } = gitlab.as('ben').createIssue('acme/roadmap', { title: 'A', labels: ['bug'] });
  expect((await call('ben', 'PUT', `${at}/issues/${iid}`, { add_labels: ['new', 'ux'], remove_labels: ['absent'] })).body).toMatchObject({ labels: ['bug', 'new', 'ux'] });
  expect((await call('ben', 'PUT', `${at}/issues/${iid}`, { remove_labels: ['bug'] })).body).toMatchObject({ labels: ['new', 'ux'] });
  expect((await call('ben', 'PUT', `${at}/issues/${iid}`, { labels: 'ux' })).body).toMatchObject({ labels: ['ux'] });
  expect((await call('ben', 'GET', `${at}/labels`)).body).toEqual([expect.objectContaining({ name: 'bug' }), expect.objectContaining({ name: 'new', color: '#6699cc' }), expect.objectContaining({ name: 'ux' })]);
});

test('of several assignees the free tier keeps the first, and strangers are dropped', async () => {
  const { gitlab, call, at } = await open();
  const { iid } = gitlab.as('ben').createIssue('acme/roadmap', { title: 'A' });
  const [ana, ben, eve] = ['ana', 'ben', 'eve'].map((name) => gitlab.user(name).id);
  expect((await call('ben', 'PUT', `${at}/issues/${iid}`, { assignee_ids: [ana, ben] })).body).toMatchObject({ assignees: [{ id: ana }], assignee: { id: ana } });
  expect((await call('ben', 'PUT', `${at}/issues/${iid}`, { assignee_ids: [eve] })).body).toMatchObject({ assignees: [], assignee: null });
  expect((await call('ben', 'PUT', `${at}/issues/${iid}`, { assignee_ids: [0] })).body).toMatchObject({ assignees: [] });
});

test('a title that is blank or too long, or no field at all, is refused', async () => {
  const { gitlab, call, at } = await open();
  const { iid } = gitlab.as('ben').createIssue('acme/roadmap', { title: 'A' });
  expect(await call('ben', 'PUT', `${at}/issues/${iid}`, { title: ' ' })).toMatchObject({ status: 400, body: { message: { title: ["can't be blank"] } } });
  expect(await call('ben', 'PUT', `${at}/issues/${iid}`, { title: 'x'.repeat(256) })).toMatchObject({ status: 400, body: { message: { title: ['is too long (maximum is 255 characters)'] } } });
  expect((await call('ben', 'PUT', `${at}/issues/${iid}`, {})).status).toBe(400);
  expect(await call('ben', 'POST', `${at}/issues`, { description: 'x' })).toMatchObject({ status: 400, body: { error: 'title is missing' } });
});

test('lists are searched, filtered, sorted and paged with headers', async () => {
  const { gitlab, call, at, advance, now } = await open();
  for (let i = 1; i <= 5; i += 1) {
    advance(1_000);
    gitlab.as('ben').createIssue('acme/roadmap', { title: `Number ${i}`, description: i === 3 ? 'Needle in the text' : '' });
  }
  advance(1_000);
  const since = new Date(now()).toISOString();
  gitlab.as('ben').closeIssue('acme/roadmap', 2);
  const iids = async (query: string) => (await call('ben', 'GET', `${at}/issues?${query}`)).body.map(({ iid }) => iid);
  expect(await iids('')).toEqual([5, 4, 3, 2, 1]);
  expect(await iids('search=needle')).toEqual([3]);
  expect(await iids('search=needle&in=title')).toEqual([]);
  expect(await iids('state=closed')).toEqual([2]);
  expect([await iids('iids=4'), await iids('iids=4,1'), await iids('iids[]=4&iids[]=1')]).toEqual([[4], [4, 1], [4, 1]]);
  expect(await iids(`updated_after=${encodeURIComponent(since)}`)).toEqual([2]);
  expect(await iids('order_by=updated_at&sort=asc&per_page=2&page=2')).toEqual([4, 5]);
  const page = await call('ben', 'GET', `${at}/issues?per_page=2`);
  expect([page.headers.get('x-total'), page.headers.get('x-next-page'), page.headers.get('link')]).toEqual(['5', '2', expect.stringContaining('rel="next"')]);
  expect((await call('ben', 'GET', `${at}/issues?state=open`)).status).toBe(400);
  expect((await call('ana', 'GET', '/issues')).body).toEqual([]);
  expect((await call('ana', 'GET', '/issues?scope=all')).body).toHaveLength(5);
});

test('only maintainers make hooks, and the token is never shown', async () => {
  const { call, at } = await open();
  const wanted = { url: 'http://127.0.0.1:9/hooks', token: 'hook-secret', issues_events: true, push_events: false };
  for (const who of ['ben', 'cem']) expect((await call(who, 'POST', `${at}/hooks`, wanted)).status).toBe(403);
  const made = await call('mia', 'POST', `${at}/hooks`, wanted);
  expect(made).toMatchObject({ status: 201, body: { issues_events: true, push_events: false, alert_status: 'executable', disabled_until: null, signing_token_present: false } });
  expect(JSON.stringify(made.body)).not.toContain('hook-secret');
  expect(await call('mia', 'POST', `${at}/hooks`, { url: 'nonsense' })).toMatchObject({ status: 422 });
});

test('a webhook carries its token, an idempotency key and what changed, after the answer', async () => {
  const { gitlab, call, at } = await open();
  const { got, url, actions } = await receiver();
  await call('mia', 'POST', `${at}/hooks`, { url, token: 'hook-secret', issues_events: true });
  await call('ben', 'POST', `${at}/issues`, { title: 'A' });
  await gitlab.settled();
  await call('ben', 'PUT', `${at}/issues/1`, { title: 'B', add_labels: ['bug'] });
  await gitlab.settled();
  expect(actions()).toEqual(['open', 'update']);
  expect(got[1]?.headers).toMatchObject({ 'x-gitlab-event': 'Issue Hook', 'x-gitlab-token': 'hook-secret', 'x-gitlab-instance': gitlab.url, 'idempotency-key': expect.stringMatching(/^[0-9a-f-]{36}$/), 'x-gitlab-webhook-uuid': got[0]?.headers['x-gitlab-webhook-uuid'] });
  expect(got[1]?.headers['idempotency-key']).not.toBe(got[0]?.headers['idempotency-key']);
  expect(got[1]?.body).toMatchObject({ object_kind: 'issue', event_type: 'issue', changes: { title: { previous: 'A', current: 'B' }, labels: { previous: [], current: [{ title: 'bug', color: '#ff0000' }] } }, user: { username: 'ben' } });
  await call('ben', 'PUT', `${at}/issues/1`, { title: 'B' });
  await gitlab.settled();
  expect(actions()).toEqual(['open', 'update']);
});

test('closing with an edit sends two webhooks, reopening one, deleting none', async () => {
  const { gitlab, call, at } = await open();
  const { url, actions } = await receiver();
  gitlab.as('ben').createIssue('acme/roadmap', { title: 'A' });
  await call('mia', 'POST', `${at}/hooks`, { url, issues_events: true });
  gitlab.hooks.hold();
  await call('ben', 'PUT', `${at}/issues/1`, { state_event: 'close', title: 'B' });
  gitlab.as('ben').reopenIssue('acme/roadmap', 1);
  gitlab.as('ana').deleteIssue('acme/roadmap', 1);
  gitlab.hooks.release();
  await gitlab.settled();
  expect(actions().toSorted()).toEqual(['close', 'reopen', 'update']);
  expect((await call('ben', 'GET', `${at}/issues/1`)).status).toBe(404);
});

test('moving opens an issue there and closes this one with a pointer to it', async () => {
  const { gitlab, call, at } = await open();
  const { got, url } = await receiver();
  gitlab.addProject('acme/other', { ben: 30 });
  gitlab.as('ben').createIssue('acme/roadmap', { title: 'A' });
  await call('mia', 'POST', `${at}/hooks`, { url, issues_events: true });
  const moved = gitlab.as('ben').moveIssue('acme/roadmap', 1, 'acme/other');
  await gitlab.settled();
  expect((await call('ben', 'GET', `${at}/issues/1`)).body).toMatchObject({ state: 'closed', moved_to_id: moved.id });
  expect(got.map(({ body }) => body.object_attributes)).toEqual([expect.objectContaining({ action: 'close', moved_to_id: moved.id })]);
});

test('confidential issues go to hooks that ask for them, and no others', async () => {
  const { gitlab, call, at } = await open();
  const plain = await receiver();
  const trusted = await receiver();
  await call('mia', 'POST', `${at}/hooks`, { url: plain.url, issues_events: true });
  await call('mia', 'POST', `${at}/hooks`, { url: trusted.url, confidential_issues_events: true });
  gitlab.as('ben').createIssue('acme/roadmap', { title: 'Secret', confidential: true });
  await gitlab.settled();
  expect(plain.got).toEqual([]);
  expect(trusted.got.map(({ headers, body }) => [headers['x-gitlab-event'], body.event_type])).toEqual([['Confidential Issue Hook', 'confidential_issue']]);
});

test('four refusals in a row turn a hook off until a test call succeeds; nothing is sent again', async () => {
  const { gitlab, call, at } = await open();
  const { got, state, url } = await receiver();
  const { id } = (await call('mia', 'POST', `${at}/hooks`, { url, issues_events: true })).body;
  state.status = 404;
  for (let i = 0; i < 6; i += 1) {
    gitlab.as('ben').createIssue('acme/roadmap', { title: `A${i}` });
    await gitlab.settled();
  }
  expect(got).toHaveLength(4);
  expect((await call('mia', 'GET', `${at}/hooks/${id}`)).body).toMatchObject({ alert_status: 'disabled', disabled_until: null });
  expect((await call('mia', 'POST', `${at}/hooks/${id}/test/issues_events`)).status).toBe(422);
  state.status = 202;
  expect((await call('mia', 'POST', `${at}/hooks/${id}/test/issues_events`)).status).toBe(201);
  expect((await call('mia', 'GET', `${at}/hooks/${id}`)).body).toMatchObject({ alert_status: 'executable' });
});

test('four server errors turn it off for a minute only; a silent receiver counts as one', async () => {
  const { gitlab, call, at, advance } = await open({ hookTimeout: 50 });
  const { got, state, url } = await receiver();
  const { id } = (await call('mia', 'POST', `${at}/hooks`, { url, issues_events: true })).body;
  const make = async () => {
    gitlab.as('ben').createIssue('acme/roadmap', { title: 'A' });
    await gitlab.settled();
  };
  state.silent = true;
  await make();
  expect(gitlab.deliveries.at(-1)?.status).toBe('internal error');
  Object.assign(state, { silent: false, status: 503 });
  for (let i = 0; i < 4; i += 1) await make();
  expect(got).toHaveLength(4);
  expect((await call('mia', 'GET', `${at}/hooks/${id}`)).body).toMatchObject({ alert_status: 'temporarily_disabled', disabled_until: '2026-11-23T09:01:00.000Z' });
  advance(60_000);
  state.status = 202;
  await make();
  expect(got).toHaveLength(5);
});

test('deliveries can be held, reversed, doubled and dropped; a resend keeps its key', async () => {
  const { gitlab, call, at } = await open();
  const { got, url } = await receiver();
  const { id } = (await call('mia', 'POST', `${at}/hooks`, { url, issues_events: true })).body;
  gitlab.hooks.hold();
  for (const title of ['A', 'B']) gitlab.as('ben').createIssue('acme/roadmap', { title });
  await gitlab.settled();
  expect(got).toEqual([]);
  gitlab.hooks.release('reverse');
  await gitlab.settled();
  expect(gitlab.deliveries.map(({ payload }) => payload)).toMatchObject([{ object_attributes: { title: 'B' } }, { object_attributes: { title: 'A' } }]);
  gitlab.hooks.drop(1);
  gitlab.hooks.duplicate(1);
  for (const title of ['C', 'D']) gitlab.as('ben').createIssue('acme/roadmap', { title });
  await gitlab.settled();
  expect(got.slice(2).map(({ body, headers }) => [body.object_attributes.title, headers['idempotency-key']])).toEqual([['D', got[2]?.headers['idempotency-key']], ['D', got[2]?.headers['idempotency-key']]]);
  const [event] = (await call('mia', 'GET', `${at}/hooks/${id}/events`)).body;
  expect((await call('mia', 'POST', `${at}/hooks/${id}/events/${event?.id}/resend`)).status).toBe(201);
  expect(got[4]?.headers['idempotency-key']).toBe(got[3]?.headers['idempotency-key']);
});

test('a signing token signs id, time and body by Standard Webhooks; where the feature is off it is ignored', async () => {
  const { gitlab, call, at } = await open();
  const { got, url } = await receiver();
  const key = Buffer.alloc(32, 7).toString('base64');
  expect((await call('mia', 'POST', `${at}/hooks`, { url, issues_events: true, signing_token: `whsec_${key}` })).body).toMatchObject({ signing_token_present: true });
  gitlab.as('ben').createIssue('acme/roadmap', { title: 'A' });
  await gitlab.settled();
  expect(got).toHaveLength(1);
  const headers = got[0]?.headers ?? {};
  const mac = createHmac('sha256', Buffer.alloc(32, 7)).update(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${got[0]?.text ?? ''}`).digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${mac}`);
  const before = await open({ signing: false });
  expect((await before.call('mia', 'POST', `${before.at}/hooks`, { url, signing_token: `whsec_${key}` })).body).toMatchObject({ signing_token_present: false });
});

test('too many requests answer 429 in plain text with Retry-After', async () => {
  const { call } = await open({ rateLimit: 2 });
  await call('ben', 'GET', '/user');
  expect((await call('ben', 'GET', '/user')).headers.get('ratelimit-remaining')).toBe('0');
  const limited = await call('ben', 'GET', '/user');
  expect([limited.status, limited.headers.get('retry-after'), limited.body]).toEqual([429, '60', 'Retry later\n']);
  expect((await call('ana', 'GET', '/user')).status).toBe(200);
});

test('the pages show text as text, keep rights, and edit through the same door as the API', async () => {
  const gitlab = await startGitlab({ record: false });
  closers.push(() => gitlab.close());
  seedGitlab(gitlab);
  const issue = `${gitlab.url}/acme/roadmap/-/issues/4`;
  const page = await (await fetch(issue, as('ben'))).text();
  expect(page).not.toContain('<script>alert');
  expect(page).toContain('&lt;script&gt;alert');
  const post = (who: string, path: string, fields: Record<string, string>) => fetch(issue + path, { ...as(who), method: 'POST', body: new URLSearchParams(fields) });
  expect((await post('cem', '', { title: 'x' })).status).toBe(403);
  expect((await post('cem', '/delete', {})).status).toBe(403);
  const refused = await post('ben', '', { title: '', description: 'kept <b>' });
  expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining('kept &lt;b&gt;')]);
  expect((await post('ben', '', { title: 'Safe', description: 'a\r\nb', labels: 'bug', assignee: '' })).status).toBe(303);
  expect(gitlab.project('acme/roadmap').issues.get(4)).toMatchObject({ title: 'Safe', description: 'a\nb', labels: ['bug'] });
  expect((await post('ana', '/delete', {})).status).toBe(303);
  expect(gitlab.project('acme/roadmap').issues.has(4)).toBe(false);
  expect((await fetch(`${gitlab.url}/acme/mobile-app/-/issues`, as('cem'))).status).toBe(404);
  expect(await (await fetch(`${gitlab.url}/acme/roadmap/-/issues`, as('cem'))).text()).not.toContain('signing key');
  expect(await (await fetch(`${gitlab.url}/-/user_settings/personal_access_tokens`, as('ben'))).text()).toContain(gitlab.state.tokens.find(({ user }) => user === gitlab.user('ben').id)?.value);
});

test('every operation of the product, in the recorded traffic', async () => {
  const { gitlab, call, at } = await open({ record: true, now: Date.now });
  const { url } = await receiver();
  gitlab.as('ben').createIssue('acme/roadmap', { title: 'First', description: 'd', labels: ['bug'], assignee_ids: [gitlab.user('ana').id] });
  const hook = (await call('mia', 'POST', `${at}/hooks`, { url, token: 'hook-secret', issues_events: true, confidential_issues_events: true, push_events: false })).body;
  const note = (await call('ben', 'POST', `${at}/issues/1/notes`, { body: 'On a board now' })).body;
  const statuses = [];
  for (const [method, path, body] of [
    ['GET', '/user'],
    ['GET', '/personal_access_tokens/self'],
    ['GET', '/projects?membership=true&simple=true&search=road&order_by=last_activity_at&per_page=50'],
    ['GET', '/projects?min_access_level=40'],
    ['GET', at],
    ['GET', `${at}/labels?per_page=100`],
    ['GET', `${at}/members`],
    ['GET', `${at}/members/all?per_page=100`],
    ['GET', '/issues?scope=all&state=opened&search=first&order_by=updated_at&sort=desc'],
    ['GET', `${at}/issues?state=all&updated_after=2026-01-01T00:00:00.000Z&order_by=updated_at&sort=asc`],
    ['POST', `${at}/issues`, { title: 'Second', description: '', labels: ['bug'], assignee_ids: [gitlab.user('ben').id] }],
    ['GET', `${at}/issues/1`],
    ['PUT', `${at}/issues/1`, { title: 'B', add_labels: ['x'], remove_labels: ['bug'], assignee_ids: [0], state_event: 'close' }],
    ['GET', `${at}/issues/1/notes`],
    ['DELETE', `${at}/issues/1/notes/${note.id}`],
    ['GET', `${at}/hooks`],
    ['GET', `${at}/hooks/${hook.id}`],
    ['PUT', `${at}/hooks/${hook.id}`, { url, token: 'hook-secret-2', issues_events: true }],
    ['POST', `${at}/hooks/${hook.id}/test/issues_events`],
    ['GET', `${at}/hooks/${hook.id}/events?per_page=20`],
    ['DELETE', `${at}/hooks/${hook.id}`],
    ['GET', `${at}/hooks/${hook.id}`],
  ] as const) {
    statuses.push((await call('mia', method, path, body)).status);
  }
  statuses.push((await call('ana', 'DELETE', `${at}/issues/2`)).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 201, 200, 200, 200, 204, 200, 200, 200, 201, 200, 204, 404, 204]);
  await gitlab.settled();
});
