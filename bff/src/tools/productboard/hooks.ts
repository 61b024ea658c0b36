import { createHash } from 'node:crypto';
import { z } from 'zod';
import { sameText } from '../../crypto.ts';
import { parseJson } from '../../http.ts';
import type { Hooks } from '../../ports.ts';
import * as api from './api.ts';

const Event = z.object({ data: z.object({ id: z.string().optional(), eventType: z.string() }) });
/** Subfeatures have no events of their own: they come as features. */
const EVENTS = ['feature.updated', 'feature.deleted'];

/**
 * Webhooks of a workspace. A delivery repeats what we gave for `Authorization`; it has no id, no time, no signature, and says which feature, not what it now is.
 * It is sent again eight times, over two days; then a webhook may be dead, which nobody can see from outside. https://developer.productboard.com/reference/webhooks
 */
export const hooks: Hooks = {
  maxBytes: 256 * 1024,
  unseen: true,

  /** None can be changed, and none shows its secret: one that we do not know by its id is made anew. */
  async ensure(access, { url, secret, remoteId }) {
    const ours = (await api.webhooks(access)).filter(({ id, fields }) => fields.notification.url === url || id === remoteId);
    const known = ours.find(({ id, fields }) => id === remoteId && fields.notification.url === url && EVENTS.every((event) => fields.events.some(({ eventType }) => eventType === event)));
    const made = known?.id ?? (await api.createWebhook(access, { name: 'Tandem', events: EVENTS.map((eventType) => ({ eventType })), notification: { url, version: 1, headers: { authorization: shownFor(secret) } } }));
    for (const { id } of ours) if (id !== made) await api.deleteWebhook(access, id);
    return { remoteId: made };
  },

  remove: (access, { remoteId }) => api.deleteWebhook(access, remoteId),

  list: async (access) => (await api.webhooks(access)).map(({ id, fields }) => ({ remoteId: id, url: fields.notification.url })),

  proof(headers, secrets) {
    const given = headers['authorization'] ?? '';
    return { update: () => undefined, holds: () => secrets.map((secret) => sameText(shownFor(secret), given)).includes(true) };
  },

  parse(raw, _headers, { site, place }) {
    const read = Event.safeParse(parseJson(raw.toString('utf8')));
    if (!read.success) return { hints: [], event: 'unknown', ignored: 'The body is no Productboard event.' };
    const { id, eventType: event } = read.data.data;
    if (!event.startsWith('feature.')) return { hints: [], event, ignored: 'The event changes no feature.' };
    if (!id || !api.isUuid(id)) return { hints: [], event, ignored: 'The event names no feature.' };
    return { event, hints: [{ kind: event === 'feature.deleted' ? 'gone' : 'changed', ref: { tool: 'productboard', site, place, id } }] };
  },
};

/** What Productboard gets to know of a secret of ours: all that it shows when it calls. */
export function shownFor(secret: string): string {
  return `Bearer ${createHash('sha256').update(`productboard ${secret}`).digest('base64url')}`;
}
