import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { DisconnectAnswer } from '@tandem/shared/api';
import { asApiError } from '../api.ts';
import { Button } from '../ui/button.tsx';
import { Callout } from '../ui/callout.tsx';

interface Props {
  /** what is disconnected: `GitLab`, `Ben’s GitLab` */
  name: string;
  onConfirm: () => Promise<DisconnectAnswer>;
  onDone: (answer: DisconnectAnswer) => void;
  onKeep: () => void;
}

/** Asks before an account is disconnected, and says what will become of its cards. */
export function Disconnect({ name, onConfirm, onDone, onKeep }: Props): JSX.Element {
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState('');
  const handleConfirm = async (): Promise<void> => {
    setBusy(true);
    try {
      onDone(await onConfirm());
    } catch (error) {
      setRefused(asApiError(error).message);
      setBusy(false);
    }
  };
  return (
    <Callout
      tone="warning"
      title={`Disconnect ${name}?`}
      actions={
        <>
          <Button kind="danger" busy={busy} onClick={handleConfirm}>
            Disconnect
          </Button>
          <Button kind="tertiary" onClick={onKeep}>
            Keep
          </Button>
        </>
      }
    >
      <p>All cards stay on their boards. They go on following while the account of somebody else in the team reads their items; else they stand still.</p>
      {refused && (
        <p role="alert">
          <strong>{refused}</strong>
        </p>
      )}
    </Callout>
  );
}

/** What disconnecting could not undo elsewhere, for the person to do. */
export function LeftOver({ left, onClose }: { left: readonly string[]; onClose: () => void }): JSX.Element {
  return (
    <Callout
      tone="info"
      title="Disconnected, but not everywhere"
      actions={
        <Button kind="secondary" onClick={onClose}>
          Got it
        </Button>
      }
    >
      {left.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </Callout>
  );
}
