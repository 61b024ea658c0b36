import { parseArgs } from 'node:util';
import { playSeeds } from './play.ts';
import { runProcessSeeds } from './processes.ts';

/**
 * `npm run faults -- --seeds 5000`: schedules in worlds of their own; `--from` another seed than the first; `--seed` one of them with every step printed, `--trace` every turn too, `--log` what the processes log; `--bug` with one of the planted bugs; `--store mongodb` on a server of the tests.
 * `npm run faults -- --processes --seeds 300`: real processes; `--from` as above, `--trace` what led to a bad one.
 */
const { values } = parseArgs({
  options: {
    processes: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '300' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    log: { type: 'boolean', default: false },
    bug: { type: 'string' },
    store: { type: 'string', default: 'sqlite' },
  },
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const [from, seeds] = values.seed === undefined ? [Number(values.from), Number(values.seeds)] : [Number(values.seed), 1];
const { bad } = values.processes
  ? await runProcessSeeds({ seeds, from, trace: values.trace, print })
  : await playSeeds({ seeds, from, said: values.seed !== undefined, trace: values.trace, log: values.log, bug: values.bug, store: values.store, print });
process.exitCode = bad.length > 0 ? 1 : 0;
