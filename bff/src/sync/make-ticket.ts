import type { PairField, PairRules } from '@tandem/shared/api';
import type { IntegrationRules } from '@tandem/shared/integrations';
import type { Item, ItemDraft } from '@tandem/shared/item';
import { parseRef, printRef, type Ref } from '@tandem/shared/ref';
import { clip } from '@tandem/shared/text';
import type { Deps } from '../deps.ts';
import { HeldBack, PutOff, TandemError, UpstreamError } from '../errors.ts';
import type { Connection, Integration, NewTask, Pair, Store } from '../store/store.ts';
import type { ConnectionChange } from './connection-change.ts';
import { featureRef, printFeature, type OpenEnd } from './ends.ts';
import { markedAround, watchPlace } from './follow.ts';
import { ensureTask, mergeTask, pollTask } from './keys.ts';
import { hasLine, linkLine, withLine } from './link-line.ts';
import { PAIR_FIELDS, sameValue } from './merge.ts';
import { RESTING } from './pair-change.ts';
import type { Run } from './runs.ts';
import { patchFor, shownOn } from './shown.ts';
import { ontoTicket } from './status-rows.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** So much of a value that lost is kept in the timeline. */
export const KEPT = 2000;

/** How a pair of an integration travels: what goes into a ticket once does not travel afterwards. */
export function pairRules(rules: IntegrationRules): PairRules {
  const [title, description, status] = PAIR_FIELDS.map((field) => ({ clash: rules[field].clash, flow: rules[field].flow === 'once' ? ('off' as const) : rules[field].flow }));
  if (!title || !description || !status) throw new TandemError('internal', 'The rules of an integration are incomplete.');
  return { title, description, status };
}

/** What making a ticket works with. `keep` stores a change of the connection, and throws where somebody else changed it meanwhile. */
export interface Making {
  readonly integration: Integration;
  readonly left: OpenEnd;
  readonly right: OpenEnd;
  readonly run: Run;
  readonly keep: (connection: Connection, change: ConnectionChange) => Promise<Connection>;
  readonly mark: (tasks: readonly NewTask[]) => Promise<void>;
}

/**
 * The ticket of a connection: one that shall be linked, one that was made and answered to nobody, or a new one; and the pair that keeps it in step.
 * Each thing is stored before the next begins. A create whose answer was lost is looked for among the place's newest tickets, at once and a minute later, before it is ever repeated; never through a search, which trails.
 */
export async function makeTicket(deps: Deps, found: Connection, making: Making): Promise<{ readonly connection: Connection } | { readonly until: number }> {
  const { integration, left, right, keep, run } = making;
  const { store, now } = deps;
  let connection = found;
  const feature = await left.tool.read(left.access, featureRef(integration, connection.item));
  if (!feature) throw new TandemError('not_found', `${left.tool.name} does not have this ${left.tool.noun} any more, or the account may not see it.`);
  if (!right.tool.create || !right.tool.write) throw new TandemError('tool_refused', `Tandem cannot make or change a ${right.tool.noun} in ${right.tool.name}.`);

  let ticket: Item | undefined;
  if (connection.ticket !== undefined) {
    const ref = parseRef(connection.ticket);
    ticket = ref && (await right.tool.read(right.access, ref));
    if (!ticket) throw new TandemError('not_found', `${right.tool.name} does not have that ${right.tool.noun}, or the account may not see it.`);
  } else {
    if (connection.triedAt !== undefined) {
      ticket = await findTicket(connection, making);
      const again = connection.triedAt + MINUTE;
      if (!ticket && now() < again) return { until: again };
    }
    if (!ticket) {
      connection = await keep(connection, { triedAt: now() });
      try {
        ticket = await right.tool.create(right.access, integration.right.place, draftOf(connection.id, feature, integration, left.tool.name));
      } catch (error) {
        // Refused, or not asked at all, so nothing was made.
        if (error instanceof HeldBack || error instanceof PutOff || (error instanceof UpstreamError && error.upstreamStatus >= 400 && error.upstreamStatus < 500)) await keep(connection, { triedAt: undefined });
        throw error;
      }
    }
    connection = await keep(connection, { ticket: printRef(ticket.ref), triedAt: undefined });
  }

  const button = { integration: integration.id, item: connection.item, statuses: integration.statuses };
  const line = hasLine(ticket.description, connection.id);
  // One that carries the link before there is a pair was made for it.
  const own = line && !(await store.pairs.get(connection.id));
  const other = line ? undefined : await featureOf(store, integration.team, ticket.ref, connection.id);
  if (other !== undefined && other !== connection.item) throw new TandemError('conflict', `${ticket.key} is linked to another ${left.tool.noun} already. ${FIRST}`);
  if (own) ticket = await settleStatus({ id: connection.id, button }, feature, ticket, making);
  const told = ticket;
  const base = own ? Object.fromEntries(PAIR_FIELDS.map((field) => [field, { left: shownOn({ id: connection.id, button }, 'left', feature, field), right: shownOn({ id: connection.id, button }, 'right', told, field) }])) : {};
  const fresh: Omit<Pair, 'rev'> = {
    id: connection.id,
    team: integration.team,
    leftRef: printFeature(integration, connection.item),
    rightRef: printRef(ticket.ref),
    leftUser: integration.user,
    rightUser: integration.user,
    rules: pairRules(integration.rules),
    button,
    base,
    pending: {},
    clashes: {},
    writes: [],
    createdAt: now(),
    ...(integration.state === 'paused' ? RESTING : { state: 'live' as const }),
  };
  const watches = await Promise.all([watchPlace(deps, integration.team, feature), watchPlace(deps, integration.team, ticket)]);
  const { pair, created } = await markedAround(deps, making.mark, watches.map((watch) => ensureTask(watch, now(), run.cause)), () => store.pairs.create(fresh));
  if (pair.id !== connection.id) throw new TandemError('conflict', `${feature.key} and ${ticket.key} are kept in step already. Let go of that pair first.`);
  if (created) await store.journal.add([{ link: pair.id, at: now(), cause: run.cause, event: 'linked', text: own ? `${ticket.key} was made of “${feature.title}”` : `“${feature.title}” was linked to ${ticket.key}` }]);
  if (!line) ticket = await linkInto(deps, pair, feature, ticket, making);
  const before = await store.items.get(integration.team, fresh.rightRef);
  if (!before) await store.items.swap(integration.team, fresh.rightRef, 0, ticket);
  await making.mark([mergeTask(pair, now(), run.cause), ...watches.map((watch) => pollTask(watch, now() + DAY, run.cause))]);
  return { connection: await keep(connection, { state: 'linked', reason: undefined }) };
}

/** What to do about a ticket that has a feature already. */
export const FIRST = 'Unlink it there first, or name another.';

/** The feature that a ticket is linked to by a button, other than the one of this connection. */
export async function featureOf(store: Pick<Store, 'pairs'>, team: string, ticket: Ref, connection: string): Promise<string | undefined> {
  return (await store.pairs.byRef(team, printRef(ticket))).find(({ id, button }) => button && id !== connection)?.button?.item;
}

/** Puts the link into a ticket that was there before, with what goes into one once; what it had of that is kept in the timeline. */
async function linkInto({ store, now }: Deps, pair: Pair, feature: Item, ticket: Item, { integration, left, right, run }: Making): Promise<Item> {
  const wanted = { title: feature.title.trim() || feature.key, description: feature.description, status: ontoTicket(feature.status.id, integration.statuses) };
  const once = PAIR_FIELDS.flatMap((field) => {
    const [value, had] = [wanted[field], shownOn(pair, 'right', ticket, field)];
    return integration.rules[field].flow !== 'once' || value === undefined || sameValue(value, had) ? [] : [{ field, value, had }];
  });
  const lost = once.filter(({ had }) => had.trim() !== '');
  await store.journal.add(lost.map(({ field, had }) => ({ link: pair.id, at: now(), cause: run.cause, event: 'overruled', text: `${ticket.key} got the ${field} of “${feature.title}” when it was linked; it had: ${clip(had, KEPT)}` })));
  const values = { description: ticket.description, ...Object.fromEntries(once.map(({ field, value }) => [field, value])) };
  return right.tool.write?.(right.access, ticket.ref, patchFor(pair, 'right', values, { left: feature, right: ticket }, left.tool.name)) ?? ticket;
}

/** The ticket that was made for a connection, if there is one: by the link's id in it, among those of the last hour before it was tried. */
export async function findTicket(connection: Connection, { integration, right }: Pick<Making, 'integration' | 'right'>): Promise<Item | undefined> {
  const since = new Date((connection.triedAt ?? connection.askedAt) - HOUR).toISOString();
  for await (const page of right.tool.changes(right.access, integration.right.place, since)) {
    const ours = page.find((item) => hasLine(item.description, connection.id));
    if (ours) return ours;
  }
  return undefined;
}

function draftOf(link: string, feature: Item, { rules, statuses }: Integration, source: string): ItemDraft {
  const label = ontoTicket(feature.status.id, statuses)?.split('\n')[1];
  return {
    title: feature.title.trim() || feature.key,
    description: withLine(rules.description.flow === 'off' ? '' : feature.description, linkLine(link, source, feature)),
    labels: label !== undefined && sends(rules.status.flow) ? [label] : [],
    assignees: [],
  };
}

/** A new ticket has its tool's first status; it gets the one that goes with the feature's. */
async function settleStatus(pair: Pick<Pair, 'id' | 'button'>, feature: Item, ticket: Item, { integration, left, right }: Making): Promise<Item> {
  const wanted = ontoTicket(feature.status.id, integration.statuses);
  const field: PairField = 'status';
  if (wanted === undefined || !sends(integration.rules.status.flow) || shownOn(pair, 'right', ticket, field) === wanted || !right.tool.write) return ticket;
  const patch = patchFor(pair, 'right', { status: wanted }, { left: feature, right: ticket }, left.tool.name);
  return Object.keys(patch).length > 0 ? right.tool.write(right.access, ticket.ref, patch) : ticket;
}

function sends(flow: IntegrationRules[PairField]['flow']): boolean {
  return flow === 'both' || flow === 'right' || flow === 'once';
}
