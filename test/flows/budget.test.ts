import { afterAll, afterEach, describe, expect, test as base } from 'vitest';
import { mongoForTests } from '../mongo/server.ts';
import { openWorld, type World } from '../sim/world.ts';

const mongo = await mongoForTests();
afterAll(() => mongo?.close());

const WINDOW = 60_000;
const BUSY = 40;

describe.each(['SQLite', 'MongoDB'])('Miro’s credits, on %s', (kind) => {
  const test = kind === 'MongoDB' && !mongo ? base.skip : base;
  let world: World;
  afterEach(() => world.close());

  const writes = (): number => world.miro.requests.filter(({ method, path, status }) => method === 'PATCH' && path.includes('/app_cards/') && status === 200).length;
  const refused = (): number => world.miro.requests.filter(({ status }) => status === 429).length;
  const next = async (): Promise<void> => {
    await world.settle();
    // Windows begin at whole minutes.
    world.advance(WINDOW - (world.now() % WINDOW) + 1);
  };

  test('a tenth of a window is kept: a quiet board and people never wait behind a storm, and nothing is refused', async () => {
    world = await openWorld({ miro: { credits: 3000, creditWindow: WINDOW }, ...(kind === 'MongoDB' ? { store: mongo?.url() ?? '' } : {}) });
    const { ana } = world.people;
    await world.signIn(ana);
    await world.connect(ana);
    const quiet = world.miro.addBoard('Quiet', ana.team, { [ana.user]: 'owner' }).id;
    const busy: string[] = [];
    for (let n = 0; n < BUSY; n += 1) {
      if (n % 8 === 0) await next();
      busy.push((await world.put(ana, world.issue(1))).card);
    }
    const { card } = await world.put(ana, world.issue(2), quiet);
    await next();
    const before = writes();
    expect(refused()).toBe(0);

    world.gitlab.as('ben').updateIssue(world.place, 1, { title: 'Storm' });
    await world.settle(100);
    const stormed = writes() - before;
    expect(stormed).toBeGreaterThanOrEqual(25);
    expect(stormed).toBeLessThanOrEqual(27);

    world.gitlab.as('ben').updateIssue(world.place, 2, { title: 'A quiet word' });
    await world.settle(2000);
    expect(world.card(card, quiet)?.title).toBe('<p>A quiet word</p>');
    expect(writes() - before, 'nothing else moved').toBe(stormed + 1);
    expect((await world.call(ana, 'GET', `/api/boards/${encodeURIComponent(world.board)}/cards`)).status).toBe(200);

    await next();
    await world.settle();
    expect(new Set(busy.map((id) => world.card(id)?.title))).toEqual(new Set(['<p>Storm</p>']));
    expect([writes() - before, refused()]).toEqual([BUSY + 1, 0]);
  });
});
