import { describe, expect, test } from 'vitest';
import type { Link } from '@tandem/bff/store/store';
import { account, backlink, item, link, only, range, watch, type Opener } from './samples.ts';

/** Accounts, grants, links, items, watches and backlinks. */
export function recordsContract(open: Opener): void {
  describe('accounts', () => {
    test('an account comes back as it was put, with and without an expiry', async () => {
      const { store } = await open();
      const put = await store.accounts.put(account({ expiresAt: 5000, refreshing: 6000 }));
      expect(put).toEqual({ ...account({ expiresAt: 5000, refreshing: 6000 }), version: put.version });
      expect(await store.accounts.get(account())).toStrictEqual(put);
      const again = await store.accounts.put(account({ sealed: 'v2' }));
      expect(again.version).toBe(put.version + 1);
      expect(await store.accounts.get(account())).toStrictEqual({ ...account({ sealed: 'v2' }), version: again.version });
      expect(await store.accounts.get(account({ user: 'bo' }))).toBeUndefined();
    });

    test('a member who connects again keeps the time of the first', async () => {
      const { store } = await open();
      await store.accounts.put(account({ since: 5 }));
      expect((await store.accounts.put(account({ since: 9, kind: 'token' }))).since).toBe(5);
      expect(await store.accounts.get(account())).toMatchObject({ since: 5, kind: 'token' });
    });

    test('of 50 swaps of one version exactly one succeeds', async () => {
      const { store, other } = await open();
      const { version } = await store.accounts.put(account());
      const swaps = await Promise.all(range(50).map((n) => (n % 2 ? store : other).accounts.swap(version, account({ sealed: `s${n}` }))));
      const winner = only(range(50).filter((n) => swaps[n]));
      expect(await store.accounts.get(account())).toEqual({ ...account({ sealed: `s${winner}` }), version: version + 1 });
      expect(await store.accounts.swap(version, account())).toBe(false);
      expect(await store.accounts.swap(version, account({ user: 'nobody' }))).toBe(false);
    });

    test('50 puts at once leave one account that counted them all', async () => {
      const { store, other } = await open();
      const puts = await Promise.all(range(50).map((n) => (n % 2 ? store : other).accounts.put(account({ sealed: `s${n}` }))));
      const versions = puts.map((put) => put.version).sort((a, b) => a - b);
      expect(versions).toEqual(range(50).map((n) => (versions[0] ?? 0) + n));
      expect(await store.accounts.byMember('t1', 'ana')).toEqual([puts.find((put) => put.version === versions.at(-1))]);
    });

    test('a refresh that began before the account was disconnected does not overwrite the one that was connected after', async () => {
      const { store } = await open();
      const before = await store.accounts.put(account());
      await store.accounts.remove(account());
      await store.accounts.remove(account());
      expect(await store.accounts.get(account())).toBeUndefined();
      const after = await store.accounts.put(account({ sealed: 'new' }));
      expect(await store.accounts.swap(before.version, account({ sealed: 'old' }))).toBe(false);
      expect(await store.accounts.get(account())).toEqual(after);
    });

    test('accounts of a site are listed active first, then the longest-standing, then by user', async () => {
      const { store } = await open();
      await store.accounts.put(account({ user: 'dead', state: 'expired', since: 1 }));
      await store.accounts.put(account({ user: 'young', since: 30 }));
      await store.accounts.put(account({ user: 'b', since: 20 }));
      await store.accounts.put(account({ user: 'a', since: 20 }));
      await store.accounts.put(account({ user: 'elsewhere', site: 'other.org' }));
      await store.accounts.put(account({ user: 'stranger', team: 't2' }));
      expect((await store.accounts.bySite('t1', 'gitlab', 'gitlab.com')).map(({ user }) => user)).toEqual(['a', 'b', 'young', 'dead']);
    });

    test('all accounts of a team are listed, and none of another', async () => {
      const { store } = await open();
      await store.accounts.put(account({ user: 'bo', site: 'b.org' }));
      await store.accounts.put(account({ user: 'bo', site: 'a.org' }));
      await store.accounts.put(account());
      await store.accounts.put(account({ team: 't2' }));
      expect((await store.accounts.byTeam('t1')).map(({ user, site }) => [user, site])).toEqual([['ana', 'gitlab.com'], ['bo', 'a.org'], ['bo', 'b.org']]);
    });

    test('a member has accounts of the team only', async () => {
      const { store } = await open();
      await store.accounts.put(account());
      await store.accounts.put(account({ tool: 'miro', site: 'miro.com' }));
      await store.accounts.put(account({ team: 't2', sealed: 'theirs' }));
      expect((await store.accounts.byMember('t1', 'ana')).map(({ tool }) => tool)).toEqual(['gitlab', 'miro']);
      expect((await store.accounts.get(account()))?.sealed).toBe('v1.sealed');
      await store.accounts.remove(account());
      expect(await store.accounts.byMember('t2', 'ana')).toHaveLength(1);
    });
  });

  describe('grants', () => {
    const grant = { id: 'g1', kind: 'oauth', data: { user: 'ana', 'back.to': '$x' }, expiresAt: 2000 } as const;

    test('a grant is taken once, whoever asks', async () => {
      const { store, other } = await open();
      await store.grants.put(grant);
      await store.grants.put(grant);
      const taken = await Promise.all(range(50).map((n) => (n % 2 ? store : other).grants.take('g1', 'oauth', 1000)));
      expect(only(taken.filter((one) => one !== undefined))).toStrictEqual(grant);
      expect(await store.grants.take('g1', 'oauth', 1000)).toBeUndefined();
    });

    test('a grant that is looked at stays, until its time', async () => {
      const { store } = await open();
      await store.grants.put({ ...grant, kind: 'session' });
      for (const now of [1000, 1999]) expect(await store.grants.get('g1', 'session', now)).toStrictEqual({ ...grant, kind: 'session' });
      expect(await store.grants.get('g1', 'oauth', 1000), 'of another kind').toBeUndefined();
      expect(await store.grants.get('g1', 'session', 2000)).toBeUndefined();
    });

    test('an expired or unknown grant is not given', async () => {
      const { store } = await open();
      await store.grants.put(grant);
      expect(await store.grants.take('other', 'oauth', 1000)).toBeUndefined();
      expect(await store.grants.take('g1', 'oauth', 2000)).toBeUndefined();
      expect(await store.grants.take('g1', 'oauth', 1000), 'it went with its time').toBeUndefined();
    });
  });

  describe('links', () => {
    test('a link comes back as it was created, with all fields and with few', async () => {
      const { store } = await open();
      const full = link({ id: 'l2', card: 'c2', state: 'gone', reason: 'deleted', sent: 'a', shown: 'b', syncedAt: 5 });
      for (const one of [link(), full]) {
        expect(await store.links.create(one)).toEqual({ link: one, created: true });
        expect(await store.links.get(one.id)).toStrictEqual(one);
        expect(await store.links.byCard('t1', 'b1', one.card)).toStrictEqual(one);
      }
      expect(await store.links.get('unknown')).toBeUndefined();
      expect(await store.links.byCard('t1', 'b1', 'unknown')).toBeUndefined();
    });

    test('of 50 links of one card exactly one is created, and all callers get that one', async () => {
      const { store, other } = await open();
      const results = await Promise.all(range(50).map((n) => (n % 2 ? store : other).links.create(link({ id: `l${n}`, ref: `gitlab:gitlab.com/42/${n}` }))));
      const winner = only(results.filter(({ created }) => created)).link;
      expect(results.map((result) => result.link)).toEqual(range(50).map(() => winner));
      expect(await store.links.byBoard('t1', 'b1')).toEqual([winner]);
    });

    test('links are found by item, by board and by the beginning of their refs, within the team only', async () => {
      const { store } = await open();
      await store.links.create(link());
      await store.links.create(link({ id: 'l2', card: 'c2' }));
      await store.links.create(link({ id: 'l3', card: 'c3', ref: 'gitlab:gitlab.com/42/8' }));
      await store.links.create(link({ id: 'l4', card: 'c4', ref: 'gitlab:gitlab.com/421/7', board: 'b2' }));
      await store.links.create(link({ id: 'x1', team: 't2' }));
      expect(ids(await store.links.byRef('t1', 'gitlab:gitlab.com/42/7'))).toEqual(['l1', 'l2']);
      expect(ids(await store.links.byBoard('t1', 'b1'))).toEqual(['l1', 'l2', 'l3']);
      expect(ids(await store.links.byRef('t2', 'gitlab:gitlab.com/42/7'))).toEqual(['x1']);
      expect(ids(await store.links.byBoard('t3', 'b1'))).toEqual([]);
      expect(await store.links.byCard('t2', 'b1', 'c2')).toBeUndefined();
      expect((await store.links.refsAt('t1', 'gitlab:gitlab.com/42/')).sort()).toEqual(['gitlab:gitlab.com/42/7', 'gitlab:gitlab.com/42/8']);
      expect(await store.links.refsAt('t1', 'gitlab:gitlab.com/421/')).toEqual(['gitlab:gitlab.com/421/7']);
      expect(await store.links.refsAt('t3', 'gitlab:')).toEqual([]);
    });

    test('a change touches the given fields alone, and makes no link', async () => {
      const { store } = await open();
      await store.links.create(link());
      await store.links.create(link({ id: 'l2', card: 'c2' }));
      await store.links.change('l1', { state: 'gone', reason: 'deleted', sent: 's', shown: 'h', syncedAt: 9, reader: 'bo', creator: 'cy' });
      expect(await store.links.get('l1')).toStrictEqual(link({ state: 'gone', reason: 'deleted', sent: 's', shown: 'h', syncedAt: 9, reader: 'bo', creator: 'cy' }));
      await store.links.change('l1', { state: 'live', reason: null });
      expect(await store.links.get('l1')).toStrictEqual(link({ sent: 's', shown: 'h', syncedAt: 9, reader: 'bo', creator: 'cy' }));
      await store.links.change('l1', {});
      expect(await store.links.get('l2')).toStrictEqual(link({ id: 'l2', card: 'c2' }));
      await store.links.change('unknown', { state: 'gone' });
      await store.links.change('unknown', {});
      expect(await store.links.get('unknown')).toBeUndefined();
    });

    test('a link whose card was removed shows no item any more, and is kept with its card until its time', async () => {
      const { store } = await open();
      await store.links.create(link());
      await store.links.create(link({ id: 'l2', card: 'c2' }));
      await store.links.change('l1', { state: 'removed', lostAt: 5000 });
      expect([ids(await store.links.byRef('t1', link().ref)), ids(await store.links.byBoard('t1', 'b1'))]).toEqual([['l2'], ['l1', 'l2']]);
      expect((await store.links.byCard('t1', 'b1', 'c1'))?.state).toBe('removed');
      await store.links.change('l2', { state: 'removed', lostAt: 6000 });
      expect(await store.links.refsAt('t1', 'gitlab:')).toEqual([]);
      expect(ids(await store.links.lost('removed', 5001, 10))).toEqual(['l1']);
      expect([ids(await store.links.lost('removed', 9000, 1)), ids(await store.links.lost('gone', 9000, 10))]).toEqual([['l1'], []]);
      await store.links.change('l1', { state: 'live', lostAt: null });
      expect([ids(await store.links.lost('removed', 9000, 10)), (await store.links.get('l1'))?.lostAt]).toEqual([['l2'], undefined]);
    });

    test('a link that is being unlinked shows no item any more, and changes no more', async () => {
      const { store } = await open();
      await store.links.create(link());
      await store.links.change('l1', { state: 'unlinked' });
      await store.links.change('l1', { state: 'live', sent: 'late' });
      expect(await store.links.get('l1')).toStrictEqual(link({ state: 'unlinked' }));
      expect([await store.links.byRef('t1', link().ref), await store.links.refsAt('t1', 'gitlab:')]).toEqual([[], []]);
      expect([await store.links.get('l1'), await store.links.byCard('t1', 'b1', 'c1'), ...(await store.links.byBoard('t1', 'b1'))].map((one) => one?.state)).toEqual(['unlinked', 'unlinked', 'unlinked']);
    });

    test('a removed link is gone, and its card can be linked again', async () => {
      const { store } = await open();
      await store.links.create(link());
      await store.links.remove('l1');
      await store.links.remove('l1');
      expect(await store.links.get('l1')).toBeUndefined();
      expect((await store.links.create(link({ id: 'l9' }))).created).toBe(true);
    });
  });

  describe('items', () => {
    const REF = 'gitlab:gitlab.com/42/7';

    test('an item comes back to the letter', async () => {
      const { store } = await open();
      for (const [n, one] of [item(), item({ due: '2026-02-03', labels: [], assignees: [], title: '', description: '' })].entries()) {
        expect(await store.items.swap('t1', `${REF}${n}`, 0, one)).toBe(true);
        expect((await store.items.get('t1', `${REF}${n}`))?.item).toStrictEqual(one);
      }
      expect(await store.items.get('t1', 'unknown')).toBeUndefined();
      expect(await store.items.get('t2', `${REF}0`)).toBeUndefined();
    });

    test('of 50 first swaps exactly one succeeds, and of 50 second ones', async () => {
      const { store, other } = await open();
      for (const round of [1, 2]) {
        const rev = (await store.items.get('t1', REF))?.rev ?? 0;
        const swaps = await Promise.all(range(50).map((n) => (n % 2 ? store : other).items.swap('t1', REF, rev, item({ title: `${round}.${n}` }))));
        const winner = only(range(50).filter((n) => swaps[n]));
        const stored = await store.items.get('t1', REF);
        expect(stored?.item.title).toBe(`${round}.${winner}`);
        if (round === 2) expect(stored?.rev).toBe(rev + 1);
      }
    });

    test('an item is found by the alias that it was last stored with, within the team only', async () => {
      const { store } = await open();
      await store.items.swap('t1', REF, 0, item({ alias: 'a1' }));
      await store.items.swap('t2', `${REF}0`, 0, item({ alias: 'a1' }));
      expect([await store.items.byAlias('t1', 'a1'), await store.items.byAlias('t2', 'a1'), await store.items.byAlias('t1', 'a2')]).toEqual([REF, `${REF}0`, undefined]);
      await store.items.swap('t1', REF, (await store.items.get('t1', REF))?.rev ?? 0, item({ alias: 'a2' }));
      expect([await store.items.byAlias('t1', 'a1'), await store.items.byAlias('t1', 'a2')]).toEqual([undefined, REF]);
    });

    test('an item that was removed and read again refuses a swap that began before', async () => {
      const { store } = await open();
      await store.items.swap('t1', REF, 0, item());
      const rev = (await store.items.get('t1', REF))?.rev ?? 0;
      await store.items.remove('t1', REF);
      await store.items.remove('t1', REF);
      expect(await store.items.get('t1', REF)).toBeUndefined();
      expect(await store.items.swap('t1', REF, rev, item({ title: 'stale' }))).toBe(false);
      expect(await store.items.swap('t1', REF, 0, item({ title: 'fresh' }))).toBe(true);
      expect(await store.items.swap('t1', REF, rev, item({ title: 'stale' }))).toBe(false);
      expect((await store.items.get('t1', REF))?.item.title).toBe('fresh');
    });
  });

  describe('watches', () => {
    test('50 callers get the same watch of a place', async () => {
      const { store, other } = await open();
      const got = await Promise.all(range(50).map((n) => (n % 2 ? store : other).watches.ensure(watch({ id: `w${n}` }))));
      expect(new Set(got.map(({ id }) => id)).size).toBe(1);
      expect(await store.watches.byPlace('t1', 'gitlab', 'gitlab.com', '42')).toStrictEqual(got[0]);
      expect(await store.watches.get(got[0]?.id ?? '')).toStrictEqual(watch({ id: got[0]?.id ?? '' }));
    });

    test('watches are found by place and by site, within the team only', async () => {
      const { store } = await open();
      const full = watch({ id: 'w2', place: '43', mode: 'hook', reason: 'r', remoteId: '9', proof: 'signature', maker: 'ana', cursor: '2026', missed: 3 });
      await store.watches.ensure(full);
      await store.watches.ensure(watch());
      await store.watches.ensure(watch({ id: 'x1', team: 't2' }));
      expect(await store.watches.bySite('t1', 'gitlab', 'gitlab.com')).toStrictEqual([watch(), full]);
      expect((await store.watches.byPlace('t2', 'gitlab', 'gitlab.com', '42'))?.id).toBe('x1');
      expect(await store.watches.byPlace('t2', 'gitlab', 'gitlab.com', '43')).toBeUndefined();
      expect(await store.watches.bySite('t3', 'gitlab', 'gitlab.com')).toEqual([]);
    });

    test('all watches are gone through a page at a time', async () => {
      const { store } = await open();
      for (const n of [3, 1, 2]) await store.watches.ensure(watch({ id: `w${n}`, place: String(n), team: `t${n}` }));
      expect((await store.watches.page('', 2)).map(({ id }) => id)).toEqual(['w1', 'w2']);
      expect((await store.watches.page('w2', 2)).map(({ id }) => id)).toEqual(['w3']);
    });

    test('a change touches the given fields alone, and makes no watch', async () => {
      const { store } = await open();
      await store.watches.ensure(watch());
      await store.watches.change('w1', { mode: 'hook', remoteId: '9', proof: 'signature', maker: 'ana', sealed: 'v2', cursor: '2026', missed: 1, reason: 'why' });
      expect(await store.watches.get('w1')).toStrictEqual(watch({ mode: 'hook', remoteId: '9', proof: 'signature', maker: 'ana', sealed: 'v2', cursor: '2026', missed: 1, reason: 'why' }));
      await store.watches.change('w1', { mode: 'removed', reason: null, remoteId: null, proof: null });
      expect(await store.watches.get('w1')).toStrictEqual(watch({ mode: 'removed', maker: 'ana', sealed: 'v2', cursor: '2026', missed: 1 }));
      await store.watches.change('w1', {});
      await store.watches.change('unknown', { mode: 'poll' });
      expect(await store.watches.get('unknown')).toBeUndefined();
    });
  });

  describe('backlinks', () => {
    test('an item has one on each board; a second one takes the place of the first', async () => {
      const { store } = await open();
      const at = (board: string, team = 't1') => store.backlinks.get(team, backlink().ref, board);
      await store.backlinks.put(backlink());
      await store.backlinks.put(backlink({ board: 'b2', remoteId: '10' }));
      await store.backlinks.put(backlink({ card: 'c2', remoteId: '11' }));
      expect(await at('b1')).toEqual(backlink({ card: 'c2', remoteId: '11' }));
      expect([(await at('b2'))?.remoteId, await at('b3'), await at('b1', 't2')]).toEqual(['10', undefined, undefined]);
      await store.backlinks.remove('t1', backlink().ref, 'b1');
      await store.backlinks.remove('t1', backlink().ref, 'b1');
      expect([await at('b1'), (await at('b2'))?.remoteId]).toEqual([undefined, '10']);
    });
  });
}

function ids(links: readonly Link[]): string[] {
  return links.map(({ id }) => id).sort();
}
