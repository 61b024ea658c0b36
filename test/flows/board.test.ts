import type { TeamAnswer } from '@tandem/shared/api';
import { TandemError } from '@tandem/bff/errors';
import { pollTask, sweepTask } from '@tandem/bff/sync/keys';
import { afterAll, afterEach, beforeEach, describe, expect, test as base, vi } from 'vitest';
import { mongoForTests } from '../mongo/server.ts';
import { openWorld, seen, type Someone, type World } from '../sim/world.ts';

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
  /** Somebody opens the board, later than it was looked at for the last time. */
  const openBoard = async (): Promise<void> => {
    world.advance(61_000);
    expect((await world.call(ana, 'GET', `${boardPath()}/cards`)).status).toBe(200);
    await world.settle();
  };
  /** Listings of boards that Miro was asked for meanwhile. */
  const listings = async (work: () => Promise<void>): Promise<string[]> => {
    const before = world.miro.requests.length;
    await work();
    return world.miro.requests.slice(before).flatMap(({ path }) => (/^\/v2\/boards\/([^/]+)\/items$/.exec(path)?.[1] ?? []));
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

  test('an unlinking that cannot be shown at once, or ends half-way, is ended later, and the card follows no more from the first moment on', async () => {
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    const path = `/api/cards/${encodeURIComponent(world.board)}/${card}`;
    world.advance(2000);
    world.miro.faults.next(1, 503, { method: 'PATCH' });
    vi.spyOn(world.tandem().store.links, 'remove').mockRejectedValueOnce(new TandemError('unavailable', 'The database is busy. Try again.'));
    expect((await world.call(ana, 'DELETE', path)).status).toBe(204);
    expect([world.card(card)?.status, (await link(card))?.state]).toEqual(['connected', 'unlinked']);
    expect((await world.call(ana, 'GET', path)).status).toBe(404);
    expect((await world.call(ana, 'POST', '/api/cards', { board: world.board, card, ref: world.issue(2) })).status).toBe(409);
    expect((await world.call<{ cards: object[] }>(ana, 'GET', `${boardPath()}/cards`)).body.cards).toEqual([]);
    await world.settle(60_000);
    expect([world.card(card)?.status, await link(card)]).toEqual(['disconnected', undefined]);
    expect(world.gitlab.state.hooks, 'nothing else is linked there').toEqual([]);
  });

  test('an unlinking that nobody lived to end is ended when its board is looked at', async () => {
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    await world.tandem().store.links.change((await link(card))?.id ?? '', { state: 'unlinked' });
    await look();
    expect([world.card(card)?.status, await link(card)]).toEqual(['disconnected', undefined]);
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

  test('a board is looked at for the pages of its cards and not a call more, and by somebody else where whoever made them no longer sees it', async () => {
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    const calls = async (): Promise<string[]> => {
      const before = world.miro.requests.length;
      await world.tandem().worker.mark([sweepTask(ana.team, world.board, ana.user, 0, 'test')]);
      await world.settle(2000);
      return world.miro.requests.slice(before).map(({ method, path, status }) => `${method} ${path.split('/').at(-1)} ${status}`);
    };
    world.advance(2000);
    expect(await calls()).toEqual(['GET items 200']);
    delete world.miro.state.boards.get(world.board)?.members[ana.user];
    cards().delete(card);
    expect((await calls()).slice(0, 2)).toEqual(['GET items 404', 'GET items 200']);
    expect((await link(card))?.state).toBe('removed');
  });

  test('a card whose item was deleted while it was off its board says so when it is back, with what it last showed', async () => {
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    const kept = cards().get(card);
    cards().delete(card);
    await look();
    world.gitlab.as('ana').deleteIssue(world.place, 1);
    if (kept) cards().set(card, kept);
    await look();
    await world.settle(60_000);
    expect(await link(card)).toMatchObject({ state: 'gone', reason: 'Deleted in the tool' });
    expect(seen(world.card(card))).toMatchObject({ title: '<p>Checkout drops the discount</p>', status: 'disabled', chips: ['Deleted in the tool'] });
    expect(await world.tandem().store.tasks.get(`apply:${(await link(card))?.id}`)).toBeUndefined();
  });

  test('a card that could not be written, or whose item could not be seen, is tried again when its board is opened', async () => {
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    const members = world.miro.state.boards.get(world.board)?.members ?? {};
    for (const who of [ana, ben]) members[who.user] = 'viewer';
    await edit('Not to be written');
    expect((await link(card))?.state).toBe('unreachable');
    members[ana.user] = 'editor';
    await openBoard();
    expect([(await link(card))?.state, world.card(card)?.title]).toEqual(['live', '<p>Not to be written</p>']);

    for (const who of ['ana', 'ben'] as const) world.gitlab.setMember(Number(world.place), who, undefined);
    world.gitlab.setMember(Number(world.place), 'cem', 50);
    world.advance(2000);
    world.gitlab.as('cem').updateIssue(world.place, 1, { title: 'Not to be seen' });
    await world.settle();
    expect((await link(card))?.state).toBe('hidden');
    world.gitlab.setMember(Number(world.place), 'ben', 30);
    await openBoard();
    expect([(await link(card))?.state, world.card(card)?.title]).toEqual(['live', '<p>Not to be seen</p>']);
    const told = (await world.tandem().store.journal.byLink((await link(card))?.id ?? '', 50)).map(({ event }) => event);
    expect(told.slice(0, told.indexOf('hidden') + 1).filter((event) => event !== 'retry')).toEqual(['written', 'back', 'written', 'hidden']);
  });

  test('a card that somebody changed on the board itself shows its item again once the board is opened, each time, and nothing else is written', async () => {
    const { card } = await world.put(ana, world.issue(1));
    await world.put(ana, world.issue(2));
    await world.settle();
    const shown = seen(world.card(card));
    for (const change of [{ title: '<p>Written by hand</p>', status: 'disconnected' }, { title: '<p>Written by hand</p>', status: 'disconnected' }, { description: '' }, { fields: [] }] as const) {
      Object.assign(cards().get(card) ?? {}, change);
      const before = world.miro.requests.length;
      await openBoard();
      expect(seen(world.card(card))).toEqual(shown);
      expect(world.miro.requests.slice(before).filter(({ method }) => method !== 'GET').map(({ path }) => path.split('/').at(-1))).toEqual([card]);
      expect(await listings(openBoard), 'nothing is left to repair').toHaveLength(1);
      await look();
    }
    const lines = await world.tandem().store.journal.byLink((await link(card))?.id ?? '', 50);
    const repaired = lines.filter(({ event }) => event === 'repaired');
    expect(repaired).toHaveLength(4);
    for (const { cause } of repaired) expect(lines.filter((line) => line.cause === cause).map(({ event }) => event)).toEqual(['written', 'repaired']);
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
    world.advance(2000);
    expect((await world.call(ana, 'DELETE', `/api/cards/${encodeURIComponent(world.board)}/${card}`)).status).toBe(204);
    const other = await world.put(ana, world.issue(2));
    const copy = copyOf(card, ana);
    await look();
    expect([await link(card), await link(copy), (await link(other.card))?.state]).toEqual([undefined, undefined, 'live']);
    expect((await world.call(ana, 'POST', `/api/cards/${encodeURIComponent(world.board)}/${copy}/adopt`)).status).toBe(404);
  });

  test('what changed while Tandem was down is found by one listing of the place at the start, and counted; what a webhook tells is not', async () => {
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

    const missed = async (): Promise<unknown> => (await world.call<TeamAnswer>(ana, 'GET', '/api/team')).body.places.map((place) => [place.place, place.missed]);
    expect(await missed()).toEqual([[world.place, 2]]);
    await edit('Told in time');
    expect(world.card(made[0] ?? '')?.title).toBe('<p>Told in time</p>');
    const watch = await world.tandem().store.watches.byPlace(ana.team, 'gitlab', world.site, world.place);
    const listed = world.gitlab.requests.length;
    if (watch) await world.tandem().worker.mark([pollTask(watch, 0, 'test')]);
    await world.settle();
    expect(world.gitlab.requests.slice(listed).filter(({ path }) => path.endsWith('/issues'))).toHaveLength(1);
    expect(await missed()).toEqual([[world.place, 2]]);
  });

  test('the history of a card leads from each cause to its effect by one id: of a delivery, and of an edit on the card', async () => {
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    await edit('Told by its webhook');
    const { store } = world.tandem();
    const watch = await store.watches.byPlace(ana.team, 'gitlab', world.site, world.place);
    const [delivery] = await store.deliveries.byWatch(watch?.id ?? '', 1);
    const effects = async (cause = ''): Promise<string[]> => (await store.journal.byLink((await link(card))?.id ?? '', 50)).filter((line) => line.cause === cause).map(({ event }) => event);
    expect(await effects(delivery?.id)).toEqual(['written']);

    world.advance(2000);
    world.gitlab.hooks.drop(1);
    const edited = await world.edit(ana, card, { set: { title: 'Edited on the card' }, seen: { title: 'Told by its webhook' } });
    await world.settle();
    expect(edited.status).toBe(200);
    expect(await effects(edited.headers.get('x-request-id') ?? '')).toEqual(['written', 'edited']);
    expect(world.card(card)?.title).toBe('<p>Edited on the card</p>');
  });

  test('every board is looked at after a start, one after the other, and not again because of another start soon after', async () => {
    const boards = [world.board, ...['Second', 'Third'].map((name) => world.miro.addBoard(name, ana.team, { [ana.user]: 'owner' }).id)];
    const made: string[] = [];
    for (const board of boards) made.push((await world.put(ana, world.issue(1), board)).card);
    await world.settle();
    const { store } = world.tandem();
    const given = await store.tasks.get(sweepTask(ana.team, boards[1] ?? '', '', 0, '').key);
    await store.tasks.bury(given?.key ?? '', given?.mark ?? '', 'Given up');
    world.advance(3_600_000);
    for (const [i, board] of boards.entries()) world.miro.state.boards.get(board)?.cards.delete(made[i] ?? '');
    const start = async (): Promise<void> => {
      await world.restart();
      await world.tandem().start();
    };
    await start();
    const dues = (await world.tandem().store.tasks.page('sweep:', '', 10)).map(({ due }) => due - world.now());
    expect(dues.toSorted((a, b) => a - b), 'all cost the credits of one member').toEqual([0, 1000, 2000]);
    expect((await listings(() => world.settle(60_000))).length).toBe(3);
    for (const [i, board] of boards.entries()) expect((await link(made[i] ?? '', board))?.state).toBe('removed');

    expect(await listings(async () => {
      for (let n = 0; n < 2; n += 1) {
        await start();
        await world.settle(30_000);
      }
    })).toEqual([]);
    expect((await listings(() => world.settle(3_600_000))).toSorted(), 'what happened in between is found in the end').toEqual(boards.map(encodeURIComponent).toSorted());
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
