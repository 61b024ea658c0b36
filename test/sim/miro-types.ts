import type { Faults } from './faults.ts';
import type { Server } from './kit.ts';
import type { Exchange } from './traffic.ts';

/** Board roles as Miro's `BoardMember.role` has them. */
export type BoardRole = 'owner' | 'coowner' | 'editor' | 'commenter' | 'viewer';

export interface MiroUser {
  readonly id: string;
  name: string;
}

export interface MiroTeam {
  readonly id: string;
  name: string;
  /** ids of its users */
  members: string[];
}

/** A chip on a card: `CustomField` of the REST API, `AppCardField` of the Web SDK. */
export interface MiroField {
  value?: string;
  fillColor?: string;
  textColor?: string;
  iconUrl?: string;
  iconShape?: 'round' | 'square';
  tooltip?: string;
}

export type CardStatus = 'disabled' | 'disconnected' | 'connected';

/** What can be set on a card, in the Web SDK's words (`style.cardTheme` is REST's `style.fillColor`). */
export interface CardProps {
  title?: string;
  description?: string;
  status?: CardStatus;
  fields?: MiroField[];
  style?: { cardTheme?: string; fillBackground?: boolean };
  x?: number;
  y?: number;
  width?: number;
  height?: number;
  rotation?: number;
  linkedTo?: string;
}

/** An app card as the simulator keeps it: in the Web SDK's shape, title and description normalised as Miro does. */
export interface MiroCard {
  readonly id: string;
  readonly type: 'app_card';
  /** client id of the app that created it; only that app may write it */
  readonly app: string;
  title: string;
  description: string;
  status: CardStatus;
  fields: MiroField[];
  style: { cardTheme: string; fillBackground?: boolean };
  x: number;
  y: number;
  width: number;
  height: number;
  rotation: number;
  linkedTo?: string;
  readonly createdAt: string;
  readonly createdBy: string;
  modifiedAt: string;
  modifiedBy: string;
}

export interface MiroBoard {
  /** like `uXjVN8abc1E=` */
  readonly id: string;
  name: string;
  readonly team: string;
  /** user id → role */
  members: Record<string, BoardRole>;
  /** card id → card, in order of creation */
  cards: Map<string, MiroCard>;
  readonly createdAt: string;
  modifiedAt: string;
}

/** A pair of tokens that the simulator gave out, for one user in one team. */
export interface MiroGrant {
  readonly user: string;
  readonly team: string;
  readonly scopes: readonly string[];
  accessToken: string;
  /** absent for apps with tokens that never expire */
  refreshToken?: string;
  /** epoch ms; absent: never */
  expiresAt?: number;
  revoked: boolean;
}

/** Everything that the simulated Miro knows; plain data. */
export interface MiroState {
  users: Map<string, MiroUser>;
  teams: Map<string, MiroTeam>;
  boards: Map<string, MiroBoard>;
  grants: MiroGrant[];
  /** `user/team` pairs that said yes on the consent page: they are not asked again */
  consents: Set<string>;
  /** how often a refresh token that was used already came back; a correct client never does this */
  reusedRefreshTokens: number;
  /** what a member who may not see a board is answered (Miro's documents leave it open) */
  hiddenBoard: 404 | 403;
}

export interface MiroOptions {
  readonly port?: number;
  /** host name in `url`; it listens on 127.0.0.1 */
  readonly host?: string;
  /** its address, and it listens nowhere: requests come by `handle` alone */
  readonly wireless?: string;
  readonly now?: () => number;
  readonly random?: () => number;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUris: readonly string[];
  /** the app's name on the consent page */
  readonly appName?: string;
  /** life of an access token in seconds (3600 by default), or `forever`: no refresh token is given out */
  readonly tokenLife?: number | 'forever';
  /** credits per user and window (100,000 by default) */
  readonly credits?: number;
  /** milliseconds (60,000 by default) */
  readonly creditWindow?: number;
  /** `false`: this simulator's traffic is not written to `TANDEM_TRAFFIC` (for tests that send what the product never would) */
  readonly record?: boolean;
}

/** Forging switches for tests; the defaults make a genuine token. */
export interface IdTokenOptions {
  /** seconds of life (one hour by default); negative: expired */
  readonly ttl?: number;
  readonly secret?: string;
  readonly alg?: 'HS256' | 'HS384' | 'HS512' | 'none';
  readonly sub?: string;
}

/** What happened to a card: the pretend board repaints it. */
export interface BoardChange {
  readonly board: string;
  readonly card: string;
  readonly kind: 'created' | 'updated' | 'removed';
}

/** A running simulated Miro: REST API, OAuth pages, and what its Web SDK does. */
export interface MiroSim {
  /** base of the API (`/v1`, `/v2`) and of the web pages (`/oauth/authorize`, `/app-install-completed/`) */
  readonly url: string;
  readonly clientId: string;
  readonly state: MiroState;
  readonly requests: readonly Exchange[];
  readonly faults: Faults;
  readonly handle: Server['handle'];
  addUser(name: string, id?: string): MiroUser;
  addTeam(name: string, members: readonly string[], id?: string): MiroTeam;
  /** `members`: user id → role */
  addBoard(name: string, team: string, members: Readonly<Record<string, BoardRole>>, id?: string): MiroBoard;
  /** The token that `miro.board.getIdToken()` answers. */
  idToken(user: string, team: string, options?: IdTokenOptions): string;
  /** Every change of a card on any board, however it was made. Answers the function that stops listening. */
  onChange(listener: (change: BoardChange) => void): () => void;
  /** `miro.board.createAppCard` by this user. */
  createCard(board: string, user: string, props?: CardProps): MiroCard;
  /** `appCard.sync()`: the owning app writes everything. Throws when the user may not edit or the card is not there. */
  updateCard(board: string, user: string, card: string, props: CardProps): MiroCard;
  /** `miro.board.remove`, or Delete on the board. */
  removeCard(board: string, user: string, card: string): void;
  /** Copy and paste by this user: a new id, the same content, status `disconnected`. */
  copyCard(board: string, user: string, card: string, to?: { board?: string; x?: number; y?: number }): MiroCard;
  /** Kills every token of the user, as when they uninstall the app. */
  revokeTokens(user: string): void;
  close(): Promise<void>;
}
