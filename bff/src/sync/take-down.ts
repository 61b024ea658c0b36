import type { Deps } from '../deps.ts';
import type { Connection, Integration, NewTask } from '../store/store.ts';
import type { IntegrationChange } from './connection-change.ts';
import { isFinal, openColumns } from './ends.ts';
import { columnTag } from './column-names.ts';
import { ensureTask } from './keys.ts';
import type { Run } from './runs.ts';
import { forget, lineStays, staysIn, unmark } from './unpair.ts';

const SECOND = 1000;
/** So many tickets a second lose their link: the tracker has other things to do. */
const AT_ONCE = 10;
/** After so many tickets that cannot be changed, or so many tries (some hours) at a tracker that has trouble, the rest is left as it is. */
const MOST_STUCK = 3;
const MOST_TRIES = 90;

/** Takes an integration down: the column with all that it shows, the webhooks that nothing else of the team needs, the links in the tickets, the mapping. Tickets and features stay. What is gone already is fine; what cannot be removed is reported. */
export async function takeDown(
  deps: Deps,
  mark: (tasks: readonly NewTask[]) => Promise<void>,
  found: Integration,
  keep: (integration: Integration, change: IntegrationChange) => Promise<Integration>,
  run: Run,
): Promise<void | { until: number }> {
  const { store, now } = deps;
  let integration = found;
  const drop = async (connection: Connection): Promise<void> => {
    const pair = await store.pairs.get(connection.id);
    if (pair) await forget(deps, mark, pair, run.cause);
    await store.connections.remove(connection.integration, connection.item);
  };

  const watches = await Promise.all([integration.left, integration.right].map(({ tool, site, place }) => store.watches.byPlace(integration.team, tool, site, place)));
  const ensures = watches.flatMap((watch) => (watch ? [ensureTask(watch, now(), run.cause)] : []));

  // `dirty` says that the column is gone and the webhooks are being looked at.
  if (!integration.dirty) {
    const report: string[] = [];
    try {
      const { columns, access } = await openColumns(deps, integration, run.deadline);
      const tag = columnTag(integration.id);
      for (const { id, name } of await columns.list(access)) if (id === integration.column || name.includes(tag)) await columns.remove(access, id);
    } catch (error) {
      if (!isFinal(error)) throw error;
      if (integration.done.includes('column')) report.push(`The column “${integration.name}” could not be removed: ${error.message} You can delete it in the settings of ${deps.tools.at(integration.left.tool, integration.left.site)?.name ?? integration.left.tool}.`);
    }
    // Marked first: whoever dies in between finds the webhooks being looked at, or begins again.
    await mark(ensures);
    integration = await keep(integration, { dirty: true, done: integration.done.filter((step) => step !== 'column' && step !== 'enable'), column: undefined, report });
    return { until: now() + SECOND };
  }

  const asked = await Promise.all(ensures.map(({ key }) => store.tasks.get(key)));
  if (asked.some((task) => task && !task.dead)) return { until: now() + SECOND };
  const dead = asked.flatMap((task) => task?.error ?? []);
  const left = watches.flatMap((watch) => (watch?.mode === 'removed' && watch.reason !== undefined ? [watch.reason] : []));

  const rest = await store.connections.byIntegration(integration.id);
  const stays = staysIn(deps, integration);
  const tell = async (line: string): Promise<void> => {
    if (!integration.report.includes(line)) integration = await keep(integration, { report: [...integration.report, line] });
  };
  const stuck = (): boolean => integration.report.filter((line) => line.startsWith(stays)).length >= MOST_STUCK || run.attempts >= MOST_TRIES;
  for (const connection of rest.slice(0, AT_ONCE)) {
    if (stuck()) break;
    try {
      await unmark(deps, integration, connection, run);
    } catch (error) {
      if (!isFinal(error)) throw error;
      if (connection.ticket !== undefined) await tell(await lineStays(deps, integration, connection.ticket, error));
    }
    await drop(connection);
  }
  if (!stuck() && rest.length > AT_ONCE) return { until: now() + SECOND };
  const others = await store.connections.byIntegration(integration.id);
  const lines = others.filter(({ ticket }) => ticket !== undefined).length;
  if (lines > 0) await tell(`${stays} ${lines} more tickets, which were not tried any more.`);
  for (const connection of others) await drop(connection);
  await keep(integration, { state: 'removed', done: [], dirty: false, sealed: '', older: undefined, reason: undefined, report: [...integration.report, ...dead, ...left] });
  await store.journal.add([{ link: integration.id, at: now(), cause: run.cause, event: 'removed', text: 'Taken down' }]);
  return undefined;
}
