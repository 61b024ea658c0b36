import type { Accounts } from './access/accounts.ts';
import type { Config } from './config.ts';
import type { RandomBytes, Vault } from './crypto.ts';
import type { Log } from './log.ts';
import type { Cards, Tools } from './ports.ts';
import type { Store } from './store/store.ts';
import type { Timers } from './timers.ts';

/** What everything above the adapters works with. */
export interface Deps {
  readonly config: Config;
  readonly store: Store;
  readonly tools: Tools;
  readonly cards: Cards;
  readonly accounts: Accounts;
  readonly vault: Vault;
  readonly log: Log;
  /** epoch milliseconds */
  readonly now: () => number;
  readonly random: RandomBytes;
  readonly timers: Timers;
}
