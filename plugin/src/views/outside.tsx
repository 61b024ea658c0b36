import type { JSX } from 'preact';
import { EmptyState } from '../ui/empty-state.tsx';
import { ExternalLink } from '../ui/external-link.tsx';

/** The page was opened on its own: there is no board around it. */
export function Outside(): JSX.Element {
  return (
    <main class="page">
      <EmptyState page icon="locate" title="Open me on a board">
        <p>Tandem lives inside Miro. Open a board, then click its icon in the toolbar.</p>
        <p>
          <ExternalLink href="https://miro.com/app/dashboard/">Go to your Miro boards</ExternalLink>
        </p>
      </EmptyState>
    </main>
  );
}
