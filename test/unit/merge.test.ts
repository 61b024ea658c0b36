import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FieldRule } from '@tandem/shared/api';
import { across, merge, sameValue, type MergeField, type MergeVerdict, type Sides } from '@tandem/bff/sync/merge';

/** `MERGE_SEED` repeats a run; a failure prints it too. */
const SEED = Number(process.env['MERGE_SEED'] ?? Date.now() % 1_000_000_007);
const RUNS = { seed: SEED, numRuns: 2000 };

const side = fc.constantFrom('left' as const, 'right' as const);
const rule = fc.record({ flow: fc.constantFrom('both' as const, 'left' as const, 'right' as const), clash: fc.constantFrom('left' as const, 'right' as const, 'ask' as const) }) satisfies fc.Arbitrary<FieldRule>;
/** Few values, so that they meet; some that a tool would say differently. */
const value = fc.constantFrom('a', 'b', 'c', 'A', ' b ', 'b\r\n');
/** How a tool normalises what it is given. */
const habit = fc.constantFrom((text: string) => text, (text: string) => text.trim(), (text: string) => text.toLowerCase(), (text: string) => `${text.trim()}.`.replace(/\.\.$/, '.'));

interface Model {
  now: { left: string; right: string };
  base: Partial<Sides>;
  pending?: MergeField['pending'];
}
const decide = (model: Model, rule: FieldRule): MergeVerdict => merge({ ...model, rule, onto: { left: model.now.right, right: model.now.left }, same: sameValue });

/** One run of the handler: what is about to be written is stored, then written; it may die before the base is. */
function step(model: Model, rule: FieldRule, habits: Sides<(text: string) => string>, dies = false): MergeVerdict {
  const verdict = decide(model, rule);
  if (verdict.kind === 'agreed') Object.assign(model, { base: { ...verdict.base }, pending: undefined });
  if (verdict.kind === 'ask') model.pending = undefined;
  if (verdict.kind === 'write') {
    const from = model.now[across(verdict.side)];
    model.pending = { side: verdict.side, value: verdict.value, from };
    model.now[verdict.side] = habits[verdict.side](verdict.value);
    if (dies) return verdict;
    Object.assign(model, { base: { ...model.now }, pending: undefined });
  }
  return verdict;
}

describe('merging a field of a pair', () => {
  const both = (clash: FieldRule['clash']): FieldRule => ({ flow: 'both', clash });
  const at = (left: string, right: string, base: Partial<Sides>, rule = both('ask')): MergeVerdict => decide({ now: { left, right }, base }, rule);

  test('what one side changed is copied, what both made the same moves the base, and what both changed is asked', () => {
    const base = { left: 'a', right: 'a' };
    expect(at('a', 'a', base)).toEqual({ kind: 'agreed', base });
    expect(at('b', 'a', base)).toEqual({ kind: 'write', side: 'right', value: 'b' });
    expect(at('a', 'b', base)).toEqual({ kind: 'write', side: 'left', value: 'b' });
    expect(at('b', 'b', base)).toEqual({ kind: 'agreed', base: { left: 'b', right: 'b' } });
    expect(at('b', 'c', base)).toEqual({ kind: 'ask' });
    expect(at('b', 'c', base, both('left'))).toEqual({ kind: 'write', side: 'right', value: 'b', over: 'c' });
    expect(at('b', 'c', base, both('right'))).toEqual({ kind: 'write', side: 'left', value: 'c', over: 'b' });
  });

  test('each side is held against its own half: what a tool made of a text is no change', () => {
    expect(at('A.', 'a', { left: 'A.', right: 'a' })).toEqual({ kind: 'agreed', base: { left: 'A.', right: 'a' } });
    expect(at('A.', 'b', { left: 'A.', right: 'a' })).toEqual({ kind: 'write', side: 'left', value: 'b' });
  });

  test('a field that travels one way never writes the other, and its source always wins', () => {
    const right: FieldRule = { flow: 'right', clash: 'right' };
    expect(at('a', 'b', { left: 'a', right: 'a' }, right)).toEqual({ kind: 'agreed', base: { left: 'a', right: 'b' } });
    expect(at('c', 'b', { left: 'a', right: 'a' }, right)).toEqual({ kind: 'write', side: 'right', value: 'c', over: 'b' });
  });

  test('two that never agreed are held to differ, unless somebody said which side is right', () => {
    expect([at('a', 'a', {}).kind, at('a', 'b', {}).kind, at('a', 'b', {}, both('left')).kind]).toEqual(['agreed', 'ask', 'write']);
    expect(at('a', 'b', { right: 'b' })).toEqual({ kind: 'write', side: 'right', value: 'a' });
  });

  test('a value that the other side cannot say stays where it is', () => {
    const field = { now: { left: 'doing', right: 'open' }, base: { left: 'todo', right: 'open' }, rule: both('ask'), same: sameValue };
    expect(merge({ ...field, onto: { left: undefined, right: undefined } })).toEqual({ kind: 'agreed', base: field.now });
  });

  test('a write that landed although nobody heard of it is no change of that side', () => {
    const pending = { side: 'right', value: 'b', from: 'b' } as const;
    expect(decide({ now: { left: 'c', right: 'b' }, base: { left: 'a', right: 'a' }, pending }, both('ask'))).toEqual({ kind: 'write', side: 'right', value: 'c' });
    expect(decide({ now: { left: 'c', right: 'x' }, base: { left: 'a', right: 'a' }, pending }, both('ask')), 'somebody else wrote it meanwhile').toEqual({ kind: 'ask' });
  });

  test(`after two runs there is nothing left to do, whatever the tools make of what they are given (MERGE_SEED=${SEED})`, () => {
    fc.assert(
      fc.property(value, value, fc.record({ left: value, right: value }, { requiredKeys: [] }), rule, habit, habit, (left, right, base, rule, l, r) => {
        const model: Model = { now: { left, right }, base };
        step(model, rule, { left: l, right: r });
        const shown = { ...model.now };
        const again = step(model, rule, { left: l, right: r });
        expect([again.kind === 'write', model.now]).toEqual([false, shown]);
      }),
      RUNS,
    );
  });

  test(`one side's edit reaches the other, and never comes back changed (MERGE_SEED=${SEED})`, () => {
    fc.assert(
      fc.property(value, value, side, habit, habit, (old, edit, from, l, r) => {
        const habits = { left: l, right: r };
        const model: Model = { now: { left: l(old), right: r(old) }, base: { left: l(old), right: r(old) } };
        model.now[from] = edit;
        step(model, both('ask'), habits);
        step(model, both('ask'), habits);
        const arrived = sameValue(edit, habits[from](old)) ? habits[across(from)](old) : habits[across(from)](edit);
        expect([model.now[from], sameValue(model.now[across(from)], arrived) || sameValue(model.now[across(from)], edit)]).toEqual([edit, true]);
      }),
      RUNS,
    );
  });

  test(`edits on both sides, asked decisions and deaths half-way end with both sides agreed and no edit overwritten unsaid (MERGE_SEED=${SEED})`, () => {
    const happening = fc.oneof(fc.record({ kind: fc.constant('edit' as const), side, value }), fc.record({ kind: fc.constantFrom('run' as const, 'die' as const) }));
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 30 }), fc.constantFrom('ask' as const, 'left' as const, 'right' as const), (happenings, clash) => {
        const trim = (text: string): string => text.trim();
        const model: Model = { now: { left: 'a', right: 'a' }, base: { left: 'a', right: 'a' } };
        for (const one of happenings) {
          if (one.kind === 'edit') model.now[one.side] = one.value;
          else {
            const before = { ...model.now };
            const known = model.base;
            const pending = model.pending;
            const verdict = step(model, both(clash), { left: trim, right: trim }, one.kind === 'die');
            if (verdict.kind !== 'write') continue;
            const lost = before[verdict.side];
            const seen = known[verdict.side] ?? '';
            const ours = pending?.side === verdict.side && sameValue(lost, pending.value);
            if (!sameValue(lost, seen) && !ours) expect(verdict.over).toBe(lost);
          }
        }
        for (let n = 0; n < 3; n++) {
          if (step(model, both(clash), { left: trim, right: trim }).kind === 'ask') model.base = { right: model.now.right };
        }
        expect(sameValue(model.now.left, model.now.right)).toBe(true);
        expect(model.pending).toBeUndefined();
      }),
      RUNS,
    );
  });
});
