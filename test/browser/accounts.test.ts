import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { giteaForTests, type Gitea } from '../gitea/server.ts';
import { PASSWORD } from '../gitea/content.ts';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { startGitlab } from '../sim/gitlab.ts';
import type { GitlabSim } from '../sim/gitlab-types.ts';
import { freePort } from '../sim/port.ts';
import { inChapters } from './chapters.ts';
import { launchChromium } from './chromium.ts';
import { visit, type Visitor } from './visitor.ts';

const gitea: Gitea | undefined = await giteaForTests();
afterAll(() => gitea?.close());

/** How people come in, go out and come back, in a real browser. Each test goes on where the one before it ended. */
describe('accounts, from the first consent to a reconnection', () => {
  let browser: Browser;
  let sandbox: Sandbox;
  /** another GitLab, which nobody configured */
  let other: GitlabSim;
  let ana: Visitor;
  let ben: Visitor;
  let app: string;
  /** where the pretend Miro sent the browser at the end of a consent */
  const callbacks: string[] = [];
  const errors: string[] = [];

  const issue = (iid: number) => sandbox.gitlab.project('acme/roadmap').issues.get(iid);
  const heading = (page: Page) => page.getByRole('heading', { level: 1 });
  const put = async (visitor: Visitor, title: string): Promise<void> => {
    await visitor.panel.locator('label', { hasText: title }).click();
    await visitor.panel.getByRole('button', { name: 'Put it on the board' }).click();
    await visitor.card(title).first().waitFor();
  };

  beforeAll(async () => {
    browser = await launchChromium();
    app = `http://localhost:${await freePort()}`;
    const application = await gitea?.addApplication([`${app}/auth/gitea/callback`]);
    const env = gitea && application ? { GITEA_URL: gitea.url, GITEA_CLIENT_ID: application.clientId, GITEA_CLIENT_SECRET: application.clientSecret } : {};
    sandbox = await startSandbox({ productboard: false, bff: 'child', bffUrl: app, munity: false, env: { TANDEM_STORE: 'sqlite::memory:', TANDEM_ALLOW_PRIVATE: '1', ...env } });
    other = await startGitlab({ now: Date.now });
    ana = await visit(browser, sandbox, 'ana', errors);
    ben = await visit(browser, sandbox, 'ben', errors);
    for (const { context } of [ana, ben]) context.on('request', (request) => void (request.url().startsWith(`${app}/auth/miro/callback`) && callbacks.push(request.url())));
  });
  inChapters();
  afterAll(async () => {
    await browser?.close();
    await sandbox?.close();
    await other?.close();
  });

  test('Ana installs Tandem from Miro’s own page: the panel knows her at once', async () => {
    const env = sandbox.env();
    const page = await ana.context.newPage();
    const query = new URLSearchParams({ response_type: 'code', client_id: env['MIRO_CLIENT_ID'] ?? '', redirect_uri: `${app}/auth/miro/callback` });
    await page.goto(`${env['MIRO_WEB_URL']}/oauth/authorize?${query}`);
    const user = page.getByLabel('Sign in as');
    if (await user.isVisible()) await user.selectOption({ label: sandbox.seeded.people[0]?.name ?? '' });
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL(/app-install-completed/);
    await page.close();
    await ana.openPanel();
    await ana.panel.getByRole('button', { name: 'Use a token instead' }).or(ana.panel.getByText('Connect a tool')).first().waitFor();
  });

  test('Ben begins in the panel and denies: nothing is connected, and he is told how to go on', async () => {
    await ben.openPanel();
    const begin = ben.panel.getByRole('button', { name: 'Sign in with Miro' });
    const popup = await ben.popup(() => begin.click());
    await popup.getByRole('button', { name: 'Deny' }).click();
    await expect.poll(() => heading(popup).textContent()).toBe('You said no');
    await popup.close();
    await ben.panel.getByText('Waiting for the sign-in window').waitFor();
    await ben.panel.getByRole('button', { name: 'Cancel' }).click();
    await begin.waitFor();
  });

  test('he allows it the second time; a replay of that answer counts for nothing', async () => {
    const popup = await ben.popup(() => ben.panel.getByRole('button', { name: 'Sign in with Miro' }).click());
    await popup.getByRole('button', { name: 'Allow' }).click();
    await ben.panel.getByText('Connect').first().waitFor();
    const replayed = callbacks.at(-1) ?? '';
    expect(replayed).toContain('state=');
    const grants = sandbox.miro.state.grants.length;
    for (const context of [ben.context, ana.context]) {
      const page = await context.newPage();
      await page.goto(replayed);
      await expect.poll(() => heading(page).textContent()).toBe('That sign-in does not count');
      await page.close();
    }
    expect(sandbox.miro.state.grants).toHaveLength(grants);
  });

  const connectByConsent = async (visitor: Visitor, label: string): Promise<void> => {
    // The installation left no session in this browser, so Miro may be asked first; it agrees in silence to what it knows.
    const popup = await visitor.popup(() => visitor.panel.getByRole('button', { name: label, exact: true }).click());
    const user = popup.getByLabel('Sign in as');
    const agree = popup.getByRole('button', { name: /^Authorize/ });
    await agree.waitFor();
    if (await user.isVisible()) await user.selectOption({ value: 'ana' });
    await agree.click();
    await visitor.panel.getByRole('tab', { name: 'Find issues' }).waitFor();
  };
  const choose = async (visitor: Visitor, tool: string): Promise<void> => {
    const entry = visitor.panel.getByRole('button', { name: new RegExp(`^${tool}`) });
    const button = visitor.panel.getByRole('button', { name: `Connect ${tool}`, exact: true });
    await entry.or(button).first().waitFor();
    if (await entry.isVisible()) await entry.click();
    await button.waitFor();
  };

  test('she connects GitLab by its consent page, and her cards follow', async () => {
    await choose(ana, 'GitLab');
    await connectByConsent(ana, 'Connect GitLab');
    const title = issue(1)?.title ?? '';
    await put(ana, title);
    sandbox.gitlab.as('ben').updateIssue('acme/roadmap', 1, { title: 'Followed by consent' });
    await ana.card('Followed by consent').waitFor();
    expect(sandbox.gitlab.state.oauth.grants).toHaveLength(1);
  });

  test('the start of her sign-in, opened in Ben’s browser, connects nobody', async () => {
    const me = await ana.panel.locator('body').evaluate(async () => {
      const token = await miro.board.getIdToken();
      return (await (await fetch('/api/me', { headers: { authorization: `Bearer ${token}` } })).json()) as { sites: { tool: string; consent?: string }[] };
    });
    const start = me.sites.find((site) => site.tool === 'gitlab')?.consent ?? '';
    const page = await ben.context.newPage();
    await page.goto(app + start);
    await expect.poll(() => heading(page).textContent()).toBe('Somebody else began this');
    await page.close();
    expect(sandbox.gitlab.state.oauth.grants).toHaveLength(1);
  });

  test('she takes the access away in GitLab: the panel says so, and coming back restores every link', async () => {
    const before = await ana.card('Followed by consent').count();
    sandbox.gitlab.revokeOauth('ana');
    sandbox.gitlab.as('ben').updateIssue('acme/roadmap', 1, { title: 'Written while she was out' });
    await ana.page.reload();
    await ana.openPanel();
    await ana.panel.getByRole('button', { name: 'Reconnect GitLab', exact: true }).waitFor();
    await connectByConsent(ana, 'Reconnect GitLab');
    await ana.card('Written while she was out').waitFor();
    expect(await ana.card('Written while she was out').count()).toBe(before);
    await (await ana.openCard('Written while she was out')).getByLabel('Title').fill('And edited by her again');
    await ana.modal.getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => issue(1)?.title).toBe('And edited by her again');
    // Before its answer is here the window asks whether to throw the edit away.
    await ana.modal.locator('.saved').waitFor();
    await ana.page.keyboard.press('Escape');
    await ana.page.locator('iframe[title="Tandem card"]').waitFor({ state: 'detached' });
  });

  test('the settings page knows her by the browser’s own session, and disconnects', async () => {
    const page = await ana.context.newPage();
    page.on('pageerror', (error) => errors.push(`settings: ${error.message}`));
    await page.goto(`${app}/settings.html`);
    await page.getByRole('heading', { name: 'Your accounts' }).waitFor();
    await page.getByText(/@ana/).first().waitFor();
    await page.getByRole('heading', { name: 'Team' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in with Miro' }).click();
    await page.getByRole('heading', { name: 'Your accounts' }).waitFor();
    await page.close();
  });

  test('there she keeps an issue in step with one at another GitLab: hers gives, later both change and she decides', async () => {
    for (const name of ['ana', 'ben']) other.addUser(name, name);
    const project = other.addProject('acme/elsewhere', { ana: 50, ben: 30 });
    other.as('ben').createIssue(project.id, { title: 'Elsewhere', description: 'Its own.' });
    const there = () => other.project(project.id).issues.get(1);
    const titles = () => [issue(2)?.title, there()?.title];
    const before = issue(2)?.title ?? '';

    const page = await ana.context.newPage();
    page.on('pageerror', (error) => errors.push(`settings: ${error.message}`));
    await page.goto(`${app}/settings.html`);
    await page.getByRole('button', { name: 'Connect another site' }).click();
    await page.getByLabel('Web address').fill(other.url);
    await page.keyboard.press('Enter');
    await page.getByLabel(/Access token/i).fill(other.addToken('ana').value);
    await page.keyboard.press('Enter');

    const pairs = page.getByRole('region', { name: 'Kept in step' });
    await pairs.getByRole('button', { name: 'Keep two items in step' }).click();
    await page.getByLabel('First item').fill(`${sandbox.gitlab.url}/acme/roadmap/-/issues/2`);
    await page.getByLabel('Second item').fill(`${other.url}/acme/elsewhere/-/issues/1`);
    await pairs.getByText('The first', { exact: true }).click();
    await page.keyboard.press('Enter');
    await pairs.getByText('In step', { exact: true }).waitFor();
    await expect.poll(titles).toEqual([before, before]);

    sandbox.gitlab.as('ana').updateIssue('acme/roadmap', 2, { title: 'As she has it' });
    other.as('ben').updateIssue(project.id, 1, { title: 'As they have it' });
    const state = async (): Promise<string | null> => {
      await page.reload();
      return pairs.locator('.pair-foot > .chip').textContent();
    };
    await expect.poll(state).toBe('To decide');
    expect(titles()).toEqual(['As she has it', 'As they have it']);
    await pairs.getByRole('button', { name: 'Keep this title of elsewhere#1' }).click();
    await pairs.getByText('In step', { exact: true }).waitFor();
    expect(titles()).toEqual(['As they have it', 'As they have it']);

    await pairs.getByRole('button', { name: /^Let go/ }).click();
    await pairs.getByRole('button', { name: 'Let go', exact: true }).click();
    await pairs.getByText('Nothing is kept in step yet').waitFor();
    await expect.poll(() => other.state.hooks.length).toBe(0);
    await page.close();
  });

  test.skipIf(!gitea)('Gitea’s own consent page connects her there as well', async () => {
    await ana.panel.getByRole('button', { name: 'Switch tool' }).click();
    await ana.panel.getByRole('menuitemradio', { name: /Gitea/ }).or(ana.panel.getByRole('menuitem', { name: /Gitea/ })).first().click();
    const popup = await ana.popup(() => ana.panel.getByRole('button', { name: 'Connect Gitea', exact: true }).click());
    await popup.locator('#user_name').fill('ana');
    await popup.locator('#password').fill(PASSWORD);
    await popup.locator('#password').press('Enter');
    await popup.locator('#authorize-app').or(popup.getByRole('button', { name: /Authorize/ })).first().click();
    await ana.panel.getByRole('tab', { name: 'Find issues' }).waitFor();
    await ana.panel.locator('li.row').first().waitFor();
  });

  test('nothing in any page went wrong unseen', () => {
    expect(errors).toEqual([]);
  });
});
