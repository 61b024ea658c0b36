import { byFetch } from './gitlab-hooks.ts';
import { startServer, type Answer } from './kit.ts';
import { apiRoutes } from './munity-api.ts';
import { connectRoutes, secretReader } from './munity-connect.ts';
import { makeConsent } from './munity-consent.ts';
import { makeEvents } from './munity-events.ts';
import { makeMunitySender } from './munity-hooks.ts';
import { makeIntegrations } from './munity-integrations.ts';
import { toolRoutes } from './munity-tool-pages.ts';
import { makeSite, makeToolDesk } from './munity-tools.ts';
import type { ToolDesk } from './munity-tool-types.ts';
import type { Connector, ConnectSwitches, MunityIntegration, MunityOptions, MunitySim, MunityState } from './munity-types.ts';

export type * from './munity-tool-types.ts';
export type * from './munity-types.ts';
export { makeCertificate, signSecret } from './munity-secret.ts';

const CONNECTORS: Readonly<Record<string, Connector>> = {
  jira: { name: 'Jira', signIn: 'consent' },
  asana: { name: 'Asana', signIn: 'consent' },
  linear: { name: 'Linear', signIn: 'consent' },
  monday: { name: 'Monday', signIn: 'form' },
};

/** A stand-in for Munity on 127.0.0.1: its connect pages, event streams, unified API and webhooks, and the tools behind it with pages of their own. */
export async function startMunity(options: MunityOptions): Promise<MunitySim> {
  const now = options.now ?? Date.now;
  const random = options.random ?? Math.random;
  const connectors = options.connectors ?? CONNECTORS;
  const state: MunityState = { customers: [], integrations: [], usedStates: new Set(), sites: new Map() };
  const connecting: ConnectSwitches = { coop: undefined, postMessage: false, loader: 1, renewal: ['integration_oauth_token_fixed'] };
  const addresses = { munity: '', sse: '', tools: '' };
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const onChange = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  let publicKey = options.publicKey;
  let webhookUrl = options.webhookUrl;

  const events = makeEvents();
  const sender = makeMunitySender({ workspaceId: options.workspaceId, url: () => webhookUrl, now, courier: options.courier ?? byFetch(options.hookTimeout ?? 10_000), changed });
  const integrations = makeIntegrations(state, { now, importAfter: options.importAfter ?? 0, toolsUrl: () => addresses.tools, events, sender, connecting, changed });
  const consent = makeConsent(state, { connectors, connecting, url: () => addresses.tools, callback: (connector) => `${addresses.munity}/v1/integration/oauth/callback/${connector}` });
  const read = secretReader({ publicKey: () => publicKey, workspaceId: options.workspaceId, now });

  const desks = new Map<string, ToolDesk>();
  const tool = (connector: string, name = 'acme'): ToolDesk => {
    const id = `${connector}/${name}`;
    const known = desks.get(id);
    if (known) return known;
    if (!connectors[connector]) throw new Error(`There is no connector ${connector}`);
    const site = makeSite(connector, name);
    const desk = makeToolDesk(site, { now, changed });
    state.sites.set(id, site);
    desks.set(id, desk);
    return desk;
  };
  const deskOf = (site: string): ToolDesk => tool(...(site.split('/', 2) as [string, string]));

  const sync = (customer?: string): void => {
    for (const one of state.integrations) if (customer === undefined || one.customer === customer) integrations.sync(one);
  };
  const common = { ...(options.host === undefined ? {} : { host: options.host }), now, random, record: false, faultAnswer: throttled };
  const none = /^$/;
  const server = await startServer({
    ...common,
    name: 'munity',
    port: options.port ?? 0,
    ...(options.wireless === undefined ? {} : { wireless: options.wireless }),
    api: /^\/v1\/customers\//,
    routes: {
      ...connectRoutes({ state, connectors, connecting, events, integrations, consent, url: () => addresses.munity, read }),
      ...apiRoutes({
        state,
        apiKey: options.apiKey,
        now,
        url: () => addresses.munity,
        toolsUrl: () => addresses.tools,
        pageSize: options.pageSize ?? 100,
        writes: options.writes ?? 'off',
        customerIds: options.customerIds ?? 'both',
        desk: deskOf,
        changed,
      }),
      ...(options.ssePort === undefined ? events.routes : {}),
    },
  });
  const sse = options.ssePort === undefined ? undefined : await startServer({ ...common, name: 'munity-sse', port: options.ssePort, api: none, routes: events.routes });
  const pages = toolRoutes({ state, desk: deskOf, toolName: (connector) => connectors[connector]?.name ?? connector, every: options.syncEvery, munity: { ...integrations, sync }, onChange });
  const tools = await startServer({ ...common, name: 'munity-tools', port: options.toolsPort ?? 0, api: none, routes: { ...consent.routes, ...pages } });
  Object.assign(addresses, { munity: server.url, sse: (sse ?? server).url, tools: tools.url });

  const integration = (customer: string, connector: string): MunityIntegration => {
    const found = state.integrations.findLast((one) => one.customer === customer && one.connector === connector);
    if (!found) throw new Error(`${customer} has not connected ${connector}`);
    return found;
  };
  const timer = options.syncEvery === undefined ? undefined : setInterval(sync, options.syncEvery).unref();

  return {
    url: addresses.munity,
    sseUrl: addresses.sse,
    toolsUrl: addresses.tools,
    state,
    requests: server.requests,
    faults: server.faults,
    handle: server.handle,
    events: events.switches,
    connecting,
    hooks: sender.switches,
    deliveries: sender.deliveries,
    get webhookUrl() {
      return webhookUrl;
    },
    set webhookUrl(url) {
      webhookUrl = url;
    },
    setPublicKey(pem) {
      publicKey = pem;
    },
    tool,
    jira: (customer) => deskOf(integration(customer, 'jira').site),
    integration,
    grant(connector, secret, { room, site = 'acme', as } = {}) {
      const desk = tool(connector, site);
      const account = as === undefined ? desk.site.users[0] : desk.user(as);
      if (!account) throw new Error(`Nobody has an account at ${desk.site.id}`);
      return integrations.install({ connector, claims: read(secret), room: room ?? null, site: desk.site.id, account: account.id });
    },
    releaseImports: () => integrations.releaseImports(),
    sync,
    breakCredentials: (customer, connector) => integrations.breakCredentials(integration(customer, connector)),
    mendCredentials: (customer, connector) => integrations.mend(integration(customer, connector)),
    removeIntegration(id) {
      const at = state.integrations.findIndex((one) => one.id === id);
      if (at === -1) throw new Error(`There is no integration ${id}`);
      state.integrations.splice(at, 1);
      changed();
    },
    send: (event, customer, payload, own) => sender.send(event, customer, own ?? null, payload),
    onChange,
    async settled() {
      await integrations.settled();
      await sender.settled();
    },
    async close() {
      clearInterval(timer);
      integrations.close();
      await Promise.all([server.close(), sse?.close(), tools.close()]);
    },
  };
}

/** What the API of a Django REST framework says when it is asked too often, or broken: https://www.django-rest-framework.org/api-guide/throttling/ */
function throttled(status: number, retryAfter: number | undefined): Answer {
  if (status !== 429) return { status, body: { detail: `${status}: a fault switch of the simulator is on` } };
  const after = retryAfter ?? 60;
  return { status, body: { detail: `Request was throttled. Expected available in ${after} seconds.` }, headers: { 'Retry-After': String(after) } };
}
