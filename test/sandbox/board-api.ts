import type { Json } from '@mirohq/websdk-types';
import type { CardData, CardProps } from './wire.ts';

/** What the pretend board page and its server say to each other. Types only. */

/** A card with the number of its state on this server: a higher one is newer, whichever way it came. */
export type BoardCard = CardData & { readonly rev: number };

/** Someone on the board. */
export interface Member {
  readonly id: string;
  readonly name: string;
  /** may this member edit the board */
  readonly edit: boolean;
  /** what they are called in GitLab, and a personal access token of theirs to connect with */
  readonly gitlab: { readonly username: string; readonly token: string };
}

/** One line of what happened between Tandem and its neighbours. */
export interface Activity {
  readonly id: number;
  readonly at: string;
  readonly from: 'Tandem' | 'Miro' | 'GitLab' | 'Munity' | 'You';
  readonly to?: 'Tandem' | 'Miro' | 'GitLab' | 'Munity';
  readonly text: string;
  /** HTTP status, or what came instead of one */
  readonly status?: string;
  readonly mood: 'good' | 'bad' | 'quiet';
}

/** What a person can break on purpose. */
export type Switch =
  | 'miro-429'
  | 'miro-500'
  | 'gitlab-slow'
  | 'gitlab-down'
  | 'hook-lost'
  | 'hook-twice'
  | 'hooks-held'
  | 'delete-issue'
  | 'munity-lost'
  | 'munity-cut-off'
  | 'revoke-miro'
  | 'tandem-killed'
  | 'all-off';

/** The five steps of the guide, in order, as far as the server can tell them. */
export type Steps = readonly [opened: boolean, signedIn: boolean, connected: boolean, placed: boolean, edited: boolean];

export interface Status {
  readonly steps: Steps;
  /** newest first */
  readonly activity: readonly Activity[];
  /** switches that stay on until they are thrown again */
  readonly on: readonly Switch[];
  /** whether Tandem's process is ours to kill */
  readonly killable: boolean;
}

/** A tracker's own pages, and which of them comes first. */
export interface TrackerPage {
  readonly origin: string;
  readonly page: string;
}

/** Everything that the page needs to begin. */
export interface Snapshot {
  readonly board: { readonly id: string; readonly name: string; readonly createdAt: string; readonly updatedAt: string };
  readonly me: Member;
  readonly members: readonly Member[];
  /** Tandem's origin */
  readonly app: string;
  readonly gitlab: TrackerPage;
  /** behind Munity; absent: the sandbox has none */
  readonly jira?: TrackerPage;
  readonly productboard?: TrackerPage;
  readonly cards: readonly BoardCard[];
  readonly status: Status;
}

/** What the server pushes (`text/event-stream`). */
export type Push =
  | { readonly type: 'card'; readonly card: BoardCard; readonly kind: 'created' | 'updated' }
  | { readonly type: 'removed'; readonly id: string }
  | { readonly type: 'broadcast'; readonly event: string; readonly payload: Json | undefined }
  | { readonly type: 'online'; readonly users: readonly string[] }
  | { readonly type: 'status'; readonly status: Status };

/** What the page asks on behalf of its member. */
export type Ask =
  | { readonly ask: 'token' }
  | { readonly ask: 'create'; readonly props: CardProps }
  | { readonly ask: 'sync'; readonly id: string; readonly props: CardProps }
  | { readonly ask: 'remove'; readonly id: string }
  | { readonly ask: 'copy'; readonly id: string; readonly x: number; readonly y: number }
  | { readonly ask: 'metadata'; readonly id: string }
  | { readonly ask: 'set-metadata'; readonly id: string; readonly key: string; readonly value: Json }
  | { readonly ask: 'broadcast'; readonly event: string; readonly payload?: Json; readonly client: string }
  | { readonly ask: 'switch'; readonly name: Switch; readonly card?: string };

/** The answer to each {@link Ask}. */
export interface Told {
  token: string;
  create: BoardCard;
  sync: BoardCard;
  remove: null;
  copy: BoardCard;
  metadata: Record<string, Json>;
  'set-metadata': Record<string, Json>;
  broadcast: null;
  switch: Status;
}
