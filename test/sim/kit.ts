import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { makeFaults, type Fault, type Faults } from './faults.ts';
import { makeRecorder, type Exchange } from './traffic.ts';

/** What a route answers. `body` goes out as JSON, `html` as a page, `stream` takes the response over. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: unknown;
  readonly html?: string;
  readonly text?: string;
  /** JSON text exactly as it goes out, where `JSON.stringify` cannot say it (numbers beyond 2^53); `body` is what is logged */
  readonly json?: string;
  readonly stream?: (res: ServerResponse) => void;
}

/** A request as routes see it. */
export interface Context {
  readonly method: string;
  readonly path: string;
  /** decoded path parameters */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly cookies: Readonly<Record<string, string>>;
  /** parsed JSON or form fields */
  readonly body: unknown;
  /** headers for whatever this request is answered, errors included */
  readonly extra: Record<string, string>;
}

export type Handler = (context: Context) => Answer | Promise<Answer>;

/** `method pattern` and what answers it: `GET /v2/boards/:board`. */
export type Routes = Readonly<Record<string, Handler>>;

/** Thrown by a route to answer something other than success. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(`${status} ${JSON.stringify(body)}`);
    this.answer = { status, body, headers };
  }
}

/** A request without a wire. `url` is the path with its query; header names in lower case. */
export interface RawRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Its answer, header names in lower case. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface ServerOptions {
  /** also the name of its traffic files */
  readonly name: string;
  readonly routes: Routes;
  /** paths of the API: logged, recorded, and where faults act */
  readonly api: RegExp;
  readonly port?: number;
  readonly host?: string;
  /** its address, and it listens nowhere: requests come by `handle` alone */
  readonly wireless?: string;
  readonly now: () => number;
  readonly random: () => number;
  readonly record?: boolean;
  /** the service's own error body for a status that a switch asked for */
  readonly faultAnswer: (status: number, retryAfter: number | undefined) => Answer;
}

export interface Server {
  readonly url: string;
  readonly requests: Exchange[];
  readonly faults: Faults;
  /** Takes a request in process, through the same log, faults and routes; `undefined` where a fault switch lets no answer out. */
  handle(request: RawRequest): Promise<RawAnswer | undefined>;
  close(): Promise<void>;
}

const MAX_BODY = 10 * 1024 * 1024;
const MAX_LOG = 20_000;

/** Starts a simulator's server on 127.0.0.1: routes by pattern, JSON and form bodies, request log, fault switches. A route that is not there answers 501 with method and path. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const faults = makeFaults(options.random);
  const requests: Exchange[] = [];
  const write = options.record === false ? () => undefined : makeRecorder(options.name);
  const find = compile(options.routes);

  const log = (context: Context, answer: Pick<Answer, 'status' | 'body'>, fault: boolean): void => {
    const exchange: Exchange = {
      at: new Date(options.now()).toISOString(),
      method: context.method,
      path: context.path,
      query: queryRecord(context.query),
      headers: headerRecord(context.headers),
      status: answer.status,
      ...(context.body === undefined ? {} : { body: context.body }),
      ...(answer.body === undefined ? {} : { answer: answer.body }),
      ...(fault ? { fault: true as const } : {}),
    };
    requests.push(exchange);
    if (requests.length > MAX_LOG) requests.shift();
    write(exchange);
  };

  const answerApi = async (context: Context, handler: Handler | undefined): Promise<Answer | 'drop' | 'reset'> => {
    const fault = faults.take(context.method, context.path);
    if (faults.latency > 0) await pause(faults.latency);
    if (fault?.kind === 'slow') await pause(faults.slowBy);
    if (fault?.kind === 'drop' || fault?.kind === 'reset') {
      log(context, { status: 0 }, true);
      return fault.kind;
    }
    const byFault = forced(fault);
    const done = byFault === undefined || fault?.kind === 'after-effect-502' ? await run(handler, context) : undefined;
    const answer = byFault === undefined ? done : options.faultAnswer(byFault, fault?.retryAfter);
    if (!answer) return 'drop';
    log(context, answer, byFault !== undefined);
    return answer;
  };

  /** The answer, and the headers that it carries whatever it says. */
  const answerTo = async (request: RawRequest): Promise<{ answer: Answer | 'drop' | 'reset'; extra: Context['extra'] }> => {
    const { method, headers } = request;
    const url = new URL(request.url, 'http://simulator');
    const found = find(method, url.pathname);
    const extra = {};
    const body = parsed(request.body, headers['content-type'] ?? '');
    if (body instanceof Refusal) return { answer: body.answer, extra };
    const context: Context = { method, path: url.pathname, params: found?.params ?? {}, query: url.searchParams, headers, cookies: cookies(headers), body, extra };
    return { answer: await (options.api.test(url.pathname) ? answerApi(context, found?.handler) : run(found?.handler, context)), extra };
  };

  const server = createServer((req, res) => {
    void (async () => {
      const body = await readBody(req);
      if (!body) return send(res, { status: 413, body: { error: 'body too large' } }, {});
      const { answer, extra } = await answerTo({ method: req.method ?? 'GET', url: req.url ?? '/', headers: req.headers, body });
      if (answer === 'reset') res.socket?.resetAndDestroy();
      else if (answer !== 'drop') send(res, answer, extra);
    })().catch((error: unknown) => res.destroy(error instanceof Error ? error : new Error(String(error))));
  });
  // A client that was kept waiting by a busy machine must not find its connection closed.
  server.keepAliveTimeout = 60_000;
  if (options.wireless === undefined) await new Promise<void>((resolve, reject) => server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve));

  return {
    url: options.wireless ?? `http://${options.host ?? '127.0.0.1'}:${portOf(server)}`,
    requests,
    faults,
    async handle(request) {
      const { answer, extra } = await answerTo(request);
      if (answer === 'drop' || answer === 'reset') return undefined;
      const { type, text } = contentOf(answer);
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries({ ...extra, ...answer.headers })) headers[name.toLowerCase()] = [value].flat().join(', ');
      return { status: answer.status, headers: { ...headers, ...(type === undefined ? {} : { 'content-type': type }) }, text };
    },
    close: async () => {
      if (!server.listening) return;
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function portOf(server: HttpServer): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The simulator does not listen');
  return address.port;
}

function forced(fault: Fault | undefined): number | undefined {
  if (fault?.kind === 'after-effect-502') return 502;
  return typeof fault?.kind === 'number' ? fault.kind : undefined;
}

async function run(handler: Handler | undefined, context: Context): Promise<Answer> {
  if (!handler) return { status: 501, body: { error: `The simulator has no route ${context.method} ${context.path}` } };
  try {
    return await handler(context);
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    return { status: 500, body: { error: `The simulator failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` } };
  }
}

function compile(routes: Routes): (method: string, path: string) => { handler: Handler; params: Record<string, string> } | undefined {
  const table = Object.entries(routes).map(([key, handler]) => {
    const [method = '', pattern = ''] = key.split(' ');
    return { method, parts: pattern.split('/'), handler };
  });
  return (method, path) => {
    const parts = path.split('/');
    for (const route of table) {
      if (route.method !== method || route.parts.length !== parts.length) continue;
      const params: Record<string, string> = {};
      const fits = route.parts.every((part, i) => {
        const given = parts[i] ?? '';
        if (!part.startsWith(':')) return part === given;
        params[part.slice(1)] = decode(given);
        return given !== '';
      });
      if (fits) return { handler: route.handler, params };
    }
    return undefined;
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function cookies(headers: IncomingHttpHeaders): Record<string, string> {
  const pairs = (headers.cookie ?? '').split(/;\s*/).map((pair) => pair.split('=', 2));
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [name, decode(value)]));
}

/** `undefined` for one that is too large. */
async function readBody(req: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parsed(body: Buffer, type: string): unknown {
  if (body.length === 0) return undefined;
  const text = body.toString();
  if (type.includes('application/x-www-form-urlencoded')) return queryRecord(new URLSearchParams(text));
  if (!type.includes('json')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return new Refusal(400, { error: 'malformed JSON' });
  }
}

/** Whether it is an object with fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Query or form fields as a record; a repeated name gives an array. */
function queryRecord(query: URLSearchParams): Record<string, string | string[]> {
  const record: Record<string, string | string[]> = {};
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    record[name] = values.length > 1 ? values : (values[0] ?? '');
  }
  return record;
}

function headerRecord(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]])));
}

function send(res: ServerResponse, answer: Answer, extra: Context['extra']): void {
  for (const [name, value] of Object.entries({ ...extra, ...answer.headers })) res.setHeader(name, value);
  if (answer.stream) {
    res.writeHead(answer.status);
    answer.stream(res);
    return;
  }
  const { type, text } = contentOf(answer);
  if (answer.html !== undefined) res.setHeader('cache-control', 'no-store');
  if (type === undefined) res.writeHead(answer.status).end();
  else res.writeHead(answer.status, { 'content-type': type }).end(text);
}

/** The body as it goes out; without a type there is none. */
function contentOf({ html, text, json, body }: Answer): { type?: string; text: string } {
  if (html !== undefined) return { type: 'text/html; charset=utf-8', text: html };
  if (text !== undefined) return { type: 'text/plain; charset=utf-8', text };
  const written = json ?? (body === undefined ? undefined : JSON.stringify(body));
  return written === undefined ? { text: '' } : { type: 'application/json; charset=utf-8', text: written };
}
