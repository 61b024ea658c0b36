import type { JSX } from 'preact';
import type { ApiError } from '../api.ts';
import { Button } from './button.tsx';
import { EmptyState } from './empty-state.tsx';

/** A whole view that could not be had: the error's own sentence, its id for whoever reads the logs, and another try. */
export function ErrorState({ error, page = false, onRetry }: { error: ApiError; page?: boolean; onRetry: () => void | Promise<void> }): JSX.Element {
  const offline = error.code === 'network';
  return (
    <div role="alert">
      <EmptyState page={page} icon={offline ? 'offline' : 'warning'} tone={offline ? 'gray' : 'red'} title={offline ? 'No connection' : 'That did not work'} actions={<Button onClick={onRetry}>Try again</Button>}>
        <p>{error.message}</p>
        {error.id && <p class="fine">Reference {error.id}</p>}
      </EmptyState>
    </div>
  );
}
