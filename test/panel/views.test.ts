import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CARD_VIEWS } from './card-views.ts';
import { PANEL_VIEWS } from './panel-views.ts';
import { SETTINGS_VIEWS } from './settings-views.ts';
import { openStage, overflows, shoot, violations, type Opening, type Stage } from './stage.ts';
import { see, type View } from './view.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const HEIGHT: Readonly<Record<string, number>> = { 'card.html': 720, 'settings.html': 900 };

async function judge(view: View, file: Opening['file'], width: number): Promise<void> {
  const shown = await stage.open({ file, width, height: HEIGHT[file] ?? 800, answers: view.answers, ...(view.outside ? { outside: true } : {}), ...(view.popups ? { popups: view.popups } : {}) });
  try {
    await view.act(shown.page);
    await shown.page.evaluate(() => document.fonts.ready);
    await shoot(shown.page, `${file.replace(/\.html.*/, '')}-${view.name.replaceAll(/\W+/g, '-')}-${width}`);
    expect(await overflows(shown.page), 'overflow').toEqual([]);
    expect(await violations(shown.page), 'axe').toEqual([]);
    expect(shown.trouble, 'trouble').toEqual([]);
  } finally {
    await shown.close();
  }
}

describe.each([340, 368])('the panel at %i px', (width) => {
  test.each(PANEL_VIEWS.map((view) => [view.name, view] as const))('%s', (_, view) => judge(view, 'panel.html', width));
});

describe.each([560, 340])('the card at %i px', (width) => {
  test.each(CARD_VIEWS.map((view) => [view.name, view] as const))('%s', (_, view) => judge(view, 'card.html', width));
});

describe.each([1280, 390, 360])('the settings at %i px', (width) => {
  test.each(SETTINGS_VIEWS.map((view) => [view.name, view] as const))('%s', (_, view) => judge(view, 'settings.html', width));
});

describe.each([560, 340])('the end of a sign-in at %i px', (width) => {
  const ends = { connected: 'Your account is connected', denied: 'You said no', refused: 'That sign-in does not count', 'other-member': 'Somebody else began this', failed: 'That did not work', unknown: 'That did not work' };
  test.each(Object.entries(ends))('%s', (outcome, title) => judge({ name: outcome, answers: {}, act: (page) => see(page, title) }, `signed-in.html#${outcome}`, width));
});
