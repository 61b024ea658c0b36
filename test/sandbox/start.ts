import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { findRoot } from './root.ts';
import { LOG_FILE, startSandbox } from './sandbox.ts';

/** `npm start`: the real BFF where a Miro app is configured, otherwise the sandbox. */
async function main(): Promise<void> {
  const { env } = process;
  if (env['MIRO_CLIENT_ID'] || env['MIRO_CLIENT_ID_FILE'] || env['NODE_ENV'] === 'production') serve();
  else await play();
}

/** The BFF alone, as if it had been started itself: same output, same signals, same exit code. */
function serve(): void {
  const child = spawn(process.execPath, ['--enable-source-maps', join(findRoot(), 'bff/dist/main.js')], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => fail(error.message));
  child.once('close', (code, signal) => {
    process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM').removeAllListeners('SIGHUP');
    if (signal) process.kill(process.pid, signal);
    else process.exit(code ?? 1);
  });
}

async function play(): Promise<void> {
  const board = port('SANDBOX_PORT', 3001);
  const ports = { app: port('PORT', 3000), board, gitlab: board + 1, munity: board + 2, jira: board + 3, productboard: board + 4 };
  for (const [name, number] of [['PORT', ports.app], ['SANDBOX_PORT', ports.board], ['SANDBOX_PORT', ports.gitlab], ['SANDBOX_PORT', ports.munity], ['SANDBOX_PORT', ports.jira], ['SANDBOX_PORT', ports.productboard]] as const) {
    if (!(await isFree(number))) fail(`Port ${number} is in use. Stop what uses it, or choose another: ${name}=${name === 'PORT' ? 3100 : 3101} npm start`);
  }

  let stopping = false;
  const sandbox = await startSandbox({
    ports,
    bff: 'child',
    bffUrl: `http://localhost:${ports.app}`,
    env: { ...store(), TANDEM_LOG: process.env['TANDEM_LOG'], NODE_ENV: undefined },
    ended: (code, tail) => {
      if (!stopping) process.stderr.write(`\nTandem ended by itself (${code}). Its last lines:\n\n${tail}\n\nThe whole log: ${LOG_FILE}. On the page, "Break things" starts it again.\n`);
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      process.stdout.write('\nStopping…\n');
      sandbox.close().then(() => process.exit(0), (error: unknown) => fail(String(error)));
    });
  }
  process.stdout.write(welcome(new URL('/', sandbox.boardUrl).href, { GitLab: sandbox.gitlab.url, Jira: sandbox.munity?.toolsUrl, Munity: sandbox.munity?.url, Tandem: `http://localhost:${ports.app}` }));
}

/** A new store at every start, unless it is to be kept; what is kept was sealed with a secret that must be kept too. */
function store(): Record<string, string> {
  const folder = join(findRoot(), '.cache');
  const [file, secretFile] = [join(folder, 'sandbox.db'), join(folder, 'sandbox.secret')];
  mkdirSync(folder, { recursive: true });
  if (process.env['SANDBOX_KEEP'] !== '1') for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
  if (process.env['SANDBOX_KEEP'] !== '1' || !existsSync(secretFile)) writeFileSync(secretFile, randomBytes(32).toString('base64'), { mode: 0o600 });
  return { TANDEM_STORE: process.env['TANDEM_STORE'] ?? `sqlite:${file}`, TANDEM_SECRET: readFileSync(secretFile, 'utf8') };
}

function port(name: string, usual: number): number {
  const given = process.env[name];
  const number = given ? Number(given) : usual;
  if (!Number.isInteger(number) || number < 1 || number > 65_532) fail(`${name} is no port number: ${given}.`);
  return number;
}

async function isFree(number: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(number, () => probe.close(() => resolve(true)));
  });
}

function welcome(board: string, others: Readonly<Record<string, string | undefined>>): string {
  const [bold, blue, dim, off] = process.stdout.isTTY ? ['\u001b[1m', '\u001b[36m', '\u001b[2m', '\u001b[0m'] : ['', '', '', ''];
  return `
  ${bold}Tandem's sandbox is ready.${off}

    Open   ${bold}${blue}${board}${off}

  A pretend Miro board, a pretend GitLab and Jira beside it, and the real Tandem
  between them. No account is needed, and nothing leaves this machine.

  ${dim}${Object.entries(others).flatMap(([name, url]) => (url === undefined ? [] : `${name} ${url}`)).join(' · ')}
  Log ${LOG_FILE}
  Stop with Ctrl-C. To serve a real Miro team, set MIRO_CLIENT_ID: see README.md.${off}

`;
}

function fail(message: string): never {
  process.stderr.write(`\n  ${message}\n\n`);
  process.exit(1);
}

main().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
