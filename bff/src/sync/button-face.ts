import type { ColumnColor } from '@tandem/shared/integrations';
import type { Item } from '@tandem/shared/item';
import type { Shown } from '../ports.ts';
import type { Connection, Integration, Pair } from '../store/store.ts';
import { rowOf } from './status-rows.ts';

const BY_KIND: Readonly<Record<Item['status']['kind'], ColumnColor>> = { open: 'blue', closed: 'green' };
/** Trouble with a pair that has its link: the button keeps leading to the ticket. */
const TROUBLE: Readonly<Partial<Record<Pair['state'], string>>> = { asking: 'Needs a decision', unreachable: 'Sync error', hidden: 'Not visible' };

/** What the button of a column shows for a connection: the ticket's status in its colour, whatever is wrong with it, or why there is none. `ticket` as it was last seen. */
export function buttonFace(connection: Pick<Connection, 'state' | 'reason'>, { statuses }: Pick<Integration, 'statuses'>, ticket: Item | undefined, pair: Pick<Pair, 'state' | 'reason'> | undefined): Shown {
  if (connection.state === 'failed') return { state: 'error', message: connection.reason ?? 'It could not be linked. Push again.' };
  if (connection.state === 'leaving') return { state: 'initial' };
  const trouble = pair && TROUBLE[pair.state];
  if (connection.state === 'linked' && !ticket && trouble !== undefined) return { state: 'error', message: pair?.reason ?? trouble };
  if (connection.state === 'making' || !ticket) return { state: 'progress' };
  const row = rowOf(ticket, statuses);
  return {
    state: 'connected',
    label: trouble ?? row?.label ?? ticket.status.name,
    key: ticket.key,
    title: ticket.title,
    color: trouble ? 'red' : (row?.color ?? BY_KIND[ticket.status.kind]),
    url: ticket.url,
  };
}
