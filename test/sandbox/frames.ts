import type { Calls, Opening, ToBoard, ToFrame } from './wire.ts';
import { el, icon, mark } from './dom.ts';

export type FrameKind = 'headless' | 'panel' | 'modal';

/** One iframe of the app. */
export interface AppFrame {
  readonly number: number;
  readonly kind: FrameKind;
  readonly element: HTMLIFrameElement;
  readonly data: unknown;
  /** the events that its page listens to */
  readonly events: Set<string>;
  readonly closed: Promise<unknown>;
}

type Answers = { [M in keyof Calls]: (frame: AppFrame, ...args: Parameters<Calls[M]>) => ReturnType<Calls[M]> | Promise<ReturnType<Calls[M]>> };
type Drag = Extract<ToBoard, { sdk: 'drag' }>;

/** The app's iframes on this board: how they open and close, and how messages travel to and from them. */
export interface Frames {
  /** Opens a page of the app; the headless one, the panel and the modal exist at most once each. Rejects when it does not load within ten seconds. */
  open(kind: FrameKind, options: Opening): Promise<AppFrame>;
  close(kind: FrameKind, result?: unknown): void;
  get(kind: FrameKind): AppFrame | undefined;
  byNumber(number: number): AppFrame | undefined;
  /** Sends an event to every frame that listens to it, or to this one only. */
  emit(event: string, payload: unknown, to?: FrameKind): void;
  listening(event: string): boolean;
}

/** A promise and what settles it. */
function later(): { promise: Promise<unknown>; resolve: (result: unknown) => void } {
  const box: { resolve?: (result: unknown) => void } = {};
  const promise = new Promise<unknown>((resolve) => (box.resolve = resolve));
  return { promise, resolve: (result) => box.resolve?.(result) };
}

const LOAD_TIMEOUT = 10_000;

/** Messages count only when they come from one of our frames **and** from the app's origin; answers go to that origin alone. */
export function openFrames(app: string, answers: Answers, on: { drag(frame: AppFrame, drag: Drag): void; changed(): void }): Frames {
  const frames = new Map<FrameKind, AppFrame & { end: (result: unknown) => void; shell: HTMLElement; home: HTMLElement | undefined }>();
  let count = 0;

  const send = (frame: AppFrame, message: ToFrame): void => frame.element.contentWindow?.postMessage(message, app);

  window.addEventListener('message', (event: MessageEvent<ToBoard>) => {
    const frame = [...frames.values()].find((one) => one.element.contentWindow === event.source);
    if (!frame || event.origin !== app || typeof event.data !== 'object' || event.data === null) return;
    const message = event.data;
    if (message.sdk === 'drag') on.drag(frame, message);
    if (message.sdk !== 'call') return;
    const answer = answers[message.method] as ((frame: AppFrame, ...args: unknown[]) => unknown) | undefined;
    const { id } = message;
    void (async () => {
      if (!answer) throw new Error(`The pretend board does not know ${message.method}.`);
      return answer(frame, ...message.args);
    })().then(
      (result) => send(frame, { sdk: 'answer', id, result }),
      (error: unknown) => send(frame, { sdk: 'answer', id, error: error instanceof Error ? error.message : String(error) }),
    );
  });

  const close = (kind: FrameKind, result?: unknown): void => {
    const frame = frames.get(kind);
    if (!frame) return;
    frames.delete(kind);
    if (frame.shell instanceof HTMLDialogElement) frame.shell.close();
    frame.shell.remove();
    if (kind !== 'headless') frame.home?.focus({ preventScroll: true });
    frame.end(result);
    on.changed();
  };

  const shell = (kind: FrameKind, frame: HTMLIFrameElement, size: Omit<Opening, 'url'>): HTMLElement => {
    const closer = (label: string): HTMLButtonElement => el('button', { className: 'icon-button', type: 'button', title: label, aria: { label }, onclick: () => close(kind) }, icon('close'));
    if (kind === 'headless') return el('div', { hidden: true }, frame);
    if (kind === 'panel') return el('section', { className: 'panel', aria: { label: 'Tandem panel' } }, el('header', { className: 'panel-head' }, mark(22), el('h2', {}, 'Tandem'), closer('Close Tandem')), frame);
    const dialog = el('dialog', { className: size.fullscreen ? 'modal fullscreen' : 'modal', aria: { label: 'Tandem card' } }, closer('Close'), frame);
    frame.style.width = `${size.width ?? 800}px`;
    frame.style.height = `${size.height ?? 600}px`;
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      close(kind);
    });
    return dialog;
  };

  return {
    get: (kind) => frames.get(kind),
    byNumber: (number) => [...frames.values()].find((frame) => frame.number === number),
    close,
    listening: (event) => [...frames.values()].some((frame) => frame.events.has(event)),
    emit(event, payload, to) {
      for (const frame of frames.values()) {
        if (frame.events.has(event) && (to === undefined || to === frame.kind)) send(frame, { sdk: 'event', event, payload });
      }
    },
    async open(kind, { url, data, ...size }) {
      const target = new URL(url, `${app}/`);
      if (target.origin !== app) throw new Error(`The app may only open its own pages, not ${target.origin}.`);
      close(kind);
      const element = el('iframe', { title: kind === 'headless' ? 'Tandem in the background' : kind === 'panel' ? 'Tandem' : 'Tandem card', src: target.href, allow: 'clipboard-write' });
      const { promise: closed, resolve: end } = later();
      // what was clicked may be painted anew before the frame closes; its card stays
      const active = document.activeElement;
      const home = active?.closest<HTMLElement>('article') ?? (active instanceof HTMLElement ? active : undefined);
      count += 1;
      const frame = { number: count, kind, element, data, events: new Set<string>(), closed, end, home, shell: shell(kind, element, size) };
      frames.set(kind, frame);
      (kind === 'panel' ? (document.querySelector('#board') ?? document.body) : document.body).append(frame.shell);
      if (frame.shell instanceof HTMLDialogElement) frame.shell.showModal();
      on.changed();
      const loaded = new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), LOAD_TIMEOUT);
        element.addEventListener('load', () => {
          clearTimeout(timer);
          resolve(true);
        }, { once: true });
      });
      if (!(await loaded)) {
        close(kind);
        throw new Error(`The ${kind} did not load within ten seconds.`);
      }
      if (kind !== 'headless' && frames.get(kind) === frame) element.focus();
      return frame;
    },
  };
}
