import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from '@tandem/bff/errors';
import type { Access, Call } from '@tandem/bff/ports';
import type { GiteaIssue } from '@tandem/bff/tools/gitea/api';
import { hooks } from '@tandem/bff/tools/gitea/hooks';
import { gitea } from '@tandem/bff/tools/gitea/index';
import { issueAt, itemOf, labelOf, refused, rightsIn, rightsOf } from '@tandem/bff/tools/gitea/map';

const WATCH = { site: 'git.example.org', place: 'acme/roadmap' };
const EVENT = { action: 'edited', issue: { number: 7, pull_request: null }, repository: { full_name: 'acme/roadmap' } };
const HEADERS = { 'x-gitea-event': 'issues', 'x-gitea-event-type': 'issues', 'x-gitea-delivery': 'f6266f16' };
const parse = (body: unknown, headers: Record<string, string> = HEADERS) => hooks.parse(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), headers, WATCH);
const ref = { tool: 'gitea', site: 'git.example.org', place: 'acme/roadmap', id: '7' };

describe('deliveries of Gitea', () => {
  it('name the issue that changed or is gone', () => {
    expect(parse(EVENT)).toEqual({ event: 'issues', deliveryId: 'f6266f16', hints: [{ kind: 'changed', ref }] });
    expect(parse({ ...EVENT, action: 'deleted' }).hints).toEqual([{ kind: 'gone', ref }]);
    expect(parse({ ...EVENT, repository: { full_name: 'Acme/Roadmap' } }).hints).toEqual([{ kind: 'changed', ref }]);
  });

  it('do not take a deleted comment for a deleted issue', () => {
    expect(parse({ ...EVENT, action: 'deleted' }, { ...HEADERS, 'x-gitea-event-type': 'issue_comment' }).hints).toEqual([{ kind: 'changed', ref }]);
    expect(parse({ ...EVENT, action: 'deleted' }, { 'x-gitea-event': 'issue_comment' }).hints).toEqual([{ kind: 'changed', ref }]);
  });

  it('mark the place when its repository has another name', () => {
    expect(parse({ ...EVENT, repository: { full_name: 'acme/plan' } }).hints).toEqual([{ kind: 'place' }]);
  });

  it('are ignored with a reason when they are of another kind or unusable', () => {
    const cases: [unknown, RegExp][] = [
      [{ ...EVENT, issue: { number: 7, pull_request: { merged: false } } }, /pull request/],
      [{ ...EVENT, issue: { number: '7' } }, /names no issue/],
      [{ ...EVENT, issue: { number: 0 } }, /names no issue/],
      [{ ...EVENT, issue: null }, /names no issue/],
      [{ ...EVENT, repository: { full_name: 7 } }, /names no issue/],
      ['', /names no issue/],
      ['{"action":', /names no issue/],
      ['[]', /names no issue/],
      ['{"__proto__":{"action":"edited","issue":{"number":7},"repository":{"full_name":"acme/roadmap"}}}', /names no issue/],
    ];
    for (const [body, why] of cases) expect(parse(body), JSON.stringify(body)).toMatchObject({ hints: [], ignored: expect.stringMatching(why) });
    expect(parse({ ref: 'refs/heads/main' }, { 'x-gitea-event-type': 'push' })).toMatchObject({ hints: [], ignored: 'Events of kind “push” change no issue.' });
    expect(parse({}, {})).toMatchObject({ hints: [], event: 'unknown' });
  });

  it('never make parsing throw, and name only issues of the watched repository', () => {
    const value = fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.constant([]), fc.double(), fc.constant('acme/roadmap'));
    const event = fc.record({ action: value, issue: fc.oneof(fc.record({ number: value, pull_request: value }), value), repository: fc.oneof(fc.record({ full_name: value }), value) });
    const junk = fc.oneof(fc.json().map((text) => Buffer.from(text)), fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)), event.map((one) => Buffer.from(JSON.stringify(one))));
    fc.assert(
      fc.property(junk, fc.dictionary(fc.string(), fc.string()), (raw, headers) => {
        const parsed = hooks.parse(raw, headers, WATCH);
        expect(parsed.hints.length > 0).toBe(parsed.ignored === undefined);
        for (const hint of parsed.hints) if (hint.kind !== 'place') expect(hint.ref).toEqual({ ...ref, id: expect.stringMatching(/^[1-9]\d*$/) });
      }),
    );
  });

  it('prove themselves by the digest of every byte, however these arrive', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(), fc.nat(), fc.string({ minLength: 1 }), (bytes, cut, altered, secret) => {
        const raw = Buffer.from(bytes);
        const at = cut % raw.length;
        const signature = sign(raw, secret);
        expect(holds([raw.subarray(0, at), raw.subarray(at)], signature, ['other', secret])).toBe(true);
        const changed = Buffer.from(raw);
        changed[altered % raw.length] = (changed[altered % raw.length] ?? 0) ^ 1;
        expect(holds([changed], signature, [secret])).toBe(false);
        expect(holds([raw], signature, [`${secret}!`])).toBe(false);
      }),
    );
    const raw = Buffer.from('{}');
    const signature = sign(raw, 's');
    for (const bad of [undefined, '', signature.slice(1), `${signature}0`, signature.toUpperCase(), `sha256=${signature}`, 'g'.repeat(64)]) expect(holds([raw], bad, ['s'])).toBe(false);
    expect(holds([raw], signature, [])).toBe(false);
  });
});

describe('issues of Gitea', () => {
  const ISSUE: GiteaIssue = { number: 7, title: 'A', state: 'open', updated_at: '2025-11-03T09:00:00.000Z', html_url: 'https://git.example.org/acme/roadmap/issues/7' };

  it('become items, whatever may be null', () => {
    const bare = { ref, key: 'roadmap#7', url: ISSUE.html_url, title: 'A', description: '', status: { id: 'open', name: 'Open', kind: 'open' }, labels: [], assignees: [], updatedAt: '2025-11-03T09:00:00.000Z' };
    expect(itemOf(WATCH.site, WATCH.place, ISSUE)).toEqual(bare);
    expect(itemOf(WATCH.site, WATCH.place, { ...ISSUE, body: null, labels: null, assignees: null, due_date: null })).toEqual(bare);
    expect(itemOf(WATCH.site, WATCH.place, { ...ISSUE, user: { id: 3, login: 'cem' } })).toEqual({ ...bare, author: '3' });
    expect(itemOf(WATCH.site, WATCH.place, { ...ISSUE, state: 'closed', due_date: '2025-12-24T23:59:59Z' })).toMatchObject({ due: '2025-12-24', status: { kind: 'closed' } });
  });

  it('come with what we read of them, as little as that may be, and their time in UTC', async () => {
    const bare = { ...ISSUE, updated_at: '2025-11-03T10:00:00+01:00' };
    expect(await issueRead(bare)).toEqual(itemOf(WATCH.site, WATCH.place, ISSUE));
    expect(await issueRead({ ...bare, body: null, labels: null, assignees: null, user: null, due_date: null, pull_request: null, repository: null })).toEqual(itemOf(WATCH.site, WATCH.place, ISSUE));
    expect(await issueRead({ ...bare, pull_request: { merged: false } })).toBeUndefined();
  });

  it.each([{ updated_at: '' }, { number: '7' }, { title: null }, { html_url: 'javascript:alert(1)' }, { labels: [{ id: 1, name: 'x'.repeat(1001) }] }, { pull_request: true }, { user: { id: 3 } }])('are no answer that can be used with %j', async (change) => {
    await expect(issueRead({ ...ISSUE, ...change })).rejects.toMatchObject({ upstreamStatus: 502, message: expect.stringContaining('do not understand') });
  });

  it('have labels with or without colours', () => {
    expect([labelOf({ id: 1, name: 'a', color: 'FF0000' }), labelOf({ id: 1, name: 'b', color: '#00ff00' }), labelOf({ id: 1, name: 'c', color: '' })]).toEqual([{ name: 'a', color: '#ff0000' }, { name: 'b', color: '#00ff00' }, { name: 'c' }]);
  });

  it('are recognised by their address, under a path and not elsewhere', () => {
    const base = 'https://example.org/git';
    expect(issueAt(base, `${base}/a.b/c-d_e/issues/7?x#issuecomment-1`)).toEqual({ place: 'a.b/c-d_e', id: '7' });
    for (const other of ['https://example.org/a/b/issues/7', `${base}/a/b/c/issues/7`, `${base}/a/b/pulls/7`, `${base}/a/b/issues/07`, `${base}/a/b/issues`, `${base}/a/%2e%2e/issues/7`, `${base}/%00/b/issues/7`]) expect(issueAt(base, other), other).toBeUndefined();
  });

  it('may be created by readers, written by writers, watched by administrators', () => {
    const REPOSITORY = { id: 1, full_name: 'a/b', html_url: 'https://x/a/b' };
    const can = (admin: boolean, push: boolean, pull: boolean, more: object = {}) => rightsIn({ ...REPOSITORY, permissions: { admin, push, pull }, ...more });
    expect(can(false, false, true)).toEqual({ create: true, write: false, hook: false });
    expect(can(false, true, true)).toEqual({ create: true, write: true, hook: false });
    expect(can(true, true, true)).toEqual({ create: true, write: true, hook: true });
    expect(can(true, true, true, { archived: true })).toMatchObject({ create: false, write: false });
    expect(can(true, true, true, { has_issues: false })).toMatchObject({ create: false, write: false });
    expect(rightsIn(REPOSITORY)).toEqual({ create: false, write: false, hook: false });
  });

  it('that others wrote are not for a reader to change, nor is anything archived', () => {
    const item = { ...itemOf(WATCH.site, WATCH.place, ISSUE), author: '3', assignees: [{ id: '4', name: 'Ben', username: 'ben' }] };
    const rights = (person: string, create: boolean, write: boolean) =>
      rightsOf(item, { id: 'a/b', name: 'a/b', url: '', statuses: [], labels: [], members: [], can: { create, write, hook: false } }, { id: person, name: '', username: '' });
    expect(rights('4', true, true)).toEqual({ fields: ['title', 'description', 'status', 'labels', 'assignees'] });
    expect(rights('3', true, false)).toEqual({ fields: ['title', 'description', 'status'], reason: expect.stringMatching(/what you wrote\. .*write access/) });
    expect(rights('4', true, false)).toEqual({ fields: [], reason: expect.stringMatching(/^You may read a\/b, .*write access/) });
    expect(rights('3', false, false)).toEqual({ fields: [], reason: expect.stringContaining('a/b is archived') });
  });

  it('are refused with a sentence', () => {
    expect(said({ message: '[Title]: Required' })).toMatchObject({ message: 'Gitea refused this: Title: Required.', details: { fields: { title: 'Title: Required.' } } });
    expect(said({ message: 'unknown state: bogus' })).toMatchObject({ message: 'Gitea refused this: Unknown state: bogus.', details: undefined });
    for (const other of [new UpstreamError('gitea', 403, { body: { message: 'No' } }), new Error('No')]) expect(() => refused(other)).toThrow(other);
    for (const body of [undefined, null, '', 'html', { message: 7 }, { message: '' }]) expect(said(body).message).toBe('Gitea refused the request (422).');
  });
});

describe('signing in to Gitea', () => {
  it('is by consent where an application is registered, and by token alone elsewhere', () => {
    expect(gitea({ url: 'https://git.example.org/x' }).oauth).toBeUndefined();
    expect(gitea({ url: 'https://git.example.org/x/', oauth: { clientId: 'id', clientSecret: 'secret' } }).oauth).toEqual({
      kind: 'oauth',
      authorizeUrl: 'https://git.example.org/x/login/oauth/authorize',
      tokenUrl: 'https://git.example.org/x/login/oauth/access_token',
      clientId: 'id',
      clientSecret: 'secret',
      scope: 'read:user read:organization write:issue write:repository',
      pkce: true,
    });
  });
});

describe('lists of Gitea', () => {
  /** The numbers that a listing brings, newest issue first, from a server with pages of two; `meanwhile` happens after each page. */
  const listed = async (issues: number[], meanwhile: (page: number) => void): Promise<number[]> => {
    let asked = 0;
    const request = async ({ query }: Call): Promise<unknown> => {
      const from = (Number(query?.['page']) - 1) * 2;
      const body = issues.slice(from, from + 2).map((number) => ({ number, title: 'A', state: 'open', updated_at: '2025-11-03T09:00:00Z', html_url: 'https://git.example.org/i' }));
      const reply = { status: 200, headers: { 'x-total-count': String(issues.length) }, body };
      meanwhile((asked += 1));
      return reply;
    };
    const found: number[] = [];
    for await (const page of gitea({ url: `https://${WATCH.site}` }).changes({ request } as unknown as Access, WATCH.place)) found.push(...page.map((item) => Number(item.ref.id)));
    return found;
  };

  it('are read to their end, however short the pages of the server are', async () => {
    expect(await listed([5, 4, 3, 2, 1], () => undefined)).toEqual([5, 4, 3, 2, 1]);
    expect(await listed([], () => undefined)).toEqual([]);
  });

  it('skip nothing when issues are deleted or made meanwhile', async () => {
    const issues = [9, 8, 7, 6, 5, 4, 3, 2, 1];
    const found = await listed(issues, (page) => {
      if (page === 2) issues.splice(0, 3);
      if (page === 4) issues.unshift(10);
    });
    expect(found.slice(0, 4)).toEqual([9, 8, 7, 6]);
    for (const number of [5, 4, 3, 2, 1]) expect(found).toContain(number);
  });
});

/** What `read` makes of an answer. */
function issueRead(body: unknown) {
  const access = { request: async () => ({ status: 200, headers: {}, body }) } as unknown as Access;
  return gitea({ url: `https://${WATCH.site}` }).read(access, ref);
}

function said(body: unknown): UpstreamError {
  try {
    return refused(new UpstreamError('gitea', 422, { message: 'Gitea refused the request (422).', body }));
  } catch (error) {
    return error instanceof UpstreamError ? error : expect.unreachable('a refusal stays an answer of Gitea');
  }
}

function sign(raw: Buffer, secret: string): string {
  return createHmac('sha256', secret).update(raw).digest('hex');
}

function holds(chunks: readonly Buffer[], signature: string | undefined, secrets: readonly string[]): boolean {
  const proof = hooks.proof(signature === undefined ? {} : { 'x-gitea-signature': signature }, secrets, { signed: false, now: 0 });
  for (const chunk of chunks) proof.update(chunk);
  return proof.holds();
}
