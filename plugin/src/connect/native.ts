import { eventOf } from './events.ts';
import type { Popup } from './outside.ts';
import * as PATIENCE from './patience.ts';
import { listenTo } from './stream.ts';
import type { Task, Way } from './task.ts';

/** It can also begin with listening alone, where a first window was somebody else's. */
export interface OwnWay extends Way {
  listen(): void;
}

/** Munity's documented flow in our own code: a window that opens empty within the click and goes on once the event stream listens, so that no early event is lost. */
export function openNative(task: Task): OwnWay {
  const { outside, munity, uuid, address, events, happen, after, finally: atEnd, isWaiting } = task;
  let popup: Popup | null = null;

  function show(at: string): void {
    popup = outside.open(at, uuid);
    happen({ kind: popup ? 'opened' : 'blocked' });
  }

  function listen(onOpen = (): void => {}): void {
    atEnd(listenTo(events, outside, { onOpen, onEvent: (event) => happen({ kind: 'event', ...event }), onLost: () => happen({ kind: 'lost' }) }));
    const { origin } = new URL(munity.api);
    atEnd(
      outside.onMessage(({ origin: from, source, data }) => {
        // Whoever sends it is known before it is read.
        if (from !== origin || popup === null || source !== popup) return;
        const event = eventOf(data);
        if (event) happen({ kind: 'event', ...event });
      }),
    );
    watch(task, () => popup);
  }

  return {
    open() {
      show('');
      if (!isWaiting()) return;
      let proceed = (): void => {
        proceed = () => {};
        if (popup) popup.location.href = address;
      };
      listen(() => proceed());
      after(PATIENCE.stream, () => proceed());
    },
    listen: () => listen(),
    reopen: () => show(address),
    focus: () => popup?.focus(),
    close: () => popup?.close(),
  };
}

/** Looks at a window again and again. Twice closed in a row counts: once may be a window that is just changing pages. */
export function watch(task: Task, popup: () => Popup | null | undefined, hits = 0): void {
  task.after(PATIENCE.look, () => {
    if (!task.isWaiting()) return;
    const seen = popup()?.closed ? hits + 1 : 0;
    if (seen === 2) task.happen({ kind: 'closed' });
    watch(task, popup, seen);
  });
}
