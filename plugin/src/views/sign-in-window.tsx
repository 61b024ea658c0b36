import type { ComponentChildren, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { SignIn } from '../state/sign-in.ts';
import { Button } from '../ui/button.tsx';
import { Callout } from '../ui/callout.tsx';
import { ExternalLink } from '../ui/external-link.tsx';
import { Spinner } from '../ui/skeleton.tsx';

interface Props {
  signIn: SignIn;
  label: string;
  /** buttons beside the main one */
  children?: ComponentChildren;
}

/** The button that opens a sign-in in a window of its own, and what can become of that window. */
export function SignInWindow({ signIn, label, children }: Props): JSX.Element {
  useEffect(() => signIn.dispose, [signIn]);
  const state = signIn.state.value;
  const says = signIn.says.value;
  const waiting = state === 'waiting' || state === 'granted';
  return (
    <div class="stack">
      {waiting ? (
        <div class="waiting" role="status">
          <p>
            <Spinner /> {says}
          </p>
          <div class="actions">
            {state !== 'granted' && (
              <Button kind="secondary" onClick={signIn.open}>
                Open it again
              </Button>
            )}
            <Button kind="tertiary" onClick={signIn.cancel}>
              Cancel
            </Button>
          </div>
        </div>
      ) : (
        <div class="actions">
          <Button busy={state === 'preparing'} onClick={signIn.open}>
            {state === 'refused' ? 'Try again' : label}
          </Button>
          {children}
        </div>
      )}
      {state === 'blocked' && (
        <Callout tone="warning" title="Your browser blocked the window">
          <p>Allow pop-ups for this page, or open the sign-in yourself:</p>
          <p>
            <ExternalLink href={signIn.url} onOpened={signIn.opened}>
              {label}
            </ExternalLink>
          </p>
        </Callout>
      )}
      {!waiting && says && (
        <Callout tone="warning" title="That did not work">
          <p>{says}</p>
        </Callout>
      )}
    </div>
  );
}
