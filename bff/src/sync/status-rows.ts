import type { StatusRow } from '@tandem/shared/integrations';
import type { Item, ItemPatch } from '@tandem/shared/item';
import type { PairButton } from '../store/store.ts';

/** The rows, and the labels of earlier ones that tickets may still carry. */
type Rows = Pick<PairButton, 'statuses' | 'retired'>;

/** The row that a ticket fits: one whose label it carries before one without. */
export function rowOf(ticket: Item, rows: readonly StatusRow[]): StatusRow | undefined {
  const fits = rows.filter((row) => row.ticket === ticket.status.id && (row.label === undefined || ticket.labels.some(({ name }) => name === row.label)));
  return fits.find((row) => row.label !== undefined) ?? fits[0];
}

/** The label of an earlier row that a ticket still carries, where no present one says more: what it means now is not known. */
function retiredOn(ticket: Item, { statuses, retired = [] }: Rows): string | undefined {
  if (rowOf(ticket, statuses)?.label !== undefined) return undefined;
  return retired.find((label) => ticket.labels.some(({ name }) => name === label));
}

/** What a ticket shows of its status under these rows, as one text: its status, and the label that counts, if any. */
export function ticketStatus(ticket: Item, rows: Rows): string {
  const label = retiredOn(ticket, rows);
  const row = label === undefined ? rowOf(ticket, rows.statuses) : { ticket: ticket.status.id, label };
  return row ? rowValue(row) : ticket.status.id;
}

function rowValue({ ticket, label }: Pick<StatusRow, 'ticket' | 'label'>): string {
  return label === undefined ? ticket : `${ticket}\n${label}`;
}

/** What a feature's status is called at a ticket; `undefined` where no row says. */
export function ontoTicket(feature: string, rows: readonly StatusRow[]): string | undefined {
  const row = rows.find((one) => one.feature === feature);
  return row && rowValue(row);
}

/** The status that a feature gets from its ticket; `undefined` where no row says. */
export function ontoFeature(ticket: Item, rows: Rows): string | undefined {
  return retiredOn(ticket, rows) === undefined ? rowOf(ticket, rows.statuses)?.feature : undefined;
}

/** What to write so that the ticket shows this: its status, and of the labels that mean one the right one alone. */
export function statusPatch(ticket: Item, value: string, { statuses, retired = [] }: Rows): ItemPatch {
  const [status = '', label] = value.split('\n');
  const mine = new Set([...labelsOf(statuses), ...retired]);
  const worn = ticket.labels.map(({ name }) => name);
  const add = label !== undefined && !worn.includes(label) ? [label] : [];
  const remove = worn.filter((name) => mine.has(name) && name !== label);
  return { ...(status === ticket.status.id ? {} : { status }), ...(add.length + remove.length > 0 ? { labels: { add, remove } } : {}) };
}

/** The labels that mean a status. */
export function labelsOf(rows: readonly StatusRow[]): string[] {
  return rows.flatMap(({ label }) => label ?? []);
}
