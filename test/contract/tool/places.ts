import { expect } from 'vitest';
import { UpstreamError } from '@tandem/bff/errors';
import { anonymous } from './access.ts';
import { failure, type TestOn } from './bench.ts';

/** Accounts and places. */
export function placesContract(test: TestOn): void {
  test('says who an account is', async (on) => {
    expect(on.writer.person).toMatchObject({ id: expect.stringMatching(/^\d+$/), name: expect.any(String), username: expect.any(String) });
    expect(on.writer.person.id).not.toBe(on.reader.person.id);
  });

  test('says when the tool will end a token, where it knows', async (on) => {
    const { tool, world, writer } = on;
    expect(await tool.me(anonymous(tool, world.tokens.writer))).toEqual({ person: writer.person });
    if (world.ending) expect(await tool.me(anonymous(tool, world.ending.token))).toEqual({ person: writer.person, ends: world.ending.ends });
  });

  test('refuses a token that is none as an account that must be connected again', async (on) => {
    const error = await failure(on.tool.me(anonymous(on.tool, 'no-such-token')));
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error).toMatchObject({ code: 'account_expired', upstreamStatus: 401, retryable: false });
  });

  test('finds places by a word, lists them without one, and finds none for nonsense', async (on) => {
    const { tool, reader, world } = on;
    expect((await tool.places(reader, world.placeWord)).map((place) => place.id)).toContain(world.place);
    expect((await tool.places(reader, '')).map((place) => place.id)).toContain(world.place);
    expect(await tool.places(reader, 'zzqqxx')).toEqual([]);
  });

  test('knows a place, and says undefined for one that is not there', async (on) => {
    const { tool, reader, world } = on;
    expect(await tool.place(reader, world.place)).toMatchObject({ id: world.place, url: expect.stringMatching(new RegExp(`^${tool.site.base}/`)) });
    expect(await tool.place(reader, world.noPlace)).toBeUndefined();
  });

  test('never lets what is no address of a place out of the places', async (on) => {
    const { tool, writer } = on;
    for (const place of ['', '.', '..', '../user', 'user/..', './user', '/', 'a/b/../../c', 'a b/c', 'a?b', '%2e%2e', 'ü/x']) {
      expect(await tool.place(writer, place), place).toBeUndefined();
      expect(await tool.read(writer, { tool: tool.id, site: tool.site.id, place, id: '1' }), place).toBeUndefined();
      for (const attempt of [() => tool.describe(writer, place), () => tool.search(writer, { place, state: 'all', mine: false }), () => tool.create(writer, place, on.draft())]) {
        expect(await failure(attempt()), place).toMatchObject({ code: 'not_found', upstreamStatus: 404 });
      }
    }
  });

  test('describes a place: statuses, labels with colours, members', async (on) => {
    const info = await on.tool.describe(on.writer, on.world.place);
    expect(info.id).toBe(on.world.place);
    expect(info.statuses.map((status) => status.kind).sort()).toEqual(['closed', 'open']);
    expect(info.labels.map((label) => label.name)).toEqual(expect.arrayContaining(['bug', 'feature', 'urgent']));
    expect(info.labels.every((label) => /^#[0-9a-f]{6}$/.test(label.color ?? ''))).toBe(true);
    expect(info.members.map((member) => member.id)).toEqual(expect.arrayContaining([on.writer.person.id]));
  });

  test('tells what each account may do there', async (on) => {
    const { tool, owner, writer, reader, world } = on;
    expect((await tool.describe(owner, world.place)).can).toEqual({ create: true, write: true, hook: true });
    expect((await tool.describe(writer, world.place)).can).toMatchObject({ create: true, write: true });
    expect((await tool.describe(reader, world.place)).can).toMatchObject({ write: false, hook: false });
  });

  test('cannot describe a place that is not there', async (on) => {
    expect(await failure(on.tool.describe(on.writer, on.world.noPlace))).toMatchObject({ code: 'not_found', upstreamStatus: 404 });
  });
}
