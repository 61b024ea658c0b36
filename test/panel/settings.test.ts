import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { at, check, column, removed } from './columns-views.ts';
import * as data from './fixtures.ts';
import { inside, outside } from './settings-views.ts';
import { onStage } from './on-stage.ts';
import { refusal, tabStops, type Answers } from './stage.ts';
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
    await expect.poll(() => on.shown.sent.filter((one) => !one.path.startsWith('/auth')).map((one) => one.authorization)).toEqual(Array(3).fill('Bearer settings-bearer'));
  });

  test('are connected in place, and the page is asked anew', async () => {
    const page = await settings({ ...inside, [ROUTE.me]: [ok(data.me([data.gitlabNew])), ok(data.me([data.gitlab]))], [ROUTE.connect]: ok(data.gitlab) });
    await press(page, /^Connect GitLab/);
    await page.getByLabel('Personal access token').fill('glpat-1');
    await page.keyboard.press('Enter');
    await entry(page, 'Ana Souza (@ana) at gitlab.example').getByText('Connected').waitFor();
    await expect.poll(() => sent('GET', '/team').length).toBe(2);
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

describe('what is kept in step', () => {
  const partner = data.pair().right;
  const one = (more: Parameters<typeof data.pair>[0] = {}) => ok({ pairs: [data.pair(more)] });
  const pairs = (page: Page) => section(page, 'Kept in step');

  test('names both items, leads to each in its tool, and says how it goes and since when', async () => {
    const page = await settings({ ...inside, [ROUTE.pairs]: ok(data.everyState) });
    const states = ['In step', 'To decide', 'Paused', 'Unreachable', 'Gone', 'Hidden'];
    await pairs(page).getByText('Hidden', { exact: true }).waitFor();
    expect(await pairs(page).locator('.pair-foot > .chip').allTextContents()).toEqual(states);
    const first = pairs(page).getByRole('group', { name: 'roadmap#7 and partner-board#12' }).first();
    for (const [name, url] of [[/^roadmap ?#7/, data.first.url], [/^partner-board ?#12/, partner.url]] as const) expect(await first.getByRole('link', { name }).getAttribute('href')).toBe(url);
    await first.getByText('Brought into step 3h ago').waitFor();
    await pairs(page).getByText('With the accounts of Jörg Müller-Lüdenscheidt').waitFor();
    await pairs(page).getByText('Deleted in the tool. The other item stays.').waitFor();
    expect(await pairs(page).getByRole('button', { name: /^(?:Go on now|Try again)/ }).count()).toBe(2);
  });

  test('is made of two addresses as they were pasted; the side that is right goes along, and the page looks again until it has happened', async () => {
    const page = await settings({
      ...inside,
      [ROUTE.pairs]: [ok({ pairs: [] }), ok({ pairs: [data.beingMade] })],
      [ROUTE.items]: ok(data.found([data.first])),
      [ROUTE.partnerItems]: ok(data.found([{ ...data.first, ref: partner.ref }])),
      [ROUTE.pair]: { status: 201, body: data.beingMade },
    });
    await press(page, 'Keep two items in step');
    await page.getByLabel('First item').fill(`  ${data.first.url}#note_3 `);
    await page.getByLabel('Second item').fill(partner.url ?? '');
    await page.getByText('The first', { exact: true }).click();
    await page.keyboard.press('Enter');
    await pairs(page).getByText('Being compared').waitFor();
    on.shown.answers(ROUTE.pairs, one());
    await pairs(page).getByText('In step', { exact: true }).waitFor();
    expect(sent('POST', '/pairs').map(({ body }) => body)).toEqual([{ left: data.first.ref, right: partner.ref, start: 'left' }]);
    expect(sent('GET', '/tools/gitlab/gitlab.example/items').map(({ query }) => new URLSearchParams(query).get('q'))).toEqual([`${data.first.url}#note_3`]);
    expect(sent('GET', '/tools/gitlab/gitlab.partner.example/items').map(({ query }) => new URLSearchParams(query).get('q'))).toEqual([partner.url]);
  });

  test('without a word about which is right nothing is said about it, and what is wrong is said at its field', async () => {
    const page = await settings({
      ...inside,
      [ROUTE.items]: [ok(data.found([])), ok(data.found([data.first]))],
      [ROUTE.partnerItems]: ok(data.found([{ ...data.first, ref: partner.ref }])),
      [ROUTE.pair]: [refusal(422, 'invalid_input', 'No.', { fields: { right: 'Tandem only reads that.' } }), refusal(409, 'conflict', 'These two are kept in step already.')],
    });
    const said = (label: string) => page.getByLabel(label).evaluate((input) => (input.getAttribute('aria-describedby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' '));
    const send = () => page.getByRole('button', { name: 'Keep in step', exact: true }).click();
    await press(page, 'Keep two items in step');
    await send();
    await expect.poll(() => said('Second item')).toContain('Paste the address');
    await page.getByLabel('First item').fill('https://git.a-very-long-host-name.engineering.example.org.evil.example/1');
    await page.getByLabel('Second item').fill('https://git.example.org/team/repo/issues/4');
    await send();
    await see(page, 'You are not connected to this site');
    expect([await said('First item'), await said('Second item')]).toEqual([expect.stringContaining('You are not connected to this site'), expect.stringContaining('Connect Gitea at')]);
    expect(on.shown.sent.filter((one) => one.path.endsWith('/items'))).toEqual([]);

    await page.getByLabel('First item').fill(data.first.url);
    await page.getByLabel('Second item').fill(partner.url ?? '');
    await send();
    await see(page, 'This leads to no issue that your account may see.');
    expect(sent('POST', '/pairs')).toEqual([]);
    await send();
    await see(page, 'Tandem only reads that.');
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('pair-right');
    await send();
    await see(page, 'These two are kept in step already.');
    expect(sent('POST', '/pairs').at(-1)?.body).toEqual({ left: data.first.ref, right: partner.ref });
  });

  test('asks which version stays, sends the one that was kept, and keeps the focus with the pair', async () => {
    const page = await settings({ ...inside, [ROUTE.pairs]: [ok({ pairs: [data.asking] }), one({ state: 'asking', clashes: {} }), one()], [ROUTE.choose]: { status: 202, body: '' } });
    await press(page, 'Keep this title of partner-board#12');
    await pairs(page).getByText('In step', { exact: true }).waitFor();
    expect(sent('POST', '/pairs/p1/choice').map(({ body }) => body)).toEqual([{ field: 'title', keep: 'right' }]);
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('roadmap#7 and partner-board#12');
    await page.getByText('The title of partner-board#12 is kept').waitFor({ state: 'attached' });
  });

  test('long versions are cut together, and shown together', async () => {
    const page = await settings({ ...inside, [ROUTE.pairs]: ok({ pairs: [data.asking] }) });
    const heights = () => pairs(page).getByRole('group', { name: 'Two versions of the description' }).locator('.pair-text').evaluateAll((texts) => texts.map((text) => [text.clientHeight, text.scrollHeight]));
    const all = page.getByRole('button', { name: /^Show all/ });
    await all.waitFor();
    expect((await heights()).map(([height]) => height)).toEqual([160, 160]);
    await all.press('Enter');
    await see(page, 'Show less');
    for (const [height, whole] of await heights()) expect(height).toBe(whole);
  });

  test.each([
    ['Go on now', 'paused'],
    ['Try again', 'unreachable'],
  ] as const)('%s is there for one that is %s', async (label, state) => {
    const page = await settings({ ...inside, [ROUTE.pairs]: [one({ state, reason: 'Because.' }), one()], [ROUTE.resume]: { status: 202, body: '' } });
    await pairs(page).getByText('Because.').waitFor();
    await press(page, `${label} roadmap#7 and partner-board#12`);
    await pairs(page).getByText('In step', { exact: true }).waitFor();
    expect(sent('POST', '/pairs/p1/resume')).toHaveLength(1);
  });

  test('a refusal is said where it was asked for, with a new look at the pair; without a network what is shown stays', async () => {
    const page = await settings({ ...inside, [ROUTE.pairs]: one({ state: 'paused', reason: 'Because.' }), [ROUTE.resume]: ['breaks', 'breaks', refusal(503, 'unavailable', 'This pair is being written at this moment. Try again.')] });
    await press(page, /^Go on now/);
    await see(page, 'Tandem did not answer.');
    expect(sent('GET', '/pairs')).toHaveLength(1);
    await press(page, /^Go on now/);
    await see(page, 'This pair is being written at this moment.');
    await expect.poll(() => sent('GET', '/pairs').length).toBeGreaterThan(1);
    await pairs(page).getByText('Because.').waitFor();
  });

  test('is let go of when confirmed, and the focus goes to what is left', async () => {
    const page = await settings({ ...inside, [ROUTE.pairs]: [one(), ok({ pairs: [] })], [ROUTE.letGo]: { status: 204, body: undefined } });
    await press(page, /^Let go/);
    await see(page, 'Both items stay as they are now.');
    expect(sent('DELETE', '/pairs/p1')).toEqual([]);
    await page.getByRole('button', { name: 'Let go', exact: true }).click();
    await see(page, 'Nothing is kept in step yet');
    expect(sent('DELETE', '/pairs/p1')).toHaveLength(1);
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Keep two items in step…');
  });

  test('is offered to whoever is connected somewhere', async () => {
    const page = await settings({ ...inside, [ROUTE.pairs]: ok({ pairs: [] }), [ROUTE.me]: ok(data.me([data.gitlabNew])) });
    await pairs(page).getByText('Connect the tool that holds your items first').waitFor();
    expect(await pairs(page).getByRole('button').count()).toBe(0);
  });
});

describe('columns', () => {
  const edit = async (more: Answers): Promise<Page> => {
    const page = await settings({ ...at([column()]), ...more });
    await press(page, 'Edit GitLab roadmap');
    return page;
  };

  test('a row of a status that vanished is dropped on a word, and the rest is saved', async () => {
    const page = await edit({ 'POST /integrations/check': ok({ ...check, left: { ...check.left, statuses: check.left.statuses.slice(0, 3) } }), 'PATCH /integrations/i1': { status: 202, body: column() } });
    await press(page, 'Drop its row');
    await page.getByText('A status that is not there any more').first().waitFor({ state: 'detached' });
    await press(page, /^Save$/);
    await expect.poll(() => sent('PATCH', '/integrations/i1').map(({ body }) => (body as { statuses: { feature: string }[] }).statuses.map(({ feature }) => feature))).toEqual([['s1', 's2']]);
  });

  test('leftovers are looked for in workspaces and trackers; one that does not answer hides nothing of the others, and a report that cannot be put aside says so', async () => {
    const page = await settings({ ...at([column({ report: ['The line that leads to Productboard stays in roadmap#3: No.'] }), removed]), 'DELETE /integrations/i1/report': { status: 204, body: undefined }, 'GET /integrations/orphans': [ok({ orphans: [{ kind: 'column', id: 'c1', name: 'Lost' }] }), refusal(502, 'tool_down', 'GitLab has trouble of its own (503). Try again in a moment.')], 'DELETE /integrations/i5/report': refusal(503, 'unavailable', 'Tandem is being stopped. Try again in a moment.') });
    await press(page, 'Look for leftovers');
    await section(page, 'Columns').getByRole('button', { name: 'Remove Lost' }).waitFor();
    await page.getByRole('alert').getByText('has trouble of its own').waitFor();
    expect(new Set(sent('GET', '/integrations/orphans').map(({ query }) => new URLSearchParams(query).get('tool')))).toEqual(new Set(['productboard', 'gitlab']));
    await page.getByRole('button', { name: 'Got it' }).last().click();
    await page.getByRole('alert').getByText('Tandem is being stopped.').waitFor();
    // What could not be undone is put aside with one that goes on, too.
    await see(page, 'stays in roadmap#3');
    await press(page, 'Got it');
    await expect.poll(() => sent('DELETE', '/integrations/i1/report').length).toBe(1);
  });

  test('a dry run shows twenty of what would be written, and says how many more there are', async () => {
    const writes = Array.from({ length: 23 }, (_, i) => ({ connection: `k${i}`, key: `roadmap#${i}`, title: 'x', side: 'right', field: 'title', from: 'a', to: 'b' }));
    const page = await edit({ 'POST /integrations/i1/dry-run': ok({ looked: 500, missed: { unlinked: 0, unseen: 0, beyond: 7 }, writes, asks: [] }) });
    await press(page, 'See what it would write');
    await see(page, '500 links were looked at, as last seen. Not looked at: 7 beyond what is looked at at once.');
    await see(page, 'and 3 more');
    expect(await page.locator('.plan strong').count()).toBe(20);
  });

  test('many are linked at once, each to the ticket that was named for it; what was refused stays, with its name and the reason', async () => {
    const features = [data.first, data.long].map((item, i) => ({ ...item, ref: { ...item.ref, id: `f${i}` } }));
    const page = await settings({ ...at([column()]), 'GET /tools/productboard/acme.productboard.com/items': ok(data.found(features)), 'POST /integrations/i1/connections': { status: 202, body: { begun: 1, refused: [{ item: 'f1', reason: 'It is linked already, or being linked.' }] } } });
    await press(page, 'Links of GitLab roadmap');
    await page.getByRole('combobox', { name: 'Link features' }).click();
    for (const { title } of features) await page.getByRole('listbox').getByRole('option', { name: title }).click();
    await page.keyboard.press('Escape');
    await page.getByLabel(`Ticket of “${data.first.title}”`).fill(' https://gitlab.example/7 ');
    await press(page, 'Make tickets');
    await page.getByRole('status').filter({ hasText: 'Not all of them' }).getByText(`${data.long.title}: It is linked already, or being linked.`).waitFor();
    expect(sent('POST', '/integrations/i1/connections').map(({ body }) => body)).toEqual([{ items: [{ item: 'f0', ticket: 'https://gitlab.example/7' }, { item: 'f1' }] }]);
    expect([await page.getByLabel(`Ticket of “${data.long.title}”`).count(), await page.getByLabel(`Ticket of “${data.first.title}”`).count()]).toEqual([1, 0]);
  });
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
  await press(page, /^Keep$/);
  await expect.poll(focused).toMatch(/^BUTTON button Disconnect GitLab of نور/);
  await press(page, 'Connect another site');
  await expect.poll(focused).toMatch(/^INPUT url/);
  await press(page, 'Keep two items in step');
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('pair-left');
  await section(page, 'Kept in step').getByRole('button', { name: 'Cancel' }).click();
  await expect.poll(focused).toMatch(/^BUTTON button Keep two items in step/);
  await press(page, /^Let go/);
  await expect.poll(focused).toMatch(/^DIV .*Let go of roadmap/);
  await press(page, /^Keep$/);
  await expect.poll(focused).toMatch(/^BUTTON button Let go/);
});

test('every action can be reached with the keyboard, and says what it acts on', async () => {
  const page = await settings();
  await see(page, 'By webhook');
  await section(page, 'Kept in step').getByRole('button', { name: 'Let go of' }).first().waitFor();
  const stops = await tabStops(page, 16);
  for (const name of ['Sign out', 'Replace GitLab at gitlab.example', 'Disconnect GitLab at gitlab.example', 'Disconnect GitLab at gitlab.partner.example', 'Connect Gitea at git.a-very-long', 'Connect another site', 'roadmap#7', 'partner-board#12', 'Let go of roadmap#7 and partner-board#12', 'Keep two items in step', 'Disconnect GitLab of Ana Souza', 'Disconnect Gitea of نور']) {
    expect(stops.some((stop) => stop.includes(name)), `${name} among ${stops.join(' | ')}`).toBe(true);
  }
});
