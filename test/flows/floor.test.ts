import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PairView } from '@tandem/shared/api';
import type { IntegrationView } from '@tandem/shared/integrations';
import type { WireError } from '@tandem/shared/errors';
import { readConfig } from '@tandem/bff/config';
import { openLog } from '@tandem/bff/log';
import { openTandem } from '@tandem/bff/open';
import { afterAll, beforeAll, describe, expect, test as base } from 'vitest';
import { mongoForTests } from '../mongo/server.ts';
import { textOf } from '../sim/miro-html.ts';
import { freePort } from '../sim/port.ts';
import { declaredRoutes } from '../sim/routes.ts';
import { openWorld, type Got, type Someone, type World } from '../sim/world.ts';

const e = encodeURIComponent;
const mongo = await mongoForTests();
afterAll(() => mongo?.close());

/** What a route is asked with: the ids of one board, card and project. */
interface Ids {
  readonly site: string;
  readonly place: string;
  readonly board: string;
  readonly card: string;
  readonly issue: string;
  readonly pair: string;
  readonly integration: string;
  readonly user: string;
}

interface Row {
  /** the path with these ids, and the body */
  readonly ask: (ids: Ids) => { path: string; body?: unknown };
  /** what somebody is answered who uses another team's ids: without an account at the tool, and with one that sees nothing of them; absent: the route is not behind an identity */
  readonly stranger?: readonly [bare: number, connected: number];
  /** it names a board: one that the caller may not see is answered like one that is not there */
  readonly board?: true;
  /** it names a place of a tool: likewise */
  readonly place?: true;
  /** without any identity */
  readonly open?: number;
}

const tool = ({ site }: Ids): string => `/api/tools/gitlab/${e(site)}`;
const cardAt = ({ board, card }: Ids): string => `/api/cards/${e(board)}/${card}`;
const account = ({ site }: Ids): string => `/api/accounts/gitlab/${e(site)}`;

const rule = { flow: 'both', clash: 'left' } as const;
const integrationOf = ({ site, place }: Pick<Ids, 'site' | 'place'>, left = { tool: 'gitlab', site, place }): object => ({ left, right: { tool: 'gitlab', site, place }, name: 'Roadmap', button: 'Push', rules: { title: rule, description: rule, status: rule }, statuses: [] });

/** Every route of the BFF. One that is not here fails the first test. */
const ROUTES: Readonly<Record<string, Row>> = {
  'GET /healthz': { ask: () => ({ path: '/healthz' }), open: 200 },
  'GET /readyz': { ask: () => ({ path: '/readyz' }), open: 200 },
  'GET /auth/miro': { ask: () => ({ path: '/auth/miro' }), open: 302 },
  'GET /auth/miro/callback': { ask: () => ({ path: '/auth/miro/callback?code=x&state=y' }), open: 302 },
  'POST /hooks/:tool/:watch': { ask: () => ({ path: '/hooks/gitlab/nobody', body: {} }), open: 404 },
  'GET /hooks/:tool/:watch': { ask: () => ({ path: '/hooks/gitlab/nobody?validationToken=x' }), open: 404 },
  'GET /buttons/:integration': { ask: () => ({ path: '/buttons/nobody?validationToken=x' }), open: 404 },
  'POST /buttons/:integration': { ask: () => ({ path: '/buttons/nobody', body: {} }), open: 404 },
  'GET /auth/:tool': { ask: () => ({ path: '/auth/gitlab?start=x' }), open: 302 },
  'GET /auth/:tool/callback': { ask: () => ({ path: '/auth/gitlab/callback?code=x&state=y' }), open: 302 },
  'POST /auth/session': { ask: () => ({ path: '/auth/session' }), open: 401 },
  'DELETE /auth/session': { ask: () => ({ path: '/auth/session' }), open: 204 },
  'GET /api/me': { ask: () => ({ path: '/api/me' }), stranger: [200, 200] },
  'GET /api/sites': { ask: ({ site }) => ({ path: `/api/sites?${new URLSearchParams({ tool: 'gitlab', url: site })}` }), stranger: [200, 200] },
  'GET /api/team': { ask: () => ({ path: '/api/team' }), stranger: [200, 200] },
  'POST /api/team/stuck': { ask: () => ({ path: '/api/team/stuck', body: {} }), stranger: [202, 202] },
  // A member of their own team with that id, which is not there.
  'DELETE /api/members/:user/accounts/:tool/:site': { ask: ({ site, user }) => ({ path: `/api/members/${user}/accounts/gitlab/${e(site)}` }), stranger: [200, 200] },
  'PUT /api/accounts/:tool/:site': { ask: (ids) => ({ path: account(ids), body: { fields: { token: 'glpat-guessed' } } }), stranger: [422, 422] },
  // Their own account, which is not there.
  'DELETE /api/accounts/:tool/:site': { ask: (ids) => ({ path: account(ids) }), stranger: [200, 200] },
  'GET /api/tools/:tool/:site/places': { ask: (ids) => ({ path: `${tool(ids)}/places?q=roadmap` }), stranger: [403, 200] },
  'GET /api/tools/:tool/:site/places/:place': { ask: (ids) => ({ path: `${tool(ids)}/places/${ids.place}` }), stranger: [403, 404], place: true },
  'GET /api/tools/:tool/:site/items': { ask: (ids) => ({ path: `${tool(ids)}/items?place=${ids.place}` }), stranger: [403, 404], place: true },
  'POST /api/tools/:tool/:site/places/:place/items': { ask: (ids) => ({ path: `${tool(ids)}/places/${ids.place}/items`, body: { title: 'Mine' } }), stranger: [403, 404], place: true },
  'POST /api/boards/:board/sweep': { ask: ({ board }) => ({ path: `/api/boards/${e(board)}/sweep` }), stranger: [404, 404], board: true },
  'POST /api/cards/:board/:card/adopt': { ask: (ids) => ({ path: `${cardAt(ids)}/adopt` }), stranger: [404, 404], board: true },
  'GET /api/pairs': { ask: () => ({ path: '/api/pairs' }), stranger: [200, 200] },
  'POST /api/pairs': { ask: ({ site, place }) => ({ path: '/api/pairs', body: { left: { tool: 'gitlab', site, place, id: '1' }, right: { tool: 'gitlab', site, place, id: '2' } } }), stranger: [403, 422], place: true },
  'POST /api/pairs/:pair/choice': { ask: ({ pair }) => ({ path: `/api/pairs/${pair}/choice`, body: { field: 'title', keep: 'left' } }), stranger: [404, 404] },
  'POST /api/pairs/:pair/resume': { ask: ({ pair }) => ({ path: `/api/pairs/${pair}/resume` }), stranger: [404, 404] },
  'DELETE /api/pairs/:pair': { ask: ({ pair }) => ({ path: `/api/pairs/${pair}` }), stranger: [404, 404] },
  'GET /api/integrations': { ask: () => ({ path: '/api/integrations' }), stranger: [200, 200] },
  'POST /api/integrations': { ask: (ids) => ({ path: '/api/integrations', body: integrationOf(ids) }), stranger: [403, 422], place: true },
  'POST /api/integrations/check': { ask: ({ site, place }) => ({ path: '/api/integrations/check', body: { left: { tool: 'gitlab', site, place }, right: { tool: 'gitlab', site, place } } }), stranger: [403, 422], place: true },
  'GET /api/integrations/orphans': { ask: ({ site }) => ({ path: `/api/integrations/orphans?tool=gitlab&site=${e(site)}` }), stranger: [403, 200] },
  'DELETE /api/integrations/orphans/:kind/:orphan': { ask: ({ site }) => ({ path: `/api/integrations/orphans/column/x?tool=gitlab&site=${e(site)}` }), stranger: [403, 404] },
  'PATCH /api/integrations/:integration': { ask: ({ integration }) => ({ path: `/api/integrations/${integration}`, body: { name: 'Mine' } }), stranger: [404, 404] },
  'DELETE /api/integrations/:integration': { ask: ({ integration }) => ({ path: `/api/integrations/${integration}` }), stranger: [404, 404] },
  'POST /api/integrations/:integration/dry-run': { ask: ({ integration }) => ({ path: `/api/integrations/${integration}/dry-run`, body: {} }), stranger: [404, 404] },
  'POST /api/integrations/:integration/pause': { ask: ({ integration }) => ({ path: `/api/integrations/${integration}/pause` }), stranger: [404, 404] },
  'POST /api/integrations/:integration/resume': { ask: ({ integration }) => ({ path: `/api/integrations/${integration}/resume` }), stranger: [404, 404] },
  'POST /api/integrations/:integration/retry': { ask: ({ integration }) => ({ path: `/api/integrations/${integration}/retry` }), stranger: [404, 404] },
  'DELETE /api/integrations/:integration/report': { ask: ({ integration }) => ({ path: `/api/integrations/${integration}/report` }), stranger: [404, 404] },
  'POST /api/integrations/:integration/rotate': { ask: ({ integration }) => ({ path: `/api/integrations/${integration}/rotate` }), stranger: [404, 404] },
  'GET /api/integrations/:integration/connections': { ask: ({ integration }) => ({ path: `/api/integrations/${integration}/connections` }), stranger: [404, 404] },
  'POST /api/integrations/:integration/connections': { ask: ({ integration }) => ({ path: `/api/integrations/${integration}/connections`, body: { items: [{ item: 'x' }] } }), stranger: [404, 404] },
  'POST /api/integrations/:integration/connections/:item/retry': { ask: ({ integration }) => ({ path: `/api/integrations/${integration}/connections/x/retry` }), stranger: [404, 404] },
  'DELETE /api/integrations/:integration/connections/:item': { ask: ({ integration }) => ({ path: `/api/integrations/${integration}/connections/x` }), stranger: [404, 404] },
  'POST /api/munity/sessions': { ask: () => ({ path: '/api/munity/sessions', body: { connector: 'jira' } }), stranger: [404, 404] },
  'GET /api/munity/sessions/:session': { ask: () => ({ path: '/api/munity/sessions/guessed' }), stranger: [404, 404] },
  'GET /api/boards/:board/cards': { ask: ({ board }) => ({ path: `/api/boards/${e(board)}/cards` }), stranger: [404, 404], board: true },
  'POST /api/cards': {
    ask: ({ board, card, site, place, issue }) => ({ path: '/api/cards', body: { board, card, ref: { tool: 'gitlab', site, place, id: issue } } }),
    stranger: [404, 404],
    board: true,
  },
  'GET /api/cards/:board/:card': { ask: (ids) => ({ path: cardAt(ids) }), stranger: [404, 404], board: true },
  'PATCH /api/cards/:board/:card': { ask: (ids) => ({ path: cardAt(ids), body: { set: { title: 'Mine' }, seen: { title: 'Seen' } } }), stranger: [404, 404], board: true },
  'DELETE /api/cards/:board/:card': { ask: (ids) => ({ path: cardAt(ids) }), stranger: [404, 404], board: true },
};

const methodOf = (route: string): string => route.split(' ')[0] ?? '';
const behindIdentity = Object.entries(ROUTES).filter(([, row]) => row.stranger);

/** The answer without what differs between any two. */
function told(got: Got): unknown {
  const { error } = got.body as WireError;
  return { status: got.status, error: { ...error, id: '' } };
}

/** Another team's board with a linked card, and a board of the same team that is ana's alone. */
async function openTwoTeams(): Promise<{ world: World; open: Ids; private: Ids; nothing: Ids; words: string[] }> {
  const world = await openWorld({ productboard: true });
  const { ana, ben, eve } = world.people;
  for (const who of [ana, ben]) {
    await world.signIn(who);
    await world.connect(who);
  }
  await world.signIn(eve);
  const hidden = world.miro.addBoard('Salaries', ana.team, { [ana.user]: 'owner' }).id;
  const { card } = await world.put(ana, world.issue(1));
  const secret = await world.put(ana, world.issue(2), hidden);
  expect(secret.answer.status).toBe(201);
  const made = await world.call<PairView>(ana, 'POST', '/api/pairs', { left: world.issue(2), right: world.issue(3) });
  expect(made.status).toBe(201);
  const workspace = { tool: 'productboard', site: world.productboard.url };
  await world.connect(ana, world.productboard.addToken().value, workspace);
  const column = await world.call<IntegrationView>(ana, 'POST', '/api/integrations', integrationOf(world, { ...workspace, place: 'features' }));
  expect(column.status).toBe(202);
  const integration = column.body.id;
  await world.settle();
  const ids = { site: world.site, place: world.place };
  return {
    world,
    open: { ...ids, board: world.board, card, issue: '1', pair: made.body.id, integration, user: ana.user },
    private: { ...ids, board: hidden, card: secret.card, issue: '2', pair: made.body.id, integration, user: ana.user },
    nothing: { site: world.site, place: '987654', board: 'uXjVNOTHING=', card: '3458764500000009999', issue: '1', pair: 'nothing', integration: 'nothing', user: '999' },
    words: ['Checkout', 'Dark mode', 'acme/roadmap', 'Roadmap', 'Salaries', 'Acme', 'Ana', ana.user, ana.team, ben.user],
  };
}

describe('nobody learns what is not theirs', () => {
  let two: Awaited<ReturnType<typeof openTwoTeams>>;
  beforeAll(async () => {
    two = await openTwoTeams();
  });
  afterAll(() => two.world.close());
  const ask = (who: Someone, route: string, ids: Ids): Promise<Got> => {
    const { path, body } = ROUTES[route]?.ask(ids) ?? { path: '/' };
    return two.world.call(who, methodOf(route), path, body);
  };
  const silent = (got: Got, words = two.words): void => {
    const text = JSON.stringify(got.body ?? '');
    expect(words.filter((word) => text.includes(word))).toEqual([]);
  };

  base('every route has a row in this test', () => {
    expect(Object.keys(ROUTES).toSorted()).toEqual(declaredRoutes().toSorted());
  });

  base.each(Object.entries(ROUTES))('%s: without an identity', async (route, row) => {
    const { path, body } = row.ask(two.open);
    for (const spelling of [path, path.replace(/^\/api/, '/API'), path.replace('/api', '/Api'), path.replace(/(\?|$)/, '/$1')]) {
      const response = await fetch(two.world.url + spelling, { method: methodOf(route), redirect: 'manual', headers: { 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      const text = await response.text();
      if (row.open !== undefined && spelling === path) expect(response.status).toBe(row.open);
      else if (row.open === undefined && spelling.startsWith('/api/')) expect([response.status, (JSON.parse(text) as WireError).error.code]).toEqual([401, 'unauthenticated']);
      else if (row.open === undefined) expect([401, 404], spelling).toContain(response.status);
      for (const word of two.words) expect(text).not.toContain(word);
    }
  });

  base.each(behindIdentity)("%s: with another team's ids, without an account at the tool", async (route, row) => {
    const got = await ask(two.world.people.eve, route, two.open);
    expect(got.status).toBe(row.stranger?.[0]);
    silent(got);
  });

  base.each(behindIdentity.filter(([, row]) => row.board))('%s: a board of another team, and a board of the own team that the caller may not see, are answered as one that is not there', async (route) => {
    const { ben, eve } = two.world.people;
    for (const [who, ids] of [[eve, two.open], [eve, two.private], [ben, two.private]] as const) {
      const got = await ask(who, route, ids);
      const none = await ask(who, route, two.nothing);
      expect(got.status).toBe(404);
      expect(told(got)).toEqual(told(none));
      silent(got);
      // Miro's documents leave open how it hides a board.
      two.world.miro.state.hiddenBoard = 403;
      expect(told(await ask(who, route, ids))).toEqual(told(none));
      two.world.miro.state.hiddenBoard = 404;
    }
  });

  base('a card that is on a board of mine by its name only is not there either', async () => {
    const { eve } = two.world.people;
    const own = two.world.miro.addBoard('Other', eve.team, { [eve.user]: 'owner' }).id;
    for (const route of ['GET /api/cards/:board/:card', 'PATCH /api/cards/:board/:card', 'DELETE /api/cards/:board/:card', 'POST /api/cards']) {
      const got = await ask(eve, route, { ...two.open, board: own });
      expect([route, got.status]).toEqual([route, 404]);
      expect(told(got)).toEqual(told(await ask(eve, route, { ...two.nothing, board: own })));
      silent(got);
    }
    const { id } = two.world.miro.createCard(own, eve.user, { title: 'Mine' });
    const linked = await ask(eve, 'POST /api/cards', { ...two.open, board: own, card: id });
    expect([linked.status, (linked.body as WireError).error.code]).toEqual([403, 'account_required']);
    silent(linked);
  });

  base.each(behindIdentity)("%s: with another team's ids and an account of one's own", async (route, row) => {
    const { gitlab, people } = two.world;
    if (!gitlab.state.users.some((user) => user.username === 'eve')) gitlab.addUser('eve', 'Eve');
    await two.world.connect(people.eve, gitlab.addToken('eve').value);
    const got = await ask(people.eve, route, two.open);
    expect(got.status).toBe(row.stranger?.[1]);
    silent(got);
    if (row.place) expect(told(got)).toEqual(told(await ask(people.eve, route, two.nothing)));
  });

  base('nothing of all this changed anything', async () => {
    const { world, open } = two;
    const { store } = world.tandem();
    const { ana } = world.people;
    expect((await store.accounts.get({ team: ana.team, user: ana.user, tool: 'gitlab', site: world.site }))?.state).toBe('active');
    expect((await store.links.byBoard(ana.team, open.board)).map(({ card, ref }) => [card, ref.split('/').at(-1)])).toEqual([[open.card, '1']]);
    expect(await store.links.byBoard(world.people.eve.team, open.board)).toEqual([]);
    const { issues } = world.gitlab.project(world.place);
    expect([...issues.values()].map(({ title }) => title)).toEqual(['Checkout drops the discount', 'Dark mode', 'Export as CSV']);
  });
});

describe('what browsers are told', () => {
  const pages = fileURLToPath(new URL('../../plugin/dist', import.meta.url));
  let world: World;
  beforeAll(async () => {
    if (!existsSync(join(pages, 'panel.html'))) throw new Error('plugin/dist is missing: run `npm run build` first (`npm test` does).');
    world = await openWorld({ pages });
  });
  afterAll(() => world?.close());
  const files = (existsSync(pages) ? readdirSync(pages, { recursive: true, withFileTypes: true }) : []).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(pages.length));
  const html = files.filter((file) => file.endsWith('.html'));
  const never = ['x-frame-options', 'cross-origin-opener-policy', 'access-control-allow-origin', 'access-control-allow-credentials', 'x-powered-by', 'server'];
  const quiet = (headers: Headers): void => expect(never.filter((name) => headers.has(name))).toEqual([]);

  base('there are pages', () => expect(html).toEqual(expect.arrayContaining(['/index.html', '/panel.html', '/card.html', '/settings.html', '/connect.html', '/signed-in.html'])));

  base.each([...html, '/'])('%s: runs our code only, and only Miro may frame it', async (path) => {
    const { status, headers } = await fetch(world.url + path, { headers: { origin: 'https://evil.example' } });
    expect(status).toBe(200);
    const policy = new Map((headers.get('content-security-policy') ?? '').split(';').map((part) => part.trim().split(' ')).map(([name = '', ...sources]) => [name, sources]));
    expect(policy.get('default-src')).toEqual(["'none'"]);
    const alone = ['/signed-in.html', '/settings.html', '/connect.html'].includes(path);
    expect(policy.get('script-src')).toEqual(["'self'", ...(alone ? [] : ['https://miro.com'])]);
    expect(policy.get('connect-src')).toEqual(["'self'"]);
    expect(policy.get('base-uri')).toEqual(["'none'"]);
    expect(policy.get('form-action')).toEqual(["'self'"]);
    expect(policy.get('frame-ancestors')).toEqual([alone ? "'none'" : world.miro.url]);
    expect([...policy.values()].flat().filter((source) => /unsafe|\*/.test(source))).toEqual([]);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    quiet(headers);
  });

  base('the other files are not sniffed either, and no page holds inline code', async () => {
    for (const file of files.filter((name) => !html.includes(name))) {
      const { headers } = await fetch(world.url + file);
      expect([file, headers.get('x-content-type-options')]).toEqual([file, 'nosniff']);
      quiet(headers);
    }
    for (const file of html) {
      const text = readFileSync(join(pages, file), 'utf8');
      expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+\s*=|javascript:/i);
    }
  });

  base('with Munity, the pages that sign in may listen to its event streams, and its pages see which site sent a person', async () => {
    const beyond = await openWorld({ pages, munity: { ssePort: await freePort() } });
    try {
      const { url, sseUrl } = beyond.munity;
      for (const path of html) {
        const { headers } = await fetch(beyond.url + path);
        const signsIn = path !== '/index.html' && path !== '/signed-in.html';
        expect([path, headers.get('content-security-policy')]).toEqual([path, expect.stringContaining(`connect-src 'self'${signsIn ? ` ${url} ${sseUrl}` : ''};`)]);
        expect([path, headers.get('referrer-policy')]).toEqual([path, signsIn ? 'strict-origin-when-cross-origin' : 'no-referrer']);
        quiet(headers);
      }
    } finally {
      await beyond.close();
    }
  });

  base('with the real Miro, frames are its own', async () => {
    const answer = await alone({ MIRO_WEB_URL: 'https://miro.com' }, pages, '/panel.html');
    expect(answer.headers.get('content-security-policy')).toMatch(/frame-ancestors https:\/\/miro\.com https:\/\/\*\.miro\.com$/);
  });

  base.each(Object.entries(ROUTES))('%s: no other origin may read it, and no answer of the API is kept', async (route, row) => {
    const { ana } = world.people;
    const { path, body } = row.ask({ site: world.site, place: world.place, board: world.board, card: '1', issue: '1', pair: '1', integration: '1', user: '1' });
    const identity = { authorization: `Bearer ${world.miro.idToken(ana.user, ana.team)}` };
    const of = (headers: Record<string, string>, method = methodOf(route)): Promise<Response> =>
      fetch(world.url + path, { method, redirect: 'manual', headers: { origin: 'https://evil.example', 'content-type': 'application/json', ...headers }, ...(body === undefined || method === 'OPTIONS' ? {} : { body: JSON.stringify(body) }) });
    for (const response of [await of({}), await of(identity), await of({ 'access-control-request-method': methodOf(route), 'access-control-request-headers': 'authorization' }, 'OPTIONS')]) {
      quiet(response.headers);
      if (row.stranger) expect([response.status, response.headers.get('cache-control')]).toEqual([response.status, 'no-store']);
    }
  });

  base('the cookie of a sign-in is for its own path, out of reach of scripts, and secure where we are', async () => {
    for (const [url, secure] of [['https://tandem.example', true], ['http://localhost:3000', false]] as const) {
      const { headers } = await alone({ TANDEM_URL: url }, undefined, '/auth/miro');
      const cookies = headers.getSetCookie();
      expect(cookies.length).toBeGreaterThan(0);
      for (const cookie of cookies) {
        const attributes = cookie.toLowerCase().split('; ').slice(1);
        expect(attributes).toEqual(expect.arrayContaining(['httponly', 'samesite=lax', secure ? 'path=/' : 'path=/auth']));
        expect(attributes.includes('secure')).toBe(secure);
        // No neighbouring subdomain can set such a cookie for us.
        expect(cookie.startsWith('__Host-')).toBe(secure);
      }
    }
  });
});

/** A request whose path goes out as it is: `fetch` would tidy it up. */
function raw(url: string, path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    request(url, { path, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    })
      .on('error', reject)
      .end();
  });
}

/** One answer of a BFF that has no world around it. */
async function alone(env: Record<string, string>, pages: string | undefined, path: string): Promise<Response> {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-'));
  const config = readConfig({
    TANDEM_URL: 'https://tandem.example',
    TANDEM_STORE: `sqlite:${join(folder, 'tandem.db')}`,
    TANDEM_SECRET: 'a secret of more than thirty-two characters',
    MIRO_CLIENT_ID: '1',
    MIRO_CLIENT_SECRET: 'secret',
    ...env,
  });
  const tandem = await openTandem(config, pages, { log: openLog('silent') });
  const server = createServer((req, res) => tandem.handler(req, res));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  try {
    return await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { redirect: 'manual' });
  } finally {
    server.closeAllConnections();
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    await tandem.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

base('neither the store, nor the log, nor the pages hold a secret', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-'));
  const sealing = 'a sealing secret that must not turn up anywhere at all';
  const world = await openWorld({ store: `sqlite:${join(folder, 'tandem.db')}`, env: { TANDEM_SECRET: sealing } });
  try {
    const { ana, ben } = world.people;
    for (const who of [ana, ben]) {
      await world.signIn(who);
      await world.connect(who);
    }
    const { card } = await world.put(ana, world.issue(1));
    await world.settle();
    await world.edit(ben, card, { set: { title: 'Edited' }, seen: { title: 'Checkout drops the discount' } });
    world.gitlab.as('ben').updateIssue(world.place, 1, { title: 'By webhook' });
    await world.settle();
    // Tokens are renewed, and refused: both write to the store and to the log.
    const first = idTokens(world);
    world.advance(3_500_000);
    world.gitlab.as('ben').updateIssue(world.place, 1, { title: 'After the renewal' });
    await world.call(ana, 'GET', `/api/boards/${e(world.board)}/cards`);
    await world.settle();
    await world.connect(ben, 'glpat-a-wrong-one');
    world.gitlab.revokeToken(world.tokens.ben);
    await world.call(ben, 'GET', `/api/cards/${e(world.board)}/${card}`);
    await world.call(ben, 'GET', `/api/tools/gitlab/${e(world.site)}/places`);
    world.miro.revokeTokens(ben.user);
    await world.call(ben, 'GET', '/api/boards/uXjVNOTHING%3D/cards');
    await world.settle();
    expect(world.card(card)?.title).toBe('<p>After the renewal</p>');

    const tokens = world.miro.requests.filter(({ path }) => path === '/v1/oauth/token');
    const exchanged = tokens.flatMap(({ body, answer }) => [body, answer] as (Record<string, unknown> | undefined)[]).flatMap((fields) => ['access_token', 'refresh_token', 'client_secret', 'code'].flatMap((name) => (typeof fields?.[name] === 'string' ? [fields[name]] : [])));
    const hooks = world.gitlab.state.hooks.flatMap(({ token }) => (token ? [token] : []));
    const secrets = new Set([sealing, 'a-client-secret-of-the-simulated-app', 'glpat-a-wrong-one', ...Object.values(world.tokens), ...exchanged, ...hooks, ...first, ...idTokens(world)]);
    expect([tokens.length > 2, hooks.length, exchanged.length > 8]).toEqual([true, 1, true]);

    const stored = readdirSync(folder).map((file) => readFileSync(join(folder, file)));
    const pages = fileURLToPath(new URL('../../plugin/dist', import.meta.url));
    if (!existsSync(pages)) throw new Error('plugin/dist is missing: run `npm run build` first (`npm test` does).');
    const built = readdirSync(pages, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name)));
    const logged = Buffer.from(world.logged.join('\n'));
    expect(Buffer.concat(stored).includes(card), 'the store was read').toBe(true);
    for (const secret of secrets) {
      for (const form of [secret, Buffer.from(secret).toString('base64').replace(/=+$/, ''), Buffer.from(secret).toString('hex'), e(secret)]) {
        expect(stored.some((bytes) => bytes.includes(form)), `${secret} in the store`).toBe(false);
        expect(logged.includes(form), `${secret} in the log`).toBe(false);
        expect(built.some((bytes) => bytes.includes(form)), `${secret} in the pages`).toBe(false);
      }
    }
  } finally {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

function idTokens(world: World): string[] {
  return Object.values(world.people).map(({ user, team }) => world.miro.idToken(user, team));
}

base.each([
  '<img src=x onerror=alert(1)>',
  '</p><script>alert(1)</script><p>',
  '<a href="javascript:alert(1)">click</a>',
  '"><svg/onload=alert(1)>',
  "' onmouseover='alert(1)",
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '<scr<script>ipt>alert(1)//<!--',
])('text of a tool is text on the card: %s', async (hostile) => {
  const world = await openWorld();
  try {
    const { ana } = world.people;
    await world.signIn(ana);
    await world.connect(ana);
    world.gitlab.addUser('mallory', hostile);
    world.gitlab.project(world.place).members.set(world.gitlab.user('mallory').id, 30);
    world.gitlab.addLabel(world.place, hostile.replaceAll(',', ''), '#d9534f');
    const { card } = await world.put(ana, world.issue(1));
    world.gitlab.as('ana').updateIssue(world.place, 1, { title: hostile, description: hostile, labels: [hostile], assignee_ids: [world.gitlab.user('mallory').id] });
    await world.settle();

    const shown = world.card(card);
    expect(textOf(shown?.title ?? '')).toBe(hostile);
    expect(shown?.fields.map(({ value }) => value)).toEqual(expect.arrayContaining([expect.stringContaining(hostile.slice(0, 10))]));
    const writes = world.miro.requests.filter(({ method, path }) => method === 'PATCH' && path.endsWith(card)).map(({ body }) => (body as { data: { title: string; description: string } }).data);
    expect(writes.length).toBeGreaterThan(0);
    // What we sent counts, too: the simulator, like Miro, may have cleaned up after us.
    for (const text of [...writes.flatMap(({ title, description }) => [title, description]), shown?.title ?? '', shown?.description ?? '']) expect(tagsIn(text, world.gitlab.url)).toEqual([]);
  } finally {
    await world.close();
  }
});

/** Tags in Miro's HTML besides paragraphs and links to the tool. */
function tagsIn(text: string, site: string): string[] {
  return (text.match(/<[^>]*>?/g) ?? []).filter((tag) => !/^<\/?p>$|^<\/a>$/.test(tag) && !(tag.startsWith(`<a href="${site}/`) && /^<a href="[^"<>\s]*">$/.test(tag)));
}

const HOSTILE: readonly unknown[] = [
  JSON.parse('{"__proto__":{"polluted":true}}'),
  JSON.parse('{"constructor":{"prototype":{"polluted":true}}}'),
  { $where: 'sleep(1000) || true' },
  { $ne: null },
  { $gt: '' },
  { $regex: '.*' },
  [{ $ne: null }],
];

describe.each([
  { store: 'SQLite', url: () => undefined },
  { store: 'MongoDB', url: () => mongo?.url() },
])('operators and prototypes in inputs, on $store', ({ store, url }) => {
  const test = store === 'MongoDB' && !mongo ? base.skip : base;
  let world: World;
  let card: string;
  beforeAll(async () => {
    if (store === 'MongoDB' && !mongo) return;
    const where = url();
    world = await openWorld(where === undefined ? {} : { store: where });
    await world.signIn(world.people.ana);
    await world.connect(world.people.ana);
    ({ card } = await world.put(world.people.ana, world.issue(1)));
    await world.settle();
  });
  afterAll(() => world?.close());

  const bodies = (): { method: string; path: string; body: Record<string, unknown> }[] => [
    { method: 'PUT', path: `/api/accounts/gitlab/${e(world.site)}`, body: { fields: { token: world.tokens.ana } } },
    { method: 'POST', path: `/api/tools/gitlab/${e(world.site)}/places/${world.place}/items`, body: { title: 'New', description: 'Text', labels: ['bug'], assignees: ['1'] } },
    { method: 'POST', path: '/api/cards', body: { board: world.board, card, ref: { ...world.issue(2) } } },
    {
      method: 'PATCH',
      path: `/api/cards/${e(world.board)}/${card}`,
      body: { set: { title: 'T', description: 'D', status: 'closed', labels: ['bug'], assignees: ['1'] }, seen: { title: 'T', description: 'D', status: 'opened', labels: ['bug'], assignees: ['1'] } },
    },
  ];

  /** The body with each of its fields, in turn, made hostile. */
  function variants(value: unknown, hostile: unknown): unknown[] {
    if (value === null || typeof value !== 'object') return [hostile];
    if (Array.isArray(value)) return [hostile, ...value.flatMap((one, i) => variants(one, hostile).map((next) => value.with(i, next) as unknown))];
    return [hostile, ...Object.entries(value).flatMap(([name, one]) => variants(one, hostile).map((next) => ({ ...value, [name]: next })))];
  }

  const snapshot = async (): Promise<unknown> => {
    const { store: kept } = world.tandem();
    const { ana } = world.people;
    const { issues } = world.gitlab.project(world.place);
    return {
      accounts: await kept.accounts.bySite(ana.team, 'gitlab', world.site),
      links: await kept.links.byBoard(ana.team, world.board),
      issues: [...issues.values()].map(({ title, description, state, labels }) => [title, description, state, labels]),
      hooks: world.gitlab.state.hooks.length,
    };
  };

  test('a body with one of them in any field is refused, and nothing of it is kept', async () => {
    const before = await snapshot();
    const accepted: string[] = [];
    for (const { method, path, body } of bodies()) {
      for (const hostile of HOSTILE) {
        for (const variant of variants(body, hostile)) {
          const got = await world.call(world.people.ana, method, path, variant);
          if (got.status < 400 || got.status >= 500) accepted.push(`${method} ${path} ${JSON.stringify(variant)}: ${got.status}`);
        }
      }
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(await snapshot()).toEqual(before);
    expect(accepted).toEqual([]);
  });

  test('an address in another spelling is no way around the identity', async () => {
    const { ana } = world.people;
    for (const prefix of ['/API', '/Api', '//api', '/./api', '/%61pi', '/api;a=b', '/auth/../api', '/auth/miro/..%2f..%2fapi']) {
      for (const path of ['/me', `/tools/gitlab/${e(world.site)}/places`, `/tools/gitlab/${e(world.site)}/items`, `/boards/${e(world.board)}/cards`, `/cards/${e(world.board)}/${card}`]) {
        const { status, text } = await raw(world.url, prefix + path);
        expect.soft([401, 404], prefix + path).toContain(status);
        expect.soft(text).not.toMatch(/acme|Checkout|\b1004\b/);
      }
    }
    expect(await world.tandem().store.links.byBoard(ana.team, world.board)).toHaveLength(1);
  });

  test('a path or a query with one of them finds nothing', async () => {
    const { ana } = world.people;
    // So many calls at once would be refused.
    world.advance(60_000);
    for (const text of ['{"$ne":null}', '[object Object]', '__proto__', 'constructor', 'toString', '$where', '*', '%', '_', "' OR '1'='1"]) {
      const statuses = [];
      for (const path of [`/api/boards/${e(text)}/cards`, `/api/cards/${e(world.board)}/${e(text)}`, `/api/cards/${e(text)}/${card}`, `/api/tools/${e(text)}/${e(world.site)}/places`, `/api/tools/gitlab/${e(world.site)}/places/${e(text)}`]) {
        statuses.push((await world.call(ana, 'GET', path)).status);
      }
      statuses.push((await world.call(ana, 'DELETE', `/api/cards/${e(world.board)}/${e(text)}`)).status, (await world.call(ana, 'POST', `/hooks/gitlab/${e(text)}`, {})).status);
      expect([text, ...statuses]).toEqual([text, ...statuses.map(() => 404)]);
      // Any name of a host is a site where nobody has an account.
      expect([403, 404], text).toContain((await world.call(ana, 'GET', `/api/tools/gitlab/${e(text)}/places`)).status);
      expect(JSON.stringify((await world.call(ana, 'DELETE', `/api/accounts/gitlab/${e(text)}`)).body)).toMatch(/"left":\[\]|"not_found"/);
    }
    expect((await world.call(ana, 'GET', `/api/tools/gitlab/${e(world.site)}/items?state[$ne]=open&__proto__[polluted]=1&__proto__=x`)).status).toBe(200);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(await world.tandem().store.links.byBoard(ana.team, world.board)).toHaveLength(1);
  });
});
