import { Agent } from 'undici';
import { UpstreamError } from './errors.ts';
import type { Call, Reply, Site } from './ports.ts';

/** A site by its web address; `path` leads to its API. */
export function siteAt(url: string, path: string): Site {
  const { origin, pathname } = new URL(url);
  const base = (origin + pathname).replace(/\/+$/, '');
  return { id: base.replace(/^https?:\/\//, ''), base, api: base + path };
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

/** A client on undici's keep-alive pools. Redirects are not followed: APIs have no reason to send any, and a token must not travel with one. */
export function openHttp(): Http {
  const agent = new Agent({ connections: 32, pipelining: 1, keepAliveTimeout: 30_000, connect: { timeout: 5000 }, maxResponseSize: MAX_ANSWER });
  return {
    async send({ method, url, headers, body, timeout }) {
      const { origin, pathname, search } = new URL(url);
      const answer = await agent.request({
        origin,
        path: pathname + search,
        method,
        headers,
        body: body ?? null,
        headersTimeout: timeout,
        bodyTimeout: timeout,
        signal: AbortSignal.timeout(timeout),
      });
      const flat: Record<string, string> = {};
      for (const [name, value] of Object.entries(answer.headers)) if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
      return { status: answer.statusCode, headers: flat, text: await answer.body.text() };
    },
    abort: () => agent.destroy(),
    close: () => (agent.destroyed ? Promise.resolve() : agent.close()),
  };
}

/** Turns a {@link Call} into an exchange and its answer into a {@link Reply}; throws `UpstreamError` for everything that is not 2xx or accepted. */
export async function callApi<T>(
  http: Http,
  remote: { tool: string; name: string; api: string; headers: Readonly<Record<string, string>>; timeout: number; now: number },
  call: Call,
): Promise<Reply<T>> {
  // A URL resolves these parts, so that another address would be called.
  if (/\/\.\.?(?=\/|$)/.test(call.path)) throw new UpstreamError(remote.tool, 404, { message: new UpstreamError(remote.name, 404).message });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.append(name, String(value));
  const url = remote.api + call.path + (query.size > 0 ? `?${query}` : '');
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
    throw new UpstreamError(remote.tool, 0, { message: `${remote.name} did not answer. Try again in a moment.`, cause });
  }
  const ok = answer.status >= 200 && answer.status < 300;
  const body = parseJson(answer.text);
  if (ok && answer.text.trim() !== '' && body === undefined) {
    throw new UpstreamError(remote.tool, 502, { message: `${remote.name} answered something that is no JSON. Try again in a moment.` });
  }
  if (!ok && !call.accept?.includes(answer.status)) {
    const sentence = new UpstreamError(remote.name, answer.status).message;
    throw new UpstreamError(remote.tool, answer.status, { message: sentence, body, retryAt: retryAt(answer.status, answer.headers, remote.now) });
  }
  return { status: answer.status, headers: answer.headers, body: body as T };
}

/**
 * JSON with integers beyond 2^53 kept as strings: Miro's samples show 19-digit ids as bare numbers.
 * `undefined` for what is no JSON.
 */
export function parseJson(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(/[:[,]\s*-?\d{16,}/.test(text) ? quoteLongIntegers(text) : text);
  } catch {
    return undefined;
  }
}

function quoteLongIntegers(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g, (token) => (token.startsWith('"') ? token : `"${token}"`));
}

/** When a remote that refused says to come back: `Retry-After` (seconds or a date), else, for a 429 only, the end of its rate window, which many name on every answer. Never more than an hour away: clocks may be wrong. */
export function retryAt(status: number, headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const after = headers['retry-after'];
  const reset = status === 429 ? (headers['x-ratelimit-reset'] ?? headers['ratelimit-reset']) : undefined;
  const at = after ? (/^\d+$/.test(after) ? now + Number(after) * 1000 : Date.parse(after)) : reset && /^\d+$/.test(reset) ? Number(reset) * 1000 : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.min(Math.max(at, now), now + 3_600_000);
}
