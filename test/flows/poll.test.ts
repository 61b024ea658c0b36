import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openWorld, seen, type World } from '../sim/world.ts';

const MINUTE = 60_000;

describe('where nobody may create a webhook', () => {
  let world: World;
  let card: string;
  beforeEach(async () => {
    world = await openWorld();
    const { ben } = world.people;
    await world.signIn(ben);
    await world.connect(ben);
    const put = await world.put(ben, world.issue(1));
    card = put.card;
    expect(put.answer.body.watch).toBe('poll');
    await world.settle();
  });
  afterEach(() => world.close());
  const later = async (ms: number): Promise<void> => {
    world.advance(ms);
    await world.settle();
  };

  test('changes are asked for every minute, in one listing of the place, and no item is read by itself', async () => {
    const { ben } = world.people;
    await world.put(ben, world.issue(2));
    await later(MINUTE);
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: 'Unheard', due_date: '2027-01-31' });
    const before = world.gitlab.requests.length;
    await later(MINUTE);
    expect(seen(world.card(card))).toMatchObject({ title: '<p>Unheard</p>', chips: ['Open', 'Due 2027-01-31'] });
    const paths = world.gitlab.requests.slice(before).map((request) => request.path);
    expect(paths.filter((path) => path.endsWith('/issues'))).toHaveLength(1);
    expect(paths.filter((path) => /\/issues\/\d+$/.test(path))).toEqual([]);
  });

  test('a deletion, which no list of changes shows, is found within the hour', async () => {
    world.gitlab.as('ana').deleteIssue(world.place, 1);
    for (let minute = 0; minute <= 61; minute += 1) await later(MINUTE);
    expect(seen(world.card(card))).toMatchObject({ status: 'disabled', chips: ['Deleted in the tool'] });
  });

  test('trouble of the tool does not end it', async () => {
    world.gitlab.faults.next(5, 503);
    await later(MINUTE);
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: 'After the trouble' });
    for (let minute = 0; minute < 3; minute += 1) await later(MINUTE);
    expect(world.card(card)?.title).toBe('<p>After the trouble</p>');
  });

  test('it ends when somebody who may connects: then there is a webhook', async () => {
    const { ana } = world.people;
    await world.signIn(ana);
    await world.connect(ana);
    await world.settle();
    expect(world.gitlab.state.hooks).toHaveLength(1);
    await later(2 * MINUTE);
    const before = world.gitlab.requests.length;
    for (let minute = 0; minute < 5; minute += 1) await later(MINUTE);
    expect(world.gitlab.requests.length).toBe(before);
  });

  test('it goes on within a day where nobody could ask any more and somebody can again', async () => {
    world.gitlab.setMember(Number(world.place), 'ben', undefined);
    await later(MINUTE);
    await later(60 * MINUTE);
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: 'Let in again' });
    world.gitlab.setMember(Number(world.place), 'ben', 30);
    await later(24 * 60 * MINUTE);
    expect(world.card(card)?.title).toBe('<p>Let in again</p>');
  });

  test('it ends within the hour when somebody was given the right to a webhook', async () => {
    world.gitlab.setMember(Number(world.place), 'ben', 40);
    for (let minute = 0; minute <= 61; minute += 1) await later(MINUTE);
    expect(world.gitlab.state.hooks).toHaveLength(1);
  });

  test('it goes on after a restart', async () => {
    await world.restart();
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: 'After the restart' });
    await later(MINUTE);
    expect(world.card(card)?.title).toBe('<p>After the restart</p>');
  });
});
