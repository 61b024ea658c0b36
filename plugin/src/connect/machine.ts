import type { ConnectState } from '@tandem/shared/api';
import { MunityConnectError, type ConnectErrorCode } from './error.ts';
import type { MunityEventType } from './events.ts';

/**
 * Where a connection is: `opening` its window; `waiting` for the customer there; `closed`: the window seems to be closed, which a page may also merely make it look like; `blocked`: the browser let none open;
 * `ready`: access is granted; `imported`: the items are here too; `failed`.
 */
export type Phase = 'opening' | 'waiting' | 'closed' | 'blocked' | 'ready' | 'imported' | 'failed';

/** A connection under way. */
export interface Flow {
  readonly phase: Phase;
  /** our own server can be asked, so that no other channel is needed */
  readonly asks: boolean;
  /** the page offers a link when no window opens; else that is an error at once */
  readonly offersLink: boolean;
  readonly error?: MunityConnectError;
}

/** Whatever can happen to it. */
export type Happening =
  /** a window is open, once more perhaps */
  | { readonly kind: 'opened' }
  | { readonly kind: 'blocked' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'event'; readonly type: MunityEventType; readonly message: unknown }
  /** what our own server answers */
  | { readonly kind: 'session'; readonly state: ConnectState; readonly reason?: string }
  /** the event stream cannot be had any more */
  | { readonly kind: 'lost'; readonly cause?: unknown }
  /** somebody stopped it, or the window has seemed closed for long enough to believe it; or it ends for the reason `code` */
  | { readonly kind: 'stopped'; readonly code?: ConnectErrorCode; readonly cause?: unknown };

/** Whether the promise has been kept. */
export function isGranted({ phase }: Flow): boolean {
  return phase === 'ready' || phase === 'imported';
}

/** The next state. Access once granted is never taken back, and what failed stays failed. */
export function advance(flow: Flow, what: Happening): Flow {
  if (flow.phase === 'failed') return flow;
  const granted = isGranted(flow);
  const go = (phase: Phase): Flow => ({ ...flow, phase });
  const fail = (error: MunityConnectError): Flow => (granted ? flow : { ...flow, phase: 'failed', error });
  switch (what.kind) {
    case 'event':
      if (what.type === 'error') return fail(new MunityConnectError('remote_error', what.message));
      if (what.type === 'IMPORT_DONE') return go('imported');
      return granted ? flow : go('ready');
    case 'session':
      if (what.state === 'failed') return fail(new MunityConnectError('remote_error', what.reason));
      if (what.state === 'expired') return fail(new MunityConnectError('timeout'));
      if (what.state === 'imported') return go('imported');
      return granted || what.state === 'waiting' ? flow : go('ready');
    case 'lost':
      return flow.asks ? flow : fail(new MunityConnectError('channel_lost', what.cause));
    case 'stopped':
      return fail(new MunityConnectError(flow.phase === 'blocked' ? 'popup_blocked' : (what.code ?? (flow.phase === 'closed' ? 'popup_closed' : 'aborted')), what.cause));
    case 'opened':
      return granted ? flow : go('waiting');
    case 'closed':
      return flow.phase === 'waiting' ? go('closed') : flow;
    case 'blocked':
      return granted ? flow : flow.offersLink ? go('blocked') : fail(new MunityConnectError('popup_blocked'));
  }
}
