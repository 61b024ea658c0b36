import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { judged, shown, type Group } from './figure.ts';

const KB = 1024;

/** What the pages weigh, compressed. */
export const pages: Group = {
  names: ['panel.js', 'panel.css', 'panel.headless'],
  perStore: false,
  async run(bench) {
    const { dist, graph, named, gz } = builtPages(join(process.argv[1] ?? '', '../../../plugin/dist'));
    if (!existsSync(dist)) throw new Error('The pages are not built.');
    const weigh = (name: string, files: Iterable<string>, most: number): void => {
      const kilobytes = gz(files) / KB;
      bench.say({ name, value: shown(kilobytes, 'kB'), ...judged(kilobytes, { most }), budget: `≤ ${most} kB` });
    };
    weigh('panel.js.first', graph(named('panel.html', 'js'), false), 15);
    weigh('panel.js.whole', graph(named('panel.html', 'js'), true), 30);
    weigh('panel.css', named('panel.html', 'css'), 6);
    weigh('panel.headless', graph(named('index.html', 'js'), true), 2);
  },
};

/** The built pages in a folder. */
export function builtPages(dist: string) {
  /** The scripts or style sheets that a page names. */
  function named(page: string, kind: 'js' | 'css'): string[] {
    if (!existsSync(join(dist, page))) throw new Error('The pages are not built: run `npm run build` first.');
    const html = readFileSync(join(dist, page), 'utf8');
    return [...html.matchAll(/(?:src|href)="\.?\/?([^":]+)"/g)].map((match) => match[1] ?? '').filter((file) => file.endsWith(`.${kind}`));
  }

  /** Everything that these scripts import, themselves included; with `later`, also what they fetch on demand. */
  function graph(files: readonly string[], later: boolean, seen = new Set<string>()): Set<string> {
    for (const file of files) {
      if (seen.has(file)) continue;
      seen.add(file);
      const code = readFileSync(join(dist, file), 'utf8');
      const pattern = later ? /(?:from|import)\s*\(?\s*["'`](\.\/[^"'`]+\.js)["'`]/g : /(?:from|import)\s*["'](\.\/[^"']+\.js)["']/g;
      graph([...code.matchAll(pattern)].map((match) => join(dirname(file), match[1] ?? '')), later, seen);
    }
    return seen;
  }

  /** Bytes, compressed as web servers do at their best. */
  const gz = (files: Iterable<string>): number => [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file)), { level: 9 }).length, 0);

  return { dist, named, graph, gz };
}
