import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHttp } from '@tandem/bff/http';
import { openStore } from '@tandem/bff/store/open';
import type { WatchChange } from '@tandem/bff/store/store';
import { printRef } from '@tandem/shared/ref';
import { afterAll, afterEach, describe, expect, test as base } from 'vitest';
import { mongoForTests } from '../mongo/server.ts';
import { eventually, openWorld, seen, type Someone, type World } from '../sim/world.ts';

const mongo = await mongoForTests();
afterAll(() => mongo?.close());
const e = encodeURIComponent;
const NOTES = /\/notes$/;

describe.each([
  { store: 'SQLite', url: () => undefined },
  { store: 'MongoDB', url: () => mongo?.url() },
])('the issue says on which boards it is, on $store', ({ store, url }) => {
  const test = store === 'MongoDB' && !mongo ? base.skip : base;
  let world: World;
  const open = async (env: Readonly<Record<string, string>> = {}): Promise<void> => {
    const where = url();
    world = await openWorld({ env, ...(where === undefined ? {} : { store: where }) });
    for (const who of [world.people.ana, world.people.ben]) {
      await world.signIn(who);
      await world.connect(who);
    }
  };
  afterEach(async () => {
    if (store === 'SQLite' || mongo) await world.close();
  });

  const later = async (): Promise<void> => {
    await world.settle();
    world.advance(2000);
  };
  const put = async (who: Someone, board = world.board): Promise<string> => {
    const { card, answer } = await world.put(who, world.issue(1), board);
    expect(answer.status).toBe(201);
    await later();
    return card;
  };
  const unlink = async (who: Someone, card: string, board = world.board): Promise<void> => {
    expect((await world.call(who, 'DELETE', `/api/cards/${e(board)}/${card}`)).status).toBe(204);
    await later();
  };
  const to = (card: string, board = world.board): string => `On a Miro board: ${world.miro.url}/app/board/${e(board)}/?moveToWidget=${card}`;
  const notes = (): [string, string][] => (world.gitlab.project(world.place).issues.get(1)?.notes ?? []).map(({ author, body }) => [world.gitlab.state.users.find(({ id }) => id === author)?.username ?? '', body]);
  const noneDied = async (): Promise<void> => expect(await world.tandem().store.tasks.dead('', 10)).toEqual([]);

  test('linking leaves one note for each board, in the name of whoever linked, and a second card there none', async () => {
    await open();
    const { ana, ben } = world.people;
    const first = await put(ana);
    expect(notes()).toEqual([['ana', to(first)]]);
    await put(ben);
    expect(notes()).toEqual([['ana', to(first)]]);
    const board = world.miro.addBoard('Another', ana.team, { [ana.user]: 'owner', [ben.user]: 'editor' }).id;
    const there = await put(ben, board);
    expect(notes()).toEqual([['ana', to(first)], ['ben', to(there, board)]]);
  });

  test('when the card that it leads to is unlinked, it leads to the other one; with the last card it goes', async () => {
    await open();
    const { ana, ben } = world.people;
    const [first, second] = [await put(ana), await put(ben)];
    await unlink(ben, first);
    expect(notes().map(([, body]) => body)).toEqual([to(second)]);
    await unlink(ana, second);
    expect(notes()).toEqual([]);
    expect(await world.tandem().store.backlinks.get(ana.team, printRef(world.issue(1)), world.board)).toBeUndefined();
    await put(ana);
    expect(notes()).toHaveLength(1);
  });

  test('a card that is deleted on the board counts like one that is unlinked, from the next change on', async () => {
    await open();
    const { ana } = world.people;
    const [first, second] = [await put(ana), await put(ana)];
    world.miro.removeCard(world.board, ana.user, first);
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: 'One' });
    await later();
    expect(notes()).toEqual([['ana', to(second)]]);
    world.miro.removeCard(world.board, ana.user, second);
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: 'Two' });
    await later();
    expect(notes()).toEqual([]);
  });

  test('switched off, none is left, and one from before goes with its card', async () => {
    await open({ TANDEM_BACKLINK: '0' });
    const { ana } = world.people;
    const [first, second] = [await put(ana), await put(ana)];
    expect(notes()).toEqual([]);
    const { id } = world.gitlab.as('ana').addNote(world.place, 1, to(first));
    await world.tandem().store.backlinks.put({ team: ana.team, ref: printRef(world.issue(1)), board: world.board, card: first, user: ana.user, remoteId: String(id) });
    await unlink(ana, second);
    expect(notes()).toHaveLength(1);
    await unlink(ana, first);
    expect(notes()).toEqual([]);
  });

  test('a note whose answer was lost is found, not written again', async () => {
    await open();
    world.gitlab.faults.next(1, 'after-effect-502', { method: 'POST', path: NOTES });
    const card = await put(world.people.ana);
    await world.settle(60_000);
    expect(notes()).toEqual([['ana', to(card)]]);
    expect(world.gitlab.requests.filter(({ method, path }) => method === 'POST' && NOTES.test(path))).toHaveLength(1);
    await unlink(world.people.ana, card);
    expect(notes()).toEqual([]);
  });

  test('a note whose making nobody heard of goes with its card all the same, or leads to the next', async () => {
    await open();
    const { ana } = world.people;
    for (const others of [0, 1]) {
      world.gitlab.faults.next(1, 'after-effect-502', { method: 'POST', path: NOTES });
      // GitLab is away for a while, so that the card goes before anybody can look for the note.
      world.gitlab.faults.next(1, 429, { method: 'GET', path: NOTES, retryAfter: 30 });
      const { card } = await world.put(ana, world.issue(1));
      await world.settle(5000);
      expect(notes()).toEqual([['ana', to(card)]]);
      const next = others > 0 ? [(await world.put(ana, world.issue(1))).card] : [];
      expect((await world.call(ana, 'DELETE', `/api/cards/${e(world.board)}/${card}`)).status).toBe(204);
      await world.settle(120_000);
      expect(notes()).toEqual(next.map((one) => ['ana', to(one)]));
    }
    await noneDied();
  });

  test('whose author disconnected stays, without any trouble', async () => {
    await open();
    const { ana, ben } = world.people;
    const card = await put(ana);
    await world.call(ana, 'DELETE', `/api/accounts/gitlab/${e(world.site)}`);
    await later();
    await unlink(ben, card);
    await world.settle(60_000);
    expect(notes()).toEqual([['ana', to(card)]]);
    await noneDied();
  });

  test('where no note may be left, or the project is archived, linking works all the same', async () => {
    await open();
    for (const status of [403, 404, 400]) {
      world.gitlab.faults.next(3, status, { path: NOTES });
      const card = await put(world.people.ana);
      await world.settle(60_000);
      expect([notes(), seen(world.card(card))?.status]).toEqual([[], 'connected']);
      world.gitlab.faults.clear();
      await unlink(world.people.ana, card);
    }
    await noneDied();
  });

  test('fifty cards that are linked at once leave one note', async () => {
    await open();
    const { ana, ben } = world.people;
    const cards = await Promise.all(Array.from({ length: 50 }, async (_, n) => (await world.put(n % 2 ? ana : ben, world.issue(1))).card));
    await later();
    expect(notes()).toHaveLength(1);
    expect(cards.map((card) => to(card))).toContain(notes()[0]?.[1]);
    const posts = world.gitlab.requests.filter(({ method, path }) => method === 'POST' && NOTES.test(path));
    expect(posts).toHaveLength(1);
  });

  test('the place keeps one webhook while it has a card, and gets another with the next', async () => {
    await open();
    const { ana, ben } = world.people;
    const [first, second] = [await put(ana), await put(ben)];
    const hooks = (): string[] => world.gitlab.state.hooks.map((hook) => hook.url);
    const [before] = hooks();
    await unlink(ana, first);
    expect(hooks()).toEqual([before]);
    await unlink(ana, second);
    expect(hooks()).toEqual([]);
    const { card, answer } = await world.put(ben, world.issue(2));
    expect([answer.status, answer.body.watch, hooks().length]).toEqual([201, 'hook', 1]);
    await later();
    world.gitlab.as('ana').updateIssue(world.place, 2, { title: 'Heard again' });
    await later();
    expect([world.gitlab.deliveries.at(-1)?.status, seen(world.card(card))?.title]).toEqual(['202', '<p>Heard again</p>']);
  });
});

describe('a process that dies', () => {
  let world: World;
  afterEach(() => world.close());

  base('between the note and its saving leaves one note', async () => {
    world = await openWorld({ process: true });
    const { ana } = world.people;
    await world.signIn(ana);
    await world.connect(ana);
    const notes = (): unknown[] => world.gitlab.project(world.place).issues.get(1)?.notes ?? [];
    let killed: Promise<void> | undefined;
    const stop = world.gitlab.onChange(() => {
      if (notes().length > 0) killed ??= world.kill();
    });
    await world.put(ana, world.issue(1)).catch(() => undefined);
    await eventually(() => killed !== undefined, Boolean);
    await killed;
    stop();
    const asked = world.gitlab.requests.length;
    await world.boot();
    await eventually(() => world.gitlab.requests.slice(asked).some(({ method, path }) => method === 'GET' && NOTES.test(path)), Boolean, 20_000);
    const { card } = await world.put(ana, world.issue(1));
    await eventually(() => seen(world.card(card))?.status, (status) => status === 'connected');
    expect(notes()).toHaveLength(1);
  });
});

describe('unlinking the last card while another is linked', () => {
  let folder: string;
  let world: World;
  let jitter: (() => number) | undefined;
  /** what happens before a watch is changed */
  let before: ((change: WatchChange) => Promise<void>) | undefined;
  const turns = async (most = 20): Promise<void> => {
    for (let left = jitter ? jitter() % most : 0; left > 0; left -= 1) await new Promise((resolve) => void setImmediate(resolve));
  };
  /** Every verb of it takes its time. */
  const slow = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, name) {
        const verb: unknown = Reflect.get(target, name);
        return typeof verb === 'function' ? (...given: unknown[]) => turns().then(() => verb.apply(target, given) as unknown) : verb;
      },
    });
  const open = async (live: boolean): Promise<void> => {
    folder = mkdtempSync(join(tmpdir(), 'tandem-'));
    const where = `sqlite:${join(folder, 'tandem.db')}`;
    const [http, store] = [openHttp({ trusted: [], allowPrivate: true }), await openStore(where)];
    const watches: typeof store.watches = { ...slow(store.watches), change: async (id, change) => (await before?.(change), turns().then(() => store.watches.change(id, change))) };
    const overrides = { http: slow(http), store: { ...store, links: slow(store.links), watches } };
    world = await openWorld({ store: where, overrides, live });
    await world.signIn(world.people.ana);
    await world.connect(world.people.ana);
  };
  afterEach(async () => {
    [jitter, before] = [undefined, undefined];
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  });

  base('leaves the webhook where it is, when nothing was linked a moment ago', async () => {
    await open(true);
    const { ana } = world.people;
    const first = await world.put(ana, world.issue(1));
    const [hook] = world.gitlab.state.hooks;
    let second: typeof first | undefined;
    before = async ({ mode }) => {
      if (mode === 'removed') second ??= await world.put(ana, world.issue(1));
    };
    await world.call(ana, 'DELETE', `/api/cards/${e(world.board)}/${first.card}`);
    const card = (await eventually(() => second, Boolean))?.card ?? '';
    const watch = async () => (await world.tandem().store.watches.bySite(ana.team, 'gitlab', world.site))[0]?.mode;
    await eventually(async () => `${await watch()} ${world.gitlab.state.hooks[0]?.id}`, (state) => state === `hook ${hook?.id}`);
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: 'Heard' });
    await eventually(() => seen(world.card(card))?.title, (title) => title === '<p>Heard</p>');
  });

  base('never leaves the new one without a webhook that works, however their steps meet', async () => {
    await open(false);
    const { ana } = world.people;
    let { card } = await world.put(ana, world.issue(1));
    await world.settle();
    let removed = 0;
    for (let seed = 1; seed <= 30; seed += 1) {
      world.advance(60_000);
      let state = seed * 7919;
      jitter = () => (state = (state * 48_271) % 2_147_483_647);
      const asked = world.gitlab.requests.length;
      const removals = (): number => world.gitlab.requests.slice(asked).filter(({ method, path }) => method === 'DELETE' && path.includes('/hooks/')).length;
      // Time passes quickly: the webhook is looked at once in a second.
      const clock = setInterval(() => world.advance(100), 1);
      const unlinked = world.call(ana, 'DELETE', `/api/cards/${e(world.board)}/${card}`);
      // Every third time the new card comes when the webhook is being taken down, else at any moment before or after.
      if (seed % 3) await turns(100);
      else await eventually(removals, (count) => count > 0);
      const [gone, put] = await Promise.all([unlinked, world.put(ana, world.issue(1))]);
      clearInterval(clock);
      expect([seed, gone.status, put.answer.status]).toEqual([seed, 204, 201]);
      ({ card } = put);
      await world.settle();
      jitter = undefined;
      removed += removals();
      expect([seed, world.gitlab.state.hooks.length]).toEqual([seed, 1]);
      world.advance(2000);
      world.gitlab.as('ana').updateIssue(world.place, 1, { title: `Heard ${seed}` });
      await world.settle();
      expect([seed, seen(world.card(card))?.title, world.gitlab.deliveries.at(-1)?.status]).toEqual([seed, `<p>Heard ${seed}</p>`, '202']);
    }
    expect(removed).toBeGreaterThanOrEqual(10);
  });
});
