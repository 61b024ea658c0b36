import { expect } from 'vitest';
import type { Account, Backlink, Delivery, JournalLine, Link, NewTask, Store, Watch } from '@tandem/bff/store/store';
import { account, backlink, delivery, item, link, task, watch } from '../samples.ts';

/** What a Tandem of format 1 has stored: rows in every table, each once with all that it may have and once with no more than it must. */
const TEAM = 'old';
const REF = 'gitlab:gitlab.com/42/7';
const accounts: readonly Omit<Account, 'version'>[] = [
  account({ team: TEAM, state: 'expired', person: { id: '7', name: 'Ana Núñez', username: 'ana', avatar: 'https://gitlab.com/a.png' }, expiresAt: 9000, refreshing: 9500 }),
  account({ team: TEAM, user: 'ben', kind: 'token' }),
];
const links: readonly Link[] = [
  link({ id: 'old-link', team: TEAM, ref: REF, state: 'gone', reason: 'Deleted in the tool', lostAt: 2000, sent: 'digest-a', shown: 'digest-b', syncedAt: 1500 }),
  link({ id: 'old-link-2', team: TEAM, ref: REF, card: 'c2' }),
];
const items = [
  item({ assignees: [{ id: '7', name: 'Ana', username: 'ana', avatar: 'https://gitlab.com/a.png' }], author: '7', due: '2026-02-03' }),
  item({ ref: { tool: 'gitlab', site: 'gitlab.com', place: '42', id: '8' }, labels: [], assignees: [], description: '' }),
];
const watches: readonly Watch[] = [
  watch({ id: 'old-watch', team: TEAM, mode: 'hook', reason: 'Nobody may.', remoteId: '12', proof: 'signature', maker: 'ana', cursor: '2026-01-01T00:00:00.000Z', missed: 3 }),
  watch({ id: 'old-watch-2', team: TEAM, place: '43' }),
];
const note: Backlink = backlink({ team: TEAM, ref: REF });
const deliveries: readonly Delivery[] = [delivery({ id: 'old-delivery', watch: 'old-watch', at: 1001, remoteId: 'uuid' }), delivery({ id: 'old-delivery-2', watch: 'old-watch' })];
const tasks: readonly NewTask[] = ['fresh', 'failing', 'dead'].map((key) => task({ key: `observe:${key}`, lane: 'old-lane' }));
const journal: readonly JournalLine[] = [{ link: 'old-link', at: 1000, cause: 'req-1', event: 'linked', text: 'Linked to roadmap#7' }];

/** Stores them, with the verbs of the port. */
export async function write(store: Store): Promise<void> {
  for (const one of accounts) await store.accounts.put(one);
  await store.grants.put({ id: 'old-grant', kind: 'session', data: { user: 'ana' }, expiresAt: 9_000_000 });
  for (const one of links) await store.links.create(one);
  for (const one of items) await store.items.swap(TEAM, `gitlab:gitlab.com/42/${one.ref.id}`, 0, one);
  for (const one of watches) await store.watches.ensure(one);
  await store.backlinks.put(note);
  for (const one of deliveries) await store.deliveries.accept(one, []);
  await store.tasks.mark(tasks, 1000);
  const marks = new Map((await store.tasks.due('old-lane', 1000, 10, 10)).map(({ key, mark }) => [key, mark]));
  await store.tasks.retry('observe:failing', marks.get('observe:failing') ?? '', { due: 1200, attempts: 2, failingSince: 900, error: 'GitLab did not answer.' });
  await store.tasks.bury('observe:dead', marks.get('observe:dead') ?? '', 'GitLab refused.');
  await store.lanes.lease('old-owner', 1000, 5000, 1);
  await store.lanes.block('old-lane', 4000);
  await store.journal.add(journal);
}

/** They are all there, and can be worked on. */
export async function read(store: Store): Promise<void> {
  const [first, second] = accounts;
  expect(await store.accounts.byTeam(TEAM)).toEqual(accounts.map((one) => ({ ...one, version: expect.any(Number) as number })));
  expect((await store.accounts.bySite(TEAM, 'gitlab', 'gitlab.com')).map(({ user }) => user)).toEqual([second?.user, first?.user]);
  expect(await store.grants.get('old-grant', 'session', 1000)).toEqual({ id: 'old-grant', kind: 'session', data: { user: 'ana' }, expiresAt: 9_000_000 });
  expect(await store.links.byRef(TEAM, REF)).toEqual(links);
  expect(await store.links.lost('gone', 3000, 10)).toEqual(links.slice(0, 1));
  for (const one of items) {
    const stored = await store.items.get(TEAM, `gitlab:gitlab.com/42/${one.ref.id}`);
    expect(stored).toEqual({ item: one, rev: expect.any(Number) as number });
    expect(await store.items.swap(TEAM, `gitlab:gitlab.com/42/${one.ref.id}`, stored?.rev ?? 0, one)).toBe(true);
  }
  expect(await store.watches.bySite(TEAM, 'gitlab', 'gitlab.com')).toEqual(watches);
  expect(await store.backlinks.get(TEAM, REF, 'b1')).toEqual(note);
  expect(await store.deliveries.byWatch('old-watch', 10)).toEqual(deliveries);
  expect(await store.journal.byLink('old-link', 10)).toEqual(journal);

  const lane = { id: 'old-lane', owner: 'old-owner', until: 5000, blockedUntil: 4000, wake: 1000, touched: expect.any(String) as string };
  expect(await store.lanes.get('old-lane')).toEqual(lane);
  const stored = { lane: 'old-lane', group: 'g1', cause: 'req-1', mark: expect.any(String) as string, markedAt: 1000 };
  expect(await store.tasks.get('observe:fresh')).toEqual({ ...stored, key: 'observe:fresh', due: 1000, attempts: 0, dead: false });
  expect(await store.tasks.get('observe:failing')).toEqual({ ...stored, key: 'observe:failing', due: 1200, attempts: 2, failingSince: 900, error: 'GitLab did not answer.', dead: false });
  expect(await store.tasks.dead('old-', 10)).toEqual([{ ...stored, key: 'observe:dead', due: 1000, attempts: 0, error: 'GitLab refused.', dead: true }]);
  expect(await store.lanes.lease('new-owner', 6000, 7000, 1)).toEqual([{ lane: { ...lane, owner: 'new-owner', until: 7000 }, clean: false }]);
  expect(await store.tasks.revive('old-', 6000)).toBe(1);
  for (const { key, mark } of await store.tasks.due('old-lane', 6000, 10, 10)) await store.tasks.complete(key, mark);
  await store.lanes.release('new-owner', 'old-lane');
  expect((await store.lanes.get('old-lane'))?.wake).toBeUndefined();
}
