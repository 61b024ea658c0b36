import type { CardAnswer, TeamAnswer } from '@tandem/shared/api';
import { afterEach, describe, expect, test } from 'vitest';
import { openWorld, type World } from '../sim/world.ts';

const MINUTE = 60_000;

describe('a remote that is down', () => {
  let world: World;
  let cards: string[];
  afterEach(() => world.close());

  /** So many issues, each with a card of Ana's; Ben may edit them too. */
  const open = async (count: number): Promise<void> => {
    world = await openWorld();
    const { ana, ben } = world.people;
    for (const who of [ana, ben]) {
      await world.signIn(who);
      await world.connect(who);
    }
    cards = [];
    for (let n = 0; n < count; n += 1) {
      const { iid } = world.gitlab.as('ana').createIssue(world.place, { title: `Issue ${n}` });
      cards.push((await world.put(ana, world.issue(iid))).card);
    }
    await world.settle();
    world.advance(MINUTE);
  };
  const changeAll = (title: string): void => cards.forEach((_, n) => void world.gitlab.as('ben').updateIssue(world.place, 4 + n, { title: `${title} ${n}` }));
  const titles = (): (string | undefined)[] => cards.map((card) => world.card(card)?.title);
  const all = (title: string): string[] => cards.map((_, n) => `<p>${title} ${n}</p>`);
  const said = (msg: string): number => world.logged.filter((line) => (JSON.parse(line) as { msg: string }).msg === msg).length;
  const down = async (): Promise<TeamAnswer['down']> => (await world.call<TeamAnswer>(world.people.ben, 'GET', '/api/team')).body.down;
  const dead = () => world.tandem().store.tasks.dead('', 10);

  test.each([
    { what: 'GitLab', sim: () => world.gitlab },
    { what: 'Miro', sim: () => world.miro },
  ])('$what: for ten minutes it is asked now and then, and within seconds of its return every card is right', { timeout: 90_000 }, async ({ what, sim }) => {
    await open(50);
    sim().faults.next(20, 503);
    sim().faults.next(100_000, 'reset');
    const [before, since] = [sim().requests.length, world.now()];
    changeAll('Changed');
    await world.settle(10 * MINUTE);
    // Eight that fail until it is clear, then one probe at a time; asking for each item by itself would cost thousands.
    expect(sim().requests.length - before).toBeLessThan(70);
    expect([said('remote does not answer'), said('remote answers again')]).toEqual([1, 0]);
    const [seen] = await down();
    expect([seen?.name, seen?.url, Date.parse(seen?.since ?? '') - since < MINUTE, Date.parse(seen?.again ?? '') > world.now() - MINUTE]).toEqual([what, sim().url, true, true]);

    sim().faults.clear();
    await world.settle(16_000);
    expect(titles()).toEqual(all('Changed'));
    expect([await dead(), await down(), said('remote answers again')]).toEqual([[], [], 1]);
  });

  test('people ask it all the same and get its own answer; the first that they get lets everything go on', async () => {
    await open(12);
    world.gitlab.faults.next(100_000, 503);
    changeAll('Changed');
    await world.settle(5 * MINUTE);
    const look = () => world.call<CardAnswer>(world.people.ana, 'GET', `/api/cards/${encodeURIComponent(world.board)}/${cards[0]}`);
    const before = world.gitlab.requests.length;
    expect([(await look()).status, world.gitlab.requests.length - before]).toEqual([502, 1]);
    expect(await down()).toHaveLength(1);

    world.gitlab.faults.clear();
    expect([(await look()).body.item.title, await down()]).toEqual(['Changed 0', []]);
    await world.settle(0);
    const right = titles().filter((title, n) => title === `<p>Changed ${n}</p>`).length;
    expect(right, 'all but those that wait after a failure of their own').toBeGreaterThanOrEqual(cards.length - 10);
    await world.settle(16_000);
    expect(titles()).toEqual(all('Changed'));
  });

  test('holds back nothing that another one is asked for', async () => {
    await open(12);
    world.miro.faults.next(100_000, 503, { method: 'PATCH' });
    changeAll('Changed');
    await world.settle(MINUTE);
    expect((await down()).map(({ name }) => name)).toEqual(['Miro']);
    const known = await Promise.all(cards.map(async (_, n) => (await world.tandem().store.items.get(world.people.ana.team, `gitlab:${encodeURIComponent(world.site)}/${world.place}/${4 + n}`))?.item.title));
    expect(known, 'every item was read').toEqual(cards.map((_, n) => `Changed ${n}`));
  });

  test('is not what one poisoned card makes of it', async () => {
    await open(12);
    world.miro.faults.next(100_000, 500, { method: 'PATCH', path: new RegExp(`/${cards[7]}$`) });
    changeAll('Changed');
    await world.settle(MINUTE);
    expect(titles().filter((title, n) => title === `<p>Changed ${n}</p>`)).toHaveLength(cards.length - 1);
    expect([await down(), said('remote does not answer')]).toEqual([[], 0]);
  });

  test('is not what one account’s trouble makes of it: a colleague’s card follows at once', async () => {
    await open(3);
    const { ana, ben } = world.people;
    const bad = world.miro.addBoard('Bad', ana.team, { [ana.user]: 'owner' }).id;
    for (let n = 0; n < 12; n += 1) {
      const { iid } = world.gitlab.as('ana').createIssue(world.place, { title: `On the bad board ${n}` });
      await world.put(ana, world.issue(iid), bad);
    }
    const bens = (await world.put(ben, world.issue(1))).card;
    await world.settle();
    world.advance(MINUTE);
    world.miro.faults.next(100_000, 500, { method: 'PATCH', path: new RegExp(encodeURIComponent(bad)) });
    for (let n = 0; n < 12; n += 1) world.gitlab.as('ben').updateIssue(world.place, 7 + n, { title: `Bad ${n}` });
    await world.settle(2 * MINUTE);
    expect([await down(), said('remote does not answer')]).toMatchObject([[{ name: 'Miro' }], 1]);
    for (const title of ['Once', 'Twice', 'Three times']) {
      world.gitlab.as('ben').updateIssue(world.place, 1, { title });
      await world.settle(2000);
      expect(world.card(bens)?.title).toBe(`<p>${title}</p>`);
      world.advance(MINUTE);
    }
    world.miro.faults.clear();
    await world.settle(MINUTE);
    expect([await down(), await dead()]).toEqual([[], []]);
  });

  test('an account that is dead is asked once more and no more, and holds back nobody', async () => {
    await open(12);
    const { ana, ben } = world.people;
    const bens = (await world.put(ben, world.issue(4))).card;
    await world.settle();
    world.advance(MINUTE);
    const token = world.miro.state.grants.findLast((grant) => grant.user === ana.user)?.accessToken;
    world.miro.revokeTokens(ana.user);
    const before = world.miro.requests.length;
    const withHers = () => world.miro.requests.slice(before).filter(({ headers }) => headers['authorization'] === `Bearer ${token}`).length;
    changeAll('Changed');
    await world.settle(100);
    expect(world.card(bens)?.title).toBe('<p>Changed 0</p>');
    await world.settle();
    expect([titles(), await dead()]).toEqual([all('Changed'), []]);
    // Those that were under way together.
    const hers = withHers();
    expect(hers).toBeLessThanOrEqual(8);
    changeAll('Once more');
    await world.settle();
    expect([titles(), withHers()]).toEqual([all('Once more'), hers]);
  });
});
