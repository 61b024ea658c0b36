import { expect, test } from 'vitest';
import { runProcessSeeds } from '../faults/processes.ts';

test('whichever processes are killed, and whatever goes wrong between them, every card ends as its item', { timeout: 600_000 }, async () => {
  const lines: string[] = [];
  const { bad, struck, mongo } = await runProcessSeeds({ seeds: 20, print: (line) => void lines.push(line) });
  expect(bad, lines.join('\n')).toEqual([]);
  for (const fault of ['SIGKILL to a BFF', ...(mongo ? ['SIGKILL to MongoDB'] : []), 'webhooks: the next one is lost', 'Miro: reset', 'GitLab: 429']) expect(struck.get(fault), fault).toBeGreaterThan(0);
});
