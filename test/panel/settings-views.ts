import type { Page } from 'playwright-core';
import * as data from './fixtures.ts';
import { refusal, type Answers } from './stage.ts';
import { ok, press, ROUTE, see, type View } from './view.ts';

const bearer = { token: 'settings-bearer', until: new Date(Date.now() + 600_000).toISOString() };
const sites = [data.gitlabEnding, data.partner, { ...data.gitea, consent: '/auth/gitea?site=git.example.org' }];

/** Somebody is signed in and administers the team. */
export const inside: Answers = { [ROUTE.session]: ok(bearer), [ROUTE.me]: ok(data.me(sites)), [ROUTE.team]: ok(data.team()), [ROUTE.pairs]: ok({ pairs: [data.pair()] }) };
/** Nobody is signed in. */
export const outside: Answers = { [ROUTE.session]: refusal(401, 'unauthenticated', 'Sign in with Miro first.') };

const broken = refusal(500, 'internal', 'Something went wrong on our side. Try again in a moment.');
const named = (page: Page): Promise<void> => page.getByLabel('Web address').waitFor();

const none = ok({ pairs: [] });
/** The items behind the addresses that these views type. */
const located: Answers = { [ROUTE.items]: ok(data.found([data.first])), [ROUTE.partnerItems]: ok(data.found([{ ...data.first, ref: data.pair().right.ref }])) };
/** The form with two addresses in it, sent. */
async function keepTwo(page: Page, left = data.first.url, right = data.pair().right.url ?? ''): Promise<void> {
  await press(page, 'Keep two items in step');
  await page.getByLabel('First item').fill(left);
  await page.getByLabel('Second item').fill(right);
  await page.getByRole('button', { name: 'Keep in step', exact: true }).click();
}
/** The section of pairs at the top of the page, for the picture. */
const atPairs = (page: Page): Promise<void> => page.getByRole('region', { name: 'Kept in step' }).evaluate((section) => section.scrollIntoView());

/** Every state of the settings page. */
export const SETTINGS_VIEWS: readonly View[] = [
  { name: 'loading', answers: { [ROUTE.session]: 'hangs' }, act: (page) => page.getByText('Loading: Your accounts').waitFor({ state: 'attached' }) },
  { name: 'signed out', answers: outside, act: (page) => see(page, 'Sign in with Miro') },
  { name: 'error', answers: { ...inside, [ROUTE.me]: broken, [ROUTE.team]: broken, [ROUTE.pairs]: broken }, act: (page) => see(page, 'Reference') },
  {
    name: 'offline',
    answers: { [ROUTE.session]: 'breaks' },
    act: async (page) => {
      await page.context().setOffline(true);
      await see(page, 'No connection');
    },
  },
  { name: 'full', answers: inside, act: (page) => see(page, 'By webhook') },
  {
    name: 'places',
    answers: inside,
    act: async (page) => {
      await see(page, 'By webhook');
      await page.locator('.settings-body').evaluate((body) => body.scrollIntoView(false));
    },
  },
  {
    name: 'webhooks that get lost',
    answers: { ...inside, [ROUTE.team]: ok(data.team({ places: [...data.team().places, { tool: 'gitlab', site: 'gitlab.example', name: 'GitLab', place: '43', label: 'website', watch: 'hook', items: 12, missed: 9 }] })) },
    act: (page) => see(page, 'GitLab at gitlab.example: 12 changes in 2 places were found'),
  },
  { name: 'given up', answers: { ...inside, [ROUTE.team]: ok(data.team({ stuck: data.stuck })) }, act: (page) => see(page, 'Try all again') },
  { name: 'not answering', answers: { ...inside, [ROUTE.team]: ok(data.team({ down: data.down })) }, act: (page) => see(page, 'GitLab does not answer') },
  { name: 'for everybody', answers: { ...inside, [ROUTE.team]: ok(data.alone) }, act: (page) => see(page, 'Ana Souza') },
  {
    name: 'expired',
    answers: { ...inside, [ROUTE.me]: ok(data.me([data.gitlabExpired, data.gitlabEnded], 'expired')), [ROUTE.team]: ok(data.alone) },
    act: (page) => see(page, 'Sign in again'),
  },
  { name: 'nothing yet', answers: { ...inside, [ROUTE.me]: ok(data.me([data.gitlabNew])), [ROUTE.team]: ok(data.team({ members: data.everybody.slice(3), places: [], munity: {} })), [ROUTE.pairs]: none }, act: (page) => see(page, 'No webhook of Munity’s has arrived yet') },
  { name: 'no tool', answers: { ...inside, [ROUTE.me]: ok(data.me([], 'active', [])), [ROUTE.team]: ok(data.alone) }, act: (page) => see(page, 'No tool is set up yet') },
  {
    name: 'replace',
    answers: inside,
    act: async (page) => {
      await press(page, /^Replace/);
      await page.getByLabel('Personal access token').waitFor();
    },
  },
  {
    name: 'connect by consent',
    answers: inside,
    act: async (page) => {
      await press(page, /^Connect Gitea/);
      await see(page, 'Use a token instead');
    },
  },
  {
    name: 'connect waiting',
    answers: inside,
    act: async (page) => {
      await press(page, /^Connect Gitea/);
      await press(page, 'Connect Gitea');
      await see(page, 'Waiting for the sign-in window');
    },
  },
  {
    name: 'another site',
    answers: inside,
    act: async (page) => {
      await press(page, 'Connect another site');
      await named(page);
    },
  },
  {
    name: 'another site refused',
    answers: { ...inside, [ROUTE.site]: refusal(422, 'invalid_input', 'That did not work.', { fields: { url: 'This is not the address of a web site.' } }) },
    act: async (page) => {
      await press(page, 'Connect another site');
      await page.getByLabel('Web address').fill('gitlab');
      await press(page, 'Continue');
      await see(page, 'not the address of a web site');
    },
  },
  {
    name: 'another site to connect',
    answers: { ...inside, [ROUTE.site]: ok({ ...data.partnerNew, site: 'code.other.example' }) },
    act: async (page) => {
      await press(page, 'Connect another site');
      await page.getByLabel('Web address').fill('https://code.other.example');
      await press(page, 'Continue');
      await see(page, 'Connect GitLab at code.other.example');
    },
  },
  {
    name: 'disconnect asked',
    answers: inside,
    act: async (page) => {
      await press(page, /^Disconnect GitLab at gitlab.example/);
      await see(page, 'Disconnect GitLab at gitlab.example?');
    },
  },
  {
    name: 'disconnected with something left',
    answers: { ...inside, [ROUTE.disconnect]: ok({ left: ['GitLab did not end your token: delete it there, under Access tokens.', 'The webhook of project 42 could not be removed: ask a maintainer to delete it.'] }) },
    act: async (page) => {
      await press(page, /^Disconnect GitLab at gitlab.example/);
      await page.getByRole('button', { name: 'Disconnect', exact: true }).click();
      await see(page, 'but not everywhere');
    },
  },
  {
    name: 'member asked',
    answers: inside,
    act: async (page) => {
      await press(page, /^Disconnect GitLab of نور/);
      await see(page, 'Disconnect GitLab of نور الدين?');
    },
  },
  {
    name: 'member refused',
    answers: { ...inside, 'DELETE /members/3458764500000000002/accounts/gitlab/gitlab.example': refusal(403, 'forbidden', 'Only whoever administers Tandem for your team may disconnect another member.') },
    act: async (page) => {
      await press(page, /^Disconnect GitLab of Jörg/);
      await page.getByRole('button', { name: 'Disconnect', exact: true }).click();
      await see(page, 'Only whoever administers');
    },
  },
  {
    name: 'still signed in',
    answers: { ...inside, [ROUTE.signOut]: broken },
    act: async (page) => {
      await see(page, 'By webhook');
      await press(page, 'Sign out');
      await see(page, 'You are still signed in');
    },
  },
  {
    name: 'pairs',
    answers: { ...inside, [ROUTE.pairs]: ok(data.everyState) },
    act: async (page) => {
      await see(page, 'Unreachable');
      await atPairs(page);
    },
  },
  {
    name: 'pairs none',
    answers: { ...inside, [ROUTE.pairs]: none },
    act: async (page) => {
      await see(page, 'Nothing is kept in step yet');
      await atPairs(page);
    },
  },
  { name: 'pairs refused', answers: { ...inside, [ROUTE.pairs]: broken }, act: (page) => see(page, 'Reference') },
  {
    name: 'pair to decide',
    answers: { ...inside, [ROUTE.pairs]: ok({ pairs: [data.asking] }) },
    act: async (page) => {
      await see(page, 'Two versions of the status');
      await atPairs(page);
    },
  },
  {
    name: 'pair to decide, all shown',
    answers: { ...inside, [ROUTE.pairs]: ok({ pairs: [data.asking] }) },
    act: async (page) => {
      await press(page, /^Show all/);
      await see(page, 'Show less');
      await atPairs(page);
    },
  },
  {
    name: 'pair being decided',
    answers: { ...inside, [ROUTE.pairs]: ok({ pairs: [data.asking] }), [ROUTE.choose]: 'hangs' },
    act: async (page) => {
      await press(page, /^Keep this title of roadmap/);
      await page.locator('.button-loading').waitFor();
      await atPairs(page);
    },
  },
  {
    name: 'pair decided, being compared',
    answers: { ...inside, [ROUTE.pairs]: ok({ pairs: [{ ...data.asking, clashes: {} }] }) },
    act: async (page) => {
      await see(page, 'Being compared');
      await atPairs(page);
    },
  },
  {
    name: 'pair decided already',
    answers: { ...inside, [ROUTE.pairs]: ok({ pairs: [data.asking] }), [ROUTE.choose]: refusal(409, 'conflict', 'This was decided already.') },
    act: async (page) => {
      await press(page, /^Keep this title of partner/);
      await see(page, 'This was decided already.');
      await atPairs(page);
    },
  },
  {
    name: 'pair let go asked',
    answers: inside,
    act: async (page) => {
      await press(page, /^Let go/);
      await see(page, 'Both items stay');
      await atPairs(page);
    },
  },
  {
    name: 'pair let go refused',
    answers: { ...inside, [ROUTE.letGo]: broken },
    act: async (page) => {
      await press(page, /^Let go/);
      await page.getByRole('button', { name: 'Let go', exact: true }).click();
      await see(page, 'Something went wrong on our side');
      await atPairs(page);
    },
  },
  {
    name: 'pair form',
    answers: { ...inside, [ROUTE.pairs]: none },
    act: async (page) => {
      await press(page, 'Keep two items in step');
      await page.getByText('The second', { exact: true }).click();
      await see(page, 'The first item takes over');
      await atPairs(page);
    },
  },
  {
    name: 'pair form, addresses refused',
    answers: { ...inside, [ROUTE.pairs]: none },
    act: async (page) => {
      await keepTwo(page, 'roadmap#7', 'https://git.elsewhere.example/x/1');
      await see(page, 'You are not connected to this site');
      await atPairs(page);
    },
  },
  {
    name: 'pair form, refused at a field',
    answers: { ...inside, [ROUTE.pairs]: none, [ROUTE.items]: ok(data.found([])), [ROUTE.partnerItems]: refusal(403, 'account_required', 'Connect GitLab at gitlab.partner.example first.') },
    act: async (page) => {
      await keepTwo(page);
      await see(page, 'Connect GitLab at gitlab.partner.example first.');
      await atPairs(page);
    },
  },
  {
    name: 'pair form, kept in step already',
    answers: { ...inside, ...located, [ROUTE.pairs]: none, [ROUTE.pair]: refusal(409, 'conflict', 'These two are kept in step already.') },
    act: async (page) => {
      await keepTwo(page);
      await see(page, 'These two are kept in step already.');
      await atPairs(page);
    },
  },
];
