import type { Page } from 'playwright-core';
import * as data from './fixtures.ts';
import { refusal, type Answers } from './stage.ts';
import { inside, outside } from './settings-views.ts';
import { ok, press, ROUTE, see, work, type View } from './view.ts';

/** Nothing is granted yet at Munity. */
const waiting: Answers = { [ROUTE.begin]: { status: 201, body: data.munitySession }, [ROUTE.look]: ok({ state: 'waiting' }) };
const jira: Answers = { ...waiting, [ROUTE.me]: ok(data.me([data.jiraNew])), [ROUTE.cards]: ok(data.onBoard([])) };
const begin = (page: Page): Promise<void> => press(page, /^(?:Connect|Reconnect) Jira$/);
const ready = (page: Page): Promise<void> => page.locator('button[aria-busy=false]', { hasText: /^(?:Connect|Reconnect) Jira$/ }).waitFor();

/** How a window of Munity’s can end, or not. */
const COURSES: readonly View[] = [
  { name: 'munity preparing', answers: { ...jira, [ROUTE.begin]: 'hangs' }, act: (page) => page.locator('button[aria-busy=true]').waitFor() },
  { name: 'munity refused', answers: { ...jira, [ROUTE.begin]: refusal(429, 'rate_limited', 'That was a lot in a short time. Wait a minute, then try again.') }, act: (page) => see(page, 'Wait a minute') },
  { name: 'munity', answers: jira, act: ready },
  {
    name: 'munity waiting',
    answers: jira,
    act: async (page) => {
      await begin(page);
      await see(page, 'Waiting for the sign-in window');
    },
  },
  {
    name: 'munity closed',
    popups: 'closed',
    answers: jira,
    act: async (page) => {
      await begin(page);
      await see(page, 'Finish in the other window');
    },
  },
  {
    name: 'munity blocked',
    popups: 'blocked',
    answers: jira,
    act: async (page) => {
      await begin(page);
      await see(page, 'Your browser blocked the window');
    },
  },
  {
    name: 'munity granted',
    answers: { ...jira, [ROUTE.look]: ok({ state: 'installed' }) },
    act: async (page) => {
      await begin(page);
      await see(page, 'Access is granted');
    },
  },
  {
    name: 'munity failed',
    answers: { ...jira, [ROUTE.look]: ok({ state: 'failed', reason: 'Jira did not accept the credentials. Check them, then connect again.' }) },
    act: async (page) => {
      await begin(page);
      await see(page, 'did not accept');
      await ready(page);
    },
  },
];

/** Signing in through Munity in the panel, and what is there afterwards. */
export const MUNITY_VIEWS: readonly View[] = [
  ...COURSES,
  { name: 'munity expired', answers: { ...jira, [ROUTE.me]: ok(data.me([data.jiraExpired])) }, act: ready },
  {
    name: 'munity among others',
    answers: { ...jira, [ROUTE.me]: ok(data.me([data.gitlabNew, data.jiraNew])) },
    act: (page) => see(page, 'through Munity'),
  },
  {
    name: 'munity importing',
    answers: { ...work, [ROUTE.me]: ok(data.me([data.jiraImporting, data.gitlab])), [`GET /tools/munity:jira/${data.jira.site}/items`]: ok({ items: [] }) },
    act: (page) => see(page, 'are being imported'),
  },
  {
    name: 'munity connected',
    answers: { ...work, [ROUTE.me]: ok(data.me([data.jira, data.gitlab])), [`GET /tools/munity:jira/${data.jira.site}/items`]: ok(data.found()) },
    act: async (page) => {
      await press(page, /Account: Ana Souza/);
      await see(page, 'Disconnect Jira');
    },
  },
];

/** The same on the settings page, in a row of the list. */
export const MUNITY_SETTINGS_VIEWS: readonly View[] = [
  {
    name: 'munity accounts',
    answers: { ...inside, ...waiting, [ROUTE.me]: ok(data.me([data.jiraExpired, data.gitlab])), [ROUTE.team]: ok(data.team({ munity: { heard: new Date().toISOString() } })) },
    act: async (page) => {
      await see(page, 'Munity’s webhook is verified: the last one arrived');
      await page.getByText('By signing in there', { exact: true }).waitFor();
      await press(page, /^Reconnect Jira/);
      await ready(page);
    },
  },
  {
    name: 'munity closed',
    popups: 'closed',
    answers: { ...inside, ...waiting, [ROUTE.me]: ok(data.me([data.jiraNew, data.gitlab])) },
    act: async (page) => {
      await press(page, /^Connect Jira/);
      await begin(page);
      await see(page, 'Finish in the other window');
    },
  },
];

const invited = (sites = [data.jiraNew]): Answers => ({ ...jira, [ROUTE.session]: inside[ROUTE.session] ?? 'breaks', [ROUTE.me]: ok(data.me(sites)) });

/** Every state of the page that a link leads to. */
export const INVITATION_VIEWS: readonly View[] = [
  { name: 'loading', answers: { [ROUTE.session]: 'hangs' }, act: (page) => page.getByText('Loading').first().waitFor({ state: 'attached' }) },
  { name: 'signed out', answers: outside, act: (page) => see(page, 'Sign in with Miro') },
  { name: 'error', answers: { ...invited(), [ROUTE.me]: refusal(500, 'internal', 'Something went wrong on our side. Try again in a moment.') }, act: (page) => see(page, 'Reference') },
  { name: 'nowhere', answers: invited([data.gitlab]), act: (page) => see(page, 'This link leads nowhere') },
  { name: 'expired', answers: invited([data.jiraExpired]), act: ready },
  { name: 'connected', answers: invited([data.jira]), act: (page) => see(page, 'You can close this window') },
  ...COURSES.map((view) => ({ ...view, answers: { ...invited(), ...view.answers, [ROUTE.me]: ok(data.me([data.jiraNew])) } })),
];
