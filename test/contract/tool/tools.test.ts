import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { toolContract } from './contract.ts';
import { worlds } from './worlds.ts';

const folders = readdirSync(new URL('../../../bff/src/tools', import.meta.url), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);

it('there is a world for every tool folder', () => {
  expect(Object.keys(worlds).sort()).toEqual(folders.sort());
});

for (const folder of folders) {
  const open = worlds[folder];
  if (open) toolContract(folder, open);
}
