import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openHttp, type Http } from '@tandem/bff/http';

const CONNECTIONS = 32;

describe('an exchange with a remote', () => {
  let server: Server;
  let http: Http;
  let base: string;
  let seen: string[];
  let held: ServerResponse[];
  let allHeld: Promise<void>;

  beforeEach(async () => {
    [seen, held] = [[], []];
    let full = (): void => undefined;
    allHeld = new Promise((resolve) => (full = resolve));
    server = createServer((req, res) => {
      seen.push(req.url ?? '');
      if (req.url !== '/held') return void res.end('{"at":"once"}');
      held.push(res);
      if (held.length === CONNECTIONS) full();
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    http = openHttp({ trusted: [base], allowPrivate: false });
  });
  afterEach(async () => {
    await http.abort();
    server.closeAllConnections();
    server.close();
  });
  const get = (path: string, timeout: number) => http.send({ method: 'GET', url: base + path, headers: {}, timeout });

  test('whose whole answer does not come in time is over, and its connection with it', async () => {
    await expect(get('/held', 50)).rejects.toThrow('no whole answer within 50 ms');
    expect((await get('/next', 10_000)).text).toBe('{"at":"once"}');
  });

  test('that waited for a connection until its time was over is never sent', async () => {
    const before = Array.from({ length: CONNECTIONS }, () => get('/held', 20_000));
    await allHeld;
    await expect(get('/late', 50)).rejects.toThrow('no whole answer');
    const after = get('/after', 20_000);
    for (const res of held) res.end('{}');
    await Promise.all([...before, after]);
    expect(seen).toContain('/after');
    expect(seen).not.toContain('/late');
  });

  test('ends at once for whoever waits when everything is ended', async () => {
    const waiting = expect(get('/held', 20_000)).rejects.toThrow();
    await http.abort();
    await waiting;
  });
});
