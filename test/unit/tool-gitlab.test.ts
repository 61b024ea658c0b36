import { createHash, createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from '@tandem/bff/errors';
import type { Access, Call } from '@tandem/bff/ports';
import type { GitlabIssue } from '@tandem/bff/tools/gitlab/api';
import { hooks } from '@tandem/bff/tools/gitlab/hooks';
import { gitlab } from '@tandem/bff/tools/gitlab/index';
import { issueAt, itemOf, refused, rightsIn, rightsOf } from '@tandem/bff/tools/gitlab/map';

const WATCH = { site: 'gitlab.com', place: '42' };
const EVENT = { object_kind: 'issue', project: { id: 42 }, object_attributes: { iid: 7, action: 'update' } };
const HEADERS = { 'x-gitlab-event': 'Issue Hook', 'idempotency-key': '2b3c' };
const NOW = Date.UTC(2026, 10, 3, 9);
const parse = (body: unknown, headers: Record<string, string> = HEADERS) => hooks.parse(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), headers, WATCH);
const derived = (secret: string, use: string): Buffer => createHash('sha256').update(`${use} ${secret}`).digest();
const tokenOf = (secret: string): string => derived(secret, 'token').toString('hex');

describe('deliveries of GitLab', () => {
  it('name the issue, whatever its kind and action', () => {
    const hint = { kind: 'changed', ref: { tool: 'gitlab', site: 'gitlab.com', place: '42', id: '7' } };
    for (const kind of ['issue', 'work_item']) expect(parse({ ...EVENT, object_kind: kind })).toEqual({ event: 'Issue Hook', deliveryId: '2b3c', hints: [hint] });
  });

  it('are ignored with a reason when they are of another project, another kind, or unusable', () => {
    const cases: [unknown, RegExp][] = [
      [{ ...EVENT, project: { id: 43 } }, /project 43/],
      [{ object_kind: 'note', project: { id: 42 } }, /“note”/],
      [{ object_kind: 'x'.repeat(500) }, /“x{40}”/],
      [{ ...EVENT, project: undefined }, /names no issue/],
      [{ ...EVENT, object_attributes: { iid: '7' } }, /names no issue/],
      [{ ...EVENT, object_attributes: { iid: -7 } }, /names no issue/],
      [{ ...EVENT, object_attributes: { iid: 7.5 } }, /names no issue/],
      [{ ...EVENT, object_attributes: { iid: 1e300 } }, /names no issue/],
      [{ ...EVENT, project: { id: '42' } }, /names no issue/],
      ['', /no GitLab event/],
      ['{', /no GitLab event/],
      ['null', /no GitLab event/],
      ['[]', /no GitLab event/],
      ['"issue"', /no GitLab event/],
      ['\u0000\ufffd', /no GitLab event/],
      ['{"__proto__":{"object_kind":"issue","project":{"id":42},"object_attributes":{"iid":7}}}', /no GitLab event/],
    ];
    for (const [body, why] of cases) expect(parse(body), JSON.stringify(body)).toMatchObject({ hints: [], ignored: expect.stringMatching(why) });
    expect(({} as { object_kind?: string }).object_kind).toBeUndefined();
  });

  it('never make parsing throw, and name only issues of the watched project', () => {
    const junk = fc.oneof(fc.json().map((text) => Buffer.from(text)), fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)), likeAnEvent().map((event) => Buffer.from(JSON.stringify(event))));
    fc.assert(
      fc.property(junk, fc.dictionary(fc.string(), fc.string()), (raw, headers) => {
        const parsed = hooks.parse(raw, headers, WATCH);
        expect(parsed.hints.length > 0).toBe(parsed.ignored === undefined);
        for (const hint of parsed.hints) expect(hint).toMatchObject({ kind: 'changed', ref: { place: '42', id: expect.stringMatching(/^[1-9]\d*$/) } });
      }),
    );
  });

  it('without a signature prove themselves by the token alone, whole and exact, unless the hook signs', () => {
    const given = (token: string) => ({ ...HEADERS, 'x-gitlab-token': token });
    const token = tokenOf('s3cret');
    expect(proves(given(token), ['s3cret'])).toBe(true);
    expect(proves(given(token), ['new', 's3cret'])).toBe(true);
    for (const wrong of ['', 's3cret', token.slice(1), `${token} `, token.toUpperCase(), `${token},${token}`]) expect(proves(given(wrong), ['s3cret'])).toBe(false);
    expect(proves(HEADERS, ['s3cret'])).toBe(false);
    expect(proves(given(token), [])).toBe(false);
    expect(proves(given(token), ['s3cret'], { signed: true })).toBe(false);
  });

  it('with a signature prove themselves by it alone, over every byte, however these arrive', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(), fc.nat(), fc.string(), fc.boolean(), (bytes, cut, altered, secret, signed) => {
        const raw = Buffer.from(bytes);
        const at = cut % raw.length;
        const headers = { ...sign(raw, secret), 'x-gitlab-token': tokenOf(secret) };
        expect(proves(headers, ['other', secret], { signed, chunks: [raw.subarray(0, at), raw.subarray(at)] })).toBe(true);
        const changed = Buffer.from(raw);
        changed[altered % raw.length] = (changed[altered % raw.length] ?? 0) ^ 1;
        expect(proves(headers, [secret], { signed, chunks: [changed] })).toBe(false);
        expect(proves(headers, [`${secret}!`], { signed, chunks: [raw] })).toBe(false);
      }),
    );
  });

  it('may list several signatures, of which one must be ours', () => {
    const raw = Buffer.from('{}');
    const headers = sign(raw, 's');
    const [ours, other] = [headers['webhook-signature'], sign(raw, 'o')['webhook-signature']];
    const listed = (list: string): boolean => proves({ ...headers, 'webhook-signature': list, 'x-gitlab-token': tokenOf('s') }, ['s'], { chunks: [raw] });
    for (const list of [ours, `${other} ${ours}`, `v1a,xyz ${ours} ${other}`]) expect(listed(list), list).toBe(true);
    for (const list of ['', ' ', other, ours.slice(3), ours.replace('v1,', 'v2,'), `${ours},${other}`, ours.slice(0, -1), `${ours}=`]) expect(listed(list), list).toBe(false);
  });

  it('are refused when their signature is older than five minutes, ahead of our clock, or of another id or time', () => {
    const raw = Buffer.from('{}');
    const headers = sign(raw, 's');
    const at = (minutes: number): boolean => proves(headers, ['s'], { chunks: [raw], now: NOW + minutes * 60_000 });
    expect([-5.1, -4.9, 0, 4.9, 5.1].map(at)).toEqual([false, true, true, true, false]);
    for (const altered of [{ 'webhook-id': 'other' }, { 'webhook-id': '' }, { 'webhook-timestamp': String(NOW / 1000 + 1) }, { 'webhook-timestamp': '' }, { 'webhook-timestamp': 'now' }]) {
      expect(proves({ ...headers, ...altered }, ['s'], { chunks: [raw] }), JSON.stringify(altered)).toBe(false);
    }
    for (const time of ['', 'x', '-1', '1e9', `${NOW / 1000}.5`]) expect(proves(sign(raw, 's', time), ['s'], { chunks: [raw] }), time).toBe(false);
  });
});

describe('issues of GitLab', () => {
  const ISSUE: GitlabIssue = { iid: 7, project_id: 42, title: 'A', state: 'opened', updated_at: '2025-11-03T09:00:00.000Z', web_url: 'https://gitlab.com/a/b/-/issues/7', references: { full: 'a/b#7' } };

  it('become items, whatever may be null', () => {
    expect(itemOf('gitlab.com', { ...ISSUE, description: null, labels: null, assignees: null, due_date: null })).toEqual({
      ref: { tool: 'gitlab', site: 'gitlab.com', place: '42', id: '7' },
      key: 'b#7',
      url: 'https://gitlab.com/a/b/-/issues/7',
      title: 'A',
      description: '',
      status: { id: 'opened', name: 'Open', kind: 'open' },
      labels: [],
      assignees: [],
      updatedAt: '2025-11-03T09:00:00.000Z',
    });
    expect(itemOf('gitlab.com', { ...ISSUE, references: null }).key).toBe('#7');
    expect(itemOf('gitlab.com', { ...ISSUE, author: { id: 3, username: 'cem' } }).author).toBe('3');
  });

  it('look the same in whatever order GitLab lists labels and people', () => {
    const [ana, ben] = [{ id: 1, username: 'ana', name: 'Ana', avatar_url: 'https://x/a.png' }, { id: 2, username: 'ben' }];
    const colors = new Map([['red', '#FF0000'], ['green', '#00FF00']]);
    const item = itemOf('s', { ...ISSUE, labels: ['red', 'blue'], assignees: [ben, ana] }, colors);
    expect(item).toEqual(itemOf('s', { ...ISSUE, labels: ['blue', 'red'], assignees: [ana, ben] }, colors));
    expect(item.labels).toEqual([{ name: 'blue' }, { name: 'red', color: '#ff0000' }]);
    expect(item.assignees).toEqual([{ id: '1', name: 'Ana', username: 'ana', avatar: 'https://x/a.png' }, { id: '2', name: 'ben', username: 'ben' }]);
  });

  it('come with what we read of them, as little as that may be, and their time in UTC', async () => {
    const { iid, project_id, title, state, web_url } = ISSUE;
    const bare = { iid, project_id, title, state, web_url, updated_at: '2025-11-03T10:00:00.000+01:00' };
    const item = itemOf('gitlab.com', { ...ISSUE, references: null });
    expect(await issueRead(bare)).toEqual(item);
    expect(await issueRead({ ...bare, description: null, labels: null, assignees: null, author: null, due_date: null, references: { full: null } })).toEqual(item);
  });

  it.each([{ updated_at: 'yesterday' }, { iid: '7' }, { title: null }, { web_url: 'javascript:alert(1)' }, { author: { id: 3, username: 'x'.repeat(1001) } }, { references: 'a/b#7' }, { author: { id: 3 } }])('are no answer that can be used with %j', async (change) => {
    await expect(issueRead({ ...ISSUE, ...change })).rejects.toMatchObject({ upstreamStatus: 502, message: expect.stringContaining('do not understand') });
  });

  it('are recognised by their address, old and new, under a path and not elsewhere', () => {
    const base = 'https://example.org/git';
    for (const rest of ['g/s/p/-/issues/7', 'g/s/p/-/work_items/7', 'g/s/p/-/issues/incident/7', 'g/s/p/issues/7', 'g/s/p/-/issues/7/?x=1#note_2']) expect(issueAt(base, `${base}/${rest}`)).toEqual({ place: 'g/s/p', id: '7' });
    expect(issueAt(base, `${base}/issues/issues/-/issues/7`)).toEqual({ place: 'issues/issues', id: '7' });
    for (const other of ['https://example.org/g/p/-/issues/7', 'https://example.org/gitt/p/-/issues/7', `${base}/-/issues/7`, `${base}/g/p/-/issues/07`, `${base}/g/p/-/issues/7x`, `${base}/g/p/-/merge_requests/7`, `${base}/g/%2e%2e/p/-/issues/7`, `${base}/g/a%00b/-/issues/7`, 'http:///', '//']) expect(issueAt(base, other), other).toBeUndefined();
  });
});

describe('rights in GitLab', () => {
  const PROJECT = { id: 1, path_with_namespace: 'a/b', web_url: 'https://x/a/b' };
  const can = (project?: number | null, group?: number | null, more: object = {}, admin = false) =>
    rightsIn({ ...PROJECT, permissions: { project_access: project ? { access_level: project } : null, group_access: group ? { access_level: group } : null }, ...more }, { id: 1, username: 'x', is_admin: admin });

  it('follow the higher of the roles in project and group', () => {
    expect(can(10)).toEqual({ create: true, write: false, hook: false });
    expect(can(15)).toEqual({ create: true, write: true, hook: false });
    expect(can(10, 40)).toEqual({ create: true, write: true, hook: true });
    expect(can(null, 30)).toEqual({ create: true, write: true, hook: false });
    expect(can()).toEqual({ create: true, write: false, hook: false });
    expect(can(null, null, {}, true)).toEqual({ create: true, write: true, hook: true });
    expect(rightsIn(PROJECT, undefined)).toEqual({ create: true, write: false, hook: false });
  });

  it('end where the project is archived or has no issues', () => {
    for (const more of [{ archived: true }, { issues_enabled: false }]) expect(can(50, null, more)).toMatchObject({ create: false, write: false });
  });
});

describe('rights in an issue of GitLab', () => {
  const ISSUE = itemOf('s', { iid: 7, project_id: 42, title: 'A', state: 'opened', updated_at: '2025-11-03T10:00:00Z', web_url: '', author: { id: 3, username: 'cem' }, assignees: [{ id: 4, username: 'dee' }] });
  const rights = (person: string, can: { create: boolean; write: boolean }) =>
    rightsOf(ISSUE, { id: '42', name: 'acme/roadmap', url: '', statuses: [], labels: [], members: [], can: { ...can, hook: false } }, { id: person, name: '', username: '' });

  it('are whole for whoever may write, and those of author and assignee for a guest', () => {
    expect(rights('9', { create: true, write: true })).toEqual({ fields: ['title', 'description', 'status', 'labels', 'assignees'] });
    const some = { fields: ['title', 'description', 'status'], reason: 'You are a guest in acme/roadmap: you may change title, description and status of what you wrote or are assigned to. Ask its maintainer for the Planner role to change the rest.' };
    for (const own of ['3', '4']) expect(rights(own, { create: true, write: false })).toEqual(some);
    expect(rights('9', { create: true, write: false })).toEqual({ fields: [], reason: expect.stringMatching(/guest in acme\/roadmap.* Planner role/) });
  });

  it('end where nothing can be created either: the project is archived', () => {
    for (const person of ['3', '9']) expect(rights(person, { create: false, write: false })).toEqual({ fields: [], reason: expect.stringContaining('acme/roadmap is archived') });
  });
});

describe('signing in to GitLab', () => {
  it('is by consent where an application is registered, and by token alone elsewhere', () => {
    expect(gitlab({ url: 'https://example.org/git', now: () => NOW }).oauth).toBeUndefined();
    expect(gitlab({ url: 'https://example.org/git/', now: () => NOW, oauth: { clientId: 'id', clientSecret: 'secret' } }).oauth).toEqual({
      kind: 'oauth',
      authorizeUrl: 'https://example.org/git/oauth/authorize',
      tokenUrl: 'https://example.org/git/oauth/token',
      revokeUrl: 'https://example.org/git/oauth/revoke',
      clientId: 'id',
      clientSecret: 'secret',
      scope: 'api',
      pkce: true,
    });
  });

  it('tells when the token ends, if GitLab does, and never fails for that', async () => {
    const person = { id: '3', name: 'cem', username: 'cem' };
    expect(await identified(200, { expires_at: '2027-02-26' })).toEqual({ person, ends: '2027-02-26T00:00:00.000Z' });
    expect(await identified(200, { expires_at: null })).toEqual({ person });
    for (const status of [400, 401, 403, 404]) expect(await identified(status, { message: 'no' })).toEqual({ person });
    expect(await identified(404, undefined)).toEqual({ person });
    await expect(identified(500, undefined)).rejects.toMatchObject({ upstreamStatus: 500 });
  });
});

describe('refusals of GitLab', () => {
  it('become sentences at their fields', () => {
    expect(said({ message: { title: ["can't be blank", 'is bad'], assignee_ids: ['unknown'] } })).toEqual({
      message: "GitLab refused this: Title can't be blank, is bad. Assignees unknown.",
      details: { fields: { title: "Title can't be blank, is bad.", assignees: 'Assignees unknown.' } },
    });
    expect(said({ error: 'title is empty' })).toEqual({ message: 'GitLab refused this: Title is empty.', details: { fields: { title: 'Title is empty.' } } });
  });

  it('become one sentence where they name no field of ours', () => {
    expect(said({ message: 'Spam detected' })).toEqual({ message: 'GitLab refused this: Spam detected.', details: undefined });
    expect(said({ message: ['One', 'Two!'] })).toEqual({ message: 'GitLab refused this: One. Two!', details: undefined });
    expect(said({ message: { base: ['went wrong'] } })).toEqual({ message: 'GitLab refused this: Base went wrong.', details: undefined });
  });

  it('keep the plain sentence for anything else', () => {
    for (const body of [undefined, null, '<html>', 7, [], {}, { message: null }, { message: { title: {} } }]) expect(said(body).message).toMatch(/^GitLab refused/);
    for (const other of [new UpstreamError('gitlab', 403, { body: { message: 'No' } }), new Error('No')]) expect(() => refused(other)).toThrow(other);
    expect(said({ message: JSON.parse('{"__proto__":["x"],"constructor":["y"]}') as unknown }).details).toBeUndefined();
  });
});

/** What `read` makes of an answer. */
function issueRead(body: unknown) {
  const access = { request: async () => ({ status: 200, headers: {}, body }) } as unknown as Access;
  return gitlab({ url: 'https://gitlab.com', now: () => NOW }).read(access, { tool: 'gitlab', site: 'gitlab.com', place: '42', id: '7' });
}

/** What `me` makes of an answer about the token itself. */
function identified(status: number, body: unknown) {
  const access = {
    request: async ({ path, accept = [] }: Call) => {
      if (path === '/user') return { status: 200, headers: {}, body: { id: 3, username: 'cem' } };
      if (status >= 300 && !accept.includes(status)) throw new UpstreamError('gitlab', status);
      return { status, headers: {}, body };
    },
  } as unknown as Access;
  return gitlab({ url: 'https://gitlab.com', now: () => NOW }).me(access);
}

function sign(raw: Buffer, secret: string, timestamp = String(NOW / 1000)) {
  const mac = createHmac('sha256', derived(secret, 'signature')).update(`2b3c.${timestamp}.`).update(raw).digest('base64');
  return { ...HEADERS, 'webhook-id': '2b3c', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` };
}

function proves(headers: Record<string, string>, secrets: readonly string[], { signed = false, now = NOW, chunks = [] }: { signed?: boolean; now?: number; chunks?: readonly Buffer[] } = {}): boolean {
  const proof = hooks.proof(headers, secrets, { signed, now });
  for (const chunk of chunks) proof.update(chunk);
  return proof.holds();
}

function said(body: unknown): { message: string; details: unknown } {
  try {
    return refused(new UpstreamError('gitlab', 400, { message: 'GitLab refused the request (400).', body }));
  } catch (error) {
    const { message, details, upstreamStatus } = error instanceof UpstreamError ? error : expect.unreachable('a refusal stays an answer of GitLab');
    expect(upstreamStatus).toBe(400);
    return { message, details };
  }
}

function likeAnEvent() {
  const value = fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.constant([]), fc.double(), fc.constant(42));
  return fc.record({ object_kind: fc.oneof(fc.constant('issue'), value), project: fc.oneof(fc.record({ id: value }), value), object_attributes: fc.oneof(fc.record({ iid: value }), value) });
}
