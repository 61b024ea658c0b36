import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { dayOf } from '../state/account.ts';
import { Button } from '../ui/button.tsx';
import { Callout } from '../ui/callout.tsx';

/** Says ahead of time that a token will end, until it is dismissed. */
export function EndsSoon({ name, ends, onReplace }: { name: string; ends: string; onReplace: () => void }): JSX.Element | null {
  const [seen, setSeen] = useState(false);
  if (seen) return null;
  return (
    <Callout
      tone="info"
      onClose={() => setSeen(true)}
      actions={
        <Button kind="secondary" onClick={onReplace}>
          Replace
        </Button>
      }
    >
      <p>
        Your {name} token ends on {dayOf(ends, Date.now())}. Replace it before then: cards keep following.
      </p>
    </Callout>
  );
}
