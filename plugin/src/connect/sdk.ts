import type { connect } from '@munityapps/sdk-frontend';
import { eventOf } from './events.ts';
import { watch, type OwnWay } from './native.ts';
import type { Popup } from './outside.ts';
import type { Task, Way } from './task.ts';

/**
 * The flow of Munity's own package, which opens its window once. It has no word for opening it again, and begun anew it would make a second connection of one secret: from then on our own way goes on, in which a window that the browser blocked is a link.
 * It calls any drop of its event stream an error, once and for all: to us that is a lost channel.
 */
export function openSdk(task: Task, connectBySdk: typeof connect, own: OwnWay): Way {
  const { connector, secret, munity, happen, isWaiting } = task;
  let popup: Popup | null | undefined;
  let goesOn = false;
  const goOn = (): void => {
    if (!goesOn) own.listen();
    goesOn = true;
  };
  const handleLost = (cause: unknown): void => {
    if (!goesOn) happen({ kind: 'lost', cause });
  };
  const handleEvent = (data: unknown): void => {
    const event = eventOf(data);
    if (event?.type === 'error' && typeof data === 'string') handleLost(data);
    else if (event) happen({ kind: 'event', ...event });
  };
  return {
    open() {
      const opened = opening(() => {
        connectBySdk(connector, secret, handleEvent, { api_url: munity.api, sse_url: munity.sse }).then(() => happen({ kind: 'event', type: 'READY', message: undefined }), handleLost);
      });
      ({ popup } = opened);
      if (popup !== null && 'trouble' in opened) throw opened.trouble;
      happen({ kind: popup === null ? 'blocked' : 'opened' });
      if (!isWaiting()) return;
      if (popup === null) goOn();
      else watch(task, () => popup);
    },
    reopen() {
      if (popup && !popup.closed) return popup.focus();
      goOn();
      own.reopen();
    },
    focus() {
      popup?.focus();
      own.focus();
    },
    close() {
      popup?.close();
      own.close();
    },
  };
}

/** The window that code opens meanwhile: `null` where the browser let none open, `undefined` where it asked for none, or for one that cannot be seen; and what it threw. */
function opening(run: () => void): { popup: Popup | null | undefined; trouble?: unknown } {
  const { open } = window;
  let popup: Popup | null | undefined;
  window.open = (...call) => {
    const opened = open.apply(window, call);
    popup = opened ?? (/\bno(?:opener|referrer)\b/.test(call[2] ?? '') ? undefined : null);
    return opened;
  };
  try {
    run();
    return { popup };
  } catch (trouble) {
    return { popup, trouble };
  } finally {
    window.open = open;
  }
}
