import type { GitlabIssue, GitlabNote, GitlabProject, GitlabState, GitlabUser } from './gitlab-types.ts';

// Bodies of webhooks: https://docs.gitlab.com/user/project/integrations/webhook_events/#issue-events

/** Fields of an issue whose change a webhook tells, before and after. */
export type Changes = Record<string, { previous: unknown; current: unknown }>;

export type IssueAction = 'open' | 'update' | 'close' | 'reopen';

/** Times in hook bodies are not in ISO 8601. */
export function hookTime(iso: string | null): string | null {
  return iso === null ? null : `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}

/** A label as hook bodies have it. */
export function labelData(project: GitlabProject, name: string): object {
  const label = project.labels.find((one) => one.name === name);
  return {
    id: label?.id,
    title: name,
    color: label?.color,
    project_id: project.id,
    created_at: hookTime(project.createdAt),
    updated_at: hookTime(project.createdAt),
    template: false,
    description: label?.description ?? null,
    type: 'ProjectLabel',
    group_id: null,
    archived: false,
  };
}

/** A user as hook bodies have them; the address is hidden from receivers. */
export function userData(state: GitlabState, id: number): object {
  const user = state.users.find((one) => one.id === id);
  return { id, name: user?.name ?? 'Ghost User', username: user?.username ?? 'ghost', avatar_url: null, email: '[REDACTED]' };
}

function common(state: GitlabState, project: GitlabProject, actor: GitlabUser, url: string): object {
  const web = `${url}/${project.path}`;
  return {
    user: userData(state, actor.id),
    project: {
      id: project.id,
      name: project.name,
      description: project.description,
      web_url: web,
      avatar_url: null,
      git_ssh_url: `git@gitlab.example:${project.path}.git`,
      git_http_url: `${web}.git`,
      namespace: project.path.split('/').slice(0, -1).join('/'),
      visibility_level: { private: 0, internal: 10, public: 20 }[project.visibility],
      path_with_namespace: project.path,
      default_branch: 'main',
      ci_config_path: null,
      homepage: web,
      url: `git@gitlab.example:${project.path}.git`,
      ssh_url: `git@gitlab.example:${project.path}.git`,
      http_url: `${web}.git`,
    },
    repository: { name: project.name, url: `git@gitlab.example:${project.path}.git`, description: project.description, homepage: web },
  };
}

function attributes(project: GitlabProject, issue: GitlabIssue, url: string): Record<string, unknown> {
  return {
    author_id: issue.author,
    closed_at: hookTime(issue.closedAt),
    confidential: issue.confidential,
    created_at: hookTime(issue.createdAt),
    description: issue.description,
    discussion_locked: null,
    due_date: issue.dueDate,
    id: issue.id,
    iid: issue.iid,
    last_edited_at: issue.updatedBy === null ? null : hookTime(issue.updatedAt),
    last_edited_by_id: issue.updatedBy,
    milestone_id: null,
    moved_to_id: issue.movedTo,
    duplicated_to_id: null,
    project_id: project.id,
    relative_position: null,
    state_id: issue.state === 'opened' ? 1 : 2,
    time_estimate: 0,
    title: issue.title,
    updated_at: hookTime(issue.updatedAt),
    updated_by_id: issue.updatedBy,
    type: 'Issue',
    url: `${url}/${project.path}/-/issues/${issue.iid}`,
    total_time_spent: 0,
    assignee_ids: issue.assignees,
    assignee_id: issue.assignees[0] ?? null,
    labels: issue.labels.map((name) => labelData(project, name)),
    state: issue.state,
    severity: 'unknown',
  };
}

/** The body of an `Issue Hook`. */
export function issuePayload(state: GitlabState, project: GitlabProject, issue: GitlabIssue, actor: GitlabUser, action: IssueAction, changes: Changes, url: string): object {
  return {
    object_kind: 'issue',
    event_type: issue.confidential ? 'confidential_issue' : 'issue',
    ...common(state, project, actor, url),
    object_attributes: { ...attributes(project, issue, url), action },
    labels: issue.labels.map((name) => labelData(project, name)),
    changes,
    ...(issue.assignees.length > 0 ? { assignees: issue.assignees.map((id) => userData(state, id)) } : {}),
  };
}

/** The body of a `Note Hook` on an issue. */
export function notePayload(state: GitlabState, project: GitlabProject, issue: GitlabIssue, note: GitlabNote, actor: GitlabUser, url: string): object {
  const internal = note.internal || issue.confidential;
  return {
    object_kind: 'note',
    event_type: internal ? 'confidential_note' : 'note',
    ...common(state, project, actor, url),
    project_id: project.id,
    object_attributes: {
      id: note.id,
      note: note.body,
      noteable_type: 'Issue',
      noteable_id: issue.id,
      author_id: note.author,
      created_at: hookTime(note.createdAt),
      updated_at: hookTime(note.createdAt),
      project_id: project.id,
      internal: note.internal,
      system: false,
      action: 'create',
      url: `${url}/${project.path}/-/issues/${issue.iid}#note_${note.id}`,
    },
    issue: attributes(project, issue, url),
  };
}
