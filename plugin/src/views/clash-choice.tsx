import type { JSX } from 'preact';
import type { Status } from '@tandem/shared/item';
import type { Clash } from '../state/edit.ts';

const NAME = { title: 'title', description: 'description', status: 'status' } as const;

/** Two versions of one field: theirs, which stands now, and yours. Keep one; editing the field below makes a third, which counts as yours. */
export function ClashChoice({ clash, statuses, onChoose }: { clash: Clash; statuses: readonly Status[]; onChoose: (choice: 'theirs' | 'yours') => void }): JSX.Element {
  const say = (value: string): string => (clash.field === 'status' ? (statuses.find((status) => status.id === value)?.name ?? value) : value);
  const side = (choice: 'theirs' | 'yours', heading: string, note: string): JSX.Element => (
    <label class="side">
      <input type="radio" name={`clash-${clash.field}`} checked={clash.choice === choice} onChange={() => onChoose(choice)} />
      <span class="side-text">
        <strong>{heading}</strong> <span class="fine">{note}</span>
        <span class="side-value" dir="auto">
          {say(clash[choice]) || '(empty)'}
        </span>
      </span>
    </label>
  );
  return (
    <fieldset class="clash">
      <legend>Two versions of the {NAME[clash.field]}</legend>
      {side('theirs', 'Theirs', 'what it is now')}
      {side('yours', 'Yours', 'what you typed')}
    </fieldset>
  );
}
