import type { CheckAnswer, CheckBody, ConnectionsAnswer, DryRunAnswer, IntegrationBody, IntegrationPatch, IntegrationsAnswer, IntegrationView, OrphansAnswer, PushAnswer, PushBody } from '@tandem/shared/integrations';
import { path, type Caller } from './api.ts';

/** What the page calls for integrations. */
export interface IntegrationsApi {
  list(): Promise<IntegrationsAnswer>;
  check(body: CheckBody): Promise<CheckAnswer>;
  create(body: IntegrationBody): Promise<IntegrationView>;
  change(id: string, patch: IntegrationPatch): Promise<IntegrationView>;
  dryRun(id: string, patch: IntegrationPatch): Promise<DryRunAnswer>;
  act(id: string, what: 'pause' | 'resume' | 'retry' | 'rotate'): Promise<void>;
  heed(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  connections(id: string): Promise<ConnectionsAnswer>;
  push(id: string, body: PushBody): Promise<PushAnswer>;
  retry(id: string, item: string): Promise<void>;
  unlink(id: string, item: string): Promise<void>;
  orphans(tool: string, site: string): Promise<OrphansAnswer>;
  removeOrphan(tool: string, site: string, kind: 'column' | 'webhook', orphan: string): Promise<void>;
}

/** The routes of integrations. */
export function createIntegrationsApi(call: Caller): IntegrationsApi {
  const at = (tool: string, site: string): string => `?tool=${encodeURIComponent(tool)}&site=${encodeURIComponent(site)}`;
  return {
    list: () => call('/integrations'),
    check: (body) => call('/integrations/check', { method: 'POST', body, again: true }),
    create: (body) => call('/integrations', { method: 'POST', body }),
    change: (id, body) => call(path('integrations', id), { method: 'PATCH', body, again: true }),
    dryRun: (id, body) => call(path('integrations', id, 'dry-run'), { method: 'POST', body, again: true }),
    act: (id, what) => call(path('integrations', id, what), { method: 'POST' }),
    heed: (id) => call(path('integrations', id, 'report'), { method: 'DELETE', again: true }),
    remove: (id) => call(path('integrations', id), { method: 'DELETE' }),
    connections: (id) => call(path('integrations', id, 'connections')),
    push: (id, body) => call(path('integrations', id, 'connections'), { method: 'POST', body, again: true }),
    retry: (id, item) => call(path('integrations', id, 'connections', item, 'retry'), { method: 'POST', again: true }),
    unlink: (id, item) => call(path('integrations', id, 'connections', item), { method: 'DELETE', again: true }),
    orphans: (tool, site) => call(`/integrations/orphans${at(tool, site)}`),
    removeOrphan: (tool, site, kind, orphan) => call(`${path('integrations', 'orphans', kind, orphan)}${at(tool, site)}`, { method: 'DELETE' }),
  };
}
