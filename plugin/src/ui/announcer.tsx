import { signal } from '../signal.ts';
import type { JSX } from 'preact';

const said = signal('');

/** Says a sentence to people who cannot see what just changed. */
export function announce(sentence: string): void {
  said.value = sentence;
}

/** The page's one polite live region. */
export function Announcer(): JSX.Element {
  return (
    <div class="sr" role="status" aria-live="polite">
      {said.value}
    </div>
  );
}
