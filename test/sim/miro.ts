import { startServer } from './kit.ts';
import { makeCardDesk } from './miro-cards.ts';
import { makeOAuth, mintIdToken } from './miro-oauth.ts';
import { miroError, restRoutes } from './miro-rest.ts';
import type { BoardRole, MiroBoard, MiroCard, MiroOptions, MiroSim, MiroState } from './miro-types.ts';

export type * from './miro-types.ts';

/** A stand-in for Miro on 127.0.0.1: OAuth with a consent page, boards and app cards by REST with credits, and the Web SDK's way to cards. */
export async function startMiro(options: MiroOptions): Promise<MiroSim> {
  const now = options.now ?? Date.now;
  const random = options.random ?? Math.random;
  let lastId = 3_458_764_500_000_000_000n;
  const nextId = (): string => String((lastId += BigInt(1 + Math.floor(random() * 997))));
  const state: MiroState = { users: new Map(), teams: new Map(), boards: new Map(), grants: [], consents: new Set(), reusedRefreshTokens: 0, hiddenBoard: 404 };
  const desk = makeCardDesk(state, nextId, now);
  const oauth = makeOAuth(state, options, now);
  const creditWindow = options.creditWindow ?? 60_000;
  const credits = options.credits ?? 100_000;
  let url = '';

  const server = await startServer({
    name: 'miro',
    port: options.port ?? 0,
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.record === undefined ? {} : { record: options.record }),
    ...(options.wireless === undefined ? {} : { wireless: options.wireless }),
    now,
    random,
    api: /^\/v[12]\//,
    routes: { ...oauth.routes, ...restRoutes({ state, desk, clientId: options.clientId, url: () => url, now, credits, creditWindow, grantOf: oauth.grantOf }) },
    faultAnswer: (status, retryAfter) => ({
      ...miroError(status, FAULT_CODES[status] ?? 'internalError', 'A fault switch of the simulator is on').answer,
      // every answer carries them, a 500 too: https://developers.miro.com/reference/rate-limiting
      headers: {
        'X-RateLimit-Limit': String(credits),
        'X-RateLimit-Remaining': status === 429 ? '0' : String(credits),
        'X-RateLimit-Reset': String(Math.ceil(now() / 1000 + (retryAfter ?? creditWindow / 1000))),
      },
    }),
  });
  url = server.url;

  const editable = (id: string, user: string): MiroBoard => {
    const board = state.boards.get(id);
    if (!board) throw new Error(`There is no board ${id}`);
    if (!desk.canEdit(board, user)) throw new Error(`User ${user} may not edit board ${id}`);
    return board;
  };

  return {
    url,
    clientId: options.clientId,
    state,
    requests: server.requests,
    faults: server.faults,
    handle: server.handle,
    addUser(name, id = nextId()) {
      const user = { id, name };
      state.users.set(id, user);
      return user;
    },
    addTeam(name, members, id = nextId()) {
      const team = { id, name, members: [...members] };
      state.teams.set(id, team);
      return team;
    },
    addBoard(name, team, members: Readonly<Record<string, BoardRole>>, id = boardId(random)) {
      const at = new Date(now()).toISOString();
      const board: MiroBoard = { id, name, team, members: { ...members }, cards: new Map(), createdAt: at, modifiedAt: at };
      state.boards.set(id, board);
      return board;
    },
    idToken: (user, team, forged) => mintIdToken({ user, team, clientId: options.clientId, clientSecret: options.clientSecret, at: now() }, forged),
    onChange: desk.onChange,
    createCard: (board, user, props = {}) => desk.create(editable(board, user), user, options.clientId, props),
    updateCard(board, user, card, props) {
      const there = editable(board, user);
      return desk.update(there, user, owned(there, card), props);
    },
    removeCard(board, user, card) {
      const there = editable(board, user);
      desk.remove(there, owned(there, card));
    },
    // a copy gets a new id and is disconnected: https://developers.miro.com/docs/ui_boardui
    copyCard(board, user, card, to = {}) {
      const source = owned(editable(board, user), card);
      const { title, description, fields, style, width, rotation, linkedTo } = source;
      return desk.create(editable(to.board ?? board, user), user, source.app, {
        title,
        description,
        fields,
        style,
        width,
        rotation,
        status: 'disconnected',
        x: to.x ?? source.x + 40,
        y: to.y ?? source.y + 40,
        ...(linkedTo === undefined ? {} : { linkedTo }),
      });
    },
    revokeTokens(user) {
      for (const grant of state.grants) if (grant.user === user) grant.revoked = true;
      for (const consent of state.consents) if (consent.startsWith(`${user}/`)) state.consents.delete(consent);
    },
    close: () => server.close(),
  };
}

function owned(board: MiroBoard, id: string): MiroCard {
  const card = board.cards.get(id);
  if (!card) throw new Error(`There is no card ${id} on board ${board.id}`);
  return card;
}

const FAULT_CODES: Readonly<Record<number, string>> = { 400: 'invalidParameters', 401: 'tokenNotFound', 403: 'insufficientPermissions', 404: 'notFound', 409: 'conflict', 429: 'tooManyRequests' };

function boardId(random: () => number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';
  return `uXjV${Array.from({ length: 7 }, () => letters[Math.floor(random() * 64)]).join('')}=`;
}
