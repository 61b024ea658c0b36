import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Access, Shown, Tool } from '@tandem/bff/ports';
import { fit } from '@tandem/bff/tools/productboard/columns';
import { productboard } from '@tandem/bff/tools/productboard/index';
import { startProductboard, type PbSim } from '../../sim/productboard.ts';
import { accessWith, anonymous } from './access.ts';
import { failure } from './bench.ts';
import { startReceiver, type Receiver } from './receiver.ts';

let pb: PbSim;
let tool: Required<Pick<Tool, 'write' | 'hooks' | 'columns'>> & Tool;
let access: Access;
let receiver: Receiver;
const PLACE = 'features';
const ref = (id: string) => ({ tool: 'productboard', site: tool.site.id, place: PLACE, id });
const make = (name: string, description = '') => pb.addEntity({ name, description, status: 'New idea' });

beforeAll(async () => {
  pb = await startProductboard({ rateLimit: 10_000 });
  for (const name of ['New idea', 'In progress', 'Released']) pb.addStatus(name);
  pb.addEntity({ name: 'First' });
  const opened = productboard({ url: pb.url, api: pb.url });
  const { write, hooks, columns } = opened;
  if (!write || !hooks || !columns) throw new Error('Productboard lacks a capability');
  tool = { ...opened, write, hooks, columns };
  access = await accessWith(tool, pb.addToken().value);
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.close();
  await pb.close();
});

describe('accounts and places', () => {
  test('a token is nobody’s but the workspace’s, and one that is none must be connected again', async () => {
    expect(access.person).toEqual({ id: 'token', name: `API token of ${new URL(pb.url).host}`, username: 'api-token' });
    expect(await failure(tool.me(anonymous(tool, 'nobody')))).toMatchObject({ code: 'account_expired', upstreamStatus: 401 });
  });

  test('a token of another workspace is refused with the address that it is of', async () => {
    const elsewhere = productboard({ url: 'https://beta.productboard.com', api: pb.url });
    expect(await failure(elsewhere.me({ ...access, base: elsewhere.site.base }))).toMatchObject({ code: 'invalid_input', message: expect.stringContaining(pb.url) as unknown });
  });

  test('a workspace is one place with its statuses', async () => {
    expect(await tool.places(access, '')).toEqual([{ id: PLACE, name: expect.any(String) as unknown, url: pb.url }]);
    expect(await tool.places(access, 'zzqqxx')).toEqual([]);
    expect((await tool.describe(access, PLACE)).statuses.map(({ name, kind }) => [name, kind])).toEqual([['New idea', 'open'], ['In progress', 'open'], ['Released', 'closed']]);
    expect(await tool.place(access, PLACE)).toBeDefined();
    for (const place of ['', '..', 'other']) expect(await tool.place(access, place)).toBeUndefined();
    expect(await failure(tool.describe(access, 'other'))).toMatchObject({ code: 'not_found' });
  });
});

describe('features', () => {
  test('are read with text as Markdown, and not where they are not', async () => {
    const feature = make('Größe <b>&amp;</b> 🚀', '<h2>Why</h2><ul><li>one</li></ul>');
    expect(await tool.read(access, ref(feature.id))).toMatchObject({ title: 'Größe <b>&amp;</b> 🚀', description: '## Why\n\n- one', status: { name: 'New idea', kind: 'open' }, url: `${pb.url}/entity-detail/features/${feature.id}` });
    const product = pb.addEntity({ type: 'product', name: 'App' });
    for (const id of [product.id, '0d4f4a3e-0000-4000-8000-000000000000', '7', '../entities']) expect(await tool.read(access, ref(id)), id).toBeUndefined();
    expect(await tool.read(access, { ...ref(feature.id), place: 'other' })).toBeUndefined();
  });

  test('are written, and answered as Productboard then has them', async () => {
    const feature = make('Old');
    const released = pb.state.statuses.find(({ name }) => name === 'Released')?.id ?? '';
    const written = await tool.write(access, ref(feature.id), { title: 'New', description: 'a **b**\n\n- c', status: released });
    expect(written).toMatchObject({ title: 'New', description: 'a **b**\n\n- c', status: { id: released, kind: 'closed' } });
    expect(await tool.read(access, ref(feature.id))).toEqual(written);
    expect(feature.description).toBe('<p>a <b>b</b></p><ul><li><p>c</p></li></ul>');
  });

  test('are not written what they have already, and are read but once for it', async () => {
    const feature = make('Same', '<p>text</p>');
    const before = pb.requests.length;
    await tool.write(access, ref(feature.id), { title: 'Same', description: 'text' });
    expect(pb.requests.slice(before).map(({ method }) => method)).toEqual(['GET']);
  });

  test('refuse at its field what cannot be', async () => {
    const feature = make('Stays');
    for (const [patch, field] of [[{ title: ' ' }, 'title'], [{ title: 'x'.repeat(256) }, 'title'], [{ status: '' }, 'status'], [{ status: '0d4f4a3e-0000-4000-8000-000000000000' }, 'status'], [{ labels: { add: ['x'], remove: [] } }, 'labels']] as const) {
      expect(await failure(tool.write(access, ref(feature.id), patch)), field).toMatchObject({ details: { fields: { [field]: expect.any(String) as unknown } } });
    }
    expect(feature.name).toBe('Stays');
  });

  test('never lose what only Productboard can show', async () => {
    const feature = make('With a video', '<p>Look:</p>');
    const node = pb.embed(feature.id, 'A video');
    const item = await tool.read(access, ref(feature.id));
    expect(item?.description).toBe(`Look:\n\n[A video](urn:pb:node:${node})`);
    expect(await failure(tool.write(access, ref(feature.id), { description: 'Look: nothing' }))).toMatchObject({ status: 422, details: { fields: { description: expect.stringContaining('delete it') as unknown } } });
    expect(pb.state.nodes.has(node)).toBe(true);
    await tool.write(access, ref(feature.id), { description: `Look again:\n\n[A video](urn:pb:node:${node})` });
    expect([pb.state.nodes.has(node), feature.description]).toEqual([true, `<p>Look again:</p><p><a href="urn:pb:node:${node}">A video</a></p>`]);
  });

  test('are found by name, page by page, open ones alone', async () => {
    for (let i = 0; i < 105; i += 1) make(`Paged ${i}`);
    const first = await tool.search(access, { q: 'paged', state: 'all', mine: false });
    expect(first.items).toHaveLength(100);
    const rest = await tool.search(access, { q: 'paged', state: 'all', mine: false, cursor: first.next ?? '' });
    expect([rest.items.length, rest.next]).toEqual([5, undefined]);
    pb.addEntity({ name: 'Paged and over', status: 'Released' });
    expect((await tool.search(access, { q: 'and over', state: 'open', mine: false })).items).toEqual([]);
    expect((await tool.search(access, { q: 'and over', state: 'closed', mine: false })).items).toHaveLength(1);
  });

  test('are located by the address that people copy', async () => {
    const feature = make('Here');
    expect(await tool.locate(access, `${pb.url}/entity-detail/features/${feature.id}?x=1`)).toEqual(ref(feature.id));
    for (const url of ['nonsense', `https://elsewhere.example/entity-detail/features/${feature.id}`, `${pb.url}/entity-detail/features/7`]) expect(await tool.locate(access, url)).toBeUndefined();
  });

  test('changed since a moment are listed, and no others', async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const feature = make('Lately');
    const pages: string[][] = [];
    for await (const page of tool.changes(access, PLACE, feature.updatedAt)) pages.push(page.map(({ title }) => title));
    expect(pages).toEqual([['Lately']]);
  });
});

describe('webhooks', () => {
  const secret = 'a secret of some length';
  const at = (url: string): string[] => [...pb.state.webhooks.values()].filter((hook) => hook.notification.url === url).map(({ id }) => id);

  test('are made once, and anew where the one that is there may have another secret', async () => {
    const hook = { place: PLACE, url: `${receiver.url}-once`, secret };
    const made = await tool.hooks.ensure(access, hook);
    expect(await tool.hooks.ensure(access, { ...hook, remoteId: made.remoteId })).toEqual(made);
    const again = await tool.hooks.ensure(access, hook);
    expect(at(hook.url)).toEqual([again.remoteId]);
    expect(again.remoteId).not.toBe(made.remoteId);
    expect(await tool.hooks.list(access, PLACE)).toContainEqual({ remoteId: again.remoteId, url: hook.url });
    await tool.hooks.remove(access, { place: PLACE, remoteId: again.remoteId });
    await tool.hooks.remove(access, { place: PLACE, remoteId: again.remoteId });
    expect(at(hook.url)).toEqual([]);
  });

  test('prove themselves by the secret alone, and name the feature that changed or is gone', async () => {
    await tool.hooks.ensure(access, { place: PLACE, url: receiver.url, secret });
    const feature = make('Told');
    pb.edit(feature.id, { name: 'Told again' });
    const { raw, headers } = await receiver.when((one) => one.raw.includes(feature.id));
    const holds = (known: readonly string[], given = headers) => tool.hooks.proof(given, known, { signed: false, now: 0 }).holds();
    expect([holds([secret]), holds(['new', secret]), holds(['other']), holds([]), holds([secret], {})]).toEqual([true, true, false, false, false]);
    expect(tool.hooks.parse(raw, headers, { site: tool.site.id, place: PLACE })).toEqual({ event: 'feature.updated', hints: [{ kind: 'changed', ref: ref(feature.id) }] });
    pb.remove(feature.id);
    const gone = await receiver.when((one) => one.raw.includes('feature.deleted'));
    expect(tool.hooks.parse(gone.raw, gone.headers, { site: tool.site.id, place: PLACE }).hints).toEqual([{ kind: 'gone', ref: ref(feature.id) }]);
    for (const body of ['', '{', '[]', '{"data":{"eventType":"note.created","id":"x"}}', '{"data":{"eventType":"feature.updated","id":"../x"}}']) expect(tool.hooks.parse(Buffer.from(body), {}, { site: 's', place: PLACE })).toMatchObject({ hints: [], ignored: expect.any(String) as unknown });
  });
});

describe('columns', () => {
  test('cut between visible characters and never beyond what Productboard counts', () => {
    expect(fit('short', 20)).toBe('short');
    expect(fit('', 20)).toBe('–');
    expect(fit('a  line\nbroken', 20)).toBe('a line broken');
    const family = '👩‍👩‍👧‍👦';
    // Seven code points each, eleven units.
    expect(fit(family.repeat(5), 20)).toBe(`${family.repeat(2)}…`);
    expect(fit('🎉'.repeat(20), 20)).toBe('🎉'.repeat(20));
    expect(fit('🎉'.repeat(21), 20)).toBe(`${'🎉'.repeat(19)}…`);
    for (const text of ['x'.repeat(60), 'é'.repeat(60), family.repeat(9), `${'x'.repeat(18)}${family}`]) expect(Array.from(fit(text, 20)).length).toBeLessThanOrEqual(20);
  });

  test('fill label, key, tooltip and message up to their limits of 20, 20, 50 and 255 and no further, and lead to no other address than the ticket’s', () => {
    const long = 'x'.repeat(2000);
    const shown = (one: Shown) => (tool.columns.answer(one) as { data: { fields: { connection: object } } }).data.fields.connection;
    const cut = (most: number, text = long) => `${text.slice(0, most - 1)}…`;
    const url = `https://git.example.org/acme/roadmap/-/issues/7?${'q'.repeat(952)}`;
    const connected = { state: 'connected', label: long, key: long, title: long, color: 'blue', url } as const;
    expect(shown(connected)).toEqual({ state: 'connected', label: cut(20), hoverLabel: cut(20), tooltip: cut(50), color: 'blue', targetUrl: url });
    expect([url.length, shown({ ...connected, url: `${url}q` })]).toMatchObject([1000, { targetUrl: 'https://git.example.org' }]);
    expect(shown({ state: 'error', message: long })).toEqual({ state: 'error', message: cut(255) });
    const fits = { ...connected, label: 'l'.repeat(20), key: 'k'.repeat(20), title: 't'.repeat(29) };
    expect(shown(fits)).toMatchObject({ label: fits.label, hoverLabel: fits.key, tooltip: `${fits.key} ${fits.title}` });
    expect(shown({ state: 'error', message: 'm'.repeat(255) })).toEqual({ state: 'error', message: 'm'.repeat(255) });
  });

  test('are refused an address that Productboard could not reach', () => {
    const real = productboard({ url: 'https://acme.productboard.com' }).columns;
    for (const url of ['http://tandem.example.org', 'https://localhost', 'http://localhost:3000', 'https://10.0.0.7', 'https://[::1]', 'https://tandem', 'https://tandem.internal', 'https://192.168.1.4:8443']) expect(real?.reaches(url), url).toBe(false);
    for (const url of ['https://tandem.acme.com', 'https://8.8.8.8']) expect(real?.reaches(url), url).toBe(true);
    expect(tool.columns.reaches('http://localhost:3000')).toBe(true);
  });

  test('read a click by its ids alone, and say what they cannot use', () => {
    const data = { integrationId: '0d4f4a3e-0000-4000-8000-000000000000', trigger: 'button.push', feature: { id: '0d4f4a3e-0000-4000-8000-000000000001', links: { self: 'https://evil.example', html: 'https://evil.example' } }, triggeredByUser: { name: 'Pia', email: 'p@x.example' } };
    expect(tool.columns.press({ data })).toEqual({ column: data.integrationId, trigger: 'push', item: data.feature.id });
    expect(tool.columns.press({ data: { ...data, trigger: 'button.dance' } })).toContain('button.dance');
    for (const body of [undefined, {}, { data: { ...data, feature: { id: '..' } } }, []]) expect(tool.columns.press(body)).toEqual(expect.any(String));
  });
});
