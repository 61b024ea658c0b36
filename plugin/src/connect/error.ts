/** Why a connection did not come about. */
export type ConnectErrorCode = 'invalid_argument' | 'in_progress' | 'popup_blocked' | 'popup_closed' | 'timeout' | 'aborted' | 'secret_expired' | 'channel_lost' | 'remote_error';

/** Each as a sentence for people. */
const SENTENCES: Readonly<Record<ConnectErrorCode, string>> = {
  invalid_argument: 'The connector or the secret is invalid.',
  in_progress: 'Finish what is being connected first.',
  popup_blocked: 'Your browser blocked the window. Allow pop-ups, then try again.',
  popup_closed: 'The window was closed before access was granted. Try again.',
  timeout: 'Nobody finished in time. Try again.',
  aborted: 'You stopped before access was granted.',
  secret_expired: 'This page was open for too long. Try again.',
  channel_lost: 'The other window is out of reach. Load this page again.',
  remote_error: 'Access was not granted. Try again.',
};

/** A connection that did not come about. `retryable`: another click may help. */
export class MunityConnectError extends Error {
  override readonly name = 'MunityConnectError';
  readonly code: ConnectErrorCode;
  readonly retryable: boolean;

  constructor(code: ConnectErrorCode, cause?: unknown) {
    super(code === 'remote_error' && typeof cause === 'string' && cause ? cause : SENTENCES[code], { cause });
    this.code = code;
    this.retryable = code !== 'invalid_argument' && code !== 'in_progress';
  }
}
