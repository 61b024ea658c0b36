import { describe } from 'vitest';
import { integrationsContract } from './integrations.ts';
import { lanesContract } from './lanes.ts';
import { logContract } from './log.ts';
import { neverLost } from './never-lost.ts';
import { pairsContract } from './pairs.ts';
import { recordsContract } from './records.ts';
import type { Opener } from './samples.ts';
import { tasksContract } from './tasks.ts';

/** What every store must do, verb by verb. `skip` counts all of it as skipped: there is no server to run it on. */
export function storeContract(name: string, open: Opener, skip = false): void {
  describe.skipIf(skip)(`store contract: ${name}`, () => {
    recordsContract(open);
    pairsContract(open);
    integrationsContract(open);
    logContract(open);
    tasksContract(open);
    lanesContract(open);
    neverLost(open);
  });
}
