import type { TeamAnswer } from '@tandem/shared/api';
import { afterEach, describe, expect, test } from 'vitest';
import { openWorld, type Someone, type World } from '../sim/world.ts';

describe('what was given up', () => {
  let world: World;
  afterEach(() => world.close());
  const team = async (who: Someone): Promise<TeamAnswer> => (await world.call<TeamAnswer>(who, 'GET', '/api/team')).body;

  test('is shown with its reason to whoever administers the team, and done when they have it tried again', async () => {
    world = await openWorld();
    const { ana, ben, eve } = world.people;
    for (const who of [ana, ben, eve]) await world.signIn(who);
    await world.connect(ana);
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    const board = world.miro.state.boards.get(world.board);
    const members = { ...board?.members };
    // Nobody may edit the board any more.
    for (const user of Object.keys(members)) Object.assign(board?.members ?? {}, { [user]: 'viewer' });
    world.advance(2000);
    world.gitlab.as('ben').updateIssue(world.place, 1, { title: 'Cannot be written' });
    await world.settle();
    expect((await team(ana)).stuck).toMatchObject([{ what: 'Write a card', about: 'roadmap#1' }]);
    expect((await team(ana)).stuck[0]?.reason).toMatch(/\.$/);
    expect([(await team(ben)).stuck, (await team(eve)).stuck]).toEqual([[], []]);

    Object.assign(board?.members ?? {}, members);
    const key = (await team(ana)).stuck[0]?.key;
    expect((await world.call(ben, 'POST', '/api/team/stuck', { key })).status).toBe(403);
    expect((await world.call(eve, 'POST', '/api/team/stuck', { key })).status).toBe(202);
    await world.settle();
    expect(world.card(card)?.title, 'another team moved nothing').not.toContain('Cannot be written');
    expect((await world.call(ana, 'POST', '/api/team/stuck', { key })).status).toBe(202);
    await world.settle();
    expect([world.card(card)?.title, (await team(ana)).stuck]).toEqual(['<p>Cannot be written</p>', []]);
  });

  test('is tried again all at once', async () => {
    world = await openWorld();
    const { ana } = world.people;
    await world.signIn(ana);
    await world.connect(ana);
    const cards = [];
    for (const iid of [1, 2, 3]) cards.push((await world.put(ana, world.issue(iid))).card);
    await world.settle();
    const board = world.miro.state.boards.get(world.board);
    Object.assign(board?.members ?? {}, { [ana.user]: 'viewer' });
    world.advance(2000);
    for (const iid of [1, 2, 3]) world.gitlab.as('ben').updateIssue(world.place, iid, { title: `Later ${iid}` });
    await world.settle();
    expect((await team(ana)).stuck).toHaveLength(3);
    Object.assign(board?.members ?? {}, { [ana.user]: 'owner' });
    await world.call(ana, 'POST', '/api/team/stuck', {});
    await world.settle();
    expect(cards.map((card) => world.card(card)?.title)).toEqual(['<p>Later 1</p>', '<p>Later 2</p>', '<p>Later 3</p>']);
    expect((await team(ana)).stuck).toEqual([]);
  });

  test('is tried again by board, by project, by site, and as nobody else meant it', async () => {
    world = await openWorld();
    const { ana } = world.people;
    await world.signIn(ana);
    await world.connect(ana);
    const second = world.miro.addBoard('Second', ana.team, { [ana.user]: 'owner' }).id;
    const other = world.gitlab.addProject('acme/other', { ana: 50 });
    world.gitlab.as('ana').createIssue(other.id, { title: 'Elsewhere' });
    const elsewhere = { ...world.issue(1), place: String(other.id) };
    const cards = [(await world.put(ana, world.issue(1))).card, (await world.put(ana, world.issue(1), second)).card, (await world.put(ana, elsewhere)).card];
    await world.settle();
    world.advance(2000);
    // Two cards that Miro refuses, and two items that GitLab does.
    const giveUp = async (title: string): Promise<void> => {
      world.miro.faults.next(3, 400, { method: 'PATCH' });
      world.gitlab.as('ana').updateIssue(world.place, 1, { title });
      world.gitlab.as('ana').updateIssue(other.id, 1, { title });
      await world.settle();
      world.gitlab.faults.next(2, 400, { method: 'GET', path: /\/issues\/1$/ });
      world.gitlab.as('ana').updateIssue(world.place, 1, { title: `${title}!` });
      world.gitlab.as('ana').updateIssue(other.id, 1, { title: `${title}!` });
      await world.settle();
      world.advance(2000);
    };
    await giveUp('Refused');
    const where = async () => (await team(ana)).stuck.map(({ what, name, board, place }) => `${what}: ${name} ${board ?? place}`).toSorted();
    const [first, here, there] = [`Write a card: Miro ${world.board}`, `Read an item: GitLab ${world.place}`, `Read an item: GitLab ${other.id}`];
    expect(await where()).toEqual([here, there, first, first, `Write a card: Miro ${second}`].toSorted());

    const replay = async (which: object): Promise<string[]> => {
      expect((await world.call(ana, 'POST', '/api/team/stuck', which)).status).toBe(202);
      await world.settle();
      world.advance(2000);
      return where();
    };
    const titles = (): (string | undefined)[] => cards.map((card, n) => world.card(card, n === 1 ? second : world.board)?.title);
    // A card that can be written again has its item read anew, and an item that is read marks all its cards.
    expect(await replay({ board: second })).toEqual([there, first].toSorted());
    expect(titles()).toEqual(['<p>Refused!</p>', '<p>Refused!</p>', '<p>Elsewhere</p>']);
    expect(await replay({ tool: 'gitlab', site: world.site, place: String(other.id) })).toEqual([]);
    expect(titles()).toEqual(['<p>Refused!</p>', '<p>Refused!</p>', '<p>Refused!</p>']);
    for (const [title, which] of [['Again', { tool: 'miro', site: 'miro' }], ['Once more', { tool: 'gitlab', site: world.site }]] as const) {
      await giveUp(title);
      expect(await where()).toHaveLength(5);
      expect(await replay(which)).toEqual([]);
      expect(titles()).toEqual([1, 2, 3].map(() => `<p>${title}!</p>`));
    }

    for (const wrong of [{ tool: 'gitlab' }, { place: '1' }, { key: 'a', board: 'b' }, { board: 7 }]) expect((await world.call(ana, 'POST', '/api/team/stuck', wrong)).status).toBe(422);
  });
});
