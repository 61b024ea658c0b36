/** What a fault switch can make of a request: a status; `drop` never answers; `reset` cuts the connection; `slow` answers late; `after-effect-502` does the work and then claims that it failed. */
export type FaultKind = number | 'drop' | 'reset' | 'slow' | 'after-effect-502';

/** Which requests a fault meets, and what it says about trying again (seconds). */
export interface FaultFilter {
  readonly method?: string;
  readonly path?: RegExp;
  readonly retryAfter?: number;
}

/** A fault that met a request. */
export interface Fault {
  readonly kind: FaultKind;
  readonly retryAfter?: number;
}

/** The switches of one simulator. They act on its API only, never on its pages. */
export interface Faults {
  /** The next `count` requests that the filter lets through meet this fault. Switches thrown earlier act first. */
  next(count: number, kind: FaultKind, filter?: FaultFilter): void;
  /** Added to every answer, in milliseconds. */
  latency: number;
  /** How late a `slow` answer is, in milliseconds. */
  slowBy: number;
  /** Share of requests (0 to 1) answered 503 before they have any effect. */
  rate: number;
  /** Every switch off. */
  clear(): void;
  /** The fault that this request meets, which uses it up. */
  take(method: string, path: string): Fault | undefined;
}

/** Fault switches; `random` decides who meets the error rate. */
export function makeFaults(random: () => number): Faults {
  let planned: { left: number; kind: FaultKind; filter: FaultFilter }[] = [];
  const faults: Faults = {
    latency: 0,
    slowBy: 6_000,
    rate: 0,
    next(count, kind, filter = {}) {
      planned.push({ left: count, kind, filter });
    },
    clear() {
      planned = [];
      Object.assign(faults, { latency: 0, rate: 0 });
    },
    take(method, path) {
      const hit = planned.find(({ filter }) => (!filter.method || filter.method === method) && (!filter.path || filter.path.test(path)));
      if (hit) {
        hit.left -= 1;
        planned = planned.filter((plan) => plan.left > 0);
        return { kind: hit.kind, ...(hit.filter.retryAfter === undefined ? {} : { retryAfter: hit.filter.retryAfter }) };
      }
      return faults.rate > 0 && random() < faults.rate ? { kind: 503 } : undefined;
    },
  };
  return faults;
}
