import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** What an action opened below its line: takes the focus, to its first field where it has one, and gives it back to the line's actions when it closes. */
export function Opened({ children }: { children: ComponentChildren }): JSX.Element {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const opened = root.current;
    const line = opened?.closest('li, tbody');
    (opened?.querySelector<HTMLElement>('input:not([type=radio])') ?? opened)?.focus();
    // The actions come back with the same change that takes this away.
    return () => void requestAnimationFrame(() => line?.querySelector<HTMLElement>('.entry-actions button, :scope > button')?.focus());
  }, []);
  return (
    <div class="entry-more" tabIndex={-1} ref={root}>
      {children}
    </div>
  );
}
