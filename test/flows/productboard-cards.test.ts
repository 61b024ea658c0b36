import type { PairsAnswer } from '@tandem/shared/api';
import { afterEach, expect, test } from 'vitest';
import { openWorld, seen, type World } from '../sim/world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** A world where Ana has a token of the workspace. */
async function open(): Promise<World & { feature: string }> {
  const opened = await openWorld({ productboard: true });
  world = opened;
  const { ana } = opened.people;
  await opened.signIn(ana);
  await opened.connect(ana);
  const got = await opened.connect(ana, opened.productboard.addToken().value, { tool: 'productboard', site: opened.productboard.url });
  expect(got.status).toBe(200);
  const [feature] = [...opened.productboard.state.entities.keys()];
  return Object.assign(opened, { feature: feature ?? '' });
}

const refOf = (world: World & { feature: string }) => ({ tool: 'productboard', site: world.productboard.url, place: 'features', id: world.feature });

test('a feature is a card that follows, and is edited from the board', async () => {
  const world = await open();
  const { card, answer } = await world.put(world.people.ana, refOf(world));
  expect(answer).toMatchObject({ status: 201, body: { watch: 'hook' } });
  await world.settle();
  expect(seen(world.card(card))).toMatchObject({ title: '<p>Dark mode</p>', chips: ['New idea'] });
  world.productboard.edit(world.feature, { name: 'Darker mode', status: 'Released' });
  await world.settle();
  expect(seen(world.card(card))).toMatchObject({ title: '<p>Darker mode</p>', chips: ['Released'] });
  expect((await world.edit(world.people.ana, card, { set: { title: 'Darkest mode' }, seen: { title: 'Darker mode' } })).status).toBe(200);
  expect(world.productboard.state.entities.get(world.feature)?.name).toBe('Darkest mode');
});

test('a feature that was deleted disables its card, told by its webhook', async () => {
  const world = await open();
  const { card } = await world.put(world.people.ana, refOf(world));
  await world.settle();
  world.productboard.remove(world.feature);
  await world.settle();
  expect(seen(world.card(card))?.status).toBe('disabled');
});

test('a feature and an issue are kept in step, text and all, and the echo finds nothing to do', async () => {
  const world = await open();
  const { ana } = world.people;
  const made = await world.call(ana, 'POST', '/api/pairs', { left: refOf(world), right: world.issue(1), start: 'left' });
  expect(made.status).toBe(201);
  await world.settle();
  const issue = () => world.gitlab.project(world.place).issues.get(1);
  expect(issue()).toMatchObject({ title: 'Dark mode', description: 'Easier on the **eyes**.' });
  world.advance(2000);
  world.gitlab.as('ben').updateIssue(world.place, 1, { description: '## Why\n\n- eyes\n- battery' });
  await world.settle();
  expect(world.productboard.state.entities.get(world.feature)?.description).toBe('<h2>Why</h2><ul><li><p>eyes</p></li><li><p>battery</p></li></ul>');
  const writes = world.productboard.requests.filter(({ method }) => method === 'PATCH').length;
  await world.settle(60_000);
  expect(world.productboard.requests.filter(({ method }) => method === 'PATCH')).toHaveLength(writes);
  expect((await world.call<PairsAnswer>(ana, 'GET', '/api/pairs')).body.pairs).toMatchObject([{ state: 'live' }]);
});
