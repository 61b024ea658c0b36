import type { ComponentChildren, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { SignIn } from '../state/sign-in.ts';
import { Button, TextButton } from '../ui/button.tsx';
import { Callout } from '../ui/callout.tsx';
import { Icon } from '../ui/icon.tsx';
import { Spinner } from '../ui/skeleton.tsx';

interface Props {
  signIn: SignIn;
  label: string;
  /** buttons beside the main one */
  children?: ComponentChildren;
}

/** The button that opens a sign-in in a window of its own, and what can become of that window. */
export function SignInWindow({ signIn, label, children }: Props): JSX.Element {
  useEffect(() => signIn.cancel, [signIn]);
  const state = signIn.state.value;
  return (
    <div class="stack">
      {state === 'waiting' ? (
        <div class="waiting" role="status">
          <p>
            <Spinner /> Waiting for the sign-in window…
          </p>
          <div class="actions">
            <Button kind="secondary" onClick={signIn.open}>
              Open it again
            </Button>
            <Button kind="tertiary" onClick={signIn.cancel}>
              Cancel
            </Button>
          </div>
        </div>
      ) : (
        <div class="actions">
          <Button onClick={signIn.open}>{label}</Button>
          {children}
        </div>
      )}
      {state === 'blocked' && (
        <Callout tone="warning" title="Your browser blocked the window">
          <p>Allow pop-ups for this page, or open the sign-in yourself:</p>
          <p>
            {/* The opened page reports back to its opener, so the link must keep it. */}
            <a class="ext" href={signIn.url} target="_blank" rel="opener" onClick={signIn.opened}>
              {label}
              <Icon name="external" size={14} />
              <span class="sr">(opens in a new tab)</span>
            </a>
          </p>
        </Callout>
      )}
      {state === 'expired' && (
        <Callout tone="info" title="Nobody finished the sign-in">
          <p>
            The window was open for ten minutes. <TextButton onClick={signIn.open}>Start again</TextButton> when you are ready.
          </p>
        </Callout>
      )}
    </div>
  );
}
