import type { FieldRule, PairField, PairState, WatchMode } from './api.ts';
import type { Label, Place, Status } from './item.ts';
import type { Ref } from './ref.ts';

/** Columns with a button in a tool's own lists, each for one place of a tracker: request and answer of every `/api/integrations` route. */

export const COLUMN_COLORS = ['gray', 'blue', 'green', 'yellow', 'orange', 'red', 'purple'] as const;
export type ColumnColor = (typeof COLUMN_COLORS)[number];

/** Which status of a feature goes with which of a ticket, and with which label, if any; `color` is the button's for a ticket that has them. The first row that fits a ticket counts. */
export interface StatusRow {
  /** id of the feature's status */
  readonly feature: string;
  /** id of the ticket's status */
  readonly ticket: string;
  readonly label?: string;
  readonly color: ColumnColor;
}

/** How a field travels; `once`: into the ticket when it is made or linked, and never again. Left is the feature, right the ticket. */
export interface IntegrationRule {
  readonly flow: FieldRule['flow'] | 'once';
  readonly clash: FieldRule['clash'];
}

export type IntegrationRules = Readonly<Record<PairField, IntegrationRule>>;

/** A site of a tool, and a place there. */
export interface End {
  readonly tool: string;
  readonly site: string;
  readonly place: string;
}

/** What people decide about an integration. */
export interface IntegrationSettings {
  /** title of the column */
  readonly name: string;
  /** what its button says */
  readonly button: string;
  readonly rules: IntegrationRules;
  readonly statuses: readonly StatusRow[];
}

/** `POST /api/integrations`: sets one up with the caller's accounts (202, the IntegrationView). */
export interface IntegrationBody extends IntegrationSettings {
  readonly left: End;
  readonly right: End;
}

/** `PATCH /api/integrations/:integration`: what is given changes, for what is linked already too (202). `POST …/dry-run` takes the same and answers DryRunAnswer. */
export type IntegrationPatch = Partial<IntegrationSettings>;

/** `setting`: being set up; `on`; `paused`; `removing`; `removed`: only what could not be removed is still to be read. */
export type IntegrationState = 'setting' | 'on' | 'paused' | 'removing' | 'removed';

/** What an integration consists of elsewhere, one after the other. */
export const STEPS = ['column', 'source', 'target', 'enable'] as const;
export type IntegrationStep = (typeof STEPS)[number];

/** How changes of one end are learnt. */
export interface EndHealth {
  readonly end: End;
  /** the tool's name, the place's, whose account acts */
  readonly name: string;
  readonly label: string;
  readonly person?: string;
  readonly url: string;
  readonly watch: WatchMode | 'none';
  /** a sentence for people: why it is not by webhook, or what is wrong with the account */
  readonly reason?: string;
  /** ISO 8601: when the tool ends the account's token, where it says so */
  readonly ends?: string;
  /** ISO 8601: the last webhook call */
  readonly heard?: string;
  /** changes that no webhook told of */
  readonly missed: number;
}

/** An integration and how it does. */
export interface IntegrationView extends IntegrationSettings {
  readonly id: string;
  readonly state: IntegrationState;
  /** steps that are done; all of them while it is on */
  readonly done: readonly IntegrationStep[];
  /** a sentence for people: what stopped it, or is wrong with it */
  readonly reason?: string;
  readonly left: EndHealth;
  readonly right: EndHealth;
  /** connections by their state */
  readonly counts: Readonly<Record<ConnectionState, number>>;
  /** ISO 8601: the last press of the button */
  readonly pressed?: string;
  /** milliseconds that the oldest change has been waiting to be carried over; 0: none is */
  readonly lag: number;
  /** sentences: what could not be removed */
  readonly report: readonly string[];
}

/** `GET /api/integrations`: those of the caller, or of the whole team for whoever administers it. */
export interface IntegrationsAnswer {
  readonly integrations: readonly IntegrationView[];
}

/** `making`: its ticket is being made; `linked`; `failed`; `leaving`: being unlinked. */
export type ConnectionState = 'making' | 'linked' | 'failed' | 'leaving';

/** A feature and its ticket. */
export interface ConnectionView {
  readonly id: string;
  /** the feature's id */
  readonly item: string;
  readonly state: ConnectionState;
  readonly reason?: string;
  readonly feature?: { readonly title: string; readonly url: string };
  readonly ticket?: { readonly ref: Ref; readonly key: string; readonly title: string; readonly url: string; readonly status: string };
  readonly pair?: { readonly state: PairState; readonly reason?: string };
  /** newest first */
  readonly history: readonly { readonly at: string; readonly text: string }[];
}

/** `GET /api/integrations/:integration/connections` */
export interface ConnectionsAnswer {
  readonly connections: readonly ConnectionView[];
  /** what was changed of the integration, a rest among it, has not reached all of them yet */
  readonly settling?: true;
}

/** `POST /api/integrations/:integration/connections`: makes a ticket of each feature, or links it to the one at the address (202, PushAnswer). At most 500 at once. */
export interface PushBody {
  readonly items: readonly { readonly item: string; readonly ticket?: string }[];
}

export interface PushAnswer {
  readonly begun: number;
  /** what could not even begin, with a sentence each */
  readonly refused: readonly { readonly item: string; readonly reason: string }[];
}

/** One thing that a change of the settings would write. */
export interface PlannedWrite {
  readonly connection: string;
  /** what is written: the feature's or the ticket's key */
  readonly key: string;
  readonly title: string;
  readonly side: 'left' | 'right';
  readonly field: PairField;
  readonly from: string;
  readonly to: string;
}

/** `POST /api/integrations/:integration/dry-run`. `asks`: fields of which people would be asked to choose. */
export interface DryRunAnswer {
  readonly writes: readonly PlannedWrite[];
  readonly asks: readonly Omit<PlannedWrite, 'side'>[];
  /** links that were looked at, as their features and tickets were last seen */
  readonly looked: number;
  /** links that were not: none yet or no more; one end not seen yet; more than are looked at at once */
  readonly missed: { readonly unlinked: number; readonly unseen: number; readonly beyond: number };
}

/** `POST /api/integrations/check`: whether the caller's accounts can keep these two in step, before anything is made. */
export interface CheckBody {
  readonly left: End;
  readonly right: End;
}

export interface CheckAnswer {
  readonly left: { readonly person: string; readonly place: Place; readonly statuses: readonly Status[]; readonly fields: readonly PairField[]; /** what its token was seen to have, and what it needs as well: that shows when something is first written */ readonly scopes: { readonly seen: readonly string[]; readonly unseen: readonly string[] } };
  readonly right: { readonly person: string; readonly place: Place; readonly statuses: readonly Status[]; readonly labels: readonly Label[]; readonly fields: readonly PairField[]; /** what its token has, where that is told */ readonly scopes?: { readonly seen: readonly string[] } };
  /** sentences: what will not work, and what would help */
  readonly troubles: readonly string[];
  /** nothing stands against it */
  readonly ready: boolean;
  readonly most: { readonly name: number; readonly button: number };
}

/** `GET /api/integrations/orphans?tool=&site=`: columns, and webhooks at the places that the team has anything to do with, that this Tandem made and does not know any more. `DELETE /api/integrations/orphans/:kind/:id?tool=&site=` removes one (204). */
export interface OrphansAnswer {
  readonly orphans: readonly { readonly kind: 'column' | 'webhook'; readonly id: string; readonly name: string }[];
}

/** `DELETE /api/integrations/:integration` takes it down (202), or puts a report aside (204); `POST …/pause`, `…/resume`, `…/retry` (what stopped it, without ending a pause), `…/rotate` and `…/connections/:item/retry` answer 202, `DELETE …/report` puts aside what was reported and does nothing else (204), `DELETE …/connections/:item` unlinks (202). */
