import { batch, computed, signal, type ReadonlySignal } from '../signal.ts';
import type { MeAnswer, SiteView } from '@tandem/shared/api';
import { asApiError, type Api } from '../api.ts';
import { isUsable } from './account.ts';
import { LOADING, type Load } from './load.ts';

/** How far somebody is who was sent a link to connect one tool: `form`: the account is yet to be connected, or once more. */
export type InvitationStep = 'loading' | 'error' | 'out' | 'nowhere' | 'form' | 'done';

/** The page that such a link leads to, outside Miro. */
export interface Invitation {
  readonly api: Api;
  /** Munity's name for the tool, as the link says it */
  readonly connector: string;
  readonly me: ReadonlySignal<Load<MeAnswer>>;
  readonly site: ReadonlySignal<SiteView | undefined>;
  readonly step: ReadonlySignal<InvitationStep>;
  refresh(): Promise<void>;
  connected(): void;
  /** What works is to be connected once more. */
  again(): void;
}

/** The model of that page. */
export function createInvitation(api: Api, connector: string): Invitation {
  const out = signal(false);
  const me = signal<Load<MeAnswer>>(LOADING);
  const wanted = signal<'form' | 'done' | undefined>(undefined);
  const site = computed(() => (me.value.state === 'ready' ? me.value.value.sites.find((one) => one.connector === connector) : undefined));

  return {
    api,
    connector,
    me,
    site,
    step: computed(() => {
      if (out.value) return 'out';
      if (me.value.state !== 'ready') return me.value.state;
      if (!site.value) return 'nowhere';
      return wanted.value ?? (isUsable(site.value, Date.now()) ? 'done' : 'form');
    }),
    async refresh() {
      if (me.value.state === 'error') me.value = LOADING;
      try {
        const answer = await api.me();
        batch(() => {
          out.value = false;
          me.value = { state: 'ready', value: answer };
        });
      } catch (thrown) {
        const error = asApiError(thrown);
        batch(() => {
          out.value = error.code === 'unauthenticated';
          me.value = { state: 'error', error };
        });
      }
    },
    connected: () => void (wanted.value = 'done'),
    again: () => void (wanted.value = 'form'),
  };
}
