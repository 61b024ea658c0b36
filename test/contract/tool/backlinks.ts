import { expect } from 'vitest';
import { failure, type TestOn } from './bench.ts';

/** Notes in an item that say where it is shown. */
export function backlinksContract(test: TestOn): void {
  const text = 'On the board [Plan “Größe”](https://miro.com/app/board/o9J_k=/?moveToWidget=3458764512345678901)';

  test('leaves a note, finds it again, and removes it however often', async (on) => {
    const { tool, writer, world } = on;
    const { ref } = await on.make();
    expect(await tool.backlinks.find(writer, ref, text)).toBeUndefined();
    const id = await tool.backlinks.add(writer, ref, text);
    expect(await world.notesAt(ref.id)).toEqual([text]);
    expect(await tool.backlinks.find(writer, ref, text)).toBe(id);

    await tool.backlinks.remove(writer, ref, id);
    await tool.backlinks.remove(writer, ref, id);
    expect(await world.notesAt(ref.id)).toEqual([]);
    expect(await tool.backlinks.find(writer, ref, text)).toBeUndefined();
  });

  test('finds only the account’s own, and only the very text', async (on) => {
    const { tool, owner, writer } = on;
    const { ref } = await on.make();
    const theirs = await tool.backlinks.add(owner, ref, text);
    expect(await tool.backlinks.find(writer, ref, text)).toBeUndefined();
    const mine = await tool.backlinks.add(writer, ref, text);
    await tool.backlinks.add(writer, ref, `${text}!`);
    expect(await tool.backlinks.find(writer, ref, text)).toBe(mine);
    expect(await tool.backlinks.find(owner, ref, text)).toBe(theirs);
    expect(await tool.backlinks.find(writer, ref, text.slice(1))).toBeUndefined();
  });

  test('lets a reader leave one, and remove no other', async (on) => {
    const { tool, reader, writer, world } = on;
    const { ref } = await on.make();
    const theirs = await tool.backlinks.add(writer, ref, text);
    const mine = await tool.backlinks.add(reader, ref, text);
    expect(await failure(tool.backlinks.remove(reader, ref, theirs))).toMatchObject({ code: 'forbidden', message: expect.stringMatching(/^[A-Z].+\.$/) });
    await tool.backlinks.remove(reader, ref, mine);
    expect(await world.notesAt(ref.id)).toEqual([text]);
  });

  test('leaves none where nothing is, and has nothing to remove there', async (on) => {
    const { tool, writer, world } = on;
    const ref = { tool: tool.id, site: tool.site.id, place: world.place, id: '99999' };
    for (const nowhere of [ref, { ...ref, place: world.noPlace, id: '1' }, { ...ref, id: '..' }, { ...ref, place: '..' }]) {
      for (const attempt of [() => tool.backlinks.add(writer, nowhere, text), () => tool.backlinks.find(writer, nowhere, text)]) expect(await failure(attempt()), JSON.stringify(nowhere)).toMatchObject({ code: 'not_found' });
    }
    await tool.backlinks.remove(writer, ref, '99999');
  });
}
