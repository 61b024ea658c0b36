import { randomUUID } from 'node:crypto';
import type { Routes } from './kit.ts';
import { pageOf } from './productboard-entities.ts';
import { visible, type Guard } from './productboard-guard.ts';
import { call, type CallLog } from './productboard-hooks.ts';
import { callbackOf, connectionOf, dataFields, fieldsOf, invalid, pbError, text, uuid } from './productboard-input.ts';
import type { PbCallback, PbConnection, PbPlugin, PbState, PbToken, PbTrigger, PbWebhook } from './productboard-types.ts';

export interface PluginOptions {
  readonly state: PbState;
  readonly guard: Guard;
  readonly url: () => string;
  readonly web: () => string;
  readonly now: () => number;
  readonly patience: number;
  readonly changed: () => void;
  readonly log?: CallLog | undefined;
}

const EVENTS = /^(?:feature\.(?:created|updated|deleted)|(?:component|product)\.(?:created|updated)|release\.(?:created|updated|deleted)|feature-release-assignment\.updated|hierarchy-entity\.custom-field-value\.updated|note\.\w+|insight\.\w+|key-result\.\w+|objective\.\w+|initiative\.\w+)$/;

/** Asks the address whether it is ours to call: it has to repeat the token within five seconds, as plain text. */
async function probe(to: PbCallback, { patience, log }: PluginOptions): Promise<void> {
  const token = `probe-${randomUUID()}`;
  const answer = await call('GET', to, patience, { query: `?validationToken=${token}`, log });
  if (answer?.status !== 200 || !answer.type.startsWith('text/plain') || answer.text !== token) throw pbError(422, 'callback.probeFailed', 'The URL did not repeat the validation token', '/data/fields/action/url');
}

/** Columns, what they show, and webhooks. https://developer.productboard.com/reference/plugin-integrations */
export function pluginRoutes(options: PluginOptions): Routes {
  const { state, guard, changed } = options;
  const at = (id: string): string => `${options.url()}/v2/plugin-integrations/${id}`;
  const links = (plugin: PbPlugin): object => ({ self: at(plugin.id), connections: `${at(plugin.id)}/connections` });
  const reference = (plugin: PbPlugin): object => ({ data: { id: plugin.id, links: links(plugin) } });
  const full = (plugin: PbPlugin): object => ({
    id: plugin.id,
    type: 'pluginIntegration',
    createdAt: plugin.createdAt,
    fields: { type: plugin.type, name: plugin.name, integrationStatus: plugin.enabled ? 'enabled' : 'disabled', initialState: { label: plugin.label } },
    links: links(plugin),
  });
  const find = (id: string | undefined, token: PbToken): PbPlugin => {
    const plugin = state.plugins.get(uuid(id, 'integrationId'));
    if (!plugin || !visible(plugin, token)) throw pbError(404, 'resource.notFound', 'There is no such plugin integration');
    return plugin;
  };
  const entity = (id: string | undefined): string => {
    if (!state.entities.has(uuid(id, 'entityId'))) throw pbError(404, 'resource.notFound', 'There is no such entity');
    return id ?? '';
  };
  const connection = (plugin: PbPlugin, id: string, shown: PbConnection): object => ({ id, type: 'pluginIntegrationConnection', fields: { connection: shown }, links: { self: `${at(plugin.id)}/connections/${id}` } });
  const label = (value: unknown): string => text(fieldsOf(value, '/data/fields/initialState', ['label'])['label'], '/data/fields/initialState/label', 10);
  const status = (value: unknown): boolean => {
    if (value !== undefined && value !== 'enabled' && value !== 'disabled') throw invalid('/data/fields/integrationStatus', 'enabled or disabled is expected');
    return value !== 'disabled';
  };
  const webhook = (id: string | undefined, token: PbToken): PbWebhook => {
    const found = state.webhooks.get(uuid(id, 'webhookId'));
    if (!found || !visible(found, token)) throw pbError(404, 'resource.notFound', 'There is no such webhook');
    return found;
  };
  const subscription = (one: PbWebhook): object => ({
    id: one.id,
    type: 'webhook',
    createdAt: one.createdAt,
    fields: { name: one.name, events: one.events.map((eventType) => ({ eventType })), notification: { url: one.notification.url, version: 1 } },
    links: { self: `${options.url()}/v2/webhooks/${one.id}` },
  });

  return {
    'POST /v2/plugin-integrations': guard('plugin-integrations:write', async ({ body }, token) => {
      const fields = dataFields(body, ['type', 'name', 'integrationStatus', 'initialState', 'action']);
      const plugin: PbPlugin = {
        id: randomUUID(),
        ...(token.app === undefined ? {} : { app: token.app }),
        type: text(fields['type'], '/data/fields/type', 255),
        name: text(fields['name'], '/data/fields/name', 255),
        enabled: status(fields['integrationStatus']),
        label: label(fields['initialState']),
        action: callbackOf(fields['action'], '/data/fields/action'),
        createdAt: new Date(options.now()).toISOString(),
        connections: new Map(),
      };
      if (plugin.enabled) await probe(plugin.action, options);
      state.plugins.set(plugin.id, plugin);
      changed();
      return { status: 201, body: reference(plugin) };
    }),

    'GET /v2/plugin-integrations': guard('plugin-integrations:read', ({ path, query }, token) => pageOf(options.url(), path, [...state.plugins.values()].filter((plugin) => visible(plugin, token)).map(full), query)),

    'GET /v2/plugin-integrations/:id': guard('plugin-integrations:read', ({ params }, token) => ({ status: 200, body: { data: full(find(params['id'], token)) } })),

    'PATCH /v2/plugin-integrations/:id': guard('plugin-integrations:write', async ({ params, body }, token) => {
      const plugin = find(params['id'], token);
      const fields = dataFields(body, ['name', 'integrationStatus', 'initialState', 'action']);
      const next = {
        ...(fields['name'] === undefined ? {} : { name: text(fields['name'], '/data/fields/name', 255) }),
        ...(fields['integrationStatus'] === undefined ? {} : { enabled: status(fields['integrationStatus']) }),
        ...(fields['initialState'] === undefined ? {} : { label: label(fields['initialState']) }),
        ...(fields['action'] === undefined ? {} : { action: callbackOf(fields['action'], '/data/fields/action') }),
      };
      // the text says so of an action that is updated: taken as any action of a column that is on, or comes on
      if ((next.enabled ?? plugin.enabled) && (next.action || (next.enabled && !plugin.enabled))) await probe(next.action ?? plugin.action, options);
      Object.assign(plugin, next);
      changed();
      return { status: 200, body: reference(plugin) };
    }),

    // with all its connections, for good
    'DELETE /v2/plugin-integrations/:id': guard('plugin-integrations:delete', ({ params }, token) => {
      state.plugins.delete(find(params['id'], token).id);
      changed();
      return { status: 204 };
    }),

    'GET /v2/plugin-integrations/:id/connections': guard('plugin-integrations:read', ({ params, path, query }, token) => {
      const plugin = find(params['id'], token);
      const wanted = query.getAll('state[]');
      return pageOf(options.url(), path, [...plugin.connections].filter(([, { state: now }]) => wanted.length === 0 || wanted.includes(now)).map(([id, shown]) => connection(plugin, id, shown)), query);
    }),

    // one that is not there is initial, and no 404
    'GET /v2/plugin-integrations/:id/connections/:entity': guard('plugin-integrations:read', ({ params }, token) => {
      const plugin = find(params['id'], token);
      const id = entity(params['entity']);
      return { status: 200, body: { data: connection(plugin, id, plugin.connections.get(id) ?? { state: 'initial' }) } };
    }),

    'PUT /v2/plugin-integrations/:id/connections/:entity': guard('plugin-integrations:write', ({ params, body }, token) => {
      const plugin = find(params['id'], token);
      const id = entity(params['entity']);
      show(plugin, id, connectionOf(dataFields(body, ['connection'])['connection'], '/data/fields/connection'));
      changed();
      return { status: 200, body: { data: { id, links: { self: `${at(plugin.id)}/connections/${id}` } } } };
    }),

    'DELETE /v2/plugin-integrations/:id/connections/:entity': guard('plugin-integrations:write', ({ params }, token) => {
      const plugin = find(params['id'], token);
      plugin.connections.delete(entity(params['entity']));
      changed();
      return { status: 204 };
    }),

    'POST /v2/webhooks': guard('webhooks:write', ({ body }, token) => {
      const { name, events, notification } = dataFields(body, ['name', 'events', 'notification']);
      if (!Array.isArray(events) || events.length === 0) throw invalid('/data/fields/events', 'At least one event is expected');
      const kinds = events.map((one: unknown) => String(fieldsOf(one, '/data/fields/events', ['eventType'])['eventType']));
      if (new Set(kinds).size < kinds.length || kinds.some((kind) => !EVENTS.test(kind))) throw invalid('/data/fields/events', 'Unknown or repeated events');
      // a webhook needs the right to read what it tells
      if (!token.scopes.includes('entities:read')) throw pbError(403, 'auth.accessDenied', 'The scope entities:read is required');
      const made: PbWebhook = {
        id: randomUUID(),
        ...(token.app === undefined ? {} : { app: token.app }),
        name: text(name, '/data/fields/name', 255),
        events: kinds,
        notification: callbackOf(notification, '/data/fields/notification'),
        createdAt: new Date(options.now()).toISOString(),
        disabled: false,
      };
      state.webhooks.set(made.id, made);
      changed();
      return { status: 201, body: { data: { id: made.id, type: 'webhook', links: { self: `${options.url()}/v2/webhooks/${made.id}` } } } };
    }),

    'GET /v2/webhooks': guard('webhooks:read', ({ path, query }, token) => pageOf(options.url(), path, [...state.webhooks.values()].filter((one) => visible(one, token)).map(subscription), query)),

    'GET /v2/webhooks/:id': guard('webhooks:read', ({ params }, token) => ({ status: 200, body: { data: subscription(webhook(params['id'], token)) } })),

    'DELETE /v2/webhooks/:id': guard('webhooks:delete', ({ params }, token) => {
      state.webhooks.delete(webhook(params['id'], token).id);
      changed();
      return { status: 204 };
    }),
  };
}

function show(plugin: PbPlugin, entity: string, shown: PbConnection): void {
  if (shown.state === 'initial') plugin.connections.delete(entity);
  else plugin.connections.set(entity, shown);
}

/** What people may do with the button depends on what it shows. */
const OFFERED: Readonly<Record<PbTrigger, PbConnection['state']>> = { 'button.push': 'initial', 'button.unlink': 'connected', 'button.dismiss': 'error' };

/**
 * A click on the button: the action is told, and whatever it answers within five seconds is as if it had been PUT, even if something else was PUT meanwhile.
 * An answer that cannot be used shows as an error, with the reason for developers in `debugDetail`.
 */
export async function press(options: PluginOptions, plugin: PbPlugin, feature: string, trigger: PbTrigger, heldUntil: () => Promise<void>): Promise<PbConnection> {
  const { state, changed } = options;
  const now = plugin.connections.get(feature)?.state ?? 'initial';
  if (!plugin.enabled || now !== OFFERED[trigger]) throw new Error(`The button offers no ${trigger} while it is ${plugin.enabled ? now : 'disabled'}`);
  const html = `${options.web()}/entity-detail/features/${feature}`;
  const body = {
    data: {
      integrationId: plugin.id,
      trigger,
      // as the document's example has it: an address of the retired API
      feature: { id: feature, links: { self: `${options.url()}/features/${feature}`, html } },
      triggeredByUser: { name: 'Pia Product', email: 'pia@acme.example' },
      links: { connection: `${options.url()}/v2/plugin-integrations/${plugin.id}/connections/${feature}` },
    },
  };
  const answer = await call('POST', plugin.action, options.patience, { body, log: options.log });
  await heldUntil();
  const failed = (debugDetail: string): PbConnection => ({ state: 'error', message: 'Something went wrong. Try again later.', debugDetail });
  let shown: PbConnection;
  if (!answer) shown = failed('The action did not answer in time');
  else if (answer.status !== 200) shown = failed(`The action answered ${answer.status}: ${answer.text.slice(0, 4000)}`);
  else if (!answer.type.startsWith('application/json')) shown = failed(`The action answered ${answer.type || 'no content type'}`);
  else {
    try {
      shown = connectionOf(dataFields(JSON.parse(answer.text), ['connection'])['connection'], '/data/fields/connection');
    } catch (error) {
      shown = failed(error instanceof Error ? error.message : String(error));
    }
  }
  if (state.plugins.has(plugin.id) && state.entities.has(feature)) show(plugin, feature, shown);
  changed();
  return shown;
}
