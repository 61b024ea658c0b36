import { z } from 'zod';
import { sameText } from '../../crypto.ts';
import type { Hooks } from '../../ports.ts';
import * as api from './api.ts';

/** The parts of an issue event that we read; GitLab sends `work_item` for tasks and the like under the same header. https://docs.gitlab.com/user/project/integrations/webhook_events/#work-item-events */
const IssueEvent = z.object({
  object_kind: z.enum(['issue', 'work_item']),
  project: z.object({ id: z.int() }),
  object_attributes: z.object({ iid: z.int().positive(), project_id: z.int().optional() }),
});
const AnyEvent = z.object({ object_kind: z.string() });

/**
 * Webhooks of GitLab projects. A delivery proves itself by repeating the secret in `X-Gitlab-Token`; `Idempotency-Key` is the same when it is sent again.
 * There is no event for a deletion, and no retry: GitLab stops sending to a hook that failed too often. https://docs.gitlab.com/user/project/integrations/webhooks/
 */
export const hooks: Hooks = {
  maxBytes: 4 * 1024 * 1024,

  async ensure(access, { place, url, secret, remoteId }) {
    const wanted = {
      url,
      token: secret,
      name: 'Tandem',
      description: 'Keeps the cards on Miro boards up to date.',
      issues_events: true,
      confidential_issues_events: true,
      push_events: false,
      enable_ssl_verification: true,
    };
    const known = remoteId === undefined ? undefined : await api.hook(access, place, remoteId);
    if (known && known.url === url && works(known) && sendsIssues(known)) return { remoteId: String(known.id) };

    const ours = (await api.hooks(access, place)).filter((hook) => hook.url === url || hook.id === known?.id);
    // Changing a hook that GitLab switched off does not switch it on again; a new one is on.
    const kept = ours.find(works);
    const saved = await api.saveHook(access, place, kept?.id, wanted);
    for (const hook of ours) if (hook.id !== saved.id) await api.deleteHook(access, place, String(hook.id));
    return { remoteId: String(saved.id) };
  },

  remove: (access, { place, remoteId }) => api.deleteHook(access, place, remoteId),

  proof(headers, secrets) {
    const token = headers['x-gitlab-token'];
    return { update: () => undefined, holds: () => token !== undefined && secrets.some((secret) => sameText(secret, token)) };
  },

  parse(raw, headers, { site, place }) {
    const deliveryId = headers['idempotency-key'];
    const told = { event: headers['x-gitlab-event'] ?? 'unknown', ...(deliveryId ? { deliveryId } : {}) };
    const ignored = (why: string) => ({ ...told, hints: [], ignored: why });

    const body = json(raw);
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

function works(hook: api.GitlabHook): boolean {
  return !hook.alert_status || hook.alert_status === 'executable';
}

function sendsIssues(hook: api.GitlabHook): boolean {
  return hook.issues_events === true && hook.confidential_issues_events === true;
}

function json(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    return undefined;
  }
}
