import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Process } from './switches.ts';

/** The BFF as a child process. */
export interface Bff extends Process {
  /** SIGTERM, and SIGKILL to one that does not listen; resolves when it has ended. */
  stop(): Promise<void>;
}

const START_TIMEOUT = 30_000;
const STOP_TIMEOUT = 10_000;
const TAIL = 30;

/** Starts the built BFF and waits until it is ready. Its log goes to a file; `ended` is told with its last lines when it ends unasked. */
export async function startBff(options: { script: string; url: string; env: NodeJS.ProcessEnv; log: string; ended: (code: number | string, tail: string) => void }): Promise<Bff> {
  let child: ChildProcess | undefined;
  let asked = false;
  let serving = false;
  mkdirSync(dirname(options.log), { recursive: true });
  const file = createWriteStream(options.log, { flags: 'w' });

  const start = async (): Promise<void> => {
    if (child) return;
    const tail: string[] = [];
    asked = false;
    const born = spawn(process.execPath, ['--enable-source-maps', options.script], { env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
    child = born;
    for (const stream of [born.stdout, born.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        file.write(chunk);
        tail.push(...chunk.toString().split('\n').filter(Boolean));
        tail.splice(0, tail.length - TAIL);
      });
    }
    const gone = new Promise<string>((resolve) => {
      born.once('error', (error) => resolve(error.message));
      born.once('close', (code, signal) => resolve(String(code ?? signal)));
    });
    const watch = async (): Promise<void> => {
      const code = await gone;
      if (child === born) {
        child = undefined;
        serving = false;
      }
      if (!asked) options.ended(code, tail.join('\n'));
    };
    void watch();
    await ready(options.url, () => child === born);
    serving = true;
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const dying = child;
    if (!dying) return;
    asked = true;
    const gone = new Promise((resolve) => dying.once('close', resolve));
    dying.kill(signal);
    const late = setTimeout(() => dying.kill('SIGKILL'), STOP_TIMEOUT);
    await gone;
    clearTimeout(late);
    child = undefined;
    serving = false;
  };

  await start();
  return {
    up: () => serving,
    start,
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM');
      file.end();
    },
  };
}

async function ready(url: string, alive: () => boolean): Promise<void> {
  const until = Date.now() + START_TIMEOUT;
  while (Date.now() < until) {
    if (!alive()) throw new Error('Tandem ended before it was ready.');
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    if (answer?.ok) return;
    await pause(50);
  }
  throw new Error(`Tandem was not ready within ${START_TIMEOUT / 1000} seconds.`);
}
