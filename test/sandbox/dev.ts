import type { IncomingMessage, ServerResponse } from 'node:http';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '@tandem/bff/config';
import { openTandem } from '@tandem/bff/open';
import { createBuilder } from 'vite';
import { findRoot } from './root.ts';
import { startSandbox, type Sandbox } from './sandbox.ts';

/** A BFF inside the development server, and without a configured Miro app the simulators beside it. */
export interface Dev {
  handler(req: IncomingMessage, res: ServerResponse): void;
  /** The page with the address of the SDK that belongs to this Miro. */
  html(page: string): string;
  stop(): Promise<void>;
}

const SDK = 'https://miro.com/app/static/sdk/v2/miro.js';
const KEPT = Symbol.for('tandem.sandbox');

/** Opens the BFF for the origin that the development server has. The simulators outlive this module: an edit of the BFF must not empty the board. */
export async function dev(base: string): Promise<Dev> {
  const real = Boolean(process.env['MIRO_CLIENT_ID'] || process.env['MIRO_CLIENT_ID_FILE']);
  const config = readConfig({ ...process.env, ...(real ? {} : await sandboxEnv(base)) });
  const tandem = await openTandem(config, undefined);
  await tandem.start();
  return { handler: (req, res) => tandem.handler(req, res), html: (page) => page.replaceAll(SDK, config.miro.sdk), stop: () => tandem.stop() };
}

async function sandboxEnv(base: string): Promise<Record<string, string>> {
  const file = join(findRoot(), '.cache/dev.db');
  const kept = globalThis as { [KEPT]?: Promise<Sandbox> };
  kept[KEPT] ??= begin(base, file);
  return { ...(await kept[KEPT]).env(), TANDEM_STORE: process.env['TANDEM_STORE'] ?? `sqlite:${file}`, TANDEM_LOG: process.env['TANDEM_LOG'] ?? 'warn' };
}

async function begin(base: string, file: string): Promise<Sandbox> {
  const root = findRoot();
  mkdirSync(join(root, '.cache'), { recursive: true });
  for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
  const builder = await createBuilder({ configFile: join(root, 'vite.config.ts'), logLevel: 'warn' });
  const board = builder.environments['board'];
  if (board) await builder.build(board);
  const port = Number(process.env['SANDBOX_PORT'] ?? 3001);
  const sandbox = await startSandbox({ ports: { board: port, gitlab: port + 1, munity: port + 2, jira: port + 3, productboard: port + 4 }, bff: 'none', bffUrl: base });
  process.stdout.write(`\n  Pretend Miro with the panel as you edit it:  ${new URL('/', sandbox.boardUrl).href}\n\n`);
  return sandbox;
}
