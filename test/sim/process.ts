import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A BFF in a process of its own, as it runs in production. */
export interface BffProcess {
  /** Resolves when it is ready; rejects when it ended instead, with what it printed. */
  readonly ready: Promise<void>;
  /** Ends it and resolves with how it ended: an exit code, or the signal's name. */
  end(signal: NodeJS.Signals): Promise<number | string>;
  /** Resolves when it ended by itself. */
  readonly ended: Promise<number | string>;
  readonly pid: number;
}

/** The built BFF. */
export const MAIN = fileURLToPath(new URL('../../bff/dist/main.js', import.meta.url));

/** Starts the built BFF with exactly this environment; `onLine` gets what it logs. `program`: what Node runs in its place, with flags and arguments, and says the same when it is up. */
export function startBff(env: Readonly<Record<string, string>>, onLine: (line: string) => void = () => undefined, program: readonly string[] = [MAIN]): BffProcess {
  if (!existsSync(MAIN)) throw new Error('bff/dist/main.js is missing. Build first: npx pnpm run build');
  const child: ChildProcess = spawn(process.execPath, ['--enable-source-maps', ...program], { env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  let rest = '';
  const take = (chunk: Buffer): void => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      output.push(line);
      onLine(line);
      if (line.includes('"tandem is up"')) up();
    }
  };
  let up = (): void => undefined;
  const started = new Promise<void>((resolve) => {
    up = resolve;
  });
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  const ended = new Promise<number | string>((resolve) => void child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown')));
  const cleanUp = (): void => void child.kill('SIGKILL');
  process.once('exit', cleanUp);
  void ended.then(() => process.off('exit', cleanUp));
  return {
    ready: Promise.race([started, ended.then((how) => Promise.reject(new Error(`the BFF ended (${how}):\n${output.join('\n')}\n${rest}`)))]),
    ended,
    pid: child.pid ?? 0,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
