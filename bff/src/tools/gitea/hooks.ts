import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { sameText } from '../../crypto.ts';
import { parseJson } from '../../http.ts';
import type { Hooks } from '../../ports.ts';
import * as api from './api.ts';

/** What a hook is subscribed to; a comment moves an issue's time of change. */
const EVENTS = ['issues', 'issue_assign', 'issue_label', 'issue_milestone', 'issue_comment'];

/** The parts of an event that we read. https://docs.gitea.com/usage/webhooks */
const IssueEvent = z.object({
  action: z.string(),
  issue: z.object({ number: z.int().positive(), pull_request: z.looseObject({}).nullish() }),
  repository: z.object({ full_name: z.string() }),
});

/**
 * Webhooks of Gitea repositories. A delivery carries the hex HMAC-SHA256 of its raw body in `X-Gitea-Signature`, and is never sent twice.
 * A deletion is told. A change of the due date is not.
 */
export const hooks: Hooks = {
  maxBytes: 4 * 1024 * 1024,

  async ensure(access, { place, url, secret, remoteId }) {
    const wanted = { active: true, events: EVENTS, config: { url, content_type: 'json', secret } };
    const found = await api.hooks(access, place);
    const known = found.find((hook) => String(hook.id) === remoteId);
    if (known) {
      const complete = known.active && known.config?.url === url && EVENTS.every((event) => known.events?.includes(event));
      if (!complete) await api.saveHook(access, place, known.id, wanted);
      return { remoteId: String(known.id) };
    }
    // The secret of an existing hook can neither be read nor changed: one that we do not know is replaced.
    for (const hook of found) if (hook.config?.url === url) await api.deleteHook(access, place, String(hook.id));
    const made = await api.saveHook(access, place, undefined, { type: 'gitea', ...wanted });
    return { remoteId: String(made.id) };
  },

  remove: (access, { place, remoteId }) => api.deleteHook(access, place, remoteId),

  list: async (access, place) => (await api.hooks(access, place)).map(({ id, config }) => ({ remoteId: String(id), url: config?.url ?? '' })),

  proof(headers, secrets) {
    const given = headers['x-gitea-signature'];
    const macs = given && /^[0-9a-f]{64}$/.test(given) ? secrets.map((secret) => createHmac('sha256', secret)) : [];
    return {
      update: (chunk) => macs.forEach((mac) => mac.update(chunk)),
      holds: () => macs.map((mac) => sameText(mac.digest('hex'), given ?? '')).includes(true),
    };
  },

  parse(raw, headers, { site, place }) {
    const deliveryId = headers['x-gitea-delivery'];
    const event = headers['x-gitea-event-type'] ?? headers['x-gitea-event'] ?? 'unknown';
    const told = { event, ...(deliveryId ? { deliveryId } : {}) };
    const ignored = (why: string) => ({ ...told, hints: [], ignored: why });

    const body = IssueEvent.safeParse(parseJson(raw.toString('utf8')));
    if (!body.success) return ignored(event.startsWith('issue') ? 'The body names no issue.' : `Events of kind “${event.slice(0, 40)}” change no issue.`);
    const { action, issue, repository } = body.data;
    if (issue.pull_request) return ignored('The event is about a pull request.');
    if (repository.full_name.toLowerCase() !== place.toLowerCase()) return { ...told, hints: [{ kind: 'place' }] };
    const gone = action === 'deleted' && event !== 'issue_comment';
    return { ...told, hints: [{ kind: gone ? 'gone' : 'changed', ref: { tool: 'gitea', site, place, id: String(issue.number) } }] };
  },
};
