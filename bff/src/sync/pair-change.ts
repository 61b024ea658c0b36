import type { Pair, Pairs } from '../store/store.ts';

/** What may change in a pair; `undefined` takes a field away. */
export type PairChange = { readonly [Field in keyof Omit<Pair, 'rev'>]?: Pair[Field] | undefined };

/** A pair that rests with its integration does so until somebody says otherwise. */
export const RESTING = { state: 'paused', reason: 'The integration is paused.', pausedUntil: 8_640_000_000_000_000 } as const;

/** The pair as it is to be stored after a change. */
export function changedPair({ rev: _rev, ...before }: Pair, change: PairChange): Omit<Pair, 'rev'> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no type follows a filter over entries
  return Object.fromEntries(Object.entries({ ...before, ...change }).filter(([, value]) => value !== undefined)) as Omit<Pair, 'rev'>;
}

/** Changes the pair unless somebody else did since it was read; answers whether it did. */
export function changePair(pairs: Pairs, pair: Pair, change: PairChange): Promise<boolean> {
  return pairs.swap(pair.rev, changedPair(pair, change));
}
