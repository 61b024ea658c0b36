import { randomUUID } from 'node:crypto';
import type { EventDesk } from './munity-events.ts';
import type { MunitySender } from './munity-hooks.ts';
import { dataOf, rowsOf, sameRow } from './munity-rows.ts';
import { SecretRefused } from './munity-secret.ts';
import type { ConnectSwitches, MunityIntegration, MunityRow, MunityState, SecretClaims } from './munity-types.ts';

/** What a customer consented to: the claims of the secret, and whose eyes of which site Munity gets. */
export interface Consent {
  readonly connector: string;
  readonly claims: SecretClaims;
  readonly room: string | null;
  readonly site: string;
  readonly account: string;
}

export interface IntegrationDesk {
  /** Throws where the secret is of no use any more: its state was used, or what it renews is not this customer's. */
  check(connector: string, claims: SecretClaims): void;
  /** Makes or renews an integration and starts its import. */
  install(consent: Consent): MunityIntegration;
  releaseImports(): void;
  sync(integration: MunityIntegration): void;
  breakCredentials(integration: MunityIntegration): void;
  mend(integration: MunityIntegration): void;
  /** Imports that are under way have ended; held ones are not waited for. */
  settled(): Promise<void>;
  close(): void;
}

/** Integrations and their syncs: batches that tell by webhook what is new, what changed and what is gone. */
export function makeIntegrations(
  state: MunityState,
  parts: { now: () => number; importAfter: number | 'held'; toolsUrl: () => string; events: EventDesk; sender: MunitySender; connecting: ConnectSwitches; changed: () => void },
): IntegrationDesk {
  const { events, sender } = parts;
  const waiting: (() => void)[] = [];
  const underWay = new Set<Promise<void>>();
  const timers = new Set<NodeJS.Timeout>();
  const at = (): string => new Date(parts.now()).toISOString();
  const tell = (integration: MunityIntegration, event: string, payload: Readonly<Record<string, unknown>>): void => sender.send(event, integration.customer, integration.state, { id: integration.id, ...payload });

  const fill = (integration: MunityIntegration): void => {
    const site = state.sites.get(integration.site);
    if (!site) throw new Error(`There is no site ${integration.site}`);
    const before = integration.rows;
    const after = rowsOf(integration, site, { toolsUrl: parts.toolsUrl(), at: at() });
    const about = ({ kind, columns }: MunityRow): { resource_id: string; type: string } => ({ resource_id: columns.id, type: sender.switches.typeOf(kind) });
    // every row is deleted and inserted anew: `created` and `modified` say when the sync ran
    Object.assign(integration, { rows: after, syncedAt: at() });
    for (const [id, row] of before) if (!after.has(id)) tell(integration, 'integration_deleted_data_model', about(row));
    for (const [id, row] of after) {
      const old = before.get(id);
      if (!old) tell(integration, 'integration_new_data_model', about(row));
      else if (!sameRow(old, row)) tell(integration, 'integration_updated_data_model', { ...about(row), ...(sender.switches.data ? { diff: diffOf(old, row), data: dataOf(row) } : {}) });
    }
    parts.changed();
  };

  const runImport = (integration: MunityIntegration, room: string | null): void => {
    if (integration.broken || !state.integrations.includes(integration)) return;
    fill(integration);
    integration.imported = true;
    tell(integration, 'integration_import_done', { connector_type: integration.connector });
    events.tell(room, 'IMPORT_DONE', 'The first import is done.');
    parts.changed();
  };
  const startImport = (integration: MunityIntegration, room: string | null): void => {
    const after = parts.importAfter;
    if (after === 'held') {
      waiting.push(() => runImport(integration, room));
      return;
    }
    const work = new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        runImport(integration, room);
        resolve();
      }, after);
      timers.add(timer);
    }).finally(() => underWay.delete(work));
    underWay.add(work);
  };

  const mend = (integration: MunityIntegration): void => {
    if (!integration.broken) return;
    integration.broken = false;
    tell(integration, 'integration_oauth_token_fixed', {});
    parts.changed();
  };
  const renewed = (connector: string, claims: SecretClaims): MunityIntegration | undefined => {
    if (claims.integration === null) return undefined;
    const old = state.integrations.find((one) => one.id === claims.integration);
    if (!old || old.customer !== claims.customer || old.connector !== connector) throw new SecretRefused(404, 'The integration to be renewed is not there.');
    return old;
  };
  const check: IntegrationDesk['check'] = (connector, claims) => {
    if (claims.state !== null && state.usedStates.has(claims.state)) throw new SecretRefused(409, 'This sign-in has been used already. Go back and begin again.');
    renewed(connector, claims);
  };

  return {
    check,
    install({ connector, claims, room, site, account }) {
      check(connector, claims);
      if (claims.state !== null) state.usedStates.add(claims.state);
      if (!state.customers.some((one) => one.id === claims.customer)) state.customers.push({ uuid: randomUUID(), id: claims.customer });
      const old = renewed(connector, claims);
      const integration: MunityIntegration = old ?? { id: randomUUID(), customer: claims.customer, connector, name: claims.name, state: claims.state, site, account, broken: false, imported: false, createdAt: at(), syncedAt: null, rows: new Map() };
      if (old) Object.assign(old, { state: claims.state, site, account, broken: false });
      else state.integrations.push(integration);
      const told = old ? parts.connecting.renewal : (['integration_installed'] as const);
      for (const event of told) tell(integration, event, event === 'integration_installed' ? { connector_type: connector, metadata: {}, state: claims.state } : {});
      events.tell(room, 'READY', 'The integration is ready.');
      parts.changed();
      startImport(integration, room);
      return integration;
    },
    releaseImports() {
      for (const go of waiting.splice(0)) go();
    },
    sync(integration) {
      if (!integration.broken && integration.imported) fill(integration);
    },
    breakCredentials(integration) {
      if (integration.broken) return;
      integration.broken = true;
      tell(integration, 'integration_cannot_refresh_oauth_token', { error: '(invalid_grant) Unknown or invalid refresh token.' });
      parts.changed();
    },
    mend,
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** "A json that show differences from old and new model": what it looks like is not documented, so nothing may depend on it. */
function diffOf(old: MunityRow, row: MunityRow): Record<string, unknown> {
  const [before, after] = [dataOf(old), dataOf(row)];
  return Object.fromEntries(Object.keys(after).flatMap((name) => (JSON.stringify(before[name]) === JSON.stringify(after[name]) ? [] : [[name, { old: before[name], new: after[name] }]])));
}
