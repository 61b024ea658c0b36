import { readFileSync } from 'node:fs';
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { Ask, Push } from './board-api.ts';
import type { BoardDesk, Visit } from './board-desk.ts';

/** The pretend Miro's web server. */
export interface BoardServer {
  readonly url: string;
  close(): Promise<void>;
}

const FILES: Readonly<Record<string, { file: string; type: string }>> = {
  '/board.js': { file: 'board.js', type: 'text/javascript; charset=utf-8' },
  '/board.css': { file: 'board.css', type: 'text/css; charset=utf-8' },
  '/sdk/miro.js': { file: 'shim.js', type: 'text/javascript; charset=utf-8' },
};

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Pretend Miro</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/board.css" />
    <script type="module" src="/board.js"></script>
  </head>
  <body></body>
</html>
`;

/** Serves the pretend board, its live line and the SDK; everything else (Miro's consent page above all) is the simulator's to answer. */
export async function startBoardServer(options: { port: number; assets: string; miro: string; desk: BoardDesk }): Promise<BoardServer> {
  const { desk } = options;
  const server = createServer((req, res) => {
    answer(req, res).catch((error: unknown) => {
      if (!res.headersSent) json(res, 400, { error: error instanceof Error ? error.message : String(error) });
      else res.destroy();
    });
  });

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    // a name that merely resolves to this machine is some other site's page
    if (!/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(req.headers.host ?? '')) return json(res, 403, { error: 'The sandbox answers on 127.0.0.1 only.' });
    const url = new URL(req.url ?? '/', 'http://sandbox');
    const asset = FILES[url.pathname];
    if (asset) {
      res.writeHead(200, { 'content-type': asset.type, 'cache-control': 'no-store', 'access-control-allow-origin': '*' }).end(readFileSync(join(options.assets, asset.file)));
    } else if (url.pathname === '/') {
      res.writeHead(302, { location: `${desk.path}${url.search}` }).end();
    } else if (/^\/app\/board\/[^/]+\/?$/.test(url.pathname)) {
      res.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }).end(PAGE);
    } else if (url.pathname.startsWith('/sandbox/')) {
      const visit = desk.visit({ board: url.searchParams.get('board') ?? '', as: url.searchParams.get('as') ?? '', client: url.searchParams.get('client') ?? '' });
      // being on the board as someone is being signed in to Miro as them: the consent page goes by this cookie
      res.setHeader('set-cookie', `miro_sim_user=${visit.me.id}; Path=/; SameSite=Lax`);
      await sandbox(url.pathname, visit, req, res);
    } else {
      pass(req, res);
    }
  }

  async function sandbox(path: string, visit: Visit, req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (path === '/sandbox/board' && req.method === 'GET') return json(res, 200, desk.snapshot(visit));
    if (path === '/sandbox/events' && req.method === 'GET') {
      res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      const leave = desk.join(visit, (push: Push) => res.write(`data: ${JSON.stringify(push)}\n\n`));
      res.once('close', leave);
      return;
    }
    // only our own page can send JSON here: another origin would have to ask first, and is not answered
    if (path === '/sandbox/ask' && req.method === 'POST' && req.headers['content-type'] === 'application/json') {
      const chunks: Buffer[] = [];
      for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk);
      return json(res, 200, await desk.answer(visit, JSON.parse(Buffer.concat(chunks).toString()) as Ask));
    }
    json(res, 404, { error: `The sandbox has no ${req.method} ${path}.` });
  }

  function pass(req: IncomingMessage, res: ServerResponse): void {
    const onward = forward(new URL(req.url ?? '/', options.miro), { method: req.method ?? 'GET', headers: req.headers }, (reply) => {
      res.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(res);
    });
    onward.once('error', () => res.destroy());
    req.pipe(onward);
  }

  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(options.port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function json(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }).end(JSON.stringify(body));
}
