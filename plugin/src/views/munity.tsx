import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { createStartConnect } from '../connect/flow.ts';
import { BROWSER } from '../connect/outside.ts';
import { createMunitySignIn } from '../state/munity.ts';
import { labelOf, type ConnectProps } from './connect-form.tsx';
import { SignInWindow } from './sign-in-window.tsx';

const parts = { start: createStartConnect(BROWSER), outside: BROWSER };

/** What connects an account through Munity: its button is ready once a session is prepared. */
export function Munity({ api, site, onConnected, children }: ConnectProps): JSX.Element {
  const signIn = useMemo(() => createMunitySignIn(api, site, site.connector ?? '', onConnected, parts), []);
  return (
    <SignInWindow signIn={signIn} label={labelOf(site)}>
      {children}
    </SignInWindow>
  );
}
