import type { ComponentChildren, JSX } from 'preact';
import type { Load } from '../../state/load.ts';
import { ErrorState } from '../../ui/error-state.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';

interface Props<T> {
  id: string;
  title: string;
  lead: string;
  load: Load<T>;
  onRetry: () => Promise<void>;
  children: (value: T) => ComponentChildren;
}

/** A part of the settings: what it is about, and its content once that is here. */
export function Section<T>({ id, title, lead, load, onRetry, children }: Props<T>): JSX.Element {
  return (
    <section class="section" aria-labelledby={id}>
      <div class="section-head">
        <h2 class="empty-title" id={id}>
          {title}
        </h2>
        <p class="lead">{lead}</p>
      </div>
      <div class="sheet">
        {load.state === 'loading' && (
          <div class="sheet-inset">
            <Skeleton rows={2} label={`Loading: ${title}`} />
          </div>
        )}
        {load.state === 'error' && <ErrorState error={load.error} onRetry={onRetry} />}
        {load.state === 'ready' && children(load.value)}
      </div>
    </section>
  );
}
