import { signal, type ReadonlySignal } from '../signal.ts';
import type { IntegrationsAnswer } from '@tandem/shared/integrations';
import { asApiError } from '../api.ts';
import type { IntegrationsApi } from '../integrations-api.ts';
import { LOADING, type Load } from './load.ts';

/** The columns of the settings page. */
export interface Integrations {
  readonly api: IntegrationsApi;
  readonly all: ReadonlySignal<Load<IntegrationsAnswer>>;
  load(): Promise<void>;
  /** Asks again, and some more times after that: what was asked for is done a moment later, and set-up takes some. */
  follow(): Promise<void>;
}

const LOOKS_MS = [1000, 1500, 2000, 3000, 5000, 8000] as const;

/** The model of the columns. */
export function createIntegrations(api: IntegrationsApi, wait: (ms: number) => Promise<void>): Integrations {
  const all = signal<Load<IntegrationsAnswer>>(LOADING);
  let followed = 0;
  const load = async (): Promise<void> => {
    if (all.value.state === 'error') all.value = LOADING;
    try {
      all.value = { state: 'ready', value: await api.list() };
    } catch (thrown) {
      all.value = { state: 'error', error: asApiError(thrown) };
    }
  };
  const lookAgain = async (turn: number): Promise<void> => {
    for (const ms of LOOKS_MS) {
      await wait(ms);
      if (turn !== followed || all.value.state !== 'ready') return;
      await load();
    }
  };
  return {
    api,
    all,
    load,
    async follow() {
      const turn = ++followed;
      await load();
      void lookAgain(turn);
    },
  };
}
