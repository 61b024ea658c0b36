import { afterEach, beforeEach } from 'vitest';

/** The tests of this suite go on where the one before them ended: after one that failed the rest makes no sense, and counts as skipped beside that failure. */
export function inChapters(): void {
  let broken = false;
  beforeEach((context) => context.skip(broken, 'the chapter before it failed'));
  afterEach((context) => {
    broken ||= context.task.result?.state === 'fail';
  });
}
