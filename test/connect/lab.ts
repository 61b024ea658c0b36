import { configureConnect, connect, listenMunityEvent, type MunityConfig } from '@tandem/plugin/connect/connect';
import { createStartConnect, type ConnectOptions, type Connection } from '@tandem/plugin/connect/flow';
import { BROWSER } from '@tandem/plugin/connect/outside';

/** How a call of `connect` went. */
export interface LabCall {
  readonly events: unknown[];
  result?: unknown;
  error?: { name: string; code: string; message: string; retryable: boolean; typed: boolean };
}

/** What a test reads and calls in the page. */
export interface Lab {
  readonly calls: LabCall[];
  /** the arguments of the next click */
  next: { connector: string; secret: string; config: MunityConfig; callback?: (event: unknown) => void };
  readonly start: (options: ConnectOptions) => Connection;
  readonly connect: typeof connect;
  readonly listenMunityEvent: typeof listenMunityEvent;
  readonly configureConnect: typeof configureConnect;
}

// What is in the address is not waited for.
const unasked = location.hash ? (JSON.parse(decodeURIComponent(location.hash.slice(1))) as Partial<Lab['next']>) : undefined;
const lab: Lab = { calls: [], next: { connector: 'jira', secret: '', config: {}, ...unasked }, start: createStartConnect(BROWSER), connect, listenMunityEvent, configureConnect };
Object.assign(window, { lab });

const button = document.querySelector('button');
button?.addEventListener('click', () => {
  const { connector, secret, config, callback } = lab.next;
  const call: LabCall = { events: [] };
  lab.calls.push(call);
  connect(
    connector,
    secret,
    (event) => {
      call.events.push(event);
      callback?.(event);
    },
    config,
  ).then(
    (result) => (call.result = result),
    (error: Error & { code: string; retryable: boolean }) => (call.error = { name: error.name, code: error.code, message: error.message, retryable: error.retryable, typed: error instanceof Error }),
  );
});
if (unasked) button?.click();
