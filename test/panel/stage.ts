import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import type { ErrorCode } from '@tandem/shared/errors';
import { launchChromium } from '../browser/chromium.ts';
import { BOARD } from './fixtures.ts';

const DIST = fileURLToPath(new URL('../../plugin/dist', import.meta.url));
const SHOTS = fileURLToPath(new URL('../../.cache/shots', import.meta.url));
const SDK = 'https://miro.com/app/static/sdk/v2/miro.js';
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.map': 'application/json' };
/** As strict as the BFF's, and without its leave for pictures: the pages need none. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'";

/** What a route answers: a JSON body, an error, nothing ever, or no connection. */
export type Answer = { readonly body: unknown; readonly status?: number } | 'hangs' | 'breaks';
/** Answers by `METHOD /path` without `/api`, and of `/auth/session`; several in a row are given one after the other, the last one for ever. */
export type Answers = Readonly<Record<string, Answer | readonly Answer[]>>;

/** A request that the page sent. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: unknown;
  readonly authorization: string | undefined;
}

/** A page of ours on a pretend board. */
export interface Shown {
  readonly page: Page;
  readonly sent: readonly Sent[];
  /** everything that went wrong in it: exceptions, refused by the content policy, requests to elsewhere */
  readonly trouble: readonly string[];
  /** What a route answers from now on. */
  answers(route: string, answer: Answer): void;
  close(): Promise<void>;
}

export interface Opening {
  readonly file: 'panel.html' | 'card.html' | 'settings.html' | `connect.html${string}` | `signed-in.html#${string}`;
  readonly width: number;
  readonly height?: number;
  readonly answers: Answers;
  /** no Miro around the page */
  readonly outside?: boolean;
  /** the browser opens no windows, or only such as seem closed at once */
  readonly popups?: 'blocked' | 'closed' | 'opened';
}

/** A server for the built pages and a browser to open them in. */
export interface Stage {
  readonly origin: string;
  open(opening: Opening): Promise<Shown>;
  close(): Promise<void>;
}

/** What the page that is shown was asked for, and what it did. */
interface Visit {
  readonly sent: Sent[];
  readonly trouble: string[];
  readonly left: Map<string, Answer[]>;
}

/** Serves the built plugin and pretended routes of the BFF on loopback, under a content policy. Needs a build. */
export async function openStage(): Promise<Stage> {
  if (!existsSync(join(DIST, 'panel.html'))) throw new Error('The pages are not built: run `npm run build` first (plugin/dist/panel.html is missing).');
  let visit: Visit = { sent: [], trouble: [], left: new Map() };
  const server = createServer((request, response) => {
    // On a connection used before, browsers ask again by themselves when it breaks.
    response.shouldKeepAlive = false;
    void (/^\/(?:api\/|auth\/session)/.test(request.url ?? '') ? answer(visit, request, response) : file(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await launchChromium();
  // One tab, one document after the other: a tab for each would start a process and compile axe again, which is most of what a short visit costs.
  const context = await browser.newContext({ reducedMotion: 'reduce', ...(process.env['SHOTS'] ? { deviceScaleFactor: 2 } : {}) });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Page.enable');
  page.on('pageerror', (error) => visit.trouble.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) visit.trouble.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, origin: asked } = new URL(request.url());
    if (protocol.startsWith('http') && asked !== origin) visit.trouble.push(`request to ${request.url()}`);
  });
  return {
    origin,
    async open({ file, width, height = 800, answers, outside = false, popups = 'opened' }) {
      const { sent, trouble, left } = (visit = { sent: [], trouble: [], left: new Map(Object.entries(answers).map(([key, answer]) => [key, isList(answer) ? [...answer] : [answer]])) });
      await page.setViewportSize({ width, height });
      const source = `(${pretendBoard.toString()})(${JSON.stringify({ board: BOARD, outside, popups })})`;
      const { identifier } = await devtools.send('Page.addScriptToEvaluateOnNewDocument', { source });
      await page.goto(`${origin}/${file}`);
      const close = async (): Promise<void> => {
        // Nothing stays for the next one: no document, no storage, no board, no lost connection.
        await devtools.send('Page.removeScriptToEvaluateOnNewDocument', { identifier });
        await devtools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'cookies,local_storage' });
        await page.evaluate(() => sessionStorage.clear());
        await context.setOffline(false);
        await page.goto('about:blank');
      };
      return { page, sent, trouble, answers: (route, answer) => void left.set(route, [answer]), close };
    },
    close: async () => {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const isList = (answer: Answer | readonly Answer[]): answer is readonly Answer[] => Array.isArray(answer);

function file(request: IncomingMessage, response: ServerResponse): void {
  const path = normalize(new URL(request.url ?? '/', 'http://page').pathname);
  const name = join(DIST, path);
  if (path === '/sdk.js' || !existsSync(name) || !extname(name)) {
    response.writeHead(path === '/sdk.js' ? 200 : 404, { 'content-type': 'text/javascript' }).end();
    return;
  }
  const bytes = readFileSync(name);
  response.setHeader('content-type', TYPES[extname(name)] ?? 'application/octet-stream');
  if (extname(name) !== '.html') return void response.setHeader('cache-control', 'max-age=3600').end(bytes);
  response.setHeader('content-security-policy', POLICY);
  response.end(bytes.toString('utf8').replace(SDK, '/sdk.js'));
}

async function answer({ sent, trouble, left }: Visit, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, search } = new URL(request.url ?? '/', 'http://page');
  // A stream of events in which nothing happens.
  if (pathname.includes('/events/')) return;
  const method = request.method ?? '';
  const path = decodeURIComponent(pathname.replace(/^\/api/, ''));
  const body = await text(request);
  sent.push({ method, path, query: search, body: body === '' ? null : (JSON.parse(body) as unknown), authorization: request.headers.authorization });
  const queue = left.get(`${method} ${path}`);
  const given = queue && (queue.length > 1 ? queue.shift() : queue[0]);
  if (!given) trouble.push(`nobody answers ${method} ${path}`);
  if (given === 'hangs') return;
  if (!given || given === 'breaks') return void request.socket.destroy();
  response.writeHead(given.status ?? 200, { 'content-type': 'application/json' }).end(given.status === 204 ? undefined : JSON.stringify(given.body));
}

/** A refusal as the BFF words it. */
export function refusal(status: number, code: ErrorCode, message: string, details?: unknown): Answer {
  return { status, body: { error: { code, message, id: 'req-7f3a', details } } };
}

/** Defines `window.miro` in the page: an empty board that makes cards as they are asked for. Runs in the browser, so it can use nothing from here. */
function pretendBoard(options: { board: string; outside: boolean; popups: 'blocked' | 'closed' | 'opened' }): void {
  const made: Record<string, unknown>[] = [];
  const handlers = new Map<string, (payload: unknown) => void>();
  const never = new Promise<never>(() => undefined);
  const part = btoa(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + 3600 }));
  const board = {
    getInfo: () => (options.outside ? never : Promise.resolve({ id: options.board })),
    getIdToken: () => Promise.resolve(`head.${part}.sign`),
    viewport: { get: () => Promise.resolve({ x: 0, y: 0, width: 1600, height: 900 }), zoomTo: (cards: unknown) => Promise.resolve(void Object.assign(window, { zoomed: cards })) },
    findEmptySpace: (wanted: object) => Promise.resolve(wanted),
    createAppCard: (props: Record<string, unknown>) => {
      const item = { ...props, id: `new-${made.length + 1}`, type: 'app_card', height: 160, sync: () => Promise.resolve() };
      made.push(item);
      return Promise.resolve(item);
    },
    getById: (id: string) => {
      const item = made.find((one) => one['id'] === id) ?? (id.startsWith('card-') && id !== 'card-again' ? { id, type: 'app_card' } : undefined);
      return item ? Promise.resolve(item) : Promise.reject(new Error('no such item'));
    },
    remove: (item: Record<string, unknown>) => Promise.resolve(void made.splice(made.indexOf(item), 1)),
    ui: {
      on: (event: string, handler: (payload: unknown) => void) => void handlers.set(event, handler),
      off: () => undefined,
      getModalData: () => Promise.resolve({ board: options.board, card: 'card-7' }),
      closeModal: () => Promise.resolve(void Object.assign(window, { modalClosed: true })),
    },
  };
  const open = (url: string): object | null => {
    Object.assign(window, { popup: url });
    return options.popups === 'blocked' ? null : { closed: options.popups === 'closed', location: {}, focus: () => undefined, close: () => undefined };
  };
  const drop = (x: number, y: number, target: Element): void => handlers.get('drop')?.({ x, y, target });
  Object.assign(window, { miro: { board }, made, drop });
  window.open = open as typeof window.open;
}

/** Everything that sticks out of the page or out of its own box. Text that ends in an ellipsis, scrolls, or is for readers only may. */
export function overflows(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const name = (element: Element): string => `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} "${(element.textContent ?? '').trim().slice(0, 40)}"`;
    const bad: string[] = [];
    if (document.documentElement.scrollWidth > window.innerWidth) bad.push(`the document is ${document.documentElement.scrollWidth} wide`);
    for (const element of document.body.querySelectorAll<HTMLElement>('*')) {
      const box = element.getBoundingClientRect();
      if (element.closest('.sr, svg') || box.width === 0 || element.matches('input[type=radio]')) continue;
      const style = getComputedStyle(element);
      const cut = element.parentElement?.closest('.cut, .row-title');
      if (!cut && (box.right > window.innerWidth + 0.5 || box.left < -0.5)) bad.push(`outside the page: ${name(element)}`);
      const forgiving = /^(?:INPUT|TEXTAREA|SELECT)$/.test(element.tagName) || style.textOverflow === 'ellipsis' || style.display === 'inline' || element.matches(':has(> .popup)') || cut;
      if (!forgiving && element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1) bad.push(`wider than its box: ${name(element)}`);
      if (element.matches('button, .chip') && element.scrollHeight > element.clientHeight + 2) bad.push(`higher than its box: ${name(element)}`);
    }
    return bad;
  });
}

/** What axe finds: WCAG 2 A and AA, and its best practices; or of these only what another width can change. */
export async function violations(page: Page, rules: 'all' | 'layout'): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const runOnly = rules === 'all' ? ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] : { type: 'rule', values: ['target-size', 'scrollable-region-focusable'] };
  return page.evaluate(async (options) => {
    const { axe: run } = window as unknown as { axe: { run(root: Document, options: object): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }> } };
    const { violations } = await run.run(document, options);
    return violations.flatMap((found) => found.nodes.map((node) => `${found.id}: ${node.html} ${node.failureSummary ?? ''}`));
  }, { runOnly, resultTypes: ['violations'] });
}

/** Keeps a picture of the page for people to judge. */
export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), animations: 'disabled' });
}

/** The accessible names (or texts) of what Tab reaches from the top of the page. */
export async function tabStops(page: Page, count: number): Promise<string[]> {
  const names: string[] = [];
  for (let at = 0; at < count; at++) {
    await page.keyboard.press('Tab');
    names.push(
      await page.evaluate(() => {
        const element = document.activeElement as HTMLInputElement | null;
        return (element?.getAttribute('aria-label') ?? [...(element?.labels ?? [])].map((label) => label.textContent).join(' ')) || element?.textContent || '';
      }),
    );
  }
  return names;
}
