import type { SessionAnswer } from '@tandem/shared/api';
import { ApiError, failure, unreachable } from './api.ts';

/** The session that a sign-in with Miro left in this browser, for a page of our own outside Miro. */
export interface WebSession {
  /** A token of the API for whoever is signed in; rejects with `unauthenticated` when nobody is. */
  bearer(): Promise<SessionAnswer>;
  /** Signs out. */
  close(): Promise<void>;
}

/** The one who asks for a token while another asks gets the same. */
export function createWebSession(outside: { readonly fetch: typeof fetch; readonly online: () => boolean }): WebSession {
  let asking: Promise<SessionAnswer> | undefined;

  async function send(method: 'POST' | 'DELETE'): Promise<string> {
    const response = await outside.fetch('/auth/session', { method, credentials: 'same-origin' }).catch((cause: unknown) => Promise.reject(unreachable(cause, outside.online())));
    const text = await response.text();
    if (response.status === 401) throw new ApiError('unauthenticated', 'Nobody is signed in here. Sign in with Miro.');
    if (!response.ok) throw failure(response.status, text);
    return text;
  }

  return {
    bearer: () =>
      (asking ??= send('POST')
        .then((text) => JSON.parse(text) as SessionAnswer)
        .finally(() => {
          asking = undefined;
        })),
    close: async () => {
      await send('DELETE');
    },
  };
}
