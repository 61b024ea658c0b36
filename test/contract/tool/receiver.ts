import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** A delivery as it arrived: raw bytes, header names in lower case. */
export interface Received {
  readonly raw: Buffer;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** A receiver of webhooks on loopback that answers 202 and keeps everything. */
export interface Receiver {
  readonly url: string;
  /** Resolves with the first delivery, past or future, that the predicate accepts. */
  when(wanted: (delivery: Received) => boolean): Promise<Received>;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

/** Starts one. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const headers = Object.fromEntries(Object.entries(req.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]));
      received.push({ raw: Buffer.concat(chunks), headers });
      res.writeHead(202).end();
      for (const look of waiting) look();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/tool/watch`,
    received,
    when: (wanted) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = received.find(wanted);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
