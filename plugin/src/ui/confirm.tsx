import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { asApiError } from '../api.ts';
import { Button } from './button.tsx';
import { Callout } from './callout.tsx';

/** A question before something is undone. */
export interface Asking {
  /** the question */
  title: string;
  /** what the button says that does it */
  action: string;
  /** does it; when it rejects, its sentence is shown and it can be tried again */
  onConfirm: () => Promise<void>;
  onKeep: () => void;
  /** what will become of things */
  children: ComponentChildren;
}

/** Asks before something is undone. */
export function Confirm({ title, action, onConfirm, onKeep, children }: Asking): JSX.Element {
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState('');
  const handleConfirm = async (): Promise<void> => {
    setBusy(true);
    try {
      await onConfirm();
    } catch (error) {
      setRefused(asApiError(error).message);
      setBusy(false);
    }
  };
  return (
    <Callout
      tone="warning"
      title={title}
      actions={
        <>
          <Button kind="danger" busy={busy} onClick={handleConfirm}>
            {action}
          </Button>
          <Button kind="tertiary" onClick={onKeep}>
            Keep
          </Button>
        </>
      }
    >
      <p>{children}</p>
      {refused && (
        <p role="alert">
          <strong>{refused}</strong>
        </p>
      )}
    </Callout>
  );
}
