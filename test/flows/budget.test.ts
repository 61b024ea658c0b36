import { afterAll, afterEach, describe, expect, test as base } from 'vitest';
import { applyTask } from '@tandem/bff/sync/keys';
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

  test('a tenth of a window is kept: a quiet board and people never wait behind a storm, and nothing is refused', { timeout: 90_000 }, async () => {
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

    // A process dies after a write of which the store heard nothing; its heir finds the window used up, and the issue moves on and back again before the next.
    await next();
    const { store, worker } = world.tandem();
    const link = await store.links.byCard(ana.team, quiet, card);
    if (!link) throw new Error('The quiet card is not linked.');
    await store.tasks.mark([applyTask(link, world.now(), 'its last')], world.now());
    expect(await store.lanes.lease('whoever dies', world.now(), world.now() + 30_000, 10)).toHaveLength(1);
    Object.assign(world.card(card, quiet) ?? {}, { title: '<p>Its last word</p>' });
    for (let n = 0; n < 29; n += 1) await world.call(ana, 'GET', `/api/boards/${encodeURIComponent(world.board)}/cards`);
    world.advance(31_000);
    await worker.settle();
    for (const title of ['Another word', 'A quiet word']) {
      world.advance(2000);
      world.gitlab.as('ben').updateIssue(world.place, 2, { title });
      await world.gitlab.settled();
      await worker.settle();
    }
    expect(world.card(card, quiet)?.title, 'nothing could be written').toBe('<p>Its last word</p>');
    world.miro.faults.next(1, 500, { method: 'PATCH' });
    await next();
    await world.settle(20_000);
    expect(world.card(card, quiet)?.title).toBe('<p>A quiet word</p>');
    expect((await store.journal.byLink(link.id, 20)).filter(({ event }) => event === 'retry'), 'its first failure is told').toHaveLength(1);
  });
});

describe('a tool’s own limits', () => {
  const LIMIT = 40;
  const ITEMS = 48;
  let world: World;
  afterEach(() => world.close());

  base('a tenth of a window is kept: a storm of reads is refused nothing, and holds back neither a quiet project nor people', { timeout: 90_000 }, async () => {
    world = await openWorld({ gitlab: { rateLimit: LIMIT } });
    const { ana } = world.people;
    const next = async (): Promise<void> => {
      await world.settle();
      world.advance(WINDOW - (world.now() % WINDOW) + 1);
    };
    await world.signIn(ana);
    await world.connect(ana);
    const quiet = world.gitlab.addProject('acme/quiet', { ana: 50 });
    world.gitlab.as('ana').createIssue(quiet.id, { title: 'Hush' });
    const cards: string[] = [];
    for (let n = 0; n < ITEMS; n += 1) {
      if (n % 8 === 0) await next();
      const { iid } = world.gitlab.as('ana').createIssue(world.place, { title: `Issue ${n}` });
      cards.push((await world.put(ana, world.issue(iid))).card);
    }
    await next();
    const { card } = await world.put(ana, { ...world.issue(1), place: String(quiet.id) });
    await next();
    await next();
    const before = world.gitlab.requests.length;
    const asked = () => world.gitlab.requests.slice(before);
    const reads = () => asked().filter(({ path }) => /\/issues\/\d+$/.test(path)).length;

    for (let n = 0; n < ITEMS; n += 1) world.gitlab.as('ana').updateIssue(world.place, 4 + n, { title: `Storm ${n}` });
    await world.settle(100);
    const stormed = reads();
    expect(stormed).toBeGreaterThanOrEqual(LIMIT * 0.8);
    expect(asked().length).toBeLessThanOrEqual(LIMIT * 0.9);

    world.gitlab.as('ana').updateIssue(quiet.id, 1, { title: 'A quiet word' });
    await world.settle(2000);
    expect([world.card(card)?.title, reads()]).toEqual(['<p>A quiet word</p>', stormed + 1]);
    expect((await world.call(ana, 'GET', `/api/tools/gitlab/${encodeURIComponent(world.site)}/places`)).status).toBe(200);

    await next();
    await world.settle();
    expect(cards.map((one) => world.card(one)?.title)).toEqual(cards.map((_, n) => `<p>Storm ${n}</p>`));
    expect(world.gitlab.requests.filter(({ status }) => status === 429)).toEqual([]);
  });

  base('a tool that says when to come back is not asked before', async () => {
    world = await openWorld();
    const { ana } = world.people;
    await world.signIn(ana);
    await world.connect(ana);
    const cards = [];
    for (const iid of [1, 2, 3]) cards.push((await world.put(ana, world.issue(iid))).card);
    await world.settle();
    world.advance(WINDOW);
    world.gitlab.faults.next(1, 429, { method: 'GET', retryAfter: 30 });
    const [before, at] = [world.gitlab.requests.length, world.now()];
    for (const iid of [1, 2, 3]) world.gitlab.as('ana').updateIssue(world.place, iid, { title: `Later ${iid}` });
    await world.settle(29_000);
    const moments = new Set(world.gitlab.requests.slice(before).map((request) => Date.parse(request.at)));
    expect(moments, 'those that were under way together').toEqual(new Set([at]));
    await world.settle(35_000);
    expect([cards.map((card) => world.card(card)?.title), world.now() - at >= 29_000]).toEqual([['<p>Later 1</p>', '<p>Later 2</p>', '<p>Later 3</p>'], true]);
  });
});
