import type { PairBody, PairsAnswer, PairView } from '@tandem/shared/api';
import type { WireError } from '@tandem/shared/errors';
import type { Ref } from '@tandem/shared/ref';
import { TandemError } from '@tandem/bff/errors';
import type { HttpRequest } from '@tandem/bff/http';
import { timers } from '@tandem/bff/timers';
import { afterAll, afterEach, beforeEach, describe, expect, test as base, vi } from 'vitest';
import { mongoForTests } from '../mongo/server.ts';
import { startGitlab } from '../sim/gitlab.ts';
import type { GitlabIssue, GitlabSim } from '../sim/gitlab-types.ts';
import { httpThrough } from '../sim/through.ts';
import { openWorld, seen, type Got, type Someone, type World } from '../sim/world.ts';

const mongo = await mongoForTests();
afterAll(() => mongo?.close());

/** Two issues at two GitLabs: one is configured, the other was named by a member. */
describe.each([
  { store: 'SQLite', url: () => undefined },
  { store: 'MongoDB', url: () => mongo?.url() },
])('two issues that are kept in step, on $store', ({ store, url }) => {
  const test = store === 'MongoDB' && !mongo ? base.skip : base;
  let world: World;
  let other: GitlabSim;
  let ana: Someone;
  let left: Ref;
  let right: Ref;

  /** What becomes of a request on its way out. */
  let onItsWay: (request: HttpRequest) => HttpRequest;

  /** What is done once an hour. */
  let hourly: () => void;

  beforeEach(async () => {
    if (store === 'MongoDB' && !mongo) return;
    const where = url();
    onItsWay = (request) => request;
    const clock = { ...timers, every: (ms: number, work: () => void) => (ms === 3_600_000 ? ((hourly = work), () => undefined) : timers.every(ms, work)) };
    world = await openWorld({ env: { TANDEM_ALLOW_PRIVATE: '1' }, overrides: { timers: clock, http: httpThrough((request, send) => send(onItsWay(request))) }, ...(where === undefined ? {} : { store: where }) });
    ana = world.people.ana;
    other = await startGitlab({ now: world.now });
    for (const name of ['ana', 'ben', 'cem']) other.addUser(name, name);
    const project = other.addProject('acme/elsewhere', { ana: 50, ben: 30 });
    other.as('ben').createIssue(project.id, { title: 'Elsewhere', description: 'Its own.' });
    for (const who of [ana, world.people.ben]) await world.signIn(who);
    await world.connect(ana);
    await world.connect(ana, other.addToken('ana').value, { tool: 'gitlab', site: other.url });
    left = world.issue(1);
    right = { tool: 'gitlab', site: other.url, place: String(project.id), id: '1' };
  });
  afterEach(async () => {
    await world?.close();
    await other?.close();
  });

  const settle = async (within?: number): Promise<void> => {
    for (let quiet = false; !quiet; ) {
      const before = other.deliveries.length + world.gitlab.deliveries.length;
      await world.settle(within);
      await other.settled();
      quiet = other.deliveries.length + world.gitlab.deliveries.length === before;
    }
  };
  const later = async (): Promise<void> => {
    world.advance(20_000);
    await settle();
  };
  const issues = (): { left: GitlabIssue; right: GitlabIssue } => {
    const [here, there] = [world.gitlab.project(left.place).issues.get(1), other.project(right.place).issues.get(1)];
    if (!here || !there) throw new Error('an issue is gone');
    return { left: here, right: there };
  };
  const titles = (): string[] => [issues().left.title, issues().right.title];
  const pair = async (more: Partial<PairBody> = {}): Promise<Got<PairView>> => world.call<PairView>(ana, 'POST', '/api/pairs', { left, right, ...more });
  const only = async (who = ana): Promise<PairView> => {
    const { pairs } = (await world.call<PairsAnswer>(who, 'GET', '/api/pairs')).body;
    if (!pairs[0] || pairs.length > 1) throw new Error(`${pairs.length} pairs`);
    return pairs[0];
  };
  /** Eight edits within a minute. */
  const hurry = async (): Promise<void> => {
    for (let n = 0; n < 8; n++) {
      world.advance(2000);
      world.gitlab.as('ana').updateIssue(left.place, 1, { title: `Take ${n}` });
      await settle(500);
    }
  };
  const timeline = async (): Promise<string[]> => (await world.tandem().store.journal.byLink((await only()).id, 50)).map(({ event }) => event).toReversed();

  test('the side that is right gives the other its title, text and status; after that each follows the other, and so do the cards of both', async () => {
    const made = await pair({ start: 'left' });
    expect([made.status, made.body.state]).toEqual([201, 'live']);
    const cards = { left: (await world.put(ana, left)).card, right: (await world.put(ana, right)).card };
    await settle();
    expect([titles(), issues().right.description]).toEqual([['Checkout drops the discount', 'Checkout drops the discount'], 'About **Checkout drops the discount**.']);
    expect((await only()).syncedAt).toBeDefined();

    await later();
    other.as('ana').updateIssue(right.place, 1, { title: 'Named there', state_event: 'close' });
    await settle();
    expect([titles(), issues().left.state]).toEqual([['Named there', 'Named there'], 'closed']);
    await later();
    world.gitlab.as('ben').updateIssue(left.place, 1, { description: 'Written here.', state_event: 'reopen' });
    await settle();
    expect([issues().right.description, issues().right.state]).toEqual(['Written here.', 'opened']);
    for (const card of [cards.left, cards.right]) expect(seen(world.card(card))).toMatchObject({ title: '<p>Named there</p>', chips: ['Open'] });
    expect(await timeline()).toEqual(['linked', 'written', 'written', 'written']);
  });

  test('an edit costs one write on the other side, and its echo none', async () => {
    await pair({ start: 'left' });
    await settle();
    await later();
    const writes = (): number => [...world.gitlab.requests, ...other.requests].filter(({ method, path }) => method === 'PUT' && path.includes('/issues/')).length;
    const before = writes();
    world.gitlab.as('ana').updateIssue(left.place, 1, { title: 'Once' });
    await settle();
    for (let n = 0; n < 3; n++) await later();
    expect([titles(), writes() - before]).toEqual([['Once', 'Once'], 1]);
  });

  test('what both sides changed is asked, nothing is overwritten meanwhile, and the choice is carried out', async () => {
    await pair({ start: 'left' });
    await settle();
    await later();
    world.gitlab.as('ana').updateIssue(left.place, 1, { title: 'From the left' });
    other.as('ana').updateIssue(right.place, 1, { title: 'From the right', description: 'Only here.' });
    await settle();
    expect([titles(), issues().left.description]).toEqual([['From the left', 'From the right'], 'Only here.']);
    const asking = await only();
    expect([asking.state, asking.clashes, asking.reason]).toEqual(['asking', { title: { left: 'From the left', right: 'From the right' } }, 'Each side has its own title. Choose which to keep.']);
    const choose = (keep: string, who = ana) => world.call<WireError>(who, 'POST', `/api/pairs/${asking.id}/choice`, { field: 'title', keep });
    expect((await choose('left', world.people.ben)).status, 'who is no part of it').toBe(404);
    expect((await choose('right')).status).toBe(202);
    await settle();
    expect([titles(), (await only()).state, (await only()).clashes]).toEqual([['From the right', 'From the right'], 'live', {}]);
    expect((await choose('left')).status, 'twice').toBe(409);
    expect(await timeline()).toEqual(['linked', 'written', 'clash', 'written', 'chosen', 'written']);
  });

  test('made without a word about which side is right, every difference is asked, a status by its name', async () => {
    other.as('ana').updateIssue(right.place, 1, { state_event: 'close' });
    await pair();
    await settle();
    const asking = await only();
    expect([asking.reason, asking.clashes.status]).toEqual(['Each side has its own title, description and status. Choose which to keep.', { left: 'Open', right: 'Closed' }]);
    expect((await world.call(ana, 'POST', `/api/pairs/${asking.id}/choice`, { field: 'status', keep: 'right' })).status).toBe(202);
    await settle();
    expect([issues().left.state, Object.keys((await only()).clashes)]).toEqual(['closed', ['title', 'description']]);
  });

  test('a choice that was stored is carried out, whatever fails right after', async () => {
    await pair();
    await settle();
    const { id, clashes } = await only();
    vi.spyOn(world.tandem().store.journal, 'add').mockRejectedValueOnce(new TandemError('unavailable', 'The database is busy. Try again.'));
    expect((await world.call(ana, 'POST', `/api/pairs/${id}/choice`, { field: 'title', keep: 'right' })).status).toBe(503);
    await settle(20_000);
    expect([clashes.title?.right, titles()]).toEqual(['Elsewhere', ['Elsewhere', 'Elsewhere']]);
  });

  test('where a side wins, the other is told what it lost', async () => {
    await pair({ start: 'left', rules: { title: { flow: 'both', clash: 'right' } } });
    await settle();
    await later();
    world.gitlab.as('ana').updateIssue(left.place, 1, { title: 'Loses' });
    other.as('ana').updateIssue(right.place, 1, { title: 'Wins' });
    await settle();
    expect([titles(), (await only()).state]).toEqual([['Wins', 'Wins'], 'live']);
    const lines = await world.tandem().store.journal.byLink((await only()).id, 50);
    expect(lines.find(({ event }) => event === 'overruled')?.text).toBe('Both sides changed the title. elsewhere#1 was kept; roadmap#1 had: Loses');
  });

  test('a write whose answer is lost is not taken for somebody’s edit', async () => {
    await pair({ start: 'left' });
    await settle();
    await later();
    other.faults.next(1, 'after-effect-502', { method: 'PUT' });
    world.gitlab.as('ana').updateIssue(left.place, 1, { title: 'First' });
    await world.gitlab.settled();
    await world.tandem().worker.settle();
    expect(titles(), 'it was written, and nobody heard').toEqual(['First', 'First']);
    // Before it is looked at again the left changes once more: without what was pending both sides had changed.
    world.gitlab.as('ana').updateIssue(left.place, 1, { title: 'Second' });
    await settle(60_000);
    expect([titles(), (await only()).state]).toEqual([['Second', 'Second'], 'live']);
  });

  test('one that is written more than a few times a minute is paused, says so, and ends right', async () => {
    await pair({ start: 'left' });
    await settle();
    await hurry();
    const paused = await only();
    expect([paused.state, paused.reason, titles()]).toEqual(['paused', expect.stringContaining('5 times within a minute'), ['Take 7', 'Take 3']]);
    await settle(6 * 60_000);
    expect([(await only()).state, titles()]).toEqual(['live', ['Take 7', 'Take 7']]);
  });

  test('a pause can be ended by hand', async () => {
    await pair({ start: 'left' });
    await settle();
    await hurry();
    expect((await world.call(ana, 'POST', `/api/pairs/${(await only()).id}/resume`)).status).toBe(202);
    await settle();
    expect([(await only()).state, titles()]).toEqual(['live', ['Take 7', 'Take 7']]);
  });

  test('one side deleted: the pair says so and the other side stays; it is let go after a week, as cards are whose item is gone, a deleted card after 30 days, their history after 90', async () => {
    await world.tandem().start();
    const { id } = (await pair({ start: 'left' })).body;
    const cards: string[] = [];
    for (const iid of [1, 2, 3]) cards.push((await world.put(ana, world.issue(iid))).card);
    await settle();
    const project = world.gitlab.project(left.place);
    const kept = project.issues.get(3);
    if (!kept) throw new Error('no issue');
    other.as('ana').deleteIssue(right.place, 1);
    for (const iid of [2, 3]) world.gitlab.as('ana').deleteIssue(left.place, iid);
    world.miro.state.boards.get(world.board)?.cards.delete(cards[0] ?? '');
    await later();
    world.gitlab.as('ana').updateIssue(left.place, 1, { title: 'Goes on alone' });
    await settle();
    expect((await only()).state).toBe('gone');
    expect(project.issues.get(1)?.title).toBe('Goes on alone');

    const { store } = world.tandem();
    const links = async (): Promise<(string | undefined)[]> => Promise.all(cards.map(async (card) => (await store.links.byCard(ana.team, world.board, card))?.state));
    expect(await links()).toEqual(['removed', 'gone', 'gone']);
    const [lost, last] = [world.now(), vi.spyOn(store.pairs, 'lost')];
    const removed = (await store.links.byCard(ana.team, world.board, cards[0] ?? ''))?.id ?? '';
    /** Looks for what can be forgotten so many days later; pairs are what it looks for last. Answers how many. */
    const forget = async (days: number): Promise<number> => {
      world.advance(lost + days * 24 * 3_600_000 - world.now());
      const calls = last.mock.calls.length;
      hourly();
      await vi.waitFor(() => expect(last.mock.settledResults[calls]?.type).toBe('fulfilled'), 20_000);
      return (await last.mock.results[calls]?.value)?.length ?? 0;
    };
    const toldOf = async (): Promise<boolean> => (await store.journal.byLink(removed, 50)).some(({ event }) => event === 'linked');
    expect([await forget(6), await links()]).toEqual([0, ['removed', 'gone', 'gone']]);
    project.issues.set(3, kept);
    expect((await world.call(ana, 'POST', `/api/boards/${encodeURIComponent(world.board)}/sweep`)).status).toBe(202);
    await settle();
    expect(await links()).toEqual(['removed', 'gone', 'live']);
    expect([await forget(8), await links()]).toEqual([1, ['removed', undefined, 'live']]);
    await expect.poll(() => store.pairs.get(id), { timeout: 20_000 }).toBeUndefined();
    for (const [days, state] of [[29, 'removed'], [31, undefined]] as const) {
      await forget(days);
      expect((await links())[0]).toBe(state);
    }
    for (const [days, told] of [[89, true], [91, false]] as const) {
      await forget(days);
      expect(await toldOf()).toBe(told);
    }
  });

  test('a refusal is said with its reason, and made good when the account may again', async () => {
    const { id } = (await pair({ start: 'left' })).body;
    await settle();
    await later();
    other.setMember(right.place, 'ana', 10);
    world.gitlab.as('ana').updateIssue(left.place, 1, { title: 'Refused there' });
    await settle();
    expect([(await only()).state, titles()]).toEqual(['unreachable', ['Refused there', 'Checkout drops the discount']]);
    expect((await only()).reason).toMatch(/\.$/);
    other.setMember(right.place, 'ana', 50);
    await world.call(ana, 'POST', `/api/pairs/${id}/resume`);
    await later();
    expect([(await only()).state, titles()]).toEqual(['live', ['Refused there', 'Refused there']]);
  });

  test('a tool that drops what it was asked to write in silence is not believed', async () => {
    await pair({ start: 'left' });
    await settle();
    await later();
    onItsWay = (request) => (request.method === 'PUT' ? { ...request, body: JSON.stringify({ add_labels: ['later'] }) } : request);
    world.gitlab.as('ana').updateIssue(left.place, 1, { title: 'Dropped there' });
    await settle();
    expect([(await only()).state, (await only()).reason]).toEqual(['unreachable', 'GitLab did not take the title of elsewhere#1: ana may not change it there.']);
    onItsWay = (request) => request;
    await world.call(ana, 'POST', `/api/pairs/${(await only()).id}/resume`);
    await later();
    expect([(await only()).state, titles()]).toEqual(['live', ['Dropped there', 'Dropped there']]);
  });

  test('a token that ends stops it, and a new one takes it up again without another word', async () => {
    await pair({ start: 'left' });
    await settle();
    await later();
    for (const token of other.state.tokens) token.revoked = true;
    world.gitlab.as('ana').updateIssue(left.place, 1, { title: 'While it was dead' });
    await settle();
    expect([(await only()).state, titles()[1]]).toEqual(['unreachable', 'Checkout drops the discount']);
    await later();
    await world.connect(ana, other.addToken('ana').value, { tool: 'gitlab', site: other.url });
    await settle();
    expect([(await only()).state, titles()]).toEqual(['live', ['While it was dead', 'While it was dead']]);
  });

  test('let go, both issues stay, nothing travels any more, and the webhooks go', async () => {
    const { id } = (await pair({ start: 'left' })).body;
    await settle();
    expect([world.gitlab.state.hooks.length, other.state.hooks.length]).toEqual([1, 1]);
    expect((await world.call(world.people.ben, 'DELETE', `/api/pairs/${id}`)).status).toBe(404);
    expect((await world.call(ana, 'DELETE', `/api/pairs/${id}`)).status).toBe(204);
    await later();
    expect([world.gitlab.state.hooks.length, other.state.hooks.length]).toEqual([0, 0]);
    world.gitlab.as('ana').updateIssue(left.place, 1, { title: 'Alone' });
    await later();
    expect(titles()).toEqual(['Alone', 'Checkout drops the discount']);
  });

  test('the same two again are the same pair, the other way round a conflict, one alone a mistake', async () => {
    const first = await pair({ start: 'left' });
    const again = await pair({ start: 'right' });
    expect([again.status, again.body.id]).toEqual([200, first.body.id]);
    expect((await pair({ left: right, right: left })).status).toBe(409);
    expect((await pair({ right: left })).status).toBe(422);
    expect((await pair({ right: { ...right, id: '999' } })).status).toBe(422);
    expect((await world.call(world.people.ben, 'POST', '/api/pairs', { left, right })).status).toBe(403);
    await settle();
  });
});
