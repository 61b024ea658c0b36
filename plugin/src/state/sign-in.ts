import { signal, type ReadonlySignal } from '@preact/signals';
import type { MeAnswer, SignedInMessage } from '@tandem/shared/api';
import type { Api } from '../api.ts';

/** `waiting` for the popup; `blocked`: the browser did not open one; `expired`: nobody finished it in time. */
export type SignInState = 'idle' | 'waiting' | 'blocked' | 'expired';

/** The sign-in with Miro in a window of its own. */
export interface SignIn {
  readonly state: ReadonlySignal<SignInState>;
  /** Must be called within a click: browsers open windows only then. */
  open(): void;
  /** The person opened the window by a link instead. */
  opened(): void;
  cancel(): void;
}

/** The page that signs in and then tells this window. */
export const SIGN_IN_URL = '/auth/miro';

const POLL_MS = 2000;
/** Miro's authorization codes live ten minutes; nobody comes back later. */
const PATIENCE_MS = 10 * 60_000;

/** Opens the popup and waits for its message; asks the BFF as well, because a browser may cut the popup off from its opener. */
export function createSignIn(api: Api, onDone: () => void): SignIn {
  const state = signal<SignInState>('idle');
  let stop = (): void => {};

  function wait(): void {
    stop();
    const over = new AbortController();
    const timers = [setInterval(() => void poll(), POLL_MS), setTimeout(() => end('expired'), PATIENCE_MS)];
    stop = () => {
      over.abort();
      timers.forEach(clearTimeout);
      removeEventListener('message', handleMessage);
    };
    function end(next: SignInState): void {
      stop();
      state.value = next;
    }
    function done(): void {
      end('idle');
      onDone();
    }
    function handleMessage(event: MessageEvent<Partial<SignedInMessage> | undefined>): void {
      if (event.origin === location.origin && event.data?.type === 'tandem:signed-in') done();
    }
    async function poll(): Promise<void> {
      const me = await api.me(over.signal).catch((): MeAnswer | undefined => undefined);
      if (me?.miro === 'active' && !over.signal.aborted) done();
    }
    addEventListener('message', handleMessage);
  }

  return {
    state,
    open: () => {
      const popup = window.open(SIGN_IN_URL, 'tandem-sign-in', 'popup,width=560,height=760');
      state.value = popup ? 'waiting' : 'blocked';
      wait();
    },
    opened: () => {
      state.value = 'waiting';
      wait();
    },
    cancel: () => {
      stop();
      state.value = 'idle';
    },
  };
}
