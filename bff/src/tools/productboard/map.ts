import type { Item, Place, Status } from '@tandem/shared/item';
import { UpstreamError } from '../../errors.ts';
import { toMarkdown } from '../../text/to-markdown.ts';
import { refusalOf } from '../record.ts';
import type { PbEntity, PbStatus } from './api.ts';

/** A workspace is one place: features move between products and components, and keep their id. */
export const PLACE = 'features';

export function placeAt({ base }: { readonly base: string }): Place {
  return { id: PLACE, name: `Features of ${new URL(base).host}`, url: base };
}

/** Names under which people put what is over. Productboard's API does not say which statuses are. */
const OVER = /\b(?:done|complete|completed|released|shipped|launched|delivered|live|closed|declined|rejected|cancell?ed|archived|won.t do|not planned)\b/i;

export function statusOf({ id, fields }: PbStatus): Status {
  return { id, name: fields.name, kind: OVER.test(fields.name) ? 'closed' : 'open' };
}

/** A feature in our shape. It has no number that people would call it by: the beginning of its id stands for one. */
export function itemOf(site: { readonly id: string; readonly base: string }, { id, fields, links, updatedAt }: PbEntity): Item {
  const status = fields.status ? statusOf({ id: fields.status.id, fields: { name: fields.status.name } }) : ({ id: '', name: 'No status', kind: 'open' } as const);
  const { owner, tags, timeframe } = fields;
  return {
    ref: { tool: 'productboard', site: site.id, place: PLACE, id },
    key: `feature ${id.slice(0, 8)}`,
    url: links?.html ?? `${site.base}/entity-detail/features/${id}`,
    title: fields.name ?? '',
    description: toMarkdown(fields.description ?? ''),
    status: fields.archived ? { ...status, kind: 'closed' } : status,
    labels: (tags ?? []).map(({ name }) => ({ name })).sort((a, b) => (a.name < b.name ? -1 : 1)),
    assignees: owner ? [{ id: owner.id, name: owner.email, username: owner.email }] : [],
    ...(timeframe?.endDate && timeframe.granularity === 'day' ? { due: timeframe.endDate } : {}),
    updatedAt,
  };
}

/** What the text embeds that only Productboard's editor can show: to leave out such a link is to delete what it stands for. https://developer.productboard.com/changelog/2026-09-21 */
export function embedsIn(html: string): string[] {
  return [...html.matchAll(/\bhref="(urn:pb:node:[^"]+)"/g)].map(([, urn = '']) => urn);
}

/** For a `catch`: what Productboard does not allow, with the scope that it takes. Nobody can ask which scopes a token has. */
export function needs(scope: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof UpstreamError) || error.upstreamStatus !== 403) throw error;
    throw new UpstreamError(error.tool, 403, { message: `Productboard does not allow this token to do that. It needs the scope ${scope}: make a token that has it, and connect it.`, cause: error });
  };
}

const OUR_FIELD = new Map([['name', 'title'], ['description', 'description'], ['status', 'status']]);

/** Productboard's refusal of a write as sentences for people: `{errors: [{code, title, detail, source: {pointer}}]}`. https://developer.productboard.com/reference/errors */
export const refused = refusalOf('Productboard', [400, 422], (body) => {
  const { errors } = (typeof body === 'object' && body !== null ? body : {}) as { errors?: unknown };
  return (Array.isArray(errors) ? (errors as unknown[]) : []).map((one) => {
    const { detail, title, source } = (typeof one === 'object' && one !== null ? one : {}) as { detail?: unknown; title?: unknown; source?: { pointer?: unknown } | null };
    const pointer = typeof source?.pointer === 'string' ? source.pointer : '';
    return { field: OUR_FIELD.get(/^\/data\/fields\/(\w+)/.exec(pointer)?.[1] ?? ''), text: [detail, title].find((text): text is string => typeof text === 'string' && text !== '') ?? 'It gave no reason' };
  });
});
