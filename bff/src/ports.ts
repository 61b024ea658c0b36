import type { Face } from '@tandem/shared/face';
import type { Item, ItemDraft, ItemPatch, Person, Place, PlaceInfo } from '@tandem/shared/item';
import type { Ref } from '@tandem/shared/ref';
import type { Rights, TokenField } from '@tandem/shared/api';

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
  /** largest body that is kept; a larger one is verified as it streams, not kept, and marks its place */
  readonly maxBytes: number;
  /** Makes sure that exactly one hook with this URL exists and is on: the known id, else one with our URL, else a new one. Throws `forbidden` where the account may not. `signed`: from now on it signs what it sends. */
  ensure(access: Access, hook: { place: string; url: string; secret: string; remoteId?: string }): Promise<{ remoteId: string; signed?: boolean }>;
  /** Removes it; one that is gone already is fine. */
  remove(access: Access, hook: { place: string; remoteId: string }): Promise<void>;
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
  /** the code flow, where whoever runs Tandem registered an application at this site */
  readonly oauth?: Extract<SignIn, { kind: 'oauth' }>;
  /** Who the account is. Called once with an access whose `person` is not yet known. */
  me(access: Access): Promise<Identity>;
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

/** The tools that are on. */
export interface Tools {
  /** each at the site that is configured for it */
  readonly configured: readonly Tool[];
  /** The tool at a site, configured or named by a member; `undefined` for a tool that is off or what is no site. */
  at(tool: string, site: string): Tool | undefined;
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
  /** Every app card of the board, 50 a page. Miro's listing has no style, so it says less than `read`. */
  list(access: Access, board: string): AsyncIterable<readonly Pick<Card, 'id' | 'owned' | 'createdBy'>[]>;
}
