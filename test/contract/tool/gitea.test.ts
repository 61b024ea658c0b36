import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Access } from '@tandem/bff/ports';
import { gitea } from '@tandem/bff/tools/gitea/index';
import { PASSWORD, type GiteaApi } from '../../gitea/content.ts';
import { giteaForTests, type Gitea } from '../../gitea/server.ts';
import { accessWith } from './access.ts';
import { complete, failure, type CompleteTool } from './bench.ts';
import { startReceiver, type Receiver } from './receiver.ts';

const server = await giteaForTests();
const PLACE = 'acme/roadmap';

const fieldsOf = async (attempt: Promise<unknown>): Promise<unknown> => (await failure(attempt)).details;

describe.skipIf(!server)('what only Gitea does', () => {
  const remote = (): Gitea => server ?? expect.unreachable('without a server all of this is skipped');
  const api: GiteaApi = (...request) => remote().api(...request);
  let tool: CompleteTool;
  let ana: Access;
  let ben: Access;
  let receiver: Receiver;
  beforeAll(async () => {
    tool = complete(gitea({ url: `${remote().url}/` }));
    [ana, ben, receiver] = await Promise.all([accessWith(tool, remote().tokens.ana), accessWith(tool, ` ${remote().tokens.ben}\n`), startReceiver()]);
  });
  afterAll(() => Promise.all([remote().close(), receiver.close()]));

  const draft = { title: 'One more', description: '', labels: [], assignees: [] };

  it('takes labels of the organization as its own', async () => {
    expect((await tool.describe(ben, PLACE)).labels).toContainEqual({ name: 'customer', color: '#0e8a16' });
    const { ref, labels } = await tool.create(ben, PLACE, { ...draft, labels: ['customer', 'bug'] });
    expect(labels.map((label) => label.name)).toEqual(['bug', 'customer']);
    const after = await tool.write(ben, ref, { labels: { add: ['design'], remove: ['customer'] } });
    expect(after.labels.map((label) => label.name)).toEqual(['bug', 'design']);
  });

  it('refuses unknown labels and people before it writes anything', async () => {
    const item = await tool.create(ben, PLACE, draft);
    const stranger = { fields: { assignees: expect.stringContaining('cannot be assigned') } };
    expect(await fieldsOf(tool.write(ben, item.ref, { title: 'half', labels: { add: ['nope'], remove: [] } }))).toMatchObject({ fields: { labels: expect.stringContaining('“nope”') } });
    expect(await fieldsOf(tool.write(ben, item.ref, { title: 'half', assignees: { add: ['4711'], remove: [] } }))).toMatchObject(stranger);
    expect(await fieldsOf(tool.create(ben, PLACE, { ...draft, assignees: ['4711'] }))).toMatchObject(stranger);
    expect(await tool.read(ben, item.ref)).toEqual(item);
  });

  it('refuses a title that Gitea would cut', async () => {
    expect(await fieldsOf(tool.create(ben, PLACE, { ...draft, title: 'x'.repeat(256) }))).toMatchObject({ fields: { title: expect.stringContaining('255') } });
    expect(await fieldsOf(tool.create(ben, PLACE, { ...draft, title: '計'.repeat(128) }))).toMatchObject({ fields: { title: expect.stringContaining('255') } });
    for (const title of ['x'.repeat(255), '計'.repeat(127), `${'é'.repeat(253)}🚀`]) expect((await tool.create(ben, PLACE, { ...draft, title })).title).toBe(title);
  });

  it('keeps both assignees of an issue that has two', async () => {
    const { ref } = await tool.create(ben, PLACE, { ...draft, assignees: [ana.person.id, ben.person.id] });
    const { assignees } = await tool.write(ben, ref, { assignees: { add: [], remove: [ana.person.id] } });
    expect(assignees.map((person) => person.username)).toEqual(['ben']);
  });

  it('shows the due date, which no webhook tells of', async () => {
    const { ref } = await tool.create(ben, PLACE, draft);
    await api('ana', 'PATCH', `/repos/${PLACE}/issues/${ref.id}`, { due_date: '2031-05-06T00:00:00Z' });
    expect((await tool.read(ben, ref))?.due).toBe('2031-05-06');
  });

  it('hears of labels, assignees and comments', async () => {
    const item = await tool.create(ben, PLACE, draft);
    await tool.hooks.ensure(ana, { place: PLACE, url: receiver.url, secret: 's3cret' });
    await api('ana', 'POST', `/repos/${PLACE}/issues/${item.ref.id}/labels`, { labels: ['bug'] });
    await api('ana', 'PATCH', `/repos/${PLACE}/issues/${item.ref.id}`, { assignees: ['ben'] });
    await api('ana', 'POST', `/repos/${PLACE}/issues/${item.ref.id}/comments`, { body: 'Looking into it.' });
    for (const event of ['issue_label', 'issue_assign', 'issue_comment']) {
      const { raw, headers } = await receiver.when((delivery) => delivery.headers['x-gitea-event-type'] === event);
      expect(tool.hooks.parse(raw, headers, { site: tool.site.id, place: PLACE }).hints).toEqual([{ kind: 'changed', ref: item.ref }]);
    }
  });

  it('follows a repository that was renamed: reading, writing, listing, hooks; a delivery marks the place', async () => {
    await api('ana', 'POST', '/orgs/acme/repos', { name: 'first' });
    const before = await tool.create(ana, 'acme/first', { ...draft, title: 'Moves house' });
    const hook = { place: 'acme/first', url: `${receiver.url}-moved`, secret: 's3cret' };
    const { remoteId } = await tool.hooks.ensure(ana, hook);
    await api('ana', 'PATCH', '/repos/acme/first', { name: 'second' });

    const after = await tool.read(ana, before.ref);
    expect(after).toEqual({ ...before, url: before.url.replace('first', 'second') });
    expect((await tool.write(ana, before.ref, { title: 'Moved house', labels: { add: [], remove: [] } })).title).toBe('Moved house');
    expect((await tool.search(ana, { state: 'all', mine: false, place: 'acme/first' })).items.map((item) => item.ref)).toEqual([before.ref]);
    expect(await tool.place(ana, 'acme/first')).toEqual({ id: 'acme/first', name: 'acme/second', url: `${remote().url}/acme/second` });
    expect(await tool.hooks.ensure(ana, { ...hook, remoteId })).toEqual({ remoteId });
    const { raw, headers } = await receiver.when((delivery) => delivery.raw.includes('Moved house'));
    expect(tool.hooks.parse(raw, headers, { site: tool.site.id, place: 'acme/first' }).hints).toEqual([{ kind: 'place' }]);
  });

  it('needs no more than the scopes that consent asks for', async () => {
    const { scope = '' } = gitea({ url: remote().url, oauth: { clientId: 'id', clientSecret: 'secret' } }).oauth ?? {};
    const made = await fetch(`${remote().url}/api/v1/users/ana/tokens`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`ana:${PASSWORD}`).toString('base64')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'consent', scopes: scope.split(' ') }),
    });
    const { sha1 } = (await made.json()) as { sha1: string };
    const limited = await accessWith(tool, sha1);
    expect((await tool.describe(limited, PLACE)).labels.map((label) => label.name)).toContain('customer');
    for (const q of ['', 'road']) expect((await tool.places(limited, q)).map((place) => place.id)).toContain(PLACE);
    const { ref } = await tool.create(limited, PLACE, { ...draft, labels: ['bug'], assignees: [ana.person.id] });
    await tool.write(limited, ref, { title: 'Two', labels: { add: ['urgent'], remove: ['bug'] }, assignees: { add: [], remove: [ana.person.id] } });
    await tool.search(limited, { state: 'all', mine: true });
    await tool.backlinks.remove(limited, ref, await tool.backlinks.add(limited, ref, 'On a board'));
    const { remoteId } = await tool.hooks.ensure(limited, { place: PLACE, url: `${receiver.url}-limited`, secret: 's3cret' });
    await tool.hooks.remove(limited, { place: PLACE, remoteId });
  });

  it('leaves pull requests alone, which share numbers with issues', async () => {
    const place = 'acme/code';
    await api('ana', 'POST', '/orgs/acme/repos', { name: 'code', auto_init: true, default_branch: 'main' });
    await api('ana', 'POST', `/repos/${place}/contents/new.txt`, { content: 'bmV3', branch: 'main', new_branch: 'work', message: 'New' });
    const { number } = await api<{ number: number }>('ana', 'POST', `/repos/${place}/pulls`, { title: 'Not an issue', head: 'work', base: 'main' });
    const made = await tool.create(ana, place, draft);

    expect(await tool.read(ana, { ...made.ref, id: String(number) })).toBeUndefined();
    expect(await tool.search(ana, { place, state: 'all', mine: false })).toEqual({ items: [made] });
    expect(await tool.search(ana, { place, q: `#${number}`, state: 'all', mine: false })).toEqual({ items: [] });
    const listed: unknown[] = [];
    for await (const page of tool.changes(ana, place)) listed.push(...page);
    expect(listed).toEqual([made]);
  });

  it('is at home under a path, too', () => {
    expect(gitea({ url: 'https://example.org/git/' }).site).toEqual({ id: 'example.org/git', base: 'https://example.org/git', api: 'https://example.org/git/api/v1' });
  });
});
