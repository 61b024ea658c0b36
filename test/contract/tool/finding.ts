import { expect, vi } from 'vitest';
import type { Item } from '@tandem/shared/item';
import { failure, ids, type On, type TestOn } from './bench.ts';

/** Search, addresses, and lists of what changed. */
export function findingContract(test: TestOn): void {
  test('finds by words of title and description, in a place and everywhere, as soon as the tool has them', async (on) => {
    const { tool, writer, world } = on;
    const word = `quokka${tool.id}`;
    const made = await on.make({ title: `A ${word} in the garden` });
    for (const place of [world.place, undefined]) {
      await vi.waitFor(
        async () => {
          const { items } = await tool.search(writer, { q: word, state: 'open', mine: false, ...(place ? { place } : {}) });
          expect(items).toEqual([made]);
        },
        { timeout: 20_000, interval: 100 },
      );
    }
    expect(await tool.search(writer, { q: word, state: 'closed', mine: false, place: world.place })).toEqual({ items: [] });
    expect(await tool.search(writer, { q: `no${word}`, state: 'all', mine: false })).toEqual({ items: [] });
  });

  test('finds an item by its number', async (on) => {
    const { tool, writer, world } = on;
    const made = await on.make();
    for (const q of [made.ref.id, `#${made.ref.id}`, ` ${made.ref.id} `]) {
      expect(await tool.search(writer, { q, state: 'open', mine: false, place: world.place })).toEqual({ items: [made] });
    }
  });

  test('filters by state', async (on) => {
    const { tool, writer, world } = on;
    const [open, closed] = [await on.make(), await on.make()];
    const { statuses } = await tool.describe(writer, world.place);
    await tool.write(writer, closed.ref, { status: statuses.find((status) => status.kind === 'closed')?.id ?? '' });
    const found = async (state: 'open' | 'closed' | 'all'): Promise<string[]> => (await everything(on, state)).map((item) => item.ref.id);
    expect(await found('open')).toContain(open.ref.id);
    expect(await found('open')).not.toContain(closed.ref.id);
    expect(await found('closed')).toContain(closed.ref.id);
    expect(await found('closed')).not.toContain(open.ref.id);
    expect(await found('all')).toEqual(expect.arrayContaining([open.ref.id, closed.ref.id]));
  });

  test('finds what is mine', async (on) => {
    const { tool, writer, owner, world } = on;
    const [mine, theirs] = [await on.make({ assignees: [writer.person.id] }), await on.make({ assignees: [owner.person.id] })];
    for (const place of [world.place, undefined]) {
      const { items } = await tool.search(writer, { state: 'all', mine: true, ...(place ? { place } : {}) });
      expect(items.map((item) => item.ref.id)).toContain(mine.ref.id);
      expect(items.map((item) => item.ref.id)).not.toContain(theirs.ref.id);
      expect(items.every((item) => ids(item).includes(writer.person.id))).toBe(true);
    }
  });

  test('goes on from page to page, each item once', async (on) => {
    await Promise.all(Array.from({ length: 30 }, () => on.make()));
    const items = await everything(on, 'all');
    expect(items.length).toBeGreaterThan(30);
    expect(new Set(items.map((item) => item.ref.id)).size).toBe(items.length);
  });

  test('cannot search in a place that is not there', async (on) => {
    expect(await failure(on.tool.search(on.writer, { state: 'all', mine: false, place: on.world.noPlace }))).toMatchObject({ code: 'not_found' });
  });

  test('locates its own addresses, and nobody else’s', async (on) => {
    const { tool, writer, world } = on;
    const { ref, url } = await on.make();
    for (const address of [url, `${url}#note_1`, `${url}?a=b`, `${url}/`, world.urlOf(ref.id)]) expect(await tool.locate(writer, address)).toEqual(ref);
    const others = ['', 'nonsense', 'javascript:alert(1)', tool.site.base, `${tool.site.base}/no/place/issues/1`, url.replace(tool.site.base, 'http://example.org'), url.replace(tool.site.base, `${tool.site.base.replace(/:\d+$/, '')}.example.org`), url.replace(/\d+$/, 'new'), url.replace(/\d+$/, '0')];
    for (const address of others) expect(await tool.locate(writer, address)).toBeUndefined();
  });

  test('lists what changed since a time, that time included, each item as it would be read', async (on) => {
    const { tool, writer, world } = on;
    const [first, second] = [await on.make({ labels: ['bug'] }), await on.make()];
    const listed = await all(tool.changes(writer, world.place, first.updatedAt));
    expect(listed).toContainEqual(first);
    expect(listed).toContainEqual(second);
    expect(listed.every((item) => item.updatedAt >= first.updatedAt.slice(0, 19))).toBe(true);
    for (const item of listed.slice(0, 5)) expect(await tool.read(writer, item.ref)).toEqual(item);

    const whole = await all(tool.changes(writer, world.place));
    expect(whole.length).toBeGreaterThanOrEqual((await everything(on, 'all')).length);
    expect(await all(tool.changes(writer, world.place, '2099-01-01T00:00:00.000Z'))).toEqual([]);
  });
}

async function everything(on: On, state: 'open' | 'closed' | 'all'): Promise<Item[]> {
  const items: Item[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await on.tool.search(on.writer, { state, mine: false, place: on.world.place, ...(cursor ? { cursor } : {}) });
    items.push(...page.items);
    cursor = page.next;
    if (!cursor) return items;
  }
}

async function all(pages: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}
