import type { JSX } from 'preact';
import type { CardAnswer, EditValues } from '@tandem/shared/api';
import type { Clash, Edit } from '../state/edit.ts';
import { StatusChip } from '../ui/chip.tsx';
import { Field } from '../ui/field.tsx';
import { useFirstError } from '../ui/first-error.ts';
import { ClashChoice } from './clash-choice.tsx';
import { LabelsPicker, PeoplePicker } from './pickers.tsx';
import { Assigned, Labelled } from './read-only.tsx';
import { StatusField } from './status-field.tsx';

/** About so many letters of a title go on one line, for browsers that do not size a field by its content. */
const TITLE_LINE = 44;

/** The fields of an item. Those that this account may not change are to be read; while the others are being saved they hold still. */
export function Fields({ edit, answer: { item, place, rights } }: { edit: Edit; answer: CardAnswer }): JSX.Element {
  const values = edit.values.value;
  const errors = edit.errors.value;
  useFirstError(errors);
  const saving = edit.phase.value === 'saving';
  const may = (field: keyof EditValues): boolean => rights.fields.includes(field);
  const clash = (field: Clash['field']): JSX.Element | null => {
    const found = edit.clashes.value.find((one) => one.field === field);
    return found ? <ClashChoice clash={found} statuses={place.statuses} onChoose={(choice) => edit.choose(field, choice)} /> : null;
  };
  const handleTitleKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) event.preventDefault();
  };
  return (
    <>
      {clash('title')}
      <Field id="title" label="Title" error={errors['title']}>
        {(control) => (
          <textarea
            class="textarea title-input"
            rows={Math.min(4, Math.ceil((values.title.length + 1) / TITLE_LINE))}
            dir="auto"
            readOnly={saving || !may('title')}
            {...control}
            value={values.title}
            onKeyDown={handleTitleKey}
            onInput={(event) => edit.change({ title: event.currentTarget.value.replaceAll(/\s*\n\s*/g, ' ') })}
          />
        )}
      </Field>
      {clash('status')}
      {may('status') ? (
        <StatusField statuses={place.statuses} current={item.status} value={values.status} locked={saving} error={errors['status']} onChange={(status) => edit.change({ status })} />
      ) : (
        <section>
          <h2 class="group-label">Status</h2>
          <StatusChip status={item.status} />
        </section>
      )}
      {clash('description')}
      <Field id="description" label="Description" error={errors['description']} help={may('description') && 'Markdown works here.'}>
        {(control) => (
          <textarea
            class="textarea textarea-small"
            rows={9}
            dir="auto"
            readOnly={saving || !may('description')}
            placeholder={may('description') ? 'Say what it is about' : 'No description'}
            {...control}
            value={values.description}
            onInput={(event) => edit.change({ description: event.currentTarget.value })}
          />
        )}
      </Field>
      <fieldset class="pair" disabled={saving}>
        {may('assignees') ? (
          <Field id="assignees" label="Assignees" error={errors['assignees']}>
            {(control) => <PeoplePicker control={control} offered={place.members} value={values.assignees} onChange={(assignees) => edit.change({ assignees })} />}
          </Field>
        ) : (
          <Assigned people={values.assignees} />
        )}
        {may('labels') ? (
          <Field id="labels" label="Labels" error={errors['labels']}>
            {(control) => <LabelsPicker control={control} offered={place.labels} value={values.labels} onChange={(labels) => edit.change({ labels })} />}
          </Field>
        ) : (
          <Labelled labels={values.labels} />
        )}
      </fieldset>
    </>
  );
}
