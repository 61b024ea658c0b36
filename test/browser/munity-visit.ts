import type { Browser, BrowserContext, FrameLocator, Page } from 'playwright-core';
import type { Someone, World } from '../sim/world.ts';

/** Somebody at a pretend board whose panel is the built one, from the real BFF, in a frame of another site. */
export interface MunityVisit {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly panel: FrameLocator;
  /** Clicks a button of the panel; answers the window that it opens. */
  popup(name: string): Promise<Page>;
  close(): Promise<void>;
}

/** Opens the board; whatever goes wrong in a page is added to `errors`. */
export async function visitPanel(browser: Browser, world: World, who: Someone, errors: string[]): Promise<MunityVisit> {
  const context = await browser.newContext({ viewport: { width: 900, height: 800 }, reducedMotion: 'reduce' });
  context.setDefaultTimeout(30_000);
  context.on('weberror', (error) => errors.push(error.error().message));
  await context.exposeFunction('idToken', () => world.miro.idToken(who.user, who.team));
  await context.addInitScript(pretendMiro, { app: world.url, miro: world.miro.url, board: world.board });
  await context.route('https://miro.com/**', (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
  const page = await context.newPage();
  await page.goto(`${world.miro.url}/app/board/pretend/`);
  const panel = page.frameLocator('iframe[title="Tandem"]');
  return {
    context,
    page,
    panel,
    async popup(name) {
      const opened = page.waitForEvent('popup');
      await panel.getByRole('button', { name, exact: true }).click();
      return opened;
    },
    close: () => context.close(),
  };
}

/** Makes a board of the page that the simulator does not have, since only Miro may frame the panel, and defines `window.miro` in that. Runs in the browser, so it can use nothing from here. */
function pretendMiro({ app, miro, board }: { app: string; miro: string; board: string }): void {
  if (location.origin === miro && location.pathname === '/app/board/pretend/') {
    addEventListener('DOMContentLoaded', () => {
      document.title = 'Board';
      document.body.innerHTML = `<iframe title="Tandem" src="${app}/panel.html" width="368" height="760"></iframe>`;
    });
  }
  if (location.origin !== app) return;
  const { idToken } = window as unknown as { idToken: () => Promise<string> };
  const nothing = (): void => undefined;
  Object.assign(window, { miro: { board: { getInfo: () => Promise.resolve({ id: board }), getIdToken: idToken, ui: { on: nothing, off: nothing } } } });
}
