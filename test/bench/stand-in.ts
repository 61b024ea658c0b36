import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { workerData } from 'node:worker_threads';
import { faceOf } from '@tandem/shared/face';
import { itemOf } from '@tandem/bff/tools/gitlab/map';
import { issueOf, boardId, cardId, userId, versionIn, watchId, type Scene } from './scene.ts';
import { seeded } from './stats.ts';
import { clock, serve, startThread, type Thread } from './thread.ts';

/** What the main thread tells and asks the stand-in. */
export type StandInApi = ReturnType<typeof apiOf>;
export type StandIn = Thread<StandInApi> & { readonly url: string };

/** How Miro treats us. `credits` a window and user, `window` in ms; `faults`: the share of reads and writes that are answered 500 before they have any effect; `listings`: lists of a place's items hold some. */
export interface Manners {
  readonly credits: number;
  readonly window: number;
  readonly faults: number;
  readonly listings: boolean;
}

/** Versions of all items, and when each got its last, for all threads to see. */
export interface Board {
  readonly versions: SharedArrayBuffer;
  readonly changedAt: SharedArrayBuffer;
}

interface Given extends Board {
  readonly scene: Scene;
  readonly manners: Manners;
}

/** What it saw since the last `reset`. */
export interface Seen {
  /** updates of cards that were done */
  readonly writes: number;
  /** of those: the card showed exactly that already */
  readonly noops: number;
  /** of those: the card showed a later version already */
  readonly regressions: number;
  /** refused for want of credits */
  readonly refused: number;
  /** answered 500 by the fault switch */
  readonly failed: number;
  readonly calls: number;
  /** items read one by one */
  readonly reads: number;
  /** pages of a place's items, pages of a board's cards, and places' lists of webhooks */
  readonly placePages: number;
  readonly boardPages: number;
  readonly hookLists: number;
  /** whatever else was asked, by method and route */
  readonly others: Readonly<Record<string, number>>;
  /** when the first write and the last that made a card right arrived (`clock`) */
  readonly firstWrite: number;
  readonly lastFresh: number;
  /** how long each card waited for its item's change, and whose token wrote it */
  readonly waits: readonly { readonly token: number; readonly ms: number }[];
}

const UPDATE = 100;
const READ = 50;
const PAGE = 50;

/** A lean Miro and GitLab for a scene, in a thread of its own: credits and their headers as Miro's simulator has them, and an account of all that went wrong. */
export async function startStandIn(scene: Scene, manners: Manners, board: Board): Promise<StandIn> {
  const thread = startThread<StandInApi>('stand-in', { scene, manners, ...board } satisfies Given);
  const url = await thread.listen();
  return new Proxy(thread, { get: (target, name) => (name === 'url' ? url : Reflect.get(target, name)) }) as StandIn;
}

export function serveStandIn(): void {
  serve(apiOf(workerData as Given));
}

function apiOf(given: Given) {
  const { scene } = given;
  let manners = given.manners;
  const versions = new Int32Array(given.versions);
  const changedAt = new Float64Array(given.changedAt);
  const shownVersion = new Int32Array(scene.cards.length);
  const shownBody = scene.cards.map(() => '');
  const random = seeded(1);
  const spent = new Map<string, { window: number; used: number }>();
  const empty = () => ({ writes: 0, noops: 0, regressions: 0, refused: 0, failed: 0, calls: 0, reads: 0, placePages: 0, boardPages: 0, hookLists: 0, others: {} as Record<string, number>, firstWrite: 0, lastFresh: 0, waits: [] as { token: number; ms: number }[] });
  let seen = empty();
  let url = '';
  let skew = (): number => Date.now();
  const cardsOn = new Map<number, number[]>();
  scene.cards.forEach(({ board }, card) => void cardsOn.set(board, [...(cardsOn.get(board) ?? []), card]));
  const itemsAt = new Map<number, number[]>();
  scene.items.forEach((place, item) => {
    const there = itemsAt.get(place);
    if (there) there.push(item);
    else itemsAt.set(place, [item]);
  });

  const answer = (res: ServerResponse, status: number, body?: unknown, headers: Record<string, string> = {}): void => {
    const text = body === undefined ? '' : JSON.stringify(body);
    res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers }).end(text);
  };

  /** Takes the credits off the user's window; answers the headers, and whether there were enough. */
  const charge = (req: IncomingMessage, credits: number): { headers: Record<string, string>; allowed: boolean } => {
    const user = req.headers.authorization ?? '';
    const window = Math.floor(skew() / manners.window);
    const purse = spent.get(user);
    const used = purse?.window === window ? purse.used : 0;
    const allowed = used + credits <= manners.credits;
    const now = allowed ? used + credits : used;
    spent.set(user, { window, used: now });
    return {
      allowed,
      headers: { 'x-ratelimit-limit': String(manners.credits), 'x-ratelimit-remaining': String(manners.credits - now), 'x-ratelimit-reset': String(Math.ceil(((window + 1) * manners.window) / 1000)) },
    };
  };

  const write = (card: number, text: string): { data: object; style: object } => {
    const { data, style } = JSON.parse(text) as { data: { title: string }; style: object };
    const version = versionIn(data.title);
    const { item, token } = scene.cards[card] ?? { item: 0, token: 0 };
    const at = clock();
    seen.writes += 1;
    seen.firstWrite ||= at;
    if (version < (shownVersion[card] ?? 0)) seen.regressions += 1;
    if (shownBody[card] === text || (shownBody[card] === '' && version === 0)) seen.noops += 1;
    if (version > (shownVersion[card] ?? 0) && version === versions[item]) {
      seen.lastFresh = at;
      seen.waits.push({ token, ms: at - (changedAt[item] ?? at) });
    }
    shownVersion[card] = version;
    shownBody[card] = text;
    return { data: { ...data, title: `<p>${data.title}</p>` }, style };
  };

  const miro = (req: IncomingMessage, res: ServerResponse, path: string[], query: URLSearchParams, text: string): void => {
    const board = Number(decodeURIComponent(path[3] ?? '').slice('uXjV'.length, -1));
    const kind = path[4];
    const { headers, allowed } = charge(req, kind === undefined || (kind === 'app_cards' && req.method === 'GET') ? READ : UPDATE);
    if (!allowed) {
      seen.refused += 1;
      return answer(res, 429, { type: 'error', status: 429, code: 'tooManyRequests', message: 'Too many requests' }, headers);
    }
    if (manners.faults > random()) {
      seen.failed += 1;
      return answer(res, 500, { type: 'error', status: 500, code: 'internalError', message: 'Internal error' }, headers);
    }
    const record = (card: number): object => ({ id: cardId(card), type: 'app_card', data: { title: '', description: '', status: 'connected', fields: [], owned: true }, createdBy: { id: userId(scene.cards[card]?.token ?? 0), type: 'user' } });
    if (kind === 'app_cards' && req.method === 'PATCH') {
      const card = Number((path[5] ?? '').slice('34587645'.length));
      return answer(res, 200, { ...record(card), ...write(card, text) }, headers);
    }
    if (kind === 'items') {
      seen.boardPages += 1;
      const all = cardsOn.get(board) ?? [];
      const from = Number(query.get('cursor') ?? 0);
      const more = all.length > from + PAGE;
      return answer(res, 200, { data: all.slice(from, from + PAGE).map(record), total: all.length, ...(more ? { cursor: String(from + PAGE) } : {}) }, headers);
    }
    other(req, kind === undefined ? '/v2/boards/:board' : `/v2/boards/:board/${kind}`);
    if (kind === undefined) return answer(res, 200, { id: boardId(board), name: `Board ${board}`, currentUserMembership: { role: 'owner' } }, headers);
    return answer(res, 501, {});
  };

  const gitlab = (req: IncomingMessage, res: ServerResponse, path: string[], query: URLSearchParams): void => {
    const place = Number(path[4]) - 1;
    if (path[5] === 'issues' && path[6] !== undefined) {
      seen.reads += 1;
      if (manners.faults > random()) {
        seen.failed += 1;
        return answer(res, 500, { message: 'internal' });
      }
      const item = Number(path[6]) - 1;
      return answer(res, 200, issueOf(url, item, place, versions[item] ?? 0));
    }
    if (path[5] === 'issues') {
      seen.placePages += 1;
      const after = query.get('updated_after') ?? '';
      const [size, page] = [Number(query.get('per_page')), Number(query.get('page') ?? 1)];
      const changed = ((manners.listings && itemsAt.get(place)) || []).map((item) => issueOf(url, item, place, versions[item] ?? 0)).filter(({ updated_at: at }) => at >= after);
      return answer(res, 200, changed.sort((a, b) => (a.updated_at < b.updated_at ? -1 : 1)).slice((page - 1) * size, page * size));
    }
    if (path[5] === 'hooks') {
      seen.hookLists += 1;
      return answer(res, 200, [{ id: place + 1, url: `${tandem}/hooks/gitlab/${watchId(place)}`, issues_events: true, confidential_issues_events: true, alert_status: 'executable', signing_token_present: true }]);
    }
    other(req, '/api/v4/…');
    return answer(res, 501, {});
  };

  const other = (req: IncomingMessage, route: string): void => {
    const name = `${req.method} ${route}`;
    seen.others[name] = (seen.others[name] ?? 0) + 1;
  };

  let tandem = '';
  const server = createServer((req, res) => {
    seen.calls += 1;
    const [before = '', query = ''] = (req.url ?? '').split('?');
    const path = before.split('/');
    let text = '';
    req.setEncoding('utf8');
    req.on('data', (chunk: string) => (text += chunk));
    req.on('end', () => (path[1] === 'v2' ? miro(req, res, path, new URLSearchParams(query), text) : gitlab(req, res, path, new URLSearchParams(query))));
  });
  server.keepAliveTimeout = 60_000;

  return {
    listen: () =>
      new Promise<string>((resolve) => {
        server.listen(0, '127.0.0.1', () => {
          url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
          resolve(url);
        });
      }),
    /** Where the BFF is: its webhooks are there already. */
    meet: (bff: string): void => void (tandem = bff),
    behave: (more: Partial<Manners>): void => void (manners = { ...manners, ...more }),
    /** The epoch milliseconds that its windows go by; real time until it is told. */
    setTime: (at: number): void => void (skew = () => at),
    reset: (): void => void (seen = empty()),
    seen: (): Seen => seen,
    /** Cards that do not show what their item is now. */
    stale: (): number => scene.cards.filter(({ item }, card) => shownVersion[card] !== versions[item]).length,
    /** The version that each card shows. */
    shown: (): Int32Array => shownVersion,
    /** What the card of an item must show, as it was sent. */
    face: (item: number): string => {
      const { title, description, status, fields, color } = faceOf(itemOf(url, issueOf(url, item, scene.items[item] ?? 0, versions[item] ?? 0)));
      return JSON.stringify({ data: { title, description, status, fields }, style: { fillColor: color } });
    },
    /** Whether every card of the item shows what it is now. */
    right: (item: number): boolean => scene.cards.every((card, n) => card.item !== item || shownVersion[n] === versions[item]),
  } as const;
}
