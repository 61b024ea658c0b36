import { createServer, type Server } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isPublic, publicLookup, type Resolve } from '@tandem/bff/addresses';
import { openHttp, webAddress, type Http } from '@tandem/bff/http';

const PUBLIC = ['8.8.8.8', '1.1.1.1', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0', '198.20.0.0', '223.255.255.255', '2606:4700::1111', '2a00:1450:4001::200e', '2001:4860:4860::8888', '2001:200::1'];
const SPECIAL = [
  ['this network', '0.0.0.0', '0.255.255.255'],
  ['private', '10.0.0.0', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.255.255'],
  ['shared', '100.64.0.0', '100.127.255.255'],
  ['loopback', '127.0.0.1', '127.255.255.254', '::1'],
  ['unspecified', '::'],
  ['link-local', '169.254.0.1', 'fe80::1', 'febf::1'],
  ['metadata of clouds', '169.254.169.254', 'fd00:ec2::254'],
  ['protocols and documentation', '192.0.0.8', '192.0.2.1', '198.51.100.7', '203.0.113.9', '2001:db8::1', '3fff::1'],
  ['benchmarks', '198.18.0.1', '198.19.255.255'],
  ['multicast and reserved', '224.0.0.1', '240.0.0.1', '255.255.255.255', 'ff02::1'],
  ['IPv4 in IPv6', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '::127.0.0.1', '::ffff:169.254.169.254'],
  ['NAT64', '64:ff9b::7f00:1', '64:ff9b::10.0.0.1', '64:ff9b:1::1'],
  ['6to4 and Teredo', '2002:7f00:1::', '2002:a00:1::1', '2001:0:7f00:1::'],
  ['unique and site-local', 'fc00::1', 'fdff::1', 'fec0::1'],
  ['discarded', '100::1'],
] as const;

describe('an address of the open internet', () => {
  test.each(PUBLIC)('%s is one', (address) => expect([isIP(address) > 0, isPublic(address)]).toEqual([true, true]));

  test.each(SPECIAL.flatMap(([what, ...addresses]) => addresses.map((address) => [address, what] as const)))('%s is none: %s', (address) => {
    expect([isIP(address) > 0, isPublic(address)]).toEqual([true, false]);
  });

  test.each(['', 'localhost', '127.1', '0x7f.0.0.1', '2130706433', 'fe80::1%eth0x%', '8.8.8.8 '])('neither is what is no address: “%s”', (text) => expect(isPublic(text)).toBe(false));
});

/** The host that a URL names in the end, as it is checked. */
function hostOf(url: string): string {
  return new URL(webAddress(url) ?? url).hostname.replace(/^\[|\]$/g, '');
}

/** A resolver with answers of its own: the next one for each question, the last one for ever. */
function answering(...answers: readonly (readonly string[])[]): { resolve: Resolve; asked: string[] } {
  const asked: string[] = [];
  const resolve: Resolve = (hostname, options, callback) => {
    expect(options.all).toBe(true);
    const addresses = answers[Math.min(asked.push(hostname), answers.length) - 1] ?? [];
    callback(null, addresses.map((address) => ({ address, family: isIP(address) })));
  };
  return { resolve, asked };
}

/** What a connection learns of a name, all addresses or one. */
function lookUp(resolve: Resolve, all: boolean): Promise<unknown> {
  return new Promise((found, refused) => publicLookup(resolve)('git.example.org', { all }, (error, address) => (error ? refused(error) : found(address))));
}

describe('a name', () => {
  const refusal = expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining('git.example.org is on a private network') as string }) as Error;

  test.each([true, false])('with public addresses alone leads to them (all of them: %s)', async (all) => {
    const { resolve } = answering(['8.8.8.8', '2606:4700::1111']);
    const both = [{ address: '8.8.8.8', family: 4 }, { address: '2606:4700::1111', family: 6 }];
    expect(await lookUp(resolve, all)).toEqual(all ? both : '8.8.8.8');
  });

  test.each(['8.8.8.8 10.0.0.1', '8.8.8.8 1.1.1.1 ::1', '::ffff:7f00:1 8.8.8.8', '169.254.169.254'])('is refused for a single private one among its addresses: %s', async (addresses) => {
    const { resolve } = answering(addresses.split(' '));
    for (const all of [true, false]) await expect(lookUp(resolve, all)).rejects.toEqual(refusal);
  });

  test('that changes its mind is asked once for each connection, and what was checked is what is answered', async () => {
    const { resolve, asked } = answering(['8.8.8.8'], ['127.0.0.1']);
    expect(await lookUp(resolve, false)).toBe('8.8.8.8');
    expect(asked).toHaveLength(1);
    await expect(lookUp(resolve, false)).rejects.toEqual(refusal);
  });

  test('without an address leads nowhere', async () => {
    await expect(lookUp(answering([]).resolve, true)).rejects.toThrow('git.example.org has no address');
  });
});

describe('the client', () => {
  let server: Server;
  let port: number;
  let connections: number;
  let requests: string[];
  const opened: Http[] = [];
  beforeEach(async () => {
    [connections, requests] = [0, []];
    server = createServer((req, res) => {
      requests.push(req.url ?? '');
      if (req.url === '/away') res.writeHead(302, { location: '/inside' }).end();
      else res.end('secrets of the inside');
    });
    server.on('connection', () => (connections += 1));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((http) => http.close()));
    server.closeAllConnections();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  });
  const open = (options: Partial<Parameters<typeof openHttp>[0]> = {}): Http => {
    const http = openHttp({ trusted: [], allowPrivate: false, ...options });
    opened.push(http);
    return http;
  };
  const get = (http: Http, url: string) => http.send({ method: 'GET', url, headers: { authorization: 'Bearer secret' }, timeout: 2000 });

  test('goes to a configured origin on loopback, and to no other port or scheme of it', async () => {
    const http = open({ trusted: [`http://127.0.0.1:${port}/gitlab`] });
    expect(await get(http, `http://127.0.0.1:${port}/anything`)).toMatchObject({ status: 200, text: 'secrets of the inside' });
    const before = connections;
    for (const url of [`https://127.0.0.1:${port}/`, `http://localhost:${port}/`, `http://127.0.0.1:${port === 1 ? 2 : port - 1}/`]) await expect(get(http, url)).rejects.toMatchObject({ code: 'invalid_input' });
    expect([connections, requests]).toEqual([before, ['/anything']]);
  });

  // Ways to this machine alone, so that nothing leaves it should one of them be open.
  test.each([
    'http://127.0.0.1',
    'http://127.1',
    'http://2130706433',
    'http://017700000001',
    'http://0x7f000001',
    'http://0x7f.0x0.0x0.0x1',
    'http://0177.0.0.1',
    'http://0',
    'http://①②⑦.⓪.⓪.①',
    'http://127.0.0.1.',
    'http://[::1]',
    'http://[0:0:0:0:0:0:0:1]',
    'http://[::ffff:127.0.0.1]',
    'http://[::ffff:7f00:1]',
    'http://[::]',
    'http://localhost',
    'http://LOCALHOST',
  ])('refuses %s without connecting, whatever the spelling', async (origin) => {
    const url = `${origin}:${port}/`;
    const host = hostOf(url);
    await expect(get(open(), url)).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringMatching(/private network/) as string });
    expect([connections, isPublic(host)]).toEqual([0, false]);
  });

  test('asks for a name once, at the connection itself, and connects to nothing that was not checked', async () => {
    const { resolve, asked } = answering(['127.0.0.1']);
    await expect(get(open({ resolve }), `http://git.example.org:${port}/`)).rejects.toMatchObject({ code: 'invalid_input' });
    expect([asked, connections]).toEqual([['git.example.org'], 0]);
  });

  test('goes everywhere where private sites are allowed, and follows no redirect there', async () => {
    const answer = await get(open({ allowPrivate: true }), `http://127.0.0.1:${port}/away`);
    expect([answer.status, requests]).toEqual([302, ['/away']]);
  });
});
