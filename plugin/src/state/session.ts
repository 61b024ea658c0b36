import { batch, computed, signal, type ReadonlySignal, type Signal } from '../signal.ts';
import type { BoardAnswer, CardView, MeAnswer, SiteView } from '@tandem/shared/api';
import { printRef } from '@tandem/shared/ref';
import { asApiError, type Api } from '../api.ts';
import type { Board } from '../board.ts';
import { isUsable, siteKey } from './account.ts';
import { LOADING, valueOf, type Load } from './load.ts';

/** Who is at the panel, on which board, at which site. */
export interface Session {
  readonly board: Board;
  readonly api: Api;
  /** no Miro board around this page */
  readonly outside: ReadonlySignal<boolean>;
  readonly me: ReadonlySignal<Load<MeAnswer>>;
  readonly boardId: ReadonlySignal<string>;
  readonly onBoard: ReadonlySignal<Load<BoardAnswer>>;
  /** our cards on this board by printed ref; what is gone is not found any more */
  readonly cardsOf: ReadonlySignal<ReadonlyMap<string, readonly CardView[]>>;
  /** the site that the panel works with: the chosen one, else the first with an account */
  readonly site: ReadonlySignal<SiteView | undefined>;
  /** the site whose connect form is open, out of free will; or the choice of one, or the naming of another */
  readonly connecting: Signal<SiteView | 'choose' | 'name' | undefined>;
  /** what the last disconnecting could not undo elsewhere, in sentences, until it was read */
  readonly left: Signal<readonly string[]>;
  start(): Promise<void>;
  /** Asks again who the caller is, keeping what is shown meanwhile. */
  refresh(): Promise<void>;
  /** Asks again for what others may have changed, quietly: what is not answered stays as it is. */
  look(): Promise<void>;
  loadCards(): Promise<void>;
  /** what the search at the site that was switched to begins with */
  readonly asked: ReadonlySignal<string>;
  use(site: SiteView, q?: string): void;
  /** An account was connected at this site. */
  connected(site: SiteView): void;
  /** The account at this site was disconnected, with this left to do. */
  disconnected(site: SiteView, left: readonly string[]): void;
  added(card: CardView): void;
  vanished(card: string): void;
}

/** Who the caller is, with this site as it is now; one that they named comes last. */
export function withSite(me: MeAnswer, changed: SiteView): MeAnswer {
  const known = me.sites.some((one) => siteKey(one) === siteKey(changed));
  return { ...me, sites: known ? me.sites.map((one) => (siteKey(one) === siteKey(changed) ? changed : one)) : [...me.sites, changed] };
}

/** The panel's session: signals for views, and what changes them. */
export function createSession(board: Board, api: Api, now: () => number): Session {
  const outside = signal(false);
  const me = signal<Load<MeAnswer>>(LOADING);
  const boardId = signal('');
  const onBoard = signal<Load<BoardAnswer>>(LOADING);
  const chosen = signal('');
  const asked = signal('');
  const connecting = signal<SiteView | 'choose' | 'name' | undefined>(undefined);
  const left = signal<readonly string[]>([]);

  const site = computed(() => {
    const sites = valueOf(me.value)?.sites ?? [];
    return sites.find((one) => siteKey(one) === chosen.value) ?? sites.find((one) => isUsable(one, now())) ?? sites.find((one) => one.account);
  });
  const cardsOf = computed(() => {
    const cards = new Map<string, CardView[]>();
    for (const card of valueOf(onBoard.value)?.cards ?? []) {
      if (card.state !== 'gone') cards.set(printRef(card.ref), [...(cards.get(printRef(card.ref)) ?? []), card]);
    }
    return cards;
  });

  /** A question that was asked quietly and is not answered leaves what is there. */
  async function load<T>(into: Signal<Load<T>>, question: Promise<T>, quiet = false): Promise<void> {
    try {
      into.value = { state: 'ready', value: await question };
    } catch (error) {
      if (!quiet) into.value = { state: 'error', error: asApiError(error) };
    }
  }

  async function refresh(): Promise<void> {
    if (me.value.state === 'error') me.value = LOADING;
    await load(me, api.me());
    if (valueOf(me.value)?.miro === 'active' && onBoard.value.state !== 'ready') await loadCards();
  }

  const loadCards = (quiet?: boolean): Promise<void> => load(onBoard, api.cards(boardId.value), quiet);

  function setSite(changed: SiteView): void {
    const answer = valueOf(me.value);
    if (answer) me.value = { state: 'ready', value: withSite(answer, changed) };
  }

  function setCards(change: (cards: readonly CardView[]) => readonly CardView[]): void {
    const answer = valueOf(onBoard.value);
    if (answer) onBoard.value = { state: 'ready', value: { ...answer, cards: change(answer.cards) } };
  }

  return {
    board,
    api,
    outside,
    me,
    boardId,
    onBoard,
    cardsOf,
    site,
    connecting,
    left,
    asked,
    refresh,
    loadCards: () => loadCards(),
    look: async () => void (await Promise.all([load(me, api.me(), true), loadCards(true)])),
    start: async () => {
      try {
        boardId.value = await board.id();
      } catch {
        outside.value = true;
        return;
      }
      await refresh();
    },
    use: (next, q = '') => batch(() => {
      asked.value = q;
      chosen.value = siteKey(next);
      connecting.value = next.account ? undefined : next;
    }),
    connected: (next) => batch(() => {
      setSite(next);
      chosen.value = siteKey(next);
      connecting.value = undefined;
    }),
    disconnected: (from, sentences) => batch(() => {
      const { account: _, ...rest } = from;
      setSite(rest);
      chosen.value = '';
      left.value = sentences;
    }),
    added: (card) => setCards((cards) => [...cards, card]),
    vanished: (card) => setCards((cards) => cards.filter((one) => one.card !== card)),
  };
}
