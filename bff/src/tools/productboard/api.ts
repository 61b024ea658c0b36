import { z } from 'zod';
import type { Access, Reply } from '../../ports.ts';
import { Address, answersOf, Flag, Name, Text, Time } from '../record.ts';

/** What a field of an entity may hold, as far as we read it. https://developer.productboard.com/reference/entities */
const Fields = z.object({
  name: z.string().nullish(),
  /** HTML */
  description: Text,
  status: z.object({ id: z.string(), name: Name }).nullish(),
  owner: z.object({ id: z.string(), email: Name }).nullish(),
  archived: Flag,
  tags: z.array(z.object({ name: Name })).nullish(),
  timeframe: z.object({ endDate: Text, granularity: Text }).nullish(),
});

const Entity = z.object({
  id: z.uuid(),
  type: z.string(),
  fields: Fields,
  links: z.object({ html: Address.nullish() }).nullish(),
  updatedAt: Time,
});

const Status = z.object({ id: z.string(), fields: z.object({ name: Name }) });
const Plugin = z.object({ id: z.uuid(), fields: z.object({ type: z.string(), name: z.string(), integrationStatus: z.string() }) });
const Connection = z.object({ id: z.uuid(), fields: z.object({ connection: z.looseObject({ state: z.string() }) }) });
const Webhook = z.object({ id: z.uuid(), fields: z.object({ events: z.array(z.object({ eventType: z.string() })), notification: z.object({ url: z.string() }) }) });
const Made = z.object({ data: z.object({ id: z.uuid() }) });

/** What Productboard answers, as far as we read it. */
export type PbEntity = z.infer<typeof Entity>;
export type PbStatus = z.infer<typeof Status>;
export type PbPlugin = z.infer<typeof Plugin>;
export type PbConnection = z.infer<typeof Connection>;
export type PbWebhook = z.infer<typeof Webhook>;

/** What an entity can be given. https://developer.productboard.com/reference/updateentity */
export interface EntityFields {
  readonly name?: string;
  readonly description?: string;
  readonly status?: { readonly id: string };
}

/** How Productboard takes a connection: texts of 20, 20, 50, 255 and 1,000 characters. https://developer.productboard.com/reference/plugin-integrations */
export type ConnectionBody =
  | { readonly state: 'connected'; readonly label: string; readonly hoverLabel: string; readonly tooltip: string; readonly color: string; readonly targetUrl: string }
  | { readonly state: 'error'; readonly message: string }
  | { readonly state: 'progress' | 'initial' };

const { record, notThere } = answersOf('productboard', 'Productboard');
export { notThere };

/** Features, and those below another: the same to people. */
export const TYPES = ['feature', 'subfeature'] as const;

interface Page<T> {
  readonly items: readonly T[];
  /** the cursor of the following page */
  readonly next?: string;
}

function page<T>(reply: Reply<unknown>, shape: z.ZodType<T>): Page<T> {
  const { data, links } = record(reply, z.object({ data: z.array(shape), links: z.object({ next: Text }).nullish() }));
  const next = links?.next && URL.canParse(links.next, 'https://x') ? new URL(links.next, 'https://x').searchParams.get('pageCursor') : undefined;
  return { items: data, ...(next ? { next } : {}) };
}

/** Follows the pages of a list; their size is Productboard's to choose. */
async function* pages<T>(ask: (cursor: string | undefined) => Promise<Page<T>>): AsyncGenerator<readonly T[]> {
  for (let cursor: string | undefined; ; ) {
    const { items, next } = await ask(cursor);
    yield items;
    if (next === undefined || next === cursor) return;
    cursor = next;
  }
}

async function all<T>(ask: (cursor: string | undefined) => Promise<Page<T>>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const some of pages(ask)) found.push(...some);
  return found;
}

/** GET /entities: features whose name holds this text. There is no filter by time here, and a search ignores names. https://developer.productboard.com/reference/listentities */
export async function list(access: Access, query: { readonly name?: string; readonly archived?: boolean; readonly cursor?: string }): Promise<Page<PbEntity>> {
  const params = new URLSearchParams(TYPES.map((type) => ['type[]', type]));
  if (query.name !== undefined) params.set('name', query.name);
  if (query.archived !== undefined) params.set('archived', String(query.archived));
  if (query.cursor !== undefined) params.set('pageCursor', query.cursor);
  return page(await access.request({ path: `/entities?${params}` }), Entity);
}

/** GET /entities/{id} with all its fields; `undefined` where it is not there, or is no feature. https://developer.productboard.com/reference/getentity */
export async function entity(access: Access, id: string): Promise<PbEntity | undefined> {
  if (!isUuid(id)) return undefined;
  const reply = await access.request({ path: `/entities/${id}`, accept: [404] });
  if (reply.status === 404) return undefined;
  const { data } = record(reply, z.object({ data: Entity }));
  return TYPES.some((type) => type === data.type) ? data : undefined;
}

/** PATCH /entities/{id}. The answer says neither what was kept, which the editor normalises, nor when: read it again. https://developer.productboard.com/reference/updateentity */
export async function update(access: Access, id: string, fields: EntityFields): Promise<void> {
  await access.request({ method: 'PATCH', path: `/entities/${id}`, body: { data: { fields } } });
}

/** POST /entities/search: features changed at or after a moment, or all, page by page. https://developer.productboard.com/reference/performentitiessearch */
export function changed(access: Access, since: string | undefined): AsyncGenerator<readonly PbEntity[]> {
  const filter = { type: TYPES, ...(since === undefined ? {} : { updatedAt: { from: since } }) };
  return pages(async (pageCursor) => page(await access.request({ method: 'POST', path: '/entities/search', query: { pageCursor }, body: { data: { filter } } }), Entity));
}

/** GET /entities/fields/status/values: the statuses that features can have, in the workspace's order. https://developer.productboard.com/reference/listentityfieldvalues */
export function statuses(access: Access): Promise<readonly PbStatus[]> {
  return all(async (pageCursor) => page(await access.request({ path: '/entities/fields/status/values', query: { 'assignedEntityType[]': 'feature', pageCursor } }), Status));
}

/** GET /entities/configurations/feature: whether features may be read at all. https://developer.productboard.com/reference/getentityconfiguration */
export async function readsFeatures(access: Access): Promise<boolean> {
  return (await access.request({ path: '/entities/configurations/feature', accept: [404] })).status === 200;
}

/** GET /plugin-integrations. Where the token is an application's, it sees only what that application made. https://developer.productboard.com/reference/listpluginintegrations */
export function plugins(access: Access): Promise<readonly PbPlugin[]> {
  return all(async (pageCursor) => page(await access.request({ path: '/plugin-integrations', query: { pageCursor } }), Plugin));
}

/** POST /plugin-integrations (201): answers the id alone. https://developer.productboard.com/reference/createpluginintegration */
export async function createPlugin(access: Access, fields: object): Promise<string> {
  return record(await access.request({ method: 'POST', path: '/plugin-integrations', body: { data: { fields } } }), Made).data.id;
}

/** PATCH /plugin-integrations/{id}; a column that is or comes on is probed first. 422 `callback.probeFailed`. https://developer.productboard.com/reference/updatepluginintegration */
export async function updatePlugin(access: Access, id: string, fields: object): Promise<void> {
  await access.request({ method: 'PATCH', path: `/plugin-integrations/${encodeURIComponent(id)}`, body: { data: { fields } } });
}

/** DELETE /plugin-integrations/{id} (204), with all its connections; `false` where it was gone. https://developer.productboard.com/reference/deletepluginintegration */
export async function deletePlugin(access: Access, id: string): Promise<boolean> {
  return (await access.request({ method: 'DELETE', path: `/plugin-integrations/${encodeURIComponent(id)}`, accept: [404] })).status !== 404;
}

/** GET …/connections/{entity}: `initial` where there is none. https://developer.productboard.com/reference/getpluginintegrationconnection */
export async function connection(access: Access, id: string, item: string): Promise<PbConnection> {
  return record(await access.request({ path: at(id, item) }), z.object({ data: Connection })).data;
}

/** PUT …/connections/{entity}: makes or replaces it; `initial` removes it. https://developer.productboard.com/reference/updatepluginintegrationconnectionstate */
export async function connect(access: Access, id: string, item: string, body: ConnectionBody): Promise<void> {
  await access.request({ method: 'PUT', path: at(id, item), body: { data: { fields: { connection: body } } } });
}

/** GET …/connections?state[]=progress. https://developer.productboard.com/reference/listpluginintegrationconnections */
export function connectionsInProgress(access: Access, id: string): Promise<readonly PbConnection[]> {
  return all(async (pageCursor) => page(await access.request({ path: `/plugin-integrations/${encodeURIComponent(id)}/connections`, query: { 'state[]': 'progress', pageCursor } }), Connection));
}

/** GET /webhooks, without their secrets, and without a word on whether they are still on. https://developer.productboard.com/reference/listwebhooks */
export function webhooks(access: Access): Promise<readonly PbWebhook[]> {
  return all(async (pageCursor) => page(await access.request({ path: '/webhooks', query: { pageCursor } }), Webhook));
}

/** POST /webhooks (201). They cannot be changed, only made and deleted. https://developer.productboard.com/reference/createwebhook */
export async function createWebhook(access: Access, fields: object): Promise<string> {
  return record(await access.request({ method: 'POST', path: '/webhooks', body: { data: { fields } } }), Made).data.id;
}

/** DELETE /webhooks/{id} (204); one that is gone already is fine. https://developer.productboard.com/reference/deletewebhook */
export async function deleteWebhook(access: Access, id: string): Promise<void> {
  await access.request({ method: 'DELETE', path: `/webhooks/${encodeURIComponent(id)}`, accept: [404] });
}

/** Whether this can be the id of anything there. */
export function isUuid(id: string): boolean {
  return /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id);
}

function at(id: string, item: string): string {
  if (!isUuid(item)) throw notThere('feature');
  return `/plugin-integrations/${encodeURIComponent(id)}/connections/${item}`;
}
