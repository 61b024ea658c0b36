/** Timers, passed in: with a clock of its own, a test decides when they end. */
export interface Timers {
  /** Calls `work` once after so many milliseconds; what this answers calls it off. */
  after(ms: number, work: () => void): () => void;
  /** Calls `work` again and again that far apart, and keeps no process alive for it; what this answers ends it. */
  every(ms: number, work: () => void): () => void;
}

/** Those of the process. */
export const timers: Timers = {
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
  every(ms, work) {
    const timer = setInterval(work, ms).unref();
    return () => clearInterval(timer);
  },
};

/** Resolves after so many milliseconds. */
export function pause(ms: number, { after }: Pick<Timers, 'after'> = timers): Promise<void> {
  return new Promise((resolve) => void after(ms, resolve));
}
