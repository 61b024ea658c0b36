import { afterEach, describe, expect, test } from 'vitest';
import type { HttpAnswer, HttpRequest } from '@tandem/bff/http';
import type { Deps } from '@tandem/bff/deps';
import { openStore } from '@tandem/bff/store/open';
import { openListing } from '@tandem/bff/sync/listing';
import { observeTask, pollTask } from '@tandem/bff/sync/keys';
import type { Item } from '@tandem/shared/item';
import { printRef } from '@tandem/shared/ref';
import { httpThrough } from '../sim/through.ts';
import { eventually, openWorld, seen, type World } from '../sim/world.ts';

const MINUTE = 60_000;

/** Time stands still here, so that whatever happens happens in one moment: the tool stamps it all alike. */
describe('an answer that is older than what is known', () => {
  let world: World;
  let answer: ((request: HttpRequest, send: () => Promise<HttpAnswer>) => Promise<HttpAnswer>) | undefined;
  afterEach(async () => {
    answer = undefined;
    await world.close();
  });

  /** Ben may not make a webhook: his place is asked for its changes. */
  const open = async (who: 'ana' | 'ben'): Promise<string> => {
    world = await openWorld({ overrides: { http: httpThrough((request, send) => (answer ? answer(request, () => send(request)) : send(request))) } });
    await world.signIn(world.people[who]);
    await world.connect(world.people[who]);
    const { card } = await world.put(world.people[who], world.issue(1));
    await world.settle(20_000);
    world.advance(2000);
    return card;
  };
  const edit = (title: string): unknown => world.gitlab.as('ana').updateIssue(world.place, 1, { title });
  const task = () => observeTask(world.people.ana.team, world.issue(1), world.now(), 'test');
  const look = (): Promise<void> => world.tandem().worker.mark([task()]);
  const reads = (request: HttpRequest): boolean => request.method === 'GET' && request.url.endsWith('/issues/1');
  const lists = (request: HttpRequest): boolean => request.method === 'GET' && request.url.includes('/issues?');
  const written = (title: string): number => world.miro.requests.filter(({ method, body }) => method === 'PATCH' && JSON.stringify(body).includes(title)).length;

  test('and carries the same time stamp is read again, and never shown', async () => {
    const card = await open('ana');
    let old: HttpAnswer | undefined;
    answer = async (request, send) => {
      const got = await send();
      if (reads(request)) old ??= got;
      return got;
    };
    edit('First');
    await world.settle(0);
    edit('Second');
    await world.settle();
    expect([seen(world.card(card))?.title, written('First')]).toEqual(['<p>Second</p>', 1]);

    // A replica that trails is asked once.
    let stale = 1;
    answer = async (request, send) => (reads(request) && old && stale > 0 && (stale -= 1) === 0 ? old : send());
    world.advance(2000);
    await look();
    await world.settle();
    expect([seen(world.card(card))?.title, written('First'), stale]).toEqual(['<p>Second</p>', 1, 0]);
  });

  test('but is not: a second change of one moment shows once two reads say so', async () => {
    const card = await open('ana');
    let count = 0;
    answer = (request, send) => {
      if (reads(request)) count += 1;
      return send();
    };
    edit('First');
    await world.settle(0);
    const before = count;
    edit('Second');
    await world.settle();
    expect([seen(world.card(card))?.title, count - before]).toEqual(['<p>Second</p>', 2]);
  });

  test('is believed in the end where the tool keeps contradicting itself', async () => {
    const card = await open('ana');
    edit('First');
    await world.settle();
    let [count, turn] = [0, 0];
    answer = async (request, send) => {
      const got = await send();
      if (!reads(request)) return got;
      count += 1;
      return { ...got, text: got.text.replace('First', `Turn ${(turn += 1)}`) };
    };
    world.advance(2000);
    await look();
    await world.settle(MINUTE);
    expect([count, seen(world.card(card))?.title]).toEqual([7, '<p>Turn 7</p>']);
  });

  /** What happens, and is observed, while a page of the listing is on its way. */
  const duringListing = async (happen: () => void, observed: () => Promise<boolean>): Promise<void> => {
    let held = false;
    answer = async (request, send) => {
      const got = await send();
      if (!lists(request) || held) return got;
      held = true;
      happen();
      await look();
      await eventually(observed, Boolean);
      return got;
    };
    await world.settle(MINUTE);
    await world.settle();
    expect(held).toBe(true);
  };

  test('in a listing that was under way does not replace what was read meanwhile', async () => {
    const card = await open('ben');
    edit('First');
    const stored = async () => world.tandem().store.items.get(world.people.ben.team, printRef(world.issue(1)));
    await duringListing(() => edit('Second'), async () => (await stored())?.item.title === 'Second');
    expect([seen(world.card(card))?.title, written('First')]).toEqual(['<p>Second</p>', 0]);
  });

  test('in a listing that was under way does not bring back what was deleted meanwhile', async () => {
    const card = await open('ben');
    edit('Going');
    const link = async () => world.tandem().store.links.byCard(world.people.ben.team, world.board, card);
    await duringListing(() => world.gitlab.as('ana').deleteIssue(world.place, 1), async () => (await link())?.state === 'gone' && !(await world.tandem().store.tasks.get(task().key)));
    expect([seen(world.card(card))?.status, (await link())?.state]).toEqual(['disabled', 'gone']);
  });

  test('is looked beyond when the webhook turned out to be switched off', async () => {
    const card = await open('ana');
    for (const hook of world.gitlab.state.hooks) hook.alertStatus = 'disabled';
    const { store, worker } = world.tandem();
    const [watch] = await store.watches.page('', 1);
    if (!watch) throw new Error('nothing is watched');
    let listed = false;
    answer = async (request, send) => {
      if (request.method === 'POST' && request.url.endsWith('/hooks')) {
        await eventually(() => listed, Boolean);
        world.advance(1000);
        edit('Between the list and the webhook');
      }
      const got = await send();
      listed ||= lists(request);
      return got;
    };
    await worker.mark([pollTask(watch, world.now(), 'test')]);
    await world.settle();
    expect([seen(world.card(card))?.title, world.gitlab.state.hooks.map((hook) => hook.alertStatus)]).toEqual(['<p>Between the list and the webhook</p>', ['executable']]);
  });
});

describe('a listing of a place', () => {
  let world: World;
  afterEach(() => world.close());
  const linked = async (...iids: number[]): Promise<string[]> => {
    world = await openWorld();
    const { ben } = world.people;
    await world.signIn(ben);
    await world.connect(ben);
    const cards: string[] = [];
    for (const iid of iids) cards.push((await world.put(ben, world.issue(iid))).card);
    await world.settle(20_000);
    return cards;
  };
  const later = async (ms: number): Promise<void> => {
    world.advance(ms);
    await world.settle();
  };
  const asked = (since: number): string[] => world.gitlab.requests.slice(since).map(({ path }) => path.split('/').slice(5).join('/'));

  test('that a process died over is gone through again, and tells the cards what it had stored', async () => {
    const [card = ''] = await linked(1);
    const { store } = world.tandem();
    const { team } = world.people.ben;
    world.advance(MINUTE / 2);
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: 'Stored, not shown' });
    const known = await store.items.get(team, printRef(world.issue(1)));
    const { updatedAt } = world.gitlab.project(world.place).issues.get(1) ?? {};
    if (!known || !updatedAt) throw new Error('nothing stored');
    await store.items.swap(team, printRef(world.issue(1)), known.rev, { ...known.item, title: 'Stored, not shown', updatedAt });
    await later(MINUTE);
    expect(seen(world.card(card))?.title).toBe('<p>Stored, not shown</p>');
  });

  test('costs no more pages than there are linked items; the rest of these is read', async () => {
    const [card = ''] = await linked(3);
    await later(MINUTE);
    for (let n = 0; n < 450; n += 1) world.gitlab.as('ana').createIssue(world.place, { title: `Issue ${n}` });
    world.advance(1000);
    world.gitlab.as('ana').updateIssue(world.place, 3, { title: 'The last change' });
    const before = world.gitlab.requests.length;
    await later(MINUTE);
    expect(seen(world.card(card))?.title).toBe('<p>The last change</p>');
    expect(asked(before)).toEqual(['issues', 'issues', 'issues/3']);
  });
});

test('what changes at a place while its pages are read is listed again the next time', async () => {
  const store = await openStore('sqlite::memory:');
  const at = { tool: 'gitea', site: 'git.example.org', place: 'acme/roadmap' };
  const item = (id: string, updatedAt: string): Item => ({ ref: { ...at, id }, key: id, url: 'https://git.example.org', title: id, description: '', status: { id: 'open', name: 'Open', kind: 'open' }, labels: [], assignees: [], updatedAt });
  let time = Date.parse('2026-11-23T09:00:00.000Z');
  // In no order: the first page is here when 2 changes, which is on it, and the last one shows what changed later still.
  async function* changes(): AsyncIterable<readonly Item[]> {
    yield [item('3', '2026-11-01T00:00:00.000Z'), item('2', '2026-11-01T00:00:00.000Z')];
    time += 60_000;
    yield [item('1', '2026-11-23T09:01:00.000Z')];
  }
  await store.accounts.put({ team: 't', user: 'ana', tool: at.tool, site: at.site, state: 'active', kind: 'token', sealed: '', person: { id: '1', name: 'Ana', username: 'ana' }, renewedAt: 0, since: 0 });
  const watch = await store.watches.ensure({ id: 'w', team: 't', ...at, sealed: '', mode: 'poll', cursor: '2026-10-01T00:00:00.000Z', createdAt: 0 });
  const deps = { store, now: () => time, tools: { at: () => ({ changes }) }, accounts: { accessOf: () => ({}) } } as unknown as Deps;
  await openListing(deps, async () => undefined).run(watch, new Set(['1', '2', '3'].map((id) => printRef({ ...at, id }))), { all: false, told: false }, { deadline: 0, trusted: true, attempts: 0, cause: 'test' });
  const cursor = (await store.watches.get('w'))?.cursor ?? '';
  expect([cursor < '2026-11-23T09:00:00.000Z', cursor > '2026-11-01T00:00:00.000Z']).toEqual([true, true]);
  await store.close();
});
