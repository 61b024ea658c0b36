import { builtinModules, createRequire } from 'node:module';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { availableParallelism } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRunnableDevEnvironment, isRunnableDevEnvironment, type EnvironmentOptions, type Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { CLASSIC, classicJsx } from './plugin/jsx.ts';
import { plainImports, slimMirotone } from './plugin/mirotone.ts';
import { munitySdk } from './plugin/munity-sdk.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const pages = ['index', 'panel', 'card', 'settings', 'connect', 'signed-in'];

const ofBff = createRequire(at('./bff/package.json'));

/** Where a package of the BFF's lies, for what is built elsewhere and has the BFF in it. */
function fromBff(id: string): string {
  return builtinModules.includes(id) || id.startsWith('node:') ? id : pathToFileURL(ofBff.resolve(id)).href;
}

/** Code that runs in Node: ours is bundled, everything else stays an import of the package. */
function node(outDir: string, input: Record<string, string>, more: { emptyOutDir?: boolean; paths?: (id: string) => string } = {}): EnvironmentOptions {
  const ours = (id: string): boolean => /^[./]/.test(id) || id.startsWith('@tandem/') || /^[A-Za-z]:/.test(id);
  return {
    consumer: 'server',
    resolve: { noExternal: [/^@tandem\//] },
    dev: { createEnvironment: (name, config) => createRunnableDevEnvironment(name, config) },
    build: {
      outDir: at(outDir),
      emptyOutDir: more.emptyOutDir ?? true,
      sourcemap: true,
      target: 'node20',
      ssr: true,
      minify: false,
      rolldownOptions: {
        input,
        output: { entryFileNames: '[name].js', format: 'es', ...(more.paths ? { paths: more.paths } : {}) },
        external: (id: string) => builtinModules.includes(id) || id.startsWith('node:') || !ours(id),
      },
    },
  };
}

type Dev = { dev(base: string): Promise<{ handler(req: IncomingMessage, res: ServerResponse): void; html(page: string): string; stop(): Promise<void> }> };

/** `npm run dev`: the BFF, and without configuration the whole sandbox, inside Vite's own server; on an edit the module is loaded anew and the old instance stopped. */
function bffInDev(): Plugin {
  let ready: (() => Promise<Awaited<ReturnType<Dev['dev']>>>) | undefined;
  return {
    name: 'tandem-bff-in-dev',
    apply: 'serve',
    configureServer(server) {
      const environment = server.environments['sandbox'];
      if (process.env['VITEST'] || !environment || !isRunnableDevEnvironment(environment)) return;
      let loaded: Dev | undefined;
      let running: ReturnType<Dev['dev']> | undefined;
      const open = (ready = async () => {
        const module = await environment.runner.import<Dev>(at('./test/sandbox/dev.ts'));
        if (module !== loaded || !running) {
          loaded = module;
          const before = running;
          running = (async () => {
            await (await before)?.stop();
            return module.dev(`http://localhost:${server.config.server.port}`);
          })();
        }
        return running;
      });
      server.httpServer?.once('listening', () => void open().catch((error: unknown) => server.config.logger.error(String(error))));
      server.middlewares.use((req, res, next) => {
        if (!/^\/(api|auth|hooks|buttons|healthz|readyz)\b/.test(req.url ?? '')) return next();
        open().then((bff) => bff.handler(req, res), next);
      });
    },
    transformIndexHtml: { order: 'pre', handler: async (html) => (ready ? (await ready()).html(html) : html) },
  };
}

const suite = (name: string, include: string[], more: object = {}) => ({ extends: true as const, root: at('.'), test: { name, root: at('.'), include, ...more } });

export default defineConfig({
  root: at('./plugin'),
  envDir: at('./plugin'),
  appType: 'mpa',
  plugins: [slimMirotone(), plainImports(), classicJsx(), munitySdk(), bffInDev()],
  oxc: { jsx: CLASSIC },
  server: { port: Number(process.env['PORT'] ?? 3000), strictPort: true },
  builder: {},
  environments: {
    client: {
      build: {
        outDir: at('./plugin/dist'),
        emptyOutDir: true,
        // Beside the files, which do not name them: that would be the fiftieth part of what people fetch.
        sourcemap: 'hidden',
        target: 'es2022',
        modulePreload: { polyfill: false },
        rolldownOptions: { input: Object.fromEntries(pages.map((page) => [page, at(`./plugin/${page}.html`)])) },
      },
    },
    bff: node('./bff/dist', { main: at('./bff/src/main.ts') }),
    sandbox: node('./test/dist', { start: at('./test/sandbox/start.ts'), gitea: at('./test/gitea/start.ts'), traffic: at('./test/contract/traffic/main.ts') }),
    faults: node('./test/dist', { faults: at('./test/faults/main.ts') }, { emptyOutDir: false, paths: fromBff }),
    bench: node('./test/dist', { bench: at('./test/bench/main.ts') }, { emptyOutDir: false, paths: fromBff }),
    board: {
      consumer: 'client',
      build: {
        outDir: at('./test/dist/board'),
        emptyOutDir: true,
        target: 'es2022',
        modulePreload: false,
        rolldownOptions: {
          input: { board: at('./test/sandbox/board.ts'), shim: at('./test/sandbox/shim.ts') },
          output: { entryFileNames: '[name].js', assetFileNames: '[name][extname]', format: 'es' },
        },
      },
    },
  },
  test: {
    // Much of what the tests do is waiting: for processes that start, are killed and come back.
    maxWorkers: availableParallelism() + 1,
    // Patience costs nothing where all is well; a busy machine makes use of it.
    expect: { poll: { timeout: 30_000 } },
    testTimeout: 30_000,
    hookTimeout: 120_000,
    reporters: ['default', ['json', { outputFile: at('./.cache/vitest.json') }]],
    projects: [
      suite('unit', ['test/unit/**/*.test.ts?(x)', 'test/rules.test.ts']),
      suite('contract', ['test/contract/**/*.test.ts'], { testTimeout: 90_000 }),
      suite('flows', ['test/flows/**/*.test.ts'], { testTimeout: 90_000 }),
      suite('browser', ['test/panel/**/*.test.ts', 'test/browser/**/*.test.ts'], { testTimeout: 180_000, maxWorkers: 2, globalSetup: at('./test/browser/chromium.ts'), sequence: { groupOrder: 1 } }),
    ],
  },
});
