import type { JSX } from 'preact';
import { Button } from '../ui/button.tsx';
import { Callout } from '../ui/callout.tsx';
import { Confirm, type Asking } from '../ui/confirm.tsx';

/** Asks before an account is disconnected, and says what will become of its cards. `name`: `GitLab`, `Ben’s GitLab`. */
export function Disconnect({ name, ...rest }: { name: string } & Pick<Asking, 'onConfirm' | 'onKeep'>): JSX.Element {
  return (
    <Confirm title={`Disconnect ${name}?`} action="Disconnect" {...rest}>
      All cards stay on their boards. They go on following while the account of somebody else in the team reads their items; else they stand still.
    </Confirm>
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
