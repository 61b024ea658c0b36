import type { Browser, BrowserContext, FrameLocator, Locator, Page } from 'playwright-core';
import type { Sandbox } from '../sandbox/sandbox.ts';

/** A person at the sandbox's board, in a browser of their own. */
export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly panel: FrameLocator;
  readonly modal: FrameLocator;
  readonly gitlab: FrameLocator;
  card(name: string | RegExp): Locator;
  openPanel(): Promise<void>;
  /** A click that opens a window, and that window. */
  popup(click: () => Promise<void>): Promise<Page>;
  /** Miro's consent, from the panel's button on. */
  signIn(): Promise<void>;
  /** Connects GitLab with the person's own token. */
  connect(): Promise<void>;
  /** The window of a card. */
  openCard(name: string | RegExp): Promise<FrameLocator>;
}

/** Opens the board as this person; whatever goes wrong in a page is added to `errors`. */
export async function visit(browser: Browser, sandbox: Sandbox, username: string, errors: string[]): Promise<Visitor> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(`${username}: ${error.message}`));
  page.on('console', (message) => {
    // Refusals that the panel shows to people are answers of 4xx, which a browser also calls errors.
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) errors.push(`${username}: ${message.text()}`);
  });
  await page.goto(`${sandbox.boardUrl}?as=${username}`);

  const visitor: Visitor = {
    context,
    page,
    panel: page.frameLocator('iframe[title="Tandem"]'),
    modal: page.frameLocator('iframe[title="Tandem card"]'),
    gitlab: page.frameLocator('iframe[title="GitLab"]'),
    card: (name) => page.getByRole('article', { name }),
    openPanel: () => page.getByRole('navigation', { name: 'Board tools' }).getByRole('button', { name: 'Tandem' }).click(),
    async popup(click) {
      const opened = page.waitForEvent('popup');
      await click();
      return opened;
    },
    async signIn() {
      await visitor.openPanel();
      const popup = await visitor.popup(() => visitor.panel.getByRole('button', { name: 'Sign in with Miro' }).click());
      await popup.getByRole('button', { name: 'Allow' }).click();
    },
    async connect() {
      const token = sandbox.seeded.people.find((person) => person.username === username)?.token ?? '';
      const withToken = visitor.panel.getByRole('button', { name: 'Use a token instead' });
      await withToken.or(visitor.panel.getByLabel('Access token')).first().waitFor();
      if (await withToken.isVisible()) await withToken.click();
      await visitor.panel.getByLabel('Access token').fill(token);
      await visitor.panel.getByRole('button', { name: 'Connect GitLab' }).click();
      await visitor.panel.getByRole('tab', { name: 'Find issues' }).waitFor();
    },
    async openCard(name) {
      await visitor.card(name).first().getByRole('button').click();
      await visitor.modal.getByLabel('Title').waitFor();
      return visitor.modal;
    },
  };
  return visitor;
}
