import { randomBytes, randomUUID } from 'node:crypto';
import { startServer } from './kit.ts';
import { entityRoutes, makeEntityDesk } from './productboard-entities.ts';
import { makeGuard } from './productboard-guard.ts';
import { makePbSender, type CallLog } from './productboard-hooks.ts';
import { pbError } from './productboard-input.ts';
import { pageRoutes } from './productboard-pages.ts';
import { pluginRoutes, press, type PluginOptions } from './productboard-plugins.ts';
import { makeRecorder } from './traffic.ts';
import type { PbEntity, PbOptions, PbPlugin, PbSim, PbState } from './productboard-types.ts';

export type * from './productboard-types.ts';

const SCOPES = ['entities:read', 'entities:write', 'entities:delete', 'plugin-integrations:read', 'plugin-integrations:write', 'plugin-integrations:delete', 'webhooks:read', 'webhooks:write', 'webhooks:delete'];

/** A stand-in for one workspace of Productboard on 127.0.0.1: API v2 with entities, columns with their button, webhooks. It is the web application's address, too. */
export async function startProductboard(options: PbOptions = {}): Promise<PbSim> {
  const now = options.now ?? Date.now;
  const patience = options.patience ?? 5_000;
  const state: PbState = { workspace: 'Acme', tokens: [], statuses: [], entities: new Map(), plugins: new Map(), webhooks: new Map(), nodes: new Map() };
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const onChange = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  let base = '';
  const url = (): string => base;
  const write = options.callbacks === true ? makeRecorder('productboard') : () => undefined;
  const logOf = (callback: string): CallLog => (exchange) => write({ ...exchange, callback });
  const sender = makePbSender(state, { url, now, patience, changed, real: options.now === undefined, log: logOf('entityChange') });
  const desk = makeEntityDesk(state, { now, parents: options.parents ?? false, sender, changed });
  const guard = makeGuard(state, { now, limit: options.rateLimit ?? 50 });
  const plugins: PluginOptions = { state, guard, url, web: url, now, patience, changed, log: logOf('actionCallback') };

  const server = await startServer({
    name: 'productboard',
    port: options.port ?? 0,
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.record === undefined ? {} : { record: options.record }),
    ...(options.wireless === undefined ? {} : { wireless: options.wireless }),
    now,
    random: options.random ?? Math.random,
    api: /^\/v2\//,
    routes: { ...entityRoutes({ state, desk, guard, url, web: url, parents: options.parents ?? false }), ...pluginRoutes(plugins), ...pageRoutes({ state, onChange, create: (name) => sim.addEntity({ name }), edit: (id, change) => sim.edit(id, change), remove: (id) => sim.remove(id), token: () => state.tokens.find(({ app, revoked }) => app === undefined && !revoked) ?? sim.addToken(), press: (...click) => sim.press(...click) }) },
    faultAnswer: (status, retryAfter) => pbError(status, status === 429 ? 'rate.limitExceeded' : 'internal.serverError', 'A fault switch of the simulator is on', undefined, status === 429 ? { 'Retry-After': String(retryAfter ?? 1) } : {}).answer,
  });
  base = server.url;

  const entity = (id: string): PbEntity => {
    const found = state.entities.get(id);
    if (!found) throw new Error(`There is no entity ${id}`);
    return found;
  };
  const plugin = (id: string): PbPlugin => {
    const found = state.plugins.get(id);
    if (!found) throw new Error(`There is no plugin integration ${id}`);
    return found;
  };
  const presses = new Set<Promise<unknown>>();
  let [held, holds, release] = [Promise.resolve(), (): void => undefined, (): void => undefined];

  const sim: PbSim = {
    url: base,
    state,
    requests: server.requests,
    faults: server.faults,
    deliveries: sender.deliveries,
    handle: server.handle,
    onChange,
    addToken({ app, scopes = SCOPES } = {}) {
      const token = { value: `pbt-${randomBytes(24).toString('base64url')}`, scopes: [...scopes], revoked: false, ...(app === undefined ? {} : { app }) };
      state.tokens.push(token);
      return token;
    },
    addStatus(name) {
      const status = { id: randomUUID(), name };
      state.statuses.push(status);
      return status;
    },
    addEntity({ type = 'feature', name, description = '', status, parent, owner }) {
      const first = status === undefined ? undefined : desk.status({ name: status });
      const made = desk.create(type, { name, description, ...(first ? { status: first } : {}) }, parent);
      if (owner !== undefined) made.owner = { id: randomUUID(), email: owner };
      return made;
    },
    edit(id, { name, description, status, archived }) {
      return desk.update(entity(id), {
        ...(name === undefined ? {} : { name }),
        ...(description === undefined ? {} : { description }),
        ...(status === undefined ? {} : { status: desk.status({ name: status }) }),
        ...(archived === undefined ? {} : { archived }),
      });
    },
    remove: (id) => desk.remove(entity(id)),
    embed(id, what) {
      const node = randomUUID();
      state.nodes.set(node, what);
      desk.update(entity(id), { description: `${entity(id).description}<p><a href="urn:pb:node:${node}">${what}</a></p>` });
      return node;
    },
    async press(id, feature, trigger = 'button.push') {
      const pressed = press(plugins, plugin(id), entity(feature).id, trigger, () => (holds(), held));
      presses.add(pressed);
      return pressed.finally(() => presses.delete(pressed));
    },
    connection: (id, feature) => plugin(id).connections.get(feature) ?? { state: 'initial' },
    hooks: {
      drop: (count) => sender.drop(count),
      holdAnswers() {
        held = new Promise((resolve) => {
          release = resolve;
        });
        return new Promise((resolve) => {
          holds = resolve;
        });
      },
      releaseAnswers: () => release(),
    },
    retry: () => sender.retry(),
    settled: () => sender.settled(),
    close: () => server.close(),
  };
  return sim;
}
