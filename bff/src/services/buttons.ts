import { digest, randomId, timedId } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Columns, HookHeaders, Press, Shown } from '../ports.ts';
import type { Connection, Integration } from '../store/store.ts';
import { buttonFace } from '../sync/button-face.ts';
import { changeConnection, changeIntegration, type ConnectionChange } from '../sync/connection-change.ts';
import { OVERTAKEN } from '../sync/push.ts';
import { buttonPurpose } from '../sync/column-names.ts';
import { SAFETY_NET } from '../sync/follow.ts';
import { pressTask } from '../sync/keys.ts';
import type { Worker } from '../sync/worker.ts';

/** Calls of the buttons in columns, which know no session: their address and secret are all that they have. */
export interface Buttons {
  /** Repeats what a tool asks an address to say, so that it knows whose it is; also while the integration is being set up. */
  probe(integration: string, token: string | undefined): Promise<string>;
  /** The same for the address of a webhook. */
  probeHook(watch: string, token: string | undefined): Promise<string>;
  /** Does what somebody clicked; the answer is as the tool wants it. */
  press(integration: string, headers: HookHeaders, body: () => Promise<unknown>, cause: string): Promise<unknown>;
}

/** Whoever clicked waits so many milliseconds for the end, and reads that it is under way after that: the tool itself waits five seconds. */
export const BUDGET = 3500;
const LONGEST_TOKEN = 512;

/** What a tool may ask any address of ours to repeat. */
export function probeToken(token: string | undefined): string {
  if (!token || token.length > LONGEST_TOKEN) throw new TandemError('invalid_input', 'This address takes calls of a tool. A probe names a validationToken of at most 512 characters.');
  return token;
}

/** Opens the buttons. */
export function openButtons(deps: Deps, worker: Worker): Buttons {
  const { store, now } = deps;

  const found = async (id: string): Promise<Integration> => {
    const integration = await store.integrations.get(id);
    if (!integration) throw new TandemError('not_found', 'There is no such integration.');
    if (integration.state === 'removed' || integration.state === 'removing') throw new TandemError('gone', 'This integration was removed. Delete its column.');
    return integration;
  };

  const columnsOf = ({ left }: Integration): Columns => {
    const columns = deps.tools.at(left.tool, left.site)?.columns;
    if (!columns) throw new TandemError('unavailable', `${left.tool} is not configured here any more.`);
    return columns;
  };

  const proven = (integration: Integration, columns: Columns, headers: HookHeaders): boolean => {
    try {
      const secrets = [integration.sealed, integration.older].flatMap((sealed) => (sealed === undefined ? [] : [deps.vault.open(sealed, buttonPurpose(integration.id))]));
      return secrets.map((secret) => columns.proves(headers, secret)).includes(true);
    } catch (cause) {
      throw new TandemError('unavailable', 'Tandem cannot open this button’s secret, because TANDEM_SECRET was changed. Rotate the secret on the settings page.', { cause });
    }
  };

  /** Changes the connection, also where somebody else does at the same moment. */
  const change = async (connection: Connection, next: (now: Connection) => ConnectionChange | undefined): Promise<Connection | undefined> => {
    for (let current: Connection | undefined = connection; current; current = await store.connections.get(connection.integration, connection.item)) {
      const wanted = next(current);
      if (!wanted) return current;
      const changed = await changeConnection(store.connections, current, wanted);
      if (changed) return changed;
    }
    return undefined;
  };

  const faceOf = async (integration: Integration, item: string): Promise<Shown> => {
    const connection = await store.connections.get(integration.id, item);
    if (!connection) return { state: 'initial' };
    const ticket = connection.ticket === undefined ? undefined : await store.items.get(integration.team, connection.ticket);
    return buttonFace(connection, integration, ticket?.item, await store.pairs.get(connection.id));
  };

  /** Has it done, and waits for that, but not longer than `enough`. */
  const run = async (integration: Integration, item: string, enough: Promise<void>, cause: string): Promise<void> => {
    const task = pressTask(integration, item, now(), cause);
    const ended = worker.after(task.key, BUDGET);
    await worker.mark([task]);
    await Promise.race([ended, enough]);
  };

  const push = async (integration: Integration, { item }: Press, enough: Promise<void>, cause: string): Promise<Shown> => {
    const at = now();
    const old = await store.connections.get(integration.id, item);
    // What there is shows as it is, also where nothing new can be made.
    const there = old?.state === 'linked' || old?.state === 'making';
    if (!there && integration.state === 'setting') return { state: 'error', message: 'This column is still being set up. Push again in a moment.' };
    if (!there && integration.state === 'paused') return { state: 'error', message: 'This integration is paused. Whoever administers it can resume it in Tandem.' };
    // It is being unlinked at this moment: after that it may be linked anew.
    if (old?.state === 'leaving') await run(integration, item, enough, cause);
    const fresh = { integration: integration.id, item, team: integration.team, id: randomId(deps.random), state: 'making', askedAt: at, createdAt: at } as const;
    // Marked before it is there: whoever dies in between, it will be looked at.
    await worker.mark([pressTask(integration, item, at + SAFETY_NET, cause)]);
    const { connection } = await store.connections.create(fresh);
    if (connection.state === 'leaving') return { state: 'error', message: connection.reason === undefined ? 'It is being unlinked at this moment. Push again in a moment.' : `It is not unlinked yet: ${connection.reason}` };
    // What we answer shows at once; what the column shows in the end is looked at later, since answers overtake one another.
    await change(connection, ({ state }) => ({ ...(state === 'failed' ? { state: 'making' as const, reason: undefined, askedAt: at } : {}), shown: state === 'linked' ? '' : digest({ state: 'progress' }), checkAt: at + OVERTAKEN }));
    await run(integration, item, enough, cause);
    return faceOf(integration, item);
  };

  /** Both let go of the feature: one of a ticket, one of a failure. */
  const release = async (integration: Integration, { item, trigger }: Press, cause: string): Promise<Shown> => {
    const connection = await store.connections.get(integration.id, item);
    if (!connection) return { state: 'initial' };
    // A ticket may have been made all the same; only unlinking looks.
    if (trigger === 'dismiss' && connection.state !== 'failed') {
      const face = await faceOf(integration, item);
      return face.state === 'error' ? { state: 'initial' } : face;
    }
    await worker.mark([pressTask(integration, item, now() + SAFETY_NET, cause)]);
    await change(connection, ({ state }) => (state === 'leaving' ? undefined : { state: 'leaving', reason: undefined, checkAt: undefined }));
    await worker.mark([pressTask(integration, item, now(), cause)]);
    return { state: 'initial' };
  };

  return {
    async probe(id, token) {
      await found(id);
      return probeToken(token);
    },
    async probeHook(id, token) {
      const watch = await store.watches.get(id);
      if (!watch) throw new TandemError('not_found', 'There is no such webhook.');
      if (watch.mode === 'removed') throw new TandemError('gone', 'This webhook was removed. Delete it in the tool.');
      return probeToken(token);
    },
    async press(id, headers, body, cause) {
      const integration = await found(id);
      const columns = columnsOf(integration);
      if (!proven(integration, columns, headers)) throw new TandemError('not_verified', 'This call carries no valid proof of its sender.');
      const press = columns.press(await body());
      if (typeof press === 'string') throw new TandemError('invalid_input', press);
      if (integration.column !== undefined && press.column !== integration.column) throw new TandemError('invalid_input', 'This call is of another column than the one at this address.');
      await changeIntegration(store.integrations, integration, { pressedAt: now() });
      await store.deliveries.accept({ id: timedId(now(), deps.random), watch: integration.id, at: now(), event: `button.${press.trigger}`, outcome: press.item }, []);
      if (press.trigger !== 'push') return columns.answer(await release(integration, press, cause));
      let callOff = (): void => undefined;
      const enough = new Promise<void>((resolve) => {
        callOff = deps.timers.after(BUDGET, resolve);
      });
      return columns.answer(await push(integration, press, enough, cause).finally(callOff));
    },
  };
}
