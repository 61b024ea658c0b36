import { randomUUID } from 'node:crypto';
import type { ApiParts, Guard } from './gitlab-api.ts';
import { fieldsOf, hookChanges, invalid, numberOf, oneOf, paged } from './gitlab-input.ts';
import { forbidden, notFound } from './gitlab-issues.ts';
import { issuePayload } from './gitlab-payload.ts';
import { canManageHooks } from './gitlab-rights.ts';
import type { Delivery, GitlabHook, GitlabProject, GitlabUser } from './gitlab-types.ts';
import { Refusal, type Answer, type Context, type Routes } from './kit.ts';

const MAX_HOOKS = 100;
const PER_MINUTE = 5;

/** Project webhooks: https://docs.gitlab.com/api/project_webhooks/ */
export function hookRoutes(parts: ApiParts, guard: Guard): Routes {
  const { state, desk, entities, sender, url, now } = parts;
  const triggered = new Map<string, number[]>();

  const managed = (context: Context, user: GitlabUser): GitlabProject => {
    const project = desk.project(user, context.params['id'] ?? '');
    if (!canManageHooks(project, user.id)) throw forbidden();
    return project;
  };
  const hookOf = (context: Context, project: GitlabProject): GitlabHook => {
    const hook = state.hooks.find((one) => one.id === numberOf(context, 'hook') && one.project === project.id);
    if (!hook) throw notFound();
    return hook;
  };
  /** Tests and resends are limited to five a minute. */
  const limited = (what: string, user: GitlabUser): Answer | undefined => {
    const key = `${what}/${user.id}`;
    const recent = (triggered.get(key) ?? []).filter((at) => at > now() - 60_000);
    if (recent.length >= PER_MINUTE) return { status: 429, body: { message: { error: 'This endpoint has been requested too many times. Try again later.' } } };
    triggered.set(key, [...recent, now()]);
    return undefined;
  };
  const logOf = (hook: GitlabHook): Delivery[] => sender.deliveries.filter((delivery) => delivery.hook === hook.id && delivery.status !== undefined);

  return {
    'GET /api/v4/projects/:id/hooks': guard('read', (context, user) => {
      const project = managed(context, user);
      const { page, headers } = paged(context, url(), state.hooks.filter((hook) => hook.project === project.id));
      return { status: 200, body: page.map((hook) => entities.hook(hook)), headers };
    }),
    'GET /api/v4/projects/:id/hooks/:hook': guard('read', (context, user) => ({ status: 200, body: entities.hook(hookOf(context, managed(context, user))) })),
    'POST /api/v4/projects/:id/hooks': guard('write', (context, user) => {
      const project = managed(context, user);
      if (fieldsOf(context)['url'] === undefined) throw invalid('url', 'is missing');
      if (state.hooks.filter((hook) => hook.project === project.id).length >= MAX_HOOKS) throw new Refusal(422, { error: 'Maximum number of project webhooks (100) exceeded' });
      const hook: GitlabHook = {
        id: parts.nextId(),
        project: project.id,
        uuid: randomUUID(),
        url: '',
        name: null,
        description: null,
        token: null,
        signingToken: null,
        issues_events: false,
        confidential_issues_events: false,
        note_events: false,
        confidential_note_events: false,
        push_events: true,
        enable_ssl_verification: true,
        customHeaders: [],
        createdAt: new Date(now()).toISOString(),
        failures: 0,
        alertStatus: 'executable',
        disabledUntil: null,
      };
      Object.assign(hook, hookChanges(context, hook, parts.signing));
      state.hooks.push(hook);
      parts.changed();
      return { status: 201, body: entities.hook(hook) };
    }),
    'PUT /api/v4/projects/:id/hooks/:hook': guard('write', (context, user) => {
      const hook = hookOf(context, managed(context, user));
      Object.assign(hook, hookChanges(context, hook, parts.signing));
      parts.changed();
      return { status: 200, body: entities.hook(hook) };
    }),
    'DELETE /api/v4/projects/:id/hooks/:hook': guard('write', (context, user) => {
      const hook = hookOf(context, managed(context, user));
      state.hooks = state.hooks.filter((one) => one !== hook);
      parts.changed();
      return { status: 204 };
    }),

    // the log of the last seven days, at most 20 a page
    'GET /api/v4/projects/:id/hooks/:hook/events': guard('read', (context, user) => {
      const hook = hookOf(context, managed(context, user));
      if (Number(context.query.get('per_page') ?? 20) > 20) throw invalid('per_page', 'does not have a valid value');
      const { page, headers } = paged(context, url(), logOf(hook).toReversed());
      return {
        status: 200,
        headers,
        body: page.map((delivery) => ({
          id: delivery.id,
          url: delivery.url,
          trigger: delivery.event.startsWith('Note') ? 'note_hooks' : 'issue_hooks',
          request_headers: delivery.requestHeaders,
          request_data: delivery.payload,
          response_headers: {},
          response_body: delivery.responseBody ?? '',
          execution_duration: (delivery.durationMs ?? 0) / 1000,
          response_status: delivery.status,
        })),
      };
    }),
    // makes one call at once; a success turns a disabled hook on again
    'POST /api/v4/projects/:id/hooks/:hook/test/:trigger': guard('write', async (context, user) => {
      const project = managed(context, user);
      const hook = hookOf(context, project);
      const trigger = oneOf({ ...context, query: new URLSearchParams({ trigger: context.params['trigger'] ?? '' }) }, 'trigger', ['issues_events', 'confidential_issues_events'], 'issues_events');
      const issue = [...project.issues.values()].findLast((one) => one.confidential === (trigger === 'confidential_issues_events'));
      if (!issue) throw new Refusal(422, { message: 'Ensure the project has issues.' });
      const delivery = limited('test', user) ?? (await sender.test(hook, { project: project.id, trigger, payload: issuePayload(state, project, issue, user, 'update', {}, url()) }));
      if (!('hook' in delivery)) return delivery;
      return delivery.status?.startsWith('2') ? { status: 201, body: { message: '201 Created' } } : { status: 422, body: { message: delivery.responseBody ?? 'The receiver failed' } };
    }),
    'POST /api/v4/projects/:id/hooks/:hook/events/:event/resend': guard('write', async (context, user) => {
      const hook = hookOf(context, managed(context, user));
      const old = logOf(hook).find((delivery) => delivery.id === numberOf(context, 'event'));
      if (!old) throw notFound();
      const delivery = limited('resend', user) ?? (await sender.resend(hook, old));
      if (!('hook' in delivery)) return delivery;
      return { status: 201, body: { response_status: Number(delivery.status) || delivery.status } };
    }),
  };
}
