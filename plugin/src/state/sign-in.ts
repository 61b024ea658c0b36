import { signal, type ReadonlySignal } from '../signal.ts';
import type { MeAnswer, SignedInMessage, SiteView } from '@tandem/shared/api';
import type { Api } from '../api.ts';
import { listen } from '../ui/listen.ts';

/**
 * `preparing`: not yet to be begun; `refused`: it could not be prepared; `waiting` for the window; `blocked`: the browser did not open one;
 * `granted`: it is done, and Tandem is about to hear of it.
 */
export type SignInState = 'preparing' | 'refused' | 'idle' | 'waiting' | 'blocked' | 'granted';

/** A sign-in in a window of its own. */
export interface SignIn {
  readonly state: ReadonlySignal<SignInState>;
  /** what is waited for, or why nothing came of it, in a sentence; empty where there is nothing to say */
  readonly says: ReadonlySignal<string>;
  /** the page that signs in and then tells this window */
  readonly url: string;
  /** Must be called within a click: browsers open windows only then. */
  open(): void;
  /** The person opened the window by a link instead. */
  opened(): void;
  cancel(): void;
  /** The page goes on without it. */
  dispose(): void;
}

/** Where to sign in, and how it shows in who the caller is that it has been done. `told`: the window said so. */
export interface Goal<T> {
  readonly url: string;
  reached(me: MeAnswer, told: boolean): T | undefined;
}

/** What a page says while the person is in the other window. */
export const WAITING = 'Waiting for the sign-in window…';

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

/** Asks the BFF again and again whether the goal is reached, and at once when told so. */
export function watchFor<T>(api: Pick<Api, 'me'>, goal: Pick<Goal<T>, 'reached'>, onReached: (reached: T) => void, every = POLL_MS): { tell(): void; stop(): void } {
  const over = new AbortController();
  let told = false;
  const poll = async (): Promise<void> => {
    const me = await api.me(over.signal).catch((): MeAnswer | undefined => undefined);
    const reached = me && goal.reached(me, told);
    if (!reached || over.signal.aborted) return;
    stop();
    onReached(reached);
  };
  const timer = setInterval(() => void poll(), every);
  function stop(): void {
    over.abort();
    clearInterval(timer);
  }
  return {
    tell: () => {
      told = true;
      void poll();
    },
    stop,
  };
}

/** Opens the window and waits for its message; asks the BFF as well, because a browser may cut the window off from its opener. */
export function createSignIn<T>(api: Pick<Api, 'me'>, goal: Goal<T>, onDone: (reached: T) => void): SignIn {
  const state = signal<SignInState>('idle');
  const says = signal('');
  let stop = (): void => {};

  function wait(next: SignInState): void {
    end(next, WAITING);
    const watch = watchFor(api, goal, (reached) => {
      end();
      onDone(reached);
    });
    const timer = setTimeout(() => end('idle', 'Nobody finished in time. Try again.'), PATIENCE_MS);
    const ignore = listen(['message'], ({ origin, data }: MessageEvent<Partial<SignedInMessage> | undefined>) => {
      if (origin === location.origin && data?.type === 'tandem:signed-in') watch.tell();
    });
    stop = () => {
      watch.stop();
      clearTimeout(timer);
      ignore();
    };
  }

  function end(next: SignInState = 'idle', sentence = ''): void {
    stop();
    state.value = next;
    says.value = next === 'blocked' ? '' : sentence;
  }

  return {
    state,
    says,
    url: goal.url,
    open: () => wait(window.open(goal.url, 'tandem-sign-in', 'popup,width=560,height=760') ? 'waiting' : 'blocked'),
    opened: () => wait('waiting'),
    cancel: () => end(),
    dispose: () => end(),
  };
}
