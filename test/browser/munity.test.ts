import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MeAnswer } from '@tandem/shared/api';
import { freePort } from '../sim/port.ts';
import { openWorld, type Someone, type World } from '../sim/world.ts';
import { launchChromium } from './chromium.ts';
import { visitPanel, type MunityVisit } from './munity-visit.ts';

/** Connecting Jira through Munity in the panel, from the real BFF, in a real browser that blocks windows outside of clicks. */

const pages = fileURLToPath(new URL('../../plugin/dist', import.meta.url));
let browser: Browser;
let world: World;
let ana: Someone;
let visit: MunityVisit;
let errors: string[];

beforeAll(async () => {
  if (!existsSync(pages)) throw new Error('The pages are not built: run `npm run build` first.');
  browser = await launchChromium({ blocksPopups: true });
});
afterAll(() => browser?.close());
beforeEach(() => {
  errors = [];
});
afterEach(async () => {
  await visit?.close();
  await world?.close();
  expect(errors).toEqual([]);
});

async function open(env: Readonly<Record<string, string>> = {}): Promise<void> {
  // Without GitLab, Jira is all there is to connect.
  world = await openWorld({ live: true, pages, munity: {}, env: { GITLAB_URL: '', GITLAB_CLIENT_ID: '', GITLAB_CLIENT_SECRET: '', ...env } });
  ({ ana } = world.people);
  world.munity.connecting.loader = 0;
  world.munity.tool('jira').addUser('mia', 'Mia Chen');
  world.munity.tool('jira').create('SHOP', { title: 'Checkout drops the discount' }, 'mia');
  await world.signIn(ana);
  visit = await visitPanel(browser, world, ana, errors);
  await visit.panel.getByRole('button', { name: 'Jira' }).first().click();
}
const allow = (popup: Page): Promise<void> => popup.getByRole('button', { name: 'Allow' }).click();
const atConsent = (popup: Page): Promise<void> => popup.getByRole('button', { name: 'Allow' }).waitFor();
const said = (text: string | RegExp): Promise<void> => visit.panel.getByText(text).waitFor();
const connected = (): Promise<void> => visit.panel.getByRole('checkbox', { name: /Checkout drops/ }).waitFor();
const connectButton = () => visit.panel.locator('button[aria-busy=false]', { hasText: /^Connect Jira$/ });
const closed = (popup: Page): Promise<unknown> => expect.poll(() => popup.isClosed()).toBe(true);
const accountOf = async (who = ana) => (await world.call<MeAnswer>(who, 'GET', '/api/me')).body.sites.find((site) => site.connector === 'jira')?.account?.state;

test('Jira is connected in its own window, which closes, and its tickets are there', async () => {
  await open();
  const popup = await visit.popup('Connect Jira');
  await said('Waiting for the sign-in window…');
  await allow(popup);
  await connected();
  await closed(popup);
  expect(await accountOf()).toBe('active');
});

describe('it is connected all the same', () => {
  test('when the event stream loses what it is told: Munity’s webhook brings it', async () => {
    await open();
    world.munity.events.lose(10);
    await allow(await visit.popup('Connect Jira'));
    await connected();
  });

  test('when the event stream’s server is down', async () => {
    await open({ MUNITY_SSE_URL: `http://127.0.0.1:${await freePort()}` });
    await allow(await visit.popup('Connect Jira'));
    await connected();
  });

  test.each(['same-origin', 'same-origin-allow-popups'] as const)('when Jira’s page cuts its window off, so that it seems closed (%s)', async (coop) => {
    await open();
    world.munity.connecting.coop = coop;
    const popup = await visit.popup('Connect Jira');
    await atConsent(popup);
    await said('Finish in the other window, if it is still open.');
    await allow(popup);
    await connected();
  });

  test('when the browser opens no window: the same page is a link', async () => {
    await open();
    await connectButton().waitFor();
    await visit.panel.locator('body').evaluate(() => void (window.open = () => null));
    await visit.panel.getByRole('button', { name: 'Connect Jira' }).click();
    const link = visit.panel.getByRole('link', { name: 'Connect Jira' });
    const opened = visit.context.waitForEvent('page');
    await link.click();
    await allow(await opened);
    await connected();
  });

  test('when the window was closed too early, and opened again', async () => {
    await open();
    const first = await visit.popup('Connect Jira');
    await atConsent(first);
    await first.close();
    await said('Finish in the other window, if it is still open.');
    await allow(await visit.popup('Open it again'));
    await connected();
  });

  test('when the panel was loaded anew meanwhile', async () => {
    await open();
    const popup = await visit.popup('Connect Jira');
    await atConsent(popup);
    await visit.page.reload();
    await visit.panel.getByRole('button', { name: 'Jira' }).first().click();
    await connectButton().waitFor();
    await allow(popup);
    await connected();
  });

  test('when the webhook comes later than the word of the event stream', async () => {
    await open();
    world.munity.hooks.hold();
    await allow(await visit.popup('Connect Jira'));
    await said('Access is granted. Tandem is about to hear of it…');
    world.munity.hooks.release();
    await connected();
  });
});

describe('it is not connected', () => {
  test('when the person says no: the panel says so, and they can begin again', async () => {
    await open();
    const popup = await visit.popup('Connect Jira');
    await popup.getByRole('button', { name: 'Deny' }).click();
    await said('Access to Jira was not granted.');
    await popup.close();
    await connectButton().waitFor();
    await allow(await visit.popup('Connect Jira'));
    await connected();
  });

  test('when they cancel: the window closes', async () => {
    await open();
    const popup = await visit.popup('Connect Jira');
    await atConsent(popup);
    await visit.panel.getByRole('button', { name: 'Cancel' }).click();
    await closed(popup);
    await connectButton().waitFor();
    expect(await visit.panel.getByText('That did not work').count()).toBe(0);
    expect(await accountOf()).toBeUndefined();
  });

  test('when they close the window and do not come back for three minutes', async () => {
    await open();
    await connectButton().waitFor();
    await visit.page.clock.install();
    const popup = await visit.popup('Connect Jira');
    await atConsent(popup);
    await popup.close();
    await visit.page.clock.runFor(5000);
    await said('Finish in the other window, if it is still open.');
    await visit.page.clock.runFor(180_000);
    await said('The window was closed before access was granted.');
    await connectButton().waitFor();
  });
});

test('an account that has ended is renewed: the same connection, with all that is linked to it', async () => {
  await open();
  await allow(await visit.popup('Connect Jira'));
  await connected();
  const [before] = world.munity.state.integrations;
  world.munity.breakCredentials(before?.customer ?? '', 'jira');
  await expect.poll(() => accountOf()).toBe('expired');
  await visit.page.reload();
  await said('Your access has ended');
  await allow(await visit.popup('Reconnect Jira'));
  await connected();
  expect(await accountOf()).toBe('active');
  expect(world.munity.state.integrations.map(({ id, broken }) => [id, broken])).toEqual([[before?.id, false]]);
});

describe('a customer who was sent a link', () => {
  const link = async (connector = 'jira'): Promise<Page> => {
    const page = await visit.context.newPage();
    await page.goto(`${world.url}/connect.html?connector=${connector}`);
    return page;
  };
  const signIn = async (page: Page): Promise<void> => {
    await page.getByRole('link', { name: 'Sign in with Miro' }).click();
    const agree = page.getByRole('button', { name: 'Allow' });
    await agree.waitFor();
    const user = page.getByLabel('Sign in as');
    if (await user.isVisible()) await user.selectOption({ label: 'Ana' });
    await agree.click();
  };

  test('signs in with Miro, comes back, and connects in a window of its own', async () => {
    await open();
    const page = await link();
    await signIn(page);
    await page.getByRole('heading', { name: 'Connect Jira' }).waitFor();
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/connect.html?connector=jira');
    const opened = page.waitForEvent('popup');
    await page.getByRole('button', { name: 'Connect Jira' }).click();
    await allow(await opened);
    await page.getByRole('heading', { name: 'Jira is connected' }).waitFor();
    expect(await accountOf()).toBe('active');
  });

  test('to something that is not there is told so', async () => {
    await open();
    const page = await link('<b>nothing</b>');
    await signIn(page);
    await page.getByText('“<b>nothing</b>”').waitFor();
  });

  test('and the settings page renews what has ended', async () => {
    await open();
    await allow(await visit.popup('Connect Jira'));
    await connected();
    world.munity.breakCredentials(world.munity.state.integrations[0]?.customer ?? '', 'jira');
    await expect.poll(() => accountOf()).toBe('expired');
    const page = await visit.context.newPage();
    await page.goto(`${world.url}/settings.html`);
    await signIn(page);
    await page.getByRole('button', { name: /^Reconnect Jira/ }).click();
    const opened = page.waitForEvent('popup');
    await page.getByRole('button', { name: 'Reconnect Jira', exact: true }).click();
    await allow(await opened);
    await page.getByRole('listitem').filter({ hasText: 'Ana through Munity' }).getByText('Connected', { exact: true }).waitFor();
  });
});
