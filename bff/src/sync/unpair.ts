import { parseRef } from '@tandem/shared/ref';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Connection, Integration, NewTask, Pair } from '../store/store.ts';
import { changeConnection } from './connection-change.ts';
import { openEnd } from './ends.ts';
import { itemEnds, markedAround, SAFETY_NET } from './follow.ts';
import { buttonTask } from './keys.ts';
import { hasLine, withoutLine } from './link-line.ts';
import { findTicket } from './make-ticket.ts';
import type { Run } from './runs.ts';

/** Lets go of a pair: both items stay as they are, and are forgotten where nothing else follows them. One that came to be by a button is unlinked as if the button had been pressed. */
export async function letGo(deps: Pick<Deps, 'store' | 'now'>, mark: (tasks: readonly NewTask[]) => Promise<void>, pair: Pair, cause: string): Promise<void> {
  const { button } = pair;
  const connection = button && (await deps.store.connections.get(button.integration, button.item));
  if (connection?.id !== pair.id) return forget(deps, mark, pair, cause);
  await mark(buttonTask(pair, deps.now() + SAFETY_NET, cause));
  if (!(await changeConnection(deps.store.connections, connection, { state: 'leaving', reason: undefined }))) throw new TandemError('unavailable', 'This link is being worked on at this moment. Try again.');
  await mark(buttonTask(pair, deps.now(), cause));
}

/** Takes the link out of a connection's ticket, which stays; one that was made and answered to nobody is looked for. Throws where that cannot be done; a ticket that is gone is fine. */
export async function unmark(deps: Deps, integration: Integration, connection: Connection, run: Run): Promise<void> {
  const right = await openEnd(deps, integration, 'right', run.deadline);
  const ref = connection.ticket === undefined ? undefined : parseRef(connection.ticket);
  const ticket = ref ? await right.tool.read(right.access, ref) : connection.triedAt === undefined ? undefined : await findTicket(connection, { integration, right });
  if (ref && !ticket && !(await right.tool.place(right.access, ref.place))) throw new TandemError('not_found', `${right.tool.name} shows nothing of that project to ${right.access.person.name} any more.`);
  if (ticket && right.tool.write && hasLine(ticket.description, connection.id)) await right.tool.write(right.access, ticket.ref, { description: withoutLine(ticket.description, connection.id) });
}

/** How it is said that a link could not be taken out of a ticket. */
export function staysIn(deps: Pick<Deps, 'tools'>, { left }: Pick<Integration, 'left'>): string {
  return `The line that leads to ${deps.tools.at(left.tool, left.site)?.name ?? left.tool} stays in`;
}

/** The same of one ticket (`printRef`), with the reason. */
export async function lineStays(deps: Pick<Deps, 'tools' | 'store'>, integration: Pick<Integration, 'team' | 'left'>, ticket: string, { message }: Error): Promise<string> {
  return `${staysIn(deps, integration)} ${(await deps.store.items.get(integration.team, ticket))?.item.key ?? ticket}: ${message}`;
}

/** Forgets a pair, whatever it came from. */
export async function forget(deps: Pick<Deps, 'store' | 'now'>, mark: (tasks: readonly NewTask[]) => Promise<void>, pair: Pair, cause: string): Promise<void> {
  const refs = [pair.leftRef, pair.rightRef].flatMap((printed) => parseRef(printed) ?? []);
  const ends = (await Promise.all(refs.map((ref) => itemEnds(deps, pair.team, ref, cause)))).flat();
  await markedAround(deps, mark, ends, () => deps.store.pairs.remove(pair.id));
  await deps.store.journal.add([{ link: pair.id, at: deps.now(), cause, event: 'unlinked', text: 'Unlinked' }]);
}
