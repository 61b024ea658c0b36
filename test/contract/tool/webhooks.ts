import { afterAll, beforeAll, expect } from 'vitest';
import { UpstreamError } from '@tandem/bff/errors';
import type { HookHeaders, Hooks } from '@tandem/bff/ports';
import { failure, type TestOn } from './bench.ts';
import { startReceiver, type Received, type Receiver } from './receiver.ts';

/** Webhooks: made once, delivered for real, proven, understood. */
export function webhooksContract(test: TestOn): void {
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
  });
  afterAll(() => receiver.close());
  const secret = 'a secret of some length';

  test('makes one hook however often it is ensured, and removes it however often', async (on) => {
    const { tool, owner, world } = on;
    const hook = { place: world.place, url: `${receiver.url}-once`, secret };
    const made = await tool.hooks.ensure(owner, hook);
    const { remoteId } = made;
    expect(await tool.hooks.ensure(owner, { ...hook, remoteId })).toEqual(made);
    expect(made.signed ?? false).toBe(world.signs);
    expect(await world.hooksAt(hook.url)).toEqual([remoteId]);

    const again = await tool.hooks.ensure(owner, hook);
    expect(await world.hooksAt(hook.url)).toEqual([again.remoteId]);
    expect(await tool.hooks.list(owner, world.place)).toContainEqual({ remoteId: again.remoteId, url: hook.url });
    await tool.hooks.remove(owner, { place: world.place, remoteId: again.remoteId });
    await tool.hooks.remove(owner, { place: world.place, remoteId: again.remoteId });
    expect(await world.hooksAt(hook.url)).toEqual([]);

    const renewed = await tool.hooks.ensure(owner, { ...hook, remoteId });
    expect(await world.hooksAt(hook.url)).toEqual([renewed.remoteId]);
    await tool.hooks.remove(owner, { place: world.place, remoteId: renewed.remoteId });
  });

  test('refuses to make one for an account that may not', async (on) => {
    const error = await failure(on.tool.hooks.ensure(on.reader, { place: on.world.place, url: receiver.url, secret }));
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error).toMatchObject({ code: 'forbidden', upstreamStatus: 403 });
    expect(await on.world.hooksAt(receiver.url)).toEqual([]);
  });

  test('a real delivery proves itself, and nothing altered does; it names the item', async (on) => {
    const { tool, owner, writer, world } = on;
    const { remoteId, signed = false } = await tool.hooks.ensure(owner, { place: world.place, url: receiver.url, secret });
    const item = await on.make();
    await world.rename(item.ref.id, `Renamed ${item.key}`);
    const delivery = await receiver.when(({ raw }) => raw.includes(`Renamed ${item.key}`));

    for (const known of [signed, false]) {
      expect(holds(tool.hooks, delivery, [secret], known)).toBe(true);
      expect(holds(tool.hooks, delivery, ['the new secret', secret], known)).toBe(true);
      expect(holds(tool.hooks, delivery, ['another secret of any size'], known)).toBe(false);
      expect(holds(tool.hooks, delivery, [], known)).toBe(false);
      expect(holds(tool.hooks, { ...delivery, headers: {} }, [secret], known)).toBe(false);
    }

    const parsed = tool.hooks.parse(delivery.raw, delivery.headers, { site: tool.site.id, place: world.place });
    expect(parsed).toEqual({ hints: [{ kind: 'changed', ref: item.ref }], event: expect.stringMatching(/issue/i), deliveryId: expect.stringMatching(/^[\w-]{16,}$/) });
    expect((await tool.read(writer, item.ref))?.title).toBe(`Renamed ${item.key}`);
    await tool.hooks.remove(owner, { place: world.place, remoteId });
  });

  test('takes nothing but a fresh signature of every byte from a hook that signs', async (on) => {
    const { tool, owner, world } = on;
    if (!world.signs) return;
    const hook = { place: world.place, url: `${receiver.url}-signed`, secret };
    const { remoteId, signed } = await tool.hooks.ensure(owner, hook);
    expect(signed).toBe(true);
    const item = await on.make();
    await world.rename(item.ref.id, `Signed ${item.key}`);
    const delivery = await receiver.when(({ raw }) => raw.includes(`Signed ${item.key}`));
    const altered = Buffer.from(delivery.raw.toString('utf8').replace('Signed', 'Sighed'));
    const unsigned = { ...delivery, headers: Object.fromEntries(Object.entries(delivery.headers).filter(([name]) => !name.endsWith('-signature'))) };

    expect(holds(tool.hooks, { ...delivery, raw: altered }, [secret], true)).toBe(false);
    expect(holds(tool.hooks, { ...delivery, raw: altered }, [secret], false)).toBe(false);
    expect(holds(tool.hooks, unsigned, [secret], true)).toBe(false);
    expect(holds(tool.hooks, delivery, [secret], true, Date.now() + 6 * 60_000)).toBe(false);
    await tool.hooks.remove(owner, { place: world.place, remoteId });
  });

  test('puts a hook right that was switched off', async (on) => {
    const { tool, owner, world } = on;
    const hook = { place: world.place, url: `${receiver.url}-again`, secret };
    const { remoteId } = await tool.hooks.ensure(owner, hook);
    await world.switchOff(remoteId);
    const mended = await tool.hooks.ensure(owner, { ...hook, remoteId });
    expect(await world.hooksAt(hook.url)).toEqual([mended.remoteId]);

    const item = await on.make();
    await world.rename(item.ref.id, `Heard again ${item.key}`);
    const delivery = await receiver.when(({ raw }) => raw.includes(`Heard again ${item.key}`));
    expect(holds(tool.hooks, delivery, [secret], mended.signed ?? false)).toBe(true);
    await tool.hooks.remove(owner, { place: world.place, remoteId: mended.remoteId });
  });

  test('hears of a deletion where the tool tells', async (on) => {
    const { tool, owner, world } = on;
    if (!world.tellsDeletion) return;
    const { remoteId } = await tool.hooks.ensure(owner, { place: world.place, url: `${receiver.url}-gone`, secret });
    const item = await on.make();
    await world.destroy(item.ref.id);
    const hints = ({ raw, headers }: { raw: Buffer; headers: HookHeaders }) => tool.hooks.parse(raw, headers, { site: tool.site.id, place: world.place }).hints;
    const delivery = await receiver.when((one) => hints(one).some((hint) => hint.kind === 'gone'));
    expect(hints(delivery)).toEqual([{ kind: 'gone', ref: item.ref }]);
    await tool.hooks.remove(owner, { place: world.place, remoteId });
  });
}

/** Feeds the proof in two pieces, as a stream would. */
function holds(hooks: Hooks, { raw, headers }: Received, secrets: readonly string[], signed: boolean, now = Date.now()): boolean {
  const proof = hooks.proof(headers, secrets, { signed, now });
  const middle = Math.floor(raw.length / 2);
  proof.update(raw.subarray(0, middle));
  proof.update(raw.subarray(middle));
  return proof.holds();
}
