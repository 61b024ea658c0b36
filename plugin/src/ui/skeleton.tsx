import type { JSX } from 'preact';

/** Grey shapes where results will be, said once in words for those who cannot see them. */
export function Skeleton({ rows = 4, label }: { rows?: number; label: string }): JSX.Element {
  return (
    <div role="status">
      <span class="sr">{label}</span>
      {Array.from({ length: rows }, (_, index) => (
        <div class="bone" key={index} aria-hidden="true">
          <span class="bone-line" />
          <span class="bone-line short" />
          <span class="bone-chip" />
        </div>
      ))}
    </div>
  );
}

/** A small turning circle beside words that say what is waited for. */
export function Spinner(): JSX.Element {
  return <span class="spinner" aria-hidden="true" />;
}
