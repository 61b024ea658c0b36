import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { freePort } from '../sim/port.ts';
import { inChapters } from './chapters.ts';
import { launchChromium } from './chromium.ts';
import { visit, type Visitor } from './visitor.ts';

/** The whole story in a real browser: the built panel in a cross-site frame, the built BFF as a process, simulators for the rest. Each test goes on where the one before it ended. */
describe('from nothing to a card that follows', () => {
  let browser: Browser;
  let sandbox: Sandbox;
  let ana: Visitor;
  let ben: Visitor;
  const errors: string[] = [];

  const issue = (iid: number) => sandbox.gitlab.project('acme/roadmap').issues.get(iid);

  beforeAll(async () => {
    browser = await launchChromium();
    const port = await freePort();
    sandbox = await startSandbox({ productboard: false, bff: 'child', bffUrl: `http://localhost:${port}`, munity: false, env: { TANDEM_STORE: 'sqlite::memory:' } });
    ana = await visit(browser, sandbox, 'ana', errors);
  });
  inChapters();
  afterAll(async () => {
    await browser?.close();
    await sandbox?.close();
  });

  test('Ana signs in with Miro from the panel', async () => {
    await ana.signIn();
    await ana.panel.getByRole('button', { name: 'Use a token instead' }).waitFor();
    expect(sandbox.miro.state.grants).toHaveLength(1);
  });

  test('a token that GitLab does not accept is said at its field; hers connects', async () => {
    await ana.panel.getByRole('button', { name: 'Use a token instead' }).click();
    await ana.panel.getByLabel('Access token').fill('glpat-nonsense');
    await ana.panel.getByRole('button', { name: 'Connect GitLab' }).click();
    await ana.panel.getByText('does not accept this token').first().waitFor();
    await ana.connect();
  });

  test('she searches, ticks three issues, and puts them on the board', async () => {
    const frame = ana.panel;
    await frame.getByRole('checkbox').nth(1).waitFor();
    await frame.getByRole('searchbox').fill('basket');
    await expect.poll(() => frame.locator('li.row').count()).toBe(1);
    await frame.getByRole('searchbox').fill('');
    const titles: string[] = [];
    for (const iid of [1, 2, 3]) {
      const title = issue(iid)?.title ?? '';
      titles.push(title);
      await frame.locator('label', { hasText: title }).click();
    }
    await frame.getByRole('button', { name: 'Put 3 on the board' }).click();
    for (const title of titles) await ana.card(title).waitFor();
    await frame.locator('li.row', { hasText: titles[0] ?? '' }).getByRole('button', { name: 'On board' }).waitFor();
    const boxes = await Promise.all(titles.map((title) => ana.card(title).boundingBox()));
    for (const [i, a] of boxes.entries()) {
      for (const b of boxes.slice(i + 1)) {
        const apart = !a || !b || a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(apart, 'cards do not overlap').toBe(true);
      }
    }
    await expect.poll(() => sandbox.gitlab.state.hooks.length).toBe(1);
  });

  test('what she edits in the card’s window is in GitLab', async () => {
    const frame = await ana.openCard(issue(1)?.title ?? '');
    await frame.getByLabel('Title').fill('Edited on the board');
    await frame.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => issue(1)?.title).toBe('Edited on the board');
    await ana.card('Edited on the board').waitFor();
    await frame.locator('.saved').waitFor();
    await ana.page.keyboard.press('Escape');
    await ana.page.locator('iframe[title="Tandem card"]').waitFor({ state: 'detached' });
  });

  test('what is edited in GitLab shows on the board without a reload', async () => {
    const frame = ana.gitlab;
    await frame.getByRole('link', { name: issue(2)?.title ?? '' }).first().click();
    await frame.getByText('Edit', { exact: true }).first().click();
    await frame.getByLabel('Title').fill('Edited in GitLab');
    await frame.getByRole('button', { name: 'Save changes' }).click();
    await ana.card('Edited in GitLab').waitFor();
  });

  test('closed in GitLab, its card changes colour and chip', async () => {
    const face = ana.card('Edited in GitLab');
    const colour = (): Promise<string> => face.evaluate((element) => getComputedStyle(element).getPropertyValue('--theme'));
    expect(await colour()).toBe('#1f75cb');
    await ana.gitlab.getByRole('button', { name: 'Close issue' }).click();
    await face.getByText('Closed', { exact: true }).waitFor();
    expect(await colour()).toBe('#6e49cb');
  });

  test('two cards of one issue both follow', async () => {
    const title = issue(3)?.title ?? '';
    const frame = ana.panel;
    await frame.locator('label', { hasText: title }).click();
    await frame.getByRole('button', { name: 'Put it on the board' }).click();
    await expect.poll(() => ana.card(title).count()).toBe(2);
    sandbox.gitlab.as('ben').updateIssue('acme/roadmap', 3, { title: 'Both follow' });
    await expect.poll(() => ana.card('Both follow').count()).toBe(2);
  });

  test('two people edit one field: the second is asked, and decides', async () => {
    ben = await visit(browser, sandbox, 'ben', errors);
    await ben.signIn();
    await ben.connect();
    const bens = await ben.openCard('Edited on the board');
    const anas = await ana.openCard('Edited on the board');
    await bens.getByLabel('Title').fill('Ben wants this');
    await anas.getByLabel('Title').fill('Ana was first');
    await anas.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => issue(1)?.title).toBe('Ana was first');
    await bens.getByRole('button', { name: 'Save' }).click();
    await bens.getByText('Somebody was faster').waitFor();
    expect(issue(1)?.title).toBe('Ana was first');
    await bens.getByRole('radio', { name: /Yours/ }).check();
    await bens.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => issue(1)?.title).toBe('Ben wants this');
    await ana.card('Ben wants this').waitFor();
  });

  test('nothing in any page went wrong unseen', () => {
    expect(errors).toEqual([]);
  });
});
