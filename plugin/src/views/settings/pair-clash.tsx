import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PairField } from '@tandem/shared/api';
import { Button } from '../../ui/button.tsx';

interface Version {
  readonly side: 'left' | 'right';
  /** whose: the item's key */
  readonly name: string;
  readonly value: string;
}

interface Props {
  id: string;
  field: PairField;
  sides: readonly Version[];
  /** what is being sent: `<field> <side>` */
  busy: string;
  onKeep: (side: Version['side']) => Promise<void>;
}

/** A text that is longer than about eight lines beside another, or has more than six lines of its own. */
const LONG = /^(?:[^]{400}|(?:[^\n]*\n){6})/;

/** Two versions of one field, side by side, to keep one of. Long ones are cut until somebody wants to see all, both at once. */
export function PairClash({ id, field, sides, busy, onKeep }: Props): JSX.Element {
  const [all, setAll] = useState(false);
  const long = sides.some(({ value }) => LONG.test(value));
  return (
    <div class="pair-clash" role="group" aria-labelledby={id}>
      <h3 class="group-label" id={id}>
        Two versions of the {field}
      </h3>
      <div class="pair-versions">
        {sides.map(({ side, name, value }) => (
          <div class="pair-version" key={side}>
            <span class="fine wrap">{name}</span>
            <div class={`pair-text${long && !all ? ' short' : ''}`} dir="auto">
              {value || <span class="fine">(empty)</span>}
            </div>
            <Button kind="secondary" busy={busy === `${field} ${side}`} disabled={busy !== '' && busy !== `${field} ${side}`} onClick={() => onKeep(side)}>
              Keep this
              <span class="sr">
                {' '}
                {field} of {name}
              </span>
            </Button>
          </div>
        ))}
      </div>
      {long && (
        <button type="button" class="text-button" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Show less' : 'Show all'}
          <span class="sr"> of both versions</span>
        </button>
      )}
    </div>
  );
}
