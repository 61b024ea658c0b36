import type { Page } from 'playwright-core';
import * as data from './fixtures.ts';
import { refusal, type Answer, type Answers } from './stage.ts';

/** A state of a page: what the BFF answers, and what a person does to get there. `act` ends when the state can be seen. */
export interface View {
  readonly name: string;
  readonly answers: Answers;
  readonly outside?: boolean;
  readonly popups?: 'blocked' | 'opened';
  /** trouble that belongs to it */
  readonly expected?: RegExp;
  act(page: Page): Promise<unknown>;
}

const ok = (body: unknown): Answer => ({ body });
const ITEMS = 'GET /tools/gitlab/gitlab.example/items';
const PLACES = 'GET /tools/gitlab/gitlab.example/places';
const PLACE = 'GET /tools/gitlab/gitlab.example/places/42';
const CREATE = 'POST /tools/gitlab/gitlab.example/places/42/items';
const ACCOUNT = 'PUT /accounts/gitlab/gitlab.example';
const CARDS = `GET /boards/${data.BOARD}/cards`;
const CARD = `GET /cards/${data.BOARD}/card-7`;
const EDIT = `PATCH /cards/${data.BOARD}/card-7`;

const down = refusal(502, 'tool_down', 'GitLab has trouble of its own (503). Try again in a moment.');
const work: Answers = {
  'GET /me': ok(data.me()),
  [ITEMS]: ok(data.found(data.items, 'page-2')),
  [CARDS]: ok(data.onBoard()),
  [PLACES]: ok({ places: data.places }),
  [PLACE]: ok(data.place),
  'POST /cards': ok({ ...data.card(data.first, { card: 'new-1' }), watch: 'hook' }),
};

const see = (page: Page, text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();
const press = (page: Page, name: string | RegExp): Promise<void> => page.getByRole('button', { name }).first().click();
const results = (page: Page): Promise<void> => page.getByRole('checkbox', { name: /Checkout loses/ }).waitFor();

async function pick(page: Page, ...titles: RegExp[]): Promise<void> {
  await results(page);
  for (const title of titles) await page.getByRole('checkbox', { name: title }).check();
}
async function put(page: Page): Promise<void> {
  await pick(page, /Checkout loses/, /Launch checklist/, /Slow search/);
  await press(page, 'Put 3 on the board');
}
async function newTab(page: Page): Promise<void> {
  await results(page);
  await page.getByRole('tab', { name: 'New issue' }).click();
  await page.getByLabel('Title').waitFor();
}
async function choosePlace(page: Page): Promise<void> {
  await newTab(page);
  await page.getByRole('combobox', { name: 'Project' }).click();
  await page.getByRole('option', { name: 'ana/roadmap' }).click();
}
async function writeDraft(page: Page): Promise<void> {
  await choosePlace(page);
  await page.getByLabel('Title').fill('Voucher field forgets what was typed');
  await page.getByLabel(/^Description/).fill('Happens on **every** second visit.');
  await page.getByRole('combobox', { name: /^Labels/ }).click();
  await page.getByRole('option', { name: 'bug' }).click();
  await page.getByRole('option', { name: 'documentation-and-translations-needed', exact: true }).click();
  await page.getByLabel('Title').click();
  await page.getByRole('combobox', { name: /^Assignees/ }).click();
  await page.getByRole('option', { name: 'Jörg' }).click();
  await page.getByLabel('Title').click();
}

/** Every state of the panel. */
export const PANEL_VIEWS: readonly View[] = [
  { name: 'loading', answers: { 'GET /me': 'hangs' }, act: (page) => page.getByText('Loading Tandem').waitFor({ state: 'attached' }) },
  { name: 'outside Miro', answers: {}, outside: true, act: (page) => see(page, 'Open me on a board') },
  { name: 'error at the start', answers: { 'GET /me': refusal(500, 'internal', 'Something went wrong on our side. Try again in a moment.') }, act: (page) => see(page, 'Reference') },
  {
    name: 'offline at the start',
    answers: { 'GET /me': 'breaks' },
    act: async (page) => {
      await page.context().setOffline(true);
      await see(page, 'No connection');
      await see(page, 'You are offline.');
    },
  },
  { name: 'sign in', answers: { 'GET /me': ok(data.me([], 'none')) }, act: (page) => see(page, 'Bring your work') },
  { name: 'sign in again', answers: { 'GET /me': ok(data.me([], 'expired')) }, act: (page) => see(page, 'Sign in again') },
  {
    name: 'sign in waiting',
    answers: { 'GET /me': ok(data.me([], 'none')) },
    act: async (page) => {
      await press(page, 'Sign in with Miro');
      await see(page, 'Waiting for the sign-in window');
    },
  },
  {
    name: 'sign in blocked',
    popups: 'blocked',
    answers: { 'GET /me': ok(data.me([], 'none')) },
    act: async (page) => {
      await press(page, 'Sign in with Miro');
      await see(page, 'Your browser blocked the window');
    },
  },
  { name: 'connect no tool', answers: { 'GET /me': ok(data.me([])), [CARDS]: ok(data.onBoard([])) }, act: (page) => see(page, 'No tool is set up') },
  { name: 'connect choose', answers: { 'GET /me': ok(data.me([data.gitlabNew, data.gitea])), [CARDS]: ok(data.onBoard([])) }, act: (page) => see(page, 'Connect a tool') },
  { name: 'connect', answers: { 'GET /me': ok(data.me([data.gitlabNew])), [CARDS]: ok(data.onBoard([])) }, act: (page) => see(page, 'Personal access token') },
  {
    name: 'connect busy',
    answers: { 'GET /me': ok(data.me([data.gitlabNew])), [CARDS]: ok(data.onBoard([])), [ACCOUNT]: 'hangs' },
    act: async (page) => {
      await page.getByLabel('Personal access token').fill('glpat-something');
      await press(page, 'Connect GitLab');
      await page.locator('[aria-busy=true]').waitFor();
    },
  },
  {
    name: 'connect field error',
    answers: {
      'GET /me': ok(data.me([data.gitlabNew])),
      [CARDS]: ok(data.onBoard([])),
      [ACCOUNT]: refusal(422, 'invalid_input', 'That did not work.', { fields: { token: 'GitLab does not know this token. Check that you copied all of it, and that it has not expired.' } }),
    },
    act: async (page) => {
      await page.getByLabel('Personal access token').fill('glpat-something');
      await press(page, 'Connect GitLab');
      await see(page, 'GitLab does not know this token');
    },
  },
  {
    name: 'connect error',
    answers: { 'GET /me': ok(data.me([data.gitlabNew])), [CARDS]: ok(data.onBoard([])), [ACCOUNT]: down },
    act: async (page) => {
      await page.getByLabel('Personal access token').fill('glpat-something');
      await press(page, 'Connect GitLab');
      await see(page, 'could not be connected');
    },
  },
  { name: 'reconnect', answers: { 'GET /me': ok(data.me([data.gitlabExpired])), [CARDS]: ok(data.onBoard([])) }, act: (page) => see(page, 'Your access has ended') },
  { name: 'search loading', answers: { ...work, [ITEMS]: 'hangs' }, act: (page) => page.getByText('Looking for issues').waitFor({ state: 'attached' }) },
  { name: 'search empty', answers: { ...work, [ITEMS]: ok(data.found([])) }, act: (page) => see(page, 'No open issues here') },
  {
    name: 'search nothing found',
    answers: { ...work, [ITEMS]: [ok(data.found()), ok(data.found([]))] },
    act: async (page) => {
      await results(page);
      await page.getByRole('searchbox').fill('Donaudampfschifffahrtsgesellschaftskapitän');
      await see(page, 'Nothing found for');
    },
  },
  {
    name: 'search no item at link',
    answers: { ...work, [ITEMS]: [ok(data.found()), ok(data.found([]))] },
    act: async (page) => {
      await results(page);
      await page.getByRole('searchbox').fill('https://gitlab.example/ana/roadmap/-/issues/4711');
      await see(page, 'No issue at this address');
    },
  },
  { name: 'search error', answers: { ...work, [ITEMS]: down }, act: (page) => see(page, 'That did not work') },
  { name: 'search full', answers: work, act: results },
  {
    name: 'search scrolled to the end',
    answers: { ...work, [ITEMS]: [ok(data.found(data.items, 'page-2')), down] },
    act: async (page) => {
      await results(page);
      await press(page, 'Load more');
      await see(page, 'trouble of its own');
      await page.locator('.found').evaluate((list) => list.scrollTo(0, list.scrollHeight));
    },
  },
  {
    name: 'search offline',
    answers: work,
    act: async (page) => {
      await results(page);
      await page.context().setOffline(true);
      await see(page, 'You are offline.');
    },
  },
  {
    name: 'projects loading',
    answers: { ...work, [PLACES]: 'hangs' },
    act: async (page) => {
      await results(page);
      await page.getByRole('combobox', { name: 'Project' }).click();
      await see(page, 'Loading…');
    },
  },
  {
    name: 'projects error',
    answers: { ...work, [PLACES]: down },
    act: async (page) => {
      await results(page);
      await page.getByRole('combobox', { name: 'Project' }).click();
      await see(page, 'trouble of its own');
    },
  },
  {
    name: 'projects empty',
    answers: { ...work, [PLACES]: ok({ places: [] }) },
    act: async (page) => {
      await results(page);
      await page.getByRole('combobox', { name: 'Project' }).fill('xyz');
      await see(page, 'Nothing matches');
    },
  },
  {
    name: 'projects full',
    answers: work,
    act: async (page) => {
      await results(page);
      await page.getByRole('combobox', { name: 'Project' }).click();
      await page.getByRole('option', { name: 'ana/roadmap' }).waitFor();
      await page.keyboard.press('ArrowDown');
    },
  },
  {
    name: 'filters set',
    answers: work,
    act: async (page) => {
      await results(page);
      await page.getByRole('combobox', { name: 'Project' }).click();
      await page.getByRole('option', { name: 'very-long-group' }).click();
      await press(page, 'Assigned to me');
      await page.getByRole('radio', { name: 'Closed' }).check({ force: true });
      await page.getByRole('searchbox').fill('voucher');
      await page.locator('.search-box .spinner').waitFor();
      await page.locator('.search-box .spinner').waitFor({ state: 'detached' });
    },
  },
  {
    name: 'selected',
    answers: work,
    act: async (page) => {
      await pick(page, /Checkout loses/, /Launch checklist/, /img src/);
      await see(page, '3 selected');
    },
  },
  {
    name: 'board is read only',
    answers: { ...work, [CARDS]: ok(data.onBoard([], false)) },
    act: async (page) => {
      await pick(page, /Checkout loses/);
      await see(page, 'right to edit');
    },
  },
  { name: 'board unreadable', answers: { ...work, [CARDS]: refusal(403, 'forbidden', 'Miro does not show you this board. Ask its owner to share it with you.') }, act: (page) => see(page, 'This board could not be read') },
  {
    name: 'putting',
    answers: { ...work, 'POST /cards': [ok({ ...data.card(data.first), watch: 'hook' }), 'hangs'] },
    act: async (page) => {
      await put(page);
      await see(page, /Putting 2 of 3/);
    },
  },
  {
    name: 'put',
    answers: work,
    act: async (page) => {
      await put(page);
      await see(page, '3 cards are on the board');
    },
  },
  {
    name: 'put without a webhook',
    answers: { ...work, 'POST /cards': ok({ ...data.card(data.first), watch: 'none' }) },
    act: async (page) => {
      await put(page);
      await see(page, 'will not arrive by themselves');
    },
  },
  {
    name: 'put with failures',
    answers: {
      ...work,
      'POST /cards': [
        ok({ ...data.card(data.first, { card: 'new-1' }), watch: 'hook' }),
        refusal(503, 'tool_busy', 'GitLab asks us to slow down. It will be tried again.'),
        refusal(403, 'forbidden', 'Your GitLab account may not read this issue.'),
      ],
    },
    act: async (page) => {
      await put(page);
      await see(page, '2 could not be put on the board');
    },
  },
  {
    name: 'tool menu',
    answers: { ...work, 'GET /me': ok(data.me([data.gitlab, data.gitea])) },
    act: async (page) => {
      await results(page);
      await press(page, /Switch tool/);
      await page.getByRole('menu').waitFor();
    },
  },
  {
    name: 'account menu',
    answers: { ...work, 'GET /me': ok(data.me([{ ...data.gitlab, account: { state: 'active', person: data.longName } }])) },
    act: async (page) => {
      await results(page);
      await press(page, /Account: /);
      await page.getByRole('menu').waitFor();
    },
  },
  {
    name: 'disconnect asked',
    answers: work,
    act: async (page) => {
      await results(page);
      await press(page, /Account: /);
      await page.getByRole('menuitem', { name: 'Disconnect GitLab' }).click();
      await see(page, 'Disconnect GitLab?');
    },
  },
  { name: 'new empty', answers: work, act: newTab },
  { name: 'new project loading', answers: { ...work, [PLACE]: 'hangs' }, act: choosePlace },
  {
    name: 'new project error',
    answers: { ...work, [PLACE]: down },
    act: async (page) => {
      await choosePlace(page);
      await see(page, 'trouble of its own');
    },
  },
  {
    name: 'new not allowed',
    answers: { ...work, [PLACE]: ok({ ...data.place, can: { create: false, write: true, hook: false } }) },
    act: async (page) => {
      await choosePlace(page);
      await see(page, 'may not create');
    },
  },
  {
    name: 'new labels open',
    answers: work,
    act: async (page) => {
      await choosePlace(page);
      await page.getByRole('combobox', { name: /^Labels/ }).click();
      await page.getByRole('option', { name: 'bug' }).click();
      await page.getByRole('option', { name: 'UX' }).hover();
    },
  },
  { name: 'new full', answers: work, act: writeDraft },
  {
    name: 'new field errors',
    answers: { ...work, [CREATE]: refusal(422, 'tool_refused', 'GitLab refused it.', { fields: { title: 'is too long (maximum is 255 characters).', labels: 'bug was deleted meanwhile.' } }) },
    act: async (page) => {
      await newTab(page);
      await press(page, 'Create and put on the board');
      await see(page, 'Choose where it belongs');
    },
  },
  {
    name: 'new refused at fields',
    answers: { ...work, [CREATE]: refusal(422, 'tool_refused', 'GitLab refused it.', { fields: { title: 'GitLab: the title is too long (maximum is 255 characters).', labels: 'The label bug was deleted meanwhile.' } }) },
    act: async (page) => {
      await writeDraft(page);
      await press(page, 'Create and put on the board');
      await see(page, 'is too long');
    },
  },
  {
    name: 'new error',
    answers: { ...work, [CREATE]: down },
    act: async (page) => {
      await writeDraft(page);
      await press(page, 'Create and put on the board');
      await see(page, 'The issue was not created');
    },
  },
  {
    name: 'new done',
    answers: { ...work, [CREATE]: { status: 201, body: data.first } },
    act: async (page) => {
      await writeDraft(page);
      await press(page, 'Create and put on the board');
      await see(page, 'The card is on the board');
    },
  },
];

const shown: Answers = { 'GET /me': ok(data.me()), [CARD]: ok(data.opened()) };
const connectable: Answers = { ...shown, 'GET /me': ok(data.me([data.gitlabNew])) };
const needsAccount = refusal(403, 'account_required', 'Connect your GitLab account first.', { tool: 'gitlab', site: 'gitlab.example', name: 'GitLab' });

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
  { name: 'loading', answers: { ...shown, [CARD]: 'hangs' }, act: (page) => page.getByText('Loading the card').waitFor({ state: 'attached' }) },
  { name: 'outside Miro', answers: {}, outside: true, act: (page) => see(page, 'Open me on a board') },
  { name: 'sign in', answers: { ...shown, 'GET /me': ok(data.me([], 'none')), [CARD]: refusal(401, 'unauthenticated', 'Sign in first.') }, act: (page) => see(page, 'Bring your work') },
  { name: 'connect', answers: { ...connectable, [CARD]: needsAccount }, act: (page) => see(page, 'Connect GitLab') },
  { name: 'error', answers: { ...shown, [CARD]: down }, act: (page) => see(page, 'That did not work') },
  { name: 'follows nothing', answers: { ...shown, [CARD]: refusal(404, 'not_found', 'This card is not linked to anything.'), [CARDS]: ok(data.onBoard([])) }, act: (page) => see(page, 'follows nothing yet') },
  {
    name: 'item gone',
    answers: { ...shown, [CARD]: refusal(404, 'not_found', 'GitLab has no such issue.'), [CARDS]: ok(data.onBoard([data.card(data.first, { state: 'gone', reason: 'The issue was deleted in GitLab.' })])) },
    act: (page) => see(page, 'What this card showed is gone'),
  },
  {
    name: 'item hidden',
    answers: { ...shown, [CARD]: refusal(404, 'not_found', 'GitLab has no such issue, or your account may not see it.'), [CARDS]: ok(data.onBoard()) },
    act: (page) => see(page, 'You may not see this item'),
  },
  { name: 'full', answers: shown, act: opened },
  { name: 'hard to fit', answers: { ...shown, [CARD]: ok(data.opened({ card: data.card(data.long, { card: 'card-7' }), item: { ...data.long, description: 'x'.repeat(400) }, place: { ...data.place, name: data.places[1]?.name ?? '', statuses: data.workflow } })) }, act: opened },
  { name: 'empty', answers: { ...shown, [CARD]: ok(data.opened({ item: { ...data.first, title: 'إعادة تصميم', description: '', labels: [], assignees: [] } })) }, act: opened },
  {
    name: 'read only',
    answers: { ...shown, [CARD]: ok(data.opened({ place: { ...data.place, can: { create: false, write: false, hook: false } } })) },
    act: (page) => see(page, 'You can read this, not change it'),
  },
  {
    name: 'read only and long',
    answers: { ...shown, [CARD]: ok(data.opened({ item: data.long, place: { ...data.place, can: { create: false, write: false, hook: false } } })) },
    act: async (page) => {
      await see(page, 'You can read this, not change it');
      await page.locator('.card-body').evaluate((body) => body.scrollTo(0, body.scrollHeight));
    },
  },
  {
    name: 'unreachable',
    answers: { ...shown, [CARD]: ok(data.opened({ card: data.card(data.first, { state: 'unreachable', reason: 'Nobody who signed in to Tandem may edit this board any more.' }) })) },
    act: (page) => see(page, 'This card cannot be updated'),
  },
  { name: 'without a webhook', answers: { ...shown, [CARD]: ok(data.opened({ watch: 'none' })) }, act: (page) => see(page, 'do not arrive by themselves') },
  {
    name: 'labels open',
    answers: shown,
    act: async (page) => {
      await opened(page);
      await page.getByRole('combobox', { name: 'Labels' }).click();
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
    answers: { ...shown, [EDIT]: 'hangs' },
    act: async (page) => {
      await save(page);
      await page.locator('[aria-busy=true]').waitFor();
    },
  },
  {
    name: 'saved',
    answers: { ...shown, [EDIT]: ok(data.opened({ item: { ...data.first, title: 'Checkout keeps the voucher', status: data.closed } })) },
    act: async (page) => {
      await save(page);
      await page.locator('.saved').waitFor();
    },
  },
  {
    name: 'field errors',
    answers: { ...shown, [EDIT]: refusal(422, 'tool_refused', 'GitLab refused it.', { fields: { title: 'GitLab: the title is too long (maximum is 255 characters).', description: 'GitLab: the description holds a quick action that you may not use.' } }) },
    act: async (page) => {
      await save(page);
      await see(page, 'is too long');
    },
  },
  {
    name: 'not saved',
    answers: { ...shown, [EDIT]: down },
    act: async (page) => {
      await save(page);
      await see(page, 'Your changes are not saved');
    },
  },
  {
    name: 'conflict',
    answers: {
      ...shown,
      [EDIT]: refusal(409, 'conflict', 'Somebody changed this while you were editing. Choose what to keep.', {
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
    answers: { ...connectable, [EDIT]: needsAccount },
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
