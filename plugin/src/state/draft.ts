import { batch, signal, type ReadonlySignal, type Signal } from '../signal.ts';
import type { Item, Label, Person, Place, PlaceInfo } from '@tandem/shared/item';
import { asApiError, type Api, type ApiError } from '../api.ts';
import { fieldErrors } from './field-errors.ts';
import { LOADING, type Load } from './load.ts';

/** An item that does not exist yet. */
export interface Draft {
  readonly place: ReadonlySignal<Place | undefined>;
  readonly info: ReadonlySignal<Load<PlaceInfo> | undefined>;
  readonly title: Signal<string>;
  readonly description: Signal<string>;
  readonly labels: Signal<readonly Label[]>;
  readonly assignees: Signal<readonly Person[]>;
  /** a sentence per field */
  readonly errors: ReadonlySignal<Readonly<Record<string, string>>>;
  readonly trouble: ReadonlySignal<ApiError | undefined>;
  readonly busy: ReadonlySignal<boolean>;
  choose(place: Place | undefined): Promise<void>;
  /** Creates it; `undefined` when it was refused, with the reasons in `errors` and `trouble`. */
  create(): Promise<Item | undefined>;
  clear(): void;
}

/** A draft at one site. */
export function createDraft(api: Api, at: { tool: string; site: string }): Draft {
  const place = signal<Place | undefined>(undefined);
  const info = signal<Load<PlaceInfo> | undefined>(undefined);
  const title = signal('');
  const description = signal('');
  const labels = signal<readonly Label[]>([]);
  const assignees = signal<readonly Person[]>([]);
  const errors = signal<Readonly<Record<string, string>>>({});
  const trouble = signal<ApiError | undefined>(undefined);
  const busy = signal(false);

  function clear(): void {
    batch(() => {
      title.value = '';
      description.value = '';
      labels.value = [];
      assignees.value = [];
      errors.value = {};
      trouble.value = undefined;
    });
  }

  return {
    place,
    info,
    title,
    description,
    labels,
    assignees,
    errors,
    trouble,
    busy,
    clear,
    choose: async (next) => {
      batch(() => {
        place.value = next;
        info.value = next && LOADING;
        labels.value = [];
        assignees.value = [];
        errors.value = {};
      });
      if (!next) return;
      const answer = await api.place(at.tool, at.site, next.id).then(
        (value): Load<PlaceInfo> => ({ state: 'ready', value }),
        (error: unknown): Load<PlaceInfo> => ({ state: 'error', error: asApiError(error) }),
      );
      if (place.peek()?.id === next.id) info.value = answer;
    },
    create: async () => {
      const missing = { ...(place.value ? {} : { place: 'Choose where it belongs.' }), ...(title.value.trim() ? {} : { title: 'Give it a title.' }) };
      batch(() => {
        errors.value = missing;
        trouble.value = undefined;
      });
      if (!place.value || Object.keys(missing).length > 0) return undefined;
      busy.value = true;
      try {
        const item = await api.create(at.tool, at.site, place.value.id, {
          title: title.value.trim(),
          description: description.value,
          labels: labels.value.map((label) => label.name),
          assignees: assignees.value.map((person) => person.id),
        });
        clear();
        return item;
      } catch (thrown) {
        const error = asApiError(thrown);
        errors.value = fieldErrors(error);
        if (Object.keys(errors.value).length === 0) trouble.value = error;
        return undefined;
      } finally {
        busy.value = false;
      }
    },
  };
}
