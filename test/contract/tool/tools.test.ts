import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { toolContract } from './contract.ts';
import { worlds } from './worlds.ts';

const folders = readdirSync(new URL('../../../bff/src/tools', import.meta.url), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);

/** Tools without all the capabilities that the contract proves have stories of their own: `productboard.test.ts` beside this, and `flows/munity.test.ts`, `flows/munity-account.test.ts` and `unit/tool-munity.test.ts`. */
const PARTIAL = new Set(['munity', 'productboard']);

it('there is a world for every tool folder', () => {
  expect(Object.keys(worlds).sort()).toEqual(folders.filter((folder) => !PARTIAL.has(folder)).sort());
});

for (const folder of folders) {
  const open = worlds[folder];
  if (open) toolContract(folder, open);
}
