import type { PairRules } from '@tandem/shared/api';
import type { StatusRow } from '@tandem/shared/integrations';
import type { Item } from '@tandem/shared/item';
import { digest } from '../crypto.ts';
import type { Pair } from '../store/store.ts';
import { sameValue } from './merge.ts';
import { labelsOf, ontoFeature, ontoTicket, ticketStatus } from './status-rows.ts';

/**
 * What becomes of a pair under other rules and status rows, pure; `ticket` as it was last seen. A base that the ticket still shows is said in the new rows' words, and labels that mean nothing any more still say what they said until a merge has taken them off: other words are no edit of anybody's.
 * What the rows now say otherwise is told to the ticket, the feature keeping its status; to the feature only where nothing else decides. Whichever tells loses its half of the base, and so counts as changed.
 */
export function remapped(pair: Pair, rules: PairRules, statuses: readonly StatusRow[], ticket: Item | undefined): Pick<Pair, 'rules' | 'button' | 'base'> {
  const { button: old, base } = pair;
  if (!old) return { rules, base };
  if (digest(old.statuses) === digest(statuses)) return { rules, base, button: old };
  const present = new Set(labelsOf(statuses));
  const retired = [...new Set([...(old.retired ?? []), ...labelsOf(old.statuses)])].filter((label) => !present.has(label));
  const button = { integration: old.integration, item: old.item, statuses, ...(retired.length > 0 ? { retired } : {}) };

  const { left, right } = base.status ?? {};
  const known = ticket && right !== undefined && sameValue(ticketStatus(ticket, old), right) ? ticket : undefined;
  const { flow } = rules.status;
  const [said, saidBefore] = left === undefined ? [] : [ontoTicket(left, statuses), ontoTicket(left, old.statuses)];
  const [meant, meantBefore] = known ? [ontoFeature(known, button), ontoFeature(known, old)] : [];
  const tellsTicket = (flow === 'both' || flow === 'right') && said !== undefined && said !== saidBefore;
  const tellsFeature = flow === 'left' && meant !== undefined && meant !== meantBefore;
  const printed = known ? ticketStatus(known, button) : right;
  const status = { ...(left === undefined || tellsTicket ? {} : { left }), ...(printed === undefined || tellsFeature ? {} : { right: printed }) };
  return { rules, button, base: { ...base, status } };
}

/** What a pair no longer needs once a merge has put the status right: from then on the labels of earlier rows are labels like others. */
export function settled({ button: old, base }: Pair, ticket: Item): Partial<Pick<Pair, 'button' | 'base'>> {
  if (!old?.retired) return {};
  const { retired: _retired, ...button } = old;
  return { button, base: { ...base, status: { ...base.status, right: ticketStatus(ticket, button) } } };
}
