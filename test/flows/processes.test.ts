import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '@tandem/bff/store/open';
import type { Store } from '@tandem/bff/store/store';
import { mongoForTests } from '../mongo/server.ts';
import { eventually, openWorld, seen, type World } from '../sim/world.ts';

const mongo = await mongoForTests();
const e = encodeURIComponent;

describe.skipIf(!mongo)('three processes on one MongoDB', () => {
  let world: World;
  let urls: string[];
  let card: string;
  let opened: Store;
  const store = mongo?.url() ?? '';
  beforeAll(async () => {
    opened = await openStore(store);
    world = await openWorld({ process: true, store });
    const { ana } = world.people;
    await world.signIn(ana);
    await world.connect(ana);
    ({ card } = await world.put(ana, world.issue(1)));
    await eventually(() => seen(world.card(card))?.status, (status) => status === 'connected');
    urls = [world.url, ...(await Promise.all([world.join(), world.join()]))];
  });
  afterAll(async () => {
    await opened?.close();
    await world?.close();
    await mongo?.close();
  });

  const refreshes = (): number => world.miro.requests.filter(({ path, body }) => path === '/v1/oauth/token' && (body as { grant_type?: string }).grant_type === 'refresh_token').length;
  /** Looks at the board as ana, in one of the three. */
  const look = async (url: string): Promise<number> => {
    const { user, team } = world.people.ana;
    return (await fetch(`${url}/api/boards/${e(world.board)}/cards`, { headers: { authorization: `Bearer ${world.miro.idToken(user, team)}` } })).status;
  };
  /** Her Miro token ends, and the three can tell (`known`) or are told by Miro. */
  const end = async (known: boolean): Promise<void> => {
    for (const grant of world.miro.state.grants) grant.expiresAt = Date.now() - 1;
    if (!known) return;
    const { user, team } = world.people.ana;
    const account = await opened.accounts.get({ team, user, tool: 'miro', site: 'miro' });
    if (!account) throw new Error('no account');
    const { version, ...row } = account;
    expect(await opened.accounts.swap(version, { ...row, expiresAt: Date.now() - 1 })).toBe(true);
  };

  test.each([true, false])('fifty calls with an ended token, spread over them, cause exactly one refresh (that it ended is known: %s)', async (known) => {
    await end(known);
    const before = refreshes();
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => look(urls[n % 3] ?? '')));
    expect([new Set(answers), refreshes() - before, world.miro.state.reusedRefreshTokens]).toEqual([new Set([200]), 1, 0]);
  });

  test('an edit shows on the card once, whichever of them is told of it, and however often', async () => {
    const patches = (title: string): number => world.miro.requests.filter(({ method, path, body }) => method === 'PATCH' && path.endsWith(card) && JSON.stringify(body).includes(title)).length;
    const titles = Array.from({ length: 4 }, (_, n) => `State ${n}.`);
    for (const title of titles) {
      world.gitlab.hooks.duplicate(1);
      world.gitlab.as('ana').updateIssue(world.place, 1, { title });
      await eventually(() => seen(world.card(card))?.title, (shown) => shown === `<p>${title}</p>`);
    }
    await world.gitlab.settled();
    // Until nothing is due that could still write it.
    await eventually(() => opened.lanes.nextWake('nobody'), (next) => (next ?? Infinity) > Date.now() + 60_000, 25_000);
    expect(titles.map(patches)).toEqual([1, 1, 1, 1]);
    expect(world.gitlab.deliveries.filter(({ status }) => status === '202').length).toBeGreaterThanOrEqual(8);
  });

  test('a process that ends leaves the others to go on', async () => {
    await world.kill();
    const { user, team } = world.people.ana;
    const edited = await fetch(`${urls[1]}/api/cards/${e(world.board)}/${card}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${world.miro.idToken(user, team)}`, 'content-type': 'application/json' },
      body: JSON.stringify({ set: { title: 'By the second' }, seen: { title: 'State 3.' } }),
    });
    expect(edited.status).toBe(200);
    await eventually(() => seen(world.card(card))?.title, (shown) => shown === '<p>By the second</p>', 40_000);
  });
});
