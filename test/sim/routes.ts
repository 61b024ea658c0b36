import { readdirSync, readFileSync } from 'node:fs';

/** Every route that the sources declare, `METHOD path`; the built pages, whose paths are file names, are none of these. */
export function declaredRoutes(): string[] {
  const folder = new URL('../../bff/src/routes/', import.meta.url);
  return readdirSync(folder).flatMap((file) => {
    const source = readFileSync(new URL(file, folder), 'utf8');
    const prefix = /prefix: '([^']*)'/.exec(source)?.[1] ?? '';
    const found = [...source.matchAll(/routes\.(get|post|put|patch|delete)\('([^']+)'/g)].map(([, method = '', path = '']) => `${method.toUpperCase()} ${prefix}${path === '/' && prefix ? '' : path}`);
    const calls = source.match(/routes\.(?!use)\w+\(/g)?.length ?? 0;
    if (file !== 'pages.ts' && calls !== found.length) throw new Error(`${file} declares routes in a way that this test does not read.`);
    return found;
  });
}
