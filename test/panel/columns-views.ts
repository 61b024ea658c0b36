import type { Page } from 'playwright-core';
import type { CheckAnswer, ConnectionView, IntegrationView } from '@tandem/shared/integrations';
import type { SiteView } from '@tandem/shared/api';
import * as data from './fixtures.ts';
import { inside } from './settings-views.ts';
import { refusal, type Answers } from './stage.ts';
import { ok, press, ROUTE, see, type View } from './view.ts';

const minutes = (ago: number): string => new Date(Date.now() - ago * 60_000).toISOString();
const workspace: SiteView = { ...data.gitlab, tool: 'productboard', site: 'acme.productboard.com', name: 'Productboard', url: 'https://acme.productboard.com', noun: 'feature', can: { create: false, write: true, columns: true }, account: { state: 'active', person: { id: 'token', name: 'API token of acme.productboard.com', username: 'api-token' }, kind: 'token' } };
const statuses = [
  { id: 's1', name: 'New idea', kind: 'open' },
  { id: 's2', name: 'In progress', kind: 'open' },
  { id: 's3', name: 'Waiting for a decision by somebody who is away', kind: 'open' },
  { id: 's4', name: 'Released', kind: 'closed' },
] as const;
const left = { tool: 'productboard', site: 'acme.productboard.com', place: 'features' };
const right = { tool: 'gitlab', site: 'gitlab.example', place: '42' };

export const column = (more: Partial<IntegrationView> = {}): IntegrationView => ({
  id: 'i1',
  state: 'on',
  done: ['column', 'source', 'target', 'enable'],
  name: 'GitLab roadmap',
  button: 'Push',
  rules: { title: { flow: 'both', clash: 'left' }, description: { flow: 'right', clash: 'left' }, status: { flow: 'both', clash: 'right' } },
  statuses: [{ feature: 's1', ticket: 'opened', color: 'gray' }, { feature: 's2', ticket: 'opened', label: 'bug', color: 'blue' }, { feature: 's4', ticket: 'closed', color: 'green' }],
  left: { end: left, name: 'Productboard', label: 'acme.productboard.com', url: 'https://acme.productboard.com', person: 'API token of acme.productboard.com', watch: 'hook', heard: minutes(4), missed: 0 },
  right: { end: right, name: 'GitLab', label: 'roadmap', url: 'https://gitlab.example', person: 'Ana Souza', watch: 'hook', heard: minutes(90), missed: 2, ends: new Date(Date.now() + 9 * 86_400_000).toISOString() },
  counts: { making: 1, linked: 41, failed: 1, leaving: 0 },
  pressed: minutes(12),
  lag: 0,
  report: [],
  ...more,
});
const paused = column({ id: 'i2', name: 'Support', state: 'paused', report: ['The line that leads to Productboard stays in roadmap#7: GitLab does not have that, or this account may not see it.'], counts: { making: 0, linked: 3, failed: 0, leaving: 0 } });
const stopped = column({ id: 'i3', name: 'Design', state: 'setting', done: ['column', 'source'], reason: 'GitLab does not have that, or this account may not see it. Ask for the right there, or use another account.', counts: { making: 0, linked: 0, failed: 0, leaving: 0 } });
const polled = column({ id: 'i4', name: 'Partner', right: { ...column().right, watch: 'poll', reason: 'No connected account may create a webhook there. Somebody who maintains the project can, by connecting GitLab here.' }, lag: 180_000 });
export const removed = column({ id: 'i5', name: 'Old', state: 'removed', report: ['The column “Old” could not be removed: Productboard no longer accepts this account. Connect it again. You can delete it in the settings of Productboard.'] });

const ticket = { ref: data.first.ref, key: data.first.key, title: data.first.title, url: data.first.url, status: 'Open' };
const links: readonly ConnectionView[] = [
  { id: 'k1', item: '1', state: 'linked', feature: { title: 'Dark mode', url: 'https://acme.productboard.com/entity-detail/features/1' }, ticket, pair: { state: 'live' }, history: [{ at: minutes(3), text: 'title of roadmap#7 updated from feature 1a2b3c4d, with the account of Ana Souza' }, { at: minutes(30), text: 'roadmap#7 was made of “Dark mode”' }] },
  { id: 'k2', item: '2', state: 'linked', feature: { title: data.long.title, url: 'https://acme.productboard.com/entity-detail/features/2' }, ticket: { ...ticket, key: data.long.key, title: data.long.title }, pair: { state: 'unreachable', reason: 'This description holds something that only Productboard can show, and the new text would delete it.' }, history: [] },
  { id: 'k3', item: '3', state: 'failed', reason: 'GitLab does not allow this account to do that. Ask for the right there, or use another account.', feature: { title: 'Single sign-on', url: 'https://acme.productboard.com/entity-detail/features/3' }, history: [] },
  { id: 'k4', item: '4', state: 'making', feature: { title: 'Export as CSV', url: 'https://acme.productboard.com/entity-detail/features/4' }, history: [] },
];
/** What a check of its two ends answers. */
export const check: CheckAnswer = {
  left: { person: 'API token of acme.productboard.com', place: { id: 'features', name: 'Features of acme.productboard.com', url: 'https://acme.productboard.com' }, statuses, fields: ['title', 'description', 'status'], scopes: { seen: ['entities:read', 'plugin-integrations:read', 'webhooks:read'], unseen: ['entities:write', 'plugin-integrations:write', 'plugin-integrations:delete', 'webhooks:write', 'webhooks:delete'] } },
  right: { person: 'Ana Souza', place: { id: '42', name: 'Ana / roadmap', url: 'https://gitlab.example/ana/roadmap' }, statuses: [data.open, data.closed], labels: data.manyLabels.slice(0, 6), fields: ['title', 'description', 'status'], scopes: { seen: ['api'] } },
  troubles: [],
  ready: true,
  most: { name: 255, button: 10 },
};

/** The settings page with these columns. */
export const at = (list: readonly IntegrationView[]): Answers => ({
  ...inside,
  [ROUTE.me]: ok(data.me([workspace, data.gitlab])),
  'GET /integrations': ok({ integrations: list }),
  'GET /integrations/i1/connections': ok({ connections: links }),
  'POST /integrations/check': ok(check),
  'GET /tools/productboard/acme.productboard.com/places': ok({ places: [check.left.place] }),
  'GET /tools/gitlab/gitlab.example/places': ok({ places: data.places }),
  'POST /integrations/i1/dry-run': ok({
    looked: 41,
    missed: { unlinked: 2, unseen: 1, beyond: 0 },
    writes: [{ connection: 'k1', key: 'roadmap#7', title: 'Dark mode', side: 'right', field: 'status', from: 'opened', to: 'opened\nbug' }, { connection: 'k2', key: 'feature 1a2b3c4d', title: 'x', side: 'left', field: 'title', from: 'Dark mode', to: 'Night mode' }],
    asks: [{ connection: 'k3', key: 'roadmap#9', title: 'x', field: 'description', from: 'One text', to: 'Another text' }],
  }),
});
const section = (page: Page): Promise<void> => page.getByRole('region', { name: 'Columns' }).evaluate((one) => one.scrollIntoView());
const begin = async (page: Page): Promise<void> => {
  await press(page, 'Set up a column');
  await page.getByRole('combobox', { name: 'Project' }).click();
  await page.getByRole('listbox').getByRole('option').first().click();
  await press(page, 'Check and go on');
};

/** Every state of the columns on the settings page. */
export const COLUMNS_VIEWS: readonly View[] = [
  { name: 'columns', answers: at([column(), paused, stopped, polled, removed]), act: async (page) => (await see(page, 'It stopped here'), section(page)) },
  { name: 'columns none', answers: at([]), act: async (page) => (await see(page, 'No column yet'), section(page)) },
  { name: 'columns unusable', answers: { ...at([]), [ROUTE.me]: ok(data.me([{ ...workspace, account: { state: 'expired', person: data.ana, kind: 'token' } }])) }, act: async (page) => (await see(page, 'Connect the workspace'), section(page)) },
  { name: 'columns refused', answers: { ...at([]), 'GET /integrations': refusal(500, 'internal', 'Something went wrong on our side. Try again in a moment.') }, act: (page) => see(page, 'Reference') },
  {
    name: 'columns links',
    answers: at([column()]),
    act: async (page) => {
      await press(page, 'Links of GitLab roadmap');
      await see(page, 'Single sign-on');
      await page.getByText('History').first().click();
      await section(page);
    },
  },
  {
    name: 'columns choosing',
    answers: at([column()]),
    act: async (page) => {
      await press(page, 'Set up a column');
      await press(page, 'Check and go on');
      await see(page, 'Choose the project that the tickets are made in.');
      await page.getByText('A column for which project?').evaluate((one) => one.scrollIntoView());
    },
  },
  {
    name: 'columns not ready',
    answers: { ...at([]), 'POST /integrations/check': ok({ ...check, ready: false, troubles: ['Productboard could not reach this Tandem at http://localhost:3000: it calls https addresses of the open internet only. Whoever runs Tandem has to give it one (TANDEM_URL).'] }) },
    act: async (page) => {
      await begin(page);
      await see(page, 'This will not work yet');
      await section(page);
    },
  },
  {
    name: 'columns deciding',
    answers: at([]),
    act: async (page) => {
      await begin(page);
      await see(page, 'How do they go together?');
      await see(page, 'written as Ana Souza, whose token has api.');
      await see(page, 'The token that features are read with was seen to have entities:read, plugin-integrations:read, webhooks:read.');
      await section(page);
    },
  },
  {
    name: 'columns editing',
    answers: at([column()]),
    act: async (page) => {
      await press(page, 'Edit GitLab roadmap');
      await press(page, 'See what it would write');
      await see(page, '2 would be written, 1 asked about');
      await see(page, '41 links were looked at, as last seen. Not looked at: 2 not linked yet, or no more; 1 whose feature or ticket was not seen yet.');
      await section(page);
    },
  },
  {
    name: 'columns with a status that vanished',
    answers: { ...at([column()]), 'POST /integrations/check': ok({ ...check, left: { ...check.left, statuses: statuses.slice(0, 3) } }), 'PATCH /integrations/i1': refusal(422, 'invalid_input', 'No.', { fields: { 'statuses.2.feature': 'This status is not there any more. Choose “None” to drop its row.' } }) },
    act: async (page) => {
      await press(page, 'Edit GitLab roadmap');
      await see(page, 'A status that is not there any more');
      await press(page, /^Save$/);
      await page.getByRole('row', { name: /A status that is not there any more/ }).getByRole('alert').getByText('Choose “None” to drop its row.').waitFor();
      await page.getByText('Which statuses go together').evaluate((one) => one.scrollIntoView());
    },
  },
  {
    name: 'columns whose project vanished',
    answers: { ...at([column()]), 'POST /integrations/i1/dry-run': refusal(503, 'unavailable', 'Tandem is being stopped. Try again in a moment.'), 'PATCH /integrations/i1': refusal(422, 'invalid_input', 'No.', { fields: { right: 'GitLab does not have that, or this account may not see it.' } }) },
    act: async (page) => {
      await press(page, 'Edit GitLab roadmap');
      await press(page, 'See what it would write');
      await page.getByRole('alert').getByText('Tandem is being stopped.').waitFor();
      await press(page, /^Save$/);
      await page.getByRole('alert').filter({ hasText: 'That did not work' }).getByText('GitLab does not have that').waitFor();
      await page.getByText('Which statuses go together').evaluate((one) => one.scrollIntoView());
    },
  },
  {
    name: 'columns links of a paused one, refused',
    answers: { ...at([column({ state: 'paused' })]), 'GET /integrations/i1/connections': [ok({ connections: links.slice(0, 3), settling: true }), ok({ connections: [{ ...links[0], pair: { state: 'paused', reason: 'The integration is paused.' } }, ...links.slice(1)] })], 'POST /integrations/i1/connections/3/retry': refusal(409, 'conflict', 'It is being tried already.'), 'DELETE /integrations/i1/connections/1': refusal(503, 'unavailable', 'Tandem is being stopped. Try again in a moment.') },
    act: async (page) => {
      await press(page, 'Links of GitLab roadmap');
      await press(page, 'Try again Single sign-on');
      await press(page, 'Unlink Dark mode');
      await page.getByRole('listitem').filter({ hasText: 'Single sign-on' }).last().getByRole('alert').getByText('It is being tried already.').waitFor();
      await page.getByRole('listitem').filter({ hasText: 'Dark mode' }).last().getByRole('alert').getByText('Tandem is being stopped.').waitFor();
      await see(page, 'Nothing more can be linked before the column is on.');
      await see(page, /^Rests$/);
      await page.getByText('Nothing more can be linked').evaluate((one) => one.scrollIntoView());
    },
  },
  {
    name: 'columns deleting',
    answers: at([column()]),
    act: async (page) => {
      await press(page, 'Delete GitLab roadmap');
      await see(page, 'Delete the column GitLab roadmap?');
      await section(page);
    },
  },
  {
    name: 'columns leftovers',
    answers: { ...at([column()]), 'DELETE /integrations/orphans/webhook/w1': refusal(403, 'forbidden', 'Productboard does not allow this account to do that.'), 'GET /integrations/orphans': ok({ orphans: [{ kind: 'column', id: 'c1', name: 'GitLab · being set up: a1b2c3d4e5' }, { kind: 'webhook', id: 'w1', name: 'A webhook that calls this Tandem (1a2b3c4d)' }] }) },
    act: async (page) => {
      await press(page, 'Look for leftovers');
      await see(page, 'being set up');
      await press(page, 'Remove A webhook');
      await page.getByRole('alert').getByText('Productboard does not allow').waitFor();
      await section(page);
    },
  },
];
