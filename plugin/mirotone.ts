import type { Plugin } from 'vite';

/** Mirotone's style sheet without its web-font import (a request to a third host). */
export function slimMirotone(): Plugin {
  return {
    name: 'tandem-slim-mirotone',
    enforce: 'pre',
    transform: (code, id) => (/mirotone.*\.css/.test(id) ? code.replace(/@import\s+url\([^)]*\);?/g, '') : null),
  };
}
