import type { Page } from 'playwright-core';
import * as data from './fixtures.ts';
import { refusal, type Answer, type Answers } from './stage.ts';

/** A state of a page: what the BFF answers, and what a person does to get there. `act` ends when the state can be seen. */
export interface View {
  readonly name: string;
  readonly answers: Answers;
  readonly outside?: boolean;
  readonly popups?: 'blocked' | 'closed' | 'opened';
  act(page: Page): Promise<unknown>;
}

/** An answer of 200. */
export const ok = (body: unknown): Answer => ({ body });

/** The routes that the pages call in these tests. */
export const ROUTE = {
  me: 'GET /me',
  items: 'GET /tools/gitlab/gitlab.example/items',
  places: 'GET /tools/gitlab/gitlab.example/places',
  place: 'GET /tools/gitlab/gitlab.example/places/42',
  create: 'POST /tools/gitlab/gitlab.example/places/42/items',
  site: 'GET /sites',
  team: 'GET /team',
  pairs: 'GET /pairs',
  pair: 'POST /pairs',
  choose: 'POST /pairs/p1/choice',
  resume: 'POST /pairs/p1/resume',
  letGo: 'DELETE /pairs/p1',
  partnerItems: 'GET /tools/gitlab/gitlab.partner.example/items',
  session: 'POST /auth/session',
  signOut: 'DELETE /auth/session',
  connect: 'PUT /accounts/gitlab/gitlab.example',
  disconnect: 'DELETE /accounts/gitlab/gitlab.example',
  begin: 'POST /munity/sessions',
  look: 'GET /munity/sessions/session-1',
  cards: `GET /boards/${data.BOARD}/cards`,
  link: 'POST /cards',
  card: `GET /cards/${data.BOARD}/card-7`,
  edit: `PATCH /cards/${data.BOARD}/card-7`,
  adopt: `POST /cards/${data.BOARD}/card-7/adopt`,
  unlink: `DELETE /cards/${data.BOARD}/card-7`,
} as const;

/** GitLab answers 503. */
export const down = refusal(502, 'tool_down', 'GitLab has trouble of its own (503). Try again in a moment.');

/** Everything works: somebody is signed in and connected, there are items, and some are on the board. */
export const work: Answers = {
  [ROUTE.me]: ok(data.me()),
  [ROUTE.items]: ok(data.found(data.items, 'page-2')),
  [ROUTE.cards]: ok(data.onBoard()),
  [ROUTE.places]: ok({ places: data.places }),
  [ROUTE.place]: ok(data.place),
  [ROUTE.link]: ok({ ...data.card(data.first, { card: 'new-1' }), watch: 'hook' }),
};

/** Waits for a text. */
export const see = (page: Page, text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();

/** Clicks a button. */
export const press = (page: Page, name: string | RegExp): Promise<void> => page.getByRole('button', { name }).first().click();
