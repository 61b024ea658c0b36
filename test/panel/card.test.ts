import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { EditBody } from '@tandem/shared/api';
import * as data from './fixtures.ts';
import { onStage } from './on-stage.ts';
import { refusal, tabStops, type Answers } from './stage.ts';
import { ok, ROUTE } from './view.ts';

const on = onStage();

async function card(answers: Answers): Promise<Page> {
  await on.open({ file: 'card.html', width: 560, height: 720, answers: { [ROUTE.me]: ok(data.me()), [ROUTE.card]: ok(data.opened()), ...answers } });
  await on.shown.page.getByLabel('Title').waitFor();
  return on.shown.page;
}
const sent = (method: 'PATCH' | 'DELETE') => on.shown.sent.filter((one) => one.method === method && one.path === `/cards/${data.BOARD}/card-7`);

describe('the card', () => {
  const edits = (): EditBody[] => sent('PATCH').map((one) => one.body as EditBody);

  test('saves only what changed, with what was seen', async () => {
    const page = await card({ [ROUTE.edit]: ok(data.opened({ item: { ...data.first, title: 'Better' } })) });
    await page.getByLabel('Title').fill('Better');
    await page.getByRole('button', { name: 'Remove UX' }).click();
    await page.keyboard.press('Control+Enter');
    await page.locator('.saved').waitFor();
    expect(edits()).toEqual([{ set: { title: 'Better', labels: ['bug'] }, seen: { title: data.first.title, labels: ['bug', 'UX'] } }]);
    expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
  });

  test('of a copy follows as soon as somebody opens it', async () => {
    const unknown = refusal(404, 'not_found', 'This card is not linked to anything.');
    const page = await card({ [ROUTE.card]: [unknown, ok(data.opened())], [ROUTE.cards]: ok(data.onBoard([])), [ROUTE.adopt]: ok({ ...data.card(data.first), watch: 'hook' }) });
    expect(await page.getByLabel('Title').inputValue()).toBe(data.first.title);
    expect(on.shown.sent.filter((one) => one.path.endsWith('/adopt'))).toHaveLength(1);
  });

  test('that leads nowhere says so, and asks for nothing where the board may not be edited', async () => {
    for (const edit of [true, false]) {
      const unknown = refusal(404, 'not_found', 'This card is not linked to anything.');
      await on.open({ file: 'card.html', width: 560, height: 720, answers: { [ROUTE.me]: ok(data.me()), [ROUTE.card]: unknown, [ROUTE.cards]: ok(data.onBoard([], edit)), [ROUTE.adopt]: unknown } });
      await on.shown.page.getByText('This card follows nothing yet').waitFor();
      expect(on.shown.sent.filter((one) => one.path.endsWith('/adopt'))).toHaveLength(edit ? 1 : 0);
      if (edit) await on.shown.close();
    }
  });

  test('that follows through a colleague’s connection says who can change it, and offers no connecting that would not help', async () => {
    const why = 'This card follows Jira through the connection of Ben, so only they can change it here. Open it in Jira to change it yourself.';
    await on.open({ file: 'card.html', width: 560, height: 720, answers: { [ROUTE.me]: ok(data.me([data.jiraNew, data.gitlab])), [ROUTE.card]: refusal(403, 'forbidden', why), [ROUTE.cards]: ok(data.onBoard()) } });
    await on.shown.page.getByText(why).waitFor();
    expect(await on.shown.page.getByRole('button').allTextContents()).toEqual(['Check again', 'Close']);
  });

  test('lets the second writer choose, and then says that it saw the first', async () => {
    const theirs = { ...data.first, title: 'Theirs', description: 'Theirs too' };
    const page = await card({
      [ROUTE.edit]: [
        refusal(409, 'conflict', 'Somebody changed this.', {
          item: theirs,
          fields: [
            { field: 'title', theirs: 'Theirs', yours: 'Mine' },
            { field: 'description', theirs: 'Theirs too', yours: 'Mine too' },
          ],
        }),
        ok(data.opened({ item: { ...theirs, description: 'Mine too' } })),
      ],
    });
    await page.getByLabel('Title').fill('Mine');
    await page.getByLabel('Description').fill('Mine too');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('2 to decide').waitFor();
    await page.getByRole('radio', { name: /^Theirs/ }).first().check();
    expect(await page.getByLabel('Title').inputValue()).toBe('Theirs');
    expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await page.getByRole('radio', { name: /^Yours/ }).last().check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('.saved').waitFor();
    expect(edits()[1]).toEqual({ set: { description: 'Mine too' }, seen: { description: 'Theirs too' } });
  });

  test('lets change what this account may, shows the rest, and sends no more', async () => {
    const page = await card({ [ROUTE.card]: ok(data.opened({ rights: { fields: ['description', 'labels'], reason: 'You are a reporter there.' } })), [ROUTE.edit]: ok(data.opened()) });
    await page.getByText('You are a reporter there.').waitFor();
    expect(await page.getByLabel('Title').getAttribute('readonly')).not.toBeNull();
    expect([await page.getByRole('radio').count(), await page.getByRole('combobox').count()]).toEqual([0, 1]);
    await page.getByLabel('Description').fill('Better.');
    await page.getByRole('button', { name: 'Remove UX' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await expect.poll(edits).toEqual([{ set: { description: 'Better.', labels: ['bug'] }, seen: { description: data.first.description, labels: ['bug', 'UX'] } }]);
  });

  test('asks before it throws anything away', async () => {
    const page = await card({});
    const closed = (): Promise<unknown> => page.evaluate(() => (window as unknown as { modalClosed?: boolean }).modalClosed);
    await page.getByLabel('Description').fill('typed');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Keep editing' }).click();
    expect(await page.getByLabel('Description').inputValue()).toBe('typed');
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(await closed()).toBeUndefined();
    await page.getByRole('button', { name: 'Throw away' }).click();
    await expect.poll(closed).toBe(true);
  });

  test('connects an account in the middle of saving, and then saves', async () => {
    const page = await card({
      [ROUTE.me]: ok(data.me([data.gitlabNew])),
      [ROUTE.connect]: ok(data.gitlab),
      [ROUTE.edit]: [refusal(403, 'account_required', 'Connect first.', { tool: 'gitlab', site: 'gitlab.example', name: 'GitLab' }), ok(data.opened({ item: { ...data.first, title: 'Better' } }))],
    });
    await page.getByLabel('Title').fill('Better');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByLabel('Personal access token').fill('glpat-1');
    await page.getByRole('button', { name: 'Connect GitLab' }).click();
    await page.locator('.saved').waitFor();
    expect(edits().map((edit) => edit.set)).toEqual([{ title: 'Better' }, { title: 'Better' }]);
  });

  test('is disconnected only when confirmed', async () => {
    const page = await card({ [ROUTE.unlink]: { status: 204, body: undefined } });
    await page.getByRole('button', { name: 'Disconnect this card' }).click();
    expect(sent('DELETE')).toEqual([]);
    await page.getByRole('button', { name: 'Disconnect', exact: true }).click();
    await expect.poll(() => page.evaluate(() => (window as unknown as { modalClosed?: boolean }).modalClosed)).toBe(true);
    expect(sent('DELETE')).toHaveLength(1);
  });

  test('can be read, edited, saved and left with the keyboard', async () => {
    const page = await card({});
    await page.getByLabel('Title').fill('Typed');
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    const stops = await tabStops(page, 14);
    for (const name of ['Open in GitLab', 'Title', 'Open', 'Description', 'Remove Ana Souza', 'Assignees', 'Remove bug', 'Labels', 'Disconnect this card', 'Cancel', 'Save']) {
      expect(stops.some((stop) => stop.includes(name)), `${name} among ${stops.join(' | ')}`).toBe(true);
    }
  });
});
