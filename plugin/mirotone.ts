import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const SOURCES = fileURLToPath(new URL('./src', import.meta.url));
/** Element selectors worth having; Mirotone styles every heading and paragraph, which our own rules do themselves. */
const ELEMENTS = new Set(['body', 'html']);
/** Icons, what only other or older engines understand, and links that look like buttons: we have none of these. */
const NEVER = /icon-|:-(?:ms|moz|webkit)-|\ba\.button/;

/** Mirotone's style sheet without its web-font import (a request to a third host) and, in a build, without every rule and variable that our sources do not use. */
export function slimMirotone(): Plugin {
  let building = false;
  return {
    name: 'tandem-slim-mirotone',
    enforce: 'pre',
    configResolved: (config) => {
      building = config.command === 'build';
    },
    transform: (code, id) => {
      const path = id.split('?')[0] ?? '';
      if (!path.endsWith('.css') || !path.includes('mirotone')) return null;
      const offline = code.replace(/@import\s+url\([^)]*\);?/g, '');
      return building ? purge(offline, sourceText(SOURCES)) : offline;
    },
  };
}

/** All of our sources as one text. */
function sourceText(folder: string): string {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(?:tsx?|css)$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
}

/** Keeps the rules whose classes all occur in the class attributes of `sources`, no icons, with the values of the variables written out, and the variables that `sources` refer to. */
export function purge(css: string, sources: string): string {
  const used = classesIn(sources);
  const [variables, ...rest] = rulesOf(css);
  const kept = rest.flatMap(({ selector, body }) => {
    if (body.includes('url(')) return [];
    const wanted = selector.startsWith('@') ? (selector.startsWith('@keyframes') ? [selector] : []) : selector.split(',').filter((one) => isUsed(one, used));
    return wanted.length > 0 ? [`${wanted.join(',')}{${body}}`] : [];
  });
  const values = valuesOf(variables?.body ?? '');
  const rules = kept.join('');
  const own = new Set([...rules.matchAll(/[{;](--[\w-]+):/g)].map(([, name]) => name));
  const written = rules.replace(VARIABLE, (whole, name: string) => (own.has(name) ? whole : (values.get(name) ?? whole)));
  const named = new Set([...sources.matchAll(VARIABLE)].map(([, name]) => name ?? ''));
  const root = [...named].flatMap((name) => (values.has(name) ? [`${name}:${values.get(name)}`] : []));
  return `:root{${root.join(';')}}${written}`;
}

const VARIABLE = /var\((--[\w-]+)\)/g;

/** The class names in `class="…"` and `class={…}`. A name that is put together, such as `button-${kind}`, stands for every one whose rest occurs somewhere as a string. */
function classesIn(sources: string): (name: string) => boolean {
  const attributes = [...sources.matchAll(/[cC]lass=(?=["{])/g)].map((match) => valueAt(sources, match.index + match[0].length)).join(' ');
  const names = new Set(attributes.match(/[\w-]+/g));
  const beginnings = [...names].filter((name) => name.endsWith('-'));
  const strings = new Set([...sources.matchAll(/'([\w-]+)'/g)].map((match) => match[1]));
  return (name) => names.has(name) || beginnings.some((begin) => name.startsWith(begin) && strings.has(name.slice(begin.length)));
}

/** The attribute value that begins here: a quoted text or a braced expression. */
function valueAt(text: string, start: number): string {
  if (text[start] === '"') return text.slice(start, text.indexOf('"', start + 1));
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === '{') depth++;
    if (text[at] === '}' && --depth === 0) return text.slice(start, at);
  }
  return '';
}

function isUsed(selector: string, used: (name: string) => boolean): boolean {
  if (NEVER.test(selector)) return false;
  const classes = [...selector.matchAll(/\.([\w-]+)/g)].map((match) => match[1] ?? '');
  return classes.length > 0 ? classes.every(used) : ELEMENTS.has(selector.trim());
}

/** The variables that these declarations define, each as its value without other variables. */
function valuesOf(declarations: string): ReadonlyMap<string, string> {
  const all = new Map(declarations.split(';').map((one) => [one.slice(0, one.indexOf(':')).trim(), one.slice(one.indexOf(':') + 1).trim()] as const));
  const resolve = (value: string): string => value.replace(VARIABLE, (whole, name: string) => (all.has(name) ? resolve(all.get(name) ?? '') : whole));
  return new Map([...all].map(([name, value]) => [name, resolve(value)]));
}

/** Top-level rules; the body of an at-rule stays one text. */
function rulesOf(css: string): { selector: string; body: string }[] {
  const rules: { selector: string; body: string }[] = [];
  let depth = 0;
  let from = 0;
  let open = 0;
  for (let at = 0; at < css.length; at++) {
    if (css[at] === '{' && depth++ === 0) open = at;
    if (css[at] === '}' && --depth === 0) {
      rules.push({ selector: css.slice(from, open).trim(), body: css.slice(open + 1, at) });
      from = at + 1;
    }
  }
  return rules;
}

/** The pages' shared parts, named so that each page loads few files that compress well: what all need at once, what pages outside Miro have, and what shows items and connects accounts. Everything else is left to the bundler. */
const PARTS: readonly (readonly [name: string, modules: RegExp])[] = [
  ['base', /\/mirotone\/|vite\/preload-helper|styles\/(?:base|controls|pickers|pieces|states)\.|\/preact\/|plugin\/src\/(?:mount|signal|signal-views)\.|plugin\/src\/(?:api|board|state\/(?:account|load)|ui\/(?:announcer|button|callout|empty-state|error-state|field|first-error|icon|lazy|listen|offline-bar|skeleton))\.|shared\/src\/ref\./],
  ['alone', /plugin\/src\/(?:web-session|views\/settings\/door)\.|styles\/settings\./],
  ['parts', /plugin\/src\/(?:views\/(?:connect-form|disconnect|name-site|outside|pickers|sign-in|sign-in-window|site-mark)|state\/(?:field-errors|sending|sign-in)|ui\/(?:ago|avatar|chip|confirm|external-link|picker|segmented|short-key))\./],
];

/** Where Vite writes the list of files that an `import()` will need. */
const LIST = '__VITE_PRELOAD__';

/** Vite wraps every `import()` so that style sheets of the fetched part are loaded first. Our parts are few and have none: the wrapper's 1.2 kB become a call, and its lists of file names nothing. */
export function plainImports(): Plugin {
  return {
    name: 'tandem-plain-imports',
    enforce: 'pre',
    apply: 'build',
    configEnvironment: (name) =>
      name === 'client' ? { build: { rolldownOptions: { output: { codeSplitting: { groups: PARTS.map(([part, test], at) => ({ name: part, test, priority: PARTS.length - at })) } } } } } : null,
    generateBundle: (_, bundle) => {
      // As long as the marker, so that the source maps stay true.
      for (const file of Object.values(bundle)) if (file.type === 'chunk') file.code = file.code.replaceAll(LIST, '0'.padEnd(LIST.length));
    },
    load: { filter: { id: /vite\/preload-helper\.js$/ }, handler: () => 'export const __vitePreload = (load) => load();' },
  };
}
