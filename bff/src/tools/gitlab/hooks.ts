import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';
import { sameText } from '../../crypto.ts';
import { parseJson } from '../../http.ts';
import type { Hooks } from '../../ports.ts';
import * as api from './api.ts';

/** The parts of an issue event that we read; GitLab sends `work_item` for tasks and the like under the same header. https://docs.gitlab.com/user/project/integrations/webhook_events/#work-item-events */
const IssueEvent = z.object({
  object_kind: z.enum(['issue', 'work_item']),
  project: z.object({ id: z.int() }),
  object_attributes: z.object({ iid: z.int().positive() }),
});
const AnyEvent = z.object({ object_kind: z.string() });

/** A signed delivery may be so old, or so far ahead of our clock. */
const FRESH = 5 * 60_000;

/**
 * Webhooks of GitLab projects. A delivery repeats a token in `X-Gitlab-Token`; where GitLab knows signing tokens (2026), it is signed as Standard Webhooks are as well: `webhook-signature` lists `v1,` with the base64 HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{body}`. `Idempotency-Key` is the same when it is sent again.
 * There is no event for a deletion, and no retry: GitLab stops sending to a hook that failed too often. https://docs.gitlab.com/user/project/integrations/webhooks/
 */
export const hooks: Hooks = {
  maxBytes: 4 * 1024 * 1024,

  async ensure(access, { place, url, secret, remoteId }) {
    const wanted = {
      url,
      token: derived(secret, 'token').toString('hex'),
      signing_token: `whsec_${derived(secret, 'signature').toString('base64')}`,
      name: 'Tandem',
      description: 'Keeps the cards on Miro boards up to date.',
      issues_events: true,
      confidential_issues_events: true,
      push_events: false,
      enable_ssl_verification: true,
    };
    const ours = (await api.hooks(access, place)).filter((hook) => hook.url === url || String(hook.id) === remoteId);
    const known = ours.find((hook) => String(hook.id) === remoteId);
    const right = known?.url === url && works(known) && known.issues_events && known.confidential_issues_events;
    // Changing a hook that GitLab switched off does not switch it on again; a new one is on.
    const saved = right ? known : await api.saveHook(access, place, ours.find(works)?.id, wanted);
    for (const hook of ours) if (hook.id !== saved.id) await api.deleteHook(access, place, String(hook.id));
    return answer(saved);
  },

  remove: (access, { place, remoteId }) => api.deleteHook(access, place, remoteId),

  list: async (access, place) => (await api.hooks(access, place)).map(({ id, url }) => ({ remoteId: String(id), url })),

  proof(headers, secrets, { signed, now }) {
    const { 'webhook-id': id = '', 'webhook-timestamp': sent = '', 'webhook-signature': signatures, 'x-gitlab-token': token = '' } = headers;
    if (!signed && signatures === undefined) {
      return { update: () => undefined, holds: () => secrets.map((secret) => sameText(derived(secret, 'token').toString('hex'), token)).includes(true) };
    }
    const fresh = id !== '' && /^\d{1,12}$/.test(sent) && Math.abs(now - Number(sent) * 1000) <= FRESH;
    const macs = fresh ? secrets.map((secret) => createHmac('sha256', derived(secret, 'signature')).update(`${id}.${sent}.`)) : [];
    const given = signatures?.split(' ') ?? [];
    return {
      update: (chunk) => macs.forEach((mac) => mac.update(chunk)),
      holds: () => macs.map((mac) => `v1,${mac.digest('base64')}`).flatMap((wanted) => given.map((one) => sameText(wanted, one))).includes(true),
    };
  },

  parse(raw, headers, { site, place }) {
    const deliveryId = headers['idempotency-key'];
    const told = { event: headers['x-gitlab-event'] ?? 'unknown', ...(deliveryId ? { deliveryId } : {}) };
    const ignored = (why: string) => ({ ...told, hints: [], ignored: why });

    const body = parseJson(raw.toString('utf8'));
    const issue = IssueEvent.safeParse(body);
    if (!issue.success) {
      const other = AnyEvent.safeParse(body);
      if (!other.success) return ignored('The body is no GitLab event.');
      return ignored(/^(issue|work_item)$/.test(other.data.object_kind) ? 'The event names no issue.' : `Events of kind “${other.data.object_kind.slice(0, 40)}” change no issue.`);
    }
    const { project, object_attributes: attributes } = issue.data;
    if (String(project.id) !== place) return ignored(`The event is of project ${project.id}, but this webhook is for project ${place}.`);
    return { ...told, hints: [{ kind: 'changed', ref: { tool: 'gitlab', site, place, id: String(attributes.iid) } }] };
  },
};

/** What GitLab gets to know of our secret. The token travels with every delivery, so it must not lead to the key that signs. */
function derived(secret: string, use: 'token' | 'signature'): Buffer {
  return createHash('sha256').update(`${use} ${secret}`).digest();
}

function answer(hook: api.GitlabHook): { remoteId: string; signed: boolean } {
  return { remoteId: String(hook.id), signed: hook.signing_token_present === true };
}

function works(hook: api.GitlabHook): boolean {
  return !hook.alert_status || hook.alert_status === 'executable';
}
