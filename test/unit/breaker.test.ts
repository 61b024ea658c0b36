import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { openBreakers, type Breakers } from '@tandem/bff/sync/breaker';
import { readLane, writeLane } from '@tandem/bff/sync/keys';

const SECOND = 1000;
const LANE = readLane('t', 'gitlab', 'a.test');
const MINUTE = 60 * SECOND;

describe('the breakers of a lane and its remote', () => {
  let time: number;
  let told: string[];
  let breakers: Breakers;
  beforeEach(() => {
    time = 1_000_000_000;
    told = [];
    breakers = openBreakers(() => time, ({ remote, lane }, well) => void told.push(`${lane === undefined ? `all of ${remote}` : lane} ${well ? 'back' : 'down'}`));
  });
  const fail = (call = 'GET /probe', lane = LANE): void => breakers.heard(lane, call, false);
  const failMany = (count: number, lane = LANE): void => {
    for (let n = 0; n < count; n += 1) fail(`GET /issues/${n}`, lane);
  };

  test('opens when several different calls in a row failed, for that remote alone', () => {
    failMany(7);
    expect([breakers.open(LANE), breakers.held(LANE)]).toEqual([true, undefined]);
    fail('GET /issues/8');
    expect([breakers.open(LANE), breakers.held(LANE), breakers.until(LANE), breakers.open(writeLane('t', 'ana'))]).toEqual([false, time + 500, time + 500, true]);
    expect([breakers.down(), told]).toEqual([[{ remote: 'gitlab/a.test', lane: LANE, since: time, until: time + 500 }], [`${LANE} down`]]);
  });

  test('stays closed for one thing that fails again and again, and for failures among answers', () => {
    for (let n = 0; n < 100; n += 1) fail('GET /issues/poisoned');
    breakers.heard(LANE, 'GET /issues/fine', true);
    for (let n = 0; n < 100; n += 1) {
      fail(`GET /issues/${n}`);
      if (n % 7 === 6) breakers.heard(LANE, 'GET /issues/fine', true);
    }
    expect([breakers.open(LANE), breakers.down(), told]).toEqual([true, [], []]);
  });

  test('lets one task at a time through when its wait is over', () => {
    failMany(8);
    time += 500;
    expect([breakers.open(LANE), breakers.held(LANE)]).toEqual([true, undefined]);
    const ended = breakers.begin(LANE);
    expect([breakers.open(LANE), breakers.held(LANE), breakers.until(LANE)]).toEqual([false, undefined, time + SECOND]);
    ended();
    expect(breakers.open(LANE), 'it asked nothing: the next one may').toBe(true);
  });

  test('waits longer after each probe that fails: at most 15 s in the first ten minutes, a minute later', () => {
    failMany(8);
    const waits: number[] = [];
    const begun = time;
    while (time - begun < 15 * MINUTE) {
      const until = breakers.held(LANE) ?? 0;
      waits.push((until - time) / SECOND);
      fail('GET /a straggler');
      expect(breakers.held(LANE), 'what was under way changes nothing').toBe(until);
      time = until;
      fail();
    }
    expect(waits.slice(0, 7)).toEqual([0.5, 1, 2, 4, 8, 15, 15]);
    expect(waits.at(-1)).toBe(60);
    expect(waits.length).toBeLessThan(60);
    expect(told).toEqual([`${LANE} down`]);
  });

  test('closes with the first answer, whoever asked, and begins anew', () => {
    failMany(8);
    breakers.heard(LANE, 'GET /somebody waits for this', true);
    expect([breakers.open(LANE), breakers.down(), told]).toEqual([true, [], [`${LANE} down`, `${LANE} back`]]);
    failMany(7);
    expect(breakers.open(LANE)).toBe(true);
    fail('GET /issues/8');
    expect(breakers.held(LANE)).toBe(time + 500);
  });

  test('one account with trouble of its own holds back no other; once a second one fails, all of the remote does, and the first answer frees all', () => {
    const [ana, ben, eve] = ['ana', 'ben', 'eve'].map((user) => writeLane('t', user)) as [string, string, string];
    failMany(12, ana);
    expect([breakers.open(ana), breakers.open(ben), told]).toEqual([false, true, [`${ana} down`]]);
    breakers.heard(ben, 'PATCH /fine', true);
    expect([breakers.open(ana), breakers.open(ben)], 'her account is still in trouble').toEqual([false, true]);

    time += 500;
    failMany(8, ana);
    expect(breakers.open(eve)).toBe(true);
    fail('PATCH /another', ben);
    expect([ana, ben, eve, LANE].map((lane) => breakers.open(lane))).toEqual([false, false, false, true]);
    expect(breakers.down().map(({ remote, lane }) => lane ?? remote)).toEqual([ana, 'miro']);
    time += 500;
    const ended = breakers.begin(eve);
    expect([breakers.open(ben), breakers.open(eve)], 'one of all of them probes').toEqual([false, false]);
    breakers.heard(eve, 'PATCH /fine', true);
    ended();
    expect([[ana, ben, eve].map((lane) => breakers.open(lane)), breakers.down()]).toEqual([[true, true, true], []]);
    expect(told).toEqual([`${ana} down`, 'all of miro down', 'all of miro back', `${ana} back`]);
  });

  test('a clock that was put back holds nothing for longer than a minute', () => {
    failMany(8);
    time -= 60 * MINUTE;
    expect([breakers.open(LANE), breakers.held(LANE)]).toEqual([true, undefined]);
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
          if (one.kind === 'end') fresh.heard(LANE, String(one.call), one.well);
          if (one.kind === 'begin' && fresh.open(LANE) && fresh.down().length > 0) {
            running += 1;
            const ended = fresh.begin(LANE);
            expect([fresh.open(LANE), running]).toEqual([false, 1]);
            ended();
            running -= 1;
          }
          expect((fresh.until(LANE) ?? 0) - time).toBeLessThanOrEqual(MINUTE);
          if (fresh.down().length === 0) expect(fresh.open(LANE)).toBe(true);
        }
      }),
    );
  });
});
