import type { JSX } from 'preact';
import type { Label, Person } from '@tandem/shared/item';
import { Avatar } from '../ui/avatar.tsx';
import { LabelChip } from '../ui/chip.tsx';

/** Assignees that cannot be changed here. */
export function PersonChips({ people }: { people: readonly Person[] }): JSX.Element {
  return (
    <div class="form-group form-group-small">
      <span class="group-label">Assignees</span>
      <div class="chips">
        {people.map((person) => (
          <span class="chip" key={person.id} dir="auto">
            <Avatar person={person} small />
            <span class="cut">{person.name}</span>
          </span>
        ))}
        {people.length === 0 && <span class="fine">Nobody yet</span>}
      </div>
    </div>
  );
}

/** Labels that cannot be changed here. */
export function LabelChips({ labels }: { labels: readonly Label[] }): JSX.Element {
  return (
    <div class="form-group form-group-small">
      <span class="group-label">Labels</span>
      <div class="chips">
        {labels.map((label) => (
          <LabelChip key={label.name} label={label} />
        ))}
        {labels.length === 0 && <span class="fine">None</span>}
      </div>
    </div>
  );
}
