import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStage, overflows, shoot, violations, type Opening, type Stage } from './stage.ts';
import type { View } from './view.ts';

const HEIGHT: Readonly<Record<string, number>> = { 'card.html': 720, 'settings.html': 900 };

/** A page, its views, and the widths at which each is judged. */
export interface Judged {
  readonly file: Opening['file'] | ((view: View) => Opening['file']);
  readonly widths: readonly [widest: number, ...narrower: number[]];
  readonly views: readonly View[];
}

/** A test for each view: one visit at the widest, where axe finds nothing; then the same page narrower, where only the layout is another. At no width anything sticks out. Opens a stage for the tests of this file. */
export function judgeAll(pages: Readonly<Record<string, Judged>>): void {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage.close());

  const judge = async (view: View, file: Opening['file'], [widest, ...narrower]: Judged['widths']): Promise<void> => {
    const height = HEIGHT[file] ?? 800;
    const shown = await stage.open({ file, width: widest, height, answers: view.answers, ...(view.outside ? { outside: true } : {}), ...(view.popups ? { popups: view.popups } : {}) });
    try {
      await view.act(shown.page);
      await shown.page.evaluate(() => document.fonts.ready);
      for (const width of [widest, ...narrower]) {
        if (width !== widest) await shown.page.setViewportSize({ width, height });
        if (process.env['SHOTS']) await shoot(shown.page, `${file.replace(/\.html.*/, '')}-${view.name.replaceAll(/\W+/g, '-')}-${width}`);
        expect(await overflows(shown.page), `overflow at ${width} px`).toEqual([]);
        expect(await violations(shown.page, width === widest ? 'all' : 'layout'), `axe at ${width} px`).toEqual([]);
      }
      expect(shown.trouble, 'trouble').toEqual([]);
    } finally {
      await shown.close();
    }
  };

  for (const [name, { file, widths, views }] of Object.entries(pages)) {
    describe(`${name} at ${widths.join(', ')} px`, () => {
      test.each(views.map((view) => [view.name, view] as const))('%s', (_, view) => judge(view, typeof file === 'function' ? file(view) : file, widths));
    });
  }
}
