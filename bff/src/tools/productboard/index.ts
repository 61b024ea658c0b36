import type { Item, ItemPatch } from '@tandem/shared/item';
import type { Ref } from '@tandem/shared/ref';
import { TandemError } from '../../errors.ts';
import { siteAt } from '../../http.ts';
import type { Access, Tool } from '../../ports.ts';
import { toHtml } from '../../text/to-html.ts';
import { refuse } from '../issue.ts';
import * as api from './api.ts';
import { columnsAt } from './columns.ts';
import { hooks } from './hooks.ts';
import { embedsIn, itemOf, needs, PLACE, placeAt, refused, statusOf } from './map.ts';

const LONGEST_NAME = 255;

/** Productboard: the features of a workspace, addressed by their UUID. A site is a workspace (`acme.productboard.com`); all share one API. */
export function productboard(settings: { url: string; api?: string }): Tool {
  const site = { ...siteAt(settings.url, ''), api: `${settings.api ?? 'https://api.productboard.com'}/v2` };

  const read = async (access: Access, ref: Ref): Promise<Item | undefined> => {
    const entity = ref.place === PLACE ? await api.entity(access, ref.id) : undefined;
    return entity && itemOf(site, entity);
  };

  return {
    id: 'productboard',
    name: 'Productboard',
    noun: 'feature',
    site,
    hooks,
    columns: columnsAt(site.api),
    rights: () => ({ fields: ['title', 'description', 'status'], reason: 'Tags and owners are changed in Productboard.' }),
    signIn: {
      kind: 'token',
      fields: [{ name: 'token', label: 'API token', help: 'A public API access token of your workspace: Settings, Integrations, Public APIs.', helpUrl: `${site.base}/settings/integrations` }],
      headers: (fields) => ({ authorization: `Bearer ${(fields['token'] ?? '').trim()}` }),
    },

    /** Productboard tells nobody whose token it is; which workspace it is of can be read off the address of any feature. */
    async me(access) {
      const [first] = (await api.list(access, {})).items;
      const there = first?.links?.html ? new URL(first.links.html).origin : undefined;
      if (there !== undefined && there !== new URL(site.base).origin) throw new TandemError('invalid_input', `This token is of another workspace: ${there}. Name that address as the site, or paste a token of ${site.base}.`);
      return { person: { id: 'token', name: `API token of ${new URL(site.base).host}`, username: 'api-token' } };
    },

    async places(_access, q) {
      const place = placeAt(site);
      return place.name.toLowerCase().includes(q.trim().toLowerCase()) ? [place] : [];
    },

    place: async (access, id) => (id === PLACE && (await api.readsFeatures(access)) ? placeAt(site) : undefined),

    async describe(access, place) {
      if (place !== PLACE) throw api.notThere('place');
      return { ...placeAt(site), statuses: (await api.statuses(access)).map(statusOf), labels: [], members: [], can: { create: false, write: true, hook: true } };
    },

    /** By name. Nobody knows whose token it is, so nothing is anybody's own. */
    async search(access, { q = '', state, mine, cursor }) {
      if (mine) return { items: [] };
      const name = q.trim();
      const { items, next } = await api.list(access, { ...(name ? { name } : {}), ...(state === 'open' ? { archived: false } : {}), ...(cursor === undefined ? {} : { cursor }) });
      return { items: items.map((entity) => itemOf(site, entity)).filter((item) => state === 'all' || item.status.kind === state), ...(next === undefined ? {} : { next }) };
    },

    async locate(_access, url) {
      if (!URL.canParse(url)) return undefined;
      const { origin, pathname } = new URL(url);
      const id = origin === new URL(site.base).origin ? /^\/entity-detail\/features\/([\da-f-]{36})\/?$/i.exec(pathname)?.[1] : undefined;
      return id !== undefined && api.isUuid(id) ? { tool: 'productboard', site: site.id, place: PLACE, id: id.toLowerCase() } : undefined;
    },

    read,

    async *changes(access, place, since) {
      if (place !== PLACE) throw api.notThere('place');
      for await (const entities of api.changed(access, since)) yield entities.map((entity) => itemOf(site, entity));
    },

    async write(access, ref, patch) {
      const before = ref.place === PLACE ? await api.entity(access, ref.id) : undefined;
      if (!before) throw api.notThere('feature');
      const fields = fieldsFor(patch, itemOf(site, before), before.fields.description ?? '');
      if (Object.keys(fields).length === 0) return itemOf(site, before);
      await api.update(access, ref.id, fields).catch(needs('entities:write')).catch(refused);
      const after = await api.entity(access, ref.id);
      if (!after) throw api.notThere('feature');
      // Its answer does not say what the write came to. What reads otherwise right after it was changed by somebody else meanwhile, and is found by the next look.
      const { name = after.fields.name, status, description } = fields;
      const drafted = description !== undefined && after.fields.description === before.fields.description ? { description } : {};
      const kept = status && status.id !== after.fields.status?.id ? (await api.statuses(access)).find(({ id }) => id === status.id) : undefined;
      return itemOf(site, { ...after, fields: { ...after.fields, ...drafted, name, ...(kept ? { status: { id: kept.id, name: kept.fields.name } } : {}) } });
    },
  };
}

/** What to write: nothing that is there already, since the editor would print it anew, and no description without what the one before embeds. */
function fieldsFor({ title, description, status, labels, assignees }: ItemPatch, now: Item, html: string): api.EntityFields {
  if (labels) refuse('labels', 'Tags are changed in Productboard.');
  if (assignees) refuse('assignees', 'Owners are changed in Productboard.');
  if (title !== undefined && title.trim() === '') refuse('title', 'A feature needs a name.');
  if (title !== undefined && title.length > LONGEST_NAME) refuse('title', `Productboard takes names of at most ${LONGEST_NAME} characters. Shorten it.`);
  if (status === '') refuse('status', 'A feature cannot lose its status. Choose one.');
  const rich = description === undefined || description === now.description ? undefined : toHtml(description);
  const lost = rich === undefined ? [] : embedsIn(html).filter((urn) => !rich.includes(`href="${urn}"`));
  if (lost.length > 0) refuse('description', `This description holds ${lost.length === 1 ? 'something' : `${lost.length} things`} that only Productboard can show, and the new text would delete ${lost.length === 1 ? 'it' : 'them'}. Keep the links to “urn:pb:node:…”, or change the text in Productboard.`);
  return {
    ...(title === undefined || title === now.title ? {} : { name: title }),
    ...(rich === undefined ? {} : { description: rich }),
    ...(status === undefined || status === now.status.id ? {} : { status: { id: status } }),
  };
}
