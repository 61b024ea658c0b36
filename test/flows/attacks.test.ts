import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TeamAnswer } from '@tandem/shared/api';
import type { WireError } from '@tandem/shared/errors';
import { plainLine } from '@tandem/shared/text';
import { afterEach, describe, expect, test } from 'vitest';
import { parseJson } from '@tandem/bff/http';
import { openWorld, type Someone, type World } from '../sim/world.ts';

const e = encodeURIComponent;
let world: World;
const servers: ReturnType<typeof createServer>[] = [];
afterEach(async () => {
  await world?.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  }
});

type Answering = (path: string) => { status?: number; headers?: Record<string, string>; body: unknown };

/** A server that says that it is a GitLab, or a Gitea. */
async function pretender(answer: Answering): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((req: IncomingMessage, res: ServerResponse) => {
    asked.push(req.url ?? '');
    const { status = 200, headers = {}, body } = answer(new URL(req.url ?? '', 'http://x').pathname);
    req.resume().on('end', () => res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(typeof body === 'string' ? body : JSON.stringify(body)));
  });
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const connect = (who: Someone, site: string, tool = 'gitlab') => world.call<WireError>(who, 'PUT', `/api/accounts/${tool}/${e(site)}`, { fields: { token: 'a-token-for-the-pretender' } });
/** What it cost, in milliseconds of a processor: others may keep the machine busy meanwhile. */
const cost = async (work: () => unknown): Promise<number> => {
  const began = process.cpuUsage();
  await work();
  return process.cpuUsage(began).user / 1000;
};

describe('a server that only pretends to be a tool', () => {
  const open = async (): Promise<void> => {
    world = await openWorld({ env: { TANDEM_ALLOW_PRIVATE: '1', GITEA_URL: 'http://127.0.0.1:9' } });
    for (const who of [world.people.ana, world.people.ben]) await world.signIn(who);
  };

  test('keeps nobody waiting with an answer that takes for ever to look through', async () => {
    await open();
    const site = await pretender(() => ({ body: `[1234567890123456,"${'\\"'.repeat(40_000)}` }));
    expect(await cost(async () => expect((await connect(world.people.ben, site.url)).status).toBe(502))).toBeLessThan(1500);
    expect(await cost(() => parseJson(`[1234567890123456,${'1'.repeat(50_000)}.5]`))).toBeLessThan(400);
  });

  test('sends nobody round in circles', async () => {
    await open();
    let circles = true;
    const site = await pretender((path) => {
      if (path.endsWith('/user')) return { body: { id: 1, username: 'x', name: 'X' } };
      const project = circles ? /\/projects\/(\d+)$/.exec(path)?.[1] : undefined;
      return project ? { status: 301, headers: { location: `/api/v4/projects/${Number(project) + 1}` }, body: '' } : { status: 404, body: {} };
    });
    expect((await connect(world.people.ben, site.url)).status).toBe(200);
    const asking = world.call(world.people.ben, 'GET', `/api/tools/gitlab/${e(site.url)}/places/1`);
    const guard = setTimeout(() => (circles = false), 2000);
    await asking;
    clearTimeout(guard);
    expect(site.asked.filter((path) => /projects\/\d+$/.test(path)).length).toBeLessThan(5);
  });

  test('writes nothing of its own into the log', async () => {
    await open();
    const site = await pretender(() => ({ status: 503, body: { message: 'You asked with a-token-for-the-pretender' } }));
    expect((await connect(world.people.ben, site.url)).status).toBe(502);
    expect(world.logged.filter((line) => line.includes('a-token-for-the-pretender'))).toEqual([]);
  });

  test.each([['gitlab', '1'], ['gitea', 'a/b']])('is not repeated at length to whoever it refuses (%s)', async (tool, place) => {
    await open();
    const site = await pretender((path) => (path.endsWith('/user') ? { body: { id: 1, username: 'x', login: 'x', name: 'X' } } : { status: path.endsWith('/issues') ? 422 : 404, body: { message: 'No '.repeat(100_000) } }));
    expect((await connect(world.people.ben, site.url, tool)).status).toBe(200);
    const { status, body } = await world.call<WireError>(world.people.ben, 'POST', `/api/tools/${tool}/${e(site.url)}/places/${e(place)}/items`, { title: 'Mine' });
    expect([status, body.error.message.length < 1000, world.logged.filter((line) => line.length > 5000)]).toEqual([422, true, []]);
  });

  test.each([
    ['gitlab', 'an object', { id: 1, username: { odd: true }, name: 'X' }],
    ['gitlab', 'a list', { id: 1, username: 'x', name: ['X'] }],
    ['gitlab', 'endless', { id: 1, username: 'x', name: 'X'.repeat(100_000) }],
    ['gitlab', 'missing', { id: 1 }],
    ['gitea', 'a number', { id: 1, login: 7 }],
    ['gitea', 'endless', { id: 1, login: 'x', full_name: 'X'.repeat(100_000) }],
  ])('puts no name before the team’s administrator that is none (%s: %s)', async (tool, _what, user) => {
    await open();
    const site = await pretender((path) => (path.endsWith('/user') ? { body: user } : { status: 404, body: {} }));
    expect((await connect(world.people.ben, site.url, tool)).status).toBe(502);
    const { body } = await world.call<TeamAnswer>(world.people.ana, 'GET', '/api/team');
    expect(body.members.flatMap(({ accounts }) => accounts)).toEqual([]);
  });

  const ISSUE = { id: 5, iid: 1, number: 1, project_id: 1, title: 'A title', description: '', body: '', state: 'opened', labels: [], assignees: [], updated_at: '2026-01-01T00:00:00Z', web_url: 'https://git.example/1', html_url: 'https://git.example/1' };
  test.each([
    ['gitlab', '1', { web_url: 'javascript:alert(document.domain)' }],
    ['gitea', 'a/b', { html_url: 'data:text/html,<script>alert(1)</script>' }],
    ['gitlab', '1', { title: { odd: true } }],
    ['gitlab', '1', { assignees: [null] }],
    ['gitlab', '1', { project_id: '\ud800' }],
    ['gitea', 'a/b', { body: 5 }],
    ['gitea', 'a/b', { labels: [{ id: 1, name: { odd: true } }] }],
  ])('gets nothing onto a card that is no issue (%s, %s, %j)', async (tool, place, change) => {
    await open();
    const { ben } = world.people;
    const site = await pretender((path) => ({ body: path.endsWith('/user') ? { id: 1, username: 'x', login: 'x', name: 'X' } : path.endsWith('/issues') ? [{ ...ISSUE, ...change }] : { ...ISSUE, ...change } }));
    expect((await connect(ben, site.url, tool)).status).toBe(200);
    const found = await world.call(ben, 'GET', `/api/tools/${tool}/${e(site.url)}/items?place=${e(place)}`);
    const { card, answer } = await world.put(ben, { tool, site: site.url, place, id: '1' });
    expect([found.status, answer.status, world.card(card)?.title]).toEqual([502, 502, '<p>A new card</p>']);
  });
});

test('whoever signs in anew in a browser leaves no session behind', async () => {
  world = await openWorld();
  const { ana } = world.people;
  const browser = world.browser(ana);
  await browser.open(`/auth/miro?team=${ana.team}`);
  const before = browser.cookies();
  await browser.open(`/auth/miro?team=${ana.team}`);
  const session = async (cookie: string): Promise<number> => (await fetch(`${world.url}/auth/session`, { method: 'POST', headers: { cookie } })).status;
  expect([await session(before), await session(browser.cookies())]).toEqual([401, 200]);
});

describe('the doors for signing in, behind a proxy', () => {
  const knock = async (count: number, from: (n: number) => string): Promise<number> => {
    const answers = await Promise.all(Array.from({ length: count }, (_, n) => fetch(`${world.url}/auth/miro`, { redirect: 'manual', headers: { 'x-forwarded-for': from(n) } })));
    return answers.filter(({ status }) => status !== 429).length;
  };

  test('count whom the proxy names, not whom the caller says it forwards for: neither to get more nor to lock somebody out', async () => {
    world = await openWorld({ env: { TANDEM_TRUST_PROXY: '1' } });
    expect(await knock(130, (n) => `198.51.100.${n}, 192.0.2.7`)).toBe(120);
    expect(await knock(130, () => '198.51.100.1, 192.0.2.8')).toBe(120);
    expect(await knock(1, () => '198.51.100.1')).toBe(1);
  });

  test('count a whole network of IPv6 as one, and nobody else with it', async () => {
    world = await openWorld({ env: { TANDEM_TRUST_PROXY: '1' } });
    expect(await knock(130, (n) => `2001:db8:0:7::${n.toString(16)}`)).toBe(120);
    expect(await knock(1, () => '2001:db8:0:7:8:9:a:b')).toBe(0);
    expect(await knock(2, (n) => ['2001:db8:0:8::1', '2001:db8:7::1'][n] ?? '')).toBe(2);
    expect(await knock(121, () => '::ffff:192.0.2.1')).toBe(120);
    expect(await knock(1, () => '::ffff:192.0.2.2')).toBe(1);
  });
});

describe('a description that anybody may have written', () => {
  test('is shown at once, however it is made', async () => {
    expect(await cost(() => plainLine('['.repeat(20_000)))).toBeLessThan(300);
  });
});
