import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Frame, Page } from 'playwright-core';
import type { Lab, LabCall } from './lab.ts';

/** The lab's page in a frame of another site, as Miro frames the panel. */
export interface LabVisit {
  readonly page: Page;
  readonly frame: Frame;
  /** everything that the console said, and uncaught errors */
  readonly said: readonly string[];
  /** A click on the button, and the window that it opens. */
  click(next: { secret: string; connector?: string; config?: Record<string, string> }): Promise<Page>;
  /** The arguments of the next click. */
  prepare(next: { secret: string; connector?: string; config?: Record<string, string> }): Promise<void>;
  calls(): Promise<LabCall[]>;
  /** Timers, listeners and event streams of the frame that nobody has put away. */
  left(): Promise<{ timers: number; listeners: number; streams: number }>;
  close(): Promise<void>;
}

const html = (body: string): string => `<!doctype html><html lang="en"><title>Lab</title><link rel="icon" href="data:,">${body}</html>`;

/** Opens the lab. `config` is passed with each call. `unasked`: the page calls `connect` when it is loaded, before any click. */
export async function visitLab(browser: Browser, script: string, config: Record<string, string>, unasked?: { secret: string }): Promise<LabVisit> {
  // One server under two names, which are two sites to a browser.
  const server = createServer(({ url }, response) => {
    response.setHeader('content-type', url === '/lab.js' ? 'text/javascript' : 'text/html');
    response.end(url === '/lab.js' ? script : html(url === '/lab' ? '<button>Connect</button><script src="/lab.js"></script>' : `<iframe src="${lab}" width="400" height="300"></iframe>`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const lab = `http://localhost:${port}/lab${unasked ? `#${encodeURIComponent(JSON.stringify({ ...unasked, config }))}` : ''}`;
  const context = await browser.newContext({ viewport: { width: 900, height: 700 }, reducedMotion: 'reduce' });
  context.setDefaultTimeout(30_000);
  const said: string[] = [];
  await context.addInitScript(countLeftovers, new URL(lab).origin);
  const page = await context.newPage();
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  await page.goto(`http://127.0.0.1:${port}/`);
  const frame = page.frame({ url: lab });
  if (!frame) throw new Error('the lab is not framed');

  const visit: LabVisit = {
    page,
    frame,
    said,
    prepare: ({ secret, connector = 'jira', config: own = config }) =>
      frame.evaluate((next) => void Object.assign((window as unknown as { lab: Lab }).lab.next, next), { secret, connector, config: own }),
    async click(next) {
      await visit.prepare(next);
      const opened = page.waitForEvent('popup');
      await frame.getByRole('button').click();
      return opened;
    },
    calls: () => frame.evaluate(() => (window as unknown as { lab: Lab }).lab.calls),
    left: () => frame.evaluate(() => (window as unknown as { leftovers: () => { timers: number; listeners: number; streams: number } }).leftovers()),
    close: async () => {
      await context.close();
      server.close();
      server.closeAllConnections();
    },
  };
  return visit;
}

/** Counts what a page has set going and not ended. Runs in the browser, so it can use nothing from here. */
function countLeftovers(origin: string): void {
  if (location.origin !== origin) return;
  const timers = new Set<unknown>();
  const listeners = new Set<unknown>();
  const streams: EventSource[] = [];
  const { setTimeout: set, clearTimeout: clear, setInterval: repeat, clearInterval: end, addEventListener: add, removeEventListener: remove, EventSource: Stream } = window;
  const later = (what: () => void, ms?: number): number => {
    const id = set(() => {
      timers.delete(id);
      what();
    }, ms);
    timers.add(id);
    return id;
  };
  const forget = (id: number): void => {
    timers.delete(id);
    clear(id);
  };
  const again = (what: () => void, ms?: number): number => {
    const id = repeat(what, ms);
    timers.add(id);
    return id;
  };
  const forgetAll = (id: number): void => {
    timers.delete(id);
    end(id);
  };
  const listen = (type: string, handler: EventListener, ...more: unknown[]): void => {
    if (type === 'message') listeners.add(handler);
    add.call(window, type, handler, ...(more as []));
  };
  const unlisten = (type: string, handler: EventListener, ...more: unknown[]): void => {
    listeners.delete(handler);
    remove.call(window, type, handler, ...(more as []));
  };
  class CountedStream extends Stream {
    constructor(address: string | URL) {
      super(address);
      streams.push(this);
    }
  }
  Object.assign(window, {
    setTimeout: later,
    clearTimeout: forget,
    setInterval: again,
    clearInterval: forgetAll,
    addEventListener: listen,
    removeEventListener: unlisten,
    EventSource: CountedStream,
    leftovers: () => ({ timers: timers.size, listeners: listeners.size, streams: streams.filter((stream) => stream.readyState !== 2).length }),
  });
}
