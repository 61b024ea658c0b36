import type { BoardAnswer, MeAnswer } from '@tandem/shared/api';
import { printRef } from '@tandem/shared/ref';
import { afterEach, describe, expect, test } from 'vitest';
import { openWorld, type Someone, type World } from '../sim/world.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const e = encodeURIComponent;

/** What somebody who looks at the card, at the board's list and at Miro's log sees after a change of the item. */
interface Outcome {
  /** statuses of the writes, in order, each with whose token it was */
  readonly writes: readonly string[];
  /** whether the card shows the change */
  readonly shown: boolean;
  /** the card's state and reason, as the panel has them */
  readonly card: readonly [state: string, reason: string | undefined];
  /** the state of the creator's sign-in at Miro */
  readonly creator?: string;
}

/** One row of the table: what Miro answers to the write of Ana's card, which Ben may edit too, and what comes of it. */
interface Row {
  readonly status: string;
  readonly becomes: string;
  /** before the change */
  readonly given?: (world: World, card: string) => void;
  /** how long it is watched, 10 s unless told */
  readonly within?: number;
  readonly outcome: Outcome;
  /** afterwards */
  readonly later?: (world: World, card: string, written: () => string[]) => Promise<void>;
}

const members = (world: World): Record<string, string> => world.miro.state.boards.get(world.board)?.members ?? {};
const patch = (world: World, times: number, kind: Parameters<World['miro']['faults']['next']>[1], retryAfter?: number): void =>
  world.miro.faults.next(times, kind, { method: 'PATCH', ...(retryAfter === undefined ? {} : { retryAfter }) });
const change = (world: World, title: string): unknown => world.gitlab.as('ben').updateIssue(world.place, 1, { title });
const stuck = async (world: World): Promise<string[]> => (await world.tandem().store.tasks.dead('', 10)).map((task) => task.error ?? '');

const LIVE = ['live', undefined] as const;
const reason = (part: string): string => expect.stringMatching(new RegExp(`${part}.*\\.$`)) as string;

const TABLE: readonly Row[] = [
  { status: '200', becomes: 'the card shows it', outcome: { writes: ['ana 200'], shown: true, card: LIVE } },
  {
    status: '400',
    becomes: 'it is given up at once, with the reason in the panel, until its item changes',
    given: (world) => patch(world, 1, 400),
    outcome: { writes: ['ana 400'], shown: false, card: ['unreachable', reason('fault of Tandem')] },
    async later(world, card, written) {
      expect(await stuck(world)).toEqual([reason('fault of Tandem')]);
      change(world, 'Changed again');
      await world.settle();
      expect([world.card(card)?.title, written(), await stuck(world)]).toEqual(['<p>Changed again</p>', ['ana 400', 'ana 200'], []]);
    },
  },
  {
    status: '401',
    becomes: 'the token is refreshed once',
    given: (world) => patch(world, 1, 401),
    outcome: { writes: ['ana 401', 'ana 200'], shown: true, card: LIVE, creator: 'active' },
  },
  {
    status: '401, and the refresh refused',
    becomes: 'another member’s token writes, and the creator has to sign in again',
    given: (world) => world.miro.revokeTokens(world.people.ana.user),
    outcome: { writes: ['ana 401', 'ben 200'], shown: true, card: LIVE, creator: 'expired' },
  },
  {
    status: '401, and the refreshed token refused too',
    becomes: 'another member’s token writes, and the creator’s is asked no more',
    given: (world) => patch(world, 2, 401),
    outcome: { writes: ['ana 401', 'ana 401', 'ben 200'], shown: true, card: LIVE, creator: 'expired' },
    async later(world, _card, written) {
      change(world, 'Changed again');
      await world.settle();
      expect(written().slice(3)).toEqual(['ben 200']);
    },
  },
  {
    status: '401 for everybody',
    becomes: 'nobody is asked again, and it goes on when one of them signs in',
    given: (world) => [world.people.ana, world.people.ben].forEach(({ user }) => world.miro.revokeTokens(user)),
    outcome: { writes: ['ana 401', 'ben 401'], shown: false, card: ['unreachable', reason('sign in')], creator: 'expired' },
    async later(world, card, written) {
      const before = world.miro.requests.length;
      change(world, 'While nobody was there');
      await world.settle(DAY);
      expect(world.miro.requests.length).toBe(before);
      await world.signIn(world.people.ben);
      await world.settle();
      expect([world.card(card)?.title, written().slice(2), await stuck(world)]).toEqual(['<p>While nobody was there</p>', ['ben 200'], []]);
    },
  },
  {
    status: '403',
    becomes: 'another member’s token writes',
    given: (world) => void (members(world)[world.people.ana.user] = 'viewer'),
    outcome: { writes: ['ana 403', 'ben 200'], shown: true, card: LIVE, creator: 'active' },
  },
  {
    status: '403 for everybody',
    becomes: 'the card is unreachable, with the reason in the panel, until somebody who may signs in',
    given: (world) => [world.people.ana, world.people.ben].forEach(({ user }) => (members(world)[user] = 'viewer')),
    outcome: { writes: ['ana 403', 'ben 403'], shown: false, card: ['unreachable', reason('may not edit this board')], creator: 'active' },
    async later(world, card) {
      members(world)[world.people.cem.user] = 'editor';
      await world.signIn(world.people.cem);
      await world.settle();
      expect([world.card(card)?.title, await stuck(world)]).toEqual(['<p>Changed</p>', []]);
    },
  },
  {
    status: '404, and the board is there',
    becomes: 'the card was deleted: its link is kept for an undo',
    given: (world, card) => world.miro.removeCard(world.board, world.people.ana.user, card),
    outcome: { writes: ['ana 404'], shown: false, card: ['removed', 'The card was deleted from the board'] },
    later: async (world) => expect(await stuck(world)).toEqual([]),
  },
  {
    status: '404, and the board too',
    becomes: 'another member’s token writes',
    given: (world) => void delete members(world)[world.people.ana.user],
    outcome: { writes: ['ana 404', 'ben 200'], shown: true, card: LIVE, creator: 'active' },
  },
  {
    status: '404, and a board that says 403',
    becomes: 'another member’s token writes',
    given(world) {
      patch(world, 1, 404);
      world.miro.faults.next(1, 403, { method: 'GET', path: /\/boards\/[^/]+$/ });
    },
    outcome: { writes: ['ana 404', 'ben 200'], shown: true, card: LIVE, creator: 'active' },
  },
  {
    status: '404 for everybody, and the board too',
    becomes: 'it is parked, with the reason, until somebody who sees the board signs in',
    given: (world) => [world.people.ana, world.people.ben].forEach(({ user }) => delete members(world)[user]),
    outcome: { writes: ['ana 404', 'ben 404'], shown: false, card: ['unreachable', reason('do not see this board')], creator: 'active' },
    async later(world, card) {
      members(world)[world.people.ana.user] = 'owner';
      await world.signIn(world.people.ana);
      await world.settle();
      expect([world.card(card)?.title, await stuck(world)]).toEqual(['<p>Changed</p>', []]);
    },
  },
  {
    status: '409',
    becomes: 'what the card is to show is read anew, and written once more',
    given: (world) => patch(world, 1, 409),
    within: 0,
    outcome: { writes: ['ana 409'], shown: false, card: LIVE },
    async later(world, card, written) {
      // By the next try somebody else has read a newer item.
      const { store } = world.tandem();
      const [team, ref] = [world.people.ana.team, printRef(world.issue(1))];
      const known = await store.items.get(team, ref);
      if (known) await store.items.swap(team, ref, known.rev, { ...known.item, title: 'Changed in between' });
      await world.settle();
      expect([world.card(card)?.title, written()]).toEqual(['<p>Changed in between</p>', ['ana 409', 'ana 200']]);
    },
  },
  {
    status: '409 twice',
    becomes: 'it is given up, with the reason',
    given: (world) => patch(world, 2, 409),
    outcome: { writes: ['ana 409', 'ana 409'], shown: false, card: ['unreachable', reason('somebody else')] },
  },
  {
    status: '429',
    becomes: 'nothing is written before the window’s end, and then at once',
    given: (world) => patch(world, 1, 429, 20),
    within: 19_000,
    outcome: { writes: ['ana 429'], shown: false, card: LIVE },
    async later(world, card, written) {
      const before = world.now();
      await world.settle(30_000);
      const waited = (world.now() - before) / 1000;
      expect([world.card(card)?.title, written(), waited >= 18 && waited <= 22]).toEqual(['<p>Changed</p>', ['ana 429', 'ana 200'], true]);
    },
  },
  {
    status: '503, 500, and no answer',
    becomes: 'it is tried again until it is right',
    given(world) {
      for (const kind of [503, 500, 'reset'] as const) patch(world, 1, kind);
    },
    outcome: { writes: ['ana 503', 'ana 500', 'ana 0', 'ana 200'], shown: true, card: LIVE },
  },
];

describe('what becomes of a card’s write, by what Miro answers', () => {
  let world: World;
  afterEach(() => world.close());

  const open = async (): Promise<{ card: string; written: () => string[] }> => {
    world = await openWorld({ miro: { tokenLife: 3600 * 24 * 30 } });
    const { ana, ben } = world.people;
    for (const who of [ana, ben]) await world.signIn(who);
    await world.connect(ana);
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    world.advance(2000);
    const before = world.miro.requests.length;
    const holder = new Map<string, string>();
    const nameOf = (bearer: string | undefined): string => {
      for (const grant of world.miro.state.grants) holder.set(`Bearer ${grant.accessToken}`, grant.user);
      const user = holder.get(bearer ?? '');
      return Object.values(world.people).find((one) => one.user === user)?.name ?? 'nobody';
    };
    nameOf(undefined);
    const written = (): string[] => world.miro.requests.slice(before).filter(({ method }) => method === 'PATCH').map(({ headers, status }) => `${nameOf(headers['authorization'])} ${status}`);
    return { card, written };
  };
  const me = async (who: Someone): Promise<string> => (await world.call<MeAnswer>(who, 'GET', '/api/me')).body.miro;
  const link = (card: string) => world.tandem().store.links.byCard(world.people.ana.team, world.board, card);

  test.each(TABLE)('$status: $becomes', async ({ given, within = 10_000, outcome, later }) => {
    const { card, written } = await open();
    given?.(world, card);
    change(world, 'Changed');
    await world.settle(within);
    const { state, reason: why } = (await link(card)) ?? {};
    expect({ writes: written(), shown: world.card(card)?.title === '<p>Changed</p>', card: [state, why], ...(outcome.creator ? { creator: await me(world.people.ana) } : {}) }).toEqual(outcome);
    await later?.(world, card, written);
  });

  test('5xx for a day: waits that grow, at most 15 s in the first ten minutes and an hour later, then it is given up with the reason until its board is looked at again', async () => {
    const { card, written } = await open();
    patch(world, 10_000, 502);
    change(world, 'Changed');
    const begun = world.now();
    await world.settle(10 * MINUTE);
    const [early, at] = [written().length, world.now() - begun];
    expect([early > 40, at > 9 * MINUTE]).toEqual([true, true]);
    await world.settle(DAY + 60 * MINUTE);
    expect(written().length).toBeLessThan(early + 24 * 6);
    expect(await link(card)).toMatchObject({ state: 'unreachable', reason: reason('Given up after a day') });
    const last = written().length;
    await world.settle(20 * 60 * MINUTE);
    expect(written().length).toBe(last);

    // Whoever looks at the board is told, and the next change tries again.
    const board = await world.call<BoardAnswer>(world.people.ana, 'GET', `/api/boards/${e(world.board)}/cards`);
    expect(board.body.cards).toMatchObject([{ card, state: 'unreachable', reason: reason('Given up after a day') }]);
    world.miro.faults.clear();
    await world.settle(DAY);
    expect([world.card(card)?.title, (await link(card))?.state], 'the daily look at the board').toEqual(['<p>Changed</p>', 'live']);
  });
});
