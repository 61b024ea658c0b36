import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MeAnswer } from '@tandem/shared/api';
import { openHttp } from '@tandem/bff/http';
import { refusedAddress } from '@tandem/bff/addresses';
import { signature } from '../sim/gitlab-hooks.ts';
import { declaredRoutes } from '../sim/routes.ts';
import type { GitlabHook } from '../sim/gitlab-types.ts';
import { openWorld, type Someone, type World } from '../sim/world.ts';

/** `FUZZ_SEED` and `FUZZ_RUNS` repeat a run. */
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000_007);
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 3000);
const BATCH = 50;
const PATIENCE = 20_000;

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

interface Sample {
  method: string;
  /** percent-encoded */
  segments: string[];
  query: [string, string][];
  headers: Record<string, string>;
  body?: Json;
  /** goes out instead of `body` */
  raw?: string;
  /** signed as a webhook */
  signed?: true;
}

interface Outcome {
  readonly sent: string;
  readonly status: number;
  readonly code: string;
  readonly reached: boolean;
  readonly ms: number;
}

/** A small generator of repeatable numbers (mulberry32). */
function repeatable(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SEGMENTS = [
  '.', '..', '%2e%2e', '%2E%2E%2Fboards', '..%2F..%2Fuser', '%00', '%0d%0aX-Evil:%201', '%ff%fe', '%', '%E0%A4%A', '%F0%9F%98%80', '%ED%A0%80', '%20', '%2F', '', '~', '*', '0', '-1', '9007199254740993',
  '1e999', 'NaN', 'null', '__proto__', 'constructor', 'toString', '$ne', '%7B%22$ne%22:null%7D', "'%20OR%201=1--", '%3Cscript%3E', 'a'.repeat(300), 'a'.repeat(6000), 'miro', 'gitea', ';a=b', '%5B%5D',
];
const STRINGS = ['', ' ', 'x', '\u0000', 'a\u0000b', '\uD800', 'b\uDC00a', '\u202Eevil', '😀'.repeat(50), 'e\u0301'.repeat(30), '../../x', '..', '.', '__proto__', '$where', "'; DROP TABLE links;--", '<script>alert(1)</script>', '{{7*7}}', '%s%n', '\r\nX-Evil: 1', 'x'.repeat(1001), 'ä'.repeat(4000), '1e999', '#1', 'http://[', 'http://169.254.169.254/', 'https://gitlab.com/a/b/-/issues/1'];
const VALUES: Json[] = [null, true, false, 0, -1, 1.5, 1e308, 2 ** 53, [], {}, [[]], [null], { $ne: null }, { $gt: '' }, { length: 1 }, { toString: 'x' }, JSON.parse('{"__proto__":{"polluted":true}}') as Json, { constructor: { prototype: { polluted: true } } }];
const QUERIES = ['q', 'place', 'state', 'mine', 'cursor', 'team', 'code', 'client_id', 'error', '__proto__', 'constructor', 'q[$ne]', '', 'x', 'toString'];
const HEADERS: [string, string][] = [
  ['content-type', 'text/plain'], ['content-type', 'application/json; charset=utf-16'], ['content-type', 'application/json;;;'], ['content-type', 'multipart/form-data'], ['content-type', ''],
  ['accept', 'x/y;q=z'], ['accept', '*/*'], ['accept-language', 'de'], ['origin', 'https://evil.example'], ['origin', 'null'], ['referer', 'javascript:alert(1)'],
  ['cookie', 'tandem_oauth=%'], ['cookie', ';;=;a=b; __proto__=x'], ['cookie', 'c'.repeat(3000)], ['x-forwarded-proto', 'https'], ['x-forwarded-for', '::, x'], ['x-forwarded-host', 'evil.example'], ['host', 'evil.example'], ['host', ''],
  ['if-none-match', '*'], ['if-modified-since', 'never'], ['range', 'bytes=0-1'], ['content-encoding', 'gzip'], ['x-http-method-override', 'DELETE'], ['expect', '100-continue'], ['idempotency-key', '\u00ff'.repeat(50)],
  ['x-gitlab-event', 'x'.repeat(2000)], ['x-gitlab-token', ''], ['x-hub-signature-256', 'sha256=zz'], ['x-request-id', 'mine'], ['traceparent', '00-0-0-0'], ['te', 'trailers'], ['connection', 'close'],
];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND'];
const RAW = ['', '{', '[', '"', 'nul', '{"a":1}{', '\uFEFF{}', '['.repeat(60_000), `${'['.repeat(60_000)}${']'.repeat(60_000)}`, `"${'x'.repeat(270_000)}"`, '{"__proto__":null}', '[]', 'null', '1e400', '"\\ud800"'];

describe('requests that were tampered with', () => {
  let world: World;
  let card: string;
  let watch: string;
  let start: string;
  let hook: GitlabHook;
  const secrets = new Set<string>();
  const random = repeatable(SEED);
  const below = (n: number): number => Math.floor(random() * n);
  const pick = <T>(of: readonly T[]): T => {
    const one = of[below(of.length)];
    if (one === undefined) throw new Error('nothing to pick from');
    return one;
  };
  const chance = (share: number): boolean => random() < share;

  beforeAll(async () => {
    const loopback = openHttp({ trusted: [], allowPrivate: true });
    // Named sites are tampered with as well: nothing leaves this machine.
    world = await openWorld({ overrides: { http: { ...loopback, send: (call) => (call.url.startsWith('http://127.0.0.1:') ? loopback.send(call) : Promise.reject(refusedAddress(new URL(call.url).hostname))) } } });
    for (const name of ['ana', 'ben', 'cem'] as const) {
      await world.signIn(world.people[name]);
      await world.connect(world.people[name]);
    }
    await world.signIn(world.people.eve);
    ({ card } = await world.put(world.people.ana, world.issue(1)));
    await world.settle();
    const [made] = world.gitlab.state.hooks;
    if (!made?.token || !made.signingToken) throw new Error('no hook');
    hook = made;
    const me = await world.call<MeAnswer>(world.people.ana, 'GET', '/api/me');
    start = new URL(me.body.sites[0]?.consent ?? '', world.url).searchParams.get('start') ?? '';
    watch = new URL(hook.url).pathname.split('/').at(-1) ?? '';
    for (const secret of [made.token, made.signingToken, ...Object.values(world.tokens)]) secrets.add(secret);
  });
  afterAll(() => world.close());

  const bearer = (who: Someone): string => {
    const token = world.miro.idToken(who.user, who.team);
    secrets.add(token);
    return `Bearer ${token}`;
  };

  const e = encodeURIComponent;
  const api = (method: string, path: string, body?: Json, query: [string, string][] = []): Sample => ({ method, segments: path.slice(1).split('/'), query, headers: {}, ...(body === undefined ? {} : { body }) });
  const site = (): string => `/api/tools/gitlab/${e(world.site)}`;
  const cardPath = (): string => `/api/cards/${e(world.board)}/${card}`;
  const title = (): string => world.gitlab.project(world.place).issues.get(1)?.title ?? '';

  const rule = { flow: 'both', clash: 'left' };
  const ends = () => ({ left: { tool: 'gitlab', site: world.site, place: world.place }, right: { tool: 'gitlab', site: world.site, place: world.place } });

  /** A valid request for each route. */
  const samples: Record<string, () => Sample> = {
    'GET /healthz': () => api('GET', '/healthz'),
    'GET /readyz': () => api('GET', '/readyz'),
    'GET /auth/miro': () => api('GET', '/auth/miro', undefined, [['team', world.people.ana.team]]),
    'GET /auth/miro/callback': () => api('GET', '/auth/miro/callback', undefined, [['code', 'unknown'], ['client_id', world.miro.clientId]]),
    'POST /hooks/:tool/:watch': () => ({
      ...api('POST', `/hooks/gitlab/${watch}`, { object_kind: 'issue', project: { id: Number(world.place) }, object_attributes: { iid: 1, action: 'update' } }),
      headers: { 'x-gitlab-event': 'Issue Hook', 'idempotency-key': `k${below(1e9)}` },
      signed: true,
    }),
    'GET /auth/:tool': () => api('GET', '/auth/gitlab', undefined, [['start', start]]),
    'GET /auth/:tool/callback': () => api('GET', '/auth/gitlab/callback', undefined, [['code', 'unknown'], ['state', 'unknown']]),
    'POST /auth/session': () => api('POST', '/auth/session'),
    'DELETE /auth/session': () => api('DELETE', '/auth/session'),
    'GET /api/me': () => api('GET', '/api/me'),
    'GET /api/sites': () => api('GET', '/api/sites', undefined, [['tool', 'gitlab'], ['url', 'https://git.example.org']]),
    'POST /api/team/stuck': () => api('POST', '/api/team/stuck', { key: 'apply:unknown' }),
    'GET /api/team': () => api('GET', '/api/team'),
    'DELETE /api/members/:user/accounts/:tool/:site': () => api('DELETE', `/api/members/${world.people.ben.user}/accounts/gitlab/${e(world.site)}`),
    'PUT /api/accounts/:tool/:site': () => api('PUT', `/api/accounts/gitlab/${e(world.site)}`, { fields: { token: world.tokens.ana } }),
    'DELETE /api/accounts/:tool/:site': () => api('DELETE', `/api/accounts/gitlab/${e(world.site)}`),
    'GET /api/tools/:tool/:site/places': () => api('GET', `${site()}/places`, undefined, [['q', 'road']]),
    'GET /api/tools/:tool/:site/places/:place': () => api('GET', `${site()}/places/${world.place}`),
    'GET /api/tools/:tool/:site/items': () => api('GET', `${site()}/items`, undefined, [['q', 'dark'], ['place', world.place], ['state', 'open']]),
    'POST /api/tools/:tool/:site/places/:place/items': () => api('POST', `${site()}/places/${world.place}/items`, { title: 'New', description: 'Text', labels: ['bug'], assignees: [] }),
    'POST /api/munity/sessions': () => api('POST', '/api/munity/sessions', { connector: 'jira', renew: false }),
    'GET /api/munity/sessions/:session': () => api('GET', '/api/munity/sessions/unknown'),
    'GET /hooks/:tool/:watch': () => api('GET', `/hooks/gitlab/${watch}`, undefined, [['validationToken', 'repeat me']]),
    'GET /buttons/:integration': () => api('GET', '/buttons/unknown', undefined, [['validationToken', 'repeat me']]),
    'POST /buttons/:integration': () => api('POST', '/buttons/unknown', { data: { integrationId: '0d4f4a3e-0000-4000-8000-000000000000', trigger: 'button.push', feature: { id: '0d4f4a3e-0000-4000-8000-000000000001' } } }),
    'GET /api/integrations': () => api('GET', '/api/integrations'),
    'POST /api/integrations': () => api('POST', '/api/integrations', { ...ends(), name: 'Tracker', button: 'Push', rules: { title: rule, description: rule, status: rule }, statuses: [{ feature: 'a', ticket: 'opened', label: 'bug', color: 'blue' }] }),
    'POST /api/integrations/check': () => api('POST', '/api/integrations/check', ends()),
    'GET /api/integrations/orphans': () => api('GET', '/api/integrations/orphans', undefined, [['tool', 'gitlab'], ['site', world.site]]),
    'DELETE /api/integrations/orphans/:kind/:orphan': () => api('DELETE', '/api/integrations/orphans/column/unknown', undefined, [['tool', 'gitlab'], ['site', world.site]]),
    'PATCH /api/integrations/:integration': () => api('PATCH', '/api/integrations/unknown', { name: 'Tracker', rules: { title: rule, description: rule, status: rule } }),
    'DELETE /api/integrations/:integration': () => api('DELETE', '/api/integrations/unknown'),
    'POST /api/integrations/:integration/dry-run': () => api('POST', '/api/integrations/unknown/dry-run', { statuses: [] }),
    'POST /api/integrations/:integration/pause': () => api('POST', '/api/integrations/unknown/pause'),
    'POST /api/integrations/:integration/resume': () => api('POST', '/api/integrations/unknown/resume'),
    'POST /api/integrations/:integration/retry': () => api('POST', '/api/integrations/unknown/retry'),
    'DELETE /api/integrations/:integration/report': () => api('DELETE', '/api/integrations/unknown/report'),
    'POST /api/integrations/:integration/rotate': () => api('POST', '/api/integrations/unknown/rotate'),
    'GET /api/integrations/:integration/connections': () => api('GET', '/api/integrations/unknown/connections'),
    'POST /api/integrations/:integration/connections': () => api('POST', '/api/integrations/unknown/connections', { items: [{ item: 'a', ticket: 'https://x.example/1' }] }),
    'POST /api/integrations/:integration/connections/:item/retry': () => api('POST', '/api/integrations/unknown/connections/a/retry'),
    'DELETE /api/integrations/:integration/connections/:item': () => api('DELETE', '/api/integrations/unknown/connections/a'),
    'GET /api/pairs': () => api('GET', '/api/pairs'),
    'POST /api/pairs': () => api('POST', '/api/pairs', { left: { ...world.issue(1) }, right: { ...world.issue(2) }, start: 'left', rules: { title: { flow: 'both', clash: 'ask' } } }),
    'POST /api/pairs/:pair/choice': () => api('POST', '/api/pairs/unknown/choice', { field: 'title', keep: 'left' }),
    'POST /api/pairs/:pair/resume': () => api('POST', '/api/pairs/unknown/resume'),
    'DELETE /api/pairs/:pair': () => api('DELETE', '/api/pairs/unknown'),
    'POST /api/boards/:board/sweep': () => api('POST', `/api/boards/${e(world.board)}/sweep`),
    'POST /api/cards/:board/:card/adopt': () => api('POST', `${cardPath()}/adopt`),
    'GET /api/boards/:board/cards': () => api('GET', `/api/boards/${e(world.board)}/cards`),
    'POST /api/cards': () => api('POST', '/api/cards', { board: world.board, card, ref: { ...world.issue(1) } }),
    'GET /api/cards/:board/:card': () => api('GET', cardPath()),
    'PATCH /api/cards/:board/:card': () =>
      api('PATCH', cardPath(), { set: { title: pick(['One', 'Two']), description: 'Text', labels: ['bug'] }, seen: { title: title(), description: world.gitlab.project(world.place).issues.get(1)?.description ?? '', labels: [] } }),
    'DELETE /api/cards/:board/:card': () => api('DELETE', cardPath()),
  };

  /** Each place in a JSON value, as the function that replaces what is there. */
  const places = (value: Json, replace: (next: Json) => void): { value: Json; replace: (next: Json) => void }[] => {
    const own = { value, replace };
    if (value === null || typeof value !== 'object') return [own];
    const inner = Array.isArray(value)
      ? value.flatMap((one, i) => places(one, (next) => void (value[i] = next)))
      : Object.keys(value).flatMap((name) => places(value[name] ?? null, (next) => void Object.defineProperty(value, name, { value: next, enumerable: true, writable: true, configurable: true })));
    return [own, ...inner];
  };

  const tamper: Record<string, (sample: Sample) => void> = {
    segment(sample) {
      // The first one or two are the route's own words; what follows may be anybody's.
      const from = chance(0.15) ? 0 : Math.min(2, sample.segments.length - 1);
      const at = from + below(sample.segments.length - from);
      const now = sample.segments[at] ?? '';
      sample.segments[at] = chance(0.2) ? now.toUpperCase() : chance(0.1) ? `${now}/` : pick(SEGMENTS);
    },
    query(sample) {
      const value = pick([...STRINGS.filter((text) => !/[\uD800-\uDFFF]/.test(text)), 'open', 'true', '1', world.place, ...SEGMENTS]);
      const held = sample.query[below(Math.max(1, sample.query.length))];
      if (held && chance(0.5)) held[1] = value;
      else sample.query.push([pick(QUERIES), value]);
    },
    header(sample) {
      const [name, value] = pick(HEADERS);
      sample.headers[name] = value;
    },
    body(sample) {
      if (sample.body === undefined || chance(0.1)) {
        sample.raw = pick(RAW);
        return;
      }
      const holder = { root: structuredClone(sample.body) };
      const place = pick(places(holder.root, (next) => void (holder.root = next)));
      const object = place.value !== null && typeof place.value === 'object' && !Array.isArray(place.value) ? place.value : undefined;
      if (object && chance(0.6)) object[pick(['extra', '__proto__x', '$where', 'toString', 'constructor', 'id'])] = pick(VALUES);
      else if (typeof place.value === 'string' && chance(0.7)) place.replace(pick(STRINGS));
      else place.replace(chance(0.5) ? pick(STRINGS) : pick(VALUES));
      sample.body = holder.root;
    },
    method(sample) {
      sample.method = pick(METHODS);
    },
    token(sample) {
      const { ana, ben, cem, eve } = world.people;
      const genuine = [ben, cem, eve].map(bearer);
      const forged = ['', 'Bearer', 'Bearer x.y.z', `Basic ${Buffer.from('a:b').toString('base64')}`, `Bearer ${world.miro.idToken(ana.user, ana.team, { alg: 'none' })}`, `Bearer ${world.miro.idToken(ana.user, ana.team, { ttl: -999 })}`, `Bearer ${world.miro.idToken(ana.user, ana.team, { secret: 'guessed' })}`];
      sample.headers['authorization'] = pick(chance(0.7) ? genuine : forged);
    },
  };
  const KINDS = ['segment', 'segment', 'query', 'query', 'query', 'header', 'header', 'header', 'body', 'body', 'body', 'token', 'method'];

  const send = async (sample: Sample): Promise<Outcome> => {
    const query = sample.query.map(([name, value]) => `${e(name)}=${e(value)}`).join('&');
    const path = `/${sample.segments.join('/')}${query ? `?${query}` : ''}`;
    const body = sample.raw ?? (sample.body === undefined ? undefined : JSON.stringify(sample.body));
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const proof = sample.signed ? signature(hook, 'delivery', body ?? '', world.now()) : {};
    const headers = { authorization: bearer(world.people.ana), ...proof, ...(bytes ? { 'content-type': 'application/json', 'content-length': String(bytes.length) } : {}), ...sample.headers };
    const sent = `${sample.method} ${path.slice(0, 300)} ${JSON.stringify(sample.headers).slice(0, 200)} ${body?.slice(0, 300) ?? ''}`;
    const started = performance.now();
    const { status, text } = await new Promise<{ status: number; text: string }>((resolve) => {
      const call = request(world.url + path, { method: sample.method, headers, path, agent: false, timeout: PATIENCE, insecureHTTPParser: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => void chunks.push(chunk));
        response.on('close', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      });
      call.on('timeout', () => call.destroy(new Error('no answer in time')));
      call.on('error', (error) => resolve({ status: -1, text: JSON.stringify({ error: { code: 'broken', message: error.message } }) }));
      call.end(bytes);
    });
    const error = errorIn(text);
    return { sent, status, code: `${error.code} ${error.message}`.trim(), reached: reached(status, error), ms: performance.now() - started };
  };

  /** What was undone by requests that got through is done again, so that the next ones have something to reach. */
  const mend = async (): Promise<void> => {
    const { store } = world.tandem();
    for (const name of ['ana', 'ben', 'cem'] as const) {
      const { user, team } = world.people[name];
      const account = await store.accounts.get({ user, team, tool: 'gitlab', site: world.site });
      if (account?.state !== 'active') await world.connect(world.people[name]);
    }
    if (!(await store.links.byCard(world.people.ana.team, world.board, card))) ({ card } = await world.put(world.people.ana, world.issue(1)));
  };

  test(
    `${RUNS} of them: each is answered, none breaks anything, and half reach a handler`,
    async () => {
      // oxlint-disable-next-line no-console -- a failure is repeated with this number
      console.info(`FUZZ_SEED=${SEED} FUZZ_RUNS=${RUNS}`);
      expect(Object.keys(samples).toSorted()).toEqual(declaredRoutes().toSorted());
      const rejections: unknown[] = [];
      const onRejection = (reason: unknown): void => void rejections.push(reason);
      process.on('unhandledRejection', onRejection);
      const outcomes: Outcome[] = [];
      const names = Object.keys(samples);
      try {
        for (let at = 0; at < RUNS; at += BATCH) {
          world.advance(5000);
          await mend();
          const batch = Array.from({ length: Math.min(BATCH, RUNS - at) }, (_, i) => {
            const sample = samples[names[(at + i) % names.length] ?? '']?.();
            if (!sample) throw new Error('no sample');
            for (let n = chance(0.2) ? 2 : 1; n > 0; n -= 1) {
              const kind = pick(KINDS);
              tamper[kind === 'body' && sample.body === undefined && chance(0.7) ? 'query' : kind]?.(sample);
            }
            return send(sample);
          });
          let open = true;
          const all = Promise.all(batch).finally(() => (open = false));
          while (open) {
            await world.tandem().worker.settle();
            await new Promise((resolve) => void setTimeout(resolve, 1));
          }
          outcomes.push(...(await all));
        }
        await world.settle();
      } finally {
        process.off('unhandledRejection', onRejection);
      }

      for (const grant of world.miro.state.grants) for (const secret of [grant.accessToken, grant.refreshToken ?? grant.accessToken]) secrets.add(secret);
      const hits = outcomes.filter((outcome) => outcome.reached).length;
      const counts = new Map<number, number>();
      for (const { status } of outcomes) counts.set(status, (counts.get(status) ?? 0) + 1);
      const statuses = [...counts].map(([status, count]) => `${status}: ${count}`);
      // oxlint-disable-next-line no-console -- what the fuzzing was worth belongs in the output
      console.info(`${hits} of ${outcomes.length} reached a handler; slowest ${Math.round(Math.max(...outcomes.map(({ ms }) => ms)))} ms; ${statuses.join(', ')}`);
      const again = `FUZZ_SEED=${SEED}`;
      expect.soft([...new Set(outcomes.filter(({ status }) => status >= 500).map(({ status, code, sent }) => `${status} ${code} ← ${sent}`))], again).toEqual([]);
      expect.soft(outcomes.filter(({ status, ms }) => status < 200 || ms > PATIENCE).map(({ code, sent }) => `${code} ← ${sent}`), again).toEqual([]);
      expect.soft(rejections, again).toEqual([]);
      const logged = world.logged.join('\n');
      expect.soft([...secrets].filter((secret) => logged.includes(secret)), again).toEqual([]);
      // A webhook's address is hidden, too, however /hooks is spelled; elsewhere its id means nothing.
      expect.soft(world.logged.filter((line) => line.includes(watch) && /"path":"\/+hooks\//i.test(line)), again).toEqual([]);
      expect.soft(({} as { polluted?: unknown }).polluted).toBeUndefined();
      expect.soft(hits, again).toBeGreaterThan(outcomes.length / 2);
    },
    120_000,
  );
});

function errorIn(text: string): { code: string; message: string } {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: string; message?: string } };
    return { code: error?.code ?? '', message: error?.message ?? '' };
  } catch {
    return { code: '', message: '' };
  }
}

/**
 * Whether a request came as far as a handler: it was routed (no 405, no `There is nothing at …`), said who it is from (no 401, which is also what a webhook without proof gets),
 * and passed validation (no `invalid_input`, 400, 413 or 415). Refusals that take a look into the store, Miro or the tool count: a missing card or account, a conflict, a lacking right.
 */
function reached(status: number, error: { code: string; message: string }): boolean {
  if (status < 200 || status === 501 || [400, 401, 405, 413, 415, 431].includes(status)) return false;
  return error.code !== 'invalid_input' && !(error.code === 'not_found' && error.message.startsWith('There is nothing at'));
}
