import type { Face } from '@tandem/shared/face';
import type { Item, ItemDraft, ItemPatch, Person, Place, PlaceInfo } from '@tandem/shared/item';
import type { Ref } from '@tandem/shared/ref';
import type { Rights, TokenField } from '@tandem/shared/api';
import type { ColumnColor } from '@tandem/shared/integrations';
import type { Member } from './jwt.ts';

/** One request to a remote API. `path` is relative to the site's API (`/projects/42`), already encoded where it must be. */
export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** `undefined` values are left out */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** sent as JSON */
  readonly body?: unknown;
  /** statuses besides 2xx that are answers and no errors, e.g. `[404]` */
  readonly accept?: readonly number[];
}

/** A remote's answer: `body` is the parsed JSON (`undefined` when empty); header names in lower case. */
export interface Reply<T> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: T;
}

/** All that an adapter ever gets of an account: requests that are already authenticated. Every status that is not accepted throws an `UpstreamError`. */
export interface Access {
  readonly site: string;
  /** the site's web address without a trailing slash: `https://gitlab.com` */
  readonly base: string;
  /** who the account is at the site */
  readonly person: Person;
  /** which of the connections of the service that keeps its credentials, where there is one and it is known */
  readonly connection?: string | undefined;
  request<T = unknown>(call: Call): Promise<Reply<T>>;
}

/** How an account comes to be. Data only: the flows live in `access/`. */
export type SignIn =
  | {
      readonly kind: 'token';
      readonly fields: readonly TokenField[];
      /** request headers that prove the account */
      readonly headers: (fields: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'oauth';
      readonly authorizeUrl: string;
      /** receives form parameters in the body, never in the URL */
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope?: string;
      /** the code is bound to a verifier that never left us (RFC 7636, S256) */
      readonly pkce?: boolean;
      /** ends a token early (RFC 7009): takes `token`, `client_id`, `client_secret` as a form */
      readonly revokeUrl?: string;
    };

/** Whose credentials these are, and when the tool itself will end them (ISO 8601), where it says so. */
export interface Identity {
  readonly person: Person;
  readonly ends?: string;
}

/** A site of a tool. */
export interface Site {
  /** as in a ref: `gitlab.com` */
  readonly id: string;
  /** web address without a trailing slash */
  readonly base: string;
  /** address of its API, without a trailing slash: `https://gitlab.com/api/v4` */
  readonly api: string;
}

/** What a delivery says, typed. `gone` only claims it: the engine confirms. */
export type Hint =
  | { readonly kind: 'changed' | 'gone'; readonly ref: Ref }
  /** something at the watched place changed, but not what: list it */
  | { readonly kind: 'place' };

/** What a delivery of a webhook says that serves all teams. */
export type SharedHint =
  | Hint
  /** an item by the id that only the tool uses */
  | { readonly kind: 'alias'; readonly alias: string }
  /** the tool stopped or began again to accept an account's credentials; `session`: the sign-in that they came by */
  | { readonly kind: 'account'; readonly integration: string; readonly state: 'active' | 'expired'; readonly session?: string }
  /** something came of an account that only comes while it works */
  | { readonly kind: 'alive'; readonly integration: string }
  /** a sign-in that we began was finished there; `imported`: its items are there, too; `who`: by whose name, where it says so */
  | { readonly kind: 'connected'; readonly session: string; readonly imported: boolean; readonly integration?: string; readonly who?: string };

/** What a delivery of such a webhook turned out to be, and whose account it is about. */
export interface SharedParsed {
  readonly member?: Member;
  readonly site?: string;
  readonly hints: readonly SharedHint[];
  readonly event: string;
  readonly ignored?: string;
}

/** One webhook for all teams, whose address is its proof. */
export interface SharedHooks {
  readonly maxBytes: number;
  /** Whether this is the unguessable part of its address; in constant time. */
  proves(token: string): boolean;
  /** Never throws: what it cannot use it says in `ignored`. */
  parse(raw: Buffer): SharedParsed;
}

/** What an authentic delivery turned out to be. */
export interface Parsed {
  readonly hints: readonly Hint[];
  /** the sender's id of the delivery, for the log only */
  readonly deliveryId?: string;
  /** the sender's name of the event, for the log */
  readonly event: string;
  /** why nothing follows from it, when `hints` is empty */
  readonly ignored?: string;
}

export type HookHeaders = Readonly<Record<string, string | undefined>>;

/** The proof of one delivery: fed with every byte of the body, then asked. */
export interface Proof {
  update(chunk: Buffer): void;
  holds(): boolean;
}

/** Webhooks of a tool: one per watched place. */
export interface Hooks {
  /** Nobody can see whether a webhook still works: one that did not tell of a change is made anew. */
  readonly unseen?: boolean;
  /** largest body that is kept; a larger one is verified as it streams, not kept, and marks its place */
  readonly maxBytes: number;
  /** Makes sure that exactly one hook with this URL exists and is on: the known id, else one with our URL, else a new one. Throws `forbidden` where the account may not. `signed`: from now on it signs what it sends. */
  ensure(access: Access, hook: { place: string; url: string; secret: string; remoteId?: string }): Promise<{ remoteId: string; signed?: boolean }>;
  /** Removes it; one that is gone already is fine. */
  remove(access: Access, hook: { place: string; remoteId: string }): Promise<void>;
  /** All webhooks of the place, whoever made them. */
  list(access: Access, place: string): Promise<readonly { readonly remoteId: string; readonly url: string }[]>;
  /** Checks that a delivery proves knowledge of one of the secrets (two during rotation), over the raw bytes as they arrive. Length check first, then constant time. A hook that is known to sign (`signed`) must: the weaker proof does not count then. `now` in epoch milliseconds. */
  proof(headers: HookHeaders, secrets: readonly string[], watch: { readonly signed: boolean; readonly now: number }): Proof;
  /** Only called for verified deliveries. Never throws: what it cannot use it says in `ignored`. */
  parse(raw: Buffer, headers: HookHeaders, watch: { site: string; place: string }): Parsed;
}

/** Notes that people read in an item: where it is shown. */
export interface Backlinks {
  /** Leaves a note with this text (Markdown) in the item; answers its id. */
  add(access: Access, ref: Ref, text: string): Promise<string>;
  /** The id of the account's own note with exactly this text, if it is there: its creation may have been answered to nobody. */
  find(access: Access, ref: Ref, text: string): Promise<string | undefined>;
  /** Removes a note of the account; one that is gone already is fine. */
  remove(access: Access, ref: Ref, id: string): Promise<void>;
}

/** What the button of a column shows for an item: how the connection stands, why there is none, that one is being made, or the offer to make one. Texts of any length; the adapter cuts them. */
export type Shown =
  | { readonly state: 'connected'; readonly label: string; readonly key: string; readonly title: string; readonly color: ColumnColor; readonly url: string }
  | { readonly state: 'error'; readonly message: string }
  | { readonly state: 'progress' }
  | { readonly state: 'initial' };

/** A click on the button of a column. */
export interface Press {
  readonly column: string;
  readonly trigger: 'push' | 'unlink' | 'dismiss';
  /** id of the item */
  readonly item: string;
}

/** How a column looks and where its button calls. */
export interface ColumnSpec {
  readonly name: string;
  /** what the button says */
  readonly button: string;
  /** groups the columns of one Tandem, so that it recognises its own */
  readonly group: string;
  readonly url: string;
  readonly secret: string;
}

/** Columns with a button in a tool's own lists. */
export interface Columns {
  /** what a token needs: the scope that seeing each of these proves, and those that nothing proves but writing */
  readonly scopes: { readonly see: Readonly<Record<'items' | 'columns' | 'webhooks', string>>; readonly write: readonly string[] };
  /** longest name of a column and text of a button */
  readonly most: { readonly name: number; readonly button: number };
  /** Makes a column that nobody sees yet; answers its id. */
  create(access: Access, spec: ColumnSpec): Promise<string>;
  /** Shows the column, with this name, button and address; its address is called at once to prove itself. */
  enable(access: Access, id: string, spec: ColumnSpec): Promise<void>;
  /** All columns, whoever made them; `group` as it was when the column was made. */
  list(access: Access): Promise<readonly { readonly id: string; readonly name: string; readonly group: string; readonly enabled: boolean }[]>;
  /** Removes the column with all that it shows; answers whether it was there. */
  remove(access: Access, id: string): Promise<boolean>;
  show(access: Access, id: string, item: string, shown: Shown): Promise<void>;
  /** Whether the column shows exactly this for the item. */
  shows(access: Access, id: string, item: string, shown: Shown): Promise<boolean>;
  /** The items for which the column shows that something is being made. */
  inProgress(access: Access, id: string): Promise<readonly string[]>;
  /** Whether a call of the button knows the secret; constant time. */
  proves(headers: HookHeaders, secret: string): boolean;
  /** What a call of the button says; a sentence for what cannot be used. */
  press(body: unknown): Press | string;
  /** The answer to a call of the button. */
  answer(shown: Shown): unknown;
  /** Whether it could call this address: https and public, loopback in tests. */
  reaches(url: string): boolean;
}

/** A page of a search. */
export interface Found {
  readonly items: readonly Item[];
  readonly next?: string;
}

export interface SearchQuery {
  readonly q?: string;
  readonly place?: string;
  readonly state: 'open' | 'closed' | 'all';
  readonly mine: boolean;
  readonly cursor?: string;
}

/**
 * A system with items. Optional members are capabilities: no `create`, no "new item"; no `write`, read-only with "open in the tool"; no `hooks`, the place cannot be watched.
 * Every method throws `UpstreamError` for what the remote refuses.
 */
export interface Tool {
  readonly id: string;
  /** for people: `GitLab` */
  readonly name: string;
  /** what its records are called: `issue` */
  readonly noun: string;
  /** where it is: the configured site, or one that a member named */
  readonly site: Site;
  readonly signIn: Extract<SignIn, { kind: 'token' }>;
  /** Munity's name for it: every member has a site of their own there, and signs in by Munity's window, never by token */
  readonly connector?: string;
  /** it tells of changes by one webhook for all; they are asked for every so many milliseconds all the same */
  readonly told?: {
    readonly every: number;
    /** When what is listed of the account was last brought there (epoch ms), where that is told: it proves that the account worked then. */
    synced(access: Access): Promise<number | undefined>;
  };
  /** the code flow, where whoever runs Tandem registered an application at this site */
  readonly oauth?: Extract<SignIn, { kind: 'oauth' }>;
  /** Who the account is. Called once with an access whose `person` is not yet known. */
  me(access: Access): Promise<Identity>;
  /** Which scopes the account's token has, and which it lacks for making and changing items; absent, or `undefined`, where nobody tells. */
  scopes?(access: Access): Promise<{ readonly seen: readonly string[]; readonly lacks: readonly string[] } | undefined>;
  /** Places that the account may see, at most 50, best match first. */
  places(access: Access, q: string): Promise<readonly Place[]>;
  /** One place, `undefined` where the tool says "not found". */
  place(access: Access, id: string): Promise<Place | undefined>;
  describe(access: Access, place: string): Promise<PlaceInfo>;
  search(access: Access, query: SearchQuery): Promise<Found>;
  /** The ref in a URL of one of this tool's items at its site; `undefined` for any other URL. */
  locate(access: Access, url: string): Promise<Ref | undefined>;
  /** The item as it is now; `undefined` means that the tool answers "not found", every other trouble throws. */
  read(access: Access, ref: Ref): Promise<Item | undefined>;
  /** Items of a place changed at or after `since` (ISO 8601), or all, page by page, each as `read` would answer it. In any order; one that changes meanwhile may come twice. */
  changes(access: Access, place: string, since?: string): AsyncIterable<readonly Item[]>;
  /** Writes what the patch holds and returns what the tool now has. */
  write?(access: Access, ref: Ref, patch: ItemPatch): Promise<Item>;
  create?(access: Access, place: string, draft: ItemDraft): Promise<Item>;
  /** What this person may change in the item, by the tool's own rules: pure, for showing it ahead; the tool decides. */
  rights(item: Item, place: PlaceInfo, person: Person): Rights;
  readonly hooks?: Hooks;
  readonly backlinks?: Backlinks;
  readonly columns?: Columns;
}

/** What a member may do on a board. */
export interface BoardRight {
  readonly name: string;
  readonly edit: boolean;
}

/** A card as Miro tells it. `shown` is Miro's normalised idea of the face. */
export interface Card {
  readonly board: string;
  readonly id: string;
  /** created by our app */
  readonly owned: boolean;
  /** Miro user id of whoever created the card */
  readonly createdBy: string;
  readonly shown: Face;
}

/** A card as the listing of its board tells it: Miro's has no style, so no colour. */
export type ListedCard = Pick<Card, 'id' | 'owned' | 'createdBy'> & { readonly shown: Omit<Face, 'color'> };

/** The tools that are on. */
export interface Tools {
  /** each at the site that is configured for it */
  readonly configured: readonly Tool[];
  /** The tool at a site, configured or named by a member; `undefined` for a tool that is off or what is no site. */
  at(tool: string, site: string): Tool | undefined;
  /** Tools where every member has a site of their own, at this member's. */
  personal(member: Member): readonly Tool[];
  /** One webhook for all teams, by its name in our address. */
  readonly shared: Readonly<Record<string, SharedHooks>>;
  /** The tool at a web address that a member names; `undefined` for a tool that is off or what is no web address. */
  named(tool: string, url: string): Tool | undefined;
}

/** Miro's side: faces only. */
export interface Cards {
  /** `undefined` when this member may not see the board, or there is none. */
  board(access: Access, board: string): Promise<BoardRight | undefined>;
  /** `undefined` when there is no such app card. */
  read(access: Access, board: string, card: string): Promise<Card | undefined>;
  /** Replaces the face and answers what the card now shows. Throws `UpstreamError` (404 for a card or board that is not there for this member). */
  write(access: Access, board: string, card: string, face: Face): Promise<Face>;
  /** Every app card of the board, 50 a page. */
  list(access: Access, board: string): AsyncIterable<readonly ListedCard[]>;
}
