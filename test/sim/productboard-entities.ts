import { randomUUID } from 'node:crypto';
import { isRecord, type Answer, type Routes } from './kit.ts';
import { edited, embedsIn } from './productboard-html.ts';
import type { Guard } from './productboard-guard.ts';
import type { PbSender } from './productboard-hooks.ts';
import { fieldsOf, invalid, pbError, text, uuid, UUID } from './productboard-input.ts';
import type { PbEntity, PbState, PbStatus, PbType } from './productboard-types.ts';

const TYPES: readonly string[] = ['product', 'component', 'feature', 'subfeature'] satisfies readonly PbType[];
const LONGEST = 524_288;

/** What a write may say about an entity. */
export interface EntityChange {
  name?: string;
  description?: string;
  status?: PbStatus;
  archived?: boolean;
}

export interface EntityDesk {
  create(type: PbType, fields: EntityChange & { name: string }, parent?: string): PbEntity;
  update(entity: PbEntity, change: EntityChange): PbEntity;
  remove(entity: PbEntity): void;
  status(by: { id?: unknown; name?: unknown }): PbStatus;
}

/** Entities as the workspace keeps them: whatever is written goes through the editor, moves the time stamp and sends an event, a write of what was there already, too. */
export function makeEntityDesk(state: PbState, options: { now: () => number; parents: boolean; sender: PbSender; changed: () => void }): EntityDesk {
  const stamp = (): string => new Date(options.now()).toISOString();
  const desk: EntityDesk = {
    status({ id, name }) {
      const found = state.statuses.find((status) => (id === undefined ? status.name === name : status.id === id));
      if (!found) throw pbError(422, 'validation.referenceNotFound', 'There is no such status', '/data/fields/status');
      return found;
    },
    create(type, fields, parent) {
      if (parent !== undefined && !state.entities.has(parent)) throw pbError(422, 'validation.referenceNotFound', 'There is no such parent', '/data/relationships');
      if (parent === undefined && options.parents && type !== 'product') throw pbError(422, 'validation.failed', `Entity of type ${type}s cannot be without a parent`, '/data/relationships');
      const at = stamp();
      const entity: PbEntity = { id: randomUUID(), type, archived: false, tags: [], createdAt: at, updatedAt: at, ...fields, description: edited(fields.description ?? '', state.nodes), ...(parent === undefined ? {} : { parent }) };
      state.entities.set(entity.id, entity);
      options.sender.emit('created', entity);
      options.changed();
      return entity;
    },
    update(entity, change) {
      const description = change.description === undefined ? undefined : edited(change.description, state.nodes);
      if (description !== undefined) {
        const kept = embedsIn(description);
        for (const node of embedsIn(entity.description)) if (!kept.includes(node)) state.nodes.delete(node);
      }
      Object.assign(entity, change, description === undefined ? {} : { description }, { updatedAt: stamp() });
      options.sender.emit('updated', entity, Object.keys(change));
      options.changed();
      return entity;
    },
    remove(entity) {
      // what is below goes with it
      for (const child of state.entities.values()) if (child.parent === entity.id) desk.remove(child);
      state.entities.delete(entity.id);
      for (const plugin of state.plugins.values()) plugin.connections.delete(entity.id);
      options.sender.emit('deleted', entity);
      options.changed();
    },
  };
  return desk;
}

/** https://developer.productboard.com/reference/entities */
export function entityRoutes(options: { state: PbState; desk: EntityDesk; guard: Guard; url: () => string; web: () => string; parents: boolean }): Routes {
  const { state, desk, guard } = options;
  const links = (entity: PbEntity): object => ({ self: `${options.url()}/v2/entities/${entity.id}`, html: `${options.web()}/entity-detail/features/${entity.id}` });
  const reference = (entity: PbEntity): object => ({ id: entity.id, type: entity.type, links: links(entity) });
  const body = (entity: PbEntity, wanted: 'default' | 'all' | readonly string[]): object => {
    const all: Record<string, unknown> = {
      name: entity.name,
      description: entity.description,
      status: entity.status ?? null,
      owner: entity.owner ?? null,
      archived: entity.archived,
      tags: entity.tags.map((name) => ({ id: tagId(name), name })),
      timeframe: entity.endDate === undefined ? null : { startDate: entity.endDate, endDate: entity.endDate, granularity: 'day' },
    };
    const shown = Object.entries(all).filter(([name, value]) => (wanted === 'all' ? true : wanted === 'default' ? value !== null && value !== '' && !(Array.isArray(value) && value.length === 0) : wanted.includes(name)));
    const parent = entity.parent === undefined ? undefined : state.entities.get(entity.parent);
    return {
      ...reference(entity),
      fields: Object.fromEntries(shown),
      relationships: { data: parent ? [{ type: 'parent', target: reference(parent) }] : [], links: { next: null } },
      createdAt: entity.createdAt,
      updatedAt: entity.updatedAt,
    };
  };
  const find = (id: string | undefined): PbEntity => {
    const entity = state.entities.get(uuid(id, 'id'));
    if (!entity) throw pbError(404, 'resource.notFound', 'There is no such entity');
    return entity;
  };
  const change = (fields: Record<string, unknown>): EntityChange => {
    const { name, description, status, archived } = fields;
    return {
      ...(name === undefined ? {} : { name: text(name, '/data/fields/name', 255) }),
      ...(description === undefined ? {} : { description: text(description, '/data/fields/description', LONGEST, 0) }),
      ...(status === undefined ? {} : { status: desk.status(fieldsOf(status, '/data/fields/status', ['id', 'name'])) }),
      ...(archived === undefined ? {} : { archived: archived === true }),
    };
  };
  const WRITABLE = ['name', 'description', 'status', 'archived'];
  const sorted = (): PbEntity[] => [...state.entities.values()].sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0));
  const configuration = (type: string): object => ({
    type,
    fields: {
      name: { id: 'name', name: 'Name', path: '/fields/name', schema: { type: 'string' }, constraints: { maxLength: 255, required: true } },
      description: { id: 'description', name: 'Description', path: '/fields/description', schema: { type: 'string' }, constraints: { maxSize: LONGEST } },
      status: { id: 'status', name: 'Status', path: '/fields/status', schema: { type: 'object' }, values: { data: state.statuses.map(({ id, name }) => ({ id, name, assignedEntityTypes: ['feature', 'subfeature'] })) } },
      archived: { id: 'archived', name: 'Archived', path: '/fields/archived', schema: { type: 'boolean' } },
    },
    relationships: { parent: { targetType: ['product', 'component'], cardinality: 'single', mandatory: options.parents } },
    links: { self: `${options.url()}/v2/entities/configurations/${type}` },
  });

  return {
    'GET /v2/entities/configurations/:type': guard('entities:read', ({ params }) => {
      if (!TYPES.includes(params['type'] ?? '')) throw pbError(404, 'resource.notFound', 'There is no such type');
      return { status: 200, body: { data: configuration(params['type'] ?? '') } };
    }),

    'GET /v2/entities/fields/:id/values': guard('entities:read', ({ params, path, query }) => {
      if (params['id'] !== 'status') throw pbError(404, 'resource.notFound', 'There is no such field');
      return pageOf(options.url(), path, state.statuses.map(({ id, name }) => ({ id, fields: { name, assignedEntityTypes: ['feature', 'subfeature'] } })), query);
    }),

    // the name is looked for within names; there is no filter by time
    'GET /v2/entities': guard('entities:read', ({ path, query }) => {
      const types = query.getAll('type[]');
      const [name, archived, status, parent] = [query.get('name')?.toLowerCase(), query.get('archived'), query.get('status[id]'), query.get('parent[id]')];
      const found = sorted().filter(
        (entity) =>
          (types.length === 0 || types.includes(entity.type)) &&
          (name === undefined || entity.name.toLowerCase().includes(name)) &&
          (archived === null || String(entity.archived) === archived) &&
          (status === null || entity.status?.id === status) &&
          (parent === null || entity.parent === parent),
      );
      return pageOf(options.url(), path, found.map((entity) => body(entity, wantedIn(query))), query);
    }),

    // a filter by name is ignored here
    'POST /v2/entities/search': guard('entities:read', ({ path, query, body: given }) => {
      const { filter = {}, return: returned = {} } = fieldsOf(fieldsOf(given, '', ['data'])['data'] ?? {}, '/data', ['filter', 'return']);
      const { type, id, updatedAt, ...others } = fieldsOf(filter, '/data/filter', ['type', 'id', 'createdAt', 'updatedAt', 'fields', 'relationships', 'metadata']);
      for (const name of ['createdAt', 'relationships', 'metadata']) if (name in others) throw pbError(501, 'simulator', `This simulator does not filter by ${name}`, `/data/filter/${name}`);
      const from = isRecord(updatedAt) ? updatedAt['from'] : undefined;
      const { fields } = fieldsOf(returned, '/data/return', ['fields']);
      const found = sorted().filter(
        (entity) => (!Array.isArray(type) || type.includes(entity.type)) && (!Array.isArray(id) || id.includes(entity.id)) && (typeof from !== 'string' || Date.parse(entity.updatedAt) >= Date.parse(from)),
      );
      const wanted = fields === 'all' ? 'all' : Array.isArray(fields) ? fields.map(String) : 'default';
      return pageOf(options.url(), path, found.map((entity) => body(entity, wanted)), query);
    }),

    'POST /v2/entities': guard('entities:write', ({ body: given }) => {
      const { type, fields, relationships } = fieldsOf(fieldsOf(given, '', ['data'])['data'], '/data', ['type', 'fields', 'relationships', 'metadata']);
      if (type !== 'feature' && type !== 'subfeature' && type !== 'component' && type !== 'product') throw invalid('/data/type', 'Not a type');
      const values = change(fieldsOf(fields, '/data/fields', WRITABLE));
      const [parent] = (Array.isArray(relationships) ? relationships : []).flatMap((one: unknown) => (isRecord(one) && one['type'] === 'parent' && isRecord(one['target']) ? [String(one['target']['id'])] : []));
      return { status: 201, body: { data: reference(desk.create(type, { ...values, name: values.name ?? text(undefined, '/data/fields/name', 255) }, parent)) } };
    }),

    'GET /v2/entities/:id': guard('entities:read', ({ params, query }) => ({ status: 200, body: { data: body(find(params['id']), wantedIn(query)) } })),

    // the answer says neither the value that was kept nor when
    'PATCH /v2/entities/:id': guard('entities:write', ({ params, body: given }) => {
      const entity = find(params['id']);
      const data = fieldsOf(fieldsOf(given, '', ['data'])['data'], '/data', ['fields', 'patch', 'metadata']);
      if ('fields' in data && 'patch' in data) throw invalid('/data/patch', 'Either fields or patch is expected');
      for (const name of ['patch', 'metadata']) if (name in data) throw pbError(501, 'simulator', `This simulator takes no ${name}`, `/data/${name}`);
      const { fields } = data;
      return { status: 200, body: { data: reference(desk.update(entity, change(fieldsOf(fields, '/data/fields', WRITABLE)))) } };
    }),

    'DELETE /v2/entities/:id': guard('entities:delete', ({ params }) => {
      desk.remove(find(params['id']));
      return { status: 204 };
    }),
  };
}

const PAGE = 100;

/** A page of a list, with the address of the next. */
export function pageOf(url: string, path: string, all: readonly object[], query: URLSearchParams): Answer {
  const from = cursorOf(query.get('pageCursor'));
  const next = new URLSearchParams(query);
  next.set('pageCursor', Buffer.from(String(from + PAGE)).toString('base64url'));
  return { status: 200, body: { data: all.slice(from, from + PAGE), links: { next: all.length > from + PAGE ? `${url}${path}?${next}` : null } } };
}

function cursorOf(cursor: string | null): number {
  const from = cursor === null ? 0 : Number(Buffer.from(cursor, 'base64url').toString());
  if (!Number.isInteger(from)) throw pbError(400, 'request.invalid', 'The cursor is not valid', 'pageCursor');
  return from;
}

function wantedIn(query: URLSearchParams): 'default' | 'all' | readonly string[] {
  const fields = query.getAll('fields[]');
  return fields.includes('all') ? 'all' : fields.length > 0 ? fields : 'default';
}

function tagId(name: string): string {
  const hex = Buffer.from(name.padEnd(16, '.')).toString('hex').slice(0, 32);
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  if (!UUID.test(id)) throw new Error(`${name} has no id`);
  return id;
}
