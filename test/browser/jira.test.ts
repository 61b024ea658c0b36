import type { Browser, FrameLocator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MunitySim } from '../sim/munity.ts';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { freePort } from '../sim/port.ts';
import { inChapters } from './chapters.ts';
import { launchChromium } from './chromium.ts';
import { visit, type Visitor } from './visitor.ts';

/** Jira through Munity as a person meets it in the sandbox: everything is pressed on its pages. Each test goes on where the one before it ended. */
describe('a Jira behind Munity, beside GitLab', () => {
  let browser: Browser;
  let sandbox: Sandbox;
  let munity: MunitySim;
  let ana: Visitor;
  let jira: FrameLocator;
  const errors: string[] = [];
  const tickets = ['Refunds take two weeks to arrive', 'Invoices of companies lack the VAT number'] as const;

  beforeAll(async () => {
    browser = await launchChromium();
    const port = await freePort();
    sandbox = await startSandbox({ productboard: false, imports: 'held', bff: 'child', bffUrl: `http://localhost:${port}`, env: { TANDEM_STORE: 'sqlite::memory:' } });
    if (!sandbox.munity) throw new Error('the sandbox has no Munity');
    munity = sandbox.munity;
    ana = await visit(browser, sandbox, 'ana', errors);
    jira = ana.page.frameLocator('iframe[title="Jira"]');
    await ana.signIn();
  });
  inChapters();
  afterAll(async () => {
    await browser?.close();
    await sandbox?.close();
  });

  const grant = async (label: string): Promise<void> => {
    const popup = await ana.popup(() => ana.panel.getByRole('button', { name: label, exact: true }).click());
    await popup.getByText('Signed in as Ana Marković').waitFor();
    await popup.getByRole('button', { name: 'Allow' }).click();
    await expect.poll(() => popup.isClosed()).toBe(true);
  };
  /** A button of Jira's, each of which sends a form, and the page that it leads to. */
  const press = async (name: string): Promise<void> => {
    const next = ana.page.waitForEvent('framenavigated', (frame) => frame.name() === 'jira');
    await jira.getByRole('button', { name, exact: true }).click();
    await next;
  };

  test('Ana connects Jira in Munity’s window, which closes by itself', async () => {
    await ana.panel.getByRole('button', { name: /^Jira/ }).click();
    await grant('Connect Jira');
    await ana.panel.getByRole('tab', { name: 'Find tickets' }).or(ana.panel.getByRole('searchbox')).first().waitFor();
    expect(munity.state.integrations.map(({ connector, account }) => [connector, account])).toEqual([['jira', munity.tool('jira').user('ana').id]]);
  });

  test('her tickets are imported while she looks on, and she puts two on the board', async () => {
    await ana.panel.getByText('Your tickets are being imported from Jira').waitFor();
    munity.releaseImports();
    await ana.panel.getByText('Your tickets are being imported from Jira').waitFor({ state: 'detached' });
    for (const title of tickets) await ana.panel.locator('label', { hasText: title }).click();
    await ana.panel.getByRole('button', { name: 'Put 2 on the board' }).click();
    for (const title of tickets) await ana.card(title).waitFor();
    await ana.card(tickets[0]).getByText('In Progress').waitFor();
  });

  test('a link on a card opens the ticket in Jira at the right, though the card changes under the pointer', async () => {
    const card = ana.card(tickets[0]);
    await card.getByRole('link').first().hover();
    await ana.page.mouse.down();
    munity.tool('jira').update('CARE-1', { status: 'To Do' });
    munity.sync();
    await card.getByText('To Do').waitFor();
    await ana.page.mouse.up();
    await jira.getByRole('heading', { name: tickets[0] }).waitFor();
  });

  test('what she changes there is on the card after a sync', async () => {
    await press('Done');
    await jira.locator('summary').click();
    await jira.getByLabel('Summary').fill('Refunds arrive within a day');
    await press('Save');
    await jira.getByRole('heading', { name: 'Refunds arrive within a day' }).waitFor();
    await press('Sync now');
    const card = ana.card('Refunds arrive within a day');
    await card.getByText('Done').waitFor();
    expect(await ana.card(tickets[0]).count()).toBe(0);
  });

  test('with broken credentials her cards say so, and the panel, and nothing follows', async () => {
    await press('Break credentials');
    await jira.getByText('may read no more').waitFor();
    await ana.page.locator('article[data-status="disconnected"]').nth(1).waitFor();
    await ana.panel.getByText('Your access has ended').waitFor();
    munity.tool('jira').update('CARE-1', { title: 'Written while nobody could read' });
    await press('Sync now');
    await munity.settled();
    expect(await ana.card('Refunds arrive within a day').count()).toBe(1);
  });

  test('the panel offers to renew, in the same window, which heals everything, and brings what was missed', async () => {
    const [before] = munity.state.integrations;
    await grant('Reconnect Jira');
    munity.releaseImports();
    await ana.card('Written while nobody could read').waitFor();
    await expect.poll(() => ana.page.locator('article[data-status="connected"]').count()).toBe(2);
    expect(munity.state.integrations.map(({ id, broken }) => [id, broken])).toEqual([[before?.id, false]]);
    await ana.panel.getByRole('checkbox', { name: tickets[1] }).waitFor();
    await ana.panel.getByRole('button', { name: 'On board' }).first().waitFor();
    await expect.poll(() => ana.panel.locator('.row-note').count()).toBe(0);
    expect(errors).toEqual([]);
  });
});
