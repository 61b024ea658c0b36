import { remoteOfLane } from './keys.ts';

/** So many different calls in a row must have failed: one item that a tool chokes on is no outage, nor are many failures among successes. */
const THRESHOLD = 8;
/** What fails for one account alone is no outage of the remote. */
const LANES = 2;
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
  /** only what is asked on this lane's account; absent: whoever asks */
  readonly lane?: string;
  /** epoch ms: the first failure */
  readonly since: number;
  /** epoch ms: when it is asked again */
  readonly until: number;
}

/** One breaker for each lane and one for each remote as a whole: while either is open, one task at a time asks, and that less and less often. */
export interface Breakers {
  /** A call on the lane's account ended, whoever made it; `well`: it was answered, even if with a refusal. `call` tells calls apart. */
  heard(lane: string, call: string, well: boolean): void;
  /** May a task of the lane begin? */
  open(lane: string): boolean;
  /** One begins; call what this answers when it has ended. */
  begin(lane: string): () => void;
  /** Nothing is asked for the lane before then (epoch ms); `undefined`: it may be tried. */
  held(lane: string): number | undefined;
  /** When to look again, for those that may not begin. */
  until(lane: string): number | undefined;
  /** What is known to be down. */
  down(): readonly Down[];
}

interface Trouble {
  readonly remote: string;
  readonly lane?: string;
  readonly since: number;
  /** calls that failed since the last that was answered, until it counts as down */
  readonly failed: Set<string>;
  readonly lanes: Set<string>;
  /** it is down, and asked again from then on */
  until?: number;
  trips: number;
  probing: boolean;
}

/** Breakers on a clock; `changed` is told when a lane or a remote goes down, and when it answers again (`well`). */
export function openBreakers(now: () => number, changed: (down: Down, well: boolean) => void = () => undefined): Breakers {
  /** by lane, and by remote */
  const troubles = new Map<string, Trouble>();
  const known = (lane: string): Trouble[] => [lane, remoteOfLane(lane)].flatMap((key) => troubles.get(key) ?? []);

  const trip = (trouble: Trouble): void => {
    const longest = now() - trouble.since < YOUNG ? LONGEST : LONGEST_LATER;
    trouble.until = now() + Math.min(FIRST_WAIT * 2 ** Math.min(trouble.trips, 10), longest);
    trouble.trips += 1;
    if (trouble.trips === 1) for (const down of downOf(trouble)) changed(down, false);
  };

  const heldBy = ({ until }: Trouble): number | undefined =>
    // A clock that was put back must not make a wait longer than any.
    until !== undefined && until > now() && until <= now() + LONGEST_LATER ? until : undefined;
  const held = (lane: string): number | undefined => latest(known(lane).map(heldBy));

  const fail = (trouble: Trouble, lane: string, call: string): void => {
    if (trouble.until === undefined) {
      if (trouble.failed.size < THRESHOLD) trouble.failed.add(call);
      trouble.lanes.add(lane);
      if (trouble.failed.size >= THRESHOLD && (trouble.lane !== undefined || trouble.lanes.size >= LANES)) trip(trouble);
    } else if (heldBy(trouble) === undefined) trip(trouble);
  };

  const mend = (key: string): void => {
    const trouble = troubles.get(key);
    if (!trouble) return;
    troubles.delete(key);
    for (const down of downOf(trouble)) changed(down, true);
    // It was down for all of them: none has trouble of its own.
    if (trouble.lane === undefined && trouble.until !== undefined) for (const [lane, { remote }] of troubles) if (remote === key) mend(lane);
  };

  return {
    heard(lane, call, well) {
      const remote = remoteOfLane(lane);
      for (const key of [lane, remote]) {
        if (well) mend(key);
        else {
          const trouble = troubles.get(key) ?? { remote, ...(key === lane ? { lane } : {}), since: now(), failed: new Set(), lanes: new Set(), trips: 0, probing: false };
          troubles.set(key, trouble);
          fail(trouble, lane, call);
        }
      }
    },
    open: (lane) => held(lane) === undefined && !known(lane).some(({ probing }) => probing),
    begin(lane) {
      const probed = known(lane).filter(({ until }) => until !== undefined);
      for (const trouble of probed) trouble.probing = true;
      return () => {
        for (const trouble of probed) trouble.probing = false;
      };
    },
    held,
    until: (lane) => held(lane) ?? (known(lane).some(({ probing }) => probing) ? now() + PROBING : undefined),
    down: () => [...troubles.values()].flatMap(downOf),
  };
}

function downOf({ remote, lane, since, until }: Trouble): Down[] {
  return until === undefined ? [] : [{ remote, ...(lane === undefined ? {} : { lane }), since, until }];
}

function latest(moments: readonly (number | undefined)[]): number | undefined {
  const some = moments.filter((moment) => moment !== undefined);
  return some.length > 0 ? Math.max(...some) : undefined;
}
