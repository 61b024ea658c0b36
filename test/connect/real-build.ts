import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBuilder } from 'vite';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const ROOT = at('../..');

/** The chunk that signs in through Munity, of the pages as the repository's own configuration builds them from a copy of them where Munity's package is installed (a stand-in). */
export async function buildPages(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-pages-'));
  try {
    for (const part of ['vite.config.ts', 'package.json', 'plugin']) cpSync(join(ROOT, part), join(folder, part), { recursive: true, filter: (path) => !['node_modules', 'dist'].includes(basename(path)) });
    for (const part of ['node_modules', 'shared']) symlinkSync(join(ROOT, part), join(folder, part), 'dir');
    const packages = join(folder, 'plugin', 'node_modules');
    mkdirSync(join(packages, '@munityapps'), { recursive: true });
    for (const name of readdirSync(join(ROOT, 'plugin', 'node_modules'))) symlinkSync(join(ROOT, 'plugin', 'node_modules', name), join(packages, name), 'dir');
    symlinkSync(at('./sdk'), join(packages, '@munityapps', 'sdk-frontend'), 'dir');
    const builder = await createBuilder({ configFile: join(folder, 'vite.config.ts'), logLevel: 'error' });
    const { client } = builder.environments;
    if (!client) throw new Error('the configuration builds no pages');
    await builder.build(client);
    const assets = join(folder, 'plugin', 'dist', 'assets');
    return readdirSync(assets).filter((name) => /^munity-.*\.js$/.test(name)).map((name) => readFileSync(join(assets, name), 'utf8')).join('');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
