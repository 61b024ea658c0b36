import { signal, type ReadonlySignal } from '../signal.ts';
import type { ConnectImplementation, ConnectSessionAnswer, MunityAddresses } from '@tandem/shared/api';
import { sdk } from 'virtual:munity-sdk';
import { fill } from './addresses.ts';
import type { MunityConnectError, ConnectErrorCode } from './error.ts';
import { munityEvent, type MunityEvent, type MunityEventType } from './events.ts';
import { advance, isGranted, type Flow, type Happening } from './machine.ts';
import { openNative } from './native.ts';
import type { Outside } from './outside.ts';
import * as PATIENCE from './patience.ts';
import { openSdk } from './sdk.ts';
import { readSecret } from './secret.ts';
import type { Task, Way } from './task.ts';

/** What is to be connected, and how to hear of it. */
export interface ConnectOptions {
  readonly connector: string;
  readonly secret: string;
  readonly munity: MunityAddresses;
  /** What Munity told, in the words of its documents. */
  readonly onEvent?: ((event: MunityEvent) => void) | undefined;
  /** Asks our own server how far the session is that the secret names: the one channel that nothing in the browser can cut. */
  readonly ask?: ((session: string, signal: AbortSignal) => Promise<ConnectSessionAnswer>) | undefined;
  /** The page offers a link when no window opens; else that is an error at once. */
  readonly offersLink?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Whose code speaks to Munity in these pages: its own package, where that was installed when they were built, or ours. */
export const IMPLEMENTATION: ConnectImplementation = sdk ? 'sdk' : 'native';

/** A connection under way. */
export interface Connection {
  readonly connector: string;
  /** `true` once access is granted; rejects with a {@link MunityConnectError}. Nobody has to handle it: `flow` says the same. */
  readonly promise: Promise<true>;
  readonly flow: ReadonlySignal<Flow>;
  /** whose code speaks to Munity, for whoever looks into a trouble */
  readonly implementation: ConnectImplementation;
  /** the page that signs in, for a link */
  readonly address: string;
  /** Opens the window again; within a click only. */
  reopen(): void;
  /** The person opened it by the link. */
  opened(): void;
  abort(cause?: unknown): void;
}

/**
 * Begins a connection. Must be called within a click, with nothing awaited before, because browsers open windows only then.
 * One runs at a time: who asks for the same connector at the same addresses again gets the one that runs, its window brought to the front, and hears of it too.
 */
export type StartConnect = (options: ConnectOptions) => Connection;

/** One that others who ask for the same can have as well. */
interface Joinable {
  /** Brings its window to the front, and tells `onEvent` of these options as well from now on. Answers whether it is what they ask for: the same connector, at the same addresses. */
  join(options: ConnectOptions): boolean;
}

/** A page's connections. */
export function createStartConnect(outside: Outside): StartConnect {
  let running: (Connection & Joinable) | undefined;
  return (options) => {
    if (running?.join(options)) return running;
    const fault = faultOf(options, outside.now()) ?? (running && 'in_progress');
    const connection = create(options, outside, () => {
      if (running === connection) running = undefined;
    });
    if (!fault) running = connection;
    connection.start(fault);
    return connection;
  };
}

/** What is wrong with the question, so that no window need open to find out. */
function faultOf({ connector, secret, munity, signal: stopped }: ConnectOptions, now: number): ConnectErrorCode | undefined {
  const claims = readSecret(secret);
  if (!claims || !/^[a-z0-9][a-z0-9_-]*$/i.test(connector) || !URL.canParse(munity.sse, munity.api)) return 'invalid_argument';
  if (claims.ends !== undefined && claims.ends <= now) return 'secret_expired';
  return stopped?.aborted ? 'aborted' : undefined;
}

function create(options: ConnectOptions, outside: Outside, onSettled: () => void): Connection & Joinable & { start(fault: ConnectErrorCode | undefined): void } {
  const { connector, secret, munity, ask, offersLink = false } = options;
  const hearers = new Set([options.onEvent]);
  const session = readSecret(secret)?.state;
  const parts = { connector, secret, uuid: outside.uuid() };
  const flow = signal<Flow>({ phase: 'opening', asks: Boolean(ask && session), offersLink });
  const over = new AbortController();
  const undo = new Set<() => void>();
  let keep: (granted: true) => void = () => {};
  let refuse: (error: MunityConnectError) => void = () => {};
  const promise = new Promise<true>((resolve, reject) => {
    keep = resolve;
    refuse = reject;
  });
  promise.catch(() => undefined);
  let stopGrace = (): void => {};

  const task: Task = {
    ...parts,
    munity,
    outside,
    address: fill(munity.connect, munity, parts),
    events: fill(munity.events, munity, parts),
    happen,
    after(ms, what) {
      const cancel = outside.after(ms, () => {
        undo.delete(cancel);
        what();
      });
      undo.add(cancel);
      return cancel;
    },
    finally: (stop) => void undo.add(stop),
    isWaiting: () => !over.signal.aborted && !isGranted(flow.peek()),
  };
  const own = openNative(task);
  const way: Way = sdk ? openSdk(task, sdk.connect, own) : own;

  function tell(type: MunityEventType, message: unknown): void {
    for (const hear of hearers) {
      try {
        hear?.(munityEvent(type, message));
      } catch (error) {
        outside.report(error);
      }
    }
  }

  function join(other: ConnectOptions): boolean {
    if (other.connector !== connector || JSON.stringify(other.munity) !== JSON.stringify(munity)) return false;
    hearers.add(other.onEvent);
    way.focus();
    return true;
  }

  function happen(what: Happening): void {
    if (over.signal.aborted) return;
    const before = flow.peek();
    const now = advance(before, what);
    const { type, message } = what.kind === 'event' ? what : {};
    // What goes wrong after access was granted is told, but takes nothing back.
    if (type === 'error' && isGranted(now)) tell(type, message);
    if (now === before) return;
    flow.value = now;
    stopGrace();
    if (now.phase === 'closed') {
      stopGrace = task.after(PATIENCE.closed, () => happen({ kind: 'stopped' }));
      void question();
    }
    if (isGranted(now) && !isGranted(before)) {
      keep(true);
      onSettled();
      task.after(PATIENCE.close, way.close);
      task.after(PATIENCE.imported, dispose);
      tell('READY', message);
    }
    if (now.phase === 'imported' && before.phase !== 'imported') {
      tell('IMPORT_DONE', message);
      task.after(PATIENCE.close, dispose);
    }
    if (now.error) fail(now.error);
  }

  function fail(error: MunityConnectError): void {
    refuse(error);
    const remote = error.code === 'remote_error';
    // What Munity's own page says of it may be worth reading.
    dispose(!remote);
    if (remote) tell('error', error.cause);
  }

  function dispose(closing = true): void {
    over.abort();
    undo.forEach((stop) => stop());
    if (closing) way.close();
    onSettled();
  }

  async function question(): Promise<void> {
    if (!ask || !session) return;
    const asked = new AbortController();
    const end = (): void => asked.abort();
    undo.add(end);
    try {
      // A host's page may not heed the signal.
      happen({ kind: 'session', ...(await Promise.race([ask(session, asked.signal), new Promise<never>((_, miss) => task.after(PATIENCE.answer, miss))])) });
    } catch {
      // The next question may be answered; if none ever is, the other channels or the time-out decide.
    }
    end();
  }

  function keepAsking(since: number): void {
    task.after(outside.now() - since < PATIENCE.eager ? PATIENCE.askEagerly : PATIENCE.ask, () => void question().then(() => over.signal.aborted || keepAsking(since)));
  }

  function abort(cause?: unknown): void {
    happen({ kind: 'stopped', cause });
    dispose();
  }

  function start(fault: ConnectErrorCode | undefined): void {
    if (fault) return happen({ kind: 'stopped', code: fault });
    options.signal?.addEventListener('abort', () => abort(options.signal?.reason), { signal: over.signal });
    try {
      way.open();
    } catch (cause) {
      happen({ kind: 'event', type: 'error', message: cause });
      way.close();
    }
    if (over.signal.aborted) return;
    keepAsking(outside.now());
    task.after(PATIENCE.all, () => happen({ kind: 'stopped', code: 'timeout' }));
  }

  return { connector, promise, flow, implementation: IMPLEMENTATION, address: task.address, start, join, abort, reopen: way.reopen, opened: () => happen({ kind: 'opened' }) };
}
