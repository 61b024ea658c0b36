import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { builtPages } from '../bench/pages.ts';

const { dist: DIST, named, graph, gz } = builtPages(fileURLToPath(new URL('../../plugin/dist', import.meta.url)));
const KB = 1024;

/** Fetched only by the form of a tool that is reached through Munity. */
const MUNITY = /\/munity-[\w-]+\.js$/;
/** Fetched only by those who have a tool with columns. */
const COLUMNS = /\/columns-[\w-]+\.js$/;

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

  test.each(['card.html', 'settings.html', 'connect.html'])('%s loads at most 30 kB, but for the columns of those who have any', (page) => {
    expect(gz([...graph(named(page, 'js'), true)].filter((file) => !COLUMNS.test(file)))).toBeLessThanOrEqual(30 * KB);
  });

  test('columns cost those who have any at most 10 kB more, and nobody else anything', () => {
    const entry = named('settings.html', 'js');
    const columns = [...graph(entry, true)].filter((file) => COLUMNS.test(file));
    expect(columns).toHaveLength(1);
    expect(graph(entry, false)).not.toContain(columns[0]);
    expect(gz(columns)).toBeLessThanOrEqual(10 * KB);
  });

  test.each(['panel.html', 'card.html', 'settings.html', 'connect.html'])('%s fetches signing in through Munity only when its form is shown', (page) => {
    const entry = named(page, 'js');
    const munity = [...graph(entry, true)].filter((file) => MUNITY.test(file));
    expect(munity).toHaveLength(1);
    expect(graph(entry, false)).not.toContain(munity[0]);
  });

  test.each(['panel.html', 'card.html', 'settings.html', 'connect.html'])('the style of %s is at most 6 kB', (page) => {
    expect(gz(named(page, 'css'))).toBeLessThanOrEqual(6 * KB);
  });

  test.each(['index.html', 'panel.html', 'card.html', 'settings.html', 'connect.html'])('%s names no other host than the SDK’s, if that, and runs nothing inline', (page) => {
    const html = readFileSync(join(DIST, page), 'utf8');
    const sdk = page === 'settings.html' || page === 'connect.html' ? [] : ['https://miro.com/app/static/sdk/v2/miro.js'];
    expect([...html.matchAll(/https?:\/\/[^"'\s)]+/g)].map(([url]) => url)).toEqual(sdk);
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=/);
    for (const file of named(page, 'css')) expect(readFileSync(join(DIST, file), 'utf8')).not.toMatch(/url\(|@import/);
  });
});
