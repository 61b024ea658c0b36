import type { AppCard, BoardInfo, Json, OnlineUserInfo, Rect, UserInfo } from '@mirohq/websdk-types';

/** What an iframe of the app and the pretend board page say to each other. Types only: the shim must stay one classic script. */

/** The public data of an SDK class: no methods, and without the protected symbol that keeps plain objects from being assignable. */
export type Plain<T> = { [K in keyof T]: T[K] };

type Method = (...args: never[]) => unknown;

/** An app card as data: every property of the Web SDK's item, none of its methods. */
export type CardData = { -readonly [K in keyof AppCard as NonNullable<AppCard[K]> extends Method ? never : K]: AppCard[K] };

/** What an app may write on a card of its own. `height` is not among it: Miro computes it from the content. */
export type CardProps = Partial<Pick<CardData, 'title' | 'description' | 'status' | 'fields' | 'style' | 'linkedTo' | 'tagIds' | 'x' | 'y' | 'width' | 'rotation'>>;

/** Which items a call is about: the SDK's filter. */
export type Filter = { id: string | string[] } | { type?: string | string[]; tags?: string | string[] };

/** A page of the app to open, and what to hand it. */
export interface Opening {
  url: string;
  width?: number;
  height?: number;
  fullscreen?: boolean;
  data?: unknown;
}

/** Every call that the shim can make, with its arguments and its answer. */
export interface Calls {
  getInfo(): BoardInfo;
  getUserInfo(): UserInfo;
  getOnlineUsers(): OnlineUserInfo[];
  getIdToken(): string;
  createAppCard(props: CardProps): CardData;
  sync(id: string, props: CardProps): CardData;
  remove(id: string): void;
  get(filter: Filter | undefined): CardData[];
  getSelection(): CardData[];
  select(filter: Filter | undefined): CardData[];
  deselect(filter: Filter | undefined): CardData[];
  findEmptySpace(wanted: Rect & { offset?: number }): Rect;
  getMetadata(id: string): Record<string, Json>;
  setMetadata(id: string, key: string, value: Json): Record<string, Json>;
  goToLink(id: string): boolean;
  getViewport(): Rect;
  setViewport(rect: Rect): Rect;
  zoomTo(ids: string[]): void;
  getZoom(): number;
  setZoom(zoom: number): void;
  subscribe(event: string): void;
  unsubscribe(event: string): void;
  broadcast(event: string, payload: Json | undefined): void;
  notify(type: 'error' | 'info', message: string): void;
  openPanel(options: Opening): number;
  openModal(options: Opening): number;
  /** resolves when the frame of that number is closed, with what it was closed with */
  waitForClose(frame: number): unknown;
  canOpen(what: 'panel' | 'modal'): boolean;
  /** what the frame that asks was opened with */
  getData(what: 'panel' | 'modal'): unknown;
  close(what: 'panel' | 'modal', result: unknown): void;
}

/** Messages from an iframe to the board. Coordinates are the iframe's own client coordinates. */
export type ToBoard =
  | { sdk: 'call'; id: number; method: keyof Calls; args: unknown[] }
  | { sdk: 'drag'; phase: 'move'; x: number; y: number; width: number; height: number; label: string }
  | { sdk: 'drag'; phase: 'drop' | 'cancel'; x: number; y: number };

/** Messages from the board to an iframe. Cards in an event's payload are data; the shim gives them their methods. */
export type ToFrame =
  | { sdk: 'answer'; id: number; result: unknown }
  | { sdk: 'answer'; id: number; error: string }
  | { sdk: 'event'; event: string; payload: unknown };
