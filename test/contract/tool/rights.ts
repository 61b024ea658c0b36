import { expect } from 'vitest';
import { failure, names, type TestOn } from './bench.ts';

/** What an account may change, known before it tries. */
export function rightsContract(test: TestOn): void {
  const sentences: unknown = expect.stringMatching(/^[A-Z].+\. [A-Z].+\.$/);

  test('lets whoever may write change everything, and says nothing', async (on) => {
    const item = await on.make();
    for (const access of [on.owner, on.writer]) {
      const place = await on.tool.describe(access, on.world.place);
      expect(on.tool.rights(item, place, access.person)).toEqual({ fields: ['title', 'description', 'status', 'labels', 'assignees'] });
    }
  });

  test('lets a reader change title, description and status of what they wrote, which holds when they try', async (on) => {
    const { tool, reader, world } = on;
    const item = await tool.create(reader, world.place, on.draft());
    expect(item.author).toBe(reader.person.id);
    const place = await tool.describe(reader, world.place);
    const rights = tool.rights(item, place, reader.person);
    expect(rights).toEqual({ fields: ['title', 'description', 'status'], reason: sentences });

    const closed = place.statuses.find((status) => status.kind === 'closed');
    const patch = { title: 'Mine', description: 'All mine', status: closed?.id ?? '' };
    expect(await tool.write(reader, item.ref, patch)).toMatchObject({ title: 'Mine', description: 'All mine', status: closed });
    await tool.write(reader, item.ref, { labels: { add: ['bug'], remove: [] } }).catch(() => undefined);
    expect(await tool.read(reader, item.ref).then((after) => after && names(after))).toEqual([]);
  });

  test('lets a reader change nothing of what others wrote, which holds when they try', async (on) => {
    const { tool, reader, world } = on;
    const item = await on.make();
    expect(item.author).toBe(on.writer.person.id);
    expect(tool.rights(item, await tool.describe(reader, world.place), reader.person)).toEqual({ fields: [], reason: sentences });
    expect(await failure(tool.write(reader, item.ref, { description: 'no' }))).toMatchObject({ code: 'forbidden' });
  });
}
