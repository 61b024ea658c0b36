import { describe, expect, test } from 'vitest';
import { playAgain } from '../faults/again.ts';
import { BUGS } from '../faults/bugs.ts';
import { runSeed } from '../faults/run.ts';
import { sqliteStorage } from '../faults/storage.ts';

const SEEDS = 300;

test('a seed is the same to the turn whenever it is played', { timeout: 120_000 }, async () => {
  const play = async (): Promise<string[]> => {
    const lines: string[] = [];
    // What the simulators issue is really random.
    await runSeed({ seed: 7, storage: sqliteStorage, say: (line) => void lines.push(line.replace(/code=[\w-]+/, 'code=…')), trace: true });
    return lines;
  };
  const [first, second] = [await play(), await play()];
  expect(first.length).toBeGreaterThan(1000);
  expect(second).toEqual(first);
});

test('a failing seed names the command that plays it alone', () => {
  expect(playAgain(7)).toBe('npm run faults -- --seed 7');
});

describe('a mistake that is planted in the engine is noticed:', () => {
  test.for(BUGS)('$name', { timeout: 600_000 }, async (bug) => {
    for (let tried = 0; tried < SEEDS; tried += 1) {
      const seed = ((bug.shown - 1 + tried) % SEEDS) + 1;
      const { wrong } = await runSeed({ seed, storage: sqliteStorage, bug });
      if (wrong.length > 0) return;
    }
    throw new Error(`None of ${SEEDS} schedules shows it.`);
  });
});
