import { beforeEach, describe, expect, test } from 'vitest';
import { readLane, writeLane } from '@tandem/bff/sync/keys';
import { openBudgets, type Budgets } from '@tandem/bff/sync/budget';

const LANE = writeLane('team', 'ana');

describe('the budget of a lane', () => {
  let time = 1_000_000_000;
  let budgets: Budgets;
  beforeEach(() => {
    time = 1_000_000_000;
    budgets = openBudgets(() => time);
  });
  const told = (remaining: number, at = time / 1000 + 30): void => budgets.note(LANE, { 'x-ratelimit-limit': '10000', 'x-ratelimit-remaining': String(remaining), 'x-ratelimit-reset': String(at) });
  const begin = (group: string, times: number): (() => void)[] => Array.from({ length: times }, () => budgets.begin(LANE, group));

  test('a lane that was told of no limit has none', () => {
    expect([budgets.open(LANE, 'a'), budgets.exhausted(LANE), budgets.served(LANE)]).toEqual([true, undefined, []]);
    budgets.note(LANE, { 'content-type': 'text/html' });
    expect(budgets.open(LANE, 'a')).toBe(true);
  });

  test('a tenth of the window is kept; the first ten writes of a board may use half of that', () => {
    told(10_000);
    for (const done of begin('busy', 10)) done();
    told(1100);
    expect([budgets.open(LANE, 'busy'), budgets.exhausted(LANE)]).toEqual([true, undefined]);
    told(1000);
    expect([budgets.open(LANE, 'busy'), budgets.exhausted(LANE)]).toEqual([false, time + 30_000]);
    expect([budgets.served(LANE), budgets.open(LANE, 'quiet')]).toEqual([['busy'], true]);
    told(500);
    expect(budgets.open(LANE, 'quiet'), 'what is left is for people').toBe(false);
  });

  test('what is under way counts before its answer is here', () => {
    told(1500);
    const running = begin('board', 5);
    expect(budgets.open(LANE, 'board'), 'the first ones').toBe(true);
    expect(budgets.exhausted(LANE)).toBe(time + 30_000);
    for (const done of running) done();
    expect(budgets.exhausted(LANE)).toBeUndefined();
  });

  test('within a window only the smallest remainder counts, and none of an older one', () => {
    told(5000);
    told(800);
    told(4000);
    expect(budgets.exhausted(LANE)).toBe(time + 30_000);
    told(9000, time / 1000 + 20);
    expect(budgets.exhausted(LANE)).toBe(time + 30_000);
  });

  test('when its window is over it is full again, and every board is new', () => {
    told(10_000);
    for (const done of begin('busy', 10)) done();
    told(100);
    time += 30_000;
    expect([budgets.exhausted(LANE), budgets.open(LANE, 'busy'), budgets.served(LANE)]).toEqual([undefined, true, []]);
    told(100, time / 1000);
    expect(budgets.exhausted(LANE), 'an answer of the window before').toBeUndefined();
  });

  test('a remote whose clock is wrong never stops a lane for more than a minute', () => {
    told(0, time / 1000 + 7200);
    expect(budgets.exhausted(LANE)).toBe(time + 60_000);
  });

  test('a lane that reads is paid by the request, in the other spelling', () => {
    const reads = readLane('team', 'gitlab', 'gitlab.com');
    const left = (remaining: number): void => budgets.note(reads, { 'ratelimit-limit': '2000', 'ratelimit-remaining': String(remaining), 'ratelimit-reset': String(time / 1000 + 30), 'ratelimit-observed': '1' });
    left(202);
    expect([budgets.open(reads, 'project'), budgets.exhausted(reads)]).toEqual([true, undefined]);
    left(200);
    expect([budgets.exhausted(reads), budgets.open(reads, 'quiet project'), budgets.exhausted(LANE)]).toEqual([time + 30_000, true, undefined]);
  });

  test('a 429 that says when to come back stops the lane until then, whatever is left', () => {
    told(10_000);
    budgets.note(LANE, { 'retry-after': '20' }, 200);
    expect(budgets.open(LANE, 'a')).toBe(true);
    budgets.note(LANE, { 'retry-after': '20' }, 429);
    budgets.note(LANE, { 'retry-after': '5' }, 429);
    expect([budgets.open(LANE, 'a'), budgets.exhausted(LANE), budgets.blocked(LANE), budgets.blocked('another')]).toEqual([false, time + 20_000, time + 20_000, undefined]);
    time += 20_000;
    expect([budgets.open(LANE, 'a'), budgets.exhausted(LANE), budgets.blocked(LANE)]).toEqual([true, undefined, undefined]);
  });

  test('a window that is longer than a lane waits is not taken for the next one', () => {
    told(0, time / 1000 + 3600);
    time += 60_000;
    expect(budgets.exhausted(LANE), 'it is asked').toBeUndefined();
    told(0, time / 1000 + 3540);
    expect(budgets.exhausted(LANE), 'and says so').toBe(time + 60_000);
  });
});
