import { isIP } from 'node:net';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { isPublic, publicLookup, refusedAddress, type Resolve } from './addresses.ts';
import { TandemError, UpstreamError } from './errors.ts';
import type { Call, Reply, Site } from './ports.ts';

/** A site by its web address; `path` leads to its API. Its id is the address without `https://`; the scheme stays where it is another, so that the id leads back. */
export function siteAt(url: string, path: string): Site {
  const base = webAddress(url) ?? url;
  return { id: base.replace(/^https:\/\//, ''), base, api: base + path };
}

/** A host name or IP address as `URL` writes it. */
const HOST = /^(?:[a-z\d](?:[a-z\d.-]*[a-z\d])?|\[[\da-f:]+\])$/;

/** A web address in its one form, without a trailing slash; `undefined` for what is none, or carries a name, password, query or fragment. */
export function webAddress(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || !HOST.test(url.hostname) || url.username || url.password || url.search || url.hash) return undefined;
  return (url.origin + url.pathname).replace(/\/+$/, '');
}

/** One raw exchange. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** milliseconds until the whole answer must be here */
  readonly timeout: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Outbound HTTP; passed in, so that tests can watch it. Rejects when there is no whole answer in time. */
export interface Http {
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Ends every exchange at once; whoever waits for one is told. */
  abort(): Promise<void>;
  close(): Promise<void>;
}

/** No answer of the APIs that we call is near this; a larger one is not for us. */
const MAX_ANSWER = 16 * 1024 * 1024;
const CONNECT_TIMEOUT = 5000;

/**
 * A client on undici's keep-alive pools. Redirects are not followed: APIs have no reason to send any, and a token must not travel with one.
 * Only `trusted` origins, those of the configuration, may be inside a private network; every other name is resolved by a lookup that refuses such addresses, at each connection. `resolve` stands in for DNS.
 */
export function openHttp(options: { trusted: readonly string[]; allowPrivate: boolean; resolve?: Resolve }): Http {
  const agentWith = (connect: buildConnector.connector): Agent => new Agent({ connections: 32, pipelining: 1, keepAliveTimeout: 30_000, maxResponseSize: MAX_ANSWER, connect });
  const inside = agentWith(buildConnector({ timeout: CONNECT_TIMEOUT }));
  const outside = options.allowPrivate ? inside : agentWith(publicOnly(options.resolve));
  const trusted = new Set(options.trusted.map((url) => new URL(url).origin));
  const agents = [...new Set([inside, outside])];
  return {
    send: ({ url, ...request }) => {
      const { origin, pathname, search } = new URL(url);
      return exchange(trusted.has(origin) ? inside : outside, { ...request, origin, path: pathname + search });
    },
    abort: async () => void (await Promise.all(agents.map((agent) => agent.destroy()))),
    close: async () => void (await Promise.all(agents.filter((agent) => !agent.destroyed).map((agent) => agent.close()))),
  };
}

/** One exchange straight on the dispatcher: streams and abort signals for each answer would cost more than all else that a call does. */
function exchange(agent: Agent, { timeout, body, method, ...where }: Omit<HttpRequest, 'url'> & { readonly origin: string; readonly path: string }): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const flat: Record<string, string> = {};
    let status = 0;
    let late: Error | undefined;
    let running: Dispatcher.DispatchController | undefined;
    const timer = setTimeout(() => {
      late = new Error(`There was no whole answer within ${timeout} ms.`);
      running?.abort(late);
      reject(late);
    }, timeout);
    agent.dispatch(
      { ...where, method, body: body ?? null },
      {
        onRequestStart(controller) {
          running = controller;
          // It waited for a connection until then: it must not be sent any more.
          if (late) controller.abort(late);
        },
        onResponseStart(_, statusCode, headers) {
          // An informational answer comes before the real one.
          status = statusCode;
          for (const name in headers) {
            const value = headers[name];
            if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
          }
        },
        onResponseData: (_, chunk) => void chunks.push(chunk),
        onResponseEnd() {
          clearTimeout(timer);
          resolve({ status, headers: flat, text: UTF_8.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)) });
        },
        onResponseError(_, error) {
          clearTimeout(timer);
          reject(error);
        },
      },
    );
  });
}

const UTF_8 = new TextDecoder();

/** Connects to public addresses only; an address that stands in the URL itself is never looked up. */
function publicOnly(resolve?: Resolve): buildConnector.connector {
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT, lookup: publicLookup(resolve) });
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) && !isPublic(host)) callback(refusedAddress(host), null);
    else connect(options, callback);
  };
}

/** Turns a {@link Call} into an exchange and its answer into a {@link Reply}; throws `UpstreamError` for everything that is not 2xx or accepted. */
export async function callApi<T>(
  http: Http,
  remote: { tool: string; name: string; api: string; headers: Readonly<Record<string, string>>; timeout: number; now: number; heard?: (headers: Readonly<Record<string, string>>, status: number) => void },
  call: Call,
): Promise<Reply<T>> {
  // A URL resolves these parts, so that another address would be called.
  if (/\/\.\.?(?=\/|$)/.test(call.path)) throw new UpstreamError(remote.tool, 404, { message: new UpstreamError(remote.name, 404).message });
  const url = remote.api + call.path + searchOf(call.query);
  let answer: HttpAnswer;
  try {
    answer = await http.send({
      method: call.method ?? 'GET',
      url,
      headers: { accept: 'application/json', ...(call.body === undefined ? {} : { 'content-type': 'application/json' }), ...remote.headers },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      timeout: remote.timeout,
    });
  } catch (cause) {
    if (cause instanceof TandemError) throw cause;
    throw new UpstreamError(remote.tool, 0, { message: `${remote.name} did not answer. Try again in a moment.`, cause });
  }
  remote.heard?.(answer.headers, answer.status);
  const ok = answer.status >= 200 && answer.status < 300;
  const body = parseJson(answer.text);
  if (ok && body === undefined && answer.text.trim() !== '') {
    throw new UpstreamError(remote.tool, 502, { message: `${remote.name} answered something that is no JSON. Try again in a moment.` });
  }
  if (!ok && !call.accept?.includes(answer.status)) {
    const sentence = new UpstreamError(remote.name, answer.status).message;
    throw new UpstreamError(remote.tool, answer.status, { message: sentence, body, retryAt: retryAt(answer.status, answer.headers, remote.now) });
  }
  return { status: answer.status, headers: answer.headers, body: body as T };
}

function searchOf(given: Call['query']): string {
  if (!given) return '';
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) if (value !== undefined) query.append(name, String(value));
  return query.size > 0 ? `?${query}` : '';
}

/**
 * JSON with integers beyond 2^53 kept as strings: Miro's samples show 19-digit ids as bare numbers.
 * `undefined` for what is no JSON.
 */
export function parseJson(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    // Parsed first: in what is no JSON a text may never end, and looking for its end from each of its quotes takes hours.
    const value: unknown = JSON.parse(text);
    return /[:[,]\s*-?\d{16,}/.test(text) ? JSON.parse(quoteLongIntegers(text)) : value;
  } catch {
    return undefined;
  }
}

function quoteLongIntegers(json: string): string {
  return json.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g, (token) => (/^-?\d{16,}$/.test(token) ? `"${token}"` : token));
}

/** When a remote that refused says to come back: `Retry-After` (seconds or a date), else, for a 429 only, the end of its rate window, which many name on every answer. Never more than an hour away: clocks may be wrong. */
export function retryAt(status: number, headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const after = headers['retry-after'];
  const reset = status === 429 ? (headers['x-ratelimit-reset'] ?? headers['ratelimit-reset']) : undefined;
  const at = after ? (/^\d+$/.test(after) ? now + Number(after) * 1000 : Date.parse(after)) : reset && /^\d+$/.test(reset) ? Number(reset) * 1000 : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.min(Math.max(at, now), now + 3_600_000);
}
