import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Item } from '@tandem/shared/item';
import type { Access } from '@tandem/bff/ports';
import { gitlab } from '@tandem/bff/tools/gitlab/index';
import { startGitlab, type GitlabHook, type GitlabProject, type GitlabSim } from '../../sim/gitlab.ts';
import { accessWith } from './access.ts';
import { complete, type CompleteTool } from './bench.ts';

describe('what only GitLab does', () => {
  let sim: GitlabSim;
  let tool: CompleteTool;
  let ana: Access;
  let project: GitlabProject;
  let place: string;
  let clock = Date.UTC(2025, 10, 3, 9);
  const hookOf = (id: string): GitlabHook => sim.state.hooks.find((hook) => String(hook.id) === id) ?? expect.unreachable('there is no such hook');
  const draft = { title: 'One more', description: '', labels: [], assignees: [] };

  beforeAll(async () => {
    sim = await startGitlab({ now: () => clock, rateLimit: 1_000_000 });
    for (const username of ['ana', 'ben', 'guest']) sim.addUser(username, username);
    tool = complete(gitlab({ url: `${sim.url}/`, now: Date.now }));
    ana = await accessWith(tool, sim.addToken('ana').value);
  });
  beforeEach(() => {
    project = sim.addProject(`acme/p${sim.state.projects.size}`, { ana: 50, ben: 30, guest: 10 });
    place = String(project.id);
  });
  afterAll(() => sim.close());

  it('reads more changes than fit a page, each once, and misses none that moves meanwhile', async () => {
    for (let n = 1; n <= 250; n += 1) {
      clock += 1_000;
      sim.as('ana').createIssue(project.id, { title: `Issue ${n}` });
    }
    const seen: Item[] = [];
    let moved = 0;
    for await (const page of tool.changes(ana, place)) {
      seen.push(...page);
      clock += 1_000;
      if (moved < 2) sim.as('ana').updateIssue(project.id, (moved += 1), { title: 'Moved to the end' });
    }
    expect(new Set(seen.map((item) => item.ref.id)).size).toBe(250);
    expect(new Set(seen.map((item) => `${item.ref.id} ${item.updatedAt}`)).size).toBe(seen.length);
    expect(seen.map((item) => item.updatedAt)).toEqual(seen.map((item) => item.updatedAt).sort());
    expect(await tool.read(ana, { tool: 'gitlab', site: tool.site.id, place, id: '100' })).toMatchObject({ title: 'Issue 100' });
  });

  it('gets past more issues of one moment than fit a page', async () => {
    for (let n = 1; n <= 230; n += 1) sim.as('ana').createIssue(project.id, { title: `Issue ${n}` });
    const seen: string[] = [];
    for await (const page of tool.changes(ana, place, new Date(clock).toISOString())) seen.push(...page.map((item) => item.ref.id));
    expect([new Set(seen).size, seen.length]).toEqual([230, 230]);
  });

  it('shows the one assignee that the free tier kept', async () => {
    const [first, second] = [String(sim.user('ana').id), String(sim.user('ben').id)];
    const { ref } = await tool.create(ana, place, { ...draft, assignees: [first, second] });
    expect((await tool.read(ana, ref))?.assignees.map((person) => person.id)).toEqual([first]);
    const after = await tool.write(ana, ref, { assignees: { add: [second], remove: [] } });
    expect(after.assignees.map((person) => person.id)).toEqual([first]);
    expect(sim.requests.findLast((request) => request.method === 'PUT')?.body).toEqual({ assignee_ids: [Number(first), Number(second)] });
  });

  it('refuses what GitLab could not name: labels with commas, people without numbers', async () => {
    const { ref } = await tool.create(ana, place, draft);
    await expect(tool.write(ana, ref, { labels: { add: ['red, blue'], remove: [] } })).rejects.toMatchObject({ code: 'invalid_input', details: { fields: { labels: expect.any(String) } } });
    await expect(tool.write(ana, ref, { assignees: { add: ['ben'], remove: [] } })).rejects.toMatchObject({ code: 'invalid_input', details: { fields: { assignees: expect.any(String) } } });
  });

  it('refuses a title that GitLab would refuse, and says at its field what GitLab refused', async () => {
    const unrecorded = await startGitlab({ record: false });
    unrecorded.addUser('ana', 'Ana');
    const other = complete(gitlab({ url: unrecorded.url, now: Date.now }));
    const access = await accessWith(other, unrecorded.addToken('ana').value);
    const { ref } = await other.create(access, String(unrecorded.addProject('a/b', { ana: 50 }).id), { ...draft, title: 'x'.repeat(255) });
    await expect(other.write(access, ref, { title: 'x'.repeat(256) })).rejects.toMatchObject({ code: 'invalid_input', details: { fields: { title: expect.stringContaining('255') } } });
    await expect(other.write(access, ref, { description: 'x'.repeat(1_048_577) })).rejects.toMatchObject({
      code: 'tool_refused',
      message: 'GitLab refused this: Description is too long (maximum is 1048576 characters).',
      details: { fields: { description: 'Description is too long (maximum is 1048576 characters).' } },
    });
    await unrecorded.close();
  });

  it('asks for the colours of labels only where there is a label, and not again at once', async () => {
    sim.addLabel(project.id, 'red', '#FF0000');
    const { ref } = await tool.create(ana, place, draft);
    const asked = (): number => sim.requests.filter((request) => request.path.endsWith('/labels')).length;
    const before = asked();
    expect((await tool.read(ana, ref))?.labels).toEqual([]);
    expect(asked()).toBe(before);
    await tool.write(ana, ref, { labels: { add: ['red'], remove: [] } });
    expect((await tool.search(ana, { place, state: 'all', mine: false })).items[0]?.labels).toEqual([{ name: 'red', color: '#ff0000' }]);
    expect((await tool.read(ana, ref))?.labels).toEqual([{ name: 'red', color: '#ff0000' }]);
    expect(asked()).toBe(before + 1);
  });

  it('makes a label that nobody made before', async () => {
    const { labels } = await tool.create(ana, place, { ...draft, labels: ['fresh'] });
    expect(labels).toEqual([{ name: 'fresh', color: expect.stringMatching(/^#[0-9a-f]{6}$/) }]);
  });

  it('reads a moved issue as it is, and a confidential one as not there for a guest', async () => {
    const elsewhere = sim.addProject(`acme/e${sim.state.projects.size}`, { ana: 50 });
    const guest = await accessWith(tool, sim.addToken('guest').value);
    const { ref } = await tool.create(ana, place, draft);
    expect(await tool.read(guest, ref)).toBeDefined();
    sim.as('ana').updateIssue(project.id, Number(ref.id), { confidential: true });
    expect(await tool.read(guest, ref)).toBeUndefined();
    sim.as('ana').moveIssue(project.id, Number(ref.id), elsewhere.id);
    expect((await tool.read(ana, ref))?.status.kind).toBe('closed');
  });

  it('finds a public project of others when none of one’s own fits', async () => {
    sim.addProject('strangers/openthing', {}, { visibility: 'public' });
    expect((await tool.places(ana, 'openthing')).map((found) => found.url)).toEqual([`${sim.url}/strangers/openthing`]);
    expect((await tool.places(ana, '')).map((found) => found.url)).not.toContain(`${sim.url}/strangers/openthing`);
  });

  it('lets somebody without a role create and not edit', async () => {
    const open = sim.addProject('strangers/public', {}, { visibility: 'public' });
    expect((await tool.describe(ana, String(open.id))).can).toEqual({ create: true, write: false, hook: false });
  });

  it('asks for a signature beside the token, and gives away neither the secret nor, with the token, the key', async () => {
    const secret = 'the secret of this watch';
    const { remoteId } = await tool.hooks.ensure(ana, { place, url: 'https://tandem.example/hooks/gitlab/s', secret });
    const { token, signingToken } = hookOf(remoteId);
    expect(signingToken).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    const known = [secret, token ?? ''].flatMap((text) => [text, createHash('sha256').update(text).digest('hex'), createHash('sha256').update(text).digest('base64')]);
    for (const guess of known) expect(signingToken).not.toContain(guess);
    expect(token).not.toContain(secret);
  });

  it('takes the token for proof where GitLab signs nothing yet, and leaves a hook alone that works', async () => {
    const old = await startGitlab({ signing: false, record: false });
    old.addUser('ana', 'Ana');
    const at = String(old.addProject('a/b', { ana: 50 }).id);
    const other = complete(gitlab({ url: old.url, now: Date.now }));
    const access = await accessWith(other, old.addToken('ana').value);
    const hook = { place: at, url: 'https://tandem.example/hooks/gitlab/o', secret: 'one' };
    const made = await other.hooks.ensure(access, hook);
    expect(made.signed).toBe(false);
    expect(await other.hooks.ensure(access, { ...hook, remoteId: made.remoteId })).toEqual(made);
    expect(old.requests.filter((request) => request.method === 'PUT')).toEqual([]);
    const headers = { 'x-gitlab-token': old.state.hooks[0]?.token ?? '' };
    const holds = (signed: boolean): boolean => other.hooks.proof(headers, ['one'], { signed, now: Date.now() }).holds();
    expect([holds(false), holds(true)]).toEqual([true, false]);
    await old.close();
  });

  it('finds a note of its own among the newest hundred', async () => {
    const { ref } = await tool.create(ana, place, draft);
    const id = await tool.backlinks.add(ana, ref, 'On a board');
    for (let n = 1; n <= 99; n += 1) sim.as('ben').addNote(project.id, Number(ref.id), `Note ${n}`);
    expect(await tool.backlinks.find(ana, ref, 'On a board')).toBe(id);
  });

  it('keeps one hook where another was made beside it and nobody heard of that', async () => {
    const hook = { place, url: 'https://tandem.example/hooks/gitlab/x', secret: 'one' };
    const made = await tool.hooks.ensure(ana, hook);
    await ana.request({ method: 'POST', path: `/projects/${place}/hooks`, body: { url: hook.url, issues_events: true } });
    expect(await tool.hooks.ensure(ana, { ...hook, remoteId: made.remoteId })).toEqual(made);
    expect(sim.state.hooks.filter(({ url }) => url === hook.url).map(({ id }) => String(id))).toEqual([made.remoteId]);
  });

  it('keeps the hook and renews its secret when its number was lost', async () => {
    const hook = { place, url: 'https://tandem.example/hooks/gitlab/w', secret: 'one' };
    const { remoteId } = await tool.hooks.ensure(ana, hook);
    const before = { ...hookOf(remoteId) };
    expect(await tool.hooks.ensure(ana, { ...hook, secret: 'two' })).toEqual({ remoteId, signed: true });
    const after = hookOf(remoteId);
    expect(after).toMatchObject({ issues_events: true, confidential_issues_events: true, push_events: false, name: 'Tandem' });
    expect(after.token).not.toBe(before.token);
    expect(after.signingToken).not.toBe(before.signingToken);
  });
});
