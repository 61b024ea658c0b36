import type {
  BoardAnswer,
  CardAnswer,
  ConnectBody,
  CreateBody,
  DisconnectAnswer,
  EditBody,
  ItemsAnswer,
  ItemsQuery,
  LinkAnswer,
  LinkBody,
  MeAnswer,
  PlaceAnswer,
  PlacesAnswer,
  SessionAnswer,
  SiteQuery,
  SiteView,
  StuckBody,
  TeamAnswer,
} from '@tandem/shared/api';
import type { ErrorCode, WireError } from '@tandem/shared/errors';
import type { Item } from '@tandem/shared/item';

/** A request that failed: the BFF's own sentence, or `network` when nothing of the BFF answered. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode | 'network';
  /** finds the log lines of the request */
  readonly id: string | undefined;
  readonly details: unknown;

  constructor(code: ErrorCode | 'network', message: string, more: { id?: string; details?: unknown; cause?: unknown } = {}) {
    super(message, { cause: more.cause });
    this.code = code;
    this.id = more.id;
    this.details = more.details;
  }
}

/** Every `/api` route that the pages call (`shared/src/api.ts` has their shapes). All reject with an {@link ApiError}, or with the signal's `AbortError`. */
export interface Api {
  me(signal?: AbortSignal): Promise<MeAnswer>;
  connect(tool: string, site: string, body: ConnectBody): Promise<SiteView>;
  disconnect(tool: string, site: string): Promise<DisconnectAnswer>;
  /** Disconnects another member. */
  removeAccount(user: string, tool: string, site: string): Promise<DisconnectAnswer>;
  site(query: SiteQuery): Promise<SiteView>;
  team(): Promise<TeamAnswer>;
  /** Tries again what was given up: one task, or all of the team's. */
  replay(body: StuckBody): Promise<void>;
  places(tool: string, site: string, q: string, signal?: AbortSignal): Promise<PlacesAnswer>;
  place(tool: string, site: string, place: string, signal?: AbortSignal): Promise<PlaceAnswer>;
  items(tool: string, site: string, query: ItemsQuery, signal?: AbortSignal): Promise<ItemsAnswer>;
  create(tool: string, site: string, place: string, body: CreateBody): Promise<Item>;
  link(body: LinkBody): Promise<LinkAnswer>;
  cards(board: string, signal?: AbortSignal): Promise<BoardAnswer>;
  card(board: string, card: string, signal?: AbortSignal): Promise<CardAnswer>;
  edit(board: string, card: string, body: EditBody): Promise<CardAnswer>;
  unlink(board: string, card: string): Promise<void>;
  /** Links a card that nobody linked to the item whose address it shows. */
  adopt(board: string, card: string): Promise<LinkAnswer>;
}

interface Outside {
  /** Who calls, and until when that counts; asked for again when it has ended or was refused. */
  readonly bearer: () => Promise<SessionAnswer>;
  readonly fetch: typeof fetch;
  readonly now: () => number;
  /** whether the browser thinks that it has a network */
  readonly online: () => boolean;
}

interface Call {
  readonly method?: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** asking twice does no harm: tried once more when the network fails */
  readonly again?: boolean;
}

/** A new token is asked for this long before the old one ends. */
const TOKEN_MARGIN_MS = 30_000;

/** The BFF's API with the caller's bearer token on every call. */
export function createApi(outside: Outside): Api {
  let held: SessionAnswer | undefined;

  async function bearer(): Promise<string> {
    if (!held || Date.parse(held.until) - TOKEN_MARGIN_MS <= outside.now()) held = await outside.bearer();
    return held.token;
  }

  async function send(route: string, call: Call): Promise<Response> {
    const query = new URLSearchParams(Object.entries(call.query ?? {}).filter((pair): pair is [string, string] => Boolean(pair[1])));
    const init: RequestInit = {
      method: call.method ?? 'GET',
      credentials: 'omit',
      headers: {
        authorization: `Bearer ${await bearer()}`,
        accept: 'application/json',
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      ...(call.signal ? { signal: call.signal } : {}),
    };
    return outside.fetch(`/api${route}${query.size > 0 ? `?${query.toString()}` : ''}`, init);
  }

  async function sendOften(route: string, what: Call, retries: number): Promise<Response> {
    try {
      return await send(route, what);
    } catch (error) {
      if (what.signal?.aborted || error instanceof ApiError) throw error;
      if (retries > 0) return sendOften(route, what, retries - 1);
      throw unreachable(error, outside.online());
    }
  }

  async function call<T>(route: string, what: Call = {}): Promise<T> {
    const retries = (what.again ?? what.method === undefined) ? 1 : 0;
    let response = await sendOften(route, what, retries);
    if (response.status === 401 && held) {
      held = undefined;
      response = await sendOften(route, what, retries);
    }
    const text = await response.text().catch((cause: unknown) => Promise.reject(what.signal?.aborted ? cause : unreachable(cause, outside.online())));
    if (!response.ok) throw failure(response.status, text);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  return {
    me: (signal) => call('/me', { signal }),
    connect: (tool, id, body) => call(path('accounts', tool, id), { method: 'PUT', body }),
    disconnect: (tool, id) => call(path('accounts', tool, id), { method: 'DELETE', again: true }),
    removeAccount: (user, tool, id) => call(path('members', user, 'accounts', tool, id), { method: 'DELETE', again: true }),
    site: (query) => call('/sites', { query: { ...query } }),
    team: () => call('/team'),
    replay: (body) => call('/team/stuck', { method: 'POST', body, again: true }),
    places: (tool, id, q, signal) => call(path('tools', tool, id, 'places'), { query: { q }, signal }),
    place: (tool, id, place, signal) => call(path('tools', tool, id, 'places', place), { signal }),
    items: (tool, id, query, signal) => call(path('tools', tool, id, 'items'), { query: { ...query }, signal }),
    create: (tool, id, place, body) => call(path('tools', tool, id, 'places', place, 'items'), { method: 'POST', body }),
    link: (body) => call('/cards', { method: 'POST', body, again: true }),
    cards: (board, signal) => call(path('boards', board, 'cards'), { signal }),
    card: (board, id, signal) => call(path('cards', board, id), { signal }),
    edit: (board, id, body) => call(path('cards', board, id), { method: 'PATCH', body }),
    adopt: (board, id) => call(path('cards', board, id, 'adopt'), { method: 'POST', again: true }),
    unlink: (board, id) => call(path('cards', board, id), { method: 'DELETE', again: true }),
  };
}

const path = (...parts: readonly string[]): string => `/${parts.map(encodeURIComponent).join('/')}`;

/** What went wrong as an {@link ApiError}, whatever was thrown. */
export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError('internal', 'Something went wrong on this page. Try again, or close and open it.', { cause: error });
}

/** A request that nothing of the BFF answered. */
export function unreachable(cause: unknown, online: boolean): ApiError {
  return new ApiError('network', online ? 'Tandem did not answer. Check your connection, then try again.' : 'You are offline. Reconnect, then try again.', { cause });
}

/** The error in an answer that is no success. */
export function failure(status: number, text: string): ApiError {
  try {
    const { error } = JSON.parse(text) as WireError;
    return new ApiError(error.code, error.message, { id: error.id, details: error.details });
  } catch (cause) {
    return new ApiError('internal', `Tandem answered with an error (${status}). Try again in a moment.`, { cause });
  }
}

/** Miro's ID token as a bearer, with the `exp` that it carries; one that cannot be read counts as ended, so it is never used twice. */
export async function miroBearer(idToken: () => Promise<string>): Promise<SessionAnswer> {
  const token = await idToken().catch((cause: unknown) => {
    throw new ApiError('unauthenticated', 'Miro did not say who you are. Close this panel and open it again.', { cause });
  });
  return { token, until: expiryOf(token) };
}

/** The `exp` of a JWT; long ago when it cannot be read. */
function expiryOf(jwt: string): string {
  try {
    const payload = (jwt.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const { exp } = JSON.parse(atob(payload)) as { exp: number };
    return new Date(exp * 1000).toISOString();
  } catch {
    return new Date(0).toISOString();
  }
}
