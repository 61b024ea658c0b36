import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** What a thread of ours can be asked: each function by its name, with arguments and an answer that can be copied. */
export type Api = Record<string, (...args: never[]) => unknown>;

/** A thread, as the others see it. */
export type Thread<A extends Api> = { readonly [K in keyof A]: (...args: Parameters<A[K]>) => Promise<Awaited<ReturnType<A[K]>>> } & { end(): Promise<void> };

interface Question {
  readonly n: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

interface Reply {
  readonly n: number;
  readonly answer?: unknown;
  readonly error?: string;
}

/** Starts this program once more, in a thread of its own with its own event loop, for one of its parts: what measures must not wait for what is measured. */
export function startThread<A extends Api>(part: string, data: object): Thread<A> {
  const worker = new Worker(process.argv[1] ?? '', { workerData: { part, ...data } });
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  let asked = 0;
  worker.on('message', ({ n, answer, error }: Reply) => {
    const caller = waiting.get(n);
    waiting.delete(n);
    if (error === undefined) caller?.resolve(answer);
    else caller?.reject(new Error(error));
  });
  worker.on('error', (error) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  });
  const ask = (name: string, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.set((asked += 1), { resolve, reject });
      worker.postMessage({ n: asked, name, args } satisfies Question, []);
    });
  return new Proxy({} as Thread<A>, {
    get: (_, name) => (name === 'then' ? undefined : name === 'end' ? async () => void (await worker.terminate()) : (...args: unknown[]) => ask(String(name), args)),
  });
}

/** Answers what is asked of this thread. */
export function serve(api: Api): void {
  parentPort?.on('message', ({ n, name, args }: Question) => {
    void (async () => {
      try {
        const answer: unknown = await api[name]?.(...(args as never[]));
        parentPort?.postMessage({ n, answer } satisfies Reply, []);
      } catch (error) {
        parentPort?.postMessage({ n, error: error instanceof Error ? (error.stack ?? error.message) : String(error) } satisfies Reply, []);
      }
    })();
  });
}

/** Which part of the program this thread is, and what it was given; `undefined` in the main thread. */
export function partOfThread(): { readonly part: string } | undefined {
  return isMainThread ? undefined : (workerData as { part: string });
}

/** Milliseconds, with fractions, by a clock that all threads and processes of this machine share and nobody sets. */
export function clock(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
