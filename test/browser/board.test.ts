import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, FrameLocator, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MiroCard } from '../sim/miro.ts';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { launchChromium } from './chromium.ts';

/** A tiny app: every page notes the events that reach it, and the test calls `miro` in it. */
const appPage = (sdk: string, events: readonly string[], extra = ''): string => `<!doctype html><html lang="en"><title>App</title>
<script src="${sdk}"></script>
<body>${extra}<ol id="log"></ol><script>
const note = (name, event) => { const li = document.createElement('li'); li.textContent = name + ' ' + JSON.stringify(event, (key, value) => value instanceof Element ? value.id : value); document.getElementById('log').append(li); };
for (const name of ${JSON.stringify(events)}) miro.board.ui.on(name, (event) => note(name, event ?? null));
miro.board.events.on('hello', (payload) => note('hello', payload));
</script></body></html>`;

const OPEN_PANEL = `<script>miro.board.ui.on('icon:click', () => miro.board.ui.openPanel({ url: '/panel.html' }));
miro.board.ui.on('app_card:open', ({ appCard }) => miro.board.ui.openModal({ url: '/card.html', width: 560, height: 480, data: { card: appCard.id } }));</script>`;

let browser: Browser;
let sandbox: Sandbox;
let app: Server;
let appUrl = '';
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

beforeAll(async () => {
  browser = await launchChromium();
  sandbox = await startSandbox({ productboard: false, bff: 'none' });
  const sdk = new URL('/sdk/miro.js', sandbox.boardUrl).href;
  const pages: Readonly<Record<string, string>> = {
    '/index.html': appPage(sdk, ['icon:click', 'app_card:open', 'app_card:connect', 'items:create', 'items:delete', 'selection:update', 'drop'], OPEN_PANEL),
    '/panel.html': appPage(sdk, ['icon:click', 'app_card:open', 'drop'], '<div id="row" class="miro-draggable" draggable="false" style="width:200px;height:40px">Row 7</div>'),
    '/card.html': appPage(sdk, []),
  };
  app = createServer((req, res) => {
    const page = pages[req.url ?? ''];
    if (page) res.writeHead(200, { 'content-type': 'text/html' }).end(page);
    else res.writeHead(404).end();
  });
  await new Promise<void>((resolve) => void app.listen(0, 'localhost', resolve));
  appUrl = `http://localhost:${(app.address() as AddressInfo).port}`;
  sandbox.setBff(appUrl);
});

afterAll(async () => {
  await browser?.close();
  await sandbox?.close();
  app?.closeAllConnections();
  app?.close();
});

const board = (): Map<string, MiroCard> => sandbox.miro.state.boards.get(sandbox.seeded.board)?.cards ?? new Map();
const ana = (): string => sandbox.seeded.people[0]?.id ?? '';
const log = (frame: FrameLocator, text: string | RegExp): Locator => frame.locator('#log li', { hasText: text });
/** an event has reached a page of the app */
const heard = (frame: FrameLocator, text: string | RegExp): Promise<void> => log(frame, text).first().waitFor({ state: 'attached' });

/** for what the page does in its own time, on a busy machine too */
const eventually = <T>(read: () => T | Promise<T>) => expect.poll(read);

describe('the pretend board', () => {
  let context: BrowserContext;
  let page: Page;

  const card = (name: string | RegExp): Locator => page.getByRole('article', { name });
  const headless = (): FrameLocator => page.frameLocator('iframe[title="Tandem in the background"]');
  const panel = (): FrameLocator => page.frameLocator('iframe[title="Tandem"]');
  const put = (props: Parameters<Sandbox['miro']['createCard']>[2]): MiroCard => sandbox.miro.createCard(sandbox.seeded.board, ana(), props);
  /** what `(argument) => …` answers in the app's headless page */
  const sdk = async <T>(code: string, argument?: unknown): Promise<T> => {
    const element = await page.locator('iframe[title="Tandem in the background"]').elementHandle();
    const frame = await element?.contentFrame();
    if (!frame) throw new Error('The headless page is not there.');
    return frame.evaluate<T>(`(async (argument) => ${code})(${JSON.stringify(argument)})`);
  };

  const visit = async (as = ''): Promise<Page> => {
    const opened = await context.newPage();
    await opened.goto(`${sandbox.boardUrl}?as=${as}`);
    await opened.frameLocator('iframe[title="Tandem in the background"]').locator('#log').waitFor({ state: 'attached' });
    return opened;
  };

  beforeEach(async () => {
    for (const id of board().keys()) sandbox.miro.removeCard(sandbox.seeded.board, ana(), id);
    context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    page = await visit();
  });
  afterEach(() => context.close());

  test('a card that the app creates is on the board and in Miro, with the defaults of the SDK', async () => {
    const made = await sdk<{ id: string; owned: boolean; height: number }>(`{ const { id, owned, height } = await miro.board.createAppCard({ title: 'Fish &amp; <b>chips</b>' }); return { id, owned, height }; }`);
    await card('Fish & chips').waitFor();
    expect(board().get(made.id)).toMatchObject({ status: 'disconnected', width: 320, createdBy: ana(), x: 0, y: 0 });
    expect(made).toMatchObject({ owned: true, height: await card('Fish & chips').evaluate((element: HTMLElement) => element.offsetHeight) });
    await heard(headless(), 'items:create');
  });

  test('sync() writes what the app set and nothing that is read-only', async () => {
    const { id } = put({ title: 'Before', status: 'connected' });
    await card('Before').waitFor();
    const synced = await sdk<{ title: string; height: number }>(`{ const card = await miro.board.getById(argument); card.title = 'After'; card.height = 7; card.fields = [{ value: 'Open', tooltip: 'Status' }]; await card.sync(); return { title: card.title, height: card.height }; }`, id);
    await card('After').getByText('Open', { exact: true }).waitFor();
    expect(synced.height).toBeGreaterThan(90);
    expect(board().get(id)).toMatchObject({ title: expect.stringContaining('After') as string, fields: [{ value: 'Open', tooltip: 'Status' }], height: 94 });
  });

  test('a card of another app can be moved but not written, and its icon is inert', async () => {
    const { id } = put({ title: 'Foreign' });
    const foreign = board().get(id);
    if (foreign) board().set(id, { ...foreign, app: 'someone-else' });
    page = await visit();
    expect(await sdk(`miro.board.getById(argument).then((card) => { card.title = 'Mine now'; return card.sync(); }).then(() => 'written', (error) => error.message)`, id)).toContain('Only the app that created');
    expect(await card('Foreign').getByRole('button').isDisabled()).toBe(true);
  });

  test('a card changed through the REST API changes on the board without a reload, and says so with a flash', async () => {
    const { id } = put({ title: 'Old title', status: 'connected' });
    await card('Old title').waitFor();
    sandbox.miro.updateCard(sandbox.seeded.board, ana(), id, { title: 'New title', fields: [{ value: 'Closed' }], style: { cardTheme: '#6e49cb' } });
    await card('New title').getByText('Closed').waitFor();
    expect(await card('New title').evaluate((element) => element.classList.contains('flash'))).toBe(true);
    expect(await card('New title').evaluate((element) => getComputedStyle(element).borderTopColor)).toBe('rgb(110, 73, 203)');
  });

  test('markup in a title or description is shown as text or dropped, never run', async () => {
    const { id } = put({ title: 'Safe' });
    // past Miro's own filter, which would not let this through
    Object.assign(board().get(id) ?? {}, {
      title: '&lt;b&gt; <img src="x" onerror="window.hacked = 1">is bold',
      description: '<p onclick="window.hacked = 2">fine <a href="javascript:window.hacked = 3">link</a></p><script>window.hacked = 4</script><svg onload="window.hacked = 5"></svg>',
    });
    page = await visit();
    await card('<b> is bold').getByText('fine link', { exact: true }).click();
    expect(await page.locator('#plane :is(img, script, [onclick], a[href])').count()).toBe(0);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
  });

  test('the icon of a connected card opens, that of a disconnected one connects; all frames that listen hear it', async () => {
    put({ title: 'Linked', status: 'connected' });
    put({ title: 'Loose', status: 'disconnected', y: 300 });
    put({ title: 'Gone', status: 'disabled', y: -300 });
    await page.getByRole('button', { name: 'Tandem', exact: true }).click();
    await heard(headless(), 'icon:click');
    await page.getByRole('button', { name: 'Connect with Tandem: Loose' }).click();
    await heard(headless(), /app_card:connect.*Loose/);
    await page.getByRole('button', { name: 'Open in Tandem: Linked' }).click();
    await heard(headless(), /app_card:open.*Linked/);
    await heard(panel(), /app_card:open.*Linked/);
    expect(await log(panel(), 'icon:click').count()).toBe(0);
    expect(await page.getByRole('button', { name: 'No longer available: Gone' }).isDisabled()).toBe(true);
  });

  test('the panel is 368 px wide; the modal has the size and data it was opened with, and Escape closes it', async () => {
    const { id } = put({ title: 'Linked', status: 'connected' });
    await page.getByRole('button', { name: 'Tandem', exact: true }).click();
    await panel().locator('#row').waitFor();
    expect(Math.round((await page.locator('iframe[title="Tandem"]').boundingBox())?.width ?? 0)).toBe(368);
    await card('Linked').focus();
    await page.keyboard.press('Enter');
    const modal = page.locator('iframe[title="Tandem card"]');
    await page.frameLocator('iframe[title="Tandem card"]').locator('#log').waitFor({ state: 'attached' });
    // it grows into its size
    const size = async (): Promise<number[]> => {
      const box = await modal.boundingBox();
      return [Math.round(box?.width ?? 0), Math.round(box?.height ?? 0)];
    };
    await expect.poll(size).toEqual([560, 480]);
    const data = await page.frameLocator('iframe[title="Tandem card"]').locator('body').evaluate(() => miro.board.ui.getModalData<{ card: string }>());
    expect(data).toEqual({ card: id });
    await page.getByRole('button', { name: 'Close', exact: true }).focus();
    await page.keyboard.press('Escape');
    await modal.waitFor({ state: 'detached' });
    expect(await card('Linked').evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test('a copy has a new id, is disconnected, keeps what it says, and is no items:create', async () => {
    const { id } = put({ title: 'Original', description: '<p>text</p>', status: 'connected' });
    await card('Original').click();
    await page.keyboard.press('Control+c');
    await page.keyboard.press('Control+v');
    await eventually(() => card('Original').count()).toBe(2);
    const copy = [...board().values()].find((one) => one.id !== id);
    expect(copy).toMatchObject({ status: 'disconnected', title: board().get(id)?.title, description: board().get(id)?.description });
    expect(await page.locator(`[data-card-id="${copy?.id}"]`).getAttribute('data-status')).toBe('disconnected');
    expect(await log(headless(), 'items:create').count()).toBe(0);
  });

  test('cards are moved by dragging, several with shift, and deleted with the keyboard', async () => {
    const [a, b] = [put({ title: 'First', x: 0, y: 0 }), put({ title: 'Second', x: 0, y: 300 })];
    await card('First').click();
    await card('Second').click({ modifiers: ['Shift'] });
    await page.getByText('2 cards').waitFor();
    const box = await card('Second').boundingBox();
    const from = { x: (box?.x ?? 0) + 60, y: (box?.y ?? 0) + 60 };
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x + 90, from.y + 30, { steps: 4 });
    await page.mouse.up();
    await eventually(() => board().get(b.id)?.x).toBeGreaterThan(50);
    await eventually(() => board().get(a.id)?.y).toBeGreaterThan(10);
    await page.keyboard.press('Delete');
    await eventually(() => board().size).toBe(0);
    await heard(headless(), /items:delete.*First/);
    await heard(headless(), /items:delete.*Second/);
  });

  test('an element dragged out of the panel drops at the board coordinates under the pointer', async () => {
    await page.getByRole('button', { name: 'Tandem', exact: true }).click();
    const row = panel().locator('#row');
    await row.waitFor();
    const box = await row.boundingBox();
    await page.mouse.move((box?.x ?? 0) + 20, (box?.y ?? 0) + 20);
    await page.mouse.down();
    await page.mouse.move(600, 400, { steps: 8 });
    await page.locator('.ghost.over', { hasText: 'Row 7' }).waitFor();
    await page.mouse.up();
    await heard(panel(), 'drop');
    const dropped = JSON.parse((await log(panel(), 'drop').innerText()).replace('drop ', '')) as { x: number; y: number; target: string };
    const view = await sdk<{ x: number; y: number; width: number; height: number }>('miro.board.viewport.get()');
    const stage = await page.locator('#stage').boundingBox();
    const zoom = await sdk<number>('miro.board.viewport.getZoom()');
    const left = (stage?.x ?? 0) + (stage?.width ?? 0) - view.width * zoom;
    expect(dropped.target).toBe('row');
    expect(dropped.x).toBeCloseTo(view.x + (600 - left) / zoom, 3);
    expect(dropped.y).toBeCloseTo(view.y + (400 - (stage?.y ?? 0)) / zoom, 3);
    expect(await log(headless(), 'drop').count()).toBe(0);
  });

  test('findEmptySpace answers a place that overlaps no card', async () => {
    for (const [x, y] of [[0, 0], [0, 200], [360, 0]] as const) put({ title: `At ${x} ${y}`, x, y });
    await card('At 360 0').waitFor();
    const free = await sdk<{ x: number; y: number }>('miro.board.findEmptySpace({ x: 0, y: 0, width: 320, height: 120, offset: 20 })');
    for (const { x, y } of board().values()) expect(Math.abs(x - free.x) >= 340 || Math.abs(y - free.y) >= 127).toBe(true);
  });

  test('metadata is kept per item up to 256 bytes', async () => {
    const { id } = put({ title: 'Noted' });
    await card('Noted').waitFor();
    expect(await sdk(`{ const card = await miro.board.getById(argument); await card.setMetadata('ref', 'gitlab:7'); return (await miro.board.getById(argument)).getMetadata('ref'); }`, id)).toBe('gitlab:7');
    expect(await sdk(`miro.board.getById(argument).then((card) => card.setMetadata('big', 'x'.repeat(300))).catch((error) => error.message)`, id)).toContain('256 bytes');
  });

  test('a broadcast reaches the other windows and not the one that sent it', async () => {
    const other = await visit('ben');
    await sdk(`miro.board.events.broadcast('hello', { from: 'ana' })`);
    await heard(other.frameLocator('iframe[title="Tandem in the background"]'), /hello.*ana/);
    expect(await log(headless(), 'hello').count()).toBe(0);
  });

  test('who may only view the board gets a sentence, and nothing changes', async () => {
    const { id } = put({ title: 'Fixed' });
    page = await visit('cem');
    expect(await sdk(`miro.board.createAppCard({}).catch((error) => error.message)`)).toContain('can only view');
    await card('Fixed').click();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('status').filter({ hasText: 'can only view this board' }).waitFor();
    expect(board().get(id)?.x).toBe(0);
  });

  test('the ID token is a JWT of this member, team and app', async () => {
    const [, claims = ''] = (await sdk<string>('miro.board.getIdToken()')).split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ user: ana(), team: sandbox.seeded.team, sub: sandbox.miro.clientId });
  });

  test('messages from any other origin or window are ignored', async () => {
    const { id } = put({ title: 'Safe' });
    await card('Safe').waitFor();
    const remove = { sdk: 'call', id: 1, method: 'remove', args: [id] };
    await page.evaluate((message) => {
      window.postMessage(message, '*');
      const stranger = document.createElement('iframe');
      stranger.srcdoc = `<script>parent.postMessage(${JSON.stringify(message)}, '*')</script>`;
      document.body.append(stranger);
      return new Promise((resolve) => stranger.addEventListener('load', resolve, { once: true }));
    }, remove);
    // the app's own frame, but led to another origin: the window is known, the origin is not
    await page.locator('iframe[title="Tandem in the background"]').evaluate((frame: HTMLIFrameElement, message) => {
      frame.srcdoc = `<script>parent.postMessage(${JSON.stringify(message)}, '*')</script>`;
      return new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
    }, remove);
    // and a shim takes no answers from anybody but the board
    page = await visit();
    await headless().locator('body').evaluate(() => window.postMessage({ sdk: 'event', event: 'icon:click', payload: null }, '*'));
    await sdk('miro.board.getInfo()');
    expect(await log(headless(), 'icon:click').count()).toBe(0);
    expect(board().has(id)).toBe(true);
  });

  test('the address of a card leads to it', async () => {
    const { id } = put({ title: 'Far away', x: 9000, y: 9000, status: 'connected' });
    put({ title: 'Near', x: 0, y: 0 });
    await page.goto(`${sandbox.boardUrl}?moveToWidget=${id}`);
    await eventually(() => card('Far away').getAttribute('aria-current')).toBe('true');
    await eventually(async () => (await card('Far away').boundingBox())?.width ?? 0).toBeGreaterThan(300);
  });

  test('axe finds nothing, with cards, panel, drawer and a selection', async () => {
    put({ title: 'Linked', description: '<p><a href="https://example.org/7">roadmap#7</a></p><p>About it</p>', status: 'connected', fields: [{ value: 'Open', fillColor: '#dff3e4', textColor: '#0b5c2b' }] });
    put({ title: 'Loose', status: 'disconnected', y: 300 });
    put({ title: 'Gone', status: 'disabled', y: -300 });
    await page.getByRole('button', { name: 'Tandem', exact: true }).click();
    await panel().locator('#row').waitFor();
    await card('Linked').focus();
    for (const tab of ['What happens', 'Break things']) {
      await page.getByRole('tab', { name: tab }).click();
      await page.evaluate(axe);
      const violations = await page.evaluate(async () => {
        const { axe } = window as unknown as { axe: { run(root: Document, options: object): Promise<{ violations: { id: string; nodes: { target: unknown }[] }[] }> } };
        const found = await axe.run(document, { iframes: false });
        return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => String(node.target)).join(' ')}`);
      });
      expect(violations).toEqual([]);
    }
  });
});
