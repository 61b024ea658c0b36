import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Api } from '../api.ts';
import { createSignIn, MIRO } from '../state/sign-in.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { SignInWindow } from './sign-in-window.tsx';

/** Miro has not (or no longer) told the BFF that it may act for this member. */
export function SignInView({ api, again, onDone }: { api: Api; again: boolean; onDone: () => void | Promise<void> }): JSX.Element {
  const signIn = useMemo(() => createSignIn(api, MIRO, () => void onDone()), [api, onDone]);
  return (
    <main class="page narrow">
      <EmptyState page icon={again ? 'lock' : 'refresh'} title={again ? 'Sign in again' : 'Bring your work onto the board'}>
        <p>{again ? 'Miro has ended your sign-in. All cards and links are still there; they follow again as soon as you are back.' : 'Put the issues you talk about on the board as cards. Edit on either side: the other one follows.'}</p>
      </EmptyState>
      <SignInWindow signIn={signIn} label="Sign in with Miro" />
      <p class="fine centered-text">Tandem asks Miro to read and write cards on boards that you can open, and for nothing else.</p>
    </main>
  );
}
