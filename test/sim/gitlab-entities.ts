import type { GitlabHook, GitlabIssue, GitlabLabel, GitlabNote, GitlabProject, GitlabState, GitlabUser } from './gitlab-types.ts';
import { levelOf } from './gitlab-rights.ts';

/** How GitLab's API shows what it has: https://docs.gitlab.com/api/ */
export interface Entities {
  userBasic(id: number): object;
  currentUser(user: GitlabUser): object;
  project(project: GitlabProject, user: number, simple: boolean): object;
  label(project: GitlabProject, label: GitlabLabel): object;
  member(project: GitlabProject, user: number): object;
  issue(project: GitlabProject, issue: GitlabIssue, labelDetails?: boolean): object;
  note(project: GitlabProject, issue: GitlabIssue, note: GitlabNote): object;
  hook(hook: GitlabHook): object;
}

export function makeEntities(state: GitlabState, url: () => string, now: () => number): Entities {
  const userOf = (id: number): GitlabUser => state.users.find((user) => user.id === id) ?? { id, username: 'ghost', name: 'Ghost User', email: '' };
  const userBasic = (id: number): object => {
    const user = userOf(id);
    return { id, username: user.username, public_email: null, name: user.name, state: 'active', locked: false, avatar_url: null, web_url: `${url()}/${user.username}` };
  };
  const entities: Entities = {
    userBasic,
    currentUser: (user) => ({
      ...userBasic(user.id),
      created_at: '2024-02-01T09:00:00.000Z',
      bio: '',
      bot: false,
      email: user.email,
      external: false,
      two_factor_enabled: false,
      can_create_group: true,
      can_create_project: true,
      projects_limit: 100_000,
    }),
    project(project, user, simple) {
      const slug = project.path.split('/').at(-1) ?? project.path;
      const namespace = project.path.split('/').slice(0, -1).join('/');
      const web = `${url()}/${project.path}`;
      const basic = {
        id: project.id,
        description: project.description,
        name: project.name,
        name_with_namespace: `${namespace} / ${project.name}`,
        path: slug,
        path_with_namespace: project.path,
        created_at: project.createdAt,
        default_branch: 'main',
        tag_list: [],
        topics: [],
        ssh_url_to_repo: `git@gitlab.example:${project.path}.git`,
        http_url_to_repo: `${web}.git`,
        web_url: web,
        readme_url: null,
        forks_count: 0,
        avatar_url: null,
        star_count: 0,
        last_activity_at: project.lastActivityAt,
        visibility: project.visibility,
        namespace: { id: 90, name: namespace, path: namespace, kind: 'group', full_path: namespace, parent_id: null, avatar_url: null, web_url: `${url()}/groups/${namespace}` },
      };
      if (simple) return basic;
      const level = levelOf(project, user);
      return {
        ...basic,
        archived: false,
        empty_repo: false,
        issues_enabled: true,
        merge_requests_enabled: true,
        issues_access_level: 'enabled',
        creator_id: [...project.members.keys()][0] ?? null,
        open_issues_count: [...project.issues.values()].filter((issue) => issue.state === 'opened').length,
        updated_at: project.lastActivityAt,
        permissions: { project_access: level > 0 ? { access_level: level, notification_level: 3 } : null, group_access: null },
      };
    },
    label: (project, label) => {
      const issues = [...project.issues.values()].filter((issue) => issue.labels.includes(label.name));
      return {
        id: label.id,
        name: label.name,
        description: label.description,
        description_html: label.description,
        text_color: '#FFFFFF',
        color: label.color,
        archived: false,
        open_issues_count: issues.filter((issue) => issue.state === 'opened').length,
        closed_issues_count: issues.filter((issue) => issue.state === 'closed').length,
        open_merge_requests_count: 0,
        subscribed: false,
        priority: null,
        is_project_label: true,
      };
    },
    // the user's fields are merged into the member's: https://docs.gitlab.com/api/members/
    member: (project, user) => ({ ...userBasic(user), access_level: levelOf(project, user), created_at: project.createdAt, expires_at: null, membership_state: 'active' }),
    issue(project, issue, labelDetails = false) {
      const assignees = issue.assignees.map(userBasic);
      const labels = issue.labels.toSorted();
      const self = `${url()}/api/v4/projects/${project.id}/issues/${issue.iid}`;
      return {
        id: issue.id,
        iid: issue.iid,
        project_id: project.id,
        title: issue.title,
        description: issue.description,
        state: issue.state,
        created_at: issue.createdAt,
        updated_at: issue.updatedAt,
        closed_at: issue.closedAt,
        closed_by: issue.closedBy === null ? null : userBasic(issue.closedBy),
        labels: labelDetails ? project.labels.filter((label) => labels.includes(label.name)).map(({ id, name, color, description }) => ({ id, name, description, description_html: description, text_color: '#FFFFFF', color })) : labels,
        milestone: null,
        assignees,
        author: userBasic(issue.author),
        type: 'ISSUE',
        assignee: assignees[0] ?? null,
        user_notes_count: issue.notes.length,
        merge_requests_count: 0,
        upvotes: 0,
        downvotes: 0,
        due_date: issue.dueDate,
        confidential: issue.confidential,
        discussion_locked: null,
        issue_type: 'issue',
        web_url: `${url()}/${project.path}/-/issues/${issue.iid}`,
        time_stats: { time_estimate: 0, total_time_spent: 0, human_time_estimate: null, human_total_time_spent: null },
        task_completion_status: { count: 0, completed_count: 0 },
        blocking_issues_count: 0,
        has_tasks: false,
        _links: { self, notes: `${self}/notes`, award_emoji: `${self}/award_emoji`, project: `${url()}/api/v4/projects/${project.id}`, closed_as_duplicate_of: null },
        references: { short: `#${issue.iid}`, relative: `#${issue.iid}`, full: `${project.path}#${issue.iid}` },
        severity: 'UNKNOWN',
        moved_to_id: issue.movedTo,
        imported: false,
        imported_from: 'none',
        service_desk_reply_to: null,
      };
    },
    note: (project, issue, note) => ({
      id: note.id,
      type: null,
      body: note.body,
      author: userBasic(note.author),
      created_at: note.createdAt,
      updated_at: note.createdAt,
      system: false,
      noteable_id: issue.id,
      noteable_type: 'Issue',
      project_id: project.id,
      resolvable: false,
      confidential: note.internal,
      internal: note.internal,
      imported: false,
      imported_from: 'none',
      noteable_iid: issue.iid,
      commands_changes: {},
    }),
    // neither token nor header values are ever shown: https://docs.gitlab.com/api/project_webhooks/
    hook: (hook) => ({
      id: hook.id,
      url: hook.url,
      name: hook.name,
      description: hook.description,
      created_at: hook.createdAt,
      push_events: hook.push_events,
      tag_push_events: false,
      merge_requests_events: false,
      repository_update_events: false,
      enable_ssl_verification: hook.enable_ssl_verification,
      alert_status: hook.alertStatus === 'temporarily_disabled' && Date.parse(hook.disabledUntil ?? '') <= now() ? 'executable' : hook.alertStatus,
      disabled_until: hook.disabledUntil,
      url_variables: [],
      push_events_branch_filter: '',
      branch_filter_strategy: 'wildcard',
      custom_webhook_template: '',
      custom_headers: hook.customHeaders.map(({ key }) => ({ key })),
      project_id: hook.project,
      issues_events: hook.issues_events,
      confidential_issues_events: hook.confidential_issues_events,
      note_events: hook.note_events,
      confidential_note_events: hook.confidential_note_events,
      pipeline_events: false,
      wiki_page_events: false,
      deployment_events: false,
      feature_flag_events: false,
      job_events: false,
      releases_events: false,
      milestone_events: false,
      emoji_events: false,
      resource_access_token_events: false,
      vulnerability_events: false,
      signing_token_present: hook.signingToken !== null,
    }),
  };
  return entities;
}
