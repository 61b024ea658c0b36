import type { JSX } from 'preact';
import { useCallback, useMemo } from 'preact/hooks';
import type { SiteView } from '@tandem/shared/api';
import type { Item } from '@tandem/shared/item';
import { createDraft } from '../state/draft.ts';
import { valueOf } from '../state/load.ts';
import type { Placer } from '../state/placing.ts';
import type { Session } from '../state/session.ts';
import { Button } from '../ui/button.tsx';
import { Callout } from '../ui/callout.tsx';
import { Field } from '../ui/field.tsx';
import { useFirstError } from '../ui/first-error.ts';
import { Picker } from '../ui/picker.tsx';
import { LabelsPicker, PeoplePicker } from './pickers.tsx';

interface Props {
  session: Session;
  site: SiteView;
  placer: Placer;
  onCreated: (item: Item) => void;
}

/** A new item in the tool, and its card on the board in the same step. */
export function NewItem({ session, site, placer, onCreated }: Props): JSX.Element {
  const draft = useMemo(() => createDraft(session.api, site), []);
  const places = useCallback(async (q: string, signal: AbortSignal) => (await session.api.places(site.tool, site.site, q, signal)).places, [session, site]);
  const load = draft.info.value;
  const info = load && valueOf(load);
  const errors = draft.errors.value;
  useFirstError(errors);
  const barred = info?.can.create === false;
  const readOnly = valueOf(session.onBoard.value)?.edit === false;

  const create = async (): Promise<void> => {
    const item = await draft.create();
    if (!item) return;
    onCreated(item);
    if (!readOnly) await placer.put([item]);
  };
  const handleSubmit = (event: Event): void => {
    event.preventDefault();
    if (!draft.busy.value) void create();
  };

  return (
    <form class="stack form" noValidate onSubmit={handleSubmit}>
      <Field id="new-place" label="Project" error={errors['place']}>
        {(control) => (
          <Picker {...control} label="Projects" source={places} value={draft.place.value ? [draft.place.value] : []} onChange={([place]) => void draft.choose(place)} placeholder="Choose a project" />
        )}
      </Field>
      {load?.state === 'error' && (
        <Callout
          tone="error"
          actions={
            <Button kind="secondary" onClick={() => void draft.choose(draft.place.value)}>
              Try again
            </Button>
          }
        >
          <p>{load.error.message}</p>
        </Callout>
      )}
      {barred && (
        <Callout tone="warning">
          <p>
            Your {site.name} account may not create {site.noun}s in {info.name}. Choose another project, or ask a maintainer there for the right.
          </p>
        </Callout>
      )}
      <Field id="new-title" label="Title" error={errors['title']}>
        {(control) => (
          <input class="input input-small" type="text" autocomplete="off" dir="auto" {...control} value={draft.title.value} onInput={(event) => (draft.title.value = event.currentTarget.value)} />
        )}
      </Field>
      <Field id="new-description" label="Description" optional error={errors['description']} help="Markdown works here.">
        {(control) => (
          <textarea class="textarea textarea-small" rows={5} dir="auto" {...control} value={draft.description.value} onInput={(event) => (draft.description.value = event.currentTarget.value)} />
        )}
      </Field>
      {info && info.labels.length > 0 && (
        <Field id="new-labels" label="Labels" optional error={errors['labels']}>
          {(control) => <LabelsPicker control={control} offered={info.labels} value={draft.labels.value} onChange={(labels) => (draft.labels.value = labels)} />}
        </Field>
      )}
      {info && info.members.length > 0 && (
        <Field id="new-assignees" label="Assignees" optional error={errors['assignees']}>
          {(control) => <PeoplePicker control={control} offered={info.members} value={draft.assignees.value} onChange={(people) => (draft.assignees.value = people)} />}
        </Field>
      )}
      {draft.trouble.value && (
        <Callout tone="error" title={`The ${site.noun} was not created`}>
          <p>{draft.trouble.value.message}</p>
        </Callout>
      )}
      <Button type="submit" wide busy={draft.busy.value} disabled={barred}>
        {readOnly ? `Create the ${site.noun}` : 'Create and put on the board'}
      </Button>
      {readOnly && <p class="fine">You may look at this board but not change it, so no card is made.</p>}
    </form>
  );
}
