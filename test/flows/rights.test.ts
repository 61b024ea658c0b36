import type { BoardAnswer, CardAnswer } from '@tandem/shared/api';
import type { WireError } from '@tandem/shared/errors';
import { afterAll, afterEach, beforeEach, describe, expect, test as base } from 'vitest';
import { mongoForTests } from '../mongo/server.ts';
import { httpThrough } from '../sim/through.ts';
import { eventually, openWorld, seen, type Someone, type World } from '../sim/world.ts';

const mongo = await mongoForTests();
afterAll(() => mongo?.close());
const e = encodeURIComponent;
const DELETED = 'Deleted in the tool';

describe.each([
  { store: 'SQLite', url: () => undefined },
  { store: 'MongoDB', url: () => mongo?.url() },
])('two accounts that may see different things, on $store', ({ store, url }) => {
  const test = store === 'MongoDB' && !mongo ? base.skip : base;
  let world: World;
  let cards: string[];
  beforeEach(async () => {
    if (store === 'MongoDB' && !mongo) return;
    const where = url();
    world = await openWorld(where === undefined ? {} : { store: where });
    cards = [];
    for (const who of [world.people.ana, world.people.ben]) {
      await world.signIn(who);
      await world.connect(who);
      cards.push((await world.put(who, world.issue(1))).card);
    }
    await world.settle();
    world.advance(2000);
  });
  afterEach(() => world?.close());

  const edit = async (title: string): Promise<void> => {
    world.gitlab.as('root').updateIssue(world.place, 1, { title });
    await world.settle();
    world.advance(2000);
  };
  /** Somebody who administers the project and is nobody in Tandem: whatever happens to the two, issues still change. */
  beforeEach(() => {
    if (!world) return;
    world.gitlab.addUser('root', 'Root');
    world.gitlab.setMember(world.place, 'root', 50);
  });
  const faces = () => cards.map((card) => seen(world.card(card)));
  const states = async (who = world.people.ana) => (await world.call<BoardAnswer>(who, 'GET', `/api/boards/${e(world.board)}/cards`)).body.cards.map(({ state, reason }) => ({ state, reason }));
  const show = (title: string, status = 'connected') => cards.map(() => expect.objectContaining({ title: `<p>${title}</p>`, status }) as unknown);
  const live = () => cards.map(() => ({ state: 'live', reason: undefined }));

  test('who leaves the project takes no card along: all go on following through the other account', async () => {
    world.gitlab.setMember(world.place, 'ana', undefined);
    await edit('Without Ana');
    expect(faces()).toEqual(show('Without Ana'));
    expect(await states()).toEqual(live());
    // The account that read it is asked first from then on.
    const before = world.gitlab.requests.length;
    await edit('Once more');
    expect(faces()).toEqual(show('Once more'));
    const reads = world.gitlab.requests.slice(before).filter(({ path }) => path.endsWith('/issues/1'));
    expect(reads.map(({ status }) => status)).toEqual([200]);
  });

  test('an issue that turns confidential goes on through who may still see it', async () => {
    world.gitlab.setMember(world.place, 'ben', 10);
    world.gitlab.as('root').updateIssue(world.place, 1, { confidential: true });
    await edit('Between us');
    expect(faces()).toEqual(show('Between us'));
    expect(await states()).toEqual(live());
    expect((await world.call(world.people.ben, 'GET', `/api/cards/${e(world.board)}/${cards[1]}`)).status).toBe(404);
    await world.settle();
    expect(await states()).toEqual(live());
  });

  test('an item that nobody may see any more cuts its cards off with the reason, and they come back with it', async () => {
    for (const name of ['ana', 'ben'] as const) world.gitlab.setMember(world.place, name, undefined);
    await edit('Behind closed doors');
    expect(faces()).toEqual(show('Checkout drops the discount', 'disconnected'));
    expect(await states()).toEqual(cards.map(() => ({ state: 'hidden', reason: expect.stringMatching(/^(ana|ben) may not see roadmap#1 in GitLab$/) as unknown })));
    world.gitlab.setMember(world.place, 'ben', 30);
    await edit('Open again');
    expect(faces()).toEqual(show('Open again'));
    expect(await states()).toEqual(live());
  });

  test('an item that was deleted disables every card', async () => {
    world.gitlab.setMember(world.place, 'ana', undefined);
    world.gitlab.as('root').deleteIssue(world.place, 1);
    await world.call(world.people.ben, 'GET', `/api/cards/${e(world.board)}/${cards[0]}`);
    await world.settle();
    expect(faces()).toEqual(cards.map(() => expect.objectContaining({ status: 'disabled', chips: [DELETED] }) as unknown));
    expect(await states()).toEqual(cards.map(() => ({ state: 'gone', reason: DELETED })));
  });

  test('a reader whose token ended proves no deletion, where the others may just not see the item', async () => {
    const own = await world.put(world.people.ana, world.issue(2));
    cards = [own.card];
    await world.settle();
    world.advance(2000);
    world.gitlab.setMember(world.place, 'ben', 10);
    world.gitlab.as('root').updateIssue(world.place, 2, { confidential: true });
    await world.settle();
    world.advance(2000);
    world.gitlab.revokeToken(world.tokens.ana);
    world.gitlab.as('root').updateIssue(world.place, 2, { title: 'Still there' });
    await world.settle();
    world.advance(2000);
    expect(faces()).toEqual(show('Dark mode', 'disconnected'));
    expect((await world.tandem().store.links.byCard(world.people.ana.team, world.board, own.card))?.state).toBe('hidden');
    // Nor does it the second time, when the account is known to have ended.
    world.gitlab.as('root').updateIssue(world.place, 2, { title: 'Still there, really' });
    await world.settle();
    expect(faces()).toEqual(show('Dark mode', 'disconnected'));
    await world.connect(world.people.ana, world.gitlab.addToken('ana').value);
    await world.settle();
    expect(faces()).toEqual(show('Still there, really'));
  });
});

describe('what an account may do is known before it tries', () => {
  let world: World;
  let card: string;
  beforeEach(async () => {
    world = await openWorld();
    for (const name of ['ana', 'ben', 'cem'] as const) {
      await world.signIn(world.people[name]);
      await world.connect(world.people[name]);
    }
    ({ card } = await world.put(world.people.ana, world.issue(1)));
    await world.settle();
  });
  afterEach(() => world.close());

  const look = async (who: Someone, at: string): Promise<CardAnswer> => (await world.call<CardAnswer>(who, 'GET', `/api/cards/${e(world.board)}/${at}`)).body;
  const puts = (): number => world.gitlab.requests.filter(({ method, path }) => method === 'PUT' && path.includes('/issues/')).length;
  const refusedWith = async (who: Someone, at: string, edit: Parameters<World['edit']>[2]): Promise<string> => {
    const before = puts();
    const answer = await world.edit(who, at, edit);
    const { error } = answer.body as unknown as WireError;
    expect([answer.status, error.code, puts() - before]).toEqual([403, 'forbidden', 0]);
    return error.message;
  };

  base('a maintainer and a developer may change everything, and no reason is given', async () => {
    const all = { fields: ['title', 'description', 'status', 'labels', 'assignees'] };
    expect((await look(world.people.ana, card)).rights).toEqual(all);
    expect((await look(world.people.ben, card)).rights).toEqual(all);
  });

  base('a guest may change nothing of what others wrote, is told why, and GitLab is not asked', async () => {
    const { rights } = await look(world.people.cem, card);
    expect(rights).toEqual({ fields: [], reason: expect.stringContaining('guest') as unknown });
    expect(await refusedWith(world.people.cem, card, { set: { title: 'Mine' }, seen: { title: 'Checkout drops the discount' } })).toBe(rights.reason);
    expect(await refusedWith(world.people.cem, card, { set: { status: 'closed' }, seen: { status: 'opened' } })).toBe(rights.reason);
  });

  base('a guest may change title, description and status of what they wrote, and nothing else, which GitLab would drop in silence', async () => {
    const { cem } = world.people;
    const { iid } = world.gitlab.as('cem').createIssue(world.place, { title: 'From a guest', description: 'Please' });
    const own = await world.put(world.people.ana, world.issue(iid));
    await world.settle();
    const { rights } = await look(cem, own.card);
    expect(rights).toEqual({ fields: ['title', 'description', 'status'], reason: expect.stringContaining('guest') as unknown });
    expect(await refusedWith(cem, own.card, { set: { labels: ['bug'] }, seen: { labels: [] } })).toBe(rights.reason);
    // Not even together with what they may: half an edit would be a surprise.
    expect(await refusedWith(cem, own.card, { set: { title: 'Better', labels: ['bug'] }, seen: { title: 'From a guest', labels: [] } })).toBe(rights.reason);
    const allowed = await world.edit(cem, own.card, { set: { title: 'Better', description: 'Thank you', status: 'closed' }, seen: { title: 'From a guest', description: 'Please', status: 'opened' } });
    expect([allowed.status, allowed.body.item.title, allowed.body.item.status.kind, allowed.body.rights.fields]).toEqual([200, 'Better', 'closed', rights.fields]);
  });

  base('where nobody may create a webhook, the place is polled, and linking and the card say so', async () => {
    const { cem } = world.people;
    const project = world.gitlab.addProject('acme/notes', { cem: 10, ben: 30 });
    world.gitlab.as('ben').createIssue(project.id, { title: 'A note' });
    const own = world.miro.addBoard('Cem’s board', cem.team, { [cem.user]: 'owner' }).id;
    const { card: noted, answer } = await world.put(cem, { ...world.issue(1), place: String(project.id) }, own);
    expect([answer.status, answer.body.watch]).toEqual([201, 'poll']);
    const shown = await world.call<CardAnswer>(cem, 'GET', `/api/cards/${e(own)}/${noted}`);
    expect([shown.body.watch, world.gitlab.state.hooks.filter((hook) => hook.project === project.id)]).toEqual(['poll', []]);
    world.gitlab.as('ben').updateIssue(project.id, 1, { title: 'Changed unheard' });
    await world.settle(60_000);
    expect(seen(world.card(noted, own))?.title).toBe('<p>Changed unheard</p>');
  });

  base('what changes while somebody who may is getting the place its webhook is not missed', async () => {
    const { ana, ben } = world.people;
    await world.close();
    let meanwhile: (() => Promise<void>) | undefined;
    const http = httpThrough(async (request, send) => {
      if (request.method === 'POST' && request.url.endsWith('/hooks')) await meanwhile?.();
      return send(request);
    });
    world = await openWorld({ overrides: { http } });
    for (const who of [ana, ben]) await world.signIn(world.people[who.name]);
    await world.connect(world.people.ben);
    const polled = await world.put(world.people.ben, world.issue(1));
    await world.settle();
    world.advance(2000);
    const before = world.gitlab.requests.length;
    const reads = (): boolean => world.gitlab.requests.slice(before).some(({ path }) => path.endsWith('/issues/1'));
    meanwhile = async () => {
      await eventually(reads, Boolean);
      world.gitlab.as('ben').updateIssue(world.place, 1, { title: 'In between' });
    };
    await world.connect(world.people.ana);
    await world.settle();
    expect([polled.answer.body.watch, world.gitlab.state.hooks.length, seen(world.card(polled.card))?.title]).toEqual(['poll', 1, '<p>In between</p>']);
  });
});
