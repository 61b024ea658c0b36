import type { AccountState, LinkState, PairField, PairRules, PairState } from '@tandem/shared/api';
import type { ConnectionState, End, IntegrationRules, IntegrationState, IntegrationStep, StatusRow } from '@tandem/shared/integrations';
import type { Item, Person } from '@tandem/shared/item';

/**
 * The store port. Two adapters (`sqlite/`, `mongo/`) keep it under one contract suite.
 * Every verb that writes resolves only when the write is durable; every verb is safe to run twice; no verb needs a transaction over more than what it says.
 * Times are epoch milliseconds and always passed in; refs are strings (`printRef`); queries are by team, never across teams, except by an unguessable id.
 */
export interface Store {
  readonly accounts: Accounts;
  readonly grants: Grants;
  readonly links: Links;
  readonly pairs: Pairs;
  readonly integrations: Integrations;
  readonly connections: Connections;
  readonly items: Items;
  readonly watches: Watches;
  readonly backlinks: Backlinks;
  readonly deliveries: Deliveries;
  readonly lanes: Lanes;
  readonly tasks: Tasks;
  readonly journal: Journal;
  /** Resolves when a trivial read succeeded: readiness. Rejects otherwise. */
  ping(): Promise<void>;
  /** Finishes pending writes and closes. Idempotent. */
  close(): Promise<void>;
}

/** Whose account where: the key of `accounts`. Miro itself is tool `miro`. */
export interface AccountKey {
  readonly team: string;
  readonly user: string;
  readonly tool: string;
  readonly site: string;
}

/** A member's credentials at one site. */
export interface Account extends AccountKey {
  readonly state: AccountState;
  /** by consent, renewed by itself, or by a token that the member pasted */
  readonly kind: 'oauth' | 'token';
  /** tokens, sealed; never plain text */
  readonly sealed: string;
  /** who the member is there */
  readonly person: Person;
  /** when the access token, or the pasted one, ends; absent: it does not, or nobody says. Of an account that another service keeps for us: when that told us that it had ended */
  readonly expiresAt?: number;
  /** when these credentials were obtained or last renewed */
  readonly renewedAt: number;
  /** when the member first connected it; kept through renewals and new sign-ins */
  readonly since: number;
  /** a process is renewing them, at most until then */
  readonly refreshing?: number;
  /** counts up with every change: compare-and-set */
  readonly version: number;
}

export interface Accounts {
  get(key: AccountKey): Promise<Account | undefined>;
  /** Inserts, or replaces whatever is there (a new sign-in wins); answers the stored row with its new version. */
  put(account: Omit<Account, 'version'>): Promise<Account>;
  /** Replaces the row only if its version is still `version`; answers whether it did. */
  swap(version: number, next: Omit<Account, 'version'>): Promise<boolean>;
  remove(key: AccountKey): Promise<void>;
  /** All accounts of one member in a team. */
  byMember(team: string, user: string): Promise<Account[]>;
  /** All accounts of a team, by user, tool and site. */
  byTeam(team: string): Promise<Account[]>;
  /** All accounts of a team at a site, active first, then the longest-standing (`user` as tie-break). */
  bySite(team: string, tool: string, site: string): Promise<Account[]>;
}

/** A thing with an expiry: an OAuth state, used once; a browser's session; a sign-in through Munity, and the first import after it. */
export interface Grant {
  readonly id: string;
  readonly kind: 'oauth' | 'session' | 'connect' | 'import';
  readonly data: Readonly<Record<string, string>>;
  readonly expiresAt: number;
}

export interface Grants {
  put(grant: Grant): Promise<void>;
  /** Answers it and leaves it; `undefined` when unknown, of another kind, or expired. */
  get(id: string, kind: Grant['kind'], now: number): Promise<Grant | undefined>;
  /** Removes and answers it, once: two takers never both get it. `undefined` when unknown, of another kind, used up or expired. */
  take(id: string, kind: Grant['kind'], now: number): Promise<Grant | undefined>;
}

/** A card that shows an item. */
export interface Link {
  readonly id: string;
  readonly team: string;
  readonly ref: string;
  readonly board: string;
  readonly card: string;
  /** Miro user who created the card: whose token writes it */
  readonly creator: string;
  /** Miro user whose account observes the item */
  readonly reader: string;
  /** `unlinked`: whoever writes its card next makes that show it, and forgets the link; until then nothing about it changes any more */
  readonly state: LinkState | 'unlinked';
  /** why it is not `live`, for people */
  readonly reason?: string;
  /** since when its item or its card is gone */
  readonly lostAt?: number;
  /** digest of the face that we last wrote */
  readonly sent?: string;
  /** digest of what Miro said that the card now shows, without its colour (`sync/drift.ts`) */
  readonly shown?: string;
  readonly syncedAt?: number;
  readonly createdAt: number;
}

export type LinkChange = Partial<Pick<Link, 'reader' | 'creator' | 'state' | 'sent' | 'shown' | 'syncedAt'>> & { readonly [field in 'reason' | 'lostAt']?: Link[field] | null };

export interface Links {
  /** Inserts; if the board and card are linked already, answers that link untouched with `created: false` (the caller compares the ref). Two callers never both create. */
  create(link: Link): Promise<{ link: Link; created: boolean }>;
  get(id: string): Promise<Link | undefined>;
  byCard(team: string, board: string, card: string): Promise<Link | undefined>;
  /** All that show the item; none whose card was removed or is being unlinked. */
  byRef(team: string, ref: string): Promise<Link[]>;
  /** All of the board, with those whose card was removed or is being unlinked. */
  byBoard(team: string, board: string): Promise<Link[]>;
  /** The distinct refs of the team's links that begin with this (`gitlab:gitlab.com/42/`), as `byRef`. */
  refsAt(team: string, refPrefix: string): Promise<string[]>;
  /** Changes the given fields of a link that still exists (`null` clears one) and is not being unlinked. */
  change(id: string, change: LinkChange): Promise<void>;
  remove(id: string): Promise<void>;
  /** Links in this state that were lost before that moment, at most `limit`. */
  lost(state: Link['state'], before: number, limit: number): Promise<Link[]>;
}

/** Two items that are kept in step. */
export interface Pair {
  readonly id: string;
  readonly team: string;
  readonly leftRef: string;
  readonly rightRef: string;
  /** Miro users whose accounts read and write the two sides */
  readonly leftUser: string;
  readonly rightUser: string;
  readonly rules: PairRules;
  /** it came to be by the button of a column: left is the feature, right its ticket */
  readonly button?: PairButton;
  /** per field, what each side showed when they last agreed; a half that is missing counts as changed */
  readonly base: Readonly<Partial<Record<PairField, Readonly<Partial<Record<'left' | 'right', string>>>>>>;
  /** what is about to be written, or was, and nobody heard of it */
  readonly pending: Readonly<Partial<Record<PairField, PendingWrite>>>;
  /** fields that both sides changed, with the values that people choose from */
  readonly clashes: Readonly<Partial<Record<PairField, Readonly<Record<'left' | 'right', string>>>>>;
  readonly state: PairState;
  /** why it is not `live`, for people */
  readonly reason?: string;
  /** when a paused pair goes on */
  readonly pausedUntil?: number;
  /** when it was written within the last minute */
  readonly writes: readonly number[];
  /** since when one of its items is gone */
  readonly lostAt?: number;
  readonly syncedAt?: number;
  readonly createdAt: number;
  /** counts up with every swap */
  readonly rev: number;
}

/** What a pair has of the column that it is shown in. */
export interface PairButton {
  readonly integration: string;
  /** the feature's id */
  readonly item: string;
  readonly statuses: readonly StatusRow[];
  /** labels that meant a status in earlier rows, until a merge under the present ones has taken them off the ticket */
  readonly retired?: readonly string[];
}

/** A value of one side (`from`) on its way to the other (`side`), as it is said there. */
export interface PendingWrite {
  readonly side: 'left' | 'right';
  readonly value: string;
  readonly from: string;
}

export interface Pairs {
  /** Inserts; if these two refs are a pair already, answers that one untouched with `created: false`. Two callers never both create. */
  create(pair: Omit<Pair, 'rev'>): Promise<{ pair: Pair; created: boolean }>;
  get(id: string): Promise<Pair | undefined>;
  /** All with this item on either side. */
  byRef(team: string, ref: string): Promise<Pair[]>;
  /** All of a team, oldest first. */
  byTeam(team: string): Promise<Pair[]>;
  /** The distinct refs of either side that begin with this, as `links.refsAt`. */
  refsAt(team: string, refPrefix: string): Promise<string[]>;
  /** Replaces the pair, but for what it is made of (team, refs, `createdAt`), only if its revision is still `rev`; answers whether it did. Two swappers of one revision never both succeed. */
  swap(rev: number, next: Omit<Pair, 'rev'>): Promise<boolean>;
  remove(id: string): Promise<void>;
  /** Pairs that lost an item before that moment, at most `limit`. */
  lost(before: number, limit: number): Promise<Pair[]>;
}

/** A column of a tool and the place that its tickets are made in. Saved before anything of it exists elsewhere, because its id is in the button's address. */
export interface Integration {
  /** unguessable */
  readonly id: string;
  readonly team: string;
  /** Miro user whose accounts act on both ends */
  readonly user: string;
  readonly left: End;
  readonly right: End;
  readonly name: string;
  readonly button: string;
  readonly rules: IntegrationRules;
  readonly statuses: readonly StatusRow[];
  /** sealed secret of the button; the one before it while they are exchanged */
  readonly sealed: string;
  readonly older?: string;
  readonly state: IntegrationState;
  /** what is done of it elsewhere */
  readonly done: readonly IntegrationStep[];
  /** what of its settings the column and the pairs do not have yet */
  readonly dirty: boolean;
  /** a sentence for people: what is wrong with it */
  readonly reason?: string;
  /** the column's id in its tool */
  readonly column?: string;
  readonly pressedAt?: number;
  /** sentences: what could not be removed */
  readonly report: readonly string[];
  readonly createdAt: number;
  /** counts up with every swap */
  readonly rev: number;
}

export interface Integrations {
  create(integration: Omit<Integration, 'rev'>): Promise<Integration>;
  get(id: string): Promise<Integration | undefined>;
  /** All of a team, oldest first. */
  byTeam(team: string): Promise<Integration[]>;
  /** Of all teams by id, those after `after`, at most `limit`: to go through all of them. */
  page(after: string, limit: number): Promise<Integration[]>;
  /** Replaces it, but for team, ends and `createdAt`, only if its revision is still `rev`; answers whether it did. Two swappers of one revision never both succeed. */
  swap(rev: number, next: Omit<Integration, 'rev'>): Promise<boolean>;
  remove(id: string): Promise<void>;
}

/** What the button of a column stands for at one feature. */
export interface Connection {
  readonly integration: string;
  /** the feature's id */
  readonly item: string;
  readonly team: string;
  /** of the link: it is in the ticket's back-link, and the pair's id */
  readonly id: string;
  readonly state: ConnectionState;
  /** the ticket (`printRef`), once it is known; before that one that is there already and shall be linked */
  readonly ticket?: string;
  readonly reason?: string;
  /** since when the ticket is wanted; while `reason` says why it could not be made yet, since when that is so */
  readonly askedAt: number;
  /** when a ticket was last asked to be created, and nobody heard whether it was */
  readonly triedAt?: number;
  /** digest of what the column was last told */
  readonly shown?: string;
  /** when to look whether the column still shows it: an answer of ours may overtake what we said later */
  readonly checkAt?: number;
  readonly createdAt: number;
  /** counts up with every swap */
  readonly rev: number;
}

export interface Connections {
  /** Inserts; if the feature is connected in this integration already, answers that one untouched with `created: false`. Two callers never both create. */
  create(connection: Omit<Connection, 'rev'>): Promise<{ connection: Connection; created: boolean }>;
  get(integration: string, item: string): Promise<Connection | undefined>;
  /** All of an integration, newest first. */
  byIntegration(integration: string): Promise<Connection[]>;
  /** Replaces it, but for team, id and `createdAt`, only if its revision is still `rev`; answers whether it did. Two swappers of one revision never both succeed. */
  swap(rev: number, next: Omit<Connection, 'rev'>): Promise<boolean>;
  remove(integration: string, item: string): Promise<void>;
}

/** The last observed content of an item, per team. */
export interface Observed {
  readonly item: Item;
  /** counts up with every swap */
  readonly rev: number;
}

export interface Items {
  get(team: string, ref: string): Promise<Observed | undefined>;
  /** Stores the item only if the stored revision is still `rev` (0: none stored yet); answers whether it did. Two swappers of one revision never both succeed. */
  swap(team: string, ref: string, rev: number, item: Item): Promise<boolean>;
  remove(team: string, ref: string): Promise<void>;
  /** The ref of the item that was last stored with this alias. */
  byAlias(team: string, alias: string): Promise<string | undefined>;
}

/** How we learn of changes at a place: one per team, site and place. Saved before the remote hook is made, because the id is in the hook's URL. */
export interface Watch {
  /** unguessable: it is in the webhook's URL */
  readonly id: string;
  readonly team: string;
  readonly tool: string;
  readonly site: string;
  readonly place: string;
  /** sealed webhook secret; after it, parted by a space, the one before it while they are exchanged */
  readonly sealed: string;
  /** `pending`: hook not made yet; `hook`: made; `poll`: nobody may make one, so changes are asked for; `removed`: taken down, deliveries are answered 410 */
  readonly mode: 'pending' | 'hook' | 'poll' | 'removed';
  readonly reason?: string;
  readonly remoteId?: string;
  /** the hook signs what it sends; a weaker proof does not count then */
  readonly proof?: 'signature';
  /** Miro user whose account made the hook */
  readonly maker?: string;
  /** the highest `updatedAt` that polling has listed; inclusive, never our clock */
  readonly cursor?: string;
  /** changes that were found although the webhook should have told of them */
  readonly missed?: number;
  readonly createdAt: number;
}

export type WatchChange = Partial<Pick<Watch, 'mode' | 'maker' | 'sealed' | 'cursor' | 'missed'>> & { readonly [field in 'reason' | 'remoteId' | 'proof']?: Watch[field] | null };

export interface Watches {
  /** Inserts, or answers the one that the place already has. Two callers get the same one. */
  ensure(watch: Watch): Promise<Watch>;
  get(id: string): Promise<Watch | undefined>;
  byPlace(team: string, tool: string, site: string, place: string): Promise<Watch | undefined>;
  /** All of a team at a site. */
  bySite(team: string, tool: string, site: string): Promise<Watch[]>;
  /** Watches of all teams by id, those after `after`, at most `limit`: to go through all of them. */
  page(after: string, limit: number): Promise<Watch[]>;
  change(id: string, change: WatchChange): Promise<void>;
}

/** A note in an item that leads to a card of it: one for each item and board. */
export interface Backlink {
  readonly team: string;
  readonly ref: string;
  readonly board: string;
  /** the card that it leads to */
  readonly card: string;
  /** Miro user whose account wrote it: often nobody else may remove it */
  readonly user: string;
  /** empty: it is about to be made, or was, and nobody heard of it */
  readonly remoteId: string;
}

export interface Backlinks {
  get(team: string, ref: string, board: string): Promise<Backlink | undefined>;
  /** Inserts or replaces. */
  put(backlink: Backlink): Promise<void>;
  remove(team: string, ref: string, board: string): Promise<void>;
}

/** One inbound call, logged before it was answered. No body. */
export interface Delivery {
  /** ours, random */
  readonly id: string;
  readonly watch: string;
  readonly at: number;
  readonly event: string;
  /** the sender's own id */
  readonly remoteId?: string;
  /** what followed: `marked`, or why nothing did */
  readonly outcome: string;
}

export interface Deliveries {
  /** Logs the delivery and marks its tasks (as `tasks.mark`), durable together before it resolves; concurrent calls share one commit. */
  accept(delivery: Delivery, tasks: readonly NewTask[]): Promise<void>;
  /** Newest first. */
  byWatch(watch: string, limit: number): Promise<Delivery[]>;
  /** Forgets what is older; answers how many. */
  prune(before: number): Promise<number>;
}

/** What is to be marked. */
export interface NewTask {
  /** `<kind>:<id>`, unique */
  readonly key: string;
  /** whose budget it spends */
  readonly lane: string;
  /** board or place it must be fair to */
  readonly group: string;
  /** not before */
  readonly due: number;
  /** correlation id: the request or delivery that caused it */
  readonly cause: string;
}

/** One unit of work that is due. */
export interface Task extends NewTask {
  /** fresh and random with every mark */
  readonly mark: string;
  /** when it was last marked */
  readonly markedAt: number;
  /** failures since the first mark or the last success, a run that may have died half-way included */
  readonly attempts: number;
  /** when the first of those failures was */
  readonly failingSince?: number;
  /** what the last failure said, if it could */
  readonly error?: string;
  /** set: it will not be tried again until it is marked or replayed */
  readonly dead: boolean;
}

export interface Tasks {
  /**
   * Upserts each key with a fresh random mark; `markedAt: now`; an existing row keeps its attempts and the **earlier** of both due times;
   * a dead row comes back to life with no attempts. Also makes the lane row, if there is none, and wakes it: `wake = min(wake, due)`.
   * Durable before it resolves. Marking the same key twice in one call is one row.
   */
  mark(tasks: readonly NewTask[], now: number): Promise<void>;
  /** Tasks of the lane with `due <= now` that are not dead, oldest due first, at most `limit` **per group**, at most `max` in all, none of the groups in `without`. */
  due(lane: string, now: number, limit: number, max: number, without?: readonly string[]): Promise<Task[]>;
  /** Deletes the task only if its mark is unchanged. */
  complete(key: string, mark: string): Promise<void>;
  /** Puts off the task after a failure: attempts, error and due time change; if the mark changed meanwhile, attempts and error are kept too, but the due time is left alone. */
  retry(key: string, mark: string, next: { due: number; attempts: number; failingSince: number; error: string }): Promise<void>;
  /** Moves the due time without counting a failure (tempo, a blocked lane), if the mark is unchanged. */
  defer(key: string, mark: string, due: number): Promise<void>;
  /** Whoever held the lane may have died in the midst of any task of it: those without a failure get one, which says nothing. A mark, a deferral or another lease does not take that back, only a success. */
  distrust(lane: string): Promise<void>;
  /** Declares it dead with the reason, if the mark is unchanged. */
  bury(key: string, mark: string, reason: string): Promise<void>;
  get(key: string): Promise<Task | undefined>;
  /** Tasks whose key begins with this, dead ones too, by key, those after `after`, at most `limit`: to go through all of them. */
  page(keyPrefix: string, after: string, limit: number): Promise<Task[]>;
  /** Dead tasks of every lane that begins with this, newest mark first. */
  dead(lanePrefix: string, limit: number): Promise<Task[]>;
  /** Brings the dead tasks of every lane that begins with this, or only those of one group there, back to life: fresh mark, no attempts, due now, lane woken. Answers how many. */
  revive(lanePrefix: string, now: number, group?: string): Promise<number>;
  /** Deletes whatever its mark: its subject is gone. */
  drop(key: string): Promise<void>;
}

/** A budget and who spends it. */
export interface Lane {
  readonly id: string;
  readonly owner?: string;
  /** the lease ends */
  readonly until?: number;
  /** the remote said: not before */
  readonly blockedUntil?: number;
  /** something in it is due from then on; absent: nothing is */
  readonly wake?: number;
  /** fresh and random with every mark in this lane */
  readonly touched: string;
}

export interface Lanes {
  /**
   * Takes the lease of lanes with `wake <= now`, not blocked, that nobody else holds (`until` past, or ours already), at most `limit`, and answers them with `clean: true`
   * when the owner before had given it back (or there was none), `false` when a lease ran out or was ours from an earlier life. Two processes never both get one. Those in `held` are left alone: this process is at work in them.
   */
  lease(owner: string, now: number, until: number, limit: number, held?: readonly string[]): Promise<{ lane: Lane; clean: boolean }[]>;
  /** Prolongs the leases that are still ours; answers the ids of those. */
  renew(owner: string, ids: readonly string[], until: number): Promise<string[]>;
  /**
   * Gives a lane back, if it is still ours: its `wake` becomes the earliest due time of its tasks (or none). Atomic against marks: a mark that comes in between keeps its wake.
   */
  release(owner: string, id: string): Promise<void>;
  /** The remote asked to wait; kept over restarts. Never shortens. */
  block(id: string, until: number): Promise<void>;
  get(id: string): Promise<Lane | undefined>;
  /** The earliest moment at which some lane will want a lease (`max(wake, blockedUntil, another's until)`); `undefined`: none is waiting. */
  nextWake(owner: string): Promise<number | undefined>;
  /** Makes every lane's wake agree with its tasks: for crashes between two writes. Run at the start of a process, and while it runs, because another one may have crashed; only at the start are lanes taken for not given back properly. */
  heal(starting: boolean): Promise<void>;
}

/** One line of a link's history. */
export interface JournalLine {
  readonly link: string;
  readonly at: number;
  /** correlation id */
  readonly cause: string;
  /** `linked`, `written`, `retry`, `gone`, `dead`, … */
  readonly event: string;
  /** a sentence for people */
  readonly text: string;
}

export interface Journal {
  add(lines: readonly JournalLine[]): Promise<void>;
  /** Newest first. */
  byLink(link: string, limit: number): Promise<JournalLine[]>;
  prune(before: number): Promise<number>;
}
