import { playAgain } from './again.ts';
import { BUGS } from './bugs.ts';
import { runSeed } from './run.ts';
import { mongoForTests } from '../mongo/server.ts';
import { mongoStorage } from './storage-mongo.ts';
import { sqliteStorage } from './storage.ts';
import { openTally } from './weather.ts';

/** How seeds are played outside the tests. */
export interface PlayOptions {
  readonly seeds: number;
  readonly from: number;
  /** every step is printed, with `trace` every turn, with `log` what the processes log */
  readonly said: boolean;
  readonly trace: boolean;
  readonly log: boolean;
  /** the number of a planted bug, counted from 0: played until it is noticed */
  readonly bug?: string | undefined;
  readonly store: string;
  readonly print: (line: string) => void;
}

/** Plays one seed after the other and prints what was wrong, how often each fault struck, and what it cost; answers the bad ones. */
export async function playSeeds({ seeds, from, said, trace, log, bug, store, print }: PlayOptions): Promise<{ bad: number[] }> {
  const mongo = store === 'mongodb' ? await mongoForTests() : undefined;
  if (store === 'mongodb' && !mongo) throw new Error('There is no MongoDB server for the tests here.');
  const storage = mongo ? mongoStorage(mongo) : sqliteStorage;
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const tally = openTally();
  const bad: number[] = [];
  let turns = 0;
  for (let seed = from; seed < from + seeds; seed += 1) {
    const outcome = await runSeed({
      seed,
      storage,
      bug: bug === undefined ? undefined : BUGS[Number(bug)],
      ...(said ? { say: print, trace } : {}),
      ...(log ? { log: (line) => print(line.trimEnd()) } : {}),
    });
    turns += outcome.turns;
    for (const [fault, times] of outcome.struck) tally.count(fault, times);
    if (outcome.wrong.length === 0) continue;
    bad.push(seed);
    print(`seed ${seed} (${playAgain(seed, mongo ? ' --store mongodb' : '')}): ${outcome.wrong.slice(0, 3).join('\n   ')}`);
    if (bug !== undefined) break;
  }
  for (const [fault, times] of [...tally.counts].toSorted(([a], [b]) => (a < b ? -1 : 1))) print(`${String(times).padStart(8)}  ${fault}`);
  const each = (ms: number): number => Math.round(ms / seeds);
  print(`${seeds} seeds, ${bad.length} bad, ${turns} turns, ${each(performance.now() - began)} ms each, ${each(process.cpuUsage(cpu).user / 1000)} ms of a processor`);
  await mongo?.close();
  return { bad };
}
