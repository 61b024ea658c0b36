import { expect } from 'vitest';
import { UpstreamError } from '@tandem/bff/errors';
import { failure, ids, names, type TestOn } from './bench.ts';

/** Reading, creating and writing items. */
export function itemsContract(test: TestOn): void {
  test('creates an item with everything, and reads the very same', async (on) => {
    const { tool, writer, world } = on;
    const made = await on.make({ title: 'Größe “naïve” 🚀 <b>&amp;</b>', description: '# Why\n\n- *one*\n- `two`', labels: ['bug', 'urgent'], assignees: [writer.person.id] });
    expect(made).toMatchObject({
      ref: { tool: tool.id, site: tool.site.id, place: world.place },
      key: expect.stringMatching(/^[\w.-]+#\d+$/),
      title: 'Größe “naïve” 🚀 <b>&amp;</b>',
      description: '# Why\n\n- *one*\n- `two`',
      status: { kind: 'open' },
      updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect(names(made)).toEqual(['bug', 'urgent']);
    expect(made.labels.every((label) => /^#[0-9a-f]{6}$/.test(label.color ?? ''))).toBe(true);
    expect(ids(made)).toEqual([writer.person.id]);
    expect(await tool.read(writer, made.ref)).toEqual(made);
  });

  test('writes title and description, each alone', async (on) => {
    const { tool, writer } = on;
    const before = await on.make({ description: 'old text', labels: ['bug'] });
    const titled = await tool.write(writer, before.ref, { title: 'New title' });
    expect({ ...titled, updatedAt: before.updatedAt }).toEqual({ ...before, title: 'New title' });
    const told = await tool.write(writer, before.ref, { description: '' });
    expect({ ...told, updatedAt: before.updatedAt }).toEqual({ ...before, title: 'New title', description: '' });
    expect(await tool.read(writer, before.ref)).toEqual(told);
  });

  test('closes, stays closed when closed again, and opens again', async (on) => {
    const { tool, writer, world } = on;
    const { statuses } = await tool.describe(writer, world.place);
    const status = (kind: 'open' | 'closed'): string => statuses.find((one) => one.kind === kind)?.id ?? '';
    const { ref } = await on.make();
    for (const kind of ['closed', 'closed', 'open'] as const) {
      expect((await tool.write(writer, ref, { status: status(kind) })).status).toEqual(statuses.find((one) => one.kind === kind));
    }
  });

  test('adds and removes labels and keeps the others', async (on) => {
    const { tool, writer } = on;
    const { ref } = await on.make({ labels: ['bug', 'feature'] });
    expect(names(await tool.write(writer, ref, { labels: { add: ['urgent'], remove: ['bug'] } }))).toEqual(['feature', 'urgent']);
    expect(names(await tool.write(writer, ref, { labels: { add: ['urgent'], remove: ['bug'] } }))).toEqual(['feature', 'urgent']);
    const last = await tool.write(writer, ref, { labels: { add: [], remove: ['feature', 'urgent'] } });
    expect(names(last)).toEqual([]);
    expect(await tool.read(writer, ref)).toEqual(last);
  });

  test('assigns somebody, somebody else instead, and nobody', async (on) => {
    const { tool, writer, owner } = on;
    const { ref } = await on.make();
    const [me, other] = [writer.person.id, owner.person.id];
    expect(ids(await tool.write(writer, ref, { assignees: { add: [me], remove: [] } }))).toEqual([me]);
    expect(ids(await tool.write(writer, ref, { assignees: { add: [other], remove: [me] } }))).toEqual([other]);
    const last = await tool.write(writer, ref, { assignees: { add: [], remove: [other] } });
    expect(ids(last)).toEqual([]);
    expect(await tool.read(writer, ref)).toEqual(last);
  });

  test('writes everything at once', async (on) => {
    const { tool, writer, world } = on;
    const closed = (await tool.describe(writer, world.place)).statuses.find((status) => status.kind === 'closed');
    const { ref } = await on.make({ labels: ['bug'] });
    const patch = { title: 'All of it', description: 'text', status: closed?.id ?? '', labels: { add: ['feature'], remove: ['bug'] }, assignees: { add: [writer.person.id], remove: [] } };
    const after = await tool.write(writer, ref, patch);
    expect(after).toMatchObject({ title: 'All of it', description: 'text', status: closed });
    expect([names(after), ids(after)]).toEqual([['feature'], [writer.person.id]]);
    expect(await tool.read(writer, ref)).toEqual(after);
  });

  test('answers an empty change with the item as it is', async (on) => {
    const item = await on.make();
    expect(await on.tool.write(on.writer, item.ref, {})).toEqual(item);
  });

  test('says at its field what cannot be: an empty title, an unknown status', async (on) => {
    const { tool, writer, world } = on;
    const before = await on.make();
    const attempts = [() => tool.write(writer, before.ref, { title: '' }), () => tool.write(writer, before.ref, { title: '   ' }), () => tool.create(writer, world.place, on.draft({ title: '' }))];
    for (const attempt of attempts) {
      const error = await failure(attempt());
      expect(['invalid_input', 'tool_refused']).toContain(error.code);
      expect(error.details).toMatchObject({ fields: { title: expect.stringMatching(/^[A-Z].+\.$/) } });
    }
    expect((await failure(tool.write(writer, before.ref, { status: 'paused' }))).details).toMatchObject({ fields: { status: expect.any(String) } });
    expect(await tool.read(writer, before.ref)).toEqual(before);
  });

  test('says undefined for what is not there, and never asks for what cannot be an id', async (on) => {
    const { tool, writer, world } = on;
    const ref = { tool: tool.id, site: tool.site.id, place: world.place, id: '99999' };
    expect(await tool.read(writer, ref)).toBeUndefined();
    expect(await tool.read(writer, { ...ref, place: world.noPlace, id: '1' })).toBeUndefined();
    for (const id of ['', '0', '-1', 'x', '1/notes', '../1', '1?a', '9'.repeat(30)]) expect(await tool.read(writer, { ...ref, id })).toBeUndefined();
  });

  test('cannot write what is not there', async (on) => {
    const ref = { tool: on.tool.id, site: on.tool.site.id, place: on.world.place, id: '99999' };
    expect(await failure(on.tool.write(on.writer, { ...ref, id: '..' }, { title: 'x' }))).toMatchObject({ code: 'not_found' });
    for (const patch of [{ title: 'x' }, { labels: { add: ['bug'], remove: [] } }, { assignees: { add: [on.writer.person.id], remove: [] } }]) {
      expect(await failure(on.tool.write(on.writer, ref, patch))).toMatchObject({ code: 'not_found', upstreamStatus: 404 });
    }
  });

  test('refuses the writes of an account that may only read with a sentence', async (on) => {
    const { ref } = await on.make();
    for (const patch of [{ title: 'no' }, { labels: { add: ['bug'], remove: [] } }]) {
      const error = await failure(on.tool.write(on.reader, ref, patch));
      expect(error).toBeInstanceOf(UpstreamError);
      expect(error).toMatchObject({ code: 'forbidden', upstreamStatus: 403, retryable: false, message: expect.stringMatching(/^[A-Z].+\.$/) });
    }
    expect((await on.tool.read(on.reader, ref))?.title).not.toBe('no');
  });

  test('reads a deleted item as gone and its place as still there', async (on) => {
    const { tool, writer, world } = on;
    const { ref } = await on.make();
    await world.destroy(ref.id);
    expect(await tool.read(writer, ref)).toBeUndefined();
    expect(await tool.place(writer, world.place)).toBeDefined();
  });
}
