import { STEPS, type CheckAnswer, type CheckBody, type ConnectionsAnswer, type DryRunAnswer, type IntegrationBody, type IntegrationPatch, type IntegrationsAnswer, type IntegrationSettings, type IntegrationView, type PushAnswer, type PushBody } from '@tandem/shared/integrations';
import { printRef, type Ref } from '@tandem/shared/ref';
import { randomId } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Member } from '../jwt.ts';
import type { Connection, Integration } from '../store/store.ts';
import { changeConnection, changeIntegration, type IntegrationChange } from '../sync/connection-change.ts';
import { buttonPurpose } from '../sync/column-names.ts';
import { renewSecret, watchPurpose } from '../sync/ensure.ts';
import { SAFETY_NET } from '../sync/follow.ts';
import { ensureTask, integrateTask, mergeTask, pressTask } from '../sync/keys.ts';
import { featureOf, FIRST } from '../sync/make-ticket.ts';
import type { Worker } from '../sync/worker.ts';
import { checkSettings, openIntegrationChecks } from './integration-check.ts';
import type { IntegrationViews } from './integration-view.ts';
import type { Items } from './items.ts';
import { openOrphans, type Orphans } from './orphans.ts';
import type { Team } from './team.ts';

/** Columns with a button, each for one place of a tracker: making, looking after, ending. Whoever made one may do all of it, and whoever administers the team. */
export interface IntegrationService extends Orphans {
  list(member: Member): Promise<IntegrationsAnswer>;
  /** Whether the caller's accounts can do it, before anything is made. */
  check(member: Member, body: CheckBody): Promise<CheckAnswer>;
  create(member: Member, body: IntegrationBody, cause: string): Promise<IntegrationView>;
  change(member: Member, id: string, patch: IntegrationPatch, cause: string): Promise<IntegrationView>;
  dryRun(member: Member, id: string, patch: IntegrationPatch): Promise<DryRunAnswer>;
  pause(member: Member, id: string, cause: string): Promise<void>;
  /** Ends a pause, and tries again what stopped it. */
  resume(member: Member, id: string, cause: string): Promise<void>;
  /** Tries again what stopped it, its end included. One that is paused stays so. */
  retry(member: Member, id: string, cause: string): Promise<void>;
  /** Puts aside what was reported of it, and does nothing else. */
  heed(member: Member, id: string): Promise<void>;
  /** New secrets for its button and both webhooks; those before are taken until column and webhooks have the new ones. */
  rotate(member: Member, id: string, cause: string): Promise<void>;
  /** Takes it down; one that is down already is put aside with its report. */
  remove(member: Member, id: string, cause: string): Promise<'begun' | 'gone'>;
  connections(member: Member, id: string): Promise<ConnectionsAnswer>;
  /** Makes tickets of features, or links them to tickets that are there. */
  push(member: Member, id: string, body: PushBody, cause: string): Promise<PushAnswer>;
  retryLink(member: Member, id: string, item: string, cause: string): Promise<void>;
  unlink(member: Member, id: string, item: string, cause: string): Promise<void>;
}

/** The service over the store and the tools. */
export function openIntegrations(deps: Deps, worker: Worker, items: Items, team: Pick<Team, 'isAdmin'>, views: IntegrationViews): IntegrationService {
  const { store, now } = deps;
  const checks = openIntegrationChecks(deps, items);

  const mine = async (member: Member, id: string): Promise<Integration> => {
    const integration = await store.integrations.get(id);
    if (integration?.team !== member.team || !(integration.user === member.user || (await team.isAdmin(member)))) throw new TandemError('not_found', 'There is no such integration.');
    return integration;
  };

  const set = async (integration: Integration, change: IntegrationChange | ((current: Integration) => IntegrationChange), cause: string): Promise<Integration> => {
    for (let current: Integration | undefined = integration; current; current = await store.integrations.get(integration.id)) {
      if (current.state === 'removing' || current.state === 'removed') throw new TandemError('gone', 'This integration is being removed.');
      await worker.mark([integrateTask(current, now() + SAFETY_NET, cause)]);
      const changed = await changeIntegration(store.integrations, current, typeof change === 'function' ? change(current) : change);
      if (!changed) continue;
      await worker.mark([integrateTask(changed, now(), cause)]);
      return changed;
    }
    throw new TandemError('not_found', 'There is no such integration.');
  };

  const letGo = async (integration: Integration, connection: Connection, cause: string): Promise<void> => {
    await worker.mark([pressTask(integration, connection.item, now() + SAFETY_NET, cause)]);
    for (let current: Connection | undefined = connection; current && current.state !== 'leaving'; current = await store.connections.get(integration.id, connection.item)) {
      if (await changeConnection(store.connections, current, { state: 'leaving', reason: undefined, checkAt: undefined })) break;
    }
    await worker.mark([pressTask(integration, connection.item, now(), cause)]);
  };

  const opens = (sealed: string, purpose: string): boolean => {
    try {
      return deps.vault.open(sealed, purpose) !== '';
    } catch {
      return false;
    }
  };

  const settingsOf = (body: IntegrationPatch): Partial<IntegrationSettings> => ({
    ...(body.name === undefined ? {} : { name: body.name.trim() }),
    ...(body.button === undefined ? {} : { button: body.button.trim() }),
    ...(body.rules === undefined ? {} : { rules: body.rules }),
    ...(body.statuses === undefined ? {} : { statuses: body.statuses }),
  });

  return {
    ...openOrphans(deps, items),

    async list(member) {
      const admin = await team.isAdmin(member);
      const all = (await store.integrations.byTeam(member.team)).filter(({ state, report, user }) => (admin || user === member.user) && (state !== 'removed' || report.length > 0));
      return { integrations: await Promise.all(all.map((one) => views.integration(one))) };
    },

    async check(member, body) {
      const ends = await checks.ends(member, body);
      const { left, right, columns } = ends;
      const { troubles, scopes, rightScopes } = await checks.judge(ends);
      const fields = ['title', 'description', 'status'] as const;
      return {
        left: { person: left.access.person.name, place: left.place, statuses: left.place.statuses, fields, scopes: { seen: scopes, unseen: columns.scopes.write } },
        right: { person: right.access.person.name, place: right.place, statuses: right.place.statuses, labels: right.place.labels, fields, ...(rightScopes ? { scopes: { seen: rightScopes } } : {}) },
        troubles,
        ready: troubles.length === 0,
        most: columns.most,
      };
    },

    async create(member, body, cause) {
      const ends = await checks.ends(member, body);
      const {
        troubles: [trouble],
      } = await checks.judge(ends);
      if (trouble !== undefined) throw new TandemError('invalid_input', trouble);
      checkSettings(body, ends);
      const id = randomId(deps.random);
      await worker.mark([integrateTask({ id, team: member.team, left: body.left }, now() + SAFETY_NET, cause)]);
      const integration = await store.integrations.create({
        id,
        team: member.team,
        user: member.user,
        left: body.left,
        right: body.right,
        name: body.name.trim(),
        button: body.button.trim(),
        rules: body.rules,
        statuses: body.statuses,
        sealed: deps.vault.seal(randomId(deps.random), buttonPurpose(id)),
        state: 'setting',
        done: [],
        dirty: false,
        report: [],
        createdAt: now(),
      });
      await worker.mark([integrateTask(integration, now(), cause)]);
      return views.integration(integration);
    },

    async change(member, id, patch, cause) {
      const integration = await mine(member, id);
      checkSettings(patch, await checks.ends({ team: integration.team, user: integration.user }, integration));
      return views.integration(await set(integration, { ...settingsOf(patch), dirty: true }, cause));
    },

    async dryRun(member, id, patch) {
      const integration = await mine(member, id);
      checkSettings(patch, await checks.ends({ team: integration.team, user: integration.user }, integration));
      return views.plan(integration, patch);
    },

    async pause(member, id, cause) {
      const integration = await mine(member, id);
      if (integration.state !== 'on') throw new TandemError('conflict', 'Only an integration that is on can be paused.');
      await set(integration, { state: 'paused', dirty: true }, cause);
    },

    async resume(member, id, cause) {
      const integration = await mine(member, id);
      // What has to be made anew first is made, and rests as it did before.
      const ends = integration.state === 'paused' && integration.done.length === STEPS.length;
      await set(integration, { ...(ends ? { state: 'on' as const } : {}), dirty: true, reason: undefined }, cause);
    },

    async retry(member, id, cause) {
      const integration = await mine(member, id);
      if (integration.state === 'removing') await worker.mark([integrateTask(integration, now(), cause)]);
      else await set(integration, { dirty: true, reason: undefined }, cause);
    },

    async heed(member, id) {
      for (let current = await mine(member, id); current.report.length > 0; current = await mine(member, id)) {
        if (current.state === 'removing') throw new TandemError('gone', 'This integration is being removed. What stays behind is said at its end.');
        if (await changeIntegration(store.integrations, current, { report: [] })) return;
      }
    },

    async rotate(member, id, cause) {
      const integration = await mine(member, id);
      await set(
        integration,
        ({ sealed, older }) => {
          const usable = [older, sealed].filter((one) => one !== undefined && opens(one, buttonPurpose(id)));
          // One that is on its way goes there first: the column may have either of two, and a third would have one of them turned away.
          return usable.length > 1 ? { dirty: true } : { sealed: deps.vault.seal(randomId(deps.random), buttonPurpose(id)), older: usable[0], dirty: true };
        },
        cause,
      );
      for (const { tool, site, place } of [integration.left, integration.right]) {
        const watch = await store.watches.byPlace(integration.team, tool, site, place);
        if (watch?.mode !== 'hook' || !deps.tools.at(tool, site)?.hooks) continue;
        // What cannot be opened is made anew by looking after it.
        if (opens(watch.sealed, watchPurpose(watch.id))) await renewSecret(deps, watch);
        await worker.mark([ensureTask(watch, now(), cause)]);
      }
    },

    async remove(member, id, cause) {
      const integration = await mine(member, id);
      if (integration.state === 'removed') {
        await changeIntegration(store.integrations, integration, { report: [] });
        return 'gone';
      }
      // Asked for again, what was given up is tried again.
      if (integration.state === 'removing') await worker.mark([integrateTask(integration, now(), cause)]);
      else await set(integration, { state: 'removing', dirty: false, report: [], reason: undefined }, cause);
      return 'begun';
    },

    async connections(member, id) {
      const integration = await mine(member, id);
      const connections = await Promise.all((await store.connections.byIntegration(id)).map((connection) => views.connection(integration, connection)));
      return { connections, ...(integration.dirty ? { settling: true as const } : {}) };
    },

    async push(member, id, body, cause) {
      const integration = await mine(member, id);
      if (integration.state !== 'on') throw new TandemError('conflict', 'This integration is not on. Nothing can be linked before it is.');
      const refused: { item: string; reason: string }[] = [];
      let begun = 0;
      const taken = new Map((await store.connections.byIntegration(id)).flatMap(({ item, ticket, state }) => (ticket === undefined || state === 'failed' ? [] : [[ticket, item]])));
      for (const { item, ticket } of body.items) {
        const ref = ticket === undefined ? undefined : await locate(integration, item, ticket, taken);
        if (typeof ref === 'string') {
          refused.push({ item, reason: ref });
          continue;
        }
        if (ref) taken.set(printRef(ref), item);
        const fresh = { integration: id, item, team: integration.team, id: randomId(deps.random), state: 'making', askedAt: now(), createdAt: now(), ...(ref ? { ticket: printRef(ref) } : {}) } as const;
        await worker.mark([pressTask(integration, item, now() + SAFETY_NET, cause)]);
        const { connection, created } = await store.connections.create(fresh);
        if (!created && connection.state !== 'failed') refused.push({ item, reason: 'It is linked already, or being linked.' });
        else begun += 1;
        if (!created && connection.state === 'failed') await changeConnection(store.connections, connection, { state: 'making', reason: undefined, askedAt: now(), ...(ref ? { ticket: printRef(ref) } : {}) });
        await worker.mark([pressTask(integration, item, now(), cause)]);
      }
      return { begun, refused };
    },

    async retryLink(member, id, item, cause) {
      const integration = await mine(member, id);
      const connection = await store.connections.get(id, item);
      if (!connection) throw new TandemError('not_found', 'There is no such link.');
      await changeConnection(store.connections, connection, { ...(connection.state === 'failed' ? { state: 'making' as const, reason: undefined, askedAt: now() } : {}), shown: '' });
      const pair = await store.pairs.get(connection.id);
      await worker.mark([pressTask(integration, item, now(), cause), ...(pair ? [mergeTask(pair, now(), cause)] : [])]);
    },

    async unlink(member, id, item, cause) {
      const integration = await mine(member, id);
      const connection = await store.connections.get(id, item);
      if (!connection) throw new TandemError('not_found', 'There is no such link.');
      await letGo(integration, connection, cause);
    },
  };

  /** The ticket at an address of the integration's tracker, or why a feature cannot be linked to it; `taken`: those that are linked, or being linked, to which feature. */
  async function locate({ team, user, right }: Integration, item: string, url: string, taken: ReadonlyMap<string, string>): Promise<Ref | string> {
    try {
      const { tool, access } = await items.own({ team, user }, right.tool, right.site);
      const ref = await tool.locate(access, url);
      if (!ref) return 'That is no address of something in the tracker of this integration.';
      if (ref.tool !== right.tool || ref.site !== right.site || ref.place !== right.place) return 'That is of another project than the one that this column is for.';
      const other = taken.get(printRef(ref)) ?? (await featureOf(store, team, ref, ''));
      return other === undefined || other === item ? ref : `That is linked to another feature already. ${FIRST}`;
    } catch (error) {
      // The others are not to wait for it.
      if (error instanceof TandemError) return error.message;
      throw error;
    }
  }
}
