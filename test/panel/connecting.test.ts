import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { SiteView } from '@tandem/shared/api';
import * as data from './fixtures.ts';
import { onStage } from './on-stage.ts';
import { refusal, tabStops, type Answers } from './stage.ts';
import { ok, press, ROUTE, work } from './view.ts';

/** Accounts in the panel: by consent, at sites that nobody configured, ahead of their end, and disconnected. */

const on = onStage();

async function panel(answers: Answers, more: { popups?: 'blocked' } = {}): Promise<Page> {
  await on.open({ file: 'panel.html', width: 368, answers: { ...work, [ROUTE.items]: ok(data.found()), ...answers }, ...more });
  return on.shown.page;
}
const sent = (method: string, path: string) => on.shown.sent.filter((one) => one.method === method && one.path === path);
const connected = (page: Page): Promise<void> => page.getByRole('checkbox', { name: 'Checkout loses' }).waitFor();
const popup = (page: Page): Promise<string | undefined> => page.evaluate(() => (window as unknown as { popup?: string }).popup);
const pick = async (page: Page, menu: RegExp, item: string): Promise<void> => {
  await press(page, menu);
  await page.getByRole('menuitem', { name: item }).click();
};

describe('connecting by consent', () => {
  const answers: Answers = { [ROUTE.me]: [ok(data.me([data.gitlabConsent])), ok(data.me([data.gitlabConsent])), ok(data.me([data.gitlab]))] };

  test('opens the site’s own window and goes on as soon as the account is there', async () => {
    const page = await panel(answers);
    await press(page, 'Connect GitLab');
    expect(await popup(page)).toBe(data.gitlabConsent.consent);
    await connected(page);
    expect(sent('PUT', '/accounts/gitlab/gitlab.example')).toEqual([]);
  });

  test('offers the same window as a real link when the browser opens none', async () => {
    const page = await panel({ [ROUTE.me]: ok(data.me([data.gitlabConsent])) }, { popups: 'blocked' });
    await press(page, 'Connect GitLab');
    const link = page.getByRole('link', { name: 'Connect GitLab' });
    expect([await link.getAttribute('href'), await link.getAttribute('rel')]).toEqual([data.gitlabConsent.consent, 'opener']);
  });

  test('can be given up, and a token be given instead', async () => {
    const page = await panel({ [ROUTE.me]: ok(data.me([data.gitlabConsent])), [ROUTE.connect]: ok(data.gitlab) });
    await press(page, 'Connect GitLab');
    await press(page, 'Cancel');
    await press(page, 'Use a token instead');
    await page.getByLabel('Personal access token').fill('glpat-1');
    await page.keyboard.press('Enter');
    await connected(page);
  });

  test('a site without it goes straight to its token form', async () => {
    const page = await panel({ [ROUTE.me]: ok(data.me([data.gitlabNew])) });
    await page.getByLabel('Personal access token').waitFor();
    expect(await page.getByRole('button', { name: 'Sign in at' }).count()).toBe(0);
  });
});

describe('another site', () => {
  test('is named by its address and connected like any other', async () => {
    const items = { [`GET /tools/gitlab/${data.partner.site}/items`]: ok(data.found()) };
    const page = await panel({ ...items, [ROUTE.site]: ok(data.partnerNew), [`PUT /accounts/gitlab/${data.partner.site}`]: ok(data.partner) });
    await connected(page);
    await pick(page, /Switch tool/, 'Another site…');
    await press(page, 'Continue');
    await page.getByText('Paste its web address here.').waitFor();
    await page.getByLabel('Web address').fill(' https://gitlab.partner.example/dashboard ');
    await page.keyboard.press('Enter');
    await page.getByText('as yourself at gitlab.partner.example').waitFor();
    await page.getByLabel('Personal access token').fill('glpat-1');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Tandem: GitLab at gitlab.partner.example' }).waitFor({ state: 'attached' });
    expect(Object.fromEntries(new URLSearchParams(sent('GET', '/sites')[0]?.query))).toEqual({ tool: 'gitlab', url: 'https://gitlab.partner.example/dashboard' });
    await press(page, /Switch tool/);
    expect(await page.getByRole('menuitemradio').allTextContents()).toEqual([expect.stringContaining('gitlab.example'), expect.stringContaining('gitlab.partner.example')]);
  });

  test('of another tool is asked for as that tool’s', async () => {
    const page = await panel({ [ROUTE.site]: refusal(404, 'not_found', 'Nothing answers there.') });
    await connected(page);
    await pick(page, /Switch tool/, 'Another site…');
    await page.getByRole('radio', { name: 'Gitea' }).check({ force: true });
    await page.getByLabel('Web address').fill('https://git.example.org');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing answers there.').waitFor();
    expect(await page.getByLabel('Web address').getAttribute('aria-invalid')).toBe('true');
    expect(sent('GET', '/sites')[0]?.query).toContain('tool=gitea');
    await press(page, 'Back');
    await connected(page);
  });

  test('that is connected already is just shown', async () => {
    const page = await panel({ [ROUTE.me]: ok(data.me([data.gitlab, data.partner])), [ROUTE.site]: ok(data.partner), [`GET /tools/gitlab/${data.partner.site}/items`]: ok(data.found([])) });
    await connected(page);
    await pick(page, /Switch tool/, 'Another site…');
    await page.getByLabel('Web address').fill('https://gitlab.partner.example');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Tandem: GitLab at gitlab.partner.example' }).waitFor({ state: 'attached' });
  });

  test('can be the very first, where no site is configured', async () => {
    const page = await panel({ [ROUTE.me]: ok(data.me([])), [ROUTE.site]: ok(data.partnerNew) });
    await page.getByLabel('Web address').fill('https://gitlab.partner.example');
    await page.keyboard.press('Enter');
    await page.getByText('as yourself at gitlab.partner.example').waitFor();
  });
});

describe('a token with an end', () => {
  test('is announced, can be replaced, and can be left for later', async () => {
    const page = await panel({ [ROUTE.me]: ok(data.me([data.gitlabEnding])) });
    await connected(page);
    await page.getByText(/Your GitLab token ends on .* \(in 9 days\)/).waitFor();
    await press(page, 'Replace');
    await page.getByLabel('Personal access token').waitFor();
    await press(page, 'Back');
    await connected(page);
    await press(page, 'Dismiss');
    expect(await page.getByRole('button', { name: 'Replace' }).count()).toBe(0);
  });

  test('is no use once it has ended', async () => {
    const page = await panel({ [ROUTE.me]: ok(data.me([data.gitlabEnded])) });
    await page.getByRole('heading', { name: 'Reconnect GitLab' }).waitFor();
  });
});

describe('the account menu', () => {
  test('says who one is and where, and leads to the settings in a tab of their own', async () => {
    const page = await panel({});
    await connected(page);
    await press(page, /Account: Ana Souza/);
    await page.getByText('@ana at gitlab.example').waitFor();
    const link = page.getByRole('menuitem', { name: 'Accounts and settings' });
    expect([await link.getAttribute('href'), await link.getAttribute('target'), await link.getAttribute('rel')]).toEqual(['/settings.html', '_blank', 'noopener']);
  });

  test('disconnects only when confirmed, and says what is left to do', async () => {
    const page = await panel({ [ROUTE.disconnect]: ok({ left: ['Delete the token in GitLab.'] }) });
    await connected(page);
    await pick(page, /Account: /, 'Disconnect GitLab');
    await press(page, 'Keep');
    expect(sent('DELETE', '/accounts/gitlab/gitlab.example')).toEqual([]);
    await pick(page, /Account: /, 'Disconnect GitLab');
    await page.getByRole('button', { name: 'Disconnect', exact: true }).click();
    await page.getByText('Delete the token in GitLab.').waitFor();
    await press(page, 'Got it');
    await page.getByRole('heading', { name: 'Connect GitLab' }).waitFor();
  });

  test('stays connected when that was refused, and says why', async () => {
    const page = await panel({ [ROUTE.disconnect]: refusal(503, 'unavailable', 'Tandem is busy. Try again in a moment.') });
    await connected(page);
    await pick(page, /Account: /, 'Disconnect GitLab');
    await page.getByRole('button', { name: 'Disconnect', exact: true }).click();
    await page.getByText('Tandem is busy.').waitFor();
    await press(page, 'Keep');
    await connected(page);
  });

  test('of a site by consent offers to sign in again, which ends only with another account', async () => {
    const byConsent: SiteView = { ...data.gitlabConsent, account: { state: 'active', person: data.ana, kind: 'oauth' } };
    const other: SiteView = { ...byConsent, account: { state: 'active', person: data.joerg, kind: 'oauth' } };
    const page = await panel({ [ROUTE.me]: [ok(data.me([byConsent])), ok(data.me([byConsent])), ok(data.me([other]))] });
    await connected(page);
    await pick(page, /Account: /, 'Sign in again');
    await press(page, 'Connect GitLab');
    await page.getByRole('button', { name: /Account: Jörg/ }).waitFor();
    expect(sent('GET', '/me').length).toBeGreaterThanOrEqual(3);
  });
});

test('a card that stands still says why in the list', async () => {
  const page = await panel({ [ROUTE.cards]: ok(data.onBoard([data.card(data.first, { state: 'hidden', reason: 'Nobody of your team can read it.' })])) });
  await page.getByRole('listitem').filter({ hasText: 'Checkout loses' }).getByText('Nobody of your team can read it.').waitFor();
});

test('naming a site can be done with the keyboard', async () => {
  const page = await panel({ [ROUTE.me]: ok(data.me([])) });
  await page.getByLabel('Web address').waitFor();
  const stops = await tabStops(page, 3);
  expect(stops).toEqual([expect.stringContaining('GitLab'), expect.stringContaining('Web address'), 'Continue']);
});
