import { computed, effect, signal, type ReadonlySignal, type Signal } from '../signal.ts';
import type { ItemsAnswer, ItemsQuery } from '@tandem/shared/api';
import type { Item, Place } from '@tandem/shared/item';
import { asApiError, type ApiError } from '../api.ts';
import type { Load } from './load.ts';
import { LOADING, valueOf } from './load.ts';

export type StateFilter = 'open' | 'closed' | 'all';

/** A search at one site: its filters, and what they found. */
export interface Search {
  readonly q: Signal<string>;
  readonly place: Signal<Place | undefined>;
  readonly state: Signal<StateFilter>;
  readonly mine: Signal<boolean>;
  readonly found: ReadonlySignal<Load<ItemsAnswer>>;
  readonly items: ReadonlySignal<readonly Item[]>;
  /** a newer answer is on its way while the last one still shows */
  readonly busy: ReadonlySignal<boolean>;
  readonly more: ReadonlySignal<'none' | 'some' | 'loading' | ApiError>;
  /** the words are the address of one item: filters do not apply */
  readonly byUrl: ReadonlySignal<boolean>;
  readonly narrowed: ReadonlySignal<boolean>;
  loadMore(): Promise<void>;
  again(): void;
  clear(): void;
  /** Shows an item that was just created. */
  prepend(item: Item): void;
  dispose(): void;
}

const DEBOUNCE_MS = 250;

/** Searches at once when a filter changes, and after a pause when somebody types; an older question is aborted by a newer one. */
export function createSearch(ask: (query: ItemsQuery, signal: AbortSignal) => Promise<ItemsAnswer>, words = ''): Search {
  const q = signal(words);
  const place = signal<Place | undefined>(undefined);
  const state = signal<StateFilter>('open');
  const mine = signal(false);
  const found = signal<Load<ItemsAnswer>>(LOADING);
  const busy = signal(false);
  const moreTrouble = signal<ApiError | 'loading' | undefined>(undefined);
  const attempt = signal(0);

  const byUrl = computed(() => /^https?:\/\//i.test(q.value.trim()));
  const query = computed((): ItemsQuery => {
    const text = q.value.trim();
    if (byUrl.value) return { q: text, state: 'all' };
    return { state: state.value, ...(text ? { q: text } : {}), ...(place.value ? { place: place.value.id } : {}), ...(mine.value ? { mine: 'true' } : {}) };
  });
  const items = computed(() => valueOf(found.value)?.items ?? []);

  let asking = new AbortController();
  let typed = words.trim();

  async function run(wanted: ItemsQuery, signal: AbortSignal): Promise<void> {
    try {
      const answer = await ask(wanted, signal);
      if (!signal.aborted) found.value = { state: 'ready', value: answer };
    } catch (error) {
      if (!signal.aborted) found.value = { state: 'error', error: asApiError(error) };
    }
    if (!signal.aborted) busy.value = false;
  }

  const dispose = effect(() => {
    const wanted = query.value;
    void attempt.value;
    asking.abort();
    const mineNow = (asking = new AbortController());
    busy.value = true;
    moreTrouble.value = undefined;
    if (found.peek().state === 'error') found.value = LOADING;
    const typing = (wanted.q ?? '') !== typed;
    typed = wanted.q ?? '';
    const timer = setTimeout(() => void run(wanted, mineNow.signal), typing ? DEBOUNCE_MS : 0);
    return () => clearTimeout(timer);
  });

  return {
    q,
    place,
    state,
    mine,
    found,
    items,
    busy,
    byUrl,
    more: computed(() => moreTrouble.value ?? (valueOf(found.value)?.next ? 'some' : 'none')),
    narrowed: computed(() => Boolean(place.value || mine.value || state.value !== 'all' || q.value.trim())),
    loadMore: async () => {
      const shown = valueOf(found.peek());
      if (!shown?.next || moreTrouble.peek() === 'loading') return;
      const { signal } = asking;
      moreTrouble.value = 'loading';
      try {
        const page = await ask({ ...query.peek(), cursor: shown.next }, signal);
        if (signal.aborted) return;
        found.value = { state: 'ready', value: { ...page, items: [...shown.items, ...page.items] } };
        moreTrouble.value = undefined;
      } catch (error) {
        if (!signal.aborted) moreTrouble.value = asApiError(error);
      }
    },
    again: () => {
      attempt.value++;
    },
    clear: () => {
      q.value = '';
      place.value = undefined;
      mine.value = false;
      state.value = 'open';
    },
    prepend: (item) => {
      const shown = valueOf(found.peek());
      if (shown) found.value = { state: 'ready', value: { ...shown, items: [item, ...shown.items] } };
    },
    dispose: () => {
      dispose();
      asking.abort();
    },
  };
}
