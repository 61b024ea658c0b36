import { expect, test } from 'vitest';
import { buildLab } from '../connect/lab-page.ts';
import { buildPages } from '../connect/real-build.ts';

test('the pages are built with Munity’s package where it is installed', async () => {
  const code = await buildLab(true);
  expect(code).toContain('sdkCalls');
  expect(code).not.toContain('bundled from the module');
});

test('and without it where it is not, with nothing left to load later', async () => {
  const code = await buildLab(false);
  expect(code).not.toMatch(/sdkCalls|connectBySdk|import\(/);
  expect(code).toContain('IMPLEMENTATION = "native"');
});

test('what people fetch is built so too: the package is in the part that signs in', { timeout: 180_000 }, async () => {
  const code = await buildPages();
  expect(code).toContain('sdkCalls');
  expect(code).toContain('popup,width=640');
});
