import { computed, signal } from '../signal.ts';
import type { ConnectBeginBody, ConnectSession, ConnectSessionAnswer, SiteView } from '@tandem/shared/api';
import { asApiError, path, type Api } from '../api.ts';
import { IMPLEMENTATION, type Connection, type StartConnect } from '../connect/flow.ts';
import type { Phase } from '../connect/machine.ts';
import type { Outside } from '../connect/outside.ts';
import { consentAt, WAITING, watchFor, type SignIn, type SignInState } from './sign-in.ts';

/** What a page has for signing in through Munity: its one place that begins connections, and its clock. */
export interface MunityParts {
  readonly start: StartConnect;
  readonly outside: Pick<Outside, 'now' | 'after'>;
}

/** A session is prepared anew so long before it ends; never more often than that, whatever this computer’s clock says. */
const MARGIN_MS = 60_000;
/** Whoever is still in a window of an earlier life of this page, or was too slow for this one, comes back within this time, or not at all. */
const LATE_MS = 15 * 60_000;
const POLL_MS = 5000;
/** Once access is granted the account is there in a moment; after a minute something is wrong with the way that the word of it takes. */
const SOON_MS = 1000;
const HEARD_MS = 60_000;

const UNHEARD = 'Access is granted, but Munity did not tell Tandem. Whoever hosts it should check the webhook’s address at Munity. Then try again.';
const GRANTED = ['granted', 'Access is granted. Tandem is about to hear of it…'] as const;
/** What each phase is to the page, and what is said of it. */
const SHOWN: Readonly<Record<Exclude<Phase, 'failed'>, readonly [SignInState, string]>> = {
  opening: ['waiting', ''],
  waiting: ['waiting', WAITING],
  closed: ['waiting', 'Finish in the other window, if it is still open.'],
  blocked: ['blocked', ''],
  ready: GRANTED,
  imported: GRANTED,
};

/**
 * Signing in through Munity: prepared before the click, because the window must open within it, and kept fresh. Access is granted when Munity or our BFF says so; it is done when the account is among one's own.
 * An account that comes by itself counts as well: the page may have been loaded anew meanwhile, or the person been slow; a frame cannot rely on remembering what it began.
 */
export function createMunitySignIn(api: Pick<Api, 'me' | 'call'>, site: SiteView, connector: string, onDone: (site: SiteView) => void, { start, outside }: MunityParts): SignIn {
  const session = signal<ConnectSession | undefined>(undefined);
  const refusal = signal('');
  const connection = signal<Connection | undefined>(undefined);
  let over = false;
  let stopRenewing = (): void => {};
  let stopWatching = (): void => {};

  async function prepare(): Promise<void> {
    stopRenewing();
    refusal.value = '';
    try {
      const body: ConnectBeginBody = { connector, renew: site.account !== undefined, by: IMPLEMENTATION };
      const fresh = await api.call<ConnectSession>('/munity/sessions', { method: 'POST', body });
      if (over) return;
      session.value = fresh;
      stopRenewing();
      stopRenewing = outside.after(Math.max(MARGIN_MS, Date.parse(fresh.expiresAt) - outside.now() - MARGIN_MS), () => void prepare());
    } catch (error) {
      session.value = undefined;
      refusal.value = asApiError(error).message;
    }
  }

  function begin({ secret, munity }: ConnectSession): void {
    stopRenewing();
    session.value = undefined;
    const begun = start({ connector, secret, munity, ask: (id, signal) => api.call<ConnectSessionAnswer>(path('munity', 'sessions', id), { signal }), offersLink: true });
    connection.value = begun;
    begun.promise.then(
      () => connection.peek() === begun && follow(SOON_MS, unheard)(),
      () => connection.peek() === begun && again(),
    );
  }

  function again(): void {
    void prepare();
    follow(POLL_MS);
  }

  /** It may still come, so it is looked for, but nobody need wait for it. */
  function unheard(): void {
    leave();
    refusal.value = UNHEARD;
    follow(POLL_MS)();
  }

  /** Looks for the account until it is there, or for so long. Answers what to call when it has been granted. */
  function follow(every: number, given?: () => void): () => void {
    stopWatching();
    const { tell, stop } = watchFor(
      api,
      consentAt('', site),
      (reached) => {
        dispose();
        onDone(reached);
      },
      every,
    );
    const forget = outside.after(given ? HEARD_MS : LATE_MS, given ?? stop);
    stopWatching = () => {
      forget();
      stop();
    };
    return tell;
  }

  function leave(): void {
    const begun = connection.peek();
    connection.value = undefined;
    begun?.abort();
  }

  function dispose(): void {
    over = true;
    stopRenewing();
    stopWatching();
    leave();
  }

  again();

  const shown = computed((): readonly [SignInState, string] => {
    const flow = connection.value?.flow.value;
    if (flow && flow.phase !== 'failed') return SHOWN[flow.phase];
    return [refusal.value ? 'refused' : session.value ? 'idle' : 'preparing', refusal.value || (flow?.error?.message ?? '')];
  });

  return {
    state: computed(() => shown.value[0]),
    says: computed(() => shown.value[1]),
    get url() {
      return connection.peek()?.address ?? '';
    },
    open: () => {
      const [begun, prepared] = [connection.peek(), session.peek()];
      if (begun && begun.flow.peek().phase !== 'failed') begun.reopen();
      else if (prepared) begin(prepared);
      else void prepare();
    },
    opened: () => connection.peek()?.opened(),
    cancel: () => {
      leave();
      again();
    },
    dispose,
  };
}
