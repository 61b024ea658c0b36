import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from '@tandem/bff/errors';
import type { GitlabIssue } from '@tandem/bff/tools/gitlab/api';
import { hooks } from '@tandem/bff/tools/gitlab/hooks';
import { issueAt, itemOf, refusal, rightsIn } from '@tandem/bff/tools/gitlab/map';

const WATCH = { site: 'gitlab.com', place: '42' };
const EVENT = { object_kind: 'issue', project: { id: 42 }, object_attributes: { iid: 7, action: 'update' } };
const HEADERS = { 'x-gitlab-event': 'Issue Hook', 'idempotency-key': '2b3c', 'x-gitlab-token': 's3cret' };
const parse = (body: unknown, headers: Record<string, string> = HEADERS) => hooks.parse(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), headers, WATCH);
const proves = (headers: Record<string, string>, secrets: readonly string[]): boolean => hooks.proof(headers, secrets).holds();

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

  it('prove themselves by the token alone, whole and exact', () => {
    expect(proves(HEADERS, ['s3cret'])).toBe(true);
    expect(proves(HEADERS, ['new', 's3cret'])).toBe(true);
    for (const token of ['', 's3cre', 's3cret ', 'S3cret', 's3cret,s3cret']) expect(proves({ 'x-gitlab-token': token }, ['s3cret'])).toBe(false);
    expect(proves({}, ['s3cret'])).toBe(false);
    expect(proves(HEADERS, [])).toBe(false);
  });
});

describe('issues of GitLab', () => {
  const ISSUE: GitlabIssue = { iid: 7, project_id: 42, title: 'A', state: 'opened', updated_at: '2025-11-03T10:00:00.000+01:00', web_url: 'https://gitlab.com/a/b/-/issues/7', references: { full: 'a/b#7' } };

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
  });

  it('look the same in whatever order GitLab lists labels and people', () => {
    const [ana, ben] = [{ id: 1, username: 'ana', name: 'Ana', avatar_url: 'https://x/a.png' }, { id: 2, username: 'ben' }];
    const colors = new Map([['red', '#FF0000'], ['green', '#00FF00']]);
    const item = itemOf('s', { ...ISSUE, labels: ['red', 'blue'], assignees: [ben, ana] }, colors);
    expect(item).toEqual(itemOf('s', { ...ISSUE, labels: ['blue', 'red'], assignees: [ana, ben] }, colors));
    expect(item.labels).toEqual([{ name: 'blue' }, { name: 'red', color: '#ff0000' }]);
    expect(item.assignees).toEqual([{ id: '1', name: 'Ana', username: 'ana', avatar: 'https://x/a.png' }, { id: '2', name: 'ben', username: 'ben' }]);
  });

  it('without a time are an answer that cannot be used', () => {
    expect(() => itemOf('s', { ...ISSUE, updated_at: 'yesterday' })).toThrow(UpstreamError);
  });

  it('are recognised by their address, old and new, under a path and not elsewhere', () => {
    const base = 'https://example.org/git';
    for (const rest of ['g/s/p/-/issues/7', 'g/s/p/-/work_items/7', 'g/s/p/-/issues/incident/7', 'g/s/p/issues/7', 'g/s/p/-/issues/7/?x=1#note_2']) expect(issueAt(base, `${base}/${rest}`)).toEqual({ path: 'g/s/p', iid: '7' });
    expect(issueAt(base, `${base}/issues/issues/-/issues/7`)).toEqual({ path: 'issues/issues', iid: '7' });
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
    expect(said({ message: JSON.parse('{"__proto__":["x"],"constructor":["y"]}') as unknown }).details).toBeUndefined();
  });
});

function said(body: unknown) {
  const { message, details, upstreamStatus } = refusal(new UpstreamError('gitlab', 400, { message: 'GitLab refused the request (400).', body }));
  expect(upstreamStatus).toBe(400);
  return { message, details };
}

function likeAnEvent() {
  const value = fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.constant([]), fc.double(), fc.constant(42));
  return fc.record({ object_kind: fc.oneof(fc.constant('issue'), value), project: fc.oneof(fc.record({ id: value }), value), object_attributes: fc.oneof(fc.record({ iid: value }), value) });
}
