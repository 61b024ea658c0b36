import type { Page } from 'playwright-core';
import type { Rights } from '@tandem/shared/api';
import * as data from './fixtures.ts';
import { refusal, type Answers } from './stage.ts';
import { down, ok, press, ROUTE, see, type View } from './view.ts';

const shown: Answers = { [ROUTE.me]: ok(data.me()), [ROUTE.card]: ok(data.opened()) };
const connectable: Answers = { ...shown, [ROUTE.me]: ok(data.me([data.gitlabNew])) };
const needsAccount = refusal(403, 'account_required', 'Connect your GitLab account first.', { tool: 'gitlab', site: 'gitlab.example', name: 'GitLab' });

const NONE: Rights = { fields: [], reason: 'Your GitLab account may only read in ana/roadmap. A maintainer there can give you the right to edit.' };

const opened = async (page: Page): Promise<void> => {
  await page.getByLabel('Title').waitFor();
};
async function edit(page: Page): Promise<void> {
  await opened(page);
  await page.getByLabel('Title').fill('Checkout keeps the voucher');
  await page.getByLabel('Description').fill('Rewritten.');
  await page.getByRole('radio', { name: 'Closed' }).check({ force: true });
}
async function save(page: Page): Promise<void> {
  await edit(page);
  await press(page, 'Save');
}

/** Every state of the card's modal. */
export const CARD_VIEWS: readonly View[] = [
  { name: 'loading', answers: { ...shown, [ROUTE.card]: 'hangs' }, act: (page) => page.getByText('Loading the card').waitFor({ state: 'attached' }) },
  { name: 'outside Miro', answers: {}, outside: true, act: (page) => see(page, 'Open me on a board') },
  { name: 'sign in', answers: { ...shown, [ROUTE.me]: ok(data.me([], 'none')), [ROUTE.card]: refusal(401, 'unauthenticated', 'Sign in first.') }, act: (page) => see(page, 'Bring your work') },
  { name: 'connect', answers: { ...connectable, [ROUTE.card]: needsAccount }, act: (page) => see(page, 'Connect GitLab') },
  { name: 'error', answers: { ...shown, [ROUTE.card]: down }, act: (page) => see(page, 'That did not work') },
  { name: 'follows nothing', answers: { ...shown, [ROUTE.card]: refusal(404, 'not_found', 'This card is not linked to anything.'), [ROUTE.cards]: ok(data.onBoard([])), [ROUTE.adopt]: refusal(404, 'not_found', 'This card does not lead to anything that your accounts can see.') }, act: (page) => see(page, 'follows nothing yet') },
  {
    name: 'item gone',
    answers: { ...shown, [ROUTE.card]: refusal(404, 'not_found', 'GitLab has no such issue.'), [ROUTE.cards]: ok(data.onBoard([data.card(data.first, { state: 'gone', reason: 'The issue was deleted in GitLab.' })])) },
    act: (page) => see(page, 'What this card showed is gone'),
  },
  {
    name: 'item hidden',
    answers: { ...shown, [ROUTE.card]: refusal(404, 'not_found', 'GitLab has no such issue, or your account may not see it.'), [ROUTE.cards]: ok(data.onBoard()) },
    act: (page) => see(page, 'You may not see this item'),
  },
  { name: 'full', answers: shown, act: opened },
  { name: 'hard to fit', answers: { ...shown, [ROUTE.card]: ok(data.opened({ card: data.card(data.long, { card: 'card-7' }), item: { ...data.long, description: 'x'.repeat(400) }, place: { ...data.place, name: data.places[1]?.name ?? '', statuses: data.workflow } })) }, act: opened },
  { name: 'empty', answers: { ...shown, [ROUTE.card]: ok(data.opened({ item: { ...data.first, title: 'إعادة تصميم', description: '', labels: [], assignees: [] } })) }, act: opened },
  {
    name: 'some rights',
    answers: { ...shown, [ROUTE.card]: ok(data.opened({ rights: { fields: ['labels', 'status'], reason: 'GitLab lets only its author and maintainers of ana/roadmap change the rest. You are a reporter there.' } })) },
    act: (page) => see(page, 'You can change some of this'),
  },
  {
    name: 'text only',
    answers: { ...shown, [ROUTE.card]: ok(data.opened({ item: { ...data.first, labels: [], assignees: [] }, rights: { fields: ['title', 'description'], reason: 'You wrote this issue, so you may change its text. The rest takes the role of a reporter in ana/roadmap.' } })) },
    act: (page) => see(page, 'You can change some of this'),
  },
  {
    name: 'read only',
    answers: { ...shown, [ROUTE.card]: ok(data.opened({ rights: NONE })) },
    act: (page) => see(page, 'You can read this, not change it'),
  },
  {
    name: 'read only and long',
    answers: { ...shown, [ROUTE.card]: ok(data.opened({ item: data.long, rights: NONE })) },
    act: async (page) => {
      await see(page, 'You can read this, not change it');
      await page.locator('.card-body').evaluate((body) => body.scrollTo(0, body.scrollHeight));
    },
  },
  {
    name: 'unreachable',
    answers: { ...shown, [ROUTE.card]: ok(data.opened({ card: data.card(data.first, { state: 'unreachable', reason: 'Nobody who signed in to Tandem may edit this board any more.' }) })) },
    act: (page) => see(page, 'This card cannot be updated'),
  },
  {
    name: 'hidden',
    answers: { ...shown, [ROUTE.card]: ok(data.opened({ card: data.card(data.first, { state: 'hidden', reason: 'The account that Tandem read it with was disconnected. It follows again within a minute.' }) })) },
    act: (page) => see(page, 'This card does not follow now'),
  },
  {
    name: 'hidden from all',
    answers: { ...shown, [ROUTE.card]: refusal(404, 'not_found', 'GitLab has no such issue.'), [ROUTE.cards]: ok(data.onBoard([data.card(data.first, { state: 'hidden', reason: 'Nobody of your team who signed in can read this issue now.' })])) },
    act: (page) => see(page, 'Nobody of your team'),
  },
  { name: 'connect by consent', answers: { ...connectable, [ROUTE.me]: ok(data.me([data.gitlabConsent])), [ROUTE.card]: needsAccount }, act: (page) => see(page, 'Use a token instead') },
  { name: 'without a webhook', answers: { ...shown, [ROUTE.card]: ok(data.opened({ watch: 'poll' })) }, act: (page) => see(page, 'arrive within a minute') },
  {
    name: 'labels open',
    answers: shown,
    act: async (page) => {
      await opened(page);
      await page.getByRole('combobox', { name: 'Labels' }).focus();
      await page.keyboard.press('ArrowDown');
      await page.getByRole('option', { name: 'bug' }).waitFor();
    },
  },
  {
    name: 'unsaved',
    answers: shown,
    act: async (page) => {
      await edit(page);
      await see(page, 'Unsaved changes');
    },
  },
  {
    name: 'saving',
    answers: { ...shown, [ROUTE.edit]: 'hangs' },
    act: async (page) => {
      await save(page);
      await page.locator('[aria-busy=true]').waitFor();
    },
  },
  {
    name: 'saved',
    answers: { ...shown, [ROUTE.edit]: ok(data.opened({ item: { ...data.first, title: 'Checkout keeps the voucher', status: data.closed } })) },
    act: async (page) => {
      await save(page);
      await page.locator('.saved').waitFor();
    },
  },
  {
    name: 'field errors',
    answers: { ...shown, [ROUTE.edit]: refusal(422, 'tool_refused', 'GitLab refused it.', { fields: { title: 'GitLab: the title is too long (maximum is 255 characters).', description: 'GitLab: the description holds a quick action that you may not use.' } }) },
    act: async (page) => {
      await save(page);
      await see(page, 'is too long');
    },
  },
  {
    name: 'not saved',
    answers: { ...shown, [ROUTE.edit]: down },
    act: async (page) => {
      await save(page);
      await see(page, 'Your changes are not saved');
    },
  },
  {
    name: 'conflict',
    answers: {
      ...shown,
      [ROUTE.edit]: refusal(409, 'conflict', 'Somebody changed this while you were editing. Choose what to keep.', {
        item: { ...data.first, title: 'Voucher disappears', description: 'Theirs: a new text.' },
        fields: [
          { field: 'title', theirs: 'Voucher disappears', yours: 'Checkout keeps the voucher' },
          { field: 'description', theirs: 'Theirs: a new text.', yours: 'Rewritten.' },
        ],
      }),
    },
    act: async (page) => {
      await save(page);
      await see(page, 'Somebody was faster');
      await page.getByRole('radio', { name: /^Theirs/ }).first().check();
    },
  },
  {
    name: 'connect to save',
    answers: { ...connectable, [ROUTE.edit]: needsAccount },
    act: async (page) => {
      await save(page);
      await see(page, 'Connect GitLab to save');
    },
  },
  {
    name: 'leaving',
    answers: shown,
    act: async (page) => {
      await edit(page);
      await page.keyboard.press('Escape');
      await see(page, 'Throw away what you changed?');
    },
  },
  {
    name: 'disconnect asked',
    answers: shown,
    act: async (page) => {
      await opened(page);
      await press(page, 'Disconnect this card');
      await see(page, 'Disconnect the card from');
      await page.locator('.card-body').evaluate((body) => body.scrollTo(0, body.scrollHeight));
    },
  },
];
