import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Rolldown } from 'vite';
import { munitySdk } from '../../plugin/munity-sdk.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The page of `lab.ts` as one script, built with Munity's package installed (a stand-in, outside the repository's own packages) or without. */
export async function buildLab(installed: boolean): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-sdk-'));
  try {
    writeFileSync(join(folder, 'package.json'), '{}');
    if (installed) {
      mkdirSync(join(folder, 'node_modules', '@munityapps'), { recursive: true });
      symlinkSync(at('./sdk'), join(folder, 'node_modules', '@munityapps', 'sdk-frontend'), 'dir');
    }
    const output = await build({
      configFile: false,
      root: at('.'),
      logLevel: 'error',
      plugins: [munitySdk(pathToFileURL(`${folder}/`))],
      build: { write: false, minify: false, lib: { entry: at('./lab.ts'), formats: ['iife'], name: 'page' } },
    });
    const [bundle] = Array.isArray(output) ? output : [output as Rolldown.RolldownOutput];
    const chunk = bundle?.output[0];
    if (!chunk) throw new Error('nothing was built');
    return chunk.code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
