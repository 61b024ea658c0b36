import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { openBreakers, type Breakers } from '@tandem/bff/sync/breaker';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

describe('the breaker of a remote', () => {
  let time: number;
  let told: string[];
  let breakers: Breakers;
  beforeEach(() => {
    time = 1_000_000_000;
    told = [];
    breakers = openBreakers(() => time, (remote, down) => void told.push(`${remote} ${down ? 'down' : 'back'}`));
  });
  const fail = (call = 'GET /probe', remote = 'gitlab'): void => breakers.heard(remote, call, false);
  const failMany = (count: number, remote = 'gitlab'): void => {
    for (let n = 0; n < count; n += 1) fail(`GET /issues/${n}`, remote);
  };

  test('opens when several different calls in a row failed, for that remote alone', () => {
    failMany(7);
    expect([breakers.open('gitlab'), breakers.held('gitlab')]).toEqual([true, undefined]);
    fail('GET /issues/8');
    expect([breakers.open('gitlab'), breakers.held('gitlab'), breakers.until('gitlab'), breakers.open('miro')]).toEqual([false, time + 500, time + 500, true]);
    expect([breakers.down(), told]).toEqual([[{ remote: 'gitlab', since: time, until: time + 500 }], ['gitlab down']]);
  });

  test('stays closed for one thing that fails again and again, and for failures among answers', () => {
    for (let n = 0; n < 100; n += 1) fail('GET /issues/poisoned');
    breakers.heard('gitlab', 'GET /issues/fine', true);
    for (let n = 0; n < 100; n += 1) {
      fail(`GET /issues/${n}`);
      if (n % 7 === 6) breakers.heard('gitlab', 'GET /issues/fine', true);
    }
    expect([breakers.open('gitlab'), breakers.down(), told]).toEqual([true, [], []]);
  });

  test('lets one task at a time through when its wait is over', () => {
    failMany(8);
    time += 500;
    expect([breakers.open('gitlab'), breakers.held('gitlab')]).toEqual([true, undefined]);
    const ended = breakers.begin('gitlab');
    expect([breakers.open('gitlab'), breakers.held('gitlab'), breakers.until('gitlab')]).toEqual([false, undefined, time + SECOND]);
    ended();
    expect(breakers.open('gitlab'), 'it asked nothing: the next one may').toBe(true);
  });

  test('waits longer after each probe that fails: at most 15 s in the first ten minutes, a minute later', () => {
    failMany(8);
    const waits: number[] = [];
    const begun = time;
    while (time - begun < 15 * MINUTE) {
      const until = breakers.held('gitlab') ?? 0;
      waits.push((until - time) / SECOND);
      fail('GET /a straggler');
      expect(breakers.held('gitlab'), 'what was under way changes nothing').toBe(until);
      time = until;
      fail();
    }
    expect(waits.slice(0, 7)).toEqual([0.5, 1, 2, 4, 8, 15, 15]);
    expect(waits.at(-1)).toBe(60);
    expect(waits.length).toBeLessThan(60);
    expect(told).toEqual(['gitlab down']);
  });

  test('closes with the first answer, whoever asked, and begins anew', () => {
    failMany(8);
    breakers.heard('gitlab', 'GET /somebody waits for this', true);
    expect([breakers.open('gitlab'), breakers.down(), told]).toEqual([true, [], ['gitlab down', 'gitlab back']]);
    failMany(7);
    expect(breakers.open('gitlab')).toBe(true);
    fail('GET /issues/8');
    expect(breakers.held('gitlab')).toBe(time + 500);
  });

  test('a clock that was put back holds nothing for longer than a minute', () => {
    failMany(8);
    time -= 60 * MINUTE;
    expect([breakers.open('gitlab'), breakers.held('gitlab')]).toEqual([true, undefined]);
  });

  test('whatever happens, it is asked again within a minute, and by one at a time while it is down', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('end' as const), well: fc.boolean(), call: fc.nat(20) }),
      fc.record({ kind: fc.constant('begin' as const) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(90 * SECOND) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let running = 0;
        const fresh = openBreakers(() => time);
        for (const one of steps) {
          if (one.kind === 'wait') time += one.ms;
          if (one.kind === 'end') fresh.heard('gitlab', String(one.call), one.well);
          if (one.kind === 'begin' && fresh.open('gitlab') && fresh.down().length > 0) {
            running += 1;
            const ended = fresh.begin('gitlab');
            expect([fresh.open('gitlab'), running]).toEqual([false, 1]);
            ended();
            running -= 1;
          }
          expect((fresh.until('gitlab') ?? 0) - time).toBeLessThanOrEqual(MINUTE);
          if (fresh.down().length === 0) expect(fresh.open('gitlab')).toBe(true);
        }
      }),
    );
  });
});
