import type {
  BoardAnswer,
  CardAnswer,
  ConnectBody,
  CreateBody,
  EditBody,
  ItemsAnswer,
  ItemsQuery,
  LinkAnswer,
  LinkBody,
  MeAnswer,
  PlaceAnswer,
  PlacesAnswer,
  SiteView,
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
  disconnect(tool: string, site: string): Promise<void>;
  places(tool: string, site: string, q: string, signal?: AbortSignal): Promise<PlacesAnswer>;
  place(tool: string, site: string, place: string, signal?: AbortSignal): Promise<PlaceAnswer>;
  items(tool: string, site: string, query: ItemsQuery, signal?: AbortSignal): Promise<ItemsAnswer>;
  create(tool: string, site: string, place: string, body: CreateBody): Promise<Item>;
  link(body: LinkBody): Promise<LinkAnswer>;
  cards(board: string, signal?: AbortSignal): Promise<BoardAnswer>;
  card(board: string, card: string, signal?: AbortSignal): Promise<CardAnswer>;
  edit(board: string, card: string, body: EditBody): Promise<CardAnswer>;
  unlink(board: string, card: string): Promise<void>;
}

interface Outside {
  readonly idToken: () => Promise<string>;
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

/** The BFF's API with the member's Miro ID token on every call. */
export function createApi(outside: Outside): Api {
  let token: { text: string; until: number } | undefined;

  async function bearer(): Promise<string> {
    if (!token || token.until - TOKEN_MARGIN_MS <= outside.now()) {
      const text = await outside.idToken().catch((cause: unknown) => {
        throw new ApiError('unauthenticated', 'Miro did not say who you are. Close this panel and open it again.', { cause });
      });
      token = { text, until: expiryOf(text) };
    }
    return token.text;
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

  function unreachable(cause: unknown): ApiError {
    const message = outside.online() ? 'Tandem did not answer. Check your connection, then try again.' : 'You are offline. Reconnect, then try again.';
    return new ApiError('network', message, { cause });
  }

  async function sendOften(route: string, what: Call, retries: number): Promise<Response> {
    try {
      return await send(route, what);
    } catch (error) {
      if (what.signal?.aborted || error instanceof ApiError) throw error;
      if (retries > 0) return sendOften(route, what, retries - 1);
      throw unreachable(error);
    }
  }

  async function call<T>(route: string, what: Call = {}): Promise<T> {
    const retries = (what.again ?? what.method === undefined) ? 1 : 0;
    let response = await sendOften(route, what, retries);
    if (response.status === 401 && token) {
      token = undefined;
      response = await sendOften(route, what, retries);
    }
    const text = await response.text().catch((cause: unknown) => Promise.reject(what.signal?.aborted ? cause : unreachable(cause)));
    if (!response.ok) throw failure(response.status, text);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  return {
    me: (signal) => call('/me', { signal }),
    connect: (tool, id, body) => call(path('accounts', tool, id), { method: 'PUT', body }),
    disconnect: (tool, id) => call(path('accounts', tool, id), { method: 'DELETE', again: true }),
    places: (tool, id, q, signal) => call(path('tools', tool, id, 'places'), { query: { q }, signal }),
    place: (tool, id, place, signal) => call(path('tools', tool, id, 'places', place), { signal }),
    items: (tool, id, query, signal) => call(path('tools', tool, id, 'items'), { query: { ...query }, signal }),
    create: (tool, id, place, body) => call(path('tools', tool, id, 'places', place, 'items'), { method: 'POST', body }),
    link: (body) => call('/cards', { method: 'POST', body, again: true }),
    cards: (board, signal) => call(path('boards', board, 'cards'), { signal }),
    card: (board, id, signal) => call(path('cards', board, id), { signal }),
    edit: (board, id, body) => call(path('cards', board, id), { method: 'PATCH', body }),
    unlink: (board, id) => call(path('cards', board, id), { method: 'DELETE', again: true }),
  };
}

const path = (...parts: readonly string[]): string => `/${parts.map(encodeURIComponent).join('/')}`;

/** What went wrong as an {@link ApiError}, whatever was thrown. */
export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError('internal', 'Something went wrong in this panel. Try again, or close and open it.', { cause: error });
}

function failure(status: number, text: string): ApiError {
  try {
    const { error } = JSON.parse(text) as WireError;
    return new ApiError(error.code, error.message, { id: error.id, details: error.details });
  } catch (cause) {
    return new ApiError('internal', `Tandem answered with an error (${status}). Try again in a moment.`, { cause });
  }
}

/** The `exp` of a JWT in epoch milliseconds; 0 (never reused) when it cannot be read. */
function expiryOf(jwt: string): number {
  try {
    const payload = (jwt.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    return typeof exp === 'number' ? exp * 1000 : 0;
  } catch {
    return 0;
  }
}
