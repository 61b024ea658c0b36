import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { LinkBody, SiteView } from '@tandem/shared/api';
import * as data from './fixtures.ts';
import { onStage } from './on-stage.ts';
import { refusal, tabStops, type Answers } from './stage.ts';
import { ok, ROUTE, work as everything } from './view.ts';

/** What the panel does when somebody uses them: with the mouse, with the keyboard, and against a BFF that refuses. */

const work: Answers = { ...everything, [ROUTE.items]: ok(data.found()) };

const on = onStage();

async function panel(answers: Answers = work, more: { popups?: 'blocked' } = {}): Promise<Page> {
  await on.open({ file: 'panel.html', width: 368, answers, ...more });
  return on.shown.page;
}
async function found(answers: Answers = work): Promise<Page> {
  const page = await panel(answers);
  await box(page, 'Checkout loses').waitFor();
  return page;
}
const box = (page: Page, title: string) => page.getByRole('checkbox', { name: title });
const sent = (method: string, path: string) => on.shown.sent.filter((one) => one.method === method && one.path === path);
const made = (page: Page): Promise<{ id: string; x: number; y: number; width: number; height: number; title: string; style: { cardTheme: string }; description: string; status: string }[]> =>
  page.evaluate(() => (window as unknown as { made: never[] }).made);
const put = (page: Page) => page.getByRole('button', { name: /^Put / });

describe('every request', () => {
  test('carries the same ID token as bearer, and nothing goes to a third host', async () => {
    await found();
    const tokens = new Set(on.shown.sent.map((one) => one.authorization));
    expect(tokens.size).toBe(1);
    expect([...tokens][0]).toMatch(/^Bearer head\./);
  });

  test('that only reads survives one lost connection', async () => {
    await found({ ...work, [ROUTE.me]: ['breaks', ok(data.me())] });
    expect(sent('GET', '/me')).toHaveLength(2);
  });
});

describe('signing in', () => {
  const signIn: Answers = { ...work, [ROUTE.me]: [ok(data.me([], 'none')), ok(data.me())] };
  const say = (page: Page, origin: string): Promise<void> =>
    page.evaluate((from) => void window.dispatchEvent(new MessageEvent('message', { origin: from, data: { type: 'tandem:signed-in' } })), origin);

  test('goes on when the window says that it is done', async () => {
    const page = await panel(signIn);
    await page.getByRole('button', { name: 'Sign in with Miro' }).click();
    await say(page, new URL(page.url()).origin);
    await box(page, 'Checkout loses').waitFor();
  });

  test('goes on without a message too, because the BFF is asked meanwhile', async () => {
    const page = await panel(signIn);
    await page.getByRole('button', { name: 'Sign in with Miro' }).click();
    await box(page, 'Checkout loses').waitFor();
  });

  test('offers a real link when the browser opens no window, and can be given up', async () => {
    const page = await panel({ ...signIn, [ROUTE.me]: ok(data.me([], 'none')) }, { popups: 'blocked' });
    await page.getByRole('button', { name: 'Sign in with Miro' }).click();
    const link = page.getByRole('link', { name: 'Sign in with Miro' });
    expect([await link.getAttribute('href'), await link.getAttribute('target'), await link.getAttribute('rel')]).toEqual(['/auth/miro', '_blank', 'opener']);
  });
});

describe('connecting', () => {
  test('sends what was pasted, without the spaces around it, and goes on', async () => {
    const page = await panel({ ...work, [ROUTE.me]: ok(data.me([data.gitlabNew])), [ROUTE.connect]: ok(data.gitlab) });
    await page.getByRole('button', { name: 'Connect GitLab' }).click();
    await page.getByText('Paste your personal access token here.').waitFor();
    await page.getByLabel('Personal access token').fill('  glpat-1  ');
    await page.keyboard.press('Enter');
    await box(page, 'Checkout loses').waitFor();
    expect(sent('PUT', '/accounts/gitlab/gitlab.example').map((one) => one.body)).toEqual([{ fields: { token: 'glpat-1' } }]);
  });
});

describe('searching', () => {
  const queries = (): Record<string, string>[] => sent('GET', '/tools/gitlab/gitlab.example/items').map((one) => Object.fromEntries(new URLSearchParams(one.query)));

  test('takes the address of an item, whatever the filters are', async () => {
    const page = await found();
    await page.getByRole('button', { name: 'Assigned to me' }).click();
    await page.getByRole('searchbox').fill(data.first.url);
    await expect.poll(() => queries().at(-1)).toEqual({ state: 'all', q: data.first.url });
    expect(await page.getByRole('button', { name: 'Assigned to me' }).count()).toBe(0);
  });

  test('goes to the other connected tool when the address is one of its', async () => {
    const other: SiteView = { ...data.gitea, account: { state: 'active', person: data.ana, kind: 'token' } };
    const page = await found({ ...work, [ROUTE.me]: ok(data.me([data.gitlab, other])), [`GET /tools/gitea/${other.site}/items`]: ok(data.found([])) });
    await page.getByRole('searchbox').fill(`${other.url}/ana/x/issues/1`);
    await page.getByRole('heading', { name: /^Tandem: Gitea/ }).waitFor({ state: 'attached' });
    await expect.poll(() => sent('GET', `/tools/gitea/${other.site}/items`).at(-1)?.query).toContain('issues%2F1');
  });

  test('narrows by project, state and person, and loads more where it stopped', async () => {
    const page = await found({ ...work, [ROUTE.items]: [ok(data.found(data.items.slice(0, 3), 'second')), ok(data.found(data.items.slice(3))), ok(data.found([]))] });
    await page.getByRole('button', { name: 'Load more' }).click();
    await box(page, 'Slow search').waitFor();
    await page.getByRole('combobox', { name: 'Project' }).focus();
    await page.keyboard.press('ArrowDown');
    await page.getByRole('option', { name: 'ana/roadmap' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('radio', { name: 'Closed' }).check({ force: true });
    await page.getByRole('button', { name: 'Assigned to me' }).click();
    await expect.poll(() => queries().at(-1)).toEqual({ state: 'closed', place: '42', mine: 'true' });
    expect(queries().slice(0, 2)).toEqual([{ state: 'open' }, { state: 'open', cursor: 'second' }]);
  });

  test('shows a hostile title as the text that it is', async () => {
    const page = await found();
    await page.getByText('<img src=x onerror=').first().waitFor();
    expect(await page.evaluate(() => [document.body.dataset['broken'], document.querySelectorAll('img, .row script').length])).toEqual([undefined, 0]);
  });
});

describe('the list', () => {
  test('everything in it can be reached and done with the keyboard', async () => {
    const page = await found();
    await page.getByRole('button', { name: 'On board', exact: true }).waitFor();
    const stops = await tabStops(page, 14);
    for (const name of ['Account: Ana Souza', 'Find issues', 'Search issues', 'Project', 'Open', 'Assigned to me', 'Select all', 'Refresh', 'Checkout loses', 'roadmap#7', 'On board']) {
      expect(stops.some((stop) => stop.includes(name)), `${name} among ${stops.join(' | ')}`).toBe(true);
    }
    await box(page, 'Checkout loses').focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await page.getByText('3 selected').waitFor();
    await page.keyboard.press('Control+a');
    await page.getByText('7 selected').waitFor();
  });

  test('Shift and a click take everything in between, on a box and on a card', async () => {
    const page = await found();
    await box(page, 'Launch checklist').click();
    await page.getByText('Slow search').click({ modifiers: ['Shift'] });
    await page.getByText('5 selected').waitFor();
    await box(page, 'إعادة').click({ modifiers: ['Shift'] });
    await page.getByText('2 selected').waitFor();
  });

  test('what is ticked stays ticked over searches', async () => {
    const page = await found({ ...work, [ROUTE.items]: [ok(data.found()), ok(data.found([]))] });
    await box(page, 'Checkout loses').check();
    await page.getByRole('searchbox').fill('nothing');
    await page.getByText('Nothing found for').waitFor();
    await page.getByText('1 selected').waitFor();
  });

  test('shows the card of what is on the board already, and notices when it has gone', async () => {
    const page = await found();
    await page.getByRole('button', { name: 'On board', exact: true }).click();
    await expect.poll(() => page.evaluate(() => (window as unknown as { zoomed?: { id: string }[] }).zoomed?.map((one) => one.id))).toEqual(['card-7']);
    const twice = page.getByRole('button', { name: 'On board × 2' });
    await twice.click();
    await twice.click();
    await expect.poll(() => page.getByRole('button', { name: /^On board/ }).allTextContents()).toEqual(['On board', 'On board']);
  });
});

describe('putting on the board', () => {
  test('makes cards that show the items, next to each other, and links each', async () => {
    const page = await found();
    await page.getByRole('checkbox', { name: 'Select all' }).check();
    await put(page).click();
    await page.getByText('7 cards are on the board').waitFor();
    const cards = await made(page);
    expect(cards.every((one) => one.status === 'connected' && one.description.includes('<a href="https://gitlab.example/'))).toBe(true);
    expect(cards.find((one) => one.title.startsWith('&lt;img'))).toBeDefined();
    const overlaps = cards.flatMap((a, at) => cards.slice(at + 1).filter((b) => Math.abs(a.x - b.x) < 320 && Math.abs(a.y - b.y) < (a.height + b.height) / 2));
    expect(overlaps).toEqual([]);
    const links = sent('POST', '/cards').map((one) => one.body as LinkBody);
    expect(links.map((one) => one.ref.id).toSorted()).toEqual(data.items.map((item) => item.ref.id).toSorted());
    expect(new Set(links.map((one) => one.card))).toEqual(new Set(cards.map((one) => one.id)));
    expect(await put(page).count()).toBe(0);
  });

  test('takes a card that could not be linked off the board again, says why, and tries only that one again', async () => {
    const page = await found({ ...work, [ROUTE.link]: [refusal(503, 'tool_busy', 'GitLab asks us to slow down.'), ok({ ...data.card(data.first), watch: 'hook' })] });
    await box(page, 'Checkout loses').check();
    await box(page, 'Slow search').check();
    await put(page).click();
    await page.getByText('GitLab asks us to slow down.').waitFor();
    expect(await made(page)).toHaveLength(1);
    await page.getByText('1 selected').waitFor();
    await put(page).click();
    await page.getByText('The card is on the board.').waitFor();
    expect(await made(page)).toHaveLength(2);
    expect(sent('POST', '/cards')).toHaveLength(3);
  });

  test('a dragged row lands where it was dropped', async () => {
    const page = await found();
    await page.evaluate(() => {
      const row = [...document.querySelectorAll('.miro-draggable')].find((one) => one.textContent?.includes('Slow search'));
      (window as unknown as { drop(x: number, y: number, target: Element | undefined): void }).drop(300, -200, row);
    });
    await page.getByText('The card is on the board.').waitFor();
    expect((await made(page)).map(({ title, x, y }) => ({ title, x, y }))).toEqual([{ title: 'Slow search', x: 300, y: -200 }]);
  });

  test('a new item is created once, even when its card then fails', async () => {
    const page = await found({ ...work, [ROUTE.create]: { status: 201, body: data.first }, [ROUTE.link]: [refusal(500, 'internal', 'Oh no.'), ok({ ...data.card(data.first), watch: 'hook' })] });
    await page.getByRole('tab', { name: 'New issue' }).click();
    await page.getByRole('combobox', { name: 'Project' }).click();
    await page.getByRole('option', { name: 'ana/roadmap' }).click();
    await page.getByLabel('Title').fill('  New one ');
    await page.getByRole('combobox', { name: /^Labels/ }).fill('bug');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Create and put on the board' }).click();
    await page.getByText('Oh no.').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The card is on the board.').waitFor();
    expect(sent('POST', '/tools/gitlab/gitlab.example/places/42/items').map((one) => one.body)).toEqual([{ title: 'New one', description: '', labels: ['bug'], assignees: [] }]);
  });
});

