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

/** One visit at the widest, then the same page narrower: nothing sticks out, and axe finds nothing. */
async function judge(view: View, file: Opening['file'], [widest, ...narrower]: readonly [number, ...number[]]): Promise<void> {
  const height = HEIGHT[file] ?? 800;
  const shown = await stage.open({ file, width: widest, height, answers: view.answers, ...(view.outside ? { outside: true } : {}), ...(view.popups ? { popups: view.popups } : {}) });
  try {
    await view.act(shown.page);
    await shown.page.evaluate(() => document.fonts.ready);
    for (const width of [widest, ...narrower]) {
      if (width !== widest) await shown.page.setViewportSize({ width, height });
      if (process.env['SHOTS']) await shoot(shown.page, `${file.replace(/\.html.*/, '')}-${view.name.replaceAll(/\W+/g, '-')}-${width}`);
      expect(await overflows(shown.page), `overflow at ${width} px`).toEqual([]);
      expect(await violations(shown.page), `axe at ${width} px`).toEqual([]);
    }
    expect(shown.trouble, 'trouble').toEqual([]);
  } finally {
    await shown.close();
  }
}

describe('the panel at 368 and 340 px', () => {
  test.each(PANEL_VIEWS.map((view) => [view.name, view] as const))('%s', (_, view) => judge(view, 'panel.html', [368, 340]));
});

describe('the card at 560 and 340 px', () => {
  test.each(CARD_VIEWS.map((view) => [view.name, view] as const))('%s', (_, view) => judge(view, 'card.html', [560, 340]));
});

describe('the settings at 1280, 768 and 368 px', () => {
  test.each(SETTINGS_VIEWS.map((view) => [view.name, view] as const))('%s', (_, view) => judge(view, 'settings.html', [1280, 768, 368]));
});

describe('the end of a sign-in at 560 and 340 px', () => {
  const ends = { connected: 'Your account is connected', denied: 'You said no', refused: 'That sign-in does not count', 'other-member': 'Somebody else began this', failed: 'That did not work', unknown: 'That did not work' };
  test.each(Object.entries(ends))('%s', (outcome, title) => judge({ name: outcome, answers: {}, act: (page) => see(page, title) }, `signed-in.html#${outcome}`, [560, 340]));
});
