import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import * as data from './fixtures.ts';
import { inside, outside } from './settings-views.ts';
import { onStage } from './on-stage.ts';
import { tabStops, type Answers } from './stage.ts';
import { ok, press, ROUTE, see } from './view.ts';

/** The settings page, in a browser of its own: no Miro around it. */

const on = onStage();

async function settings(answers: Answers = inside): Promise<Page> {
  await on.open({ file: 'settings.html', width: 1280, answers });
  return on.shown.page;
}
const sent = (method: string, path: string) => on.shown.sent.filter((one) => one.method === method && one.path === path);
const section = (page: Page, name: string) => page.getByRole('region', { name });
const entry = (page: Page, text: string) => section(page, 'Your accounts').getByRole('listitem').filter({ hasText: text });

describe('the door', () => {
  test('is a link that comes back here, and nothing else is asked for', async () => {
    const page = await settings(outside);
    expect(await page.getByRole('link', { name: 'Sign in with Miro' }).getAttribute('href')).toBe('/auth/miro?back=settings');
    expect(on.shown.sent.map((one) => one.path)).toEqual(['/auth/session']);
  });

  test('is where signing out leads', async () => {
    const page = await settings({ ...inside, [ROUTE.signOut]: { status: 204, body: undefined } });
    await press(page, 'Sign out');
    await page.getByRole('link', { name: 'Sign in with Miro' }).waitFor();
    expect(sent('DELETE', '/auth/session')).toHaveLength(1);
  });
});

describe('your accounts', () => {
  test('are asked for with the session’s token, and say who one is where, and how that is', async () => {
    const page = await settings();
    await entry(page, 'Ana Souza (@ana) at gitlab.example').getByText(/^Ends on/).waitFor();
    await entry(page, '(@ana-souza-external) at gitlab.partner.example').getByText('Connected').waitFor();
    expect(on.shown.sent.filter((one) => !one.path.startsWith('/auth')).map((one) => one.authorization)).toEqual(['Bearer settings-bearer', 'Bearer settings-bearer']);
  });

  test('are connected in place, and the page is asked anew', async () => {
    const page = await settings({ ...inside, [ROUTE.me]: [ok(data.me([data.gitlabNew])), ok(data.me([data.gitlab]))], [ROUTE.connect]: ok(data.gitlab) });
    await press(page, /^Connect GitLab/);
    await page.getByLabel('Personal access token').fill('glpat-1');
    await page.keyboard.press('Enter');
    await entry(page, 'Ana Souza (@ana) at gitlab.example').getByText('Connected').waitFor();
    expect(sent('GET', '/team')).toHaveLength(2);
  });

  test('are disconnected when confirmed, with what is left said above', async () => {
    const page = await settings({ ...inside, [ROUTE.me]: [ok(data.me([data.gitlab])), ok(data.me([data.gitlabNew]))], [ROUTE.disconnect]: ok({ left: ['Delete the token in GitLab.'] }) });
    await press(page, /^Disconnect GitLab at gitlab.example/);
    expect(sent('DELETE', '/accounts/gitlab/gitlab.example')).toEqual([]);
    await page.getByRole('button', { name: 'Disconnect', exact: true }).click();
    await see(page, 'Delete the token in GitLab.');
    await entry(page, 'GitLab').getByText('Not connected').waitFor();
    await press(page, 'Got it');
    expect(await page.getByText('Delete the token in GitLab.').count()).toBe(0);
  });

  test('can be had at a site that nobody configured', async () => {
    const page = await settings({ ...inside, [ROUTE.me]: [ok(data.me([data.gitlab])), ok(data.me([data.gitlab, data.partner]))], [ROUTE.site]: ok(data.partnerNew), [`PUT /accounts/gitlab/${data.partner.site}`]: ok(data.partner) });
    await press(page, 'Connect another site');
    await page.getByLabel('Web address').fill('https://gitlab.partner.example');
    await page.keyboard.press('Enter');
    await page.getByLabel('Personal access token').fill('glpat-1');
    await page.keyboard.press('Enter');
    await entry(page, 'at gitlab.partner.example').getByText('Connected').waitFor();
  });
});

describe('the team', () => {
  test('is there for whoever administers it, and for nobody else', async () => {
    const page = await settings({ ...inside, [ROUTE.team]: ok(data.alone) });
    await see(page, 'Ana Souza (@ana)');
    await section(page, 'Team').waitFor({ state: 'detached' });
    expect(await section(page, 'Places').count()).toBe(0);
  });

  test('names every member and account, and disconnects the one that was meant', async () => {
    const path = '/members/3458764500000000003/accounts/gitlab/gitlab.example';
    const page = await settings({ ...inside, [`DELETE ${path}`]: ok({ left: [] }), [ROUTE.team]: [ok(data.team()), ok(data.team({ members: data.everybody.slice(0, 2) }))] });
    await press(page, /^Disconnect GitLab of نور/);
    await see(page, 'Disconnect GitLab of نور الدين?');
    await page.getByRole('button', { name: 'Disconnect', exact: true }).click();
    await section(page, 'Team').getByText('نور الدين', { exact: true }).waitFor({ state: 'detached' });
    expect(on.shown.sent.filter((one) => one.method === 'DELETE').map((one) => one.path)).toEqual([path]);
  });

  test('sees how each place is watched, and why not better', async () => {
    const page = await settings();
    const rows = section(page, 'Places').getByRole('row');
    await rows.filter({ hasText: 'roadmap' }).getByText('By webhook, at once').waitFor();
    await rows.filter({ hasText: 'partner-board' }).getByText('Nobody’s account may create a webhook there.').waitFor();
    await rows.filter({ hasText: 'platform-team' }).getByText('Being set up').waitFor();
  });
});

test('what was given up is tried again one by one, all of a site, or all at once', async () => {
  const replay = { 'POST /team/stuck': { status: 202, body: undefined } };
  const page = await settings({ ...inside, ...replay, [ROUTE.team]: ok(data.team({ stuck: data.stuck })) });
  await press(page, 'Try all again');
  await press(page, /^Try all of Gitea at /);
  await press(page, 'Try all of Miro again');
  await press(page, /^Try again Set up a webhook/);
  await expect.poll(() => sent('POST', '/team/stuck').map((one) => one.body)).toEqual([{}, { tool: 'gitea', site: data.gitea.site }, { tool: 'miro', site: 'miro' }, { key: 'ensure:2' }]);
});

test('a site that does not answer is named, with when it is asked again', async () => {
  const page = await settings({ ...inside, [ROUTE.team]: ok(data.team({ down: data.down.slice(0, 1) })) });
  const notice = page.getByRole('status').filter({ hasText: 'GitLab does not answer' });
  await notice.getByText(/^gitlab\.example stopped answering 1h ago\. .*next at \d\d:\d\d:\d\d\. Nothing is lost/).waitFor();
});

test('the focus goes where an action leads, and comes back', async () => {
  const page = await settings();
  const focused = (): Promise<string> => page.evaluate(() => `${document.activeElement?.tagName} ${document.activeElement?.getAttribute('type') ?? ''} ${document.activeElement?.textContent ?? ''}`);
  await press(page, /^Replace/);
  await expect.poll(focused).toMatch(/^INPUT password/);
  await press(page, 'Cancel');
  await expect.poll(focused).toMatch(/^BUTTON button Replace/);
  await press(page, /^Disconnect GitLab of نور/);
  await expect.poll(focused).toMatch(/^DIV .*Disconnect GitLab of نور/);
  await press(page, 'Keep');
  await expect.poll(focused).toMatch(/^BUTTON button Disconnect GitLab of نور/);
  await press(page, 'Connect another site');
  await expect.poll(focused).toMatch(/^INPUT url/);
});

test('every action can be reached with the keyboard, and says what it acts on', async () => {
  const page = await settings();
  await see(page, 'By webhook');
  const stops = await tabStops(page, 12);
  for (const name of ['Sign out', 'Replace GitLab at gitlab.example', 'Disconnect GitLab at gitlab.example', 'Disconnect GitLab at gitlab.partner.example', 'Connect Gitea at git.a-very-long', 'Connect another site', 'Disconnect GitLab of Ana Souza', 'Disconnect Gitea of نور']) {
    expect(stops.some((stop) => stop.includes(name)), `${name} among ${stops.join(' | ')}`).toBe(true);
  }
});
