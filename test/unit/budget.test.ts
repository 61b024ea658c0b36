import { beforeEach, describe, expect, test } from 'vitest';
import { openBudgets, type Budgets } from '@tandem/bff/sync/budget';

describe('the budget of a lane', () => {
  let time = 1_000_000_000;
  let budgets: Budgets;
  beforeEach(() => {
    time = 1_000_000_000;
    budgets = openBudgets(() => time);
  });
  const told = (remaining: number, at = time / 1000 + 30): void => budgets.note('lane', { 'x-ratelimit-limit': '10000', 'x-ratelimit-remaining': String(remaining), 'x-ratelimit-reset': String(at) });
  const begin = (group: string, times: number): (() => void)[] => Array.from({ length: times }, () => budgets.begin('lane', group));

  test('a lane that was told of no limit has none', () => {
    expect([budgets.open('lane', 'a'), budgets.exhausted('lane'), budgets.served('lane')]).toEqual([true, undefined, []]);
    budgets.note('lane', { 'content-type': 'text/html' });
    expect(budgets.open('lane', 'a')).toBe(true);
  });

  test('a tenth of the window is kept; the first ten writes of a board may use half of that', () => {
    told(10_000);
    for (const done of begin('busy', 10)) done();
    told(1100);
    expect([budgets.open('lane', 'busy'), budgets.exhausted('lane')]).toEqual([true, undefined]);
    told(1000);
    expect([budgets.open('lane', 'busy'), budgets.exhausted('lane')]).toEqual([false, time + 30_000]);
    expect([budgets.served('lane'), budgets.open('lane', 'quiet')]).toEqual([['busy'], true]);
    told(500);
    expect(budgets.open('lane', 'quiet'), 'what is left is for people').toBe(false);
  });

  test('what is under way counts before its answer is here', () => {
    told(1500);
    const running = begin('board', 5);
    expect(budgets.open('lane', 'board'), 'the first ones').toBe(true);
    expect(budgets.exhausted('lane')).toBe(time + 30_000);
    for (const done of running) done();
    expect(budgets.exhausted('lane')).toBeUndefined();
  });

  test('within a window only the smallest remainder counts, and none of an older one', () => {
    told(5000);
    told(800);
    told(4000);
    expect(budgets.exhausted('lane')).toBe(time + 30_000);
    told(9000, time / 1000 + 20);
    expect(budgets.exhausted('lane')).toBe(time + 30_000);
  });

  test('when its window is over it is full again, and every board is new', () => {
    told(10_000);
    for (const done of begin('busy', 10)) done();
    told(100);
    time += 30_000;
    expect([budgets.exhausted('lane'), budgets.open('lane', 'busy'), budgets.served('lane')]).toEqual([undefined, true, []]);
    told(100, time / 1000);
    expect(budgets.exhausted('lane'), 'an answer of the window before').toBeUndefined();
  });

  test('a remote whose clock is wrong never stops a lane for more than a minute', () => {
    told(0, time / 1000 + 7200);
    expect(budgets.exhausted('lane')).toBe(time + 60_000);
  });
});
