import { signal, type ReadonlySignal } from '@preact/signals';
import type { MeAnswer, SignedInMessage, SiteView } from '@tandem/shared/api';
import type { Api } from '../api.ts';

/** `waiting` for the window; `blocked`: the browser did not open one; `expired`: nobody finished it in time. */
export type SignInState = 'idle' | 'waiting' | 'blocked' | 'expired';

/** A sign-in in a window of its own. */
export interface SignIn {
  readonly state: ReadonlySignal<SignInState>;
  /** the page that signs in and then tells this window */
  readonly url: string;
  /** Must be called within a click: browsers open windows only then. */
  open(): void;
  /** The person opened the window by a link instead. */
  opened(): void;
  cancel(): void;
}

/** Where to sign in, and how it shows in who the caller is that it has been done. `told`: the window said so. */
export interface Goal<T> {
  readonly url: string;
  reached(me: MeAnswer, told: boolean): T | undefined;
}

const POLL_MS = 2000;
/** Authorization codes live ten minutes; nobody comes back later. */
const PATIENCE_MS = 10 * 60_000;

/** Signing in with Miro itself. */
export const MIRO: Goal<true> = { url: '/auth/miro', reached: (me) => me.miro === 'active' || undefined };

/** Signing in at a site by consent. Without word from the window, an account that worked before must have become another: it is renewed in the same way. */
export function consentAt(url: string, { tool, site: id, account: before }: SiteView): Goal<SiteView> {
  return {
    url,
    reached: (me, told) => {
      const site = me.sites.find((one) => one.tool === tool && one.site === id);
      return site?.account?.state === 'active' && (told || JSON.stringify(site.account) !== JSON.stringify(before)) ? site : undefined;
    },
  };
}

/** Opens the window and waits for its message; asks the BFF as well, because a browser may cut the window off from its opener. */
export function createSignIn<T>(api: Pick<Api, 'me'>, goal: Goal<T>, onDone: (reached: T) => void): SignIn {
  const state = signal<SignInState>('idle');
  let stop = (): void => {};

  function wait(): void {
    stop();
    let told = false;
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
    function handleMessage(event: MessageEvent<Partial<SignedInMessage> | undefined>): void {
      if (event.origin !== location.origin || event.data?.type !== 'tandem:signed-in') return;
      told = true;
      void poll();
    }
    async function poll(): Promise<void> {
      const me = await api.me(over.signal).catch((): MeAnswer | undefined => undefined);
      const reached = me && goal.reached(me, told);
      if (!reached || over.signal.aborted) return;
      end('idle');
      onDone(reached);
    }
    addEventListener('message', handleMessage);
  }

  return {
    state,
    url: goal.url,
    open: () => {
      const popup = window.open(goal.url, 'tandem-sign-in', 'popup,width=560,height=760');
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
