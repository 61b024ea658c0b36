import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';

const DIST = fileURLToPath(new URL('../../plugin/dist', import.meta.url));
const KB = 1024;

/** The scripts and style sheets that a page names. */
function named(page: string, kind: 'js' | 'css'): string[] {
  if (!existsSync(join(DIST, page))) throw new Error('The pages are not built: run `npm run build` first.');
  const html = readFileSync(join(DIST, page), 'utf8');
  return [...html.matchAll(/(?:src|href)="\.?\/?([^":]+)"/g)].map((match) => match[1] ?? '').filter((file) => file.endsWith(`.${kind}`));
}

/** Everything that these scripts import, themselves included; with `later`, also what they fetch on demand. */
function graph(files: readonly string[], later: boolean, seen = new Set<string>()): Set<string> {
  for (const file of files) {
    if (seen.has(file)) continue;
    seen.add(file);
    const code = readFileSync(join(DIST, file), 'utf8');
    const pattern = later ? /(?:from|import)\s*\(?\s*["'`](\.\/[^"'`]+\.js)["'`]/g : /(?:from|import)\s*["'](\.\/[^"']+\.js)["']/g;
    graph([...code.matchAll(pattern)].map((match) => join(dirname(file), match[1] ?? '')), later, seen);
  }
  return seen;
}

const gz = (files: Iterable<string>): number => [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length, 0);

describe('what the pages cost, compressed', () => {
  test('the headless page loads at most 2 kB', () => {
    expect(gz(graph(named('index.html', 'js'), true))).toBeLessThanOrEqual(2 * KB);
  });

  test('the panel loads at most 15 kB before it knows which view to show, and 30 kB if every view is opened', () => {
    const entry = named('panel.html', 'js');
    expect(gz(graph(entry, false))).toBeLessThanOrEqual(15 * KB);
    expect(graph(entry, true).size).toBeGreaterThan(graph(entry, false).size);
    expect(gz(graph(entry, true))).toBeLessThanOrEqual(30 * KB);
  });

  test('the card loads at most 30 kB', () => {
    expect(gz(graph(named('card.html', 'js'), true))).toBeLessThanOrEqual(30 * KB);
  });

  test('the settings load at most 30 kB', () => {
    expect(gz(graph(named('settings.html', 'js'), true))).toBeLessThanOrEqual(30 * KB);
  });

  test.each(['panel.html', 'card.html', 'settings.html'])('the style of %s is at most 6 kB', (page) => {
    expect(gz(named(page, 'css'))).toBeLessThanOrEqual(6 * KB);
  });

  test.each(['index.html', 'panel.html', 'card.html', 'settings.html'])('%s names no other host than the SDK’s, if that, and runs nothing inline', (page) => {
    const html = readFileSync(join(DIST, page), 'utf8');
    const sdk = page === 'settings.html' ? [] : ['https://miro.com/app/static/sdk/v2/miro.js'];
    expect([...html.matchAll(/https?:\/\/[^"'\s)]+/g)].map(([url]) => url)).toEqual(sdk);
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=/);
    for (const file of named(page, 'css')) expect(readFileSync(join(DIST, file), 'utf8')).not.toMatch(/url\(|@import/);
  });
});
