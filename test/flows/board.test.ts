import { TandemError } from '@tandem/bff/errors';
import { afterAll, afterEach, beforeEach, describe, expect, test as base, vi } from 'vitest';
import { mongoForTests } from '../mongo/server.ts';
import { openWorld, type Someone, type World } from '../sim/world.ts';

const mongo = await mongoForTests();
afterAll(() => mongo?.close());

describe.each(['SQLite', 'MongoDB'])('what happens on the board, on %s', (kind) => {
  const test = kind === 'MongoDB' && !mongo ? base.skip : base;
  let world: World;
  let ana: Someone;
  let ben: Someone;
  beforeEach(async () => {
    world = await openWorld(kind === 'MongoDB' ? { store: mongo?.url() ?? '' } : {});
    ({ ana, ben } = world.people);
    for (const who of [ana, ben]) {
      await world.signIn(who);
      await world.connect(who);
    }
  });
  afterEach(() => world.close());

  const boardPath = (board = world.board): string => `/api/boards/${encodeURIComponent(board)}`;
  const cards = () => {
    const found = world.miro.state.boards.get(world.board)?.cards;
    if (!found) throw new Error('no board');
    return found;
  };
  const look = async (who = ana, board = world.board): Promise<void> => {
    expect((await world.call(who, 'POST', `${boardPath(board)}/sweep`)).status).toBe(202);
    await world.settle();
  };
  const link = (card: string, board = world.board) => world.tandem().store.links.byCard(ana.team, board, card);
  /** As Miro copies: new id, no link, what it says is kept. */
  const copyOf = (card: string, by: Someone, board = world.board): string => {
    const from = cards().get(card);
    const { id } = world.miro.createCard(board, by.user, { title: from?.title ?? '', description: from?.description ?? '', status: 'disconnected' });
    return id;
  };
  const edit = async (title: string): Promise<void> => {
    world.advance(2000);
    world.gitlab.as('ben').updateIssue(world.place, 1, { title });
    await world.settle();
  };

  test('an unlinking that fails half-way leaves a card that is kept right', async () => {
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    const before = { ...cards().get(card) };
    vi.spyOn(world.tandem().store.links, 'remove').mockRejectedValueOnce(new TandemError('unavailable', 'The database is busy. Try again.'));
    const path = `/api/cards/${encodeURIComponent(world.board)}/${card}`;
    expect((await world.call(ana, 'DELETE', path)).status).toBe(503);
    expect(cards().get(card)?.status, 'the card says already that it follows nothing').toBe('disconnected');
    await world.settle(20_000);
    expect(cards().get(card)).toMatchObject({ status: 'connected', description: before.description });
    expect((await world.call(ana, 'DELETE', path)).status).toBe(204);
  });

  test('a deleted card is put aside, an undo brings it back to what its item is by then', async () => {
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    const kept = cards().get(card);
    cards().delete(card);
    await edit('Nobody shows this');
    expect((await link(card))?.state).toBe('removed');
    expect((await world.call<{ cards: object[] }>(ana, 'GET', `${boardPath()}/cards`)).body.cards).toEqual([]);
    if (kept) cards().set(card, kept);
    await edit('Nor this');
    expect(world.card(card)?.title, 'nobody told us yet').not.toContain('Nor this');
    await world.call(ana, 'GET', `${boardPath()}/cards`);
    await world.settle();
    expect([(await link(card))?.state, world.card(card)?.title]).toEqual(['live', '<p>Nor this</p>']);
    await edit('And it follows');
    expect(world.card(card)?.title).toBe('<p>And it follows</p>');
  });

  test('a card that is clicked after its deletion was undone is back at once', async () => {
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    const kept = cards().get(card);
    cards().delete(card);
    await look();
    expect((await link(card))?.state).toBe('removed');
    if (kept) cards().set(card, kept);
    expect((await world.call(ana, 'GET', `/api/cards/${encodeURIComponent(world.board)}/${card}`)).status).toBe(200);
    expect((await link(card))?.state).toBe('live');
  });

  test('the last card of a project that is deleted takes the webhook with it, and an undo makes one again', async () => {
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    const kept = cards().get(card);
    cards().delete(card);
    await look();
    expect(world.gitlab.state.hooks).toEqual([]);
    if (kept) cards().set(card, kept);
    await look();
    expect(world.gitlab.state.hooks).toHaveLength(1);
    await edit('Heard again');
    expect(world.card(card)?.title).toBe('<p>Heard again</p>');
  });

  test('a copy is recognised by the address that it shows, and read by the account of whoever pasted it', async () => {
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    const copy = copyOf(card, ben);
    await look();
    expect(await link(copy)).toMatchObject({ reader: ben.user, creator: ben.user, state: 'live' });
    await edit('Both follow');
    expect([world.card(card), world.card(copy)].map((one) => [one?.title, one?.status])).toEqual([['<p>Both follow</p>', 'connected'], ['<p>Both follow</p>', 'connected']]);
  });

  test('a copy by somebody without an account waits for a click by someone who has one', async () => {
    const { cem } = world.people;
    await world.signIn(cem);
    Object.assign(world.miro.state.boards.get(world.board)?.members ?? {}, { [cem.user]: 'editor' });
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    const copy = copyOf(card, cem);
    await look();
    expect([await link(copy), world.card(copy)?.status]).toEqual([undefined, 'disconnected']);
    const adopted = await world.call(ben, 'POST', `/api/cards/${encodeURIComponent(world.board)}/${copy}/adopt`);
    expect(adopted.status).toBe(201);
    await world.settle();
    expect([(await link(copy))?.reader, world.card(copy)?.status]).toEqual([ben.user, 'connected']);
    expect((await world.call(ben, 'POST', `/api/cards/${encodeURIComponent(world.board)}/${copy}/adopt`)).status).toBe(200);
  });

  test('a copied board’s cards are recognised when somebody looks at it', async () => {
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    const second = world.miro.addBoard('Copy of Roadmap', ana.team, { [ana.user]: 'owner' }).id;
    const copies = [copyOf(card, ana, second), copyOf(card, ana, second)];
    await world.call(ana, 'GET', `${boardPath(second)}/cards`);
    await world.settle();
    for (const copy of copies) expect(await link(copy, second)).toMatchObject({ state: 'live', reader: ana.user });
  });

  test('a card that was unlinked, and its copies, stay alone', async () => {
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    expect((await world.call(ana, 'DELETE', `/api/cards/${encodeURIComponent(world.board)}/${card}`)).status).toBe(204);
    const other = await world.put(ana, world.issue(2));
    const copy = copyOf(card, ana);
    await look();
    expect([await link(card), await link(copy), (await link(other.card))?.state]).toEqual([undefined, undefined, 'live']);
    expect((await world.call(ana, 'POST', `/api/cards/${encodeURIComponent(world.board)}/${copy}/adopt`)).status).toBe(404);
  });

  test('what changed while Tandem was down is found by one listing of the place at the start', async () => {
    const made = [];
    for (const iid of [1, 2, 3]) made.push((await world.put(ana, world.issue(iid))).card);
    await world.settle();
    world.advance(5000);
    world.gitlab.hooks.drop(2);
    for (const iid of [1, 2]) world.gitlab.as('ben').updateIssue(world.place, iid, { title: `Missed ${iid}` });
    await world.gitlab.settled();
    const before = world.gitlab.requests.length;
    await world.restart();
    await world.tandem().start();
    await world.settle();
    expect(made.slice(0, 2).map((card) => world.card(card)?.title)).toEqual(['<p>Missed 1</p>', '<p>Missed 2</p>']);
    const asked = world.gitlab.requests.slice(before).filter(({ method, path }) => method === 'GET' && /\/issues(\/\d+)?$/.test(path)).map(({ path }) => path.replace(/.*\/issues/, 'issues'));
    expect(asked).toEqual(['issues']);
    const repaired = await link(made[0] ?? '');
    expect((await world.tandem().store.journal.byLink(repaired?.id ?? '', 20)).map(({ event }) => event)).toContain('repaired');
  });

  test('every place is listed once at the start, also when its webhook is looked after faster than it answers', async () => {
    const second = world.gitlab.addProject('acme/second', { ana: 50 });
    world.gitlab.as('ana').createIssue(second.id, { title: 'Elsewhere' });
    await world.put(ana, world.issue(1));
    await world.put(ana, { ...world.issue(1), place: String(second.id) });
    await world.settle();
    await world.restart();
    const before = world.gitlab.requests.length;
    Object.assign(world.gitlab.faults, { slowBy: 300 });
    world.gitlab.faults.next(1, 'slow', { method: 'GET', path: new RegExp(`/${world.place}/issues$`) });
    await world.tandem().start();
    await world.settle(30_000);
    const listed = world.gitlab.requests.slice(before).flatMap(({ method, path }) => (method === 'GET' ? (/\/(\d+\/issues)$/.exec(path)?.[1] ?? []) : []));
    expect(listed.toSorted()).toEqual([`${world.place}/issues`, `${second.id}/issues`].toSorted());
  });

  test('a card that leads nowhere is looked into once, however often people open the board', async () => {
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    await world.call(ana, 'DELETE', `/api/cards/${encodeURIComponent(world.board)}/${card}`);
    await world.settle();
    const reads = (): number => world.miro.requests.filter(({ method, path }) => method === 'GET' && path.endsWith(card)).length;
    const before = reads();
    for (let n = 0; n < 3; n += 1) {
      await world.call(ana, 'GET', `${boardPath()}/cards`);
      await world.settle();
    }
    expect(reads() - before).toBe(1);
  });
});
