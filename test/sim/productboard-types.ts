import type { Exchange } from './traffic.ts';
import type { Faults } from './faults.ts';
import type { RawAnswer, RawRequest } from './kit.ts';

/** How a connection between a feature and something else is shown in a column. */
export type PbConnection =
  | { readonly state: 'connected'; readonly label: string; readonly hoverLabel: string; readonly tooltip: string; readonly color: string; readonly targetUrl: string }
  | { readonly state: 'error'; readonly message: string; readonly debugDetail?: string }
  | { readonly state: 'progress' }
  | { readonly state: 'initial' };

export type PbType = 'product' | 'component' | 'feature' | 'subfeature';

export interface PbStatus {
  readonly id: string;
  name: string;
}

/** A feature, or what features are grouped by. */
export interface PbEntity {
  readonly id: string;
  readonly type: PbType;
  name: string;
  /** as the editor keeps it */
  description: string;
  status?: PbStatus;
  owner?: { readonly id: string; readonly email: string };
  archived: boolean;
  tags: string[];
  endDate?: string;
  parent?: string;
  readonly createdAt: string;
  updatedAt: string;
}

/** Who calls: a member's own token sees the whole workspace, an application's only what it made itself. */
export interface PbToken {
  readonly value: string;
  /** the OAuth application; absent: a personal API token */
  readonly app?: string;
  readonly scopes: readonly string[];
  revoked: boolean;
}

/** Where a column's button or a webhook calls. */
export interface PbCallback {
  readonly url: string;
  readonly version: 1;
  readonly authorization?: string;
}

/** A column with its button. */
export interface PbPlugin {
  readonly id: string;
  readonly app?: string;
  readonly type: string;
  name: string;
  enabled: boolean;
  label: string;
  action: PbCallback;
  readonly createdAt: string;
  /** all but `initial` */
  readonly connections: Map<string, PbConnection>;
}

export interface PbWebhook {
  readonly id: string;
  readonly app?: string;
  readonly name: string;
  readonly events: readonly string[];
  readonly notification: PbCallback;
  readonly createdAt: string;
  /** nothing is sent any more: an event was never taken */
  disabled: boolean;
}

/** One attempt to deliver an event, or the press of a button. */
export interface PbDelivery {
  readonly webhook: string;
  readonly event: string;
  readonly payload: object;
  readonly attempt: number;
  readonly at: string;
  status?: number | 'no answer';
}

export interface PbState {
  readonly workspace: string;
  readonly tokens: PbToken[];
  readonly statuses: PbStatus[];
  readonly entities: Map<string, PbEntity>;
  readonly plugins: Map<string, PbPlugin>;
  readonly webhooks: Map<string, PbWebhook>;
  /** what the editor holds that HTML cannot say (mentions, embeds, collapsibles), by id */
  readonly nodes: Map<string, string>;
}

export interface PbOptions {
  readonly port?: number;
  readonly host?: string;
  readonly wireless?: string;
  readonly record?: boolean;
  readonly now?: () => number;
  readonly random?: () => number;
  /** requests a second and token */
  readonly rateLimit?: number;
  /** what it calls is Tandem: the calls and their answers are recorded, too */
  readonly callbacks?: boolean;
  /** how long Productboard waits for an answer to a callback, in milliseconds */
  readonly patience?: number;
  /** features need a parent, as in many workspaces */
  readonly parents?: boolean;
}

/** What people can do with the button of a column. */
export type PbTrigger = 'button.push' | 'button.unlink' | 'button.dismiss';

/** A stand-in for Productboard. `state` is plain data; what people do goes through the methods, which send webhooks. */
export interface PbSim {
  readonly url: string;
  readonly state: PbState;
  readonly requests: Exchange[];
  readonly faults: Faults;
  readonly deliveries: PbDelivery[];
  handle(request: RawRequest): Promise<RawAnswer | undefined>;
  onChange(listener: () => void): () => void;
  addToken(props?: { app?: string; scopes?: readonly string[] }): PbToken;
  addStatus(name: string): PbStatus;
  addEntity(props: { type?: PbType; name: string; description?: string; status?: string; parent?: string; owner?: string }): PbEntity;
  /** What a member changes in the web application. */
  edit(id: string, change: { name?: string; description?: string; status?: string; archived?: boolean }): PbEntity;
  remove(id: string): void;
  /** Something that only the editor can show, at the end of the description. */
  embed(id: string, what: string): string;
  /** Presses the button in a column; resolves when Productboard has dealt with the answer. */
  press(plugin: string, feature: string, trigger?: PbTrigger): Promise<PbConnection>;
  connection(plugin: string, feature: string): PbConnection;
  readonly hooks: {
    /** The next events reach nobody. */
    drop(count: number): void;
    /** Answers to buttons are kept unread, as if the network were slow, until `release`; resolves when there is one. */
    holdAnswers(): Promise<void>;
    releaseAnswers(): void;
  };
  /** Sends again what is due to be sent again. */
  retry(): Promise<void>;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
  close(): Promise<void>;
}
