import type { SignedInMessage } from '@tandem/shared/api';

/** The end of a sign-in, in a window of its own: tells the page that opened it, says how it went, and closes where it may. */
const OUTCOMES: Readonly<Record<string, readonly [title: string, text: string]>> = {
  'signed-in': ['You are signed in', 'Tandem may now keep the cards that you create up to date. Go back to your board; this window can be closed.'],
  connected: ['Your account is connected', 'Go back to where you began; this window can be closed.'],
  denied: ['You said no', 'Nothing was connected. If that was a mistake, start again where you began.'],
  refused: ['That sign-in does not count', 'It was used already, took too long, or was started in another browser. Nothing was connected. Start again where you began.'],
  'other-member': ['Somebody else began this', 'In this browser you are another Miro user than the one whose account this would become. Nothing was connected. Start from your own panel, on your board.'],
  failed: ['That did not work', 'The other side did not answer as it should, or this browser keeps no cookies. Nothing was connected. Wait a moment, then start again where you began.'],
};
/** How a sign-in ends well. */
const GOOD = new Set(['signed-in', 'connected']);

const outcome = location.hash.slice(1);
const [title, text] = OUTCOMES[outcome] ?? OUTCOMES['failed'] ?? ['', ''];
const heading = document.querySelector('h1');
const paragraph = document.querySelector('p');
if (heading) {
  heading.textContent = title;
  heading.focus();
}
if (paragraph) paragraph.textContent = text;
document.querySelector('main')?.classList.toggle('good', GOOD.has(outcome));
document.querySelector('button')?.addEventListener('click', () => window.close());

if (GOOD.has(outcome)) {
  const opener = window.opener as Window | null;
  opener?.postMessage({ type: 'tandem:signed-in' } satisfies SignedInMessage, location.origin);
  window.close();
}
