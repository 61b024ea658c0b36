import type { PairField } from '@tandem/shared/api';
import type { ConnectionState, ConnectionView, DryRunAnswer, EndHealth, IntegrationPatch, IntegrationView, PlannedWrite } from '@tandem/shared/integrations';
import type { Item } from '@tandem/shared/item';
import { parseRef } from '@tandem/shared/ref';
import type { Deps } from '../deps.ts';
import type { Connection, Integration, Pair, Watch } from '../store/store.ts';
import { printFeature } from '../sync/ends.ts';
import { ensureTask, integrateTask, listTask, pressTask, readLane } from '../sync/keys.ts';
import { pairRules } from '../sync/make-ticket.ts';
import { merge, PAIR_FIELDS, sameValue } from '../sync/merge.ts';
import { remapped } from '../sync/remap.ts';
import { shownOn, statusesOnto } from '../sync/shown.ts';

const HISTORY = 20;
const HOUR = 3_600_000;
/** So many tasks of a lane are looked at, and so many links by a dry run. */
const MOST = 500;

/** What people see of integrations. */
export interface IntegrationViews {
  integration(integration: Integration): Promise<IntegrationView>;
  connection(integration: Integration, connection: Connection): Promise<ConnectionView>;
  /** What these settings would write, from what was last seen of every pair; nothing is asked of anybody and nothing is changed. */
  plan(integration: Integration, patch: IntegrationPatch): Promise<DryRunAnswer>;
}

/** Opens the views over the store. */
export function openIntegrationViews({ store, tools, now }: Pick<Deps, 'store' | 'tools' | 'now'>): IntegrationViews {
  const iso = (at: number): string => new Date(at).toISOString();

  const watchOf = ({ team, ...ends }: Integration, side: 'left' | 'right'): Promise<Watch | undefined> => store.watches.byPlace(team, ends[side].tool, ends[side].site, ends[side].place);

  const health = async (integration: Integration, side: 'left' | 'right', watch: Watch | undefined): Promise<EndHealth> => {
    const end = integration[side];
    const tool = tools.at(end.tool, end.site);
    const account = await store.accounts.get({ team: integration.team, user: integration.user, tool: end.tool, site: end.site });
    const [heard] = watch ? await store.deliveries.byWatch(watch.id, 1) : [];
    const name = tool?.name ?? end.tool;
    const reason = !account ? `No ${name} account is connected any more. Connect it again.` : account.state === 'expired' ? `${name} no longer accepts the account of ${account.person.name}. Connect it again.` : watch?.reason;
    return {
      end,
      name,
      label: await labelOf(integration, side),
      url: tool?.site.base ?? '',
      watch: !watch || watch.mode === 'removed' ? 'none' : watch.mode,
      missed: watch?.missed ?? 0,
      ...(account ? { person: account.person.name } : {}),
      ...(reason === undefined ? {} : { reason }),
      ...(account?.kind === 'token' && account.expiresAt !== undefined ? { ends: iso(account.expiresAt) } : {}),
      ...(heard ? { heard: iso(heard.at) } : {}),
    };
  };

  /** What people call a place: a number is no name, so the project of a ticket there says it. */
  const labelOf = async (integration: Integration, side: 'left' | 'right'): Promise<string> => {
    const { tool, site, place } = integration[side];
    if (side === 'left') return new URL(tools.at(tool, site)?.site.base ?? 'https://unknown').host;
    if (!/^\d+$/.test(place)) return place;
    const first = (await store.connections.byIntegration(integration.id)).find(({ ticket }) => ticket !== undefined);
    const item = first?.ticket === undefined ? undefined : await store.items.get(integration.team, first.ticket);
    return item?.item.key.split('#')[0] ?? place;
  };

  /** How long the oldest of its work has been waiting: changes to be read, carried over and shown, and what keeps it as it should be. */
  const lagOf = async (integration: Integration, connections: readonly Connection[], watches: readonly (Watch | undefined)[]): Promise<number> => {
    const { team, left, right } = integration;
    const own = new Set([integrateTask(integration, 0, '').key, ...watches.flatMap((watch) => (watch ? [ensureTask(watch, 0, '').key, listTask(watch, 0, '').key] : []))]);
    const changes = new Set(connections.flatMap(({ id, item, ticket }) => [`merge:${id}`, pressTask(integration, item, 0, '').key, ...[printFeature(integration, item), ticket].flatMap((ref) => (ref === undefined ? [] : [`observe:${encodeURIComponent(team)}:${ref}`]))]));
    let oldest = now();
    for (const lane of new Set([left, right].map(({ tool, site }) => readLane(team, tool, site)))) {
      for (const { key, due, markedAt, failingSince = now() } of await store.tasks.due(lane, now() + HOUR, MOST, MOST)) {
        // What keeps it as it should be is done again and again, at its time.
        if (changes.has(key)) oldest = Math.min(oldest, due, markedAt, failingSince);
        if (own.has(key)) oldest = Math.min(oldest, due, failingSince);
      }
    }
    return now() - oldest;
  };

  const seen = async (team: string, printed: string | undefined) => (printed === undefined ? undefined : (await store.items.get(team, printed))?.item);

  return {
    async integration(integration) {
      const connections = await store.connections.byIntegration(integration.id);
      const count = (state: ConnectionState): number => connections.filter((one) => one.state === state).length;
      const watches = await Promise.all([watchOf(integration, 'left'), watchOf(integration, 'right')]);
      const [left, right] = await Promise.all([health(integration, 'left', watches[0]), health(integration, 'right', watches[1])]);
      const { id, state, done, name, button, rules, statuses, reason, pressedAt, report } = integration;
      return {
        id,
        state,
        done,
        name,
        button,
        rules,
        statuses,
        left,
        right,
        report,
        counts: { making: count('making'), linked: count('linked'), failed: count('failed'), leaving: count('leaving') },
        lag: await lagOf(integration, connections, watches),
        ...(reason === undefined ? {} : { reason }),
        ...(pressedAt === undefined ? {} : { pressed: iso(pressedAt) }),
      };
    },

    async connection(integration, connection) {
      const [feature, ticket, pair, history] = await Promise.all([seen(integration.team, printFeature(integration, connection.item)), seen(integration.team, connection.ticket), store.pairs.get(connection.id), store.journal.byLink(connection.id, HISTORY)]);
      const ref = connection.ticket === undefined ? undefined : parseRef(connection.ticket);
      return {
        id: connection.id,
        item: connection.item,
        state: connection.state,
        history: history.map(({ at, text }) => ({ at: iso(at), text })),
        ...(connection.reason === undefined ? {} : { reason: connection.reason }),
        ...(feature ? { feature: { title: feature.title, url: feature.url } } : {}),
        ...(ref && ticket ? { ticket: { ref, key: ticket.key, title: ticket.title, url: ticket.url, status: ticket.status.name } } : {}),
        ...(pair ? { pair: { state: pair.state, ...(pair.reason === undefined ? {} : { reason: pair.reason }) } } : {}),
      };
    },

    async plan(integration, { rules = integration.rules, statuses = integration.statuses }) {
      const [writes, asks]: [PlannedWrite[], Omit<PlannedWrite, 'side'>[]] = [[], []];
      const all = await store.connections.byIntegration(integration.id);
      const linked = all.filter(({ state }) => state === 'linked').slice(0, MOST);
      const missed = { unlinked: all.filter(({ state }) => state !== 'linked').length, unseen: 0, beyond: 0 };
      missed.beyond = all.length - missed.unlinked - linked.length;
      for (const connection of linked) {
        const found = await store.pairs.get(connection.id);
        const ends = found && { left: await seen(found.team, found.leftRef), right: await seen(found.team, found.rightRef) };
        if (!found?.button || !ends?.left || !ends.right) {
          missed.unseen += 1;
          continue;
        }
        const pair: Pair = { ...found, ...remapped(found, pairRules(rules), statuses, ends.right) };
        for (const field of PAIR_FIELDS) plan(pair, { left: ends.left, right: ends.right }, field, { writes, asks });
      }
      return { writes, asks, looked: linked.length - missed.unseen, missed };
    },
  };
}

/** What one field of a pair would come to. Statuses are told by their ids, a ticket's with its label: the page has their names. */
function plan(pair: Pair, ends: Readonly<Record<'left' | 'right', Item>>, field: PairField, into: { readonly writes: PlannedWrite[]; readonly asks: Omit<PlannedWrite, 'side'>[] }): void {
  const rule = pair.rules[field];
  if (rule.flow === 'off') return;
  const shown = { left: shownOn(pair, 'left', ends.left, field), right: shownOn(pair, 'right', ends.right, field) };
  const onto = (field === 'status' ? statusesOnto(pair, ends.left, ends.right) : undefined) ?? { left: shown.right, right: shown.left };
  const verdict = merge({ now: shown, base: pair.base[field] ?? {}, pending: pair.pending[field], rule, onto, same: sameValue });
  const { key, title } = ends[verdict.kind === 'write' ? verdict.side : 'right'];
  if (verdict.kind === 'ask') into.asks.push({ connection: pair.id, field, key, title, from: shown.left, to: shown.right });
  if (verdict.kind === 'write') into.writes.push({ connection: pair.id, field, key, title, side: verdict.side, from: shown[verdict.side], to: verdict.value });
}
