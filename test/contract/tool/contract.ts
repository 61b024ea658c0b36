import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FieldDetails } from '@tandem/shared/api';
import type { Item, ItemDraft } from '@tandem/shared/item';
import { TandemError, UpstreamError } from '@tandem/bff/errors';
import type { Access, Hooks, HookHeaders, Tool } from '@tandem/bff/ports';
import { accessWith, anonymous } from './access.ts';
import { startReceiver, type Receiver } from './receiver.ts';
import type { OpenWorld, ToolWorld } from './world.ts';

type Writable = Tool & Required<Pick<Tool, 'write' | 'create' | 'hooks'>>;

/** What every tool promises, whatever is behind it. */
export function toolContract(name: string, open: OpenWorld): void {
  describe(`the tool ${name}`, () => {
    let world: ToolWorld | undefined;
    let on: { world: ToolWorld; tool: Writable; owner: Access; writer: Access; reader: Access };
    let count = 0;

    beforeAll(async () => {
      world = await open();
      if (!world) return;
      const { tool, tokens } = world;
      const [owner, writer, reader] = await Promise.all([accessWith(tool, tokens.owner), accessWith(tool, tokens.writer), accessWith(tool, tokens.reader)]);
      on = { world, tool: tool as Writable, owner, writer, reader };
    });
    afterAll(() => world?.close());

    const test = (what: string, run: () => Promise<void>): void => {
      it(what, async ({ skip }) => {
        if (!world) skip();
        await run();
      });
    };
    const draft = (more: Partial<ItemDraft> = {}): ItemDraft => ({ title: `Task ${(count += 1)} ${name}`, description: '', labels: [], assignees: [], ...more });
    const make = (more: Partial<ItemDraft> = {}): Promise<Item> => on.tool.create(on.writer, on.world.place, draft(more));

    describe('who and where', () => {
      test('says who an account is', async () => {
        expect(on.writer.person).toMatchObject({ id: expect.stringMatching(/^\d+$/), name: expect.any(String), username: expect.any(String) });
        expect(on.writer.person.id).not.toBe(on.reader.person.id);
      });

      test('refuses a token that is none as an account that must be connected again', async () => {
        const error = await failure(on.tool.me(anonymous(on.tool, 'no-such-token')));
        expect(error).toBeInstanceOf(UpstreamError);
        expect(error).toMatchObject({ code: 'account_expired', upstreamStatus: 401, retryable: false });
      });

      test('finds places by a word, lists them without one, and finds none for nonsense', async () => {
        const { tool, reader, world } = on;
        expect((await tool.places(reader, world.placeWord)).map((place) => place.id)).toContain(world.place);
        expect((await tool.places(reader, '')).map((place) => place.id)).toContain(world.place);
        expect(await tool.places(reader, 'zzqqxx')).toEqual([]);
      });

      test('knows a place, and says undefined for one that is not there', async () => {
        const { tool, reader, world } = on;
        expect(await tool.place(reader, world.place)).toMatchObject({ id: world.place, url: expect.stringMatching(new RegExp(`^${tool.site.base}/`)) });
        expect(await tool.place(reader, world.noPlace)).toBeUndefined();
      });

      test('describes a place: statuses, labels with colours, members', async () => {
        const info = await on.tool.describe(on.writer, on.world.place);
        expect(info.id).toBe(on.world.place);
        expect(info.statuses.map((status) => status.kind).sort()).toEqual(['closed', 'open']);
        expect(info.labels.map((label) => label.name)).toEqual(expect.arrayContaining(['bug', 'feature', 'urgent']));
        expect(info.labels.every((label) => /^#[0-9a-f]{6}$/.test(label.color ?? ''))).toBe(true);
        expect(info.members.map((member) => member.id)).toEqual(expect.arrayContaining([on.writer.person.id]));
      });

      test('tells what each account may do there', async () => {
        const { tool, owner, writer, reader, world } = on;
        expect((await tool.describe(owner, world.place)).can).toEqual({ create: true, write: true, hook: true });
        expect((await tool.describe(writer, world.place)).can).toMatchObject({ create: true, write: true });
        expect((await tool.describe(reader, world.place)).can).toMatchObject({ write: false, hook: false });
      });

      test('cannot describe a place that is not there', async () => {
        expect(await failure(on.tool.describe(on.writer, on.world.noPlace))).toMatchObject({ code: 'not_found', upstreamStatus: 404 });
      });
    });

    describe('reading and writing', () => {
      test('creates an item with everything, and reads the very same', async () => {
        const { tool, writer, world } = on;
        const made = await make({ title: 'Größe “naïve” 🚀 <b>&amp;</b>', description: '# Why\n\n- *one*\n- `two`', labels: ['bug', 'urgent'], assignees: [writer.person.id] });
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

      test('writes title and description, each alone', async () => {
        const { tool, writer } = on;
        const before = await make({ description: 'old text', labels: ['bug'] });
        const titled = await tool.write(writer, before.ref, { title: 'New title' });
        expect({ ...titled, updatedAt: before.updatedAt }).toEqual({ ...before, title: 'New title' });
        const told = await tool.write(writer, before.ref, { description: '' });
        expect({ ...told, updatedAt: before.updatedAt }).toEqual({ ...before, title: 'New title', description: '' });
        expect(await tool.read(writer, before.ref)).toEqual(told);
      });

      test('closes, stays closed when closed again, and opens again', async () => {
        const { tool, writer, world } = on;
        const { statuses } = await tool.describe(writer, world.place);
        const status = (kind: 'open' | 'closed'): string => statuses.find((one) => one.kind === kind)?.id ?? '';
        const { ref } = await make();
        for (const kind of ['closed', 'closed', 'open'] as const) {
          expect((await tool.write(writer, ref, { status: status(kind) })).status).toEqual(statuses.find((one) => one.kind === kind));
        }
      });

      test('adds and removes labels and keeps the others', async () => {
        const { tool, writer } = on;
        const { ref } = await make({ labels: ['bug', 'feature'] });
        expect(names(await tool.write(writer, ref, { labels: { add: ['urgent'], remove: ['bug'] } }))).toEqual(['feature', 'urgent']);
        expect(names(await tool.write(writer, ref, { labels: { add: ['urgent'], remove: ['bug'] } }))).toEqual(['feature', 'urgent']);
        const last = await tool.write(writer, ref, { labels: { add: [], remove: ['feature', 'urgent'] } });
        expect(names(last)).toEqual([]);
        expect(await tool.read(writer, ref)).toEqual(last);
      });

      test('assigns somebody, somebody else instead, and nobody', async () => {
        const { tool, writer, owner } = on;
        const { ref } = await make();
        const [me, other] = [writer.person.id, owner.person.id];
        expect(ids(await tool.write(writer, ref, { assignees: { add: [me], remove: [] } }))).toEqual([me]);
        expect(ids(await tool.write(writer, ref, { assignees: { add: [other], remove: [me] } }))).toEqual([other]);
        const last = await tool.write(writer, ref, { assignees: { add: [], remove: [other] } });
        expect(ids(last)).toEqual([]);
        expect(await tool.read(writer, ref)).toEqual(last);
      });

      test('writes everything at once', async () => {
        const { tool, writer, world } = on;
        const closed = (await tool.describe(writer, world.place)).statuses.find((status) => status.kind === 'closed');
        const { ref } = await make({ labels: ['bug'] });
        const patch = { title: 'All of it', description: 'text', status: closed?.id ?? '', labels: { add: ['feature'], remove: ['bug'] }, assignees: { add: [writer.person.id], remove: [] } };
        const after = await tool.write(writer, ref, patch);
        expect(after).toMatchObject({ title: 'All of it', description: 'text', status: closed });
        expect([names(after), ids(after)]).toEqual([['feature'], [writer.person.id]]);
        expect(await tool.read(writer, ref)).toEqual(after);
      });

      test('answers an empty change with the item as it is', async () => {
        const item = await make();
        expect(await on.tool.write(on.writer, item.ref, {})).toEqual(item);
      });

      test('says at its field what cannot be: an empty title, an unknown status', async () => {
        const { tool, writer, world } = on;
        const before = await make();
        const attempts = [() => tool.write(writer, before.ref, { title: '' }), () => tool.write(writer, before.ref, { title: '   ' }), () => tool.create(writer, world.place, draft({ title: '' }))];
        for (const attempt of attempts) {
          const error = await failure(attempt());
          expect(['invalid_input', 'tool_refused']).toContain(error.code);
          expect((error.details as FieldDetails).fields['title']).toMatch(/^[A-Z].+\.$/);
        }
        expect((await failure(tool.write(writer, before.ref, { status: 'paused' }))).details).toMatchObject({ fields: { status: expect.any(String) } });
        expect(await tool.read(writer, before.ref)).toEqual(before);
      });

      test('says undefined for what is not there, and never asks for what cannot be an id', async () => {
        const { tool, writer, world } = on;
        const ref = { tool: tool.id, site: tool.site.id, place: world.place, id: '99999' };
        expect(await tool.read(writer, ref)).toBeUndefined();
        expect(await tool.read(writer, { ...ref, place: world.noPlace, id: '1' })).toBeUndefined();
        for (const id of ['', '0', '-1', 'x', '1/notes', '../1', '1?a', '9'.repeat(30)]) expect(await tool.read(writer, { ...ref, id })).toBeUndefined();
      });

      test('cannot write what is not there', async () => {
        const ref = { tool: on.tool.id, site: on.tool.site.id, place: on.world.place, id: '99999' };
        for (const patch of [{ title: 'x' }, { labels: { add: ['bug'], remove: [] } }, { assignees: { add: [on.writer.person.id], remove: [] } }]) {
          expect(await failure(on.tool.write(on.writer, ref, patch))).toMatchObject({ code: 'not_found', upstreamStatus: 404 });
        }
      });

      test('refuses the writes of an account that may only read with a sentence', async () => {
        const { ref } = await make();
        for (const patch of [{ title: 'no' }, { labels: { add: ['bug'], remove: [] } }]) {
          const error = await failure(on.tool.write(on.reader, ref, patch));
          expect(error).toBeInstanceOf(UpstreamError);
          expect(error).toMatchObject({ code: 'forbidden', upstreamStatus: 403, retryable: false, message: expect.stringMatching(/^[A-Z].+\.$/) });
        }
        expect((await on.tool.read(on.reader, ref))?.title).not.toBe('no');
      });

      test('reads a deleted item as gone and its place as still there', async () => {
        const { tool, writer, world } = on;
        const { ref } = await make();
        await world.destroy(ref.id);
        expect(await tool.read(writer, ref)).toBeUndefined();
        expect(await tool.place(writer, world.place)).toBeDefined();
      });
    });

    describe('finding', () => {
      test('finds by words of title and description, in a place and everywhere, as soon as the tool has them', async () => {
        const { tool, writer, world } = on;
        const word = `quokka${name}`;
        const made = await make({ title: `A ${word} in the garden` });
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

      test('finds an item by its number', async () => {
        const { tool, writer, world } = on;
        const made = await make();
        for (const q of [made.ref.id, `#${made.ref.id}`, ` ${made.ref.id} `]) {
          expect(await tool.search(writer, { q, state: 'open', mine: false, place: world.place })).toEqual({ items: [made] });
        }
      });

      test('filters by state', async () => {
        const { tool, writer, world } = on;
        const [open, closed] = [await make(), await make()];
        const { statuses } = await tool.describe(writer, world.place);
        await tool.write(writer, closed.ref, { status: statuses.find((status) => status.kind === 'closed')?.id ?? '' });
        const found = async (state: 'open' | 'closed' | 'all'): Promise<string[]> => (await everything(on, state)).map((item) => item.ref.id);
        expect(await found('open')).toContain(open.ref.id);
        expect(await found('open')).not.toContain(closed.ref.id);
        expect(await found('closed')).toContain(closed.ref.id);
        expect(await found('closed')).not.toContain(open.ref.id);
        expect(await found('all')).toEqual(expect.arrayContaining([open.ref.id, closed.ref.id]));
      });

      test('finds what is mine', async () => {
        const { tool, writer, owner, world } = on;
        const [mine, theirs] = [await make({ assignees: [writer.person.id] }), await make({ assignees: [owner.person.id] })];
        for (const place of [world.place, undefined]) {
          const { items } = await tool.search(writer, { state: 'all', mine: true, ...(place ? { place } : {}) });
          expect(items.map((item) => item.ref.id)).toContain(mine.ref.id);
          expect(items.map((item) => item.ref.id)).not.toContain(theirs.ref.id);
          expect(items.every((item) => ids(item).includes(writer.person.id))).toBe(true);
        }
      });

      test('goes on from page to page, each item once', async () => {
        await Promise.all(Array.from({ length: 30 }, () => make()));
        const items = await everything(on, 'all');
        expect(items.length).toBeGreaterThan(30);
        expect(new Set(items.map((item) => item.ref.id)).size).toBe(items.length);
      });

      test('cannot search in a place that is not there', async () => {
        expect(await failure(on.tool.search(on.writer, { state: 'all', mine: false, place: on.world.noPlace }))).toMatchObject({ code: 'not_found' });
      });

      test('locates its own addresses, and nobody else’s', async () => {
        const { tool, writer, world } = on;
        const { ref, url } = await make();
        for (const address of [url, `${url}#note_1`, `${url}?a=b`, `${url}/`, world.urlOf(ref.id)]) expect(await tool.locate(writer, address)).toEqual(ref);
        const others = ['', 'nonsense', 'javascript:alert(1)', tool.site.base, `${tool.site.base}/no/place/issues/1`, url.replace(tool.site.id, 'example.org'), url.replace(tool.site.id, `${tool.site.id}.example.org`), url.replace(/\d+$/, 'new'), url.replace(/\d+$/, '0')];
        for (const address of others) expect(await tool.locate(writer, address)).toBeUndefined();
      });

      test('lists what changed since a time, that time included, oldest change first', async () => {
        const { tool, writer, world } = on;
        const [first, second] = [await make({ labels: ['bug'] }), await make()];
        const listed = await all(tool.changes(writer, world.place, first.updatedAt));
        expect(listed).toContainEqual(first);
        expect(listed).toContainEqual(second);
        expect(listed.every((item) => item.updatedAt >= first.updatedAt.slice(0, 19))).toBe(true);
        const times = listed.map((item) => item.updatedAt);
        expect(times).toEqual([...times].sort());

        const whole = await all(tool.changes(writer, world.place));
        expect(whole.length).toBeGreaterThanOrEqual((await everything(on, 'all')).length);
        expect(await all(tool.changes(writer, world.place, '2099-01-01T00:00:00.000Z'))).toEqual([]);
      });
    });

    describe('webhooks', () => {
      let receiver: Receiver;
      beforeAll(async () => {
        receiver = await startReceiver();
      });
      afterAll(() => receiver.close());
      const secret = 'a secret of some length';

      test('makes one hook however often it is ensured, and removes it however often', async () => {
        const { tool, owner, world } = on;
        const hook = { place: world.place, url: `${receiver.url}-once`, secret };
        const { remoteId } = await tool.hooks.ensure(owner, hook);
        expect(await tool.hooks.ensure(owner, { ...hook, remoteId })).toEqual({ remoteId });
        expect(await world.hooksAt(hook.url)).toEqual([remoteId]);

        const again = await tool.hooks.ensure(owner, hook);
        expect(await world.hooksAt(hook.url)).toEqual([again.remoteId]);
        await tool.hooks.remove(owner, { place: world.place, remoteId: again.remoteId });
        await tool.hooks.remove(owner, { place: world.place, remoteId: again.remoteId });
        expect(await world.hooksAt(hook.url)).toEqual([]);

        const renewed = await tool.hooks.ensure(owner, { ...hook, remoteId });
        expect(await world.hooksAt(hook.url)).toEqual([renewed.remoteId]);
        await tool.hooks.remove(owner, { place: world.place, remoteId: renewed.remoteId });
      });

      test('refuses to make one for an account that may not', async () => {
        const error = await failure(on.tool.hooks.ensure(on.reader, { place: on.world.place, url: receiver.url, secret }));
        expect(error).toBeInstanceOf(UpstreamError);
        expect(error).toMatchObject({ code: 'forbidden', upstreamStatus: 403 });
        expect(await on.world.hooksAt(receiver.url)).toEqual([]);
      });

      test('a real delivery proves itself, and nothing altered does; it names the item', async () => {
        const { tool, owner, writer, world } = on;
        const { remoteId } = await tool.hooks.ensure(owner, { place: world.place, url: receiver.url, secret });
        const item = await make();
        await world.rename(item.ref.id, `Renamed ${item.key}`);
        const delivery = await receiver.when(({ raw }) => raw.includes(`Renamed ${item.key}`));

        expect(holds(tool.hooks, delivery.raw, delivery.headers, [secret])).toBe(true);
        expect(holds(tool.hooks, delivery.raw, delivery.headers, ['the new secret', secret])).toBe(true);
        expect(holds(tool.hooks, delivery.raw, delivery.headers, ['another secret of any size'])).toBe(false);
        expect(holds(tool.hooks, delivery.raw, delivery.headers, [])).toBe(false);
        expect(holds(tool.hooks, delivery.raw, {}, [secret])).toBe(false);

        const parsed = tool.hooks.parse(delivery.raw, delivery.headers, { site: tool.site.id, place: world.place });
        expect(parsed).toEqual({ hints: [{ kind: 'changed', ref: item.ref }], event: expect.stringMatching(/issue/i), deliveryId: expect.stringMatching(/^[\w-]{16,}$/) });
        expect((await tool.read(writer, item.ref))?.title).toBe(`Renamed ${item.key}`);
        await tool.hooks.remove(owner, { place: world.place, remoteId });
      });

      test('puts a hook right that was switched off', async () => {
        const { tool, owner, world } = on;
        const hook = { place: world.place, url: `${receiver.url}-again`, secret };
        const { remoteId } = await tool.hooks.ensure(owner, hook);
        await world.switchOff(remoteId);
        const mended = await tool.hooks.ensure(owner, { ...hook, remoteId });
        expect(await world.hooksAt(hook.url)).toEqual([mended.remoteId]);

        const item = await make();
        await world.rename(item.ref.id, `Heard again ${item.key}`);
        const delivery = await receiver.when(({ raw }) => raw.includes(`Heard again ${item.key}`));
        expect(holds(tool.hooks, delivery.raw, delivery.headers, [secret])).toBe(true);
        await tool.hooks.remove(owner, { place: world.place, remoteId: mended.remoteId });
      });

      test('hears of a deletion where the tool tells', async () => {
        const { tool, owner, world } = on;
        if (!world.tellsDeletion) return;
        const { remoteId } = await tool.hooks.ensure(owner, { place: world.place, url: `${receiver.url}-gone`, secret });
        const item = await make();
        await world.destroy(item.ref.id);
        const hints = ({ raw, headers }: { raw: Buffer; headers: HookHeaders }) => tool.hooks.parse(raw, headers, { site: tool.site.id, place: world.place }).hints;
        const delivery = await receiver.when((one) => hints(one).some((hint) => hint.kind === 'gone'));
        expect(hints(delivery)).toEqual([{ kind: 'gone', ref: item.ref }]);
        await tool.hooks.remove(owner, { place: world.place, remoteId });
      });
    });
  });
}

function names(item: Item): string[] {
  return item.labels.map((label) => label.name);
}

function ids(item: Item): string[] {
  return item.assignees.map((person) => person.id);
}

async function everything(on: { tool: Tool; writer: Access; world: ToolWorld }, state: 'open' | 'closed' | 'all'): Promise<Item[]> {
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

async function failure(attempt: Promise<unknown>): Promise<TandemError> {
  const outcome = await attempt.then((value) => ({ value }), (error: unknown) => ({ error }));
  if ('value' in outcome) throw new Error(`This should have failed, but answered ${JSON.stringify(outcome.value)}`);
  if (!(outcome.error instanceof TandemError)) throw outcome.error;
  return outcome.error;
}

/** Feeds the proof in two pieces, as a stream would. */
function holds(hooks: Hooks, raw: Buffer, headers: HookHeaders, secrets: readonly string[]): boolean {
  const proof = hooks.proof(headers, secrets);
  const middle = Math.floor(raw.length / 2);
  proof.update(raw.subarray(0, middle));
  proof.update(raw.subarray(middle));
  return proof.holds();
}
