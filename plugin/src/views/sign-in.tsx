import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { Api } from '../api.ts';
import { createSignIn, SIGN_IN_URL } from '../state/sign-in.ts';
import { Button, TextButton } from '../ui/button.tsx';
import { Callout } from '../ui/callout.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Icon } from '../ui/icon.tsx';
import { Spinner } from '../ui/skeleton.tsx';

/** Miro has not (or no longer) told the BFF that it may act for this member. */
export function SignInView({ api, again, onDone }: { api: Api; again: boolean; onDone: () => void | Promise<void> }): JSX.Element {
  const signIn = useMemo(() => createSignIn(api, () => void onDone()), [api, onDone]);
  useEffect(() => signIn.cancel, [signIn]);
  const state = signIn.state.value;
  return (
    <main class="page">
      <EmptyState
        page
        icon={again ? 'lock' : 'refresh'}
        title={again ? 'Sign in again' : 'Bring your work onto the board'}
        actions={
          state === 'waiting' ? (
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
            <Button wide onClick={signIn.open}>
              Sign in with Miro
            </Button>
          )
        }
      >
        <p>{again ? 'Miro has ended your sign-in. All cards and links are still there; they follow again as soon as you are back.' : 'Put the issues you talk about on the board as cards. Edit on either side: the other one follows.'}</p>
      </EmptyState>
      {state === 'blocked' && (
        <Callout tone="warning" title="Your browser blocked the window">
          <p>Allow pop-ups for this page, or open the sign-in yourself:</p>
          <p>
            {/* The opened page reports back to its opener, so the link must keep it. */}
            <a class="ext" href={SIGN_IN_URL} target="_blank" rel="opener" onClick={signIn.opened}>
              Sign in with Miro
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
      <p class="fine centered-text">A small window opens. Tandem asks Miro to read and write cards on boards that you can open, and for nothing else.</p>
    </main>
  );
}
