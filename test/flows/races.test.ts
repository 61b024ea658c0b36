import { afterEach, describe, expect, test } from 'vitest';
import { openHttp, type HttpRequest } from '@tandem/bff/http';
import { printRef } from '@tandem/shared/ref';
import { eventually, openWorld, type World } from '../sim/world.ts';

/** What happens between two awaits: each test holds one request of the BFF open and changes the world meanwhile. */
describe('a card ends right, whatever happens meanwhile', () => {
  let world: World;
  let hold: ((request: HttpRequest) => Promise<void>) | undefined;
  afterEach(async () => {
    hold = undefined;
    await world.close();
  });

  const open = async (): Promise<string> => {
    const real = openHttp({ trusted: [], allowPrivate: true });
    world = await openWorld({ live: true, overrides: { http: { ...real, send: async (request) => (await hold?.(request), real.send(request)) } } });
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
