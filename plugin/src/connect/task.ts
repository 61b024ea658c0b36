import type { ConnectOptions } from './flow.ts';
import type { Happening } from './machine.ts';
import type { Outside } from './outside.ts';

/** A connection as those see it who open its window and listen. */
export interface Task extends Pick<ConnectOptions, 'connector' | 'secret' | 'munity'> {
  readonly outside: Outside;
  /** of this connection alone, and of its window: an older one that is about to close is not opened again */
  readonly uuid: string;
  /** Munity's page, and its event stream */
  readonly address: string;
  readonly events: string;
  happen(what: Happening): void;
  /** As `outside.after`, but not once the connection is over. */
  after(ms: number, what: () => void): () => void;
  /** Does this when the connection is over. */
  finally(stop: () => void): void;
  /** Access has neither been granted nor refused yet. */
  isWaiting(): boolean;
}

/** How Munity's window is opened, and what is known of it. */
export interface Way {
  open(): void;
  reopen(): void;
  focus(): void;
  close(): void;
}
