import { batch, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { MeAnswer, TeamAnswer } from '@tandem/shared/api';
import { asApiError, type Api, type ApiError } from '../api.ts';
import type { WebSession } from '../web-session.ts';
import { LOADING, type Load } from './load.ts';

/** The settings page: who is signed in, their accounts, and their team's. */
export interface Settings {
  readonly api: Api;
  /** nobody is signed in in this browser, or no longer */
  readonly out: ReadonlySignal<boolean>;
  readonly me: ReadonlySignal<Load<MeAnswer>>;
  readonly team: ReadonlySignal<Load<TeamAnswer>>;
  /** what the last disconnecting could not undo elsewhere, in sentences, until it was read */
  readonly left: Signal<readonly string[]>;
  /** signing out failed */
  readonly trouble: ReadonlySignal<ApiError | undefined>;
  /** Asks for everything again, keeping what is shown meanwhile. */
  refresh(): Promise<void>;
  signOut(): Promise<void>;
}

/** The model of the settings page. */
export function createSettings(api: Api, session: WebSession): Settings {
  const out = signal(false);
  const me = signal<Load<MeAnswer>>(LOADING);
  const team = signal<Load<TeamAnswer>>(LOADING);
  const left = signal<readonly string[]>([]);
  const trouble = signal<ApiError | undefined>(undefined);

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
    });
  }

  return {
    api,
    out,
    me,
    team,
    left,
    trouble,
    refresh: async () => {
      await Promise.all([load(me, () => api.me()), load(team, () => api.team())]);
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
