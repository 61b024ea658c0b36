import { batch, computed, signal, type ReadonlySignal, type Signal } from '../signal.ts';
import type { AccountDetails, CardAnswer, CardView, ConflictDetails, MeAnswer, SiteView } from '@tandem/shared/api';
import { ApiError, asApiError } from '../api.ts';
import type { Board, CardTarget } from '../board.ts';
import type { CardApi } from '../card-api.ts';
import { fieldErrors } from './field-errors.ts';
import { LOADING, valueOf, type Load } from './load.ts';
import { changes, rebase, valuesOf, type Values } from './values.ts';

/** A field that somebody else changed while this person edited it. */
export type Clash = ConflictDetails['fields'][number] & { readonly choice?: 'theirs' | 'yours' };

/** What the modal cannot go on without. */
export type Need = { readonly kind: 'miro' } | { readonly kind: 'account'; readonly site: SiteView };

/** One card, its item, and what this person does to it. */
export interface Edit {
  readonly outside: ReadonlySignal<boolean>;
  readonly answer: ReadonlySignal<Load<CardAnswer>>;
  readonly me: ReadonlySignal<MeAnswer | undefined>;
  readonly site: ReadonlySignal<SiteView | undefined>;
  readonly need: ReadonlySignal<Need | undefined>;
  /** the card is linked although its item cannot be read */
  readonly orphan: ReadonlySignal<CardView | undefined>;
  readonly values: ReadonlySignal<Values>;
  readonly errors: ReadonlySignal<Readonly<Record<string, string>>>;
  readonly trouble: ReadonlySignal<ApiError | undefined>;
  readonly clashes: ReadonlySignal<readonly Clash[]>;
  readonly phase: ReadonlySignal<'still' | 'saving' | 'saved'>;
  readonly dirty: ReadonlySignal<boolean>;
  readonly leaving: Signal<boolean>;
  start(): Promise<void>;
  load(): Promise<void>;
  connected(site: SiteView): Promise<void>;
  change(part: Partial<Values>): void;
  choose(field: Clash['field'], choice: 'theirs' | 'yours'): void;
  save(): Promise<void>;
  /** Ends the link and closes the modal; a sentence when that was refused. */
  unlink(): Promise<string | undefined>;
  /** Closes the modal, or asks first when something would be lost. */
  leave(): void;
  discard(): void;
}

const NOTHING: Values = { title: '', description: '', status: '', labels: [], assignees: [] };

/** The model of the card modal. */
export function createEdit(board: Board, api: CardApi): Edit {
  let target: CardTarget = { board: '', card: '' };
  const outside = signal(false);
  const answer = signal<Load<CardAnswer>>(LOADING);
  const me = signal<MeAnswer | undefined>(undefined);
  const need = signal<Need | undefined>(undefined);
  const orphan = signal<CardView | undefined>(undefined);
  const base = signal<Values>(NOTHING);
  const values = signal<Values>(NOTHING);
  const errors = signal<Readonly<Record<string, string>>>({});
  const trouble = signal<ApiError | undefined>(undefined);
  const clashes = signal<readonly Clash[]>([]);
  const phase = signal<'still' | 'saving' | 'saved'>('still');
  const leaving = signal(false);
  const changed = computed(() => changes(base.value, values.value, valueOf(answer.value)?.rights.fields ?? []));
  const dirty = computed(() => Object.keys(changed.value.set).length > 0);

  function siteAt(at: { tool: string; site: string } | undefined): SiteView | undefined {
    return at && me.value?.sites.find((one) => one.tool === at.tool && one.site === at.site);
  }

  /** The account that an error asks for, if that is what it does. */
  function needOf(error: ApiError): Need | undefined {
    if (error.code !== 'account_required' && error.code !== 'account_expired') return undefined;
    const details = error.details as Partial<AccountDetails> | undefined;
    if (details?.tool === 'miro') return { kind: 'miro' };
    const site = siteAt(details?.tool && details.site ? { tool: details.tool, site: details.site } : valueOf(answer.value)?.card.ref);
    return site && { kind: 'account', site };
  }

  function adopt(fresh: CardAnswer): void {
    batch(() => {
      answer.value = { state: 'ready', value: fresh };
      base.value = valuesOf(fresh.item);
      values.value = base.value;
      errors.value = {};
      trouble.value = undefined;
      clashes.value = [];
      need.value = undefined;
    });
  }

  /** A copy of a card says what it shows: whoever opens it makes it follow. */
  async function recognise(): Promise<boolean> {
    try {
      await api.adopt(target.board, target.card);
      adopt(await api.card(target.board, target.card));
      return true;
    } catch {
      // It leads nowhere that this person can see: the page says what a card without a link is.
      return false;
    }
  }

  async function load(): Promise<void> {
    if (answer.value.state === 'error') answer.value = LOADING;
    try {
      const [who, fresh] = await Promise.allSettled([api.me(), api.card(target.board, target.card)]);
      if (who.status === 'rejected') throw who.reason;
      me.value = who.value;
      need.value = who.value.miro === 'active' ? undefined : { kind: 'miro' };
      if (need.value) return;
      if (fresh.status === 'rejected') throw fresh.reason;
      adopt(fresh.value);
    } catch (thrown) {
      const error = asApiError(thrown);
      // "Not found" may be the link or the item: the board's list of links tells which.
      const links = error.code === 'not_found' || error.code === 'gone' ? await api.cards(target.board).catch(() => undefined) : undefined;
      const found = links?.cards.find((one) => one.card === target.card);
      if (links?.edit && !found && error.code === 'not_found' && (await recognise())) return;
      batch(() => {
        need.value = needOf(error);
        orphan.value = found;
        answer.value = { state: 'error', error };
      });
    }
  }

  function refused(error: ApiError): void {
    batch(() => {
      phase.value = 'still';
      const conflict = error.code === 'conflict' ? (error.details as ConflictDetails | undefined) : undefined;
      const shown = valueOf(answer.value);
      if (conflict && shown) {
        const fresh = valuesOf(conflict.item);
        values.value = rebase(base.value, values.value, fresh);
        base.value = fresh;
        answer.value = { state: 'ready', value: { ...shown, item: conflict.item } };
        clashes.value = conflict.fields;
        return;
      }
      need.value = needOf(error);
      errors.value = fieldErrors(error);
      if (!need.value && Object.keys(errors.value).length === 0) trouble.value = error;
    });
  }

  async function save(): Promise<void> {
    if (!values.value.title.trim()) errors.value = { title: 'Give it a title.' };
    else errors.value = {};
    if (errors.value['title'] || phase.value === 'saving' || clashes.value.some((clash) => !clash.choice)) return;
    const body = changed.value;
    trouble.value = undefined;
    if (Object.keys(body.set).length === 0) {
      clashes.value = [];
      return;
    }
    phase.value = 'saving';
    try {
      adopt(await api.edit(target.board, target.card, body));
      phase.value = 'saved';
    } catch (thrown) {
      refused(asApiError(thrown));
    }
  }

  return {
    outside,
    answer,
    me,
    need,
    orphan,
    values,
    errors,
    trouble,
    clashes,
    phase,
    dirty,
    leaving,
    load,
    save,
    site: computed(() => siteAt(valueOf(answer.value)?.card.ref)),
    start: async () => {
      try {
        await board.id();
        const data = await board.modalData();
        if (data) target = data;
        else outside.value = true;
      } catch {
        outside.value = true;
      }
      if (!outside.value) await load();
    },
    connected: async (site) => {
      const who = me.value;
      if (who) me.value = { ...who, sites: who.sites.map((one) => (one.tool === site.tool && one.site === site.site ? site : one)) };
      need.value = undefined;
      // Whoever was stopped in the middle of saving goes on with what they had typed.
      await (dirty.value ? save() : load());
    },
    change: (part) => batch(() => {
      values.value = { ...values.value, ...part };
      if (phase.value === 'saved') phase.value = 'still';
      const touched = Object.keys(part);
      errors.value = Object.fromEntries(Object.entries(errors.value).filter(([field]) => !touched.includes(field)));
      clashes.value = clashes.value.map((clash) => (touched.includes(clash.field) ? { ...clash, choice: 'yours', yours: values.value[clash.field] } : clash));
    }),
    choose: (field, choice) => batch(() => {
      const clash = clashes.value.find((one) => one.field === field);
      if (!clash) return;
      clashes.value = clashes.value.map((one) => (one.field === field ? { ...one, choice } : one));
      values.value = { ...values.value, [field]: choice === 'theirs' ? base.value[field] : clash.yours };
    }),
    unlink: async () => {
      try {
        await api.unlink(target.board, target.card).catch((error: unknown) => {
          if (!(error instanceof ApiError) || error.code !== 'not_found') throw error;
        });
      } catch (thrown) {
        return asApiError(thrown).message;
      }
      await board.closeModal();
      return undefined;
    },
    leave: () => {
      if (dirty.value && !leaving.value) leaving.value = true;
      else if (leaving.value) leaving.value = false;
      else void board.closeModal();
    },
    discard: () => void board.closeModal(),
  };
}
