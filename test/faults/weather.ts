/** How bad things are: the share of calls that something happens to. */
export interface Weather {
  miro: number;
  gitlab: number;
  hooks: number;
  store: number;
}

export const CLEAR: Readonly<Weather> = { miro: 0, gitlab: 0, hooks: 0, store: 0 };

/** A good day: something happens now and then. */
export const FAIR: Readonly<Weather> = { miro: 0.04, gitlab: 0.04, hooks: 0.1, store: 0.01 };

/** How often each fault struck. */
export interface Tally {
  count(fault: string, times?: number): void;
  readonly counts: ReadonlyMap<string, number>;
}

/** A tally that begins at nothing. */
export function openTally(): Tally {
  const counts = new Map<string, number>();
  return { counts, count: (fault, times = 1) => void counts.set(fault, (counts.get(fault) ?? 0) + times) };
}

/** What must have struck at least once in any hundred schedules. */
export const FAULTS: readonly string[] = [
  'crash',
  'clock jump',
  'process stands still',
  'token revoked',
  'board taken away or given back',
  'item deleted',
  'item moved',
  'item re-opened',
  'both sides of a pair changed',
  ...['lost', 'swallowed', 'twice', 'delayed', 'long delayed', 'answer lost'].map((fault) => `webhook: ${fault}`),
  ...['miro', 'gitlab'].flatMap((remote) => ['slow', 'late', 'reset', 'reset after its effect', 'time-out', 'time-out after its effect', '429', '500', '502', '503', 'after-effect-502'].map((fault) => `${remote}: ${fault}`)),
  ...['busy', 'disk full', 'not synced'].map((fault) => `store: ${fault}`),
];
