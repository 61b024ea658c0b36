import type { FieldRule, PairField } from '@tandem/shared/api';
import type { Item } from '@tandem/shared/item';
import type { Pair, PendingWrite } from '../store/store.ts';
import { shownOn } from './shown.ts';

/** The fields that a pair keeps in step. */
export const PAIR_FIELDS = ['title', 'description', 'status'] as const satisfies readonly PairField[];

export type Side = 'left' | 'right';
export type Sides<T = string> = Readonly<Record<Side, T>>;

/** The other side. */
export function across(side: Side): Side {
  return side === 'left' ? 'right' : 'left';
}

/** All that decides about one field of a pair. */
export interface MergeField {
  /** what the two sides show */
  readonly now: Sides;
  /** what each showed when they last agreed; a half that is missing counts as changed */
  readonly base: Readonly<Partial<Sides>>;
  /** a write that was begun, and nobody heard how it ended */
  readonly pending?: PendingWrite | undefined;
  readonly rule: FieldRule;
  /** how a side's present value is said on the other (`onto.right` takes the left's); `undefined` where it has no counterpart there */
  readonly onto: Sides<string | undefined>;
  /** whether two values of one side mean the same */
  readonly same: (a: string, b: string) => boolean;
}

/** What is to be done about a field: `agreed`, and the base moves; `write` the value to that side, which loses `over` where it had changed too, or never agreed; `ask` people. */
export type MergeVerdict =
  | { readonly kind: 'agreed'; readonly base: Sides }
  | { readonly kind: 'write'; readonly side: Side; readonly value: string; readonly over?: string }
  | { readonly kind: 'ask' };

/**
 * The three-way merge of one field, pure. Each side is compared with its own half of the base: tools normalise text and status maps are many-to-one, so one common value would look changed for ever.
 * One side changed: it is copied. Both to the same: the base moves. Both differently: the rule decides. A change on a side that the field does not travel from stays where it is. A write whose end nobody heard is taken for done when its side shows the value.
 */
export function merge(field: MergeField): MergeVerdict {
  const { now, rule, onto, same } = field;
  const base = landed(field) ?? field.base;
  const agreed: MergeVerdict = { kind: 'agreed', base: now };
  const shows = (side: Side): boolean => onto[side] !== undefined && same(onto[side], now[side]);
  const changed = (side: Side): boolean => base[side] === undefined || !same(base[side], now[side]);

  const moved = (['left', 'right'] as const).filter((side) => travels(rule, side) && changed(side));
  const [first, second] = moved;
  if (!first || shows('left') || shows('right')) return agreed;
  if (second && rule.clash === 'ask') return { kind: 'ask' };
  const from = second && rule.clash !== 'ask' ? rule.clash : first;
  const side = across(from);
  const value = onto[side];
  if (value === undefined) return agreed;
  return { kind: 'write', side, value, ...(changed(side) ? { over: now[side] } : {}) };
}

function travels({ flow }: FieldRule, from: Side): boolean {
  return flow === 'both' || flow === across(from);
}

function landed({ now, pending, same }: MergeField): Sides | undefined {
  if (!pending || !same(now[pending.side], pending.value)) return undefined;
  return pending.side === 'left' ? { left: now.left, right: pending.from } : { left: pending.from, right: now.right };
}

/** Whether two values mean the same: line ends and the blanks around a text are no change. */
export function sameValue(a: string, b: string): boolean {
  return a === b || a.replaceAll(/\r\n?/g, '\n').trim() === b.replaceAll(/\r\n?/g, '\n').trim();
}

/** Whether what one of its items shows calls for a merge. */
export function wantsMerge(pair: Pair, item: Item, ref: string): boolean {
  if (pair.state !== 'live' && pair.state !== 'asking') return true;
  if (Object.keys(pair.pending).length > 0) return true;
  const side = pair.leftRef === ref ? 'left' : 'right';
  return PAIR_FIELDS.some((field) => {
    const value = shownOn(pair, side, item, field);
    const known = pair.clashes[field]?.[side] ?? pair.base[field]?.[side];
    return pair.rules[field].flow !== 'off' && (known === undefined || !sameValue(known, value));
  });
}
