import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { freePort } from '../sim/port.ts';
import { inChapters } from './chapters.ts';
import { launchChromium } from './chromium.ts';
import { visit, type Visitor } from './visitor.ts';

/** A column from its set-up to its end, on our page and on the pretend Productboard's, in a real browser. Each test goes on where the one before it ended. */
describe('a column, from set-up to tear-down', () => {
  let browser: Browser;
  let sandbox: Sandbox;
  let ana: Visitor;
  let app: string;
  let settings: Page;
  let features: Page;
  const errors: string[] = [];
  const workspace = () => {
    if (!sandbox.productboard) throw new Error('no Productboard');
    return sandbox.productboard;
  };
  const row = (name: string) => features.getByRole('row', { name: new RegExp(name) });
  const columns = () => settings.getByRole('region', { name: 'Columns' });
  const tickets = () => [...sandbox.gitlab.project('acme/roadmap').issues.values()].filter(({ description }) => description?.includes('#tandem-'));

  beforeAll(async () => {
    browser = await launchChromium();
    app = `http://localhost:${await freePort()}`;
    sandbox = await startSandbox({ bff: 'child', bffUrl: app, munity: false, env: { TANDEM_STORE: 'sqlite::memory:' } });
    ana = await visit(browser, sandbox, 'ana', errors);
  });
  inChapters();
  afterAll(async () => {
    await browser?.close();
    await sandbox?.close();
  });

  test('Ana signs in on the settings page and connects the workspace and GitLab with their tokens', async () => {
    settings = await ana.context.newPage();
    await settings.goto(`${app}/settings.html`);
    await settings.getByRole('link', { name: 'Sign in with Miro' }).or(settings.getByRole('button', { name: 'Sign in with Miro' })).first().click();
    await settings.getByRole('button', { name: 'Allow' }).click();
    await settings.getByRole('heading', { name: 'Accounts and settings' }).waitFor();
    const token = workspace().state.tokens[0]?.value ?? '';
    for (const [tool, secret] of [['Productboard', token], ['GitLab', sandbox.seeded.people[0]?.token ?? '']] as const) {
      const entry = settings.getByRole('listitem').filter({ hasText: tool }).first();
      await entry.getByRole('button', { name: /Connect/ }).first().click();
      const other = settings.getByRole('button', { name: 'Use a token instead' });
      const field = settings.getByLabel(/token/i).first();
      await other.or(field).first().waitFor();
      if (await other.isVisible()) await other.click();
      await field.fill(secret);
      await settings.getByRole('button', { name: `Connect ${tool}` }).last().click();
      await field.waitFor({ state: 'hidden' });
    }
  });

  test('she sets a column up, and its button appears at every feature', async () => {
    await columns().getByRole('button', { name: 'Set up a column' }).click();
    await settings.getByRole('combobox', { name: 'Project' }).click();
    await settings.getByRole('listbox').getByRole('option', { name: /roadmap/i }).first().click();
    await settings.getByRole('button', { name: 'Check and go on' }).click();
    await settings.getByLabel('Name of the column').fill('Roadmap tickets');
    await settings.getByRole('button', { name: 'Set up the column' }).click();
    await columns().getByText('On', { exact: true }).waitFor();
    features = await ana.context.newPage();
    await features.goto(workspace().url);
    await features.getByRole('columnheader', { name: 'Roadmap tickets' }).waitFor();
    expect(await features.getByRole('button', { name: /^Push / }).count()).toBe(4);
  });

  test('a push shows the ticket’s status and key, and leads there', async () => {
    await row('Dark mode').getByRole('button', { name: 'Push Dark mode' }).click();
    await row('Dark mode').getByRole('link', { name: 'Open' }).waitFor();
    const [ticket] = tickets();
    expect(ticket).toMatchObject({ title: 'Dark mode' });
    expect(await row('Dark mode').getByRole('link', { name: 'Open' }).getAttribute('href')).toContain(`/issues/${ticket?.iid}`);
    expect((await features.addScriptTag({ content: axe.source }), await features.evaluate(async () => (await (window as unknown as { axe: typeof axe }).axe.run(document, { iframes: false })).violations.map(({ id }) => id)))).toEqual([]);
  });

  test('a tracker that asks to wait shows as under way, is asked again when it said, and the button has its link', async () => {
    sandbox.gitlab.faults.next(1000, 429, { method: 'POST', path: /issues$/, retryAfter: 1 });
    await row('Export as CSV').getByRole('button', { name: 'Push Export as CSV' }).click();
    await row('Export as CSV').getByText('Under way').waitFor();
    expect(tickets()).toHaveLength(1);
    sandbox.gitlab.faults.clear();
    await row('Export as CSV').getByRole('link', { name: 'Open' }).waitFor();
    expect(tickets().map(({ title }) => title)).toEqual(['Dark mode', 'Export as CSV']);
  });

  test('one that refuses shows as an error with the reason, until that is dismissed', async () => {
    sandbox.gitlab.faults.next(1, 403, { method: 'POST', path: /issues$/ });
    await row('Single sign-on').getByRole('button', { name: 'Push Single sign-on' }).click();
    await row('Single sign-on').getByText(/does not allow/).waitFor();
    await row('Single sign-on').getByRole('button', { name: 'Dismiss Single sign-on' }).click();
    await row('Single sign-on').getByRole('button', { name: 'Push Single sign-on' }).waitFor();
  });

  test('she edits it: a dry run says what other settings would write, and saving them writes it and renames the button', async () => {
    await settings.bringToFront();
    await columns().getByRole('button', { name: 'Edit Roadmap tickets' }).click();
    await settings.getByLabel('What its button says').fill('Send');
    await settings.getByLabel('Ticket’s status for New idea').selectOption({ label: 'Closed' });
    await settings.getByRole('button', { name: 'See what it would write' }).click();
    await settings.getByText('2 links were looked at, as last seen.').waitFor();
    await settings.getByText(/^[12] would be written, 0 asked about$/).waitFor();
    await settings.getByRole('button', { name: 'Save', exact: true }).click();
    await features.getByRole('button', { name: /^Send / }).first().waitFor();
    await expect.poll(() => tickets().find(({ title }) => title === 'Export as CSV')?.state).toBe('closed');
  });

  test('paused, a push is refused with the reason and the links stay to be seen; afterwards it goes on', async () => {
    await settings.bringToFront();
    await columns().getByRole('button', { name: 'Pause Roadmap tickets' }).click();
    await columns().getByText('Paused', { exact: true }).waitFor();
    const [, name = ''] = /^Send (.*)$/.exec((await features.getByRole('button', { name: /^Send / }).first().getAttribute('aria-label')) ?? '') ?? [];
    await features.bringToFront();
    await row(name).getByRole('button', { name: `Send ${name}` }).click();
    await row(name).getByText(/is paused/).waitFor();
    await row(name).getByRole('button', { name: `Dismiss ${name}` }).click();
    await settings.bringToFront();
    await columns().getByRole('button', { name: 'Links of Roadmap tickets' }).click();
    await columns().getByText('Rests', { exact: true }).first().waitFor();
    await columns().getByRole('button', { name: 'Hide links' }).click();
    await columns().getByRole('button', { name: 'Go on Roadmap tickets' }).click();
    await columns().getByText('On', { exact: true }).waitFor();
  });

  test('new secrets reach the column and both webhooks, and what was left behind is found and removed', async () => {
    const [column] = workspace().state.plugins.values();
    if (!column) throw new Error('no column');
    const secrets = () => [column.action.authorization, [...workspace().state.webhooks.values()][0]?.notification.authorization, sandbox.gitlab.state.hooks[0]?.token];
    const before = secrets();
    await columns().getByRole('button', { name: 'New secrets for Roadmap tickets' }).click();
    await expect.poll(() => secrets().filter((secret, i) => secret === before[i])).toEqual([]);
    const lost = '0d4f4a3e-0000-4000-8000-000000000001';
    workspace().state.plugins.set(lost, { ...column, id: lost, name: 'Lost', connections: new Map() });
    await columns().getByRole('button', { name: 'Look for leftovers' }).click();
    await columns().getByRole('button', { name: 'Remove Lost' }).click();
    await columns().getByText('Nothing was left behind.').waitFor();
    expect([...workspace().state.plugins.keys()]).toEqual([column.id]);
  });

  test('the page lists what is linked, and unlinking there empties the button', async () => {
    await columns().getByRole('button', { name: 'Links of Roadmap tickets' }).click();
    await columns().getByText('Linked', { exact: true }).first().waitFor();
    await columns().getByRole('button', { name: 'Unlink Dark mode' }).click();
    await row('Dark mode').getByRole('button', { name: 'Send Dark mode' }).waitFor();
    await expect.poll(() => tickets().map(({ title }) => title)).toEqual(['Export as CSV']);
  });

  test('deleting takes the column off the features board', async () => {
    await columns().getByRole('button', { name: 'Delete Roadmap tickets' }).click();
    await columns().getByRole('button', { name: 'Delete', exact: true }).click();
    await columns().getByText('No column yet').waitFor();
    await features.getByRole('columnheader', { name: 'Roadmap tickets' }).waitFor({ state: 'detached' });
    expect([workspace().state.plugins.size, workspace().state.webhooks.size]).toEqual([0, 0]);
    expect(errors).toEqual([]);
  });
});
