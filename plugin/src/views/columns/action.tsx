import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { asApiError } from '../../api.ts';
import { Button } from '../../ui/button.tsx';

/** A button whose action may be refused: busy while it goes on, and what stood against it is said beside it. */
export function Action({ kind, onClick, children }: { kind: 'secondary' | 'tertiary'; onClick: () => Promise<void>; children: ComponentChildren }): JSX.Element {
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState('');
  const handleClick = async (): Promise<void> => {
    setBusy(true);
    setRefused('');
    try {
      await onClick();
    } catch (thrown) {
      setRefused(asApiError(thrown).message);
    }
    setBusy(false);
  };
  return (
    <>
      <Button kind={kind} busy={busy} onClick={handleClick}>
        {children}
      </Button>
      {refused && (
        <span class="fine wrap end-bad action-refused" role="alert">
          {refused}
        </span>
      )}
    </>
  );
}
