import type { JSX } from 'preact';
import type { Item } from '@tandem/shared/item';
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
        <section>
          <h3 class="group-label">Assignees</h3>
          <div class="chips">
            {item.assignees.map((person) => (
              <span class="chip" key={person.id} dir="auto">
                <Avatar person={person} small />
                <span class="cut">{person.name}</span>
              </span>
            ))}
            {item.assignees.length === 0 && <span class="fine">Nobody yet</span>}
          </div>
        </section>
        <section>
          <h3 class="group-label">Labels</h3>
          <div class="chips">
            {item.labels.map((label) => (
              <LabelChip key={label.name} label={label} />
            ))}
            {item.labels.length === 0 && <span class="fine">None</span>}
          </div>
        </section>
      </div>
    </article>
  );
}
