import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ItemsQuery } from '@tandem/shared/api';
import { faceOf } from '@tandem/shared/face';
import { createApi, createCaller, miroBearer } from '@tandem/plugin/api';
import { siteOf } from '@tandem/plugin/state/locate';
import { createSearch } from '@tandem/plugin/state/search';
import { between } from '@tandem/plugin/state/selection';
import { columnsOf, guessHeight } from '@tandem/plugin/state/placing';
import { changes, FIELDS, rebase, valuesOf, type Values } from '@tandem/plugin/state/values';
import { purge } from '../../plugin/mirotone.ts';
import { ana, first, gitlab, items, joerg, noor } from './fixtures.ts';

const values: Values = valuesOf(first);

describe('what an edit says', () => {
  test('only what changed is sent, with what was seen', () => {
    expect(changes(values, { ...values, title: '  New title ', assignees: [ana, joerg] }, FIELDS)).toEqual({
      set: { title: 'New title', assignees: ['1', '2'] },
      seen: { title: first.title, assignees: ['1'] },
    });
  });

  test('what may not be changed is not sent, whatever stands there', () => {
    expect(changes(values, { ...values, title: 'New title', status: 'closed' }, ['status', 'labels'])).toEqual({ set: { status: 'closed' }, seen: { status: 'opened' } });
  });

  test('the order of labels and people is no change', () => {
    expect(changes(values, { ...values, labels: values.labels.toReversed() }, FIELDS)).toEqual({ set: {}, seen: {} });
  });

  test('a title with spaces around it is told to the letter', () => {
    const spaced = { ...values, title: ' spaced ' };
    expect(changes(spaced, { ...spaced, status: 'closed' }, FIELDS)).toEqual({ set: { status: 'closed' }, seen: { status: 'opened' } });
    expect(changes(spaced, { ...spaced, title: 'other' }, FIELDS).seen.title).toBe(' spaced ');
  });
});

describe('an edit on top of somebody else’s', () => {
  test('fields that were left alone follow, fields that were touched stay, sets get both', () => {
    const mine = { ...values, title: 'Mine', assignees: [ana, joerg], labels: [] };
    const theirs = { ...values, description: 'Theirs', assignees: [noor], labels: [...values.labels, { name: 'urgent' }] };
    expect(rebase(values, mine, theirs)).toEqual({ title: 'Mine', description: 'Theirs', status: 'opened', assignees: [noor, joerg], labels: [{ name: 'urgent' }] });
  });

  test('doing nothing always ends in what they have', () => {
    const text = fc.string({ maxLength: 5 });
    const some = fc.record({ title: text, description: text, status: text, labels: fc.uniqueArray(text).map((names) => names.map((name) => ({ name }))), assignees: fc.subarray([ana, joerg, noor]) });
    fc.assert(
      fc.property(some, some, (base, fresh) => {
        expect(rebase(base, base, fresh)).toEqual(fresh);
      }),
    );
  });
});

describe('a selection', () => {
  test('a range goes both ways and holds both ends', () => {
    const ref = (at: number) => `gitlab:gitlab.example/42/${items[at]?.ref.id}`;
    expect(between(items, ref(1), ref(3))).toEqual(items.slice(1, 4));
    expect(between(items, ref(3), ref(1))).toEqual(items.slice(1, 4));
  });

  test('without an anchor in the list it is just the one', () => {
    expect(between(items, 'gone', `gitlab:gitlab.example/42/${items[2]?.ref.id}`)).toEqual([items[2]]);
  });
});

describe('the block of cards', () => {
  test('every item has one place, in at most five columns about as long as each other', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 60 }), (list) => {
        const columns = columnsOf(list.map((_, at) => at));
        expect(columns.flat().toSorted((a, b) => a - b)).toEqual(list.map((_, at) => at));
        expect(columns.length).toBeLessThanOrEqual(5);
        expect(Math.max(...columns.map((column) => column.length)) - Math.min(...columns.map((column) => column.length))).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('more to show is guessed higher', () => {
    const [short, long] = [items.at(-1), items[4]];
    expect(short && long && guessHeight(faceOf(long)) > guessHeight(faceOf(short))).toBe(true);
  });
});

test('a search waits for the end of a word, and asks once; a filter is asked for at once', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const asked: ItemsQuery[] = [];
  const search = createSearch((query) => {
    asked.push(query);
    return Promise.resolve({ items: [] });
  });
  onTestFinished(() => search.dispose());
  await vi.advanceTimersByTimeAsync(0);
  for (let end = 1; end <= 'voucher'.length; end += 1) {
    search.q.value = 'voucher'.slice(0, end);
    await vi.advanceTimersByTimeAsync(200);
  }
  expect([asked, search.busy.value]).toEqual([[{ state: 'open' }], true]);
  await vi.advanceTimersByTimeAsync(100);
  expect([asked, search.busy.value]).toEqual([[{ state: 'open' }, { state: 'open', q: 'voucher' }], false]);
  search.mine.value = true;
  await vi.advanceTimersByTimeAsync(0);
  expect(asked.at(-1)).toEqual({ state: 'open', q: 'voucher', mine: 'true' });
});

describe('the site of an address', () => {
  const at = (url: string) => ({ ...gitlab, site: url.replace('https://', ''), url });
  const sites = [at('https://git.example'), at('https://git.example/tools/'), at('https://git.example.org')];

  test.each([
    ['https://git.example/a/b/-/issues/1', 'git.example'],
    ['HTTPS://GIT.example/a/b/-/issues/1', 'git.example'],
    ['https://git.example', 'git.example'],
    ['https://git.example/tools/a/b/issues/1', 'git.example/tools/'],
    ['https://git.example/toolshed/a/issues/1', 'git.example'],
    ['https://git.example.org/a/b/issues/1', 'git.example.org'],
    ['https://git.example.evil/a/b/issues/1', undefined],
    ['http://git.example/a/b/-/issues/1', undefined],
  ])('%s is at %s', (address, site) => {
    expect(siteOf(sites, address)?.site).toBe(site);
  });
});

describe('the client', () => {
  const jwt = (exp: number): string => `h.${btoa(JSON.stringify({ exp }))}.s`;
  const open = (outside: Parameters<typeof createCaller>[0]) => createApi(createCaller(outside));
  const answer = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status });

  test('a token is used until half a minute before it ends', async () => {
    let now = 0;
    let asked = 0;
    const api = open({ bearer: () => miroBearer(() => Promise.resolve(jwt(++asked * 100))), fetch: () => Promise.resolve(answer({})), now: () => now, online: () => true });
    await api.me();
    now = 69_000;
    await api.me();
    expect(asked).toBe(1);
    now = 70_000;
    await api.me();
    expect(asked).toBe(2);
  });

  test('a token that is refused is asked for anew, once', async () => {
    const sent: string[] = [];
    let tokens = 0;
    const api = open({
      bearer: () => miroBearer(() => Promise.resolve(`${jwt(9e9)}${++tokens}`)),
      fetch: (_, init) => {
        sent.push(new Headers(init?.headers).get('authorization') ?? '');
        return Promise.resolve(answer({ error: { code: 'unauthenticated', message: 'No.', id: '1' } }, 401));
      },
      now: () => 0,
      online: () => true,
    });
    await expect(api.me()).rejects.toMatchObject({ code: 'unauthenticated', message: 'No.', id: '1' });
    expect(new Set(sent).size).toBe(2);
  });

  test('what only reads is tried again when the network fails, what creates is not', async () => {
    let tries = 0;
    const api = open({ bearer: () => miroBearer(() => Promise.resolve(jwt(9e9))), fetch: () => Promise.reject(new TypeError(`down ${++tries}`)), now: () => 0, online: () => true });
    await expect(api.me()).rejects.toMatchObject({ code: 'network' });
    expect(tries).toBe(2);
    await expect(api.create('gitlab', 'gitlab.example', '42', { title: 'x' })).rejects.toMatchObject({ code: 'network' });
    expect(tries).toBe(3);
  });

  test('ids are encoded, and an answer that is no JSON becomes a sentence', async () => {
    let url = '';
    const api = open({
      bearer: () => miroBearer(() => Promise.resolve(jwt(9e9))),
      fetch: (input) => {
        url = typeof input === 'string' ? input : '';
        return Promise.resolve(new Response('<html>', { status: 502 }));
      },
      now: () => 0,
      online: () => true,
    });
    await expect(api.place('gitlab', 'git.example:3000', 'ana/road map')).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('502') as string });
    expect(url).toBe('/api/tools/gitlab/git.example%3A3000/places/ana%2Froad%20map');
  });
});

test('Mirotone loses its icons, unused rules and variables that only it uses, and nothing else', () => {
  const css = ':root{--a:var(--b);--b:1px;--c:var(--d);--d:2px}.button{--own:3px;margin:var(--a) var(--own)}.button-primary{color:red}.button-ghost{color:blue}.button .icon-x{top:0}.tabs{left:0}.chip,.tabs{right:0}.chip{background:url(data:x)}@keyframes k{to{top:1px}}';
  expect(purge(css, 'class={`button button-${kind}`} class="chip" \'primary\' color:var(--c)')).toBe(
    ':root{--c:2px}.button{--own:3px;margin:1px var(--own)}.button-primary{color:red}.chip{right:0}@keyframes k{to{top:1px}}',
  );
});
