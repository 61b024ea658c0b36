import { createServer, request as send, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One address in front of several servers on loopback: each request goes to the next in turn, and on to the one after that where nobody listens. */
export interface Front {
  readonly url: string;
  /** `METHOD /path?query` of every request that came */
  readonly requests: string[];
  close(): Promise<void>;
}

/** Opens a front for these ports. A server that dies over a request is answered for with 502: nobody can tell what it had done. */
export async function startFront(ports: readonly number[]): Promise<Front> {
  let turn = 0;
  const requests: string[] = [];
  const pass = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    requests.push(`${req.method} ${req.url}`);
    const chunks: Buffer[] = [];
    for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    for (let tried = 0; tried < ports.length; tried += 1) {
      const port = ports[(turn += 1) % ports.length] ?? 0;
      const answer = await forward(port, req, body);
      if (answer === 'nobody') continue;
      if (answer === 'died') break;
      res.writeHead(answer.status, answer.headers).end(answer.body);
      return;
    }
    res.writeHead(502).end();
  };
  const server = createServer((req, res) => void pass(req, res).catch(() => res.destroy()));
  // A client that was kept waiting by a busy machine must not find its connection closed.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => void server.listen(0, 'localhost', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function forward(port: number, { method, url, headers }: IncomingMessage, body: Buffer): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer } | 'nobody' | 'died'> {
  return new Promise((resolve) => {
    const outgoing = send({ host: 'localhost', port, method, path: url, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('end', () => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: Buffer.concat(chunks) }));
      answer.once('error', () => resolve('died'));
    });
    outgoing.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED' ? 'nobody' : 'died'));
    outgoing.end(body);
  });
}
