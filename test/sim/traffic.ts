import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** One request to a simulator's API and its answer. `status` 0: the fault switch let no answer out. */
export interface Exchange {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly status: number;
  readonly answer?: unknown;
  /** a fault switch made the answer */
  readonly fault?: true;
  /** a call of the simulator's own, by its name in the contract, and what we answered */
  readonly callback?: string;
}

/** A line of a traffic file: the exchange without its secrets, and which simulator it is from. */
export interface TrafficLine extends Exchange {
  readonly sim: string;
}

const SECRET_HEADERS = new Set(['authorization', 'private-token', 'cookie', 'job-token']);
const SECRET_FIELDS = new Set(['token', 'signing_token', 'access_token', 'refresh_token', 'private_token', 'client_secret', 'code_verifier', 'accesstoken', 'clientsecret', 'password', 'authorization']);
const OWN_URLS = new Set(['url', 'redirect_uri']);

/** The exchange as it may be kept in a file: no credentials, and our own loopback address as the public one that it stands for. */
export function withoutSecrets(exchange: Exchange): Exchange {
  const headers = Object.fromEntries(Object.entries(exchange.headers).filter(([name]) => !SECRET_HEADERS.has(name)));
  const { body, answer, ...rest } = exchange;
  return {
    ...rest,
    headers,
    query: Object.fromEntries(Object.entries(exchange.query).map(([name, value]) => [name, SECRET_FIELDS.has(name) ? '***' : value])),
    ...(body === undefined ? {} : { body: clean(body, new Set(['code'])) }),
    ...(answer === undefined ? {} : { answer: clean(answer, new Set()) }),
  };
}

function clean(value: unknown, alsoSecret: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((one) => clean(one, alsoSecret));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]: [string, unknown]) => {
      if (typeof one !== 'string') return [key, clean(one, alsoSecret)];
      if (SECRET_FIELDS.has(key.toLowerCase()) || alsoSecret.has(key)) return [key, '***'];
      return [key, OWN_URLS.has(key) ? one.replace(/^https?:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?/, 'https://tandem.example') : one];
    }),
  );
}

let files = 0;

/** Writes exchanges to a file of this process and simulator in the folder that `TANDEM_TRAFFIC` names; without it, writes nothing. */
export function makeRecorder(sim: string, folder: string | undefined = process.env['TANDEM_TRAFFIC']): (exchange: Exchange) => void {
  if (!folder) return () => undefined;
  mkdirSync(folder, { recursive: true });
  files += 1;
  const file = join(folder, `${sim}-${process.pid}-${files}-${Date.now().toString(36)}.jsonl`);
  return (exchange) => {
    const line: TrafficLine = { sim, ...withoutSecrets(exchange) };
    appendFileSync(file, `${JSON.stringify(line)}\n`);
  };
}
