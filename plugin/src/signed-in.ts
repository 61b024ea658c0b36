import type { SignedInMessage } from '@tandem/shared/api';

/** The end of a sign-in, in a window of its own: tells the panel that opened it, says how it went, and closes where it may. */
const OUTCOMES: Readonly<Record<string, readonly [title: string, text: string]>> = {
  'signed-in': ['You are signed in', 'Tandem may now keep the cards that you create up to date. Go back to your board; this window can be closed.'],
  denied: ['You said no', 'Nothing was connected. If that was a mistake, start the sign-in again from the panel on your board.'],
  refused: ['That sign-in does not count', 'It was used already, took too long, or was started in another browser. Start it again from the panel on your board.'],
  failed: ['Miro did not answer as it should', 'Nothing was connected. Wait a moment and start the sign-in again from the panel on your board.'],
};

const outcome = location.hash.slice(1);
const [title, text] = OUTCOMES[outcome] ?? OUTCOMES['failed'] ?? ['', ''];
const heading = document.querySelector('h1');
const paragraph = document.querySelector('p');
if (heading) {
  heading.textContent = title;
  heading.focus();
}
if (paragraph) paragraph.textContent = text;
document.querySelector('main')?.setAttribute('data-outcome', outcome);
document.querySelector('button')?.addEventListener('click', () => window.close());

if (outcome === 'signed-in') {
  const opener = window.opener as Window | null;
  opener?.postMessage({ type: 'tandem:signed-in' } satisfies SignedInMessage, location.origin);
  window.close();
}
