import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TandemError, UpstreamError } from '@tandem/bff/errors';
import { judge } from '@tandem/bff/sync/retry';
import type { Task } from '@tandem/bff/store/store';

const NOW = 1_000_000_000;
const HOUR = 3_600_000;
const task = (more: Partial<Task> = {}): Task => ({ key: 'apply:1', lane: 'l', group: 'g', due: NOW, cause: 'c', mark: 'm', markedAt: NOW, attempts: 0, dead: false, ...more });

describe('a task that failed', () => {
  test('waits under a ceiling that doubles, at most 15 s in the first ten minutes, then at most an hour', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(23 * HOUR), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempts, failing, random) => {
        const verdict = judge(new UpstreamError('miro', 503), task({ attempts, failingSince: NOW - failing }), NOW, random);
        if (verdict.kind !== 'retry') throw new Error('given up');
        const wait = verdict.due - NOW;
        expect(wait).toBeLessThanOrEqual(Math.min(250 * 2 ** attempts, failing < 600_000 ? 15_000 : HOUR));
        expect(verdict.attempts).toBe(attempts + 1);
      }),
    );
  });

  test('never comes back before the remote wants it to, and a 429 holds its whole lane', () => {
    const verdict = judge(new UpstreamError('miro', 429, { retryAt: NOW + 40_000 }), task(), NOW, 0);
    expect(verdict).toMatchObject({ kind: 'retry', due: NOW + 40_000, block: NOW + 40_000 });
  });

  test.each([400, 401, 403, 404, 422])('is dead at once where trying again cannot help (%i)', (status) => {
    expect(judge(new UpstreamError('gitlab', status), task(), NOW, 0.5).kind).toBe('dead');
  });

  test.each([0, 408, 429, 500, 502, 503])('is tried again where it can (%i)', (status) => {
    expect(judge(new UpstreamError('gitlab', status), task(), NOW, 0.5).kind).toBe('retry');
  });

  test('a conflict is tried once more, whatever failed before; a second one in a row stands', () => {
    const conflict = new UpstreamError('miro', 409);
    expect([task(), task({ attempts: 7, error: 'miro did not answer.' }), task({ attempts: 8, error: conflict.message })].map((before) => judge(conflict, before, NOW, 0.5).kind)).toEqual(['retry', 'retry', 'dead']);
  });

  test('is given up after a day, with the last reason', () => {
    const verdict = judge(new UpstreamError('gitlab', 500), task({ attempts: 90, failingSince: NOW - 24 * HOUR }), NOW, 0.5);
    expect(verdict).toEqual({ kind: 'dead', reason: expect.stringMatching(/after a day.*500/) as string });
    const outage = judge(new UpstreamError('gitlab', 500), task({ attempts: 90, failingSince: NOW - 48 * HOUR }), NOW, 0.5, true);
    expect(outage.kind, 'the tool as a whole is down: no fault of this task').toBe('retry');
  });

  test('a fault of our own is tried again, a refusal of our own is not', () => {
    expect(judge(new TypeError('x is undefined'), task(), NOW, 0.5).kind).toBe('retry');
    expect(judge(new TandemError('forbidden', 'no'), task(), NOW, 0.5).kind).toBe('dead');
  });
});
