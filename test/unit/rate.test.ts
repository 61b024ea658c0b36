import { describe, expect, test } from 'vitest';
import { TandemError } from '@tandem/bff/errors';
import { rate } from '@tandem/bff/middleware/rate';

const START = Date.parse('2026-11-23T09:00:00.000Z');

/** A gate of so many calls; `call` answers whether it was let through, or in how many milliseconds it would be. */
function gate(burst: number, perSecond: number): { call: (who: string) => true | number; advance: (ms: number) => void } {
  let time = START;
  const through = rate<{ who: string }>({ burst, perSecond }, (ctx) => ctx.state.who, () => time);
  return {
    advance: (ms) => (time += ms),
    call(who) {
      let passed = false;
      try {
        void through({ state: { who } } as never, async () => void (passed = true));
      } catch (error) {
        if (!(error instanceof TandemError) || error.code !== 'rate_limited') throw error;
        return (error.retryAt ?? Number.NaN) - time;
      }
      if (!passed) throw new Error('neither refused nor let through');
      return true;
    },
  };
}

describe('the rate of calls', () => {
  test('is not stricter after a clock was set back', () => {
    const { call, advance } = gate(3, 2);
    call('ana');
    advance(-600_000);
    expect(['ana', 'ana', 'ana'].map(call)).toEqual([true, true, 500]);
  });

  test('lets so many through at once, and then says when the next one is welcome', () => {
    const { call, advance } = gate(3, 2);
    expect(['ana', 'ana', 'ana', 'ana'].map(call)).toEqual([true, true, true, 500]);
    advance(499);
    expect(call('ana')).toBe(1);
    advance(1);
    expect([call('ana'), call('ana')]).toEqual([true, 500]);
  });

  test('is each caller’s own', () => {
    const { call } = gate(1, 1);
    expect([call('ana'), call('ana'), call('ben'), call('ben')]).toEqual([true, 1000, true, 1000]);
  });

  test('is not used up by calls that were refused', () => {
    const { call, advance } = gate(2, 1);
    for (let n = 0; n < 100; n += 1) call('ana');
    advance(1000);
    expect([call('ana'), call('ana')]).toEqual([true, 1000]);
  });

  test('never saves up more than the burst', () => {
    const { call, advance } = gate(2, 1);
    call('ana');
    advance(3_600_000);
    expect([call('ana'), call('ana'), call('ana')]).toEqual([true, true, 1000]);
  });

  test('outlives a crowd: whoever spent theirs stays refused, however many others come', () => {
    const { call, advance } = gate(1, 0.001);
    expect(call('ana')).toBe(true);
    for (let n = 0; n < 10_100; n += 1) call(`visitor ${n}`);
    expect(call('ana')).toBe(1_000_000);
    advance(1_000_000);
    // Everybody's is full again: they are forgotten, and nobody notices.
    expect([call('ana'), call('visitor 1'), call('visitor 1')]).toEqual([true, true, 1_000_000]);
  });
});
