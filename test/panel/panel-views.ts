import type { Page } from 'playwright-core';
import * as data from './fixtures.ts';
import { refusal, type Answers } from './stage.ts';
import { down, ok, press, ROUTE, see, work, type View } from './view.ts';

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

const consent: Answers = { [ROUTE.me]: ok(data.me([data.gitlabConsent])), [ROUTE.cards]: ok(data.onBoard([])) };

/** Every state of the panel. */
export const PANEL_VIEWS: readonly View[] = [
  { name: 'loading', answers: { [ROUTE.me]: 'hangs' }, act: (page) => page.getByText('Loading Tandem').waitFor({ state: 'attached' }) },
  { name: 'outside Miro', answers: {}, outside: true, act: (page) => see(page, 'Open me on a board') },
  { name: 'error at the start', answers: { [ROUTE.me]: refusal(500, 'internal', 'Something went wrong on our side. Try again in a moment.') }, act: (page) => see(page, 'Reference') },
  {
    name: 'offline at the start',
    answers: { [ROUTE.me]: 'breaks' },
    act: async (page) => {
      await page.context().setOffline(true);
      await see(page, 'No connection');
      await see(page, 'You are offline.');
    },
  },
  { name: 'sign in', answers: { [ROUTE.me]: ok(data.me([], 'none')) }, act: (page) => see(page, 'Bring your work') },
  { name: 'sign in again', answers: { [ROUTE.me]: ok(data.me([], 'expired')) }, act: (page) => see(page, 'Sign in again') },
  {
    name: 'sign in waiting',
    answers: { [ROUTE.me]: ok(data.me([], 'none')) },
    act: async (page) => {
      await press(page, 'Sign in with Miro');
      await see(page, 'Waiting for the sign-in window');
    },
  },
  {
    name: 'sign in blocked',
    popups: 'blocked',
    answers: { [ROUTE.me]: ok(data.me([], 'none')) },
    act: async (page) => {
      await press(page, 'Sign in with Miro');
      await see(page, 'Your browser blocked the window');
    },
  },
  { name: 'connect no tool', answers: { [ROUTE.me]: ok(data.me([], 'active', [])), [ROUTE.cards]: ok(data.onBoard([])) }, act: (page) => see(page, 'No tool is set up') },
  { name: 'connect choose', answers: { [ROUTE.me]: ok(data.me([data.gitlabNew, data.gitea])), [ROUTE.cards]: ok(data.onBoard([])) }, act: (page) => see(page, 'Connect a tool') },
  { name: 'connect', answers: { [ROUTE.me]: ok(data.me([data.gitlabNew])), [ROUTE.cards]: ok(data.onBoard([])) }, act: (page) => see(page, 'Personal access token') },
  {
    name: 'connect busy',
    answers: { [ROUTE.me]: ok(data.me([data.gitlabNew])), [ROUTE.cards]: ok(data.onBoard([])), [ROUTE.connect]: 'hangs' },
    act: async (page) => {
      await page.getByLabel('Personal access token').fill('glpat-something');
      await press(page, 'Connect GitLab');
      await page.locator('[aria-busy=true]').waitFor();
    },
  },
  {
    name: 'connect field error',
    answers: {
      [ROUTE.me]: ok(data.me([data.gitlabNew])),
      [ROUTE.cards]: ok(data.onBoard([])),
      [ROUTE.connect]: refusal(422, 'invalid_input', 'That did not work.', { fields: { token: 'GitLab does not know this token. Check that you copied all of it, and that it has not expired.' } }),
    },
    act: async (page) => {
      await page.getByLabel('Personal access token').fill('glpat-something');
      await press(page, 'Connect GitLab');
      await see(page, 'GitLab does not know this token');
    },
  },
  {
    name: 'connect error',
    answers: { [ROUTE.me]: ok(data.me([data.gitlabNew])), [ROUTE.cards]: ok(data.onBoard([])), [ROUTE.connect]: down },
    act: async (page) => {
      await page.getByLabel('Personal access token').fill('glpat-something');
      await press(page, 'Connect GitLab');
      await see(page, 'could not be connected');
    },
  },
  { name: 'connect by consent', answers: consent, act: (page) => see(page, 'Use a token instead') },
  {
    name: 'connect waiting',
    answers: consent,
    act: async (page) => {
      await press(page, 'Connect GitLab');
      await see(page, 'Waiting for the sign-in window');
    },
  },
  {
    name: 'connect blocked',
    popups: 'blocked',
    answers: consent,
    act: async (page) => {
      await press(page, 'Connect GitLab');
      await see(page, 'Your browser blocked the window');
    },
  },
  {
    name: 'connect by token instead',
    answers: consent,
    act: async (page) => {
      await press(page, 'Use a token instead');
      await see(page, 'Sign in at GitLab instead');
    },
  },
  {
    name: 'another site',
    answers: consent,
    act: async (page) => {
      await press(page, 'Another site');
      await page.getByLabel('Web address').waitFor();
    },
  },
  {
    name: 'another site refused',
    answers: { ...consent, [ROUTE.site]: refusal(422, 'invalid_input', 'That did not work.', { fields: { url: 'This address leads to a private network. Ask whoever runs Tandem to allow it.' } }) },
    act: async (page) => {
      await press(page, 'Another site');
      await page.getByLabel('Web address').fill('https://gitlab.intranet');
      await press(page, 'Continue');
      await see(page, 'private network');
    },
  },
  {
    name: 'another site to connect',
    answers: { ...consent, [ROUTE.site]: ok(data.partnerNew) },
    act: async (page) => {
      await press(page, 'Another site');
      await page.getByLabel('Web address').fill('https://gitlab.partner.example/dashboard');
      await press(page, 'Continue');
      await see(page, 'gitlab.partner.example');
    },
  },
  { name: 'reconnect by consent', answers: { ...consent, [ROUTE.me]: ok(data.me([{ ...data.gitlabConsent, account: { state: 'expired', person: data.ana, kind: 'oauth' } }])) }, act: (page) => see(page, 'Your access has ended') },
  { name: 'token has ended', answers: { ...consent, [ROUTE.me]: ok(data.me([data.gitlabEnded])) }, act: (page) => see(page, 'Your access has ended') },
  { name: 'reconnect', answers: { [ROUTE.me]: ok(data.me([data.gitlabExpired])), [ROUTE.cards]: ok(data.onBoard([])) }, act: (page) => see(page, 'Your access has ended') },
  { name: 'search loading', answers: { ...work, [ROUTE.items]: 'hangs' }, act: (page) => page.getByText('Looking for issues').waitFor({ state: 'attached' }) },
  { name: 'search empty', answers: { ...work, [ROUTE.items]: ok(data.found([])) }, act: (page) => see(page, 'No open issues here') },
  {
    name: 'search nothing found',
    answers: { ...work, [ROUTE.items]: [ok(data.found()), ok(data.found([]))] },
    act: async (page) => {
      await results(page);
      await page.getByRole('searchbox').fill('Donaudampfschifffahrtsgesellschaftskapitän');
      await see(page, 'Nothing found for');
    },
  },
  {
    name: 'search no item at link',
    answers: { ...work, [ROUTE.items]: [ok(data.found()), ok(data.found([]))] },
    act: async (page) => {
      await results(page);
      await page.getByRole('searchbox').fill('https://gitlab.example/ana/roadmap/-/issues/4711');
      await see(page, 'No issue at this address');
    },
  },
  { name: 'search error', answers: { ...work, [ROUTE.items]: down }, act: (page) => see(page, 'That did not work') },
  { name: 'search full', answers: work, act: results },
  {
    name: 'search scrolled to the end',
    answers: { ...work, [ROUTE.items]: [ok(data.found(data.items, 'page-2')), down] },
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
    answers: { ...work, [ROUTE.places]: 'hangs' },
    act: async (page) => {
      await results(page);
      await page.getByRole('combobox', { name: 'Project' }).click();
      await see(page, 'Loading…');
    },
  },
  {
    name: 'projects error',
    answers: { ...work, [ROUTE.places]: down },
    act: async (page) => {
      await results(page);
      await page.getByRole('combobox', { name: 'Project' }).click();
      await see(page, 'trouble of its own');
    },
  },
  {
    name: 'projects empty',
    answers: { ...work, [ROUTE.places]: ok({ places: [] }) },
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
    answers: { ...work, [ROUTE.cards]: ok(data.onBoard([], false)) },
    act: async (page) => {
      await pick(page, /Checkout loses/);
      await see(page, 'right to edit');
    },
  },
  { name: 'board unreadable', answers: { ...work, [ROUTE.cards]: refusal(403, 'forbidden', 'Miro does not show you this board. Ask its owner to share it with you.') }, act: (page) => see(page, 'This board could not be read') },
  {
    name: 'putting',
    answers: { ...work, [ROUTE.link]: [ok({ ...data.card(data.first), watch: 'hook' }), 'hangs'] },
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
    answers: { ...work, [ROUTE.link]: ok({ ...data.card(data.first), watch: 'poll' }) },
    act: async (page) => {
      await put(page);
      await see(page, 'arrive within a minute');
    },
  },
  {
    name: 'put with failures',
    answers: {
      ...work,
      [ROUTE.link]: [
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
    answers: { ...work, [ROUTE.me]: ok(data.me([data.gitlab, data.partner, data.gitea, { ...data.gitlabExpired, site: 'gitlab.old.example' }])) },
    act: async (page) => {
      await results(page);
      await press(page, /Switch tool/);
      await page.getByRole('menu').waitFor();
    },
  },
  {
    name: 'account menu',
    answers: { ...work, [ROUTE.me]: ok(data.me([{ ...data.gitlab, account: { state: 'active', person: data.longName, kind: 'token' } }])) },
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
      await see(page, 'Disconnect GitLab at gitlab.example?');
    },
  },
  {
    name: 'disconnected with something left',
    answers: { ...work, [ROUTE.disconnect]: ok({ left: ['GitLab did not end your token: delete it there, under Access tokens.'] }) },
    act: async (page) => {
      await results(page);
      await press(page, /Account: /);
      await page.getByRole('menuitem', { name: 'Disconnect GitLab' }).click();
      await page.getByRole('button', { name: 'Disconnect', exact: true }).click();
      await see(page, 'but not everywhere');
    },
  },
  {
    name: 'token ends soon',
    answers: { ...work, [ROUTE.me]: ok(data.me([data.gitlabEnding])) },
    act: async (page) => {
      await results(page);
      await see(page, '(in 9 days)');
    },
  },
  {
    name: 'card hidden',
    answers: { ...work, [ROUTE.cards]: ok(data.onBoard([data.card(data.first, { state: 'hidden', reason: 'Nobody of your team who signed in can read this issue now.' })])) },
    act: (page) => see(page, 'Nobody of your team'),
  },
  { name: 'new empty', answers: work, act: newTab },
  { name: 'new project loading', answers: { ...work, [ROUTE.place]: 'hangs' }, act: choosePlace },
  {
    name: 'new project error',
    answers: { ...work, [ROUTE.place]: down },
    act: async (page) => {
      await choosePlace(page);
      await see(page, 'trouble of its own');
    },
  },
  {
    name: 'new not allowed',
    answers: { ...work, [ROUTE.place]: ok({ ...data.place, can: { create: false, write: true, hook: false } }) },
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
    answers: { ...work, [ROUTE.create]: refusal(422, 'tool_refused', 'GitLab refused it.', { fields: { title: 'is too long (maximum is 255 characters).', labels: 'bug was deleted meanwhile.' } }) },
    act: async (page) => {
      await newTab(page);
      await press(page, 'Create and put on the board');
      await see(page, 'Choose where it belongs');
    },
  },
  {
    name: 'new refused at fields',
    answers: { ...work, [ROUTE.create]: refusal(422, 'tool_refused', 'GitLab refused it.', { fields: { title: 'GitLab: the title is too long (maximum is 255 characters).', labels: 'The label bug was deleted meanwhile.' } }) },
    act: async (page) => {
      await writeDraft(page);
      await press(page, 'Create and put on the board');
      await see(page, 'is too long');
    },
  },
  {
    name: 'new error',
    answers: { ...work, [ROUTE.create]: down },
    act: async (page) => {
      await writeDraft(page);
      await press(page, 'Create and put on the board');
      await see(page, 'The issue was not created');
    },
  },
  {
    name: 'new done',
    answers: { ...work, [ROUTE.create]: { status: 201, body: data.first } },
    act: async (page) => {
      await writeDraft(page);
      await press(page, 'Create and put on the board');
      await see(page, 'The card is on the board');
    },
  },
];
