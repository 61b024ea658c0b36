import type { Item, ItemDraft, Person, Place, PlaceInfo } from './item.ts';
import type { Ref } from './ref.ts';

/**
 * The API between our pages and the BFF: request and answer of every `/api` route.
 * Every call carries `Authorization: Bearer <Miro ID token>` (`miro.board.getIdToken()`); every failure is a `WireError`.
 */

/** State of a member's credentials at one site. `expired`: the remote refused them; only the member can mend that. */
export type AccountState = 'active' | 'expired';

/** A field of a tool's token form. */
export interface TokenField {
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly helpUrl?: string;
}

/** A site of a tool that this Tandem knows, with the caller's account there, if any. */
export interface SiteView {
  readonly tool: string;
  readonly site: string;
  /** the tool's name for people: `GitLab` */
  readonly name: string;
  readonly url: string;
  /** what its records are called: `issue` */
  readonly noun: string;
  readonly fields: readonly TokenField[];
  readonly can: { readonly create: boolean; readonly write: boolean; /** it has columns that a button of ours can be in */ readonly columns?: boolean };
  /** path of our own that signs in there by consent, to be opened in a window of its own within a click; absent: by token only */
  readonly consent?: string;
  /** Munity's name for the tool: it signs in by Munity's own window (`POST /api/munity/sessions`) */
  readonly connector?: string;
  readonly account?: AccountView;
}

/** The caller's account at a site. */
export interface AccountView {
  readonly state: AccountState;
  /** who the member is there */
  readonly person: Person;
  /** by consent (renewed by itself), or by a token that the member pasted */
  readonly kind: 'oauth' | 'token';
  /** ISO 8601: when the tool will end a pasted token, where it says so */
  readonly ends?: string;
  /** what it may see is still being fetched by the service that it is reached through, for the first time */
  readonly importing?: true;
}

/** What an account may change in an item; `reason`, a sentence for people, says why not all. */
export interface Rights {
  readonly fields: readonly (keyof EditValues)[];
  readonly reason?: string;
}

/** `GET /api/me`: who the caller is to Miro, and to each tool. */
export interface MeAnswer {
  readonly user: string;
  readonly team: string;
  /** `none`: the BFF has no Miro token of this member yet (open `/auth/miro` in a popup); `expired`: sign in again */
  readonly miro: AccountState | 'none';
  /** the configured sites, then others where the caller has an account */
  readonly sites: readonly SiteView[];
  /** tools that are on: the caller may name other sites of them (`GET /api/sites`) */
  readonly tools: readonly { readonly tool: string; readonly name: string }[];
}

/** Query of `GET /api/sites`: the site of a tool at a web address, as people paste it. Answers a SiteView; nothing is asked of that address before the caller connects there. */
export interface SiteQuery {
  readonly tool: string;
  readonly url: string;
}

/** `PUT /api/accounts/:tool/:site`: connect by token. Answers the SiteView. */
export interface ConnectBody {
  readonly fields: Readonly<Record<string, string>>;
}

/** `DELETE /api/accounts/:tool/:site` disconnects the caller; `DELETE /api/members/:user/accounts/:tool/:site` another member of the team, for whoever administers it. Links and cards stay. */
export interface DisconnectAnswer {
  /** sentences for people: what could not be undone elsewhere, and what they may want to do about it */
  readonly left: readonly string[];
}

/** `GET /api/team`: accounts and places of the caller's team; who does not administer it sees their own accounts only. */
export interface TeamAnswer {
  readonly user: string;
  /** the caller is named in `TANDEM_ADMINS`, or installed Tandem for the team */
  readonly admin: boolean;
  readonly members: readonly MemberView[];
  readonly places: readonly WatchView[];
  /** Munity's webhook, where tools are reached through it: when the last one arrived (ISO 8601), whatever it told, a test from its console included; for whoever administers the team */
  readonly munity?: { readonly heard?: string };
  /** work that was given up, newest first, at most 100: for whoever administers the team */
  readonly stuck: readonly StuckView[];
  /** what does not answer, of Miro and the sites of the team's accounts */
  readonly down: readonly DownView[];
}

/** A site that does not answer: it is asked now and then, and what waits for it is done as soon as it does. */
export interface DownView {
  /** the tool's name, or `Miro` */
  readonly name: string;
  readonly url: string;
  /** ISO 8601 */
  readonly since: string;
  /** ISO 8601: when it is asked next */
  readonly again: string;
}

/** Something that Tandem tried for a day, or that trying again cannot help. `POST /api/team/stuck` with StuckBody tries again (202). */
export interface StuckView {
  readonly key: string;
  /** what was asked: a tool and its site, or `miro` twice */
  readonly tool: string;
  readonly site: string;
  /** its name for people: `GitLab` */
  readonly name: string;
  /** the board, where Miro was asked for one */
  readonly board?: string;
  /** the place, where a tool was asked for one */
  readonly place?: string;
  /** what it was: `Write a card`, … */
  readonly what: string;
  /** what it is about: an item's key, a place, a member */
  readonly about: string;
  /** a sentence for people */
  readonly reason: string;
  /** ISO 8601: when it was last asked for */
  readonly at: string;
}

/** Which stuck work is tried again: one task, what is of one board, of one site (`miro` and `miro` for all of Miro's) or of one place there, or, with `{}`, all of the team's. */
export type StuckBody =
  | { readonly key: string }
  | { readonly board: string }
  | { readonly tool: string; readonly site: string; readonly place?: string }
  | Readonly<Record<string, never>>;

/** A member and their accounts. */
export interface MemberView {
  readonly user: string;
  readonly name: string;
  readonly admin: boolean;
  readonly miro: AccountState | 'none';
  readonly accounts: readonly (AccountView & { readonly tool: string; readonly site: string; readonly name: string; readonly url: string })[];
}

/** How changes at a place with cards are learnt. */
export interface WatchView {
  readonly tool: string;
  readonly site: string;
  /** the tool's name */
  readonly name: string;
  readonly place: string;
  /** what people call it: `roadmap` */
  readonly label: string;
  readonly watch: WatchMode;
  /** items with cards */
  readonly items: number;
  /** changes that were found although the webhook should have told of them */
  readonly missed: number;
  /** a sentence for people, when it is not by webhook */
  readonly reason?: string;
}

/** `POST /auth/session`, of a page of our own outside Miro: trades the session cookie for a bearer token of `/api`. 401: sign in at `/auth/miro?back=settings` first. `DELETE /auth/session` signs out (204). */
export interface SessionAnswer {
  /** for `Authorization: Bearer` */
  readonly token: string;
  /** ISO 8601 */
  readonly until: string;
}

/** `GET /api/tools/:tool/:site/places?q=`: at most 50 that the caller's account may see. */
export interface PlacesAnswer {
  readonly places: readonly Place[];
}

/** `GET /api/tools/:tool/:site/places/:place` */
export type PlaceAnswer = PlaceInfo;

/** Query of `GET /api/tools/:tool/:site/items`; `q` may be words or the URL of one item. */
export interface ItemsQuery {
  readonly q?: string;
  readonly place?: string;
  readonly state?: 'open' | 'closed' | 'all';
  readonly mine?: 'true';
  /** `next` of the page before */
  readonly cursor?: string;
}

export interface ItemsAnswer {
  readonly items: readonly Item[];
  readonly next?: string;
}

/** `POST /api/tools/:tool/:site/places/:place/items`: a new item. Answers 201 with the Item. */
export type CreateBody = Partial<ItemDraft> & Pick<ItemDraft, 'title'>;

/** State of a card's link: `live` follows its item; `gone`: the item was deleted; `hidden`: no account of the team can read it now; `unreachable`: the card cannot be written; `removed`: the card was deleted from its board, and follows again if that is undone. */
export type LinkState = 'live' | 'gone' | 'hidden' | 'unreachable' | 'removed';

/** A card of ours on a board. */
export interface CardView {
  readonly board: string;
  readonly card: string;
  readonly ref: Ref;
  readonly state: LinkState;
  /** a sentence for people, when the state is not `live` */
  readonly reason?: string;
  /** ISO 8601: when the card was last known to show the item */
  readonly syncedAt?: string;
}

/** `POST /api/cards`: link a card that the SDK created to an item; idempotent per board and card. 201, or 200 when it already was. */
export interface LinkBody {
  readonly board: string;
  readonly card: string;
  readonly ref: Ref;
}

/** Answer of `POST /api/cards`. `watch` says how changes at this place are learnt: by `hook`, at once; by `poll`, within a minute, because nobody's account may create a webhook there; `pending`: being set up. */
export interface LinkAnswer extends CardView {
  readonly watch: WatchMode;
}

export type WatchMode = 'hook' | 'poll' | 'pending';

/** `POST /api/boards/:board/sweep`: something was deleted or copied there; the board is looked at as a whole (202). `POST /api/cards/:board/:card/adopt`: links a card that Tandem made and nobody linked, a copy for instance, to the item whose address it shows, with the caller's own account as reader. Answers 201 with the LinkAnswer, 200 when it was linked. */

/** `GET /api/boards/:board/cards` */
export interface BoardAnswer {
  readonly cards: readonly CardView[];
  /** may the caller edit this board, so link and unlink */
  readonly edit: boolean;
}

/** `GET /api/cards/:board/:card`: the item as the caller's own account reads it now. */
export interface CardAnswer {
  readonly card: CardView;
  readonly item: Item;
  readonly place: PlaceInfo;
  readonly watch: WatchMode;
  /** what the caller's own account may change in it */
  readonly rights: Rights;
}

/** The editable values of an item; sets are whole here, the BFF works out what was added and removed. */
export interface EditValues {
  readonly title?: string;
  readonly description?: string;
  readonly status?: string;
  /** names */
  readonly labels?: readonly string[];
  /** ids */
  readonly assignees?: readonly string[];
}

/** `DELETE /api/cards/:board/:card` unlinks: the card stays on the board, `disconnected` (204). `PATCH /api/cards/:board/:card`: `set` is what the editor wants, `seen` what they saw before, for the same fields. Answers CardAnswer; 409 with ConflictDetails when a field is no longer as seen. */
export interface EditBody {
  readonly set: EditValues;
  readonly seen: EditValues;
}

/** Details of a 409 on an edit: per field what the editor saw, wants, and what the item has now. */
export interface ConflictDetails {
  readonly item: Item;
  readonly fields: readonly { readonly field: 'title' | 'description' | 'status'; readonly theirs: string; readonly yours: string }[];
}

/** How far a sign-in through Munity is: `waiting` for the customer; `installed`: access is granted; `imported`: the items are here too; `failed`, with its reason; `expired`: nobody finished it in time. */
export type ConnectState = 'waiting' | 'installed' | 'imported' | 'failed' | 'expired';

/** Whose code opens Munity's window and listens: its own frontend package's, or ours. */
export type ConnectImplementation = 'sdk' | 'native';

/** `POST /api/munity/sessions`: begins a sign-in through Munity. `renew`: of the caller's own connection, which keeps what is linked. Answers 201 with the ConnectSession. */
export interface ConnectBeginBody {
  readonly connector: string;
  readonly renew?: boolean;
  /** for whoever looks into a trouble: it is in the log */
  readonly by?: ConnectImplementation;
}

/** A sign-in that may begin: fetched before the click, because the window must open within it. */
export interface ConnectSession {
  /** unguessable; the `state` claim of the secret */
  readonly session: string;
  readonly connector: string;
  /** signed for Munity's page alone (JWT, RS256), once and until `expiresAt` */
  readonly secret: string;
  /** ISO 8601 */
  readonly expiresAt: string;
  readonly munity: MunityAddresses;
}

/** Where Munity is. The templates hold `{api_url}`, `{sse_url}`, `{connector}`, `{secret}` and `{uuid}`; the two hosts as they are, all else percent-encoded. */
export interface MunityAddresses {
  readonly api: string;
  readonly sse: string;
  readonly connect: string;
  readonly events: string;
}

/** `GET /api/munity/sessions/:session`, of whoever began it: what Munity's webhooks told, which nothing else can. */
export interface ConnectSessionAnswer {
  readonly state: ConnectState;
  /** a sentence for people, when it failed */
  readonly reason?: string;
}

/** A field that a pair keeps in step. */
export type PairField = 'title' | 'description' | 'status';

/** How a field of a pair travels: `both` ways, only from left to right, only from right to left, or not at all; and which side wins when both changed it, or whether people are asked. */
export interface FieldRule {
  readonly flow: 'both' | 'right' | 'left' | 'off';
  readonly clash: 'left' | 'right' | 'ask';
}

export type PairRules = Readonly<Record<PairField, FieldRule>>;

/** State of a pair: `live` keeps both sides in step; `asking`: both changed a field and somebody has to choose; `paused`: written too often, goes on by itself; `gone`, `hidden`: one side was deleted, or its account cannot read it; `unreachable`: one side refused what was to be written. */
export type PairState = 'live' | 'asking' | 'paused' | 'gone' | 'hidden' | 'unreachable';

/** One side of a pair. */
export interface PairEnd {
  readonly ref: Ref;
  /** as it was last seen; absent: not yet */
  readonly key?: string;
  readonly title?: string;
  readonly url?: string;
  /** Miro user whose account reads and writes it */
  readonly user: string;
}

/** Two items that are kept in step. */
export interface PairView {
  readonly id: string;
  readonly left: PairEnd;
  readonly right: PairEnd;
  readonly rules: PairRules;
  readonly state: PairState;
  /** a sentence for people, when the state is not `live` */
  readonly reason?: string;
  /** fields of which each side has its own version, with both values (a status by its name): `POST /api/pairs/:pair/choice` decides */
  readonly clashes: Readonly<Partial<Record<PairField, { readonly left: string; readonly right: string }>>>;
  /** ISO 8601: when both sides were last known to agree */
  readonly syncedAt?: string;
}

/** `GET /api/pairs`: those whose accounts are the caller's; for whoever administers the team all. `DELETE /api/pairs/:pair` lets go: both items stay (204). `POST /api/pairs/:pair/resume` ends a pause, and tries again what was refused (202). */
export interface PairsAnswer {
  readonly pairs: readonly PairView[];
}

/** `POST /api/pairs`: keeps two items in step, with the caller's own accounts on both sides; idempotent per two items, 201 or 200 with the PairView. `start` says which side is right where they differ today; without it people are asked. */
export interface PairBody {
  readonly left: Ref;
  readonly right: Ref;
  readonly start?: 'left' | 'right';
  readonly rules?: Partial<PairRules>;
}

/** `POST /api/pairs/:pair/choice`: this side's value of the field is kept (202). */
export interface ChoiceBody {
  readonly field: PairField;
  readonly keep: 'left' | 'right';
}

/** Details of `invalid_input`, and of `tool_refused` where the tool names the field: one sentence per field. */
export interface FieldDetails {
  readonly fields: Readonly<Record<string, string>>;
}

/** Details of `account_required` and `account_expired`: where to connect. */
export interface AccountDetails {
  readonly tool: string;
  readonly site: string;
  readonly name: string;
}

/** What the sign-in popup posts to the window that opened it, at our own origin, before it closes. */
export interface SignedInMessage {
  readonly type: 'tandem:signed-in';
}
