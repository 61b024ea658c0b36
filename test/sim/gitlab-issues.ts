import type { HookEvent } from './gitlab-hooks.ts';
import { hookTime, issuePayload, labelData, notePayload, userData, type Changes, type IssueAction } from './gitlab-payload.ts';
import { canDeleteIssue, canDeleteNote, canEditIssue, canSeeInternalNotes, canSeeIssue, canSeeProject, canSetMetadata, findProject, levelOf } from './gitlab-rights.ts';
import type { GitlabIssue, GitlabNote, GitlabProject, GitlabState, GitlabUser, IssueParams } from './gitlab-types.ts';
import { Refusal } from './kit.ts';

/** What issues can be made to do; the API, the pages and the tests all come through here. A refusal is thrown as the API answers it. */
export interface IssueDesk {
  project(user: GitlabUser, idOrPath: number | string): GitlabProject;
  issue(user: GitlabUser, project: GitlabProject, iid: number): GitlabIssue;
  create(user: GitlabUser, project: GitlabProject, params: IssueParams): GitlabIssue;
  update(user: GitlabUser, project: GitlabProject, issue: GitlabIssue, params: IssueParams): GitlabIssue;
  remove(user: GitlabUser, project: GitlabProject, issue: GitlabIssue): void;
  move(user: GitlabUser, project: GitlabProject, issue: GitlabIssue, to: GitlabProject): GitlabIssue;
  /** Those that this user sees, oldest first. */
  notes(user: GitlabUser, project: GitlabProject, issue: GitlabIssue): readonly GitlabNote[];
  note(user: GitlabUser, project: GitlabProject, issue: GitlabIssue, body: string, internal: boolean): GitlabNote;
  removeNote(user: GitlabUser, project: GitlabProject, issue: GitlabIssue, id: number): void;
}

export const forbidden = (): Refusal => new Refusal(403, { message: '403 Forbidden' });
export const notFound = (what = 'Not found'): Refusal => new Refusal(404, { message: `404 ${what}` });

const DEFAULT_LABEL_COLOR = '#6699cc';

export function makeIssueDesk(state: GitlabState, options: { now: () => number; nextId: () => number; url: () => string; emit: (event: HookEvent) => void; changed: () => void }): IssueDesk {
  const { nextId } = options;
  const stamp = (): string => new Date(options.now()).toISOString();

  const emit = (project: GitlabProject, issue: GitlabIssue, user: GitlabUser, action: IssueAction, changes: Changes): void => {
    const payload = issuePayload(state, project, issue, user, action, changes, options.url());
    options.emit({ project: project.id, trigger: issue.confidential ? 'confidential_issues_events' : 'issues_events', payload });
  };

  const touch = (project: GitlabProject, issue: GitlabIssue, user: GitlabUser): Changes => {
    const previous = issue.updatedAt;
    Object.assign(issue, { updatedAt: stamp(), updatedBy: user.id });
    project.lastActivityAt = issue.updatedAt;
    return { updated_at: { previous: hookTime(previous), current: hookTime(issue.updatedAt) }, updated_by_id: { previous: null, current: user.id } };
  };

  /** Label names as the project has them; unknown ones come into being for whoever may make labels, and vanish for others. */
  const knownLabels = (project: GitlabProject, user: GitlabUser, names: readonly string[]): string[] => {
    const clean = [...new Set(names.flatMap((name) => name.split(',')).map((name) => name.trim()).filter(Boolean))];
    return clean.filter((name) => {
      if (project.labels.some((label) => label.name === name)) return true;
      if (levelOf(project, user.id) < 15) return false;
      project.labels.push({ id: nextId(), name, color: DEFAULT_LABEL_COLOR, description: '' });
      return true;
    });
  };

  const labelsAfter = (project: GitlabProject, user: GitlabUser, before: readonly string[], params: IssueParams): string[] => {
    const whole = params.labels === undefined ? before : knownLabels(project, user, params.labels);
    const added = knownLabels(project, user, params.add_labels ?? []);
    const removed = new Set((params.remove_labels ?? []).flatMap((name) => name.split(',')).map((name) => name.trim()));
    return [...new Set([...whole, ...added])].filter((name) => !removed.has(name));
  };

  /** The free tier keeps one assignee; who cannot see the project is nobody. */
  const assigneesAfter = (project: GitlabProject, ids: readonly number[]): number[] => ids.filter((id) => state.users.some((user) => user.id === id) && canSeeProject(project, id)).slice(0, 1);

  const changeState = (project: GitlabProject, issue: GitlabIssue, user: GitlabUser, to: GitlabIssue['state']): void => {
    if (issue.state === to) return;
    const before = { state: issue.state, closedAt: issue.closedAt };
    const closed = to === 'closed';
    Object.assign(issue, { state: to, closedAt: closed ? stamp() : null, closedBy: closed ? user.id : null });
    const changes = {
      ...touch(project, issue, user),
      state_id: { previous: before.state === 'opened' ? 1 : 2, current: closed ? 2 : 1 },
      closed_at: { previous: hookTime(before.closedAt), current: hookTime(issue.closedAt) },
    };
    emit(project, issue, user, closed ? 'close' : 'reopen', changes);
  };

  const desk: IssueDesk = {
    project(user, idOrPath) {
      const project = findProject(state, idOrPath);
      if (!project || !canSeeProject(project, user.id)) throw notFound('Project Not Found');
      return project;
    },
    issue(user, project, iid) {
      const issue = project.issues.get(iid);
      if (!issue || !canSeeIssue(project, issue, user.id)) throw notFound();
      return issue;
    },
    create(user, project, params) {
      checkTexts({ ...params, title: params.title ?? '' });
      const at = stamp();
      const issue: GitlabIssue = {
        id: nextId(),
        iid: project.nextIid,
        project: project.id,
        title: (params.title ?? '').trim(),
        description: params.description ?? null,
        state: 'opened',
        labels: labelsAfter(project, user, [], params),
        assignees: assigneesAfter(project, params.assignee_ids ?? []),
        author: user.id,
        confidential: params.confidential ?? false,
        dueDate: params.due_date ?? null,
        createdAt: at,
        updatedAt: at,
        updatedBy: null,
        closedAt: null,
        closedBy: null,
        movedTo: null,
        notes: [],
      };
      project.nextIid += 1;
      project.lastActivityAt = at;
      project.issues.set(issue.iid, issue);
      emit(project, issue, user, 'open', { title: { previous: '', current: issue.title }, updated_at: { previous: null, current: hookTime(at) } });
      options.changed();
      return issue;
    },
    // the state changes first, with a webhook of its own, then the rest: https://docs.gitlab.com/api/issues/#edit-an-issue
    update(user, project, issue, given) {
      if (!canEditIssue(project, issue, user.id)) throw forbidden();
      checkTexts(given);
      const { title, description, state_event: stateEvent, ...metadata } = given;
      if (stateEvent) changeState(project, issue, user, stateEvent === 'close' ? 'closed' : 'opened');
      const allowed = canSetMetadata(project, user.id) ? metadata : {};
      const before = { ...issue };
      if (title !== undefined) issue.title = title.trim();
      if (description !== undefined) issue.description = description;
      if (allowed.confidential !== undefined) issue.confidential = allowed.confidential;
      if (allowed.due_date !== undefined) issue.dueDate = allowed.due_date;
      if (allowed.assignee_ids !== undefined) issue.assignees = assigneesAfter(project, allowed.assignee_ids);
      issue.labels = labelsAfter(project, user, issue.labels, allowed);
      const changes = differences(state, project, before, issue);
      if (Object.keys(changes).length > 0) emit(project, issue, user, 'update', { ...touch(project, issue, user), ...changes });
      options.changed();
      return issue;
    },
    // no webhook tells of it: https://docs.gitlab.com/user/project/integrations/webhook_events/#issue-events
    remove(user, project, issue) {
      if (!canDeleteIssue(project, user.id)) throw forbidden();
      project.issues.delete(issue.iid);
      options.changed();
    },
    // https://docs.gitlab.com/user/project/issues/managing_issues/#move-an-issue
    move(user, project, issue, to) {
      if (levelOf(project, user.id) < 15 || levelOf(to, user.id) < 15) throw forbidden();
      const { title, description, labels, assignees, confidential, dueDate } = issue;
      const moved = desk.create(user, to, { title, description, labels, assignee_ids: assignees, confidential, due_date: dueDate });
      issue.movedTo = moved.id;
      changeState(project, issue, user, 'closed');
      options.changed();
      return moved;
    },
    notes: (user, project, issue) => issue.notes.filter((note) => !note.internal || canSeeInternalNotes(project, user.id)),
    note(user, project, issue, body, internal) {
      if (internal && !canSeeInternalNotes(project, user.id)) throw forbidden();
      if (body.trim() === '') throw new Refusal(400, { message: "400 Bad request - Note {:note=>[\"can't be blank\"]}" });
      const note: GitlabNote = { id: nextId(), author: user.id, body, internal, createdAt: stamp() };
      issue.notes.push(note);
      issue.updatedAt = note.createdAt;
      const payload = notePayload(state, project, issue, note, user, options.url());
      options.emit({ project: project.id, trigger: internal || issue.confidential ? 'confidential_note_events' : 'note_events', payload });
      options.changed();
      return note;
    },
    removeNote(user, project, issue, id) {
      const note = desk.notes(user, project, issue).find((one) => one.id === id);
      if (!note) throw notFound('Note Not Found');
      if (!canDeleteNote(project, note, user.id)) throw forbidden();
      issue.notes = issue.notes.filter((one) => one !== note);
      options.changed();
    },
  };
  return desk;
}

function checkTexts(params: IssueParams): void {
  const faults: Record<string, string[]> = {};
  if (params.title !== undefined && params.title.trim() === '') faults['title'] = ["can't be blank"];
  if ((params.title ?? '').length > 255) faults['title'] = ['is too long (maximum is 255 characters)'];
  if ((params.description ?? '').length > 1_048_576) faults['description'] = ['is too long (maximum is 1048576 characters)'];
  if (Object.keys(faults).length > 0) throw new Refusal(400, { message: faults });
}

function differences(state: GitlabState, project: GitlabProject, before: GitlabIssue, after: GitlabIssue): Changes {
  const changes: Changes = {};
  const compare = (name: string, previous: unknown, current: unknown): void => {
    if (JSON.stringify(previous) !== JSON.stringify(current)) changes[name] = { previous, current };
  };
  compare('title', before.title, after.title);
  compare('description', before.description, after.description);
  compare('confidential', before.confidential, after.confidential);
  compare('due_date', before.dueDate, after.dueDate);
  compare('labels', before.labels.toSorted().map((name) => labelData(project, name)), after.labels.toSorted().map((name) => labelData(project, name)));
  compare('assignees', before.assignees.map((id) => userData(state, id)), after.assignees.map((id) => userData(state, id)));
  return changes;
}
