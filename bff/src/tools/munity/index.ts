import type { Item, PlaceInfo } from '@tandem/shared/item';
import { UpstreamError } from '../../errors.ts';
import type { MunityConfig } from '../../munity-config.ts';
import type { Access, Tool } from '../../ports.ts';
import * as api from './api.ts';
import { memberOf } from './customer.ts';
import { itemOf, kindOf, personOf, type Names } from './map.ts';
import { openRows } from './rows.ts';

/** Names change rarely: statuses and people are asked for once in a while per customer. */
const FRESH = 60_000;
const FOUND = 25;
/** A search looks through so many pages of tickets before it answers with what it has. */
const LOOKED_THROUGH = 5;
/** Webhooks may get lost, and Munity itself only hears of changes when it imports. */
const RECONCILE = 15 * 60_000;

/** A tool behind Munity (`munity:jira`), for one customer: its tickets, read through Munity's common shape. They are read-only unless a setting says how they are written. */
export function munity(connector: string, site: string, config: MunityConfig, now: () => number): Tool | undefined {
  if (!memberOf(site) || !config.connectors.includes(connector)) return undefined;
  const id = `munity:${connector}`;
  const name = connector.charAt(0).toUpperCase() + connector.slice(1);
  const base = `${config.api}/v1/customers`;
  const writing = config.writes[connector];
  const rows = openRows(connector, name, now);
  let known: { readonly names: Promise<Names>; readonly until: number } | undefined;
  let uuid: string | undefined;

  /** Munity's id of the customer, where it wants that: as it said at the sign-in, or as it says now. */
  const uuidOf = async (access: Access): Promise<string> => {
    const { id: told } = access.person;
    if (told !== '' && told !== site) return told;
    // Whoever is signing in may be a new customer to Munity.
    uuid = (told === '' ? undefined : uuid) ?? (await api.customerId(access, site));
    if (uuid === undefined) throw new UpstreamError('munity', 502, { message: 'Munity does not list this customer, so its own id of it is not known. Whoever runs Tandem can set MUNITY_CUSTOMER_ID to ours.' });
    return uuid;
  };
  const placeOf = async (access: Access): Promise<api.Place> => ({ access, customer: config.customerId === 'uuid' ? await uuidOf(access) : site, paths: config.paths });

  const askNames = async (at: api.Place): Promise<Names> => {
    const [statuses, users] = await Promise.all([optional(api.statuses(at)), optional(api.users(at))]);
    return { statuses: new Map(statuses.map((status) => [status.id, status])), users: new Map(users.map((user) => [user.id, user])) };
  };
  /** One asks for all who want to know meanwhile. */
  const namesFor = async (at: api.Place): Promise<Names> => {
    if (!known || known.until <= now()) known = { names: askNames(at), until: now() + FRESH };
    const asked = known;
    try {
      return await asked.names;
    } catch (error) {
      if (known === asked) known = undefined;
      throw error;
    }
  };
  const itemFrom = async (at: api.Place, issue: api.MunityIssue): Promise<Item> => itemOf(id, site, connector, issue, await namesFor(at), config.fields);

  const read: Tool['read'] = async (access, ref) => {
    if (ref.place !== connector) return undefined;
    const at = await placeOf(access);
    const found = await rows.find(at, ref.id);
    return found && itemFrom(at, found);
  };

  const info = (): PlaceInfo => ({ id: connector, name, url: '', statuses: [], labels: [], members: [], can: { create: false, write: writing !== undefined, hook: false } });

  const tool: Tool = {
    id,
    name,
    noun: 'ticket',
    connector,
    site: { id: site, base, api: base },
    signIn: { kind: 'token', fields: [], headers: () => ({ authorization: `${config.scheme} ${config.apiKey}` }) },
    told: { every: RECONCILE, synced: async (access) => rows.syncedAt(await placeOf(access)) },

    /** Munity does not say who granted access: whoever began the sign-in knows better. */
    async me(access) {
      const at = await placeOf(access);
      await api.projects(at);
      return { person: { id: at.customer, name, username: '' } };
    },

    async places(access, q) {
      const words = q.trim().toLowerCase();
      const all = await api.projects(await placeOf(access));
      return all.filter((project) => project.name.toLowerCase().includes(words)).slice(0, 50).map((project) => ({ id: project.id, name: project.name, url: project.url ?? '' }));
    },

    /** There as long as Munity lists anything of it: what a connection brought goes with it, and nobody tells. */
    place: async (access, place) => (place === connector && (await rows.any(await placeOf(access))) ? info() : undefined),

    async describe(access) {
      const { statuses, users } = await namesFor(await placeOf(access));
      return { ...info(), statuses: [...statuses.values()].map((status) => ({ id: status.id, name: status.name, kind: kindOf(status) })), members: [...users.values()].slice(0, 100).map(personOf) };
    },

    /** Munity documents no search: pages are looked through, as many as a person waits for. */
    async search(access, { q = '', place: project, state, cursor }) {
      const words = q.trim().toLowerCase().split(/\s+/).filter(Boolean);
      const at = await placeOf(access);
      const items = new Map<string, Item>();
      let next = cursor && Buffer.from(cursor, 'base64url').toString('utf8');
      for (let looked = 0; looked < LOOKED_THROUGH; looked += 1) {
        const page = await api.issuePage(at, { next, project });
        for (const issue of await rows.of(at, page.rows)) {
          if (project !== undefined && issue.project_id !== project) continue;
          const item = await itemFrom(at, issue);
          const text = `${item.key} ${item.title} ${item.description}`.toLowerCase();
          if ((state === 'all' || item.status.kind === state) && words.every((word) => text.includes(word))) items.set(issue.external_id, item);
        }
        ({ next } = page);
        if (next === undefined || items.size >= FOUND) break;
      }
      return { items: [...items.values()], ...(next === undefined ? {} : { next: Buffer.from(next).toString('base64url') }) };
    },

    async locate(access, url) {
      const at = await placeOf(access);
      for await (const page of rows.all(at)) {
        const found = page.find((issue) => issue.url === url);
        if (found) return (await itemFrom(at, found)).ref;
      }
      return undefined;
    },
    read,

    /** Everything, whatever `since` says: Munity's own time stamps are those of its imports. */
    async *changes(access) {
      const at = await placeOf(access);
      for await (const page of rows.all(at)) yield await Promise.all(page.map((issue) => itemFrom(at, issue)));
    },

    rights: () => (writing ? { fields: (Object.keys(writing.body) as (keyof typeof writing.body)[]) } : { fields: [], reason: `Tandem only shows what is in ${name}. Change it there.` }),
  };
  if (!writing) return tool;
  return {
    ...tool,
    async write(access, ref, patch) {
      const before = await read(access, ref);
      if (!before?.alias) throw api.notThere('ticket');
      const { customer } = await placeOf(access);
      const body = Object.fromEntries(Object.entries(writing.body).flatMap(([field, theirs]) => (theirs && patch[field as keyof typeof patch] !== undefined ? [[theirs, patch[field as keyof typeof patch]]] : [])));
      const path = writing.path.replaceAll('{customer}', encodeURIComponent(customer)).replaceAll('{id}', encodeURIComponent(before.alias));
      const root = '/v1/customers';
      if (!path.startsWith(`${root}/${encodeURIComponent(customer)}/`)) throw new UpstreamError('munity', 400, { message: `MUNITY_WRITES must lead below /v1/customers/{customer}. Whoever runs Tandem can correct it.` });
      await access.request({ method: writing.method, path: path.slice(root.length), body });
      const after = await read(access, ref);
      if (!after) throw api.notThere('ticket');
      return after;
    },
  };
}

/** A resource that this Munity does not have (404) has nothing in it. */
async function optional<T>(rows: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await rows;
  } catch (error) {
    if (error instanceof UpstreamError && error.upstreamStatus === 404) return [];
    throw error;
  }
}
