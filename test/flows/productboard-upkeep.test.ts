import type { ConnectionsAnswer, DryRunAnswer, IntegrationBody, PushAnswer } from '@tandem/shared/integrations';
import type { HttpAnswer } from '@tandem/bff/http';
import { timers } from '@tandem/bff/timers';
import { readLane } from '@tandem/bff/sync/keys';
import { printRef } from '@tandem/shared/ref';
import { afterEach, describe, expect, test } from 'vitest';
import { httpThrough } from '../sim/through.ts';
import { eventually, type World, type WorldOptions } from '../sim/world.ts';
import { openScene, type Scene } from './productboard-scene.ts';

let opened: World | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

const open = (options: WorldOptions = {}): Promise<Scene> => openScene(options, (world) => (opened = world));

describe('other settings for what is linked already', () => {
  test('a label that means another: the features keep their status, the tickets get the new label and lose the old one, and the dry run says so', async () => {
    const scene = await open();
    const { ana } = scene.people;
    const { id } = await scene.set();
    await scene.press('button.push', scene.other);
    await scene.press();
    await scene.settle(8000);
    const [idea, progress, released] = scene.body.statuses;
    if (!idea || !progress || !released) throw new Error('three rows');
    const statuses = (over: object): Partial<IntegrationBody> => ({ statuses: [idea, { ...progress, ...over }, released] });
    const dryRun = async (patch: object) => (await scene.call<DryRunAnswer>(ana, 'POST', `/api/integrations/${id}/dry-run`, patch)).body;
    const change = async (patch: object): Promise<void> => {
      expect((await scene.call(ana, 'PATCH', `/api/integrations/${id}`, patch)).status).toBe(202);
      await scene.settle(8000);
    };
    const stand = () => [scene.other, scene.feature].map((feature) => scene.productboard.state.entities.get(feature)?.status?.name);
    expect([stand(), scene.tickets().map(({ labels }) => labels)]).toEqual([['In progress', 'New idea'], [['feature'], []]]);

    expect(await dryRun(statuses({ label: 'later' }))).toMatchObject({ looked: 2, asks: [], writes: [{ side: 'right', field: 'status', from: 'opened\nfeature', to: 'opened\nlater' }] });
    await change(statuses({ label: 'later' }));
    expect([stand(), scene.tickets().map(({ labels }) => labels)]).toEqual([['In progress', 'New idea'], [['later'], []]]);
    expect(scene.shown(scene.other)).toMatchObject({ state: 'connected', label: 'later' });
    expect((await dryRun(statuses({ label: 'later' }))).writes).toEqual([]);

    // A label of ours that means nothing any more goes; the same one, put there by a person after that, is theirs.
    await change({ statuses: [{ ...progress, label: undefined }, released] });
    expect([stand(), scene.tickets().map(({ labels }) => labels)]).toEqual([['In progress', 'New idea'], [[], []]]);
    scene.advance(2000);
    scene.gitlab.as('ben').updateIssue(scene.place, scene.tickets()[0]?.iid ?? 0, { add_labels: ['later'] });
    await scene.settle(8000);
    expect([stand(), scene.tickets().map(({ labels }) => labels)]).toEqual([['In progress', 'New idea'], [['later'], []]]);

    // Where the ticket alone decides, the feature follows what the rows say of it.
    await change({ statuses: [idea, { ...progress, label: undefined, ticket: 'closed' }] });
    expect([stand(), scene.tickets().map(({ state }) => state)]).toEqual([['In progress', 'New idea'], ['closed', 'opened']]);
    await change({ statuses: [idea, released], rules: { ...scene.body.rules, status: { flow: 'left', clash: 'right' } } });
    expect([stand(), scene.tickets().map(({ state }) => state)]).toEqual([['Released', 'New idea'], ['closed', 'opened']]);
  });
});

describe('a tracker that asks to wait', () => {
  test('many are linked at once: it is left alone until then, Productboard is not, and each feature gets its one ticket', async () => {
    let until = 0;
    let [creates, early] = [0, 0];
    const busy = (): HttpAnswer => {
      early += 1;
      return { status: 429, headers: { 'retry-after': String(Math.ceil((until - (opened?.now() ?? 0)) / 1000)) }, text: 'Retry later\n' };
    };
    const http = httpThrough(async (request, send) => {
      if (!opened || !request.url.startsWith(opened.gitlab.url)) return send(request);
      if (opened.now() < until) return busy();
      if (request.method !== 'POST' || !request.url.endsWith('/issues')) return send(request);
      creates += 1;
      // Once it fails, when the last in the queue have waited for long: that is no reason to give up.
      if (creates === 25) return { status: 503, headers: {}, text: '' };
      // Twice in a row, for longer than anybody is patient with one that fails.
      if (creates !== 8 && creates !== 9) return send(request);
      until = opened.now() + 150_000;
      return busy();
    });
    const scene = await open({ overrides: { http } });
    const { ana } = scene.people;
    const { id } = await scene.set();
    const items = Array.from({ length: 30 }, (_, i) => ({ item: scene.productboard.addEntity({ name: `Feature ${i}` }).id }));
    expect((await scene.call<PushAnswer>(ana, 'POST', `/api/integrations/${id}/connections`, { items })).body.begun).toBe(30);
    await scene.settle(1000);
    expect(until).toBeGreaterThan(scene.now());
    expect((await scene.tandem().store.lanes.get(readLane(ana.team, 'productboard', scene.productboard.url)))?.blockedUntil ?? 0).toBeLessThanOrEqual(scene.now());
    await scene.settle(400_000);
    const { connections } = (await scene.call<ConnectionsAnswer>(ana, 'GET', `/api/integrations/${id}/connections`)).body;
    expect(connections.map(({ state }) => state)).toEqual(items.map(() => 'linked'));
    expect(items.map(({ item }) => scene.shown(item).state)).toEqual(items.map(() => 'connected'));
    expect(scene.tickets().map(({ title }) => title).toSorted()).toEqual(items.map((_, i) => `Feature ${i}`).toSorted());
    // What was under way when it said so, each time; nobody asks before the time is over.
    expect(early).toBeLessThanOrEqual(16);
  });
});

describe('a ticket that was there before', () => {
  test('gets what goes into it once, follows in the rest, and what it had of either is in the timeline', async () => {
    const scene = await open();
    const { ana } = scene.people;
    const once = { flow: 'once', clash: 'left' } as const;
    const { id } = await scene.set({ rules: { title: once, description: { flow: 'both', clash: 'left' }, status: once } });
    const items = [{ item: scene.other, ticket: `${scene.site}/acme/roadmap/-/issues/1` }];
    await scene.call<PushAnswer>(ana, 'POST', `/api/integrations/${id}/connections`, { items });
    await scene.settle(8000);
    const ticket = () => scene.gitlab.project(scene.place).issues.get(1);
    expect(ticket()).toMatchObject({ title: 'Single sign-on', labels: ['feature'], description: expect.stringMatching(/^Productboard: \[Single sign-on\]/) as unknown });
    const [link] = (await scene.call<ConnectionsAnswer>(ana, 'GET', `/api/integrations/${id}/connections`)).body.connections;
    const told = link?.history.map(({ text }) => text).join('\n');
    expect(told).toContain('got the title of “Single sign-on” when it was linked; it had: Checkout drops the discount');
    expect(told).toMatch(/Each side had its own description when they were linked\..* had: About \*\*Checkout drops the discount\*\*\./);
    scene.advance(2000);
    scene.productboard.edit(scene.other, { name: 'Single sign-off', description: '<p>At last.</p>' });
    await scene.settle(8000);
    expect(ticket()).toMatchObject({ title: 'Single sign-on', description: expect.stringMatching(/^At last\./) as unknown });
  });
});

describe('a click', () => {
  test('on a feature that is being unlinked waits no longer for both than for one', async () => {
    const late: (() => void)[] = [];
    let stopped = false;
    const { after, every } = timers;
    const scene = await open({ overrides: { timers: { every, after: (ms, work) => (stopped && ms > 1000 ? (late.push(work), () => undefined) : after(ms, work)) } } });
    const { id } = await scene.set();
    await scene.press();
    await scene.settle(8000);
    const { store } = scene.tandem();
    const connection = await store.connections.get(id, scene.feature);
    if (!connection) throw new Error('not linked');
    await store.connections.swap(connection.rev, { ...connection, state: 'leaving' });
    stopped = true;
    const waiting = (n: number) => eventually(() => late.length, (length) => length >= n);
    const click = scene.click();
    await waiting(2);
    // The unlinking ends in the last moment.
    await store.connections.remove(id, scene.feature);
    late[1]?.();
    await waiting(3);
    late[0]?.();
    expect(await click).toEqual({ state: 'progress' });
  });
});

describe('an integration that is not on', () => {
  test('paused, it stays so while its column is made anew, and its pairs rest with it, until somebody resumes it', async () => {
    const scene = await open();
    const { ana } = scene.people;
    const { id } = await scene.set();
    const act = async (what: 'pause' | 'resume'): Promise<void> => {
      expect((await scene.call(ana, 'POST', `/api/integrations/${id}/${what}`)).status).toBe(202);
      await scene.settle(8000);
    };
    const rename = async (name: string): Promise<string | undefined> => {
      scene.advance(2000);
      scene.productboard.edit(scene.feature, { name });
      await scene.settle(8000);
      return scene.tickets()[0]?.title;
    };
    await scene.press();
    await scene.settle(8000);
    // One that is being made meanwhile rests, too, when it is there.
    scene.gitlab.faults.next(1, 503, { method: 'POST', path: /issues$/ });
    await scene.press('button.push', scene.other);
    await act('pause');
    await scene.settle(75_000);
    expect((await scene.tandem().store.pairs.byTeam(ana.team)).map(({ state }) => state)).toEqual(['paused', 'paused']);
    const [pair] = await scene.tandem().store.pairs.byTeam(ana.team);
    expect(await scene.call(ana, 'POST', `/api/pairs/${pair?.id}/resume`)).toMatchObject({ status: 409, body: { error: { message: expect.stringContaining('Resume that one') as unknown } } });
    expect(await rename('Darker')).toBe('Dark mode');

    scene.productboard.state.plugins.clear();
    scene.advance(25 * 3_600_000);
    await scene.settle(60_000);
    expect(await scene.view()).toMatchObject({ state: 'paused', done: ['source', 'target'], reason: expect.stringContaining('not there any more') as unknown });
    await act('resume');
    expect(await scene.view()).toMatchObject({ state: 'paused', done: expect.arrayContaining(['column', 'enable']) as unknown });
    expect([scene.productboard.state.plugins.size, (await scene.view()).reason, await rename('Darkest')]).toEqual([1, undefined, 'Dark mode']);
    await act('resume');
    expect([(await scene.view()).state, scene.tickets()[0]?.title, scene.shown().state]).toEqual(['on', 'Darkest', 'connected']);
  });

  test('being set up, it says why its webhook cannot be made, lets it be tried at its own pace, and goes on by itself or on somebody’s word', async () => {
    const scene = await open();
    scene.productboard.faults.next(10_000, 503, { method: 'POST', path: /webhooks/ });
    const { id } = await scene.set();
    await scene.settle(120_000);
    const tries = scene.productboard.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/webhooks')).length;
    // At most one in 7.5 seconds, once it has failed for a while.
    expect([tries > 5, tries < 60]).toEqual([true, true]);
    expect(await scene.view()).toMatchObject({ state: 'setting', done: ['column'], reason: expect.stringContaining('trouble of its own') as unknown });
    await scene.settle(26 * 3_600_000);
    expect((await scene.view()).reason).toContain('Given up after a day');
    scene.productboard.faults.clear();
    await scene.settle(3_600_000);
    expect((await scene.view()).state, 'nobody said a word').toBe('setting');
    await scene.call(scene.people.ana, 'POST', `/api/integrations/${id}/resume`);
    await scene.settle(8000);
    expect(await scene.view()).toMatchObject({ state: 'on', done: ['column', 'source', 'target', 'enable'] });

    // Its end is given up just so, and begun again on a word.
    const { ana } = scene.people;
    scene.productboard.faults.next(10_000, 503, { method: 'DELETE', path: /plugin-integrations/ });
    await scene.call(ana, 'DELETE', `/api/integrations/${id}`);
    await scene.settle(26 * 3_600_000);
    expect(await scene.view()).toMatchObject({ state: 'removing', reason: expect.stringContaining('trouble of its own') as unknown });
    scene.productboard.faults.clear();
    await scene.settle(3_600_000);
    expect((await scene.view()).state, 'nobody said a word').toBe('removing');
    expect((await scene.call(ana, 'POST', `/api/integrations/${id}/retry`)).status).toBe(202);
    await scene.settle(30_000);
    expect([(await scene.tandem().store.integrations.get(id))?.state, scene.productboard.state.plugins.size]).toEqual(['removed', 0]);
  });
});

describe('a tracker that lets nobody in any more', () => {
  test('a button of which nothing is known ends with what there is to say: the ticket’s state where it can be read, why not where it cannot', async () => {
    const scene = await open();
    const { ana } = scene.people;
    const { id } = await scene.set();
    await scene.press();
    await scene.settle(8000);
    const forgotten = async (): Promise<void> => {
      await scene.tandem().store.items.remove(ana.team, printRef({ tool: 'gitlab', site: scene.site, place: scene.place, id: String(scene.tickets()[0]?.iid) }));
      scene.advance(2000);
      await scene.during(scene.click());
      await scene.settle(8000);
    };
    await forgotten();
    expect(scene.shown()).toMatchObject({ state: 'connected', label: 'Open' });
    scene.gitlab.setMember(scene.place, 'ana', undefined);
    await forgotten();
    expect(scene.shown()).toMatchObject({ state: 'error', message: expect.stringContaining('may not see') as unknown });
    expect(await scene.press('button.dismiss')).toEqual({ state: 'initial' });
    await scene.call(ana, 'DELETE', `/api/integrations/${id}/connections/${scene.feature}`);
    await scene.settle(8000);
    const { report } = await scene.view();
    expect(report).toEqual([expect.stringMatching(/^The line that leads to Productboard stays in .*: GitLab shows nothing of that project to ana any more/)]);
    expect((await scene.call(ana, 'POST', `/api/integrations/${id}/retry`)).status).toBe(202);
    await scene.settle(8000);
    expect(await scene.view(), 'nobody has read it yet').toMatchObject({ report, counts: { linked: 0, leaving: 0 } });
    // Heeding it shows no column that somebody switched off.
    for (const plugin of scene.productboard.state.plugins.values()) plugin.enabled = false;
    expect((await scene.call(ana, 'DELETE', `/api/integrations/${id}/report`)).status).toBe(204);
    await scene.settle(8000);
    expect([(await scene.view()).report, [...scene.productboard.state.plugins.values()].map(({ enabled }) => enabled)]).toEqual([[], [false]]);
  });

  test('a project that was deleted: within a day the button says that its ticket is not to be seen, and the pair says why', async () => {
    const scene = await open();
    const { ana } = scene.people;
    const { id } = await scene.set();
    await scene.press();
    await scene.settle(8000);
    const { state } = scene.gitlab;
    state.hooks.splice(0);
    state.projects.delete(Number(scene.place));
    scene.advance(24 * 3_600_000);
    await scene.settle(60_000);
    expect(scene.shown()).toMatchObject({ state: 'connected', label: 'Not visible', color: 'red' });
    expect(await scene.tandem().store.pairs.byTeam(ana.team)).toMatchObject([{ state: 'hidden', reason: expect.stringContaining('may not see') as unknown }]);
    expect((await scene.view()).right).toMatchObject({ watch: 'poll', reason: expect.stringContaining('GitLab has no such project any more, or shows it to no connected account') as unknown });
    // Whoever may not see a project is told the same.
    await scene.call(ana, 'DELETE', `/api/integrations/${id}`);
    await scene.settle(20_000);
    expect(await scene.view()).toMatchObject({ state: 'removed', report: [expect.stringMatching(/^The line that leads to Productboard stays in .*: GitLab shows nothing of that project/), `If the project ${scene.place} is still there, so is its webhook: no connected account sees it any more. Whatever it sends is turned away.`] });
  });

  test('deleting says in which tickets the link stays, and why; nothing else does', async () => {
    const scene = await open();
    const { ana } = scene.people;
    const { id } = await scene.set();
    const items = Array.from({ length: 25 }, (_, i) => ({ item: scene.productboard.addEntity({ name: `Feature ${i}` }).id }));
    await scene.call(ana, 'POST', `/api/integrations/${id}/connections`, { items });
    await scene.settle(60_000);
    const links = (): number => scene.tickets().filter(({ description }) => description.includes('#tandem-')).length;
    expect(links()).toBe(25);
    await scene.call(ana, 'DELETE', `/api/integrations/${id}`);
    // Ten in a second, and then ana has to leave.
    for (let n = 0; n < 100 && links() === 25; n += 1) {
      await scene.settle(0);
      scene.advance(500);
    }
    expect(links()).toBe(15);
    scene.gitlab.setMember(scene.place, 'ana', undefined);
    await scene.settle(20_000);
    const stays = 'The line that leads to Productboard stays in';
    expect(await scene.view()).toMatchObject({ state: 'removed', report: [...Array.from({ length: 3 }, () => expect.stringMatching(new RegExp(`^${stays} roadmap#\\d+: GitLab shows nothing of that project to ana any more`)) as unknown), `${stays} 12 more tickets, which were not tried any more.`] });
    expect([links(), await scene.tandem().store.connections.byIntegration(id), await scene.tandem().store.pairs.byTeam(ana.team)]).toEqual([15, [], []]);
  });
});
