import type { ComponentChildren, JSX } from 'preact';
import { EmptyState } from '../../ui/empty-state.tsx';

/** Where a browser signs in that Tandem does not know; it comes back to the settings. */
export const SIGN_IN = '/auth/miro?back=settings';

/** What whoever is not signed in sees: what this is, and the way in. */
export function Door({ title, signIn, children }: { title: string; signIn: string; children: ComponentChildren }): JSX.Element {
  return (
    <main class="door">
      <EmptyState
        page
        icon="lock"
        title={title}
        actions={
          <a class="button button-medium button-primary wide" href={signIn}>
            Sign in with Miro
          </a>
        }
      >
        <p>{children}</p>
      </EmptyState>
      <p class="fine centered-text">Miro says who you are. After twelve hours, or when you sign out, this browser forgets it.</p>
    </main>
  );
}
