import type { PairField } from '@tandem/shared/api';
import type { Item, ItemPatch } from '@tandem/shared/item';
import type { Pair } from '../store/store.ts';
import { linkLine, withLine, withoutLine } from './link-line.ts';
import { ontoFeature, ontoTicket, statusPatch, ticketStatus } from './status-rows.ts';

type Side = 'left' | 'right';

/** What an item shows of a field. */
export function valueOf(item: Item, field: PairField): string {
  return field === 'status' ? item.status.id : item[field];
}

/** What a side of a pair shows of a field: a ticket's description without the line that leads to its feature, its status with the label that counts. */
export function shownOn(pair: Pick<Pair, 'id' | 'button'>, side: Side, item: Item, field: PairField): string {
  if (!pair.button || side === 'left') return valueOf(item, field);
  if (field === 'description') return withoutLine(item.description, pair.id);
  return field === 'status' ? ticketStatus(item, pair.button) : valueOf(item, field);
}

/** How the statuses of a feature and its ticket are said on the other side; `undefined` for a pair without a button. */
export function statusesOnto({ button }: Pick<Pair, 'button'>, left: Item, right: Item): { readonly left: string | undefined; readonly right: string | undefined } | undefined {
  return button && { left: ontoFeature(right, button), right: ontoTicket(left.status.id, button.statuses) };
}

/** What to write on a side so that it shows these values. `source`: the tool of the left side, for the line that leads there. */
export function patchFor(pair: Pick<Pair, 'id' | 'button'>, side: Side, values: Readonly<Partial<Record<PairField, string>>>, ends: Readonly<Record<Side, Item>>, source: string): ItemPatch {
  if (!pair.button || side === 'left') return values;
  const { status, description, ...rest } = values;
  return {
    ...rest,
    ...(description === undefined ? {} : { description: withLine(description, linkLine(pair.id, source, ends.left)) }),
    ...(status === undefined ? {} : statusPatch(ends.right, status, pair.button)),
  };
}
