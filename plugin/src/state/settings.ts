import { batch, signal, type ReadonlySignal, type Signal } from '../signal.ts';
import type { MeAnswer, PairsAnswer, TeamAnswer } from '@tandem/shared/api';
import { asApiError, type ApiError } from '../api.ts';
import type { SettingsApi } from '../settings-api.ts';
import type { WebSession } from '../web-session.ts';
import { LOADING, type Load } from './load.ts';

/** The settings page: who is signed in, their accounts, what they keep in step, and their team's. */
export interface Settings {
  readonly api: SettingsApi;
  /** nobody is signed in in this browser, or no longer */
  readonly out: ReadonlySignal<boolean>;
  readonly me: ReadonlySignal<Load<MeAnswer>>;
  readonly team: ReadonlySignal<Load<TeamAnswer>>;
  readonly pairs: ReadonlySignal<Load<PairsAnswer>>;
  /** what the last disconnecting could not undo elsewhere, in sentences, until it was read */
  readonly left: Signal<readonly string[]>;
  /** signing out failed */
  readonly trouble: ReadonlySignal<ApiError | undefined>;
  /** Asks for everything again, keeping what is shown meanwhile. */
  refresh(): Promise<void>;
  /** Asks for the pairs again, and some more times after that: what was asked of one is done a moment later. */
  follow(): Promise<void>;
  signOut(): Promise<void>;
}

/** Tandem answers before it has read and written both sides of a pair; where the tools are quick, that takes a second. */
const LOOKS_MS = [1000, 2000, 4000, 8000] as const;

/** The model of the settings page. */
export function createSettings(api: SettingsApi, session: WebSession, wait: (ms: number) => Promise<void>): Settings {
  const out = signal(false);
  const me = signal<Load<MeAnswer>>(LOADING);
  const team = signal<Load<TeamAnswer>>(LOADING);
  const pairs = signal<Load<PairsAnswer>>(LOADING);
  const left = signal<readonly string[]>([]);
  const trouble = signal<ApiError | undefined>(undefined);
  let followed = 0;

  async function load<T>(into: Signal<Load<T>>, ask: () => Promise<T>): Promise<void> {
    if (into.value.state === 'error') into.value = LOADING;
    try {
      into.value = { state: 'ready', value: await ask() };
    } catch (thrown) {
      const error = asApiError(thrown);
      if (error.code === 'unauthenticated') leave();
      else into.value = { state: 'error', error };
    }
  }

  function leave(): void {
    batch(() => {
      out.value = true;
      me.value = LOADING;
      team.value = LOADING;
      pairs.value = LOADING;
    });
  }

  const loadPairs = (): Promise<void> => load(pairs, () => api.pairs());

  async function lookAgain(turn: number): Promise<void> {
    for (const ms of LOOKS_MS) {
      await wait(ms);
      // Somebody asked for more meanwhile, or what is shown has to be asked for by hand.
      if (turn !== followed || pairs.value.state !== 'ready') return;
      await loadPairs();
    }
  }

  return {
    api,
    out,
    me,
    team,
    pairs,
    left,
    trouble,
    refresh: async () => {
      await Promise.all([load(me, () => api.me()), load(team, () => api.team()), loadPairs()]);
    },
    follow: async () => {
      const turn = ++followed;
      await loadPairs();
      void lookAgain(turn);
    },
    signOut: async () => {
      trouble.value = undefined;
      try {
        await session.close();
        leave();
      } catch (thrown) {
        const error = asApiError(thrown);
        if (error.code === 'unauthenticated') leave();
        else trouble.value = error;
      }
    },
  };
}
