import type { JSX } from 'preact';
import { EmptyState } from '../../ui/empty-state.tsx';

/** Where a browser signs in that Tandem does not know; it comes back to the settings. */
export const SIGN_IN = '/auth/miro?back=settings';

/** What whoever is not signed in sees: what this is, and the way in. */
export function Door(): JSX.Element {
  return (
    <main class="door">
      <EmptyState
        page
        icon="lock"
        title="Accounts and settings"
        actions={
          <a class="button button-medium button-primary wide" href={SIGN_IN}>
            Sign in with Miro
          </a>
        }
      >
        <p>Tandem keeps the cards on your Miro boards and the issues behind them in step: edit on either side, the other one follows.</p>
      </EmptyState>
      <p class="fine centered-text">Miro says who you are. After twelve hours, or when you sign out, this browser forgets it.</p>
    </main>
  );
}

