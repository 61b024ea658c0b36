import type {
  BoardAnswer,
  ConnectBody,
  CreateBody,
  DisconnectAnswer,
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
} from '@tandem/shared/api';
import type { ErrorCode, WireError } from '@tandem/shared/errors';
import type { Item } from '@tandem/shared/item';
import { claimsOf } from './jwt.ts';

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

/** The `/api` routes that the panel calls, and other pages too (`shared/src/api.ts` has their shapes). All reject with an {@link ApiError}, or with the signal's `AbortError`. */
export interface Api {
  /** Any route by its path: for those that only code knows that is fetched when it is needed. */
  readonly call: Caller;
  me(signal?: AbortSignal): Promise<MeAnswer>;
  connect(tool: string, site: string, body: ConnectBody): Promise<SiteView>;
  disconnect(tool: string, site: string): Promise<DisconnectAnswer>;
  site(query: SiteQuery): Promise<SiteView>;
  places(tool: string, site: string, q: string, signal?: AbortSignal): Promise<PlacesAnswer>;
  place(tool: string, site: string, place: string, signal?: AbortSignal): Promise<PlaceAnswer>;
  items(tool: string, site: string, query: ItemsQuery, signal?: AbortSignal): Promise<ItemsAnswer>;
  create(tool: string, site: string, place: string, body: CreateBody): Promise<Item>;
  link(body: LinkBody): Promise<LinkAnswer>;
  cards(board: string, signal?: AbortSignal): Promise<BoardAnswer>;
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

/** Sends one request to a route of `/api` and reads its answer. */
export type Caller = <T>(route: string, what?: Call) => Promise<T>;

/** A new token is asked for this long before the old one ends. */
const TOKEN_MARGIN_MS = 30_000;

/** Calls the BFF with the caller's bearer token on every request. */
export function createCaller(outside: Outside): Caller {
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

  return async function call<T>(route: string, what: Call = {}): Promise<T> {
    const retries = (what.again ?? what.method === undefined) ? 1 : 0;
    let response = await sendOften(route, what, retries);
    if (response.status === 401 && held) {
      held = undefined;
      response = await sendOften(route, what, retries);
    }
    const text = await response.text().catch((cause: unknown) => Promise.reject(what.signal?.aborted ? cause : unreachable(cause, outside.online())));
    if (!response.ok) throw failure(response.status, text);
    return (text ? JSON.parse(text) : undefined) as T;
  };
}

/** The routes of the panel. What only one other page calls is beside this: nobody waits for more than they need. */
export function createApi(call: Caller): Api {
  return {
    call,
    me: (signal) => call('/me', { signal }),
    connect: (tool, id, body) => call(path('accounts', tool, id), { method: 'PUT', body }),
    disconnect: (tool, id) => call(path('accounts', tool, id), { method: 'DELETE', again: true }),
    site: (query) => call('/sites', { query: { ...query } }),
    places: (tool, id, q, signal) => call(path('tools', tool, id, 'places'), { query: { q }, signal }),
    place: (tool, id, place, signal) => call(path('tools', tool, id, 'places', place), { signal }),
    items: (tool, id, query, signal) => call(path('tools', tool, id, 'items'), { query: { ...query }, signal }),
    create: (tool, id, place, body) => call(path('tools', tool, id, 'places', place, 'items'), { method: 'POST', body }),
    link: (body) => call('/cards', { method: 'POST', body, again: true }),
    cards: (board, signal) => call(path('boards', board, 'cards'), { signal }),
  };
}

/** A route: its parts, each percent-encoded. */
export const path = (...parts: readonly string[]): string => `/${parts.map(encodeURIComponent).join('/')}`;

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
    const { exp } = claimsOf(jwt) as { exp: number };
    return new Date(exp * 1000).toISOString();
  } catch {
    return new Date(0).toISOString();
  }
}
