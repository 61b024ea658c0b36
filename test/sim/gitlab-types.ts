import type { Faults } from './faults.ts';
import type { GitlabApplication, GitlabOauth } from './gitlab-oauth-types.ts';
import type { Server } from './kit.ts';
import type { Exchange } from './traffic.ts';

/** GitLab's roles: guest 10, planner 15, reporter 20, developer 30, maintainer 40, owner 50. */
export type AccessLevel = 10 | 15 | 20 | 30 | 40 | 50;

export interface GitlabUser {
  readonly id: number;
  readonly username: string;
  name: string;
  email: string;
}

export interface GitlabToken {
  readonly id: number;
  readonly value: string;
  readonly user: number;
  name: string;
  /** `api` reads and writes, `read_api` reads */
  scopes: string[];
  /** `YYYY-MM-DD` */
  expiresAt?: string;
  revoked: boolean;
  readonly createdAt: string;
}

export interface GitlabLabel {
  readonly id: number;
  name: string;
  /** `#rrggbb` */
  color: string;
  description: string;
}

export interface GitlabNote {
  readonly id: number;
  readonly author: number;
  body: string;
  internal: boolean;
  readonly createdAt: string;
}

export interface GitlabIssue {
  readonly id: number;
  readonly iid: number;
  readonly project: number;
  title: string;
  description: string | null;
  state: 'opened' | 'closed';
  /** names */
  labels: string[];
  /** user ids; the free tier keeps one */
  assignees: number[];
  readonly author: number;
  confidential: boolean;
  dueDate: string | null;
  readonly createdAt: string;
  updatedAt: string;
  updatedBy: number | null;
  closedAt: string | null;
  closedBy: number | null;
  movedTo: number | null;
  notes: GitlabNote[];
}

export interface GitlabHook {
  readonly id: number;
  readonly project: number;
  readonly uuid: string;
  url: string;
  name: string | null;
  description: string | null;
  token: string | null;
  signingToken: string | null;
  issues_events: boolean;
  confidential_issues_events: boolean;
  note_events: boolean;
  confidential_note_events: boolean;
  push_events: boolean;
  enable_ssl_verification: boolean;
  customHeaders: { key: string; value: string }[];
  readonly createdAt: string;
  /** failures in a row */
  failures: number;
  alertStatus: 'executable' | 'temporarily_disabled' | 'disabled';
  disabledUntil: string | null;
}

export interface GitlabProject {
  readonly id: number;
  /** `acme/roadmap` */
  readonly path: string;
  name: string;
  description: string;
  visibility: 'private' | 'internal' | 'public';
  /** user id → role */
  members: Map<number, AccessLevel>;
  labels: GitlabLabel[];
  /** iid → issue */
  issues: Map<number, GitlabIssue>;
  nextIid: number;
  readonly createdAt: string;
  lastActivityAt: string;
}

/** Everything that the simulated GitLab knows; plain data. Changing it directly sends no webhook; the API, the pages and `as()` do. */
export interface GitlabState {
  users: GitlabUser[];
  tokens: GitlabToken[];
  projects: Map<number, GitlabProject>;
  hooks: GitlabHook[];
  readonly oauth: GitlabOauth;
}

/** One attempt to deliver a webhook. */
export interface Delivery {
  readonly id: number;
  readonly hook: number;
  readonly url: string;
  /** `Issue Hook` */
  readonly event: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly payload: object;
  readonly idempotencyKey: string;
  /** HTTP status of the receiver, or `internal error` when it did not answer; absent while under way */
  status?: string;
  responseBody?: string;
  readonly at: string;
  durationMs?: number;
}

/** Fields that an issue can be given; absent ones stay. */
export interface IssueParams {
  title?: string;
  description?: string | null;
  /** the whole set */
  labels?: readonly string[];
  add_labels?: readonly string[];
  remove_labels?: readonly string[];
  assignee_ids?: readonly number[];
  state_event?: 'close' | 'reopen';
  confidential?: boolean;
  due_date?: string | null;
}

/** GitLab as one user works with it: the same rights, rules and webhooks as through the API. A refusal throws. `project`: id or path. */
export interface GitlabActor {
  createIssue(project: number | string, params: IssueParams & { title: string }): GitlabIssue;
  updateIssue(project: number | string, iid: number, params: IssueParams): GitlabIssue;
  closeIssue(project: number | string, iid: number): GitlabIssue;
  reopenIssue(project: number | string, iid: number): GitlabIssue;
  deleteIssue(project: number | string, iid: number): void;
  /** A new issue in the other project; the old one is closed and says where it went. */
  moveIssue(project: number | string, iid: number, to: number | string): GitlabIssue;
  addNote(project: number | string, iid: number, body: string): GitlabNote;
}

/** Switches on what webhooks do on their way. */
export interface HookSwitches {
  /** Keeps deliveries back until released. */
  hold(): void;
  /** Sends what was kept back, in order, in reverse, or each twice; later ones go at once again. */
  release(order?: 'order' | 'reverse' | 'twice'): void;
  /** The next `count` deliveries are never sent. */
  drop(count: number): void;
  /** The next `count` deliveries are sent twice, with the same `Idempotency-Key`. */
  duplicate(count: number): void;
}

/** Brings a webhook to its receiver; rejects where no answer came. */
export type Courier = (call: { readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly body: string }) => Promise<{ readonly status: number; readonly text: string }>;

export interface GitlabOptions {
  readonly port?: number;
  /** host name in `url`; it listens on 127.0.0.1 */
  readonly host?: string;
  readonly now?: () => number;
  readonly random?: () => number;
  /** its address, and it listens nowhere: requests come by `handle` alone */
  readonly wireless?: string;
  /** how long a receiver may take, in milliseconds (10,000 as on GitLab) */
  readonly hookTimeout?: number;
  /** who brings the webhooks; the network unless told otherwise */
  readonly courier?: Courier;
  /** whether `signing_token` works or, as before GitLab 19.0, is ignored in silence (`true` by default) */
  readonly signing?: boolean;
  /** API requests per user and minute (2,000 as on GitLab.com) */
  readonly rateLimit?: number;
  /** seconds that an OAuth access token lives (7,200 as on GitLab) */
  readonly oauthTokenLife?: number;
  /** `false`: this simulator's traffic is not written to `TANDEM_TRAFFIC` (for tests that send what the product never would) */
  readonly record?: boolean;
}

/** A running simulated GitLab: REST API v4, web pages, webhooks. */
export interface GitlabSim {
  readonly url: string;
  readonly state: GitlabState;
  readonly requests: readonly Exchange[];
  readonly faults: Faults;
  readonly handle: Server['handle'];
  readonly hooks: HookSwitches;
  /** newest last */
  readonly deliveries: readonly Delivery[];
  addUser(username: string, name: string): GitlabUser;
  /** A personal access token (`glpat-…`) with scope `api` unless told otherwise. */
  addToken(username: string, options?: { scopes?: readonly string[]; expiresAt?: string; name?: string }): GitlabToken;
  addProject(path: string, members: Readonly<Record<string, AccessLevel>>, options?: { name?: string; description?: string; visibility?: GitlabProject['visibility'] }): GitlabProject;
  /** Lets a member's role change; `undefined` takes them out, what they wrote and are assigned to stays. */
  setMember(project: number | string, username: string, level: AccessLevel | undefined): void;
  addLabel(project: number | string, name: string, color: string): GitlabLabel;
  /** By id or path; throws when there is none. */
  project(idOrPath: number | string): GitlabProject;
  /** By username. */
  user(username: string): GitlabUser;
  as(username: string): GitlabActor;
  revokeToken(value: string): void;
  /** An OAuth application, confidential as Tandem's; redirect URIs must match to the letter. Scope `api` unless told otherwise. */
  addApplication(application: { name: string; redirectUris: readonly string[]; scopes?: readonly string[] }): GitlabApplication;
  /** As if this user took every application's authorization back: all their OAuth tokens end. */
  revokeOauth(username: string): void;
  /** Anything in the state changed. Answers the function that stops listening. */
  onChange(listener: () => void): () => void;
  /** Resolves when no webhook is under way (held ones are not). */
  settled(): Promise<void>;
  close(): Promise<void>;
}
