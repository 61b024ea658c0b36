import type { Plugin } from 'vite';

/** How JSX is compiled: to `h(type, properties, ...children)`, which is a twentieth shorter than the newer form and needs no module of its own. */
export const CLASSIC = { runtime: 'classic', pragma: 'jsxH', pragmaFrag: 'jsxFragment' } as const;

/** Imports what compiled JSX calls into every view, on the line of its first import, so that the lines of the source maps stay true. */
export function classicJsx(): Plugin {
  return {
    name: 'tandem-classic-jsx',
    enforce: 'pre',
    transform: { filter: { id: /\/plugin\/src\/[^?]*\.tsx$/ }, handler: (code) => ({ code: `import { h as ${CLASSIC.pragma}, Fragment as ${CLASSIC.pragmaFrag} } from 'preact';${code}`, map: null }) },
  };
}
