import type { Faults } from './faults.ts';
import type { Courier } from './gitlab-types.ts';
import type { Server } from './kit.ts';
import type { ToolDesk, ToolSite } from './munity-tool-types.ts';
import type { Exchange } from './traffic.ts';

/** The eight events of https://doc.munityapps.com/webhooks/. */
export type MunityEvent =
  | 'webhook_test'
  | 'integration_installed'
  | 'integration_import_done'
  | 'integration_new_data_model'
  | 'integration_updated_data_model'
  | 'integration_deleted_data_model'
  | 'integration_cannot_refresh_oauth_token'
  | 'integration_oauth_token_fixed';

/** What a secret says, once its signature and its times have been found good. */
export interface SecretClaims {
  readonly customer: string;
  readonly name: string | null;
  /** the integration whose credentials are to be renewed */
  readonly integration: string | null;
  /** echoed by every webhook of the integration; works once */
  readonly state: string | null;
}

/** One customer of ours, as Munity keeps them: its own uuid beside our id. */
export interface MunityCustomer {
  readonly uuid: string;
  /** our `customer_id` */
  readonly id: string;
}

/** A customer's grant of access to one site of a tool. */
export interface MunityIntegration {
  readonly id: string;
  /** our `customer_id` */
  readonly customer: string;
  readonly connector: string;
  name: string | null;
  state: string | null;
  /** the site of the tool, and the user of it who consented */
  site: string;
  account: string;
  /** the tool no longer takes the credentials: reads stay as they are, syncs fail */
  broken: boolean;
  imported: boolean;
  readonly createdAt: string;
  syncedAt: string | null;
  /** what the last sync brought, by Munity's id */
  rows: ReadonlyMap<string, MunityRow>;
}

/** The resources of project management that are simulated, by the last part of their paths. */
export type MunityKind = 'pm-projects' | 'pm-issues' | 'pm-users' | 'pm-issue-statuses';

/** A row of one of Munity's tables. */
export interface MunityRow {
  readonly kind: MunityKind;
  /** every column, as the API serialises it */
  readonly columns: Readonly<Record<string, unknown>> & { readonly id: string; readonly external_id: string };
}

/** Everything that the simulated Munity and the tools behind it know; plain data. */
export interface MunityState {
  readonly customers: MunityCustomer[];
  readonly integrations: MunityIntegration[];
  /** `state` claims that made or renewed an integration */
  readonly usedStates: Set<string>;
  /** sites of the tools, by id */
  readonly sites: Map<string, ToolSite>;
}

/** One attempt to deliver a webhook. */
export interface MunityDelivery {
  readonly url: string;
  readonly event: string;
  readonly customer: string | null;
  readonly body: string;
  readonly at: string;
  /** HTTP status of the receiver, or `no answer`; absent while under way */
  status?: string;
}

/** How event streams tell what they tell; the real shape is not public. */
export type EventShape = 'type' | 'status' | 'string' | 'json-string';

/** Switches on the event streams. */
export interface EventSwitches {
  shape: EventShape;
  /** what the end of an import is called: `IMPORT_DONE`, or `INSTALLED` as before June 2023 */
  done: 'IMPORT_DONE' | 'INSTALLED' | 'SYNCHED';
  /** Every stream that is open is cut. */
  drop(): void;
  /** The next `count` connections are answered 503 (`Infinity`: all, until 0). */
  refuse(count: number): void;
  /** how many of them are still to come */
  refusals(): number;
  /** The next `count` events reach nobody. */
  lose(count: number): void;
  /** Tells a room something of one's own. */
  send(room: string, data: string): void;
  /** how many listen in this room; in all of them where none is named */
  listeners(room?: string): number;
  /** what was to be told, whether anybody listened or not; newest last */
  readonly told: readonly { readonly room: string; readonly type: string; readonly message: string; readonly heard: number }[];
}

/** Switches on the pages that a customer goes through. */
export interface ConnectSwitches {
  /** `Cross-Origin-Opener-Policy` of the consent pages and connector forms */
  coop: 'same-origin' | 'same-origin-allow-popups' | undefined;
  /** the last page posts a message to its opener */
  postMessage: boolean;
  /** seconds that the loader page stays (1 as seen) */
  loader: number;
  /** what a renewal is told by; the real ones are not documented */
  renewal: readonly ('integration_installed' | 'integration_oauth_token_fixed')[];
}

/** Switches on what webhooks do on their way. */
export interface MunityHookSwitches {
  /** of the bodies, JSON whatever it says: not documented */
  contentType: string;
  /** whether an update brings the record, or only Munity's own id of it */
  data: boolean;
  /** what `type` calls a kind: "it depends on your data mapping" */
  typeOf: (kind: MunityKind) => string;
  hold(): void;
  /** Sends what was kept back, in order, in reverse, or each twice; later ones go at once again. */
  release(order?: 'order' | 'reverse' | 'twice'): void;
  drop(count: number): void;
  /** The next `count` webhooks are sent twice, byte for byte. */
  duplicate(count: number): void;
}

export interface MunityOptions {
  readonly port?: number;
  /** port of a second origin for the event streams; absent: on the same one */
  readonly ssePort?: number;
  /** port of the tools' own pages (Jira) */
  readonly toolsPort?: number;
  /** host name in the addresses; it listens on 127.0.0.1 */
  readonly host?: string;
  readonly now?: () => number;
  readonly random?: () => number;
  /** its address, and it listens nowhere: requests come by `handle` alone */
  readonly wireless?: string;
  /** a UUID */
  readonly workspaceId: string;
  /** PEM, of the key that secrets are signed with */
  readonly publicKey: string;
  readonly apiKey: string;
  /** the one address that webhooks go to; `sim.webhookUrl` may name it later */
  readonly webhookUrl?: string;
  readonly courier?: Courier;
  /** how long a receiver may take, in milliseconds (10,000) */
  readonly hookTimeout?: number;
  /** milliseconds from the consent to the end of the first import (0), or `held` until `releaseImports()` */
  readonly importAfter?: number | 'held';
  /** milliseconds between syncs; absent: only when told to */
  readonly syncEvery?: number;
  /** rows of a page (100), and the most that `page_size` may ask for */
  readonly pageSize?: number;
  /** whether items can be changed by the API, and when a read shows it (`off` by default: nothing says that they can) */
  readonly writes?: 'off' | 'at-once' | 'after-sync';
  /** which of its ids names a customer in a path (`both`) */
  readonly customerIds?: 'both' | 'uuid' | 'external';
  /** how customers of a connector grant access, by its slug */
  readonly connectors?: Readonly<Record<string, Connector>>;
}

/** A tool that Munity connects: by the tool's own consent page, or with an API token in a form of Munity's. */
export interface Connector {
  readonly name: string;
  readonly signIn: 'consent' | 'form';
}

/** How a person goes through the pages, for tests without a browser. `site` is the tool's, `acme` unless told; `as` a user name there, its first user's unless told. */
export interface GrantOptions {
  readonly room?: string;
  readonly site?: string;
  readonly as?: string;
}

/** A running simulated Munity: connect pages, event streams, unified API, webhooks, and the tools behind it. */
export interface MunitySim {
  /** of its API and pages */
  readonly url: string;
  /** of its event streams */
  readonly sseUrl: string;
  /** of the tools' own pages */
  readonly toolsUrl: string;
  readonly state: MunityState;
  readonly requests: readonly Exchange[];
  readonly faults: Faults;
  readonly handle: Server['handle'];
  readonly events: EventSwitches;
  readonly connecting: ConnectSwitches;
  readonly hooks: MunityHookSwitches;
  /** newest last */
  readonly deliveries: readonly MunityDelivery[];
  webhookUrl: string | undefined;
  /** Renews the certificates: secrets signed with the old key are worth nothing from now on. */
  setPublicKey(pem: string): void;
  /** A site of a tool (`acme` unless told), which it makes where there is none. */
  tool(connector: string, site?: string): ToolDesk;
  /** The Jira that this customer connected. */
  jira(customer: string): ToolDesk;
  /** The newest of this customer; throws when there is none. */
  integration(customer: string, connector: string): MunityIntegration;
  /** As if a person had opened the connect page with this secret and consented; throws where the page would have refused. */
  grant(connector: string, secret: string, options?: GrantOptions): MunityIntegration;
  /** Ends the imports that wait where `importAfter` is `held`. */
  releaseImports(): void;
  /** Brings what changed in the tools, of this customer or of all, and tells it by webhooks. */
  sync(customer?: string): void;
  /** The tool takes the credentials no longer, as Munity notices at once. */
  breakCredentials(customer: string, connector: string): void;
  /** They work again without anybody's doing. */
  mendCredentials(customer: string, connector: string): void;
  /** Takes an integration out with all that it brought, which no webhook tells. */
  removeIntegration(id: string): void;
  /** Sends any event; `webhook_test` is one with payload `{ test: true }`. */
  send(event: string, customer: string | null, payload: Readonly<Record<string, unknown>>, state?: string | null): void;
  /** Anything changed. Answers the function that stops listening. */
  onChange(listener: () => void): () => void;
  /** Resolves when no import and no webhook is under way (held ones are not). */
  settled(): Promise<void>;
  close(): Promise<void>;
}
