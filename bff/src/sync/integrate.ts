import { STEPS, type IntegrationStep } from '@tandem/shared/integrations';
import { digest, randomId } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { ColumnSpec } from '../ports.ts';
import type { Integration, NewTask, Watch } from '../store/store.ts';
import { buttonPurpose, buttonUrl, columnGroup, columnTag } from './column-names.ts';
import { changeIntegration, type IntegrationChange } from './connection-change.ts';
import { watchPurpose } from './ensure.ts';
import { isFinal, openColumns } from './ends.ts';
import { ensureTask, integrateTask, mergeTask, pressTask } from './keys.ts';
import { pairRules } from './make-ticket.ts';
import { changePair, RESTING } from './pair-change.ts';
import { remapped } from './remap.ts';
import type { Run } from './runs.ts';
import { takeDown } from './take-down.ts';

const SECOND = 1000;
const DAY = 24 * 3600 * SECOND;
const HIDDEN = 'Somebody switched the column off in its tool, so nobody sees its button. What is linked still follows. “Try again” shows it again; if it is not wanted any more, delete it here.';

/** The handler of `integrate:<integration>`: sets it up step by step, each result stored before the next, keeps it as it should be once a day and when its settings change, and takes it down. */
export function integrator(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>): (id: string, run: Run) => Promise<void | { until: number }> {
  const { store, now, config } = deps;

  const keep = async (integration: Integration, change: IntegrationChange): Promise<Integration> => {
    const changed = await changeIntegration(store.integrations, integration, change);
    if (!changed) throw new TandemError('unavailable', 'Somebody changed this integration meanwhile. It is looked at again.');
    return changed;
  };

  const specOf = (integration: Integration): ColumnSpec => ({
    name: integration.name,
    button: integration.button,
    group: columnGroup(config.url),
    url: buttonUrl(config.url, integration.id),
    secret: deps.vault.open(integration.sealed, buttonPurpose(integration.id)),
  });

  const watchOf = (integration: Integration, side: 'left' | 'right'): Promise<Watch> => {
    const id = randomId(deps.random);
    return store.watches.ensure({ id, team: integration.team, ...integration[side], sealed: deps.vault.seal(randomId(deps.random), watchPurpose(id)), mode: 'pending', createdAt: now() });
  };

  /** Every connection is shown anew in a column that knows nothing yet. */
  const showAll = async (integration: Integration, run: Run): Promise<void> => {
    for (const connection of await store.connections.byIntegration(integration.id)) {
      const { rev, shown: _shown, ...rest } = connection;
      await store.connections.swap(rev, rest);
      await mark([pressTask(integration, connection.item, now(), run.cause)]);
    }
  };

  /** One step; answers what it brought, or when to look whether it is done. */
  const steps: Readonly<Record<IntegrationStep, (integration: Integration, run: Run) => Promise<IntegrationChange | { until: number }>>> = {
    async column(integration, run) {
      const { columns, access } = await openColumns(deps, integration, run.deadline);
      const [spec, tag] = [specOf(integration), columnTag(integration.id)];
      const there = (await columns.list(access)).find(({ name }) => name.includes(tag));
      return { column: there?.id ?? (await columns.create(access, { ...spec, name: `${Array.from(spec.name).slice(0, columns.most.name - tag.length - 3).join('')} · ${tag}` })) };
    },
    source: (integration, run) => listen(integration, 'left', run),
    target: (integration, run) => listen(integration, 'right', run),
    async enable(integration, run) {
      const { columns, access } = await openColumns(deps, integration, run.deadline);
      await columns.enable(access, integration.column ?? '', specOf(integration));
      await showAll(integration, run);
      // One that rests does so with a new column, too.
      return { state: integration.state === 'paused' ? 'paused' : 'on', dirty: true };
    },
  };

  async function listen(integration: Integration, side: 'left' | 'right', run: Run): Promise<IntegrationChange | { until: number }> {
    const watch = await watchOf(integration, side);
    if (watch.mode === 'hook' || watch.mode === 'poll') return {};
    const ensure = ensureTask(watch, now(), run.cause);
    const begun = await store.tasks.get(ensure.key);
    // It keeps its own time: being marked again and again it would never wait, nor be given up. Whoever says “try again” has cleared the reason.
    const anew = !begun || (begun.error !== undefined && begun.error !== '' && integration.reason === undefined);
    if (anew) await mark([ensure]);
    else if (begun.dead) throw new TandemError('tool_refused', begun.error ?? 'The webhook could not be made.');
    if (begun?.error && begun.error !== integration.reason) await keep(integration, { reason: begun.error });
    return { until: (anew ? now() : Math.max(now(), begun.due)) + SECOND };
  }

  const setUp = async (found: Integration, run: Run): Promise<void | { until: number }> => {
    let integration = found;
    for (const step of STEPS) {
      if (integration.done.includes(step)) continue;
      try {
        const brought = await steps[step](integration, run);
        if ('until' in brought) return brought;
        integration = await keep(integration, { ...brought, done: [...integration.done, step], reason: undefined });
      } catch (error) {
        if (!isFinal(error)) throw error;
        // Nothing but somebody's decision helps: it is shown with the step, and tried again on their word.
        await keep(integration, { reason: error.message });
        return undefined;
      }
    }
    await store.journal.add([{ link: integration.id, at: now(), cause: run.cause, event: 'on', text: `The column “${integration.name}” is on` }]);
    return keepUp(integration, run);
  };

  /** What is linked already follows the settings, too. */
  const apply = async (integration: Integration, run: Run): Promise<void> => {
    const rules = pairRules(integration.rules);
    const rests = integration.state === 'paused';
    for (const connection of await store.connections.byIntegration(integration.id)) {
      const pair = await store.pairs.get(connection.id);
      if (pair?.button) {
        const next = remapped(pair, rules, integration.statuses, (await store.items.get(pair.team, pair.rightRef))?.item);
        // One that was lost meanwhile rests all the same.
        const rested = pair.pausedUntil === RESTING.pausedUntil;
        const awake = pair.state === 'paused' ? ({ state: 'live', reason: undefined } as const) : {};
        const change = { ...next, ...(rests && !rested ? RESTING : {}), ...(!rests && rested ? { ...awake, pausedUntil: undefined } : {}) };
        if (rests !== rested || digest([pair.rules, pair.button]) !== digest([rules, next.button])) {
          if (!(await changePair(store.pairs, pair, change))) throw new TandemError('unavailable', 'A pair was written meanwhile. It is looked at again.');
          await mark([mergeTask(pair, now(), run.cause)]);
        }
      }
      await mark([pressTask(integration, connection.item, now(), run.cause)]);
    }
  };

  const keepUp = async (found: Integration, run: Run): Promise<void | { until: number }> => {
    let integration = found;
    try {
      const { columns, access } = await openColumns(deps, integration, run.deadline);
      const there = (await columns.list(access)).find(({ id }) => id === integration.column);
      if (!there) {
        await keep(integration, { ...(integration.state === 'paused' ? {} : { state: 'setting' as const }), done: integration.done.filter((step) => step !== 'column' && step !== 'enable'), column: undefined, reason: `The column is not there any more: it was deleted, or the account is another one than before. “Try again” makes a new one.` });
        return undefined;
      }
      // A column keeps the group of the address that Tandem had when it was made, and may call that address still.
      const moved = there.enabled && there.group !== columnGroup(config.url);
      const reason = there.enabled || integration.dirty ? undefined : HIDDEN;
      if (moved && !integration.dirty) await columns.enable(access, there.id, specOf(integration));
      if (integration.dirty) {
        await columns.enable(access, there.id, specOf(integration));
        await apply(integration, run);
        integration = await keep(integration, { dirty: false, older: undefined });
      }
      for (const item of await columns.inProgress(access, there.id)) {
        const connection = await store.connections.get(integration.id, item);
        if (!connection) await columns.show(access, there.id, item, { state: 'initial' });
        else if (connection.state !== 'making') await store.connections.swap(connection.rev, { ...connection, shown: '' });
        if (connection) await mark([pressTask(integration, item, now(), run.cause)]);
      }
      const unfinished = (await store.connections.byIntegration(integration.id)).filter(({ state }) => state === 'making' || state === 'leaving');
      await mark(unfinished.map(({ item }) => pressTask(integration, item, now(), run.cause)));
      for (const side of ['left', 'right'] as const) await mark([ensureTask(await watchOf(integration, side), now(), run.cause)]);
      if (integration.reason !== reason) await keep(integration, { reason });
    } catch (error) {
      if (!isFinal(error)) throw error;
      await keep(integration, { reason: error.message });
    }
    return { until: now() + DAY };
  };

  return async (id, run) => {
    const integration = await store.integrations.get(id);
    if (!integration || integration.state === 'removed') return undefined;
    if (integration.state === 'removing') return takeDown(deps, mark, integration, keep, run);
    return integration.done.length < STEPS.length ? setUp(integration, run) : keepUp(integration, run);
  };
}

/** At a start all integrations are looked after: a process may have died in between. */
export async function tendIntegrations({ store, now }: Pick<Deps, 'store' | 'now'>, mark: (tasks: readonly NewTask[]) => Promise<void>): Promise<void> {
  const MOST = 200;
  for (let after = ''; ; ) {
    const page = await store.integrations.page(after, MOST);
    await mark(page.filter(({ state }) => state !== 'removed').map((integration) => integrateTask(integration, now(), 'start')));
    const last = page.at(-1);
    if (!last || page.length < MOST) return;
    after = last.id;
  }
}
