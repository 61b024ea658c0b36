import type { ApiParts, Guard } from './gitlab-api.ts';
import { fieldsOf, flag, invalid, issueParams, namesIssueField, numberOf, oneOf, paged, text, time } from './gitlab-input.ts';
import { canSeeIssue } from './gitlab-rights.ts';
import type { GitlabIssue, GitlabProject, GitlabUser } from './gitlab-types.ts';
import { Refusal, type Answer, type Context, type Routes } from './kit.ts';

const SCOPES = ['created-by-me', 'assigned-to-me', 'created_by_me', 'assigned_to_me', 'all'] as const;

/** Issues and their notes: https://docs.gitlab.com/api/issues/ and https://docs.gitlab.com/api/notes/ */
export function issueRoutes(parts: ApiParts, guard: Guard): Routes {
  const { desk, entities, state, url } = parts;
  const projectOf = (context: Context, user: GitlabUser): GitlabProject => desk.project(user, context.params['id'] ?? '');
  const issueOf = (context: Context, user: GitlabUser, project: GitlabProject): GitlabIssue => desk.issue(user, project, numberOf(context, 'iid'));
  const answer = (status: number, project: GitlabProject, issue: GitlabIssue): Answer => ({ status, body: { ...entities.issue(project, issue), subscribed: false } });

  const list = (context: Context, user: GitlabUser, projects: readonly GitlabProject[], scope: string): Answer => {
    const details = flag(context, 'with_labels_details') === true;
    const wanted = filter(context, user, scope);
    const order = oneOf(context, 'order_by', ['created_at', 'due_date', 'label_priority', 'milestone_due', 'popularity', 'priority', 'relative_position', 'title', 'updated_at', 'weight'], 'created_at');
    const sort = oneOf(context, 'sort', ['asc', 'desc'], 'desc') === 'asc' ? 1 : -1;
    const found = projects.flatMap((project) => [...project.issues.values()].filter((issue) => canSeeIssue(project, issue, user.id) && wanted(issue)).map((issue) => ({ project, issue })));
    const key = (issue: GitlabIssue): string => (order === 'updated_at' ? issue.updatedAt : order === 'title' ? issue.title : order === 'due_date' ? (issue.dueDate ?? '') : issue.createdAt);
    found.sort((a, b) => sort * (key(a.issue) < key(b.issue) ? -1 : key(a.issue) > key(b.issue) ? 1 : a.issue.id - b.issue.id));
    const { page, headers } = paged(context, url(), found);
    return { status: 200, body: page.map(({ project, issue }) => entities.issue(project, issue, details)), headers };
  };

  return {
    // https://docs.gitlab.com/api/issues/#list-issues
    'GET /api/v4/issues': guard('read', (context, user) => list(context, user, [...state.projects.values()], oneOf(context, 'scope', SCOPES, 'created_by_me'))),
    // https://docs.gitlab.com/api/issues/#list-project-issues
    'GET /api/v4/projects/:id/issues': guard('read', (context, user) => list(context, user, [projectOf(context, user)], oneOf(context, 'scope', SCOPES, 'all'))),

    // https://docs.gitlab.com/api/issues/#new-issue
    'POST /api/v4/projects/:id/issues': guard('write', (context, user) => {
      const project = projectOf(context, user);
      if (fieldsOf(context)['title'] === undefined) throw invalid('title', 'is missing');
      return answer(201, project, desk.create(user, project, issueParams(context)));
    }),

    // https://docs.gitlab.com/api/issues/#single-project-issue
    'GET /api/v4/projects/:id/issues/:iid': guard('read', (context, user) => {
      const project = projectOf(context, user);
      return answer(200, project, issueOf(context, user, project));
    }),

    // https://docs.gitlab.com/api/issues/#edit-an-issue
    'PUT /api/v4/projects/:id/issues/:iid': guard('write', (context, user) => {
      const project = projectOf(context, user);
      const issue = issueOf(context, user, project);
      if (!namesIssueField(context)) throw new Refusal(400, { error: 'title, description, labels, add_labels, remove_labels, assignee_ids, state_event, confidential, due_date are missing, at least one parameter must be provided' });
      return answer(200, project, desk.update(user, project, issue, issueParams(context)));
    }),

    // https://docs.gitlab.com/api/issues/#delete-an-issue
    'DELETE /api/v4/projects/:id/issues/:iid': guard('write', (context, user) => {
      const project = projectOf(context, user);
      desk.remove(user, project, issueOf(context, user, project));
      return { status: 204 };
    }),

    // https://docs.gitlab.com/api/notes/#list-project-issue-notes
    'GET /api/v4/projects/:id/issues/:iid/notes': guard('read', (context, user) => {
      const project = projectOf(context, user);
      const issue = issueOf(context, user, project);
      const direction = oneOf(context, 'sort', ['asc', 'desc'], 'desc');
      const { page, headers } = paged(context, url(), direction === 'asc' ? desk.notes(user, project, issue) : desk.notes(user, project, issue).toReversed());
      return { status: 200, body: page.map((note) => entities.note(project, issue, note)), headers };
    }),
    // https://docs.gitlab.com/api/notes/#create-new-issue-note
    'POST /api/v4/projects/:id/issues/:iid/notes': guard('write', (context, user) => {
      const project = projectOf(context, user);
      const issue = issueOf(context, user, project);
      const body = text(fieldsOf(context), 'body');
      if (body === undefined) throw invalid('body', 'is missing');
      return { status: 201, body: entities.note(project, issue, desk.note(user, project, issue, body, fieldsOf(context)['internal'] === true)) };
    }),
    // https://docs.gitlab.com/api/notes/#delete-an-issue-note
    'DELETE /api/v4/projects/:id/issues/:iid/notes/:note': guard('write', (context, user) => {
      const project = projectOf(context, user);
      desk.removeNote(user, project, issueOf(context, user, project), numberOf(context, 'note'));
      return { status: 204 };
    }),
  };
}

/** Which issues a listing is asked for: https://docs.gitlab.com/api/issues/#list-issues */
function filter(context: Context, user: GitlabUser, scope: string): (issue: GitlabIssue) => boolean {
  const query = context.query;
  const state = oneOf(context, 'state', ['opened', 'closed', 'all'], 'all');
  const words = (query.get('search') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const where = (query.get('in') ?? 'title,description').split(',');
  const labels = (query.get('labels') ?? '').split(',').filter(Boolean);
  const iids = [...query.getAll('iids[]'), ...query.getAll('iids')].flatMap((value) => value.split(',')).map(Number);
  const assignee = query.get('assignee_id');
  const author = query.get('author_id');
  const confidential = flag(context, 'confidential');
  const [updatedAfter, updatedBefore, createdAfter, createdBefore] = ['updated_after', 'updated_before', 'created_after', 'created_before'].map((name) => time(context, name));
  return (issue) => {
    const searched = `${where.includes('title') ? issue.title : ''}\n${where.includes('description') ? (issue.description ?? '') : ''}`.toLowerCase();
    return (
      (state === 'all' || issue.state === state) &&
      words.every((word) => searched.includes(word)) &&
      hasLabels(issue, labels) &&
      (iids.length === 0 || iids.includes(issue.iid)) &&
      (assignee === null || (assignee === 'None' ? issue.assignees.length === 0 : assignee === 'Any' ? issue.assignees.length > 0 : issue.assignees.includes(Number(assignee)))) &&
      (author === null || issue.author === Number(author)) &&
      (confidential === undefined || issue.confidential === confidential) &&
      (!scope.startsWith('created') || issue.author === user.id) &&
      (!scope.startsWith('assigned') || issue.assignees.includes(user.id)) &&
      within(issue.updatedAt, updatedAfter, updatedBefore) &&
      within(issue.createdAt, createdAfter, createdBefore)
    );
  };
}

function within(at: string, from: number | undefined, to: number | undefined): boolean {
  return (from === undefined || Date.parse(at) >= from) && (to === undefined || Date.parse(at) <= to);
}

function hasLabels(issue: GitlabIssue, wanted: readonly string[]): boolean {
  if (wanted[0] === 'None') return issue.labels.length === 0;
  if (wanted[0] === 'Any') return issue.labels.length > 0;
  return wanted.every((label) => issue.labels.includes(label));
}
