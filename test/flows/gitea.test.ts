import type { BoardAnswer, ItemsAnswer, PairsAnswer, PairView, PlaceAnswer } from '@tandem/shared/api';
import type { WireError } from '@tandem/shared/errors';
import type { Item } from '@tandem/shared/item';
import type { Ref } from '@tandem/shared/ref';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { giteaForTests } from '../gitea/server.ts';
import { httpThrough } from '../sim/through.ts';
import { eventually, openWorld, seen, type World } from '../sim/world.ts';

const gitea = await giteaForTests();

/** The main job on a real tracker: its webhooks, its API, its permissions. */
describe.skipIf(!gitea)('a card follows an issue of a real Gitea', () => {
  if (!gitea) return;
  const site = gitea.url;
  const at = { tool: 'gitea', site };
  const repo = '/repos/acme/roadmap';
  const path = `/api/tools/gitea/${encodeURIComponent(site)}`;
  const ref = (id: number): Ref => ({ tool: 'gitea', site, place: 'acme/roadmap', id: String(id) });
  let world: World;
  let number = 0;
  /** What somebody does in Gitea in the moment after a write of ours. */
  let after: (() => Promise<unknown>) | undefined;
  const cards: string[] = [];
  const shown = (card = cards[0] ?? ''): ReturnType<typeof seen> => seen(world.card(card));
  const becomes = (want: Partial<NonNullable<ReturnType<typeof seen>>>, card?: string) => eventually(() => shown(card), (face) => face !== undefined && Object.entries(want).every(([key, value]) => JSON.stringify(face[key as keyof typeof face]) === JSON.stringify(value)));

  beforeAll(async () => {
    const http = httpThrough(async (request, send) => {
      const answer = await send(request);
      const act = request.method === 'PATCH' && request.url.startsWith(site) ? after : undefined;
      if (act) after = undefined;
      await act?.();
      return answer;
    });
    world = await openWorld({ live: true, env: { GITEA_URL: gitea.url }, overrides: { http } });
    for (const name of ['ana', 'ben', 'cem'] as const) {
      await world.signIn(world.people[name]);
      expect((await world.connect(world.people[name], gitea.tokens[name], at)).status).toBe(200);
    }
  });
  afterAll(async () => {
    await world?.close();
    await gitea.close();
  });

  test('an issue made from the panel is in Gitea, with its labels and assignee', async () => {
    const { ana } = world.people;
    const place = await world.call<PlaceAnswer>(ana, 'GET', `${path}/places/${encodeURIComponent('acme/roadmap')}`);
    const ben = place.body.members.find((person) => person.username === 'ben');
    const made = await world.call<Item>(ana, 'POST', `${path}/places/${encodeURIComponent('acme/roadmap')}/items`, { title: 'Made on the board', description: 'With **text**', labels: ['bug'], assignees: [ben?.id] });
    expect(made.status).toBe(201);
    number = Number(made.body.ref.id);
    const issue = await gitea.api<{ title: string; labels: { name: string }[]; assignees: { login: string }[] }>('ana', 'GET', `${repo}/issues/${number}`);
    expect([issue.title, issue.labels.map((label) => label.name), issue.assignees.map((person) => person.login)]).toEqual(['Made on the board', ['bug'], ['ben']]);
  });

  test('two cards of it, on the board by two people, and one webhook at the project', async () => {
    for (const name of ['ana', 'ben'] as const) {
      const { card, answer } = await world.put(world.people[name], ref(number));
      expect([answer.status, answer.body.watch]).toEqual([201, 'hook']);
      cards.push(card);
    }
    for (const card of cards) await becomes({ title: '<p>Made on the board</p>', status: 'connected' }, card);
    const hooks = await gitea.api<{ config: { url: string } }[]>('ana', 'GET', `${repo}/hooks`);
    expect(hooks.filter((hook) => hook.config.url.startsWith(world.url))).toHaveLength(1);
  });

  test('title, labels, assignee and state changed in Gitea show on both cards', async () => {
    const labels = await gitea.api<{ id: number; name: string }[]>('ana', 'GET', `${repo}/labels`);
    await gitea.api('ben', 'PATCH', `${repo}/issues/${number}`, { title: 'Renamed in Gitea' });
    await gitea.api('ben', 'POST', `${repo}/issues/${number}/labels`, { labels: labels.filter((label) => label.name === 'urgent').map((label) => label.id) });
    await gitea.api('ana', 'PATCH', `${repo}/issues/${number}`, { assignees: ['cem'] });
    for (const card of cards) await becomes({ title: '<p>Renamed in Gitea</p>', chips: ['Open', 'Cem Yıldız', 'bug', 'urgent'] }, card);
    await gitea.api('ana', 'PATCH', `${repo}/issues/${number}`, { state: 'closed' });
    for (const card of cards) await becomes({ color: '#6e49cb', chips: ['Closed', 'Cem Yıldız', 'bug', 'urgent'] }, card);
  });

  test('an edit on the board is in Gitea, in the name of whoever made it', async () => {
    const edited = await world.edit(world.people.ben, cards[0] ?? '', { set: { title: 'Edited on the board', status: 'open', labels: ['bug'] }, seen: { title: 'Renamed in Gitea', status: 'closed', labels: ['bug', 'urgent'] } });
    expect([edited.status, edited.body.item?.title]).toEqual([200, 'Edited on the board']);
    const issue = await gitea.api<{ title: string; state: string; labels: { name: string }[] }>('ana', 'GET', `${repo}/issues/${number}`);
    expect([issue.title, issue.state, issue.labels.map((label) => label.name)]).toEqual(['Edited on the board', 'open', ['bug']]);
    const events = await gitea.api<{ type: string; user: { login: string } }[]>('ana', 'GET', `${repo}/issues/${number}/timeline`);
    expect(events.findLast((event) => event.type === 'change_title')?.user.login).toBe('ben');
    for (const card of cards) await becomes({ title: '<p>Edited on the board</p>', chips: ['Open', 'Cem Yıldız', 'bug'] }, card);
  });

  test('who may only read gets a sentence, and the issue stays as it is', async () => {
    const refused = await world.edit(world.people.cem, cards[0] ?? '', { set: { title: 'By a reader' }, seen: { title: 'Edited on the board' } });
    const { error } = refused.body as unknown as WireError;
    expect([refused.status, error.code, error.message]).toEqual([403, 'forbidden', expect.stringContaining('may only change what you wrote')]);
    expect((await gitea.api<{ title: string }>('ana', 'GET', `${repo}/issues/${number}`)).title).toBe('Edited on the board');
  });

  test('search finds by words in a project, and by address', async () => {
    const { ana } = world.people;
    // Gitea's search index trails its writes.
    const words = `${path}/items?place=${encodeURIComponent('acme/roadmap')}&q=Safari`;
    await eventually(async () => (await world.call<ItemsAnswer>(ana, 'GET', words)).body.items.map((item) => item.title).join(), (titles) => titles === 'Sign-in loops on Safari', 20_000);
    const byUrl = await world.call<ItemsAnswer>(ana, 'GET', `${path}/items?q=${encodeURIComponent(`${gitea.url}/acme/roadmap/issues/${number}`)}`);
    expect(byUrl.body.items.map((item) => item.ref)).toEqual([ref(number)]);
  });

  test('where nobody may create a webhook, linking works, says so, and changes are asked for', async () => {
    await gitea.api('ben', 'POST', '/user/repos', { name: 'notes', private: false, auto_init: false });
    const issue = await gitea.api<{ number: number }>('ben', 'POST', '/repos/ben/notes/issues', { title: 'Ben’s own' });
    await world.call(world.people.ben, 'DELETE', `/api/accounts/gitea/${encodeURIComponent(site)}`);
    await world.call(world.people.ana, 'DELETE', `/api/accounts/gitea/${encodeURIComponent(site)}`);
    // Cem may not edit the board of this world, so a board of his own.
    const own = world.miro.addBoard('Cem’s board', world.people.cem.team, { [world.people.cem.user]: 'owner' }).id;
    const { answer } = await world.put(world.people.cem, { tool: 'gitea', site, place: 'ben/notes', id: String(issue.number) }, own);
    expect([answer.status, answer.body.watch]).toEqual([201, 'poll']);
    for (const name of ['ana', 'ben'] as const) await world.connect(world.people[name], gitea.tokens[name], at);
  });

  test('an issue here and one in a GitLab are kept in step, both ways', async () => {
    const { ana } = world.people;
    await world.connect(ana);
    const issue = await gitea.api<{ number: number }>('ana', 'POST', `${repo}/issues`, { title: 'In both trackers', body: 'One text.' });
    const there = (): { title: string; description: string | null; state: string } | undefined => world.gitlab.project(world.place).issues.get(2);
    const here = (): Promise<{ title: string; body: string; state: string }> => gitea.api('ana', 'GET', `${repo}/issues/${issue.number}`);
    const made = await world.call<PairView>(ana, 'POST', '/api/pairs', { left: ref(issue.number), right: world.issue(2), start: 'left' });
    expect(made.status).toBe(201);
    await eventually(() => [there()?.title, there()?.description], (shown) => JSON.stringify(shown) === JSON.stringify(['In both trackers', 'One text.']));
    world.gitlab.as('ana').updateIssue(world.place, 2, { title: 'Closed in GitLab', state_event: 'close' });
    await eventually(here, ({ title, state }) => title === 'Closed in GitLab' && state === 'closed');
    await gitea.api('ana', 'PATCH', `${repo}/issues/${issue.number}`, { state: 'open', body: 'Written in Gitea.\n' });
    await eventually(() => [there()?.state, there()?.description?.trim()], (shown) => JSON.stringify(shown) === JSON.stringify(['opened', 'Written in Gitea.']));
    // Closed there once more, and opened here again at once: that is not taken for a write that did not happen.
    after = () => gitea.api('ana', 'PATCH', `${repo}/issues/${issue.number}`, { state: 'open' });
    world.gitlab.as('ana').updateIssue(world.place, 2, { title: 'Closed again', state_event: 'close' });
    await eventually(async () => [there()?.state, (await here()).state, (await here()).title], (shown) => shown.join() === 'opened,open,Closed again', 20_000);
    await eventually(async () => (await world.call<PairsAnswer>(ana, 'GET', '/api/pairs')).body.pairs.map(({ state }) => state), (states) => states.join() === 'live');
    expect((await world.call(ana, 'DELETE', `/api/pairs/${made.body.id}`)).status).toBe(204);
  });

  test('deleted in Gitea, the cards turn grey and say why', async () => {
    await gitea.api('ana', 'DELETE', `${repo}/issues/${number}`);
    for (const card of cards) await becomes({ status: 'disabled', chips: ['Deleted in the tool'] }, card);
    const { body } = await world.call<BoardAnswer>(world.people.ana, 'GET', `/api/boards/${encodeURIComponent(world.board)}/cards`);
    expect(body.cards.map((card) => card.state)).toEqual(['gone', 'gone']);
  });
});
