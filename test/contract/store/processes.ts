import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';
import { afterAll } from 'vitest';
import type { Job } from './worker.ts';

/** A process that works on a store: the lines it said, and how it ended. */
export interface Worker {
  /** Waits until it has opened the store. */
  ready(): Promise<void>;
  /** Lets it begin. */
  go(): void;
  kill(): void;
  /** Waits for its end; answers its lines, its exit code or signal and what it complained about. */
  ended(): Promise<{ lines: string[]; code: number | null; signal: string | null; stderr: string }>;
  /** Waits until it has said so many lines. */
  said(count: number): Promise<void>;
}

const OUT = fileURLToPath(new URL(`../../../.cache/store-worker-${process.pid}`, import.meta.url));
const packages = createRequire(new URL('../../../bff/package.json', import.meta.url));

/** Packages stay imports, by their full path: the bundle lies where no node_modules can be found. */
const PATHS = Object.fromEntries(['mongoose', '@photostructure/sqlite'].map((name) => [name, pathToFileURL(packages.resolve(name)).href]));

let bundle: Promise<string> | undefined;

afterAll(() => rm(OUT, { recursive: true, force: true }));

async function bundled(): Promise<string> {
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: [/^@tandem\//] },
    build: {
      ssr: fileURLToPath(new URL('worker.ts', import.meta.url)),
      outDir: OUT,
      emptyOutDir: true,
      target: 'node20',
      minify: false,
      rolldownOptions: { external: Object.keys(PATHS), output: { paths: PATHS, entryFileNames: 'worker.mjs' } },
    },
  });
  return `${OUT}/worker.mjs`;
}

/** Starts a process of its own on the store; the worker is bundled once per test process. */
export async function work(job: Job, flags: readonly string[] = []): Promise<Worker> {
  const file = await (bundle ??= bundled());
  const child = spawn(process.execPath, [...flags, file, JSON.stringify(job)], { stdio: ['pipe', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const check of waiting) check();
  });
  const end = once(child, 'close');
  // A process that is killed may still be told to begin.
  child.stdin.on('error', () => {});

  async function said(count: number): Promise<void> {
    const enough = new Promise<void>((resolve) => {
      const check = (): void => {
        if (lines.length < count) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
    await Promise.race([enough, end]);
    if (lines.length < count) throw new Error(`The process ended after ${lines.length} lines: ${stderr}`);
  }

  return {
    ready: () => said(1),
    go: () => child.stdin.write('go\n'),
    kill: () => child.kill('SIGKILL'),
    said,
    async ended() {
      await end;
      return { lines: lines.slice(1), code: child.exitCode, signal: child.signalCode, stderr };
    },
  };
}
