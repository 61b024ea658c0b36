/** So many different calls in a row must have failed: one item that a tool chokes on is no outage, nor are many failures among successes. */
const THRESHOLD = 8;
const FIRST_WAIT = 500;
/** Waits double up to the first while the trouble is young, and to the second later. */
const LONGEST = 15_000;
const LONGEST_LATER = 60_000;
const YOUNG = 600_000;
/** Whoever waits for a probe that is under way looks again after this long, unless it ends before. */
const PROBING = 1000;

/** A remote that does not answer, or only has trouble of its own. */
export interface Down {
  readonly remote: string;
  /** epoch ms: the first failure */
  readonly since: number;
  /** epoch ms: when it is asked again */
  readonly until: number;
}

/** One breaker for each remote: while it is down, it is asked by one task at a time, and that less and less often. */
export interface Breakers {
  /** A call ended, whoever made it; `well`: it was answered, even if with a refusal. `call` tells calls apart. */
  heard(remote: string, call: string, well: boolean): void;
  /** May a task that asks the remote begin? */
  open(remote: string): boolean;
  /** A task begins; call what this answers when it has ended. */
  begin(remote: string): () => void;
  /** Nothing is asked of it before then (epoch ms); `undefined`: it may be tried. */
  held(remote: string): number | undefined;
  /** When to look again, for those that may not begin. */
  until(remote: string): number | undefined;
  /** What is known to be down. */
  down(): readonly Down[];
}

interface Trouble {
  readonly since: number;
  /** calls that failed since the last that was answered, until it counts as down */
  readonly failed: Set<string>;
  /** it is down, and asked again from then on */
  until?: number;
  trips: number;
  probing: boolean;
}

/** Breakers on a clock; `changed` is told when a remote goes down, and when it answers again (`undefined`). */
export function openBreakers(now: () => number, changed: (remote: string, down: Down | undefined) => void = () => undefined): Breakers {
  const troubles = new Map<string, Trouble>();

  const trip = (remote: string, trouble: Trouble): void => {
    const longest = now() - trouble.since < YOUNG ? LONGEST : LONGEST_LATER;
    trouble.until = now() + Math.min(FIRST_WAIT * 2 ** Math.min(trouble.trips, 10), longest);
    trouble.trips += 1;
    if (trouble.trips === 1) changed(remote, { remote, since: trouble.since, until: trouble.until });
  };

  const held = (remote: string): number | undefined => {
    const until = troubles.get(remote)?.until;
    // A clock that was put back must not make a wait longer than any.
    return until !== undefined && until > now() && until <= now() + LONGEST_LATER ? until : undefined;
  };

  return {
    heard(remote, call, well) {
      const trouble = troubles.get(remote);
      if (well) {
        if (trouble?.until !== undefined) changed(remote, undefined);
        troubles.delete(remote);
      } else if (!trouble) {
        troubles.set(remote, { since: now(), failed: new Set([call]), trips: 0, probing: false });
      } else if (trouble.until === undefined) {
        trouble.failed.add(call);
        if (trouble.failed.size >= THRESHOLD) trip(remote, trouble);
      } else if (held(remote) === undefined) trip(remote, trouble);
    },
    open: (remote) => held(remote) === undefined && troubles.get(remote)?.probing !== true,
    begin(remote) {
      const trouble = troubles.get(remote);
      if (trouble?.until === undefined) return () => undefined;
      trouble.probing = true;
      return () => {
        trouble.probing = false;
      };
    },
    held,
    until: (remote) => held(remote) ?? (troubles.get(remote)?.probing === true ? now() + PROBING : undefined),
    down: () => [...troubles].flatMap(([remote, { since, until }]) => (until === undefined ? [] : [{ remote, since, until }])),
  };
}
