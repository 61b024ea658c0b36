import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const PACKAGE = '@munityapps/sdk-frontend';

/** Munity's own package where Node finds it from `folder`, else `undefined`: decided when the pages are built, so that a click never waits for code, and no build needs a package that the registry may not have. */
export function munitySdk(folder: URL = new URL('./', import.meta.url)): Plugin {
  return {
    name: 'tandem-munity-sdk',
    resolveId: { filter: { id: /^virtual:munity-sdk$/ }, handler: (id) => `\0${id}` },
    load: {
      filter: { id: /^\0virtual:munity-sdk$/ },
      async handler() {
        const found = isInstalled(folder) ? await this.resolve(PACKAGE, fileURLToPath(new URL('package.json', folder))) : null;
        return found ? `export * as sdk from ${JSON.stringify(found.id)};` : 'export const sdk = undefined;';
      },
    },
  };
}

/** Asked of Node, because Vite stands in for an optional package that is missing. */
function isInstalled(folder: URL): boolean {
  try {
    createRequire(folder).resolve(PACKAGE);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return false;
    throw error;
  }
}
