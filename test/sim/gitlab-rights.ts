import type { GitlabIssue, GitlabNote, GitlabProject, GitlabState } from './gitlab-types.ts';

// Who may do what: https://docs.gitlab.com/user/permissions/#project-planning

/** The user's role in the project, 0 for none. */
export function levelOf(project: GitlabProject, user: number): number {
  return project.members.get(user) ?? 0;
}

export function canSeeProject(project: GitlabProject, user: number): boolean {
  return project.visibility !== 'private' || levelOf(project, user) > 0;
}

/** Confidential issues show themselves to planners and above, their author and their assignees. https://docs.gitlab.com/user/project/issues/confidential_issues/ */
export function canSeeIssue(project: GitlabProject, issue: GitlabIssue, user: number): boolean {
  if (!canSeeProject(project, user)) return false;
  return !issue.confidential || levelOf(project, user) >= 15 || issue.author === user || issue.assignees.includes(user);
}

/** Title, description and state. Guests, and anyone in a project that is not private, may change those of what they wrote or are assigned to, nothing else. https://docs.gitlab.com/user/permissions/#project-planning */
export function canEditIssue(project: GitlabProject, issue: GitlabIssue, user: number): boolean {
  return levelOf(project, user) >= 15 || (canSeeProject(project, user) && (issue.author === user || issue.assignees.includes(user)));
}

/** Labels, assignees, due date and confidentiality of an existing issue; a guest's are dropped in silence. */
export function canSetMetadata(project: GitlabProject, user: number): boolean {
  return levelOf(project, user) >= 15;
}

/** Internal notes show themselves to planners and above, who alone may write them. https://docs.gitlab.com/user/discussions/#add-an-internal-note */
export function canSeeInternalNotes(project: GitlabProject, user: number): boolean {
  return levelOf(project, user) >= 15;
}

/** Whoever wrote it, and maintainers. https://docs.gitlab.com/api/notes/#delete-an-issue-note */
export function canDeleteNote(project: GitlabProject, note: GitlabNote, user: number): boolean {
  return note.author === user || levelOf(project, user) >= 40;
}

/** Planners and owners. https://docs.gitlab.com/api/issues/#delete-an-issue */
export function canDeleteIssue(project: GitlabProject, user: number): boolean {
  return levelOf(project, user) === 15 || levelOf(project, user) === 50;
}

/** https://docs.gitlab.com/api/project_webhooks/ */
export function canManageHooks(project: GitlabProject, user: number): boolean {
  return levelOf(project, user) >= 40;
}

/** The project by number or path, or nothing. */
export function findProject(state: GitlabState, idOrPath: number | string): GitlabProject | undefined {
  const byId = state.projects.get(Number(idOrPath));
  return byId ?? [...state.projects.values()].find((project) => project.path === idOrPath);
}
