import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder, from wherever in it this code was built to. */
export function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'pnpm-workspace.yaml'))) {
    const up = dirname(folder);
    if (up === folder) throw new Error('pnpm-workspace.yaml is not above this file: run the sandbox inside the repository.');
    folder = up;
  }
  return folder;
}
