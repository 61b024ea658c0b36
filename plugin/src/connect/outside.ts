import { listen } from '../ui/listen.ts';

/** A window that was opened. Of one on another site a page sees no more than this; a page there may also cut it off, after which it reads as closed for ever. */
export interface Popup {
  readonly closed: boolean;
  readonly location: { href: string };
  focus(): void;
  close(): void;
}

/** All that a connection uses of the browser, so that tests can stand in for it. */
export interface Outside {
  now(): number;
  uuid(): string;
  /** Does something once, later; answers how to prevent it. */
  after(ms: number, what: () => void): () => void;
  /** Opens the window of this name, or brings the address into it where it is open; within a click only. `null`: blocked, or opened out of our reach. */
  open(address: string, name: string): Popup | null;
  stream(address: string): EventSource;
  /** Calls back for each message to this page; answers how to stop. */
  onMessage(handler: (event: Pick<MessageEvent<unknown>, 'origin' | 'source' | 'data'>) => void): () => void;
  /** An error that is nobody's to handle here: a caller's own callback threw. */
  report(error: unknown): void;
}

/** The browser. */
export const BROWSER: Outside = {
  now: Date.now,
  // A random UUID; `crypto.randomUUID` itself is there for https and loopback alone.
  uuid: () => 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replaceAll('x', () => ((crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) % 16).toString(16)),
  after: (ms, what) => {
    const timer = setTimeout(what, ms);
    return () => clearTimeout(timer);
  },
  // No `noopener`: it would answer `null` for a window that did open.
  open: (address, name) => window.open(address, name, 'popup,width=640,height=720'),
  stream: (address) => new EventSource(address),
  onMessage: (handler) => listen(['message'], handler),
  report: (error) => reportError(error),
};
