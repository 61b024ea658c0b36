import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { readMunity, type MunityConfig } from './munity-config.ts';

/** A third party that speaks OAuth, and where it is. */
export interface MiroConfig {
  readonly clientId: string;
  readonly clientSecret: string;
  /** REST API, `https://api.miro.com` */
  readonly api: string;
  /** consent pages, boards and the frames that may embed us, `https://miro.com` */
  readonly web: string;
  /** the Web SDK script that our pages load */
  readonly sdk: string;
}

/** A tool and where its configured site is; client id and secret add sign-in by consent there. */
export interface ToolConfig {
  readonly url: string;
  /** its API, where that is at an address of its own */
  readonly api?: string;
  readonly oauth?: { readonly clientId: string; readonly clientSecret: string };
}

/** Everything that the process is told from outside. */
export interface Config {
  /** our own public address, without a trailing slash */
  readonly url: string;
  readonly port: number;
  readonly store: string;
  /** sealing keys: the first seals, all open */
  readonly secrets: readonly [string, ...string[]];
  /** stable name of this process: it takes its own leases back at once after a crash */
  readonly instance: string;
  readonly trustProxy: boolean;
  readonly logLevel: string;
  readonly miro: MiroConfig;
  /** the tools that are on, by id */
  readonly tools: Readonly<Record<string, ToolConfig>>;
  readonly munity?: MunityConfig;
  /** members may name sites on private addresses */
  readonly allowPrivate: boolean;
  /** linking leaves a note with the card's address in the item */
  readonly backlinks: boolean;
  /** Miro user ids of those who administer every team; without any, whoever signed in first administers their team */
  readonly admins: readonly string[];
}

/** The environment cannot be used: every fault, one sentence each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`Configuration:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

type Env = Readonly<Record<string, string | undefined>>;

/** Reads the environment; each variable may also be given as `NAME_FILE`. Throws a {@link ConfigError} with all faults at once. */
export function readConfig(env: Env): Config {
  const faults: string[] = [];
  const read = (name: string): string | undefined => {
    const file = env[`${name}_FILE`];
    if (!file) return env[name]?.trim() || undefined;
    if (env[name]) faults.push(`${name} and ${name}_FILE are both set. Keep one.`);
    try {
      return readFileSync(file, 'utf8').trim() || undefined;
    } catch (error) {
      faults.push(`${name}_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
      return undefined;
    }
  };
  const must = (name: string, why: string): string => {
    const value = read(name);
    if (!value) faults.push(`${name} is missing: ${why}`);
    return value ?? '';
  };
  const address = (name: string, value: string | undefined): string | undefined => {
    if (!value) return undefined;
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url && /^https?:$/.test(url.protocol) && !url.username && !url.search && !url.hash) return value.replace(/\/+$/, '');
    faults.push(`${name} is no web address: ${value}. Example: https://tandem.example.org`);
    return undefined;
  };

  const port = Number(read('PORT') ?? 3000);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) faults.push(`PORT is no port number: ${read('PORT')}.`);
  const url = address('TANDEM_URL', must('TANDEM_URL', 'the public address of this BFF, as browsers and webhooks reach it.')) ?? '';
  const store = read('TANDEM_STORE') ?? 'sqlite:./tandem.db';
  if (!/^(sqlite:.+|mongodb(\+srv)?:\/\/.+)$/.test(store)) faults.push('TANDEM_STORE must be sqlite:<file> or a mongodb:// address.');
  const sealing = must('TANDEM_SECRET', 'at least 32 characters that seal the tokens, for example from `openssl rand -base64 32`.');
  const secrets = listed(sealing);
  if (secrets.length === 0 && sealing) faults.push('TANDEM_SECRET holds no secret.');
  if (secrets.length > 2) faults.push('TANDEM_SECRET holds more than two secrets: the new one and, during rotation, the old one.');
  if (secrets.some((secret) => secret.length < 32)) faults.push('TANDEM_SECRET is too short: each secret needs at least 32 characters.');
  const flag = (name: string, otherwise: boolean): boolean => {
    const value = read(name);
    if (value !== undefined && !/^(0|1|true|false)$/.test(value)) faults.push(`${name} must be 1 or 0.`);
    return value === undefined ? otherwise : value === '1' || value === 'true';
  };
  const trustProxy = flag('TANDEM_TRUST_PROXY', false);
  const allowPrivate = flag('TANDEM_ALLOW_PRIVATE', false);
  const backlinks = flag('TANDEM_BACKLINK', true);
  const admins = listed(read('TANDEM_ADMINS'));
  for (const admin of admins) if (!/^\d{1,32}$/.test(admin)) faults.push(`TANDEM_ADMINS holds something that is no Miro user id: ${admin}. Ids are numbers, separated by commas; the settings page shows yours.`);
  const logLevel = read('TANDEM_LOG') ?? 'info';
  if (!['debug', 'info', 'warn', 'error', 'silent'].includes(logLevel)) faults.push('TANDEM_LOG must be debug, info, warn, error or silent.');
  const miro = {
    clientId: must('MIRO_CLIENT_ID', 'the client id of your Miro app.'),
    clientSecret: must('MIRO_CLIENT_SECRET', 'the client secret of your Miro app.'),
    api: address('MIRO_API_URL', read('MIRO_API_URL')) ?? 'https://api.miro.com',
    web: address('MIRO_WEB_URL', read('MIRO_WEB_URL')) ?? 'https://miro.com',
    sdk: address('MIRO_SDK_URL', read('MIRO_SDK_URL')) ?? 'https://miro.com/app/static/sdk/v2/miro.js',
  };
  const tools: Record<string, ToolConfig> = {};
  for (const tool of ['gitlab', 'gitea']) {
    const name = tool.toUpperCase();
    const site = address(`${name}_URL`, read(`${name}_URL`));
    const [clientId, clientSecret] = [read(`${name}_CLIENT_ID`), read(`${name}_CLIENT_SECRET`)];
    if (Boolean(clientId) !== Boolean(clientSecret)) faults.push(`${name}_CLIENT_ID and ${name}_CLIENT_SECRET come together: set both, or neither.`);
    if (clientId && !read(`${name}_URL`)) faults.push(`${name}_CLIENT_ID is set without ${name}_URL, the site where that application is registered.`);
    if (site) tools[tool] = { url: site, ...(clientId && clientSecret ? { oauth: { clientId, clientSecret } } : {}) };
  }
  const munity = readMunity({ read, address, fault: (sentence) => void faults.push(sentence) });
  const [workspace, productboard] = [address('PRODUCTBOARD_URL', read('PRODUCTBOARD_URL')), address('PRODUCTBOARD_API_URL', read('PRODUCTBOARD_API_URL'))];
  if (productboard && !read('PRODUCTBOARD_URL')) faults.push('PRODUCTBOARD_API_URL is set without PRODUCTBOARD_URL, the address of your workspace.');
  if (workspace) tools['productboard'] = { url: workspace, api: productboard ?? 'https://api.productboard.com' };
  const instance = read('TANDEM_INSTANCE') ?? `${hostname()}:${port}`;

  if (faults.length > 0) throw new ConfigError(faults);
  return { url, port, store, secrets: secrets as [string, ...string[]], instance, trustProxy, logLevel, miro, tools, ...(munity ? { munity } : {}), allowPrivate, backlinks, admins };
}

function listed(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
}
