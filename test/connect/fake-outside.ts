import type { Outside, Popup } from '@tandem/plugin/connect/outside';

/** A window as the page that opened it sees it. */
export interface FakePopup extends Popup {
  closed: boolean;
  focused: number;
}

/** An event stream that a test drives. */
export interface FakeStream {
  readonly address: string;
  readonly closed: boolean;
  open(): void;
  /** an event, under this name */
  say(data: string, name?: string): void;
  /** the line drops and the browser connects again by itself; or it gives up */
  drop(forGood?: boolean): void;
}

/** A browser for connections: time passes when told, windows and streams are driven by hand, and what was left behind can be counted. */
export interface FakeOutside extends Outside {
  readonly popups: FakePopup[];
  readonly streams: FakeStream[];
  readonly reported: unknown[];
  /** addresses that windows were opened with */
  readonly opened: string[];
  /** no window opens from now on */
  blocked: boolean;
  /** Lets time pass, timer after timer, and promises with it. */
  pass(ms: number): Promise<void>;
  message(origin: string, source: unknown, data: unknown): void;
  /** timers, listeners and open streams that nobody has put away */
  left(): { timers: number; listeners: number; streams: number };
}

export const NOW = Date.parse('2027-03-01T09:00:00Z');

/** A JWT with these claims. */
export function secretOf(claims: object): string {
  return ['head', Buffer.from(JSON.stringify(claims)).toString('base64url'), 'sign'].join('.');
}

/** A browser in which nothing has happened yet. */
export function fakeOutside(): FakeOutside {
  let time = NOW;
  let ids = 0;
  const timers = new Map<number, { at: number; what: () => void }>();
  const listeners = new Set<Parameters<Outside['onMessage']>[0]>();
  const popups: FakePopup[] = [];
  const streams: (FakeStream & { closed: boolean })[] = [];
  const reported: unknown[] = [];
  const opened: string[] = [];

  const next = (until: number): [number, { at: number; what: () => void }] | undefined => [...timers].filter(([, timer]) => timer.at <= until).sort(([, a], [, b]) => a.at - b.at)[0];
  // Promises of the code under test settle within a few turns.
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };

  const outside: FakeOutside = {
    popups,
    streams,
    reported,
    opened,
    blocked: false,
    now: () => time,
    uuid: () => `uuid-${++ids}`,
    after(ms, what) {
      const id = ++ids;
      timers.set(id, { at: time + ms, what });
      return () => void timers.delete(id);
    },
    open(address: string) {
      opened.push(address);
      if (outside.blocked) return null;
      const popup: FakePopup = {
        closed: false,
        focused: 0,
        location: { href: address },
        focus: () => void popup.focused++,
        close: () => void (popup.closed = true),
      };
      popups.push(popup);
      return popup;
    },
    stream: (address) => {
      const target = new EventTarget();
      let readyState = 0;
      const stream = Object.assign(target, { close: () => void (fake.closed = true) });
      Object.defineProperty(stream, 'readyState', { get: () => readyState });
      const fake: FakeStream & { closed: boolean } = {
        address,
        closed: false,
        open() {
          readyState = 1;
          target.dispatchEvent(new Event('open'));
        },
        say(data, name = 'message') {
          if (!fake.closed) target.dispatchEvent(new MessageEvent(name, { data }));
        },
        drop(forGood = false) {
          readyState = forGood ? 2 : 0;
          fake.closed = forGood;
          target.dispatchEvent(new Event('error'));
        },
      };
      streams.push(fake);
      return stream as unknown as EventSource;
    },
    onMessage(handler) {
      listeners.add(handler);
      return () => void listeners.delete(handler);
    },
    report: (error) => void reported.push(error),
    async pass(ms) {
      const until = time + ms;
      await settle();
      for (let due = next(until); due; due = next(until)) {
        timers.delete(due[0]);
        time = due[1].at;
        due[1].what();
        await settle();
      }
      time = until;
      await settle();
    },
    message: (origin, source, data) => listeners.forEach((handler) => handler({ origin, source: source as Window, data })),
    left: () => ({ timers: timers.size, listeners: listeners.size, streams: streams.filter((stream) => !stream.closed).length }),
  };
  return outside;
}
