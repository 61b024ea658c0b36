import type { OrphansAnswer } from '@tandem/shared/integrations';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Member } from '../jwt.ts';
import type { Access, Tool } from '../ports.ts';
import type { Watch } from '../store/store.ts';
import { columnGroup, columnTag } from '../sync/column-names.ts';
import { ensureTask } from '../sync/keys.ts';
import type { Items, OwnAccess } from './items.ts';

/** What this Tandem made elsewhere and does not know any more. */
export interface Orphans {
  /** Columns of a site, and webhooks at the places there that the team has anything to do with. */
  orphans(member: Member, tool: string, site: string): Promise<OrphansAnswer>;
  removeOrphan(member: Member, tool: string, site: string, kind: 'column' | 'webhook', id: string): Promise<void>;
}

type Orphan = OrphansAnswer['orphans'][number] & { readonly place: string };

const PAGE = 200;

/** Opens it over the store and the tools. */
export function openOrphans({ store, config }: Pick<Deps, 'store' | 'config'>, items: Pick<Items, 'own'>): Orphans {
  /** Columns that integrations have, and what a column is recognised by that is being made at this moment. */
  const known = async (): Promise<{ readonly columns: ReadonlySet<string>; readonly tags: readonly string[] }> => {
    const [columns, tags]: [Set<string>, string[]] = [new Set(), []];
    for (let after = ''; ; ) {
      const page = await store.integrations.page(after, PAGE);
      for (const { id, column, state } of page) {
        if (column !== undefined) columns.add(column);
        if (state === 'setting') tags.push(columnTag(id));
      }
      const last = page.at(-1);
      if (!last || page.length < PAGE) return { columns, tags };
      after = last.id;
    }
  };

  /** A column's group tells at which address Tandem ran when it made it: ours are those of today's address, and of any that a known column tells of. */
  const columnsLeft = async (tool: Tool, access: Access): Promise<Orphan[]> => {
    if (!tool.columns) return [];
    const [ours, there] = [await known(), await tool.columns.list(access)];
    const groups = new Set([columnGroup(config.url), ...there.filter(({ id }) => ours.columns.has(id)).map(({ group }) => group)]);
    return there.flatMap(({ id, name, group }) => (groups.has(group) && !ours.columns.has(id) && !ours.tags.some((tag) => name.includes(tag)) ? [{ kind: 'column', id, name, place: '' }] : []));
  };

  const inHand = async (watch: Watch): Promise<boolean> => (await store.tasks.get(ensureTask(watch, 0, '').key))?.dead === false;

  /** A webhook is ours that calls today's address of Tandem, or any address that ends in the unguessable id of a watch. */
  const hooksLeft = async ({ team }: Member, tool: Tool, access: Access): Promise<Orphan[]> => {
    if (!tool.hooks) return [];
    const ends = (await store.integrations.byTeam(team)).flatMap(({ left, right }) => [left, right]).filter((end) => end.tool === tool.id && end.site === tool.site.id);
    const found: Orphan[] = [];
    for (const place of new Set([...ends, ...(await store.watches.bySite(team, tool.id, tool.site.id))].map((one) => one.place))) {
      for (const { remoteId, url } of await seen(tool.hooks.list(access, place))) {
        const path = `/hooks/${tool.id}/`;
        const [base = '', id = ''] = url.split(path);
        const watch = id === '' ? undefined : await store.watches.get(id);
        if (!(base === config.url && id !== '') && !watch) continue;
        if (watch?.remoteId !== remoteId && !(watch && (await inHand(watch)))) found.push({ kind: 'webhook', id: remoteId, name: `A webhook that calls ${base === config.url ? 'this Tandem' : `Tandem at ${base}`} (${remoteId.slice(0, 8)})`, place });
      }
    }
    return found;
  };

  const left = async (member: Member, toolId: string, site: string): Promise<OwnAccess & { readonly found: readonly Orphan[] }> => {
    const own = await items.own(member, toolId, site);
    return { ...own, found: [...(await columnsLeft(own.tool, own.access)), ...(await hooksLeft(member, own.tool, own.access))] };
  };

  return {
    async orphans(member, tool, site) {
      return { orphans: (await left(member, tool, site)).found.map(({ kind, id, name }) => ({ kind, id, name })) };
    },

    async removeOrphan(member, toolId, site, kind, id) {
      const { tool, access, found } = await left(member, toolId, site);
      const orphan = found.find((one) => one.kind === kind && one.id === id);
      if (!orphan) throw new TandemError('not_found', 'There is nothing of that kind that nobody knows any more.');
      if (kind === 'column') await tool.columns?.remove(access, id);
      else await tool.hooks?.remove(access, { place: orphan.place, remoteId: id });
    },
  };
}

/** What the account may see of a place; nothing of one that it may not. */
async function seen<T>(asked: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof TandemError && (error.code === 'forbidden' || error.code === 'not_found')) return [];
    throw error;
  }
}
