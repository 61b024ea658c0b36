import type { JSX } from 'preact';
import type { Item, Label, Person } from '@tandem/shared/item';
import { Avatar } from '../ui/avatar.tsx';
import { LabelChip, StatusChip } from '../ui/chip.tsx';

/** An item that cannot be changed here, to read. */
export function ReadOnly({ item }: { item: Item }): JSX.Element {
  return (
    <article class="read">
      <StatusChip status={item.status} />
      <h2 class="read-title" dir="auto">
        {item.title}
      </h2>
      {item.description ? (
        <p class="read-text" dir="auto">
          {item.description}
        </p>
      ) : (
        <p class="fine">No description</p>
      )}
      <div class="pair">
        <Assigned people={item.assignees} />
        <Labelled labels={item.labels} />
      </div>
    </article>
  );
}

/** Who has it, to read. */
export function Assigned({ people }: { people: readonly Person[] }): JSX.Element {
  return (
    <section>
      <h2 class="group-label">Assignees</h2>
      <div class="chips">
        {people.map((person) => (
          <span class="chip" key={person.id} dir="auto">
            <Avatar person={person} small />
            <span class="cut">{person.name}</span>
          </span>
        ))}
        {people.length === 0 && <span class="fine">Nobody yet</span>}
      </div>
    </section>
  );
}

/** Its labels, to read. */
export function Labelled({ labels }: { labels: readonly Label[] }): JSX.Element {
  return (
    <section>
      <h2 class="group-label">Labels</h2>
      <div class="chips">
        {labels.map((label) => (
          <LabelChip key={label.name} label={label} />
        ))}
        {labels.length === 0 && <span class="fine">None</span>}
      </div>
    </section>
  );
}
