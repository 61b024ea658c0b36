import type { CreateBody, ItemsAnswer, ItemsQuery, PlacesAnswer } from '@tandem/shared/api';
import type { Item, PlaceInfo } from '@tandem/shared/item';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Member } from '../jwt.ts';
import { MIRO } from '../miro/sign-in.ts';
import type { Access, Tool } from '../ports.ts';

/** A tool at its site, and the caller's own access there. */
export interface OwnAccess {
  readonly tool: Tool;
  readonly access: Access;
}

/** Items and places as the caller's own account sees them. */
export interface Items {
  own(member: Member, tool: string, site: string): Promise<OwnAccess>;
  places(member: Member, tool: string, site: string, q: string): Promise<PlacesAnswer>;
  place(member: Member, tool: string, site: string, place: string): Promise<PlaceInfo>;
  search(member: Member, tool: string, site: string, query: ItemsQuery): Promise<ItemsAnswer>;
  create(member: Member, tool: string, site: string, place: string, draft: CreateBody): Promise<Item>;
}

const FRESH = 60_000;
const MOST = 500;

/** Reads and creates items for members. What a place offers is remembered for a minute per member. */
export function openItems(deps: Pick<Deps, 'accounts' | 'store' | 'tools' | 'now'>): Items {
  const described = new Map<string, { info: PlaceInfo; until: number }>();

  const own = async (member: Member, toolId: string, site: string): Promise<OwnAccess> => {
    const tool = deps.tools.at(toolId, site);
    if (!tool) throw new TandemError('not_found', `${toolId} at ${site} is not configured here.`);
    if (tool.connector && !deps.tools.personal(member).includes(tool)) throw new TandemError('forbidden', await notYours(tool, member.team));
    return { tool, access: await deps.accounts.access({ ...member, tool: toolId, site }) };
  };

  /** Behind Munity everybody sees with their own connection only, and connecting would not help. */
  const notYours = async (tool: Tool, team: string): Promise<string> => {
    const [account] = await deps.store.accounts.bySite(team, tool.id, tool.site.id);
    const miro = account && (await deps.store.accounts.get({ team, user: account.user, tool: MIRO.tool, site: MIRO.site }));
    const follows = `This card follows ${tool.name} through the connection of ${miro?.person.name ?? 'a colleague'}`;
    return tool.write ? `${follows}, so only they can change it here. Open it in ${tool.name} to change it yourself.` : `${follows}, and Tandem only shows it. Open it in ${tool.name} to change it.`;
  };

  const place = async (member: Member, toolId: string, site: string, id: string): Promise<PlaceInfo> => {
    const { tool, access } = await own(member, toolId, site);
    const key = JSON.stringify([member.team, member.user, toolId, site, id]);
    const hit = described.get(key);
    if (hit && hit.until > deps.now()) return hit.info;
    const info = await tool.describe(access, id);
    if (described.size >= MOST) described.clear();
    described.set(key, { info, until: deps.now() + FRESH });
    return info;
  };

  return {
    own,
    place,
    async places(member, toolId, site, q) {
      const { tool, access } = await own(member, toolId, site);
      return { places: await tool.places(access, q) };
    },
    async search(member, toolId, site, query) {
      const { tool, access } = await own(member, toolId, site);
      const { q, cursor } = query;
      if (q && URL.canParse(q) && /^https?:/.test(q)) {
        const ref = await tool.locate(access, q);
        const item = ref && (await tool.read(access, ref));
        return { items: item ? [item] : [] };
      }
      return tool.search(access, {
        state: query.state ?? 'all',
        mine: query.mine === 'true',
        ...(q ? { q } : {}),
        ...(query.place ? { place: query.place } : {}),
        ...(cursor ? { cursor } : {}),
      });
    },
    async create(member, toolId, site, placeId, draft) {
      const { tool, access } = await own(member, toolId, site);
      if (!tool.create) throw new TandemError('tool_refused', `Tandem cannot create a ${tool.noun} in ${tool.name}. Create it there and search for it here.`);
      const labels = draft.labels ?? [];
      const item = await tool.create(access, placeId, { title: draft.title, description: draft.description ?? '', labels, assignees: draft.assignees ?? [] });
      described.delete(JSON.stringify([member.team, member.user, toolId, site, placeId]));
      return item;
    },
  };
}
