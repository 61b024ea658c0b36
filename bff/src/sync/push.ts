import { parseRef } from '@tandem/shared/ref';
import { digest } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { HeldBack, PutOff, TandemError } from '../errors.ts';
import type { Connection, Integration, NewTask } from '../store/store.ts';
import { buttonFace } from './button-face.ts';
import { changeConnection, changeIntegration, type ConnectionChange } from './connection-change.ts';
import { isFinal, openColumns, openEnd, printFeature, type OpenEnd } from './ends.ts';
import type { Gate } from './gate.ts';
import { integrateTask, observeTask, readLane } from './keys.ts';
import { makeTicket } from './make-ticket.ts';
import type { Run } from './runs.ts';
import { forget, lineStays, unmark } from './unpair.ts';

const SECOND = 1000;
const DAY = 24 * 3600 * SECOND;
/** Somebody looks at a spinner: a tracker that has failed for so long is said to. One that asks to wait, or is down as a whole and asked now and then, is waited for. */
const PATIENCE = 120 * SECOND;
/** So much of what could not be undone is kept to be read. */
const MOST_REPORTED = 10;
/** How long after we said something to the column it is asked whether it shows it. */
export const OVERTAKEN = 5 * SECOND;

/**
 * The handler of `push:<integration>:<feature>`: makes the ticket that is wanted, undoes a link that is not, and has the column show how it stands.
 * Whatever it does is stored step by step, so that a run that died is gone on with; nothing stays in progress for ever. The column's lane pays; the tracker's is asked, too, before anything is made there: `gate`.
 */
export function pusher(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>, gate: Pick<Gate, 'open' | 'begin' | 'until'>): (id: string, run: Run) => Promise<void | { until: number }> {
  const { store, now } = deps;

  const keep = async (connection: Connection, change: ConnectionChange): Promise<Connection> => {
    const changed = await changeConnection(store.connections, connection, change);
    if (!changed) throw new TandemError('unavailable', 'Somebody changed this link meanwhile. It is looked at again.');
    return changed;
  };

  /** One whose pair is gone, or whose feature or ticket was deleted, is to be undone. */
  const checked = async (connection: Connection, run: Run): Promise<Connection> => {
    if (connection.state !== 'linked') return connection;
    const pair = await store.pairs.get(connection.id);
    if (pair && pair.state !== 'gone') return connection;
    await store.journal.add([{ link: connection.id, at: now(), cause: run.cause, event: 'unlinking', text: pair ? 'The feature or its ticket was deleted' : 'The pair is gone' }]);
    return keep(connection, { state: 'leaving', reason: undefined });
  };

  const make = async (integration: Integration, connection: Connection, left: OpenEnd, run: Run): Promise<{ readonly connection: Connection } | { readonly until: number }> => {
    const { tool, site, place } = integration.right;
    const lane = readLane(integration.team, tool, site);
    const open = gate.open(lane, place);
    const spent = open ? gate.begin(lane, place) : undefined;
    try {
      if (!open) throw new HeldBack(tool, deps.tools.at(tool, site)?.name ?? tool, gate.until(lane) ?? now() + SECOND);
      return await makeTicket(deps, connection, { integration, left, right: await openEnd(deps, integration, 'right', run.deadline), run, keep, mark });
    } catch (error) {
      if (!(error instanceof TandemError)) throw error;
      const current = await store.connections.get(integration.id, connection.item);
      if (current?.state !== 'making') throw error;
      const waits = error instanceof HeldBack || error instanceof PutOff || error.code === 'tool_busy';
      // How long it waited for its turn counts for nothing: patience begins with the first failure, which `reason` tells of.
      const [first, since] = [current.reason === undefined, now() - current.askedAt];
      const { message: reason } = error;
      if (!isFinal(error) && (waits ? since <= DAY : first || since <= PATIENCE)) {
        if (first && !waits) await keep(current, { reason, askedAt: now() });
        throw error;
      }
      await store.journal.add([{ link: connection.id, at: now(), cause: run.cause, event: 'failed', text: reason }]);
      return { connection: await keep(current, { state: 'failed', reason }) };
    } finally {
      spent?.();
    }
  };

  const report = async ({ id }: Integration, line: string): Promise<void> => {
    for (let current = await store.integrations.get(id); current && !current.report.includes(line); current = await store.integrations.get(id)) {
      if (await changeIntegration(store.integrations, current, { report: [...current.report, line].slice(-MOST_REPORTED) })) return;
    }
  };

  const nameOf = async (integration: Integration, { item }: Connection): Promise<string> => {
    const feature = (await store.items.get(integration.team, printFeature(integration, item)))?.item;
    return feature ? `“${feature.title}”` : `the feature ${item}`;
  };

  /** Takes the link out of the ticket, which stays, and lets go of the pair. Where it cannot be taken out, that is reported and no reason to keep the rest. */
  const undo = async (integration: Integration, connection: Connection, run: Run): Promise<void> => {
    try {
      await unmark(deps, integration, connection, run);
    } catch (error) {
      if (!isFinal(error)) throw error;
      if (connection.ticket !== undefined) await report(integration, await lineStays(deps, integration, connection.ticket, error));
    }
    const pair = await store.pairs.get(connection.id);
    if (pair) await forget(deps, mark, pair, run.cause);
  };

  /** Has the column show how the connection stands, and some seconds after a click looks whether it does: our answer to the click may have come after what we said later. */
  const show = async (integration: Integration, connection: Connection, left: Awaited<ReturnType<typeof openColumns>>, { cause }: Run): Promise<{ connection: Connection; until?: number }> => {
    if (integration.column === undefined) return { connection };
    const ticket = connection.ticket === undefined ? undefined : await store.items.get(integration.team, connection.ticket);
    const face = buttonFace(connection, integration, ticket?.item, await store.pairs.get(connection.id));
    // Nothing is known of its ticket: whoever reads it has the button show it.
    const unseen = connection.state === 'linked' && !ticket && connection.ticket !== undefined ? parseRef(connection.ticket) : undefined;
    if (unseen) await mark([observeTask(integration.team, unseen, now(), cause)]);
    const [told, due] = [digest(face), connection.checkAt !== undefined && connection.checkAt <= now()];
    if (connection.shown === told && !due) return { connection, ...(connection.checkAt === undefined ? {} : { until: connection.checkAt }) };
    const astray = connection.shown !== told || !(await left.columns.shows(left.access, integration.column, connection.item, face));
    if (astray) await left.columns.show(left.access, integration.column, connection.item, face);
    const checkAt = connection.checkAt === undefined || (due && !astray) ? undefined : now() + OVERTAKEN;
    return { connection: await keep(connection, { shown: told, checkAt }), ...(checkAt === undefined ? {} : { until: checkAt }) };
  };

  return async (id, run) => {
    const colon = id.indexOf(':');
    const integration = await store.integrations.get(id.slice(0, colon));
    const found = integration && (await store.connections.get(integration.id, id.slice(colon + 1)));
    if (!integration || !found || integration.state === 'removing' || integration.state === 'removed') return undefined;

    let connection = await checked(found, run);
    if (connection.state === 'leaving') {
      await undo(integration, connection, run);
      try {
        await show(integration, connection, await openColumns(deps, integration, run.deadline), run);
      } catch (error) {
        if (!isFinal(error)) throw error;
        // The column would say for ever that it is linked: it is told once somebody is let in again.
        if (error.code === 'account_expired' || error.code === 'account_required' || error.code === 'forbidden') return void (await keep(connection, { reason: error.message }));
        // What is gone says nothing; what is refused would be every time.
        if (error.code !== 'not_found') await report(integration, `The column still shows ${await nameOf(integration, connection)} as linked: ${error.message}`);
      }
      return store.connections.remove(integration.id, connection.item);
    }
    const left = await openColumns(deps, integration, run.deadline).catch(async (error: unknown) => {
      if (isFinal(error)) await keep(connection, { state: connection.state === 'making' ? 'failed' : connection.state, reason: error.message });
      throw error;
    });
    try {
      if (connection.state === 'making') {
        // Where nothing can be shown, making it finds out why.
        ({ connection } = await show(integration, connection, left, run).catch((error: unknown) => {
          if (error instanceof TandemError && error.code === 'not_found') return { connection };
          throw error;
        }));
        const made = await make(integration, connection, left, run);
        if ('until' in made) return made;
        ({ connection } = made);
      }
      const { until } = await show(integration, connection, left, run);
      return until === undefined ? undefined : { until };
    } catch (error) {
      // The column or the feature is not there any more: whoever looks after the integration finds out which.
      if (!(error instanceof TandemError) || error.code !== 'not_found') throw error;
      return mark([integrateTask(integration, now(), run.cause)]);
    }
  };
}
