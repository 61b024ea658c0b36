import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { ConfigError, readConfig } from './config.ts';
import { TandemError } from './errors.ts';
import { openTandem } from './open.ts';

/** sysexits.h EX_CONFIG: a supervisor should not try again. */
const EX_CONFIG = 78;
/** How long a graceful stop may take before the process ends all the same. */
const PATIENCE = 10_000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const tandem = await openTandem(config, fileURLToPath(new URL('../../plugin/dist', import.meta.url)));
  const { log } = tandem;

  const server = createServer({ connectionsCheckingInterval: 1000, headersTimeout: 10_000, requestTimeout: 15_000, keepAliveTimeout: 20_000 }, tandem.handler);
  server.maxHeadersCount = 100;
  await new Promise<void>((resolve, reject) => {
    server.on('error', (error) => log.error({ err: error }, 'server error'));
    server.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE' ? new TandemError('unavailable', `Port ${config.port} is taken. Stop what uses it, or set PORT.`) : error));
    server.listen(config.port, resolve);
  });
  await tandem.start();
  log.info({ url: config.url, port: config.port, store: config.store.replace(/\/\/[^@/]*@/, '//'), tools: Object.keys(config.tools) }, 'tandem is up');

  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'tandem stops');
    setTimeout(() => {
      log.error('tandem did not stop in time; what was running is still due and will be done at the next start');
      process.exit(1);
    }, PATIENCE).unref();
    // Requests that are under way may still need the store: it closes after the last of them.
    const served = new Promise<void>((resolve) => void server.close(() => resolve()));
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), PATIENCE / 2).unref();
    Promise.all([served, tandem.retire(PATIENCE * 0.7)])
      .then(() => tandem.stop())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'tandem stopped with an error');
          process.exit(1);
        },
      );
  };
  process.once('SIGTERM', () => stop('SIGTERM'));
  process.once('SIGINT', () => stop('SIGINT'));
}

main().catch((error: unknown) => {
  const text = error instanceof ConfigError ? `${error.message}\nEvery variable is explained in README.md.` : error instanceof TandemError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(error instanceof ConfigError ? EX_CONFIG : 1);
});
