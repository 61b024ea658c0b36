import type { IssueDesk } from './gitlab-issues.ts';
import { layout } from './gitlab-look.ts';
import { canSeeIssue } from './gitlab-rights.ts';
import type { GitlabIssue, GitlabProject, GitlabState, GitlabUser, IssueParams } from './gitlab-types.ts';
import { issuesView, issueView, newIssueView, projectsView, tokenView, type Refused } from './gitlab-views.ts';
import { html, type Markup } from './html.ts';
import { isRecord, Refusal, type Answer, type Context, type Handler, type Routes } from './kit.ts';
import { liveRoutes } from './live.ts';

const COOKIE = 'gitlab_sim_user';

/** GitLab's web pages for people in the sandbox, with the same rights and webhooks as the API. `?as=<username>` signs in. */
export function pageRoutes(parts: { state: GitlabState; desk: IssueDesk; onChange: (listener: () => void) => () => void }): Routes {
  const { state, desk } = parts;

  const page = (context: Context, user: GitlabUser, title: string, content: Markup, project?: GitlabProject, status = 200): Answer => ({
    status,
    html: layout({ title, user, users: state.users, path: context.path, content, ...(project ? { project } : {}) }),
  });

  /** With a user, and a page for whatever they are refused. */
  const people = (handler: (context: Context, user: GitlabUser) => Answer): Handler => (context) => {
    const away = switched(state, context);
    if (away) return away;
    const user = signedIn(state, context) ?? state.users[0];
    if (!user) return { status: 404, html: 'There are no users.' };
    try {
      return handler(context, user);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const hint = error.answer.status === 404 ? 'This page does not exist, or you may not see it.' : 'You may not do that here.';
      return page(context, user, 'Sorry', html`<div class="empty"><h1>${error.answer.status}</h1><p>${hint}</p><p><a href="/">Projects</a></p></div>`, undefined, error.answer.status);
    }
  };

  const projectOf = (context: Context, user: GitlabUser): GitlabProject => desk.project(user, `${context.params['group'] ?? ''}/${context.params['project'] ?? ''}`);
  const issueOf = (context: Context, user: GitlabUser, project: GitlabProject): GitlabIssue => desk.issue(user, project, Number(context.params['iid']));

  const press = (change: (user: GitlabUser, project: GitlabProject, issue: GitlabIssue) => void, after: (issuePath: string) => string): Handler =>
    people((context, user) => {
      const project = projectOf(context, user);
      const issue = issueOf(context, user, project);
      change(user, project, issue);
      return to(after(`/${project.path}/-/issues/${issue.iid}`));
    });

  const base = '/:group/:project/-/issues';
  return {
    'GET /': people((context, user) => page(context, user, 'Projects', projectsView(state, user))),
    ...liveRoutes(parts.onChange),
    'GET /-/user_settings/personal_access_tokens': people((context, user) => {
      const token = state.tokens.findLast((one) => one.user === user.id && !one.revoked);
      return page(context, user, 'Access tokens', html`<nav aria-label="Breadcrumb"><a href="/">Projects</a> / Access token</nav>${tokenView(user, token)}`);
    }),
    [`GET ${base}`]: people((context, user) => {
      const project = projectOf(context, user);
      const issues = [...project.issues.values()].filter((issue) => canSeeIssue(project, issue, user.id));
      const content = issuesView(state, project, issues, context.query.get('state') ?? 'opened', context.query.get('search') ?? '');
      return page(context, user, `Issues · ${project.path}`, content, project);
    }),
    [`GET ${base}/new`]: people((context, user) => {
      const project = projectOf(context, user);
      return page(context, user, 'New issue', newIssueView(state, project), project);
    }),
    [`POST ${base}`]: people((context, user) => {
      const project = projectOf(context, user);
      const params = paramsOf(context);
      try {
        return to(`/${project.path}/-/issues/${desk.create(user, project, params).iid}`);
      } catch (error) {
        const refused = refusedBy(error, params);
        return page(context, user, 'New issue', newIssueView(state, project, refused), project, 422);
      }
    }),
    [`GET ${base}/:iid`]: people((context, user) => {
      const project = projectOf(context, user);
      const issue = issueOf(context, user, project);
      return page(context, user, `${issue.title} (#${issue.iid})`, issueView(state, project, issue, user), project);
    }),
    [`POST ${base}/:iid`]: people((context, user) => {
      const project = projectOf(context, user);
      const issue = issueOf(context, user, project);
      const params = paramsOf(context);
      try {
        desk.update(user, project, issue, params);
        return to(`/${project.path}/-/issues/${issue.iid}`);
      } catch (error) {
        const refused = refusedBy(error, params);
        return page(context, user, issue.title, issueView(state, project, issue, user, refused), project, 422);
      }
    }),
    [`POST ${base}/:iid/close`]: press((user, project, issue) => desk.update(user, project, issue, { state_event: 'close' }), (path) => path),
    [`POST ${base}/:iid/reopen`]: press((user, project, issue) => desk.update(user, project, issue, { state_event: 'reopen' }), (path) => path),
    [`POST ${base}/:iid/delete`]: press((user, project, issue) => desk.remove(user, project, issue), (path) => path.replace(/\/\d+$/, '')),
  };
}

/** Whose browser this is, by its cookie; the pages take one without for the first user's. */
export function signedIn(state: GitlabState, context: Context): GitlabUser | undefined {
  return state.users.find((one) => one.username === context.cookies[COOKIE]);
}

/** Makes it this user's browser. */
export function signIn(user: GitlabUser): { readonly 'Set-Cookie': string } {
  return { 'Set-Cookie': `${COOKIE}=${user.username}; Path=/; SameSite=Lax` };
}

/** The same address without `?as=<username>`, whom it signs in on the way. */
export function switched(state: GitlabState, context: Context): Answer | undefined {
  const user = state.users.find((one) => one.username === context.query.get('as'));
  if (!user) return undefined;
  const query = new URLSearchParams(context.query);
  query.delete('as');
  return { status: 303, headers: { Location: `${context.path}${query.size > 0 ? `?${query.toString()}` : ''}`, ...signIn(user) } };
}

function to(path: string): Answer {
  return { status: 303, headers: { Location: path } };
}

/** The form of an issue. Line ends of a text area are CRLF on the wire; GitLab stores what its own front end sends, LF. */
function paramsOf(context: Context): IssueParams & { title: string; description: string } {
  const form = isRecord(context.body) ? context.body : {};
  const all = (name: string): string[] => [form[name] ?? []].flat().filter((value) => typeof value === 'string');
  const one = (name: string): string => all(name).at(-1) ?? '';
  const has = (name: string): boolean => form[name] !== undefined;
  return {
    title: one('title'),
    description: one('description').replaceAll('\r\n', '\n'),
    ...(has('labels') ? { labels: all('labels') } : {}),
    ...(has('assignee') ? { assignee_ids: one('assignee') === '' ? [] : [Number(one('assignee'))] } : {}),
  };
}

function refusedBy(error: unknown, params: { title: string; description: string }): Refused {
  if (!(error instanceof Refusal) || error.answer.status !== 400) throw error;
  const message = isRecord(error.answer.body) ? error.answer.body['message'] : undefined;
  const faults = isRecord(message) ? Object.entries(message) : [];
  return { title: params.title, description: params.description, reason: faults.map(([field, texts]) => `${field.slice(0, 1).toUpperCase()}${field.slice(1)} ${String(texts)}.`).join(' ') || 'GitLab refused this.' };
}
