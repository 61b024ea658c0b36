import type { BoardAnswer, ConflictDetails } from '@tandem/shared/api';
import type { WireError } from '@tandem/shared/errors';
import { printRef } from '@tandem/shared/ref';
import { afterAll, afterEach, beforeEach, describe, expect, test as base } from 'vitest';
import { mongoForTests } from '../mongo/server.ts';
import { openWorld, seen, type World } from '../sim/world.ts';

const mongo = await mongoForTests();
afterAll(() => mongo?.close());

describe.each([
  { store: 'SQLite', url: () => undefined },
  { store: 'MongoDB', url: () => mongo?.url() },
])('an item on the board follows its tool, on $store', ({ store, url }) => {
  const test = store === 'MongoDB' && !mongo ? base.skip : base;
  let world: World;
  beforeEach(async () => {
    if (store === 'MongoDB' && !mongo) return;
    const where = url();
    world = await openWorld(where === undefined ? {} : { store: where });
    for (const who of [world.people.ana, world.people.ben]) {
      await world.signIn(who);
      await world.connect(who);
    }
  });
  afterEach(() => world?.close());

  test('a linked card shows its issue, and the place gets one webhook', async () => {
    const { ana, ben } = world.people;
    const first = await world.put(ana, world.issue(1));
    const second = await world.put(ben, world.issue(2));
    await world.settle();
    expect([first.answer.status, first.answer.body.watch]).toEqual([201, 'hook']);
    expect([second.answer.status, second.answer.body.watch]).toEqual([201, 'hook']);
    expect(world.gitlab.state.hooks.map((hook) => hook.url)).toEqual([expect.stringMatching(`^${world.url}/hooks/gitlab/[\\w-]{20,}$`)]);
    expect(seen(world.card(first.card))).toEqual({ title: '<p>Checkout drops the discount</p>', status: 'connected', color: '#1f75cb', chips: ['Open'] });
  });

  test('an edit in GitLab reaches every card of the issue, with the token of whoever created each card', async () => {
    const { ana, ben } = world.people;
    const cards = [await world.put(ana, world.issue(1)), await world.put(ben, world.issue(1))];
    await world.settle();
    world.gitlab.as('ben').updateIssue(world.place, 1, { title: 'Checkout keeps the discount', add_labels: ['bug'] });
    world.gitlab.as('ben').closeIssue(world.place, 1);
    await world.settle();
    for (const { card } of cards) expect(seen(world.card(card))).toEqual({ title: '<p>Checkout keeps the discount</p>', status: 'connected', color: '#6e49cb', chips: ['Closed', 'bug'] });
    expect(cards.map(({ card }) => world.card(card)?.modifiedBy)).toEqual([ana.user, ben.user]);
  });

  test('a storm of deliveries costs one read of the item and one write of the card in a second', async () => {
    const { card } = await world.put(world.people.ana, world.issue(1));
    await world.settle();
    world.advance(2000);
    const [reads, writes] = [world.gitlab.requests.length, world.miro.requests.length];
    for (let n = 1; n <= 20; n += 1) world.gitlab.as('ana').updateIssue(world.place, 1, { title: `Title ${n}` });
    await world.gitlab.settled();
    await world.settle(0);
    expect([world.gitlab.requests.length - reads, world.miro.requests.length - writes]).toEqual([1, 1]);
    await world.settle();
    expect(world.card(card)?.title).toBe('<p>Title 20</p>');
  });

  test('an edit on the board is written with the account of whoever edits, and shows on every card', async () => {
    const { ana, ben } = world.people;
    const cards = [await world.put(ana, world.issue(1)), await world.put(ana, world.issue(1))];
    await world.settle();
    const answer = await world.edit(ben, cards[0]?.card ?? '', {
      set: { title: 'Checkout: keep the discount', status: 'closed', labels: ['feature'] },
      seen: { title: 'Checkout drops the discount', status: 'opened', labels: [] },
    });
    expect([answer.status, answer.body.item?.title, answer.body.item?.status.kind]).toEqual([200, 'Checkout: keep the discount', 'closed']);
    const issue = world.gitlab.project(world.place).issues.get(1);
    expect([issue?.title, issue?.state, issue?.labels, issue?.updatedBy]).toEqual(['Checkout: keep the discount', 'closed', ['feature'], world.gitlab.user('ben').id]);
    await world.settle();
    for (const { card } of cards) expect(seen(world.card(card))).toEqual({ title: '<p>Checkout: keep the discount</p>', status: 'connected', color: '#6e49cb', chips: ['Closed', 'feature'] });
  });

  test('labels that somebody else added meanwhile stay', async () => {
    const { card } = await world.put(world.people.ana, world.issue(1));
    world.gitlab.as('ben').updateIssue(world.place, 1, { add_labels: ['later'] });
    const answer = await world.edit(world.people.ana, card, { set: { labels: ['bug'] }, seen: { labels: [] } });
    expect(answer.body.item.labels.map((label) => label.name).sort()).toEqual(['bug', 'later']);
  });

  test('two people edit one field: the second is asked', async () => {
    const { ana, ben } = world.people;
    const { card } = await world.put(ana, world.issue(1));
    const seenTitle = { title: 'Checkout drops the discount' };
    expect((await world.edit(ana, card, { set: { title: 'From Ana' }, seen: seenTitle })).status).toBe(200);
    const second = await world.edit(ben, card, { set: { title: 'From Ben' }, seen: seenTitle });
    const { error } = second.body as unknown as WireError;
    expect([second.status, error.code, (error.details as ConflictDetails).fields]).toEqual([409, 'conflict', [{ field: 'title', theirs: 'From Ana', yours: 'From Ben' }]]);
    expect(world.gitlab.project(world.place).issues.get(1)?.title).toBe('From Ana');
    expect((await world.edit(ben, card, { set: { title: 'From Ben' }, seen: { title: 'From Ana' } })).status).toBe(200);
  });

  test('a deleted issue turns its card grey and says so, although GitLab sends no event', async () => {
    const { card } = await world.put(world.people.ana, world.issue(1));
    await world.settle();
    world.gitlab.as('ana').deleteIssue(world.place, 1);
    // Somebody opens the card: the engine learns of it from whatever touches the item next.
    world.advance(2000);
    await world.call(world.people.ana, 'GET', `/api/cards/${encodeURIComponent(world.board)}/${card}`);
    await world.settle();
    expect(seen(world.card(card))).toMatchObject({ status: 'disabled', chips: ['Deleted in the tool'] });
    const { body } = await world.call<BoardAnswer>(world.people.ana, 'GET', `/api/boards/${encodeURIComponent(world.board)}/cards`);
    expect(body.cards).toMatchObject([{ card, state: 'gone', reason: 'Deleted in the tool' }]);
  });

  test('an unlinked card stays on the board, shows that it is disconnected, and follows no more', async () => {
    const { ana } = world.people;
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    const path = `/api/cards/${encodeURIComponent(world.board)}/${card}`;
    expect((await world.call(ana, 'DELETE', path)).status).toBe(204);
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: 'Not for this card' });
    await world.settle(60_000);
    expect(seen(world.card(card))).toMatchObject({ title: '<p>Checkout drops the discount</p>', status: 'disconnected' });
    expect((await world.call(ana, 'DELETE', path)).status).toBe(404);
    expect(await world.tandem().store.items.get(ana.team, printRef(world.issue(1)))).toBeUndefined();
  });

  test('what Miro refuses for a while is tried again until the card is right', async () => {
    const { card } = await world.put(world.people.ana, world.issue(1));
    await world.settle();
    world.advance(2000);
    world.miro.faults.next(1, 429, { method: 'PATCH', retryAfter: 3 });
    world.miro.faults.next(1, 500, { method: 'PATCH' });
    world.miro.faults.next(1, 'reset', { method: 'PATCH' });
    world.miro.faults.next(1, 'after-effect-502', { method: 'PATCH' });
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: 'Through the storm' });
    await world.settle(60_000);
    expect(world.card(card)?.title).toBe('<p>Through the storm</p>');
    expect(await world.tandem().store.tasks.dead('', 10)).toEqual([]);
  });

  test('nothing is written when the card already shows what it should', async () => {
    await world.put(world.people.ana, world.issue(1));
    await world.settle();
    world.advance(2000);
    const before = world.miro.requests.length;
    world.gitlab.as('ana').addNote(world.place, 1, 'A note changes no face');
    world.gitlab.as('ana').updateIssue(world.place, 1, { confidential: false });
    await world.settle();
    expect(world.miro.requests.length).toBe(before);
  });

  test('what was accepted before a restart is done after it', async () => {
    const { card } = await world.put(world.people.ana, world.issue(1));
    await world.settle();
    world.advance(2000);
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: 'While it slept' });
    await world.gitlab.settled();
    await world.restart();
    await world.settle();
    expect(world.card(card)?.title).toBe('<p>While it slept</p>');
  });

  test('a secret that is no longer configured costs one delivery: the webhook is made anew, and what was missed is looked at', async () => {
    const { ana } = world.people;
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    const [hook] = world.gitlab.state.hooks;
    const { store } = world.tandem();
    const watch = new URL(hook?.url ?? '').pathname.split('/').at(-1) ?? '';
    await store.watches.change(watch, { sealed: 'v1.lost.AAAA.AAAA' });
    world.advance(2000);
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: 'Turned away' });
    await world.settle();
    expect(world.gitlab.deliveries.at(-1)?.status).toBe('503');
    expect(world.card(card)?.title).toBe('<p>Turned away</p>');
    world.advance(2000);
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: 'Heard again' });
    await world.settle();
    expect([world.gitlab.deliveries.at(-1)?.status, world.card(card)?.title, world.gitlab.state.hooks.length]).toEqual(['202', '<p>Heard again</p>', 1]);
  });
});
