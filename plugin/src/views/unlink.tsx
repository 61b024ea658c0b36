import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Button, TextButton } from '../ui/button.tsx';
import { Callout } from '../ui/callout.tsx';
import { Icon } from '../ui/icon.tsx';

/** Ends the link between card and item, after asking. */
export function Unlink({ itemKey, onUnlink }: { itemKey: string; onUnlink: () => Promise<string | undefined> }): JSX.Element {
  const [step, setStep] = useState<'rest' | 'asked' | 'busy'>('rest');
  const [refused, setRefused] = useState<string | undefined>(undefined);
  const handleUnlink = async (): Promise<void> => {
    setStep('busy');
    setRefused(await onUnlink());
    setStep('asked');
  };
  if (step === 'rest') {
    return (
      <p class="unlink">
        <TextButton onClick={() => setStep('asked')}>
          <Icon name="unlink" /> Disconnect this card
        </TextButton>
      </p>
    );
  }
  return (
    <Callout
      tone="warning"
      title={`Disconnect the card from ${itemKey}?`}
      actions={
        <>
          <Button kind="danger" busy={step === 'busy'} onClick={() => void handleUnlink()}>
            Disconnect
          </Button>
          <Button kind="tertiary" onClick={() => setStep('rest')}>
            Keep
          </Button>
        </>
      }
    >
      <p>{refused ?? 'The card stays on the board with what it shows now, but no longer follows. The item itself is not touched.'}</p>
    </Callout>
  );
}
