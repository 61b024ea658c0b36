import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

/** Who may import whom. Each folder or file, and what it may import besides itself; the first rule that fits a file counts. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SHELL = ['shared/', 'bff/src/ports', 'bff/src/errors', 'bff/src/crypto', 'bff/src/jwt', 'bff/src/http', 'bff/src/addresses', 'bff/src/bearer', 'bff/src/log', 'bff/src/timers', 'bff/src/config', 'bff/src/munity-config', 'bff/src/text/'];
/** What the tools have in common; none of them may know another. */
const COMMON = ['bff/src/tools/issue.ts', 'bff/src/tools/record.ts'];
const RULES: readonly (readonly [from: string, to: readonly string[]])[] = [
  ['shared/src/', []],
  ['plugin/src/', ['shared/']],
  ['bff/src/main.ts', ['bff/src/']],
  ['bff/src/open.ts', ['bff/src/']],
  ['bff/src/tools/index.ts', [...SHELL, 'bff/src/tools/']],
  ...COMMON.map((file): [string, string[]] => [file, SHELL]),
  ['bff/src/tools/', [...SHELL, ...COMMON]],
  ['bff/src/miro/', SHELL],
  ['bff/src/store/', ['shared/', 'bff/src/errors', 'bff/src/crypto']],
  ['bff/src/access/', [...SHELL, 'bff/src/store/store', 'bff/src/miro/sign-in']],
  ['bff/src/sync/', [...SHELL, 'bff/src/deps', 'bff/src/access/', 'bff/src/store/store', 'bff/src/miro/sign-in']],
  ['bff/src/services/', [...SHELL, 'bff/src/deps', 'bff/src/access/', 'bff/src/sync/', 'bff/src/store/store', 'bff/src/miro/sign-in']],
  ['bff/src/middleware/', SHELL],
  ['bff/src/routes/', [...SHELL, 'bff/src/services/', 'bff/src/access/', 'bff/src/sync/inbox', 'bff/src/middleware/']],
  ['bff/src/app.ts', [...SHELL, 'bff/src/middleware/']],
  ['bff/src/deps.ts', [...SHELL, 'bff/src/access/', 'bff/src/store/store']],
  ['bff/src/text/', ['shared/']],
  ['bff/src/', SHELL],
];

interface Import {
  readonly from: string;
  readonly to: string;
}

const sources = ['shared/src', 'plugin/src', 'bff/src'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name)),
);

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].flatMap(([, target = '']) => {
    if (target.startsWith('.')) return [{ from: file, to: relative(ROOT, resolve(ROOT, dirname(file), target)) }];
    return target.startsWith('@tandem/') ? [{ from: file, to: target.slice('@tandem/'.length).replace('/', '/src/') }] : [];
  });
}

describe('the house', () => {
  test('nobody imports from a room that is not theirs to enter', () => {
    const trespasses = sources.flatMap(importsOf).filter(({ from, to }) => {
      const [own, allowed] = RULES.find(([prefix]) => from.startsWith(prefix)) ?? ['', []];
      const tool = /^bff\/src\/tools\/([\w-]+)\//.exec(from)?.[1];
      const home = tool ? `bff/src/tools/${tool}/` : own.endsWith('/') && own !== 'bff/src/' ? own : from;
      return !to.startsWith(home) && !allowed.some((prefix) => to.startsWith(prefix));
    });
    expect(trespasses).toEqual([]);
  });

  test('only config.ts and main.ts read the environment, and only board.ts and board-events.ts touch miro', () => {
    const reads = (pattern: RegExp): string[] => sources.filter((file) => pattern.test(readFileSync(join(ROOT, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')));
    expect(reads(/process\.env/)).toEqual(['bff/src/main.ts']);
    expect(reads(/\bmiro\.board\b/)).toEqual(['plugin/src/board-events.ts', 'plugin/src/board.ts']);
  });

  test('shared needs no package, and the pages need no schema library', () => {
    const named = (folder: string): string[] =>
      sources.filter((file) => file.startsWith(folder)).flatMap((file) => [...readFileSync(join(ROOT, file), 'utf8').matchAll(/from '([^.@'][^']*)'/g)].map(([, name = '']) => name));
    expect(named('shared/')).toEqual([]);
    expect(named('plugin/').filter((name) => name.startsWith('zod'))).toEqual([]);
  });
});
