import type { MunityAddresses } from '@tandem/shared/api';
import { fill, MUNITY } from './addresses.ts';
import { munityEvent, type MunityEvent } from './events.ts';
import { createStartConnect, type ConnectOptions } from './flow.ts';
import { BROWSER, type Outside } from './outside.ts';
import { listenTo } from './stream.ts';

/** Gets each event. One that throws breaks nothing: its error is reported like any that nobody caught. */
export type MunityCallback = (event: MunityEvent) => void;

/** `api_url` and `sse_url`: other hosts, for this one call. Nothing else is known. */
export type MunityConfig = { [key: string]: string };

/** The functions of Munity's frontend package. */
export interface MunityConnect {
  /**
   * Lets a customer grant access to their tool, in a window that opens at once: to be called within a click, with nothing awaited before.
   * Resolves only `true`, when the integration is ready; rejects with a `MunityConnectError`, at once when no window opens. One runs at a time: the same again, at the same hosts, ends as the one that runs, and both callbacks are told; anything else is refused as `in_progress`. `IMPORT_DONE` comes after that, by the callback alone.
   * https://doc.munityapps.com (How to use on frontend)
   */
  connect(connector: string, secret: string, callback?: MunityCallback | null, config?: MunityConfig): Promise<boolean>;
  /**
   * Listens to the events of a connection by its uuid; answers how to stop. When they cannot be had any more, the last one is an `error`.
   * Our own also where Munity's package is installed: the package's gives up at the first drop and cannot be stopped.
   */
  listenMunityEvent(uuid: string, callback: MunityCallback, config?: MunityConfig): () => void;
}

/** What a page knows that the documented parameters have no place for. */
export type MunitySettings = Partial<Pick<ConnectOptions, 'munity' | 'ask'>>;

/** Munity's functions over this browser. */
export function createConnect(outside: Outside, settings: () => MunitySettings): MunityConnect {
  const start = createStartConnect(outside);
  const addresses = ({ api_url: api, sse_url: sse }: MunityConfig): MunityAddresses => {
    const { munity = MUNITY } = settings();
    return { ...munity, api: api ?? munity.api, sse: sse ?? munity.sse };
  };
  return {
    connect: async (connector, secret, callback, config = {}) => start({ connector, secret, munity: addresses(config), onEvent: callback ?? undefined, ask: settings().ask }).promise,
    listenMunityEvent(uuid, callback, config = {}) {
      const munity = addresses(config);
      const onEvent = (event: MunityEvent): void => {
        try {
          callback(event);
        } catch (error) {
          outside.report(error);
        }
      };
      const handleLost = (): void => onEvent(munityEvent('error', 'The event stream was lost.'));
      return listenTo(fill(munity.events, munity, { uuid }), outside, { onOpen: () => undefined, onEvent, onLost: handleLost });
    },
  };
}

let current: MunitySettings = {};

/** Tells Munity's functions what this page knows besides: its own server to ask, other addresses. */
export function configureConnect(settings: MunitySettings): void {
  current = settings;
}

export const { connect, listenMunityEvent } = createConnect(BROWSER, () => current);
