import { afterEach, describe, expect, test, vi } from 'vitest';
import { applyTask } from '@tandem/bff/sync/keys';
import type { HttpRequest } from '@tandem/bff/http';
import { printRef } from '@tandem/shared/ref';
import { httpThrough } from '../sim/through.ts';
import { eventually, openWorld, type World } from '../sim/world.ts';

/** What happens between two awaits: each test holds one request of the BFF open and changes the world meanwhile. */
describe('a card ends right, whatever happens meanwhile', () => {
  let world: World;
  let hold: ((request: HttpRequest) => Promise<void>) | undefined;
  afterEach(async () => {
    hold = undefined;
    vi.restoreAllMocks();
    await world.close();
  });

  const open = async (): Promise<string> => {
    world = await openWorld({ live: true, overrides: { http: httpThrough(async (request, send) => (await hold?.(request), send(request))) } });
    for (const who of [world.people.ana, world.people.ben]) {
      await world.signIn(who);
      await world.connect(who);
    }
    const { card } = await world.put(world.people.ana, world.issue(1));
    await becomes(card, '<p>Checkout drops the discount</p>', 'Open');
    return card;
  };
  const becomes = (card: string, title: string, chip: string): Promise<unknown> =>
    eventually(() => `${world.card(card)?.title} ${world.card(card)?.fields[0]?.value}`, (shown) => shown === `${title} ${chip}`);
  /** Runs `meanwhile` while the first request that fits is held open. */
  const during = (fits: (request: HttpRequest) => boolean, meanwhile: () => Promise<void>): Promise<void> =>
    new Promise((resolve, reject) => {
      hold = async (request) => {
        if (!fits(request)) return;
        hold = undefined;
        await meanwhile().then(resolve, reject);
      };
    });
  const stored = async (): Promise<string | undefined> => (await world.tandem().store.items.get(world.people.ana.team, printRef(world.issue(1))))?.item.status.kind;

  test('reopened while the closing is still being written', async () => {
    const card = await open();
    const reopened = during(
      (request) => request.method === 'PATCH' && request.body?.includes('Closed') === true,
      async () => {
        world.gitlab.as('ben').reopenIssue(world.place, 1);
        await eventually(stored, (kind) => kind === 'open');
      },
    );
    world.gitlab.as('ben').closeIssue(world.place, 1);
    await reopened;
    const closings = (): number => world.miro.requests.filter((request) => request.method === 'PATCH' && JSON.stringify(request.body).includes('Closed')).length;
    await eventually(closings, (count) => count > 0);
    await becomes(card, '<p>Checkout drops the discount</p>', 'Open');
  });

  test('written while our clock is set ahead and another process takes over: whose write came last is not known, so it is written again', async () => {
    const card = await open();
    const written = (): number => world.miro.requests.filter((request) => request.method === 'PATCH' && JSON.stringify(request.body).includes('Closed')).length;
    const jumped = during(
      (request) => request.method === 'PATCH' && request.body?.includes('Closed') === true,
      async () => {
        const ahead = Date.now() + 60_000;
        await world.tandem().store.lanes.lease('another process', ahead, ahead + 1000, 64);
        vi.spyOn(Date, 'now').mockImplementation(() => Math.round(performance.timeOrigin + performance.now()) + 60_000);
      },
    );
    world.gitlab.as('ben').closeIssue(world.place, 1);
    await jumped;
    await eventually(written, (count) => count === 2);
    await becomes(card, '<p>Checkout drops the discount</p>', 'Closed');
  });

  test('hidden while a card that could not be written before is written after all', async () => {
    const card = await open();
    const { store, worker } = world.tandem();
    const link = async () => store.links.byCard(world.people.ana.team, world.board, card);
    const id = (await link())?.id ?? '';
    await store.links.change(id, { state: 'unreachable', reason: 'Nobody could write it.' });
    const hidden = during(
      (request) => request.method === 'PATCH',
      async () => {
        for (const name of ['ana', 'ben'] as const) world.gitlab.setMember(Number(world.place), name, undefined);
        await store.links.change(id, { state: 'hidden', reason: 'Nobody may see it.' });
      },
    );
    await worker.mark([applyTask((await link()) ?? never(), Date.now(), 'test')]);
    await hidden;
    await eventually(async () => `${(await link())?.state} ${world.card(card)?.status}`, (shown) => shown === 'hidden disconnected');
  });

  test('unlinked while a change is still being written', async () => {
    const card = await open();
    const { ana } = world.people;
    const unlinked = during(
      (request) => request.method === 'PATCH' && request.body?.includes('Closed') === true,
      async () => {
        expect((await world.call(ana, 'DELETE', `/api/cards/${encodeURIComponent(world.board)}/${card}`)).status).toBe(204);
      },
    );
    world.gitlab.as('ben').closeIssue(world.place, 1);
    await unlinked;
    await eventually(() => world.tandem().store.links.byCard(ana.team, world.board, card), (link) => link === undefined);
    expect(world.card(card)?.status).toBe('disconnected');
  });

  test('an old state that is read while an edit is being written does not win', async () => {
    const card = await open();
    const { store } = world.tandem();
    const rev = async (): Promise<number | undefined> => (await store.items.get(world.people.ana.team, printRef(world.issue(1))))?.rev;
    const before = await rev();
    const observed = during(
      (request) => request.method === 'PUT' && request.url.includes('/issues/1'),
      async () => {
        world.gitlab.as('ben').addNote(world.place, 1, 'Sends no event of its own');
        world.gitlab.as('ben').updateIssue(world.place, 1, { add_labels: ['bug'] });
        await eventually(rev, (now) => now !== before);
        // And nobody tells of the edit itself.
        world.gitlab.hooks.drop(10);
      },
    );
    const [edited] = await Promise.all([world.edit(world.people.ana, card, { set: { title: 'The edit' }, seen: { title: 'Checkout drops the discount' } }), observed]);
    expect(edited.status).toBe(200);
    await becomes(card, '<p>The edit</p>', 'Open');
  });

  test('an edit whose answer was lost is on the card all the same', async () => {
    const card = await open();
    world.gitlab.faults.next(1, 'after-effect-502', { method: 'PUT' });
    const edited = await world.edit(world.people.ana, card, { set: { title: 'Written, unheard' }, seen: { title: 'Checkout drops the discount' } });
    expect(edited.status).toBe(502);
    await becomes(card, '<p>Written, unheard</p>', 'Open');
  });
});

function never(): never {
  throw new Error('no link');
}
