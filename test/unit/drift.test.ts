import { describe, expect, test } from 'vitest';
import { driftOf, looksOf, writtenLooks } from '@tandem/bff/sync/drift';

/** Looks at a card until nothing is to be done, as sweeping does: what a listing says is decided by what was written last. Answers what was stored in the end, and how often the card was written. */
function sweeps(from: string | undefined, listing: (writes: number) => string, answer: string, looks = 10): { readonly shown: string | undefined; readonly writes: number } {
  let [shown, writes] = [from, 0];
  for (let n = 0; n < looks; n += 1) {
    const found = driftOf(shown, listing(writes));
    shown = found?.shown ?? shown;
    if (!found?.write) continue;
    writes += 1;
    shown = writtenLooks(shown, answer);
  }
  return { shown, writes };
}

describe('drift', () => {
  const written = writtenLooks(undefined, 'A');

  test('a card that was changed is written once', () => {
    expect(sweeps(written, (writes) => (writes === 0 ? 'X' : 'A'), 'A')).toEqual({ shown: '=A', writes: 1 });
  });

  test('a listing that says it in other words than the answer to the write costs one write for each face, and a change is still found', () => {
    const settled = sweeps(written, () => 'a', 'A');
    expect(settled).toEqual({ shown: '=a', writes: 1 });
    expect(sweeps(writtenLooks(settled.shown, 'B'), () => 'b', 'B')).toEqual({ shown: '=b', writes: 1 });
    expect(sweeps(settled.shown, (writes) => (writes === 0 ? 'X' : 'a'), 'A')).toEqual({ shown: '=a', writes: 2 });
  });

  test('what nobody lived to write is written after all, and found only once', () => {
    const found = driftOf(written, 'X');
    expect(found).toEqual({ shown: '!X', write: 'first' });
    expect(driftOf(found?.shown, 'X')).toEqual({ shown: '!X', write: 'again' });
  });

  test('a card that was never written, or by an older Tandem, tells nothing until it is written', () => {
    for (const shown of [undefined, 'an-older-digest_of-27-chars']) {
      expect(driftOf(shown, 'X')).toBeUndefined();
      expect(writtenLooks(shown, 'A')).toBe('=A');
    }
  });

  test('colour is nothing that a listing tells', () => {
    const face = { title: '<p>T</p>', description: '', fields: [{ value: 'Open' }], color: '#1f75cb', status: 'connected' as const };
    expect(looksOf(face)).toBe(looksOf({ ...face, color: '' } as typeof face));
    expect(looksOf({ ...face, fields: [] })).not.toBe(looksOf(face));
  });
});
