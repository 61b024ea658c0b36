import { IncomingMessage, ServerResponse, type RequestListener } from 'node:http';
import { Socket } from 'node:net';

/** A request of our own server, without a wire. */
export interface ServedRequest {
  readonly method: string;
  /** path and query */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Its answer; header names in lower case. */
export interface Served {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly text: string;
}

/** Hands a request to a server's handler in process; resolves when the handler has ended its answer. */
export function serve(handler: RequestListener, { method, url, headers, body = '' }: ServedRequest): Promise<Served> {
  const req = new IncomingMessage(new Socket());
  const given = { host: 'tandem.test', ...headers, ...(body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }) };
  Object.assign(req, { method, url, headers: given, httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1 });
  for (const [name, value] of Object.entries(given)) req.rawHeaders.push(name, value);
  if (body !== '') req.push(body);
  req.push(null);
  const res = new ServerResponse(req);
  return new Promise((resolve) => {
    const end = (chunk?: unknown): ServerResponse => {
      const text = typeof chunk === 'string' || Buffer.isBuffer(chunk) ? chunk.toString() : '';
      const found = Object.entries(res.getHeaders()).map(([name, value]): [string, string | string[]] => [name, Array.isArray(value) ? value : String(value)]);
      Object.assign(res, { finished: true });
      resolve({ status: res.statusCode, headers: Object.fromEntries(found), text });
      res.emit('finish');
      return res;
    };
    Object.assign(res, { end });
    handler(req, res);
  });
}
