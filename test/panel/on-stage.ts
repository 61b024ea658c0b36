import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { openStage, type Opening, type Shown, type Stage } from './stage.ts';

/** The stage of a test file: one for all its tests, and after each the page that was shown last is closed and must have had no trouble. */
export interface OnStage {
  open(opening: Opening): Promise<Shown>;
  /** the page that was opened last */
  readonly shown: Shown;
}

/** Opens the stage before the tests of this file and closes it after them. */
export function onStage(): OnStage {
  let stage: Stage;
  let shown: Shown | undefined;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterEach(async () => {
    const trouble = shown?.trouble;
    await shown?.close();
    shown = undefined;
    expect(trouble ?? []).toEqual([]);
  });
  afterAll(() => stage.close());
  return {
    async open(opening) {
      shown = await stage.open(opening);
      return shown;
    },
    get shown() {
      if (!shown) throw new Error('nothing is shown');
      return shown;
    },
  };
}
