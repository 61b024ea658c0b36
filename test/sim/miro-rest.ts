import { Refusal, type Answer, type Context, type Handler, type Routes } from './kit.ts';
import { InvalidField, type CardDesk } from './miro-cards.ts';
import { propsOf } from './miro-input.ts';
import type { MiroBoard, MiroCard, MiroGrant, MiroState } from './miro-types.ts';

/** Miro's error envelope. https://developers.miro.com/reference/errors */
export function miroError(status: number, code: string, message: string, fields?: readonly { field: string; reason: string; message: string }[]): Refusal {
  return new Refusal(status, { type: 'error', status, code, message, ...(fields ? { context: { fields } } : {}) });
}

export interface RestOptions {
  readonly state: MiroState;
  readonly desk: CardDesk;
  readonly clientId: string;
  readonly url: () => string;
  readonly now: () => number;
  readonly credits: number;
  readonly creditWindow: number;
  readonly grantOf: (accessToken: string) => MiroGrant | undefined;
}

/**
 * Boards and app cards of Miro's REST API v2: https://developers.miro.com/reference/api-reference
 * Credits per user and app, by level: https://developers.miro.com/reference/rate-limiting
 */
export function restRoutes(options: RestOptions): Routes {
  const { state, desk, clientId, now } = options;
  const spent = new Map<string, { window: number; used: number }>();

  const charge = (context: Context, user: string, credits: number): void => {
    const window = Math.floor(now() / options.creditWindow);
    const purse = spent.get(user);
    const used = purse?.window === window ? purse.used : 0;
    const allowed = used + credits <= options.credits;
    spent.set(user, { window, used: allowed ? used + credits : used });
    Object.assign(context.extra, {
      'X-RateLimit-Limit': String(options.credits),
      'X-RateLimit-Remaining': String(options.credits - (allowed ? used + credits : used)),
      'X-RateLimit-Reset': String(Math.ceil(((window + 1) * options.creditWindow) / 1000)),
    });
    if (!allowed) throw miroError(429, 'tooManyRequests', 'Too many requests');
  };

  /** Who asks, paid for, with the scope, at a board that they may see. */
  const at = (credits: number, scope: string, handler: (context: Context, board: MiroBoard, grant: MiroGrant) => Answer): Handler => (context) => {
    const token = /^Bearer (.+)$/i.exec(context.headers.authorization ?? '')?.[1];
    if (!token) throw miroError(401, 'tokenNotProvided', 'No authorization token was provided');
    const grant = options.grantOf(token);
    if (!grant) throw miroError(401, 'tokenNotFound', 'The access token is not valid');
    charge(context, grant.user, credits);
    if (!grant.scopes.includes(scope)) throw miroError(403, 'insufficientPermissions', `The scope ${scope} is required`);
    const board = state.boards.get(context.params['board'] ?? '');
    if (!board) throw miroError(404, 'notFound', 'Board not found');
    const seen = board.team === grant.team && board.members[grant.user] !== undefined;
    if (!seen) throw state.hiddenBoard === 403 ? miroError(403, 'insufficientPermissions', 'You do not have access to this board') : miroError(404, 'notFound', 'Board not found');
    try {
      return handler(context, board, grant);
    } catch (error) {
      if (!(error instanceof InvalidField)) throw error;
      throw miroError(400, 'invalidParameters', 'Invalid parameters', [{ field: error.field, reason: 'invalid', message: error.message }]);
    }
  };

  const writable = (board: MiroBoard, grant: MiroGrant, card?: MiroCard): void => {
    if (!desk.canEdit(board, grant.user)) throw miroError(403, 'insufficientPermissions', 'You may not edit this board');
    if (card && card.app !== clientId) throw miroError(403, 'insufficientPermissions', 'The item belongs to another app');
  };
  const full = (board: MiroBoard, card: MiroCard): object => {
    const self = `${options.url()}/v2/boards/${encodeURIComponent(board.id)}/app_cards/${card.id}`;
    return { ...generic(card, clientId), style: { fillColor: card.style.cardTheme }, links: { self, related: self } };
  };

  return {
    // https://developers.miro.com/reference/get-specific-board
    'GET /v2/boards/:board': at(50, 'boards:read', (_context, board, grant) => ({ status: 200, body: boardBody(state, board, grant.user, options.url()) })),

    // https://developers.miro.com/reference/create-app-card-item
    'POST /v2/boards/:board/app_cards': at(100, 'boards:write', (context, board, grant) => {
      writable(board, grant);
      return { status: 201, body: full(board, desk.create(board, grant.user, clientId, propsOf(context.body))) };
    }),

    // https://developers.miro.com/reference/get-app-card-item
    'GET /v2/boards/:board/app_cards/:item': at(50, 'boards:read', (context, board) => ({ status: 200, body: full(board, cardOf(context, board)) })),

    // https://developers.miro.com/reference/update-app-card-item
    'PATCH /v2/boards/:board/app_cards/:item': at(100, 'boards:write', (context, board, grant) => {
      const card = cardOf(context, board);
      writable(board, grant, card);
      return { status: 200, body: full(board, desk.update(board, grant.user, card, propsOf(context.body))) };
    }),

    // https://developers.miro.com/reference/delete-app-card-item
    'DELETE /v2/boards/:board/app_cards/:item': at(500, 'boards:write', (context, board, grant) => {
      const card = cardOf(context, board);
      writable(board, grant, card);
      desk.remove(board, card);
      return { status: 204 };
    }),

    // https://developers.miro.com/reference/get-specific-item-1
    'GET /v2/boards/:board/items/:item': at(50, 'boards:read', (context, board) => ({ status: 200, body: generic(cardOf(context, board), clientId) })),

    // https://developers.miro.com/reference/get-items
    'GET /v2/boards/:board/items': at(100, 'boards:read', (context, board) => {
      const limit = Number(context.query.get('limit') ?? 10);
      if (!Number.isInteger(limit) || limit < 10 || limit > 50) throw new InvalidField('limit', 'A number from 10 to 50 is expected');
      const type = context.query.get('type') ?? 'app_card';
      const cursor = context.query.get('cursor');
      const after = cursor === null ? 0n : readCursor(cursor);
      const rest = type === 'app_card' ? [...board.cards.values()].filter((card) => BigInt(card.id) > after) : [];
      const page = rest.slice(0, limit);
      const last = page.at(-1);
      const next = last && rest.length > page.length ? Buffer.from(last.id).toString('base64url') : undefined;
      const self = `${options.url()}/v2/boards/${encodeURIComponent(board.id)}/items?type=${type}&limit=${limit}`;
      return {
        status: 200,
        body: {
          data: page.map((card) => generic(card, clientId)),
          total: type === 'app_card' ? board.cards.size : 0,
          size: page.length,
          limit,
          ...(next ? { cursor: next } : {}),
          links: { self, ...(next ? { next: `${self}&cursor=${next}` } : {}) },
        },
      };
    }),
  };
}

function cardOf(context: Context, board: MiroBoard): MiroCard {
  const card = board.cards.get(context.params['item'] ?? '');
  if (!card) throw miroError(404, 'notFound', 'Item not found');
  return card;
}

function readCursor(cursor: string): bigint {
  const id = Buffer.from(cursor, 'base64url').toString();
  if (!/^\d{1,20}$/.test(id)) throw new InvalidField('cursor', 'The cursor is not valid');
  return BigInt(id);
}

/** An item of any type: no colour, no links. https://developers.miro.com/reference/get-items */
function generic(card: MiroCard, clientId: string): object {
  return {
    id: card.id,
    type: card.type,
    data: { title: card.title, description: card.description, status: card.status, fields: card.fields, owned: card.app === clientId },
    position: { x: card.x, y: card.y, origin: 'center', relativeTo: 'canvas_center' },
    geometry: { width: card.width, height: card.height, rotation: card.rotation },
    createdAt: card.createdAt,
    createdBy: { id: card.createdBy, type: 'user' },
    modifiedAt: card.modifiedAt,
    modifiedBy: { id: card.modifiedBy, type: 'user' },
  };
}

function boardBody(state: MiroState, board: MiroBoard, user: string, url: string): object {
  const person = (id: string): object => ({ id, type: 'user', name: state.users.get(id)?.name ?? 'Unknown' });
  const owner = Object.entries(board.members).find(([, role]) => role === 'owner')?.[0] ?? user;
  const self = `${url}/v2/boards/${encodeURIComponent(board.id)}`;
  return {
    id: board.id,
    type: 'board',
    name: board.name,
    description: '',
    team: { id: board.team, type: 'team', name: state.teams.get(board.team)?.name ?? '' },
    viewLink: `https://miro.com/app/board/${board.id}`,
    owner: person(owner),
    currentUserMembership: { id: user, type: 'board_member', name: state.users.get(user)?.name ?? '', role: board.members[user] },
    createdAt: board.createdAt,
    createdBy: person(owner),
    modifiedAt: board.modifiedAt,
    modifiedBy: person(owner),
    links: { self, related: `${self}/members?limit=20&offset=0` },
  };
}
