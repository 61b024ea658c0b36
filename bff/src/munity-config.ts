import { createPrivateKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';

/** How a connector's items are written: Munity documents no such call, so whoever has one names it. Placeholders `{customer}` and `{id}` in the path; `body` maps our fields to Munity's. */
export interface MunityWrite {
  readonly method: 'PATCH' | 'PUT' | 'POST';
  readonly path: string;
  readonly body: Readonly<Partial<Record<'title' | 'description' | 'status', string | undefined>>>;
}

/** Munity, the unified API in front of other tools. What its documents leave open is a setting (facts: its own site, doc.munityapps.com). */
export interface MunityConfig {
  readonly api: string;
  readonly sse: string;
  readonly workspace: string;
  /** PKCS#8, RSA: signs connect secrets */
  readonly key: KeyObject;
  readonly apiKey: string;
  readonly scheme: string;
  /** in the webhook's path, its only proof */
  readonly webhookToken: string;
  /** slugs: `jira` */
  readonly connectors: readonly string[];
  readonly connectUrl: string;
  readonly eventsUrl: string;
  /** seconds that a connect secret lives */
  readonly secretLife: number;
  /** which of a customer's ids Munity wants in an address: the one that we gave it, or its own */
  readonly customerId: 'ours' | 'uuid';
  /** what the resources are called below `/v1/customers/<customer>/` */
  readonly paths: Readonly<Record<'projects' | 'issues' | 'users' | 'statuses', string>>;
  /** connectors that can be written */
  readonly writes: Readonly<Record<string, MunityWrite>>;
  /** per connector, where a field is in `last_raw_data`: `fields.status.name`, `column_values[id=due].text` */
  readonly fields: Readonly<Record<string, Readonly<Partial<Record<'status' | 'assignee' | 'due' | 'description' | 'url', string | undefined>>>>>;
}

const CONNECT = '{api_url}/v1/credentials/{connector}/register?secret={secret}&ws_room={uuid}';
const EVENTS = '{sse_url}/events/?uuid={uuid}';
const PATHS = { projects: 'pm-projects', issues: 'pm-issues', users: 'pm-users', statuses: 'pm-issue-statuses' } as const;

const Paths = z.strictObject({ projects: z.string().default(PATHS.projects), issues: z.string().default(PATHS.issues), users: z.string().default(PATHS.users), statuses: z.string().default(PATHS.statuses) });
const Write = z.strictObject({ method: z.enum(['PATCH', 'PUT', 'POST']), path: z.string().startsWith('/'), body: z.strictObject({ title: z.string(), description: z.string(), status: z.string() }).partial() });
const Fields = z.strictObject({ status: z.string(), assignee: z.string(), due: z.string(), description: z.string(), url: z.string() }).partial();

/** How the environment is read and its faults are told. */
interface Reading {
  readonly read: (name: string) => string | undefined;
  readonly address: (name: string, value: string | undefined) => string | undefined;
  readonly fault: (sentence: string) => void;
}

/** Munity's settings: off when none of the needed ones is given, a fault when only some are. */
export function readMunity({ read, address, fault }: Reading): MunityConfig | undefined {
  const needed = { MUNITY_WORKSPACE_ID: 'the id of your workspace', MUNITY_PRIVATE_KEY: 'the certificate of your workspace', MUNITY_API_KEY: 'an API key', MUNITY_WEBHOOK_TOKEN: 'an unguessable word for the webhook’s address', MUNITY_CONNECTORS: 'the connectors that are on, such as jira' };
  const given = Object.keys(needed).filter((name) => read(name));
  const on = given.length > 0;
  for (const [name, what] of Object.entries(needed)) if (on && !read(name)) fault(`${name} is missing: ${what}. Munity needs all of ${Object.keys(needed).join(', ')}, or none.`);

  const connectors = (read('MUNITY_CONNECTORS') ?? '').split(',').map((one) => one.trim()).filter(Boolean);
  for (const one of connectors) if (!/^[a-z0-9][a-z0-9_-]{0,40}$/.test(one)) fault(`MUNITY_CONNECTORS holds something that is no connector’s name: ${one}. They are short words such as jira, separated by commas.`);
  const token = read('MUNITY_WEBHOOK_TOKEN') ?? '';
  if (token && !/^[\w-]{22,200}$/.test(token)) fault('MUNITY_WEBHOOK_TOKEN must be at least 22 letters and digits that nobody can guess: it is the only proof that a webhook comes from Munity.');
  const life = Number(read('MUNITY_SECRET_LIFE') ?? 900);
  if (!Number.isInteger(life) || life < 60 || life > 3600) fault('MUNITY_SECRET_LIFE is no number of seconds between 60 and 3600.');
  const template = (name: string, otherwise: string, parts: readonly string[]): string => {
    const value = read(name) ?? otherwise;
    for (const part of parts) if (!value.includes(part)) fault(`${name} must hold ${part}.`);
    return value;
  };
  const json = <T>(name: string, shape: z.ZodType<T>, otherwise: T): T => {
    const text = read(name);
    if (text === undefined) return otherwise;
    try {
      return shape.parse(JSON.parse(text));
    } catch (error) {
      fault(`${name} cannot be used: ${error instanceof z.ZodError ? error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') : 'it is no JSON'}.`);
      return otherwise;
    }
  };
  const customerId = read('MUNITY_CUSTOMER_ID') ?? 'ours';
  if (customerId !== 'ours' && customerId !== 'uuid') fault('MUNITY_CUSTOMER_ID is neither ours nor uuid.');
  const key = keyOf(read('MUNITY_PRIVATE_KEY'), fault);
  const config = {
    api: address('MUNITY_API_URL', read('MUNITY_API_URL')) ?? 'https://api.munityapps.com',
    sse: address('MUNITY_SSE_URL', read('MUNITY_SSE_URL')) ?? 'https://sse.munityapps.com',
    workspace: read('MUNITY_WORKSPACE_ID') ?? '',
    apiKey: read('MUNITY_API_KEY') ?? '',
    scheme: read('MUNITY_AUTH_SCHEME') ?? 'Api-Key',
    webhookToken: token,
    connectors,
    connectUrl: template('MUNITY_CONNECT_URL', CONNECT, ['{connector}', '{secret}', '{uuid}']),
    eventsUrl: template('MUNITY_EVENTS_URL', EVENTS, ['{uuid}']),
    secretLife: life,
    customerId: customerId === 'uuid' ? ('uuid' as const) : ('ours' as const),
    paths: json('MUNITY_PATHS', Paths, PATHS),
    writes: json('MUNITY_WRITES', z.record(z.string(), Write), {}),
    fields: json('MUNITY_FIELDS', z.record(z.string(), Fields), {}),
  };
  return on && key ? { ...config, key } : undefined;
}

/** A PEM, with real line ends or `\n` written out, or the same in base64. */
function keyOf(text: string | undefined, fault: (sentence: string) => void): KeyObject | undefined {
  if (!text) return undefined;
  const pem = text.includes('-----BEGIN') ? text.replaceAll('\\n', '\n') : Buffer.from(text, 'base64').toString('utf8');
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
    fault(`MUNITY_PRIVATE_KEY is a key of another kind (${key.asymmetricKeyType}). Munity's certificate is an RSA key.`);
  } catch {
    fault('MUNITY_PRIVATE_KEY cannot be read: it must be a private key that begins with -----BEGIN PRIVATE KEY-----, with its line ends as \\n or as they are, or the whole of it in base64.');
  }
  return undefined;
}
