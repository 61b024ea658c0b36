import type { Ref } from './ref.ts';

/** A user of a tool, as the tool itself names them. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly username: string;
  readonly avatar?: string;
}

/** A status as the tool has it; `kind` is what all tools agree on and what colours are chosen by. */
export interface Status {
  readonly id: string;
  readonly name: string;
  readonly kind: 'open' | 'closed';
}

/** A label; `color` is `#rrggbb` where the tool gives one. */
export interface Label {
  readonly name: string;
  readonly color?: string;
}

/** One record of a tool (issue, ticket, feature) in our common shape. */
export interface Item {
  readonly ref: Ref;
  /** what people call it: `roadmap#7` */
  readonly key: string;
  /** where it opens in the tool */
  readonly url: string;
  readonly title: string;
  /** Markdown */
  readonly description: string;
  readonly status: Status;
  readonly labels: readonly Label[];
  readonly assignees: readonly Person[];
  /** id of whoever wrote it, where the tool says so */
  readonly author?: string;
  /** `YYYY-MM-DD` */
  readonly due?: string;
  /** the tool's own time stamp, ISO 8601; equal stamps do not mean equal content */
  readonly updatedAt: string;
  /** another id that the tool's webhooks call it by, where they do not use the one in `ref`; it may change while the item stays the same */
  readonly alias?: string;
}

/** What is added to and removed from a set (labels by name, people by id): additions by two editors never collide. */
export interface SetChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** A change to an item: only what is present is written. */
export interface ItemPatch {
  readonly title?: string;
  readonly description?: string;
  /** a status id out of the place's statuses */
  readonly status?: string;
  readonly labels?: SetChange;
  readonly assignees?: SetChange;
}

/** A new item, before the tool has given it an id. */
export interface ItemDraft {
  readonly title: string;
  readonly description: string;
  readonly labels: readonly string[];
  /** ids of people */
  readonly assignees: readonly string[];
}

/** A project, repository or space. */
export interface Place {
  readonly id: string;
  readonly name: string;
  readonly url: string;
}

/** What a place allows and offers to the account that asks. */
export interface PlaceInfo extends Place {
  readonly statuses: readonly Status[];
  readonly labels: readonly Label[];
  readonly members: readonly Person[];
  readonly can: { readonly create: boolean; readonly write: boolean; readonly hook: boolean };
}
