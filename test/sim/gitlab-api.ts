import type { Entities } from './gitlab-entities.ts';
import type { HookSender } from './gitlab-hooks.ts';
import { flag, oneOf, paged } from './gitlab-input.ts';
import { hookRoutes } from './gitlab-api-hooks.ts';
import { issueRoutes } from './gitlab-api-issues.ts';
import type { IssueDesk } from './gitlab-issues.ts';
import { canSeeProject, levelOf } from './gitlab-rights.ts';
import type { GitlabProject, GitlabState, GitlabToken, GitlabUser } from './gitlab-types.ts';
import { Refusal, type Answer, type Context, type Handler, type Routes } from './kit.ts';

/** What all API routes work with. */
export interface ApiParts {
  readonly state: GitlabState;
  readonly desk: IssueDesk;
  readonly entities: Entities;
  readonly sender: HookSender;
  readonly url: () => string;
  readonly now: () => number;
  readonly nextId: () => number;
  readonly changed: () => void;
  readonly signing: boolean;
  readonly rateLimit: number;
}

/** A route that knows who asks. `read`: also for tokens with `read_api`; `self`: for tokens of any scope. `token` is absent where the caller came by OAuth. */
export type Guard = (right: 'self' | 'read' | 'write', handler: (context: Context, user: GitlabUser, token: GitlabToken | undefined) => Answer | Promise<Answer>) => Handler;

/** GitLab's REST API v4: https://docs.gitlab.com/api/rest/ */
export function apiRoutes(parts: ApiParts): Routes {
  const { state, entities, url } = parts;
  const guard = makeGuard(parts);
  const listed = (context: Context, all: readonly object[]): Answer => {
    const { page, headers } = paged(context, url(), all);
    return { status: 200, body: page, headers };
  };

  return {
    // https://docs.gitlab.com/api/users/#get-the-current-user
    'GET /api/v4/user': guard('read', (_context, user) => ({ status: 200, body: entities.currentUser(user) })),

    // https://docs.gitlab.com/api/personal_access_tokens/#self-inform: of any scope, but never for OAuth
    'GET /api/v4/personal_access_tokens/self': guard('self', (_context, user, token) => {
      if (!token) throw new Refusal(400, { message: '400 Bad request - This endpoint requires token type to be a personal access token' });
      return {
        status: 200,
        body: {
          id: token.id,
          name: token.name,
          revoked: token.revoked,
          created_at: token.createdAt,
          description: null,
          scopes: token.scopes,
          user_id: user.id,
          last_used_at: new Date(parts.now()).toISOString(),
          active: true,
          expires_at: token.expiresAt ?? null,
        },
      };
    }),

    // https://docs.gitlab.com/api/projects/#list-all-projects
    'GET /api/v4/projects': guard('read', (context, user) => {
      const words = (context.query.get('search') ?? '').toLowerCase();
      const least = Number(context.query.get('min_access_level') ?? 0);
      const own = flag(context, 'membership') === true;
      const full = flag(context, 'search_namespaces') === true;
      const order = oneOf(context, 'order_by', ['id', 'name', 'path', 'created_at', 'updated_at', 'last_activity_at', 'similarity', 'star_count'], 'created_at');
      const sort = oneOf(context, 'sort', ['asc', 'desc'], 'desc');
      const seen = [...state.projects.values()].filter((project) => canSeeProject(project, user.id) && levelOf(project, user.id) >= (own ? Math.max(1, least) : least));
      const found = seen.filter((project) => (full ? project.path : (project.path.split('/').at(-1) ?? '')).toLowerCase().includes(words) || project.name.toLowerCase().includes(words));
      found.sort((a, b) => (sort === 'asc' ? 1 : -1) * compare(sortKey(a, order), sortKey(b, order)));
      const simple = flag(context, 'simple') === true;
      return listed(context, found.map((project) => entities.project(project, user.id, simple)));
    }),

    // https://docs.gitlab.com/api/projects/#get-a-single-project
    'GET /api/v4/projects/:id': guard('read', (context, user) => ({ status: 200, body: entities.project(parts.desk.project(user, context.params['id'] ?? ''), user.id, false) })),

    // https://docs.gitlab.com/api/labels/#list-labels
    'GET /api/v4/projects/:id/labels': guard('read', (context, user) => {
      const project = parts.desk.project(user, context.params['id'] ?? '');
      const words = (context.query.get('search') ?? '').toLowerCase();
      const found = project.labels.filter((label) => label.name.toLowerCase().includes(words)).toSorted((a, b) => a.name.localeCompare(b.name));
      return listed(context, found.map((label) => entities.label(project, label)));
    }),

    // https://docs.gitlab.com/api/members/#list-all-members-of-a-group-or-project
    'GET /api/v4/projects/:id/members': guard('read', (context, user) => listed(context, members(parts, context, user))),
    // https://docs.gitlab.com/api/members/#list-all-members-including-inherited-and-invited-members
    'GET /api/v4/projects/:id/members/all': guard('read', (context, user) => listed(context, members(parts, context, user))),

    ...issueRoutes(parts, guard),
    ...hookRoutes(parts, guard),
  };
}

function members(parts: ApiParts, context: Context, user: GitlabUser): object[] {
  const project = parts.desk.project(user, context.params['id'] ?? '');
  const words = (context.query.get('query') ?? '').toLowerCase();
  const people = [...project.members.keys()].flatMap((id) => parts.state.users.filter((one) => one.id === id));
  return people.filter((one) => one.username.toLowerCase().includes(words) || one.name.toLowerCase().includes(words)).map((one) => parts.entities.member(project, one.id));
}

function sortKey(project: GitlabProject, order: string): string | number {
  if (order === 'name') return project.name;
  if (order === 'path') return project.path;
  if (order === 'last_activity_at' || order === 'updated_at') return project.lastActivityAt;
  return project.id;
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

interface Credentials {
  readonly user: number;
  readonly scopes: readonly string[];
  readonly revoked: boolean;
  /** epoch milliseconds */
  readonly expiresAt: number;
  readonly token: GitlabToken | undefined;
}

/** Personal tokens come in `PRIVATE-TOKEN` or as a bearer, OAuth's as a bearer only. https://docs.gitlab.com/api/rest/authentication/ */
function credentialsOf(state: GitlabState, context: Context): Credentials | undefined {
  const bearer = /^Bearer (.+)$/i.exec(context.headers.authorization ?? '')?.[1];
  const token = state.tokens.find((one) => one.value === (context.headers['private-token'] ?? bearer));
  if (token) return { user: token.user, scopes: token.scopes, revoked: token.revoked, expiresAt: token.expiresAt ? Date.parse(token.expiresAt) : Infinity, token };
  const grant = state.oauth.grants.find((one) => one.accessToken === bearer);
  return grant && { user: grant.user, scopes: grant.scopes, revoked: grant.state !== 'alive', expiresAt: grant.expiresAt, token };
}

/** Tokens, scopes, and the rate limit per user. https://docs.gitlab.com/security/rate_limits/ */
function makeGuard(parts: ApiParts): Guard {
  const { state, now, rateLimit } = parts;
  const seen = new Map<number, { minute: number; count: number }>();
  return (right, handler) => (context) => {
    const given = credentialsOf(state, context);
    const user = state.users.find((one) => one.id === given?.user);
    if (!given || !user) throw new Refusal(401, { message: '401 Unauthorized' });
    if (given.revoked) throw new Refusal(401, { error: 'invalid_token', error_description: 'Token was revoked. You have to re-authorize from the user.' });
    if (given.expiresAt <= now()) {
      throw new Refusal(401, { error: 'invalid_token', error_description: 'Token is expired. You can either do re-authorization or token refresh.' });
    }
    const minute = Math.floor(now() / 60_000);
    const before = seen.get(user.id);
    const count = (before?.minute === minute ? before.count : 0) + 1;
    seen.set(user.id, { minute, count });
    const reset = (minute + 1) * 60;
    Object.assign(context.extra, {
      'RateLimit-Limit': String(rateLimit),
      'RateLimit-Name': 'throttle_authenticated_api',
      'RateLimit-Observed': String(count),
      'RateLimit-Remaining': String(Math.max(0, rateLimit - count)),
      'RateLimit-Reset': String(reset),
    });
    if (count > rateLimit) return { status: 429, text: 'Retry later\n', headers: { 'Retry-After': String(Math.max(1, reset - Math.floor(now() / 1000))) } };
    // A fine-grained token, whose rights nothing here tells, may do all.
    if (right !== 'self' && !given.scopes.some((scope) => scope === 'api' || scope === 'granular') && !(right === 'read' && given.scopes.includes('read_api'))) {
      throw new Refusal(403, { error: 'insufficient_scope', error_description: 'The request requires higher privileges than provided by the access token.', scope: right === 'read' ? 'api read_api' : 'api' });
    }
    return handler(context, user, given.token);
  };
}
