/** What a connection waits for, in milliseconds. */

/** for the event stream, before the window goes on without it */
export const stream = 1500;
/** between two looks at the window */
export const look = 500;
/** between two questions to our server: in the first half minute, and after it */
export const askEagerly = 2000;
export const ask = 5000;
export const eager = 30_000;
/** for an answer of it; the question is asked again */
export const answer = 10_000;
/** for somebody whose window seems closed: a page may cut itself off, which looks the same */
export const closed = 180_000;
export const all = 15 * 60_000;
/** before the window is closed, so that its page can end what it does */
export const close = 500;
/** for the items, once access is granted */
export const imported = 30 * 60_000;
