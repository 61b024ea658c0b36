import { avatar, labelPill } from './gitlab-look.ts';
import { canDeleteIssue, canEditIssue, canSeeInternalNotes, canSeeProject, canSetMetadata, levelOf } from './gitlab-rights.ts';
import type { GitlabIssue, GitlabLabel, GitlabProject, GitlabState, GitlabToken, GitlabUser } from './gitlab-types.ts';
import { html, renderMarkdown, type Markup } from './html.ts';

/** What a person typed that was refused, and why. */
export interface Refused {
  readonly reason: string;
  readonly title: string;
  readonly description: string;
}

const labelsOf = (project: GitlabProject, issue: GitlabIssue): GitlabLabel[] => project.labels.filter((label) => issue.labels.includes(label.name));
const peopleOf = (state: GitlabState, ids: readonly number[]): GitlabUser[] => state.users.filter((user) => ids.includes(user.id));
const day = (iso: string): string => new Date(iso).toLocaleDateString('en', { dateStyle: 'medium' });
const checked = (on: boolean, word: string): Markup | false => on && { markup: ` ${word}` };

const SECRET = html`<span class="secret">Confidential</span>`;
const badge = (issue: GitlabIssue): Markup => html`<span class="state ${issue.state}"><span class="dot"></span>${issue.state === 'opened' ? 'Open' : 'Closed'}</span>`;

/** The projects that this user sees. */
export function projectsView(state: GitlabState, user: GitlabUser): Markup {
  const seen = [...state.projects.values()].filter((project) => canSeeProject(project, user.id));
  return html`<div class="bar"><h1>Projects</h1><a class="button" href="/-/user_settings/personal_access_tokens">Access token</a></div>
<ul class="rows" data-live="projects">${seen.map(
    (project) => html`<li><div class="what"><a class="name" href="/${project.path}/-/issues">${project.path}</a><div class="meta">${project.description}</div></div><span class="count">${[...project.issues.values()].filter((issue) => issue.state === 'opened').length} open</span></li>`,
  )}</ul>`;
}

/** A project's issues under their three tabs, with a search. */
export function issuesView(state: GitlabState, project: GitlabProject, issues: readonly GitlabIssue[], tab: string, search: string): Markup {
  const shown = issues.filter((issue) => tab === 'all' || issue.state === tab).toSorted((a, b) => b.iid - a.iid);
  const found = shown.filter((issue) => issue.title.toLowerCase().includes(search.toLowerCase()));
  const tabs = [
    ['opened', 'Open'],
    ['closed', 'Closed'],
    ['all', 'All'],
  ] as const;
  return html`<div class="bar"><h1>Issues</h1><a class="button primary" href="/${project.path}/-/issues/new">New issue</a></div>
<div class="tabs" role="navigation" aria-label="State" data-live="tabs">${tabs.map(
    ([key, name]) => html`<a href="?state=${key}"${checked(key === tab, 'aria-current="page"')}>${name}<span class="count">${issues.filter((issue) => key === 'all' || issue.state === key).length}</span></a>`,
  )}</div>
<form class="find" role="search"><input type="hidden" name="state" value="${tab}"><input type="search" name="search" aria-label="Search issues" placeholder="Search issues" value="${search}"><button>Search</button></form>
<ul class="rows" data-live="issues">${found.map((issue) => row(state, project, issue))}${found.length === 0 && html`<li class="empty">No issues here.</li>`}</ul>`;
}

function row(state: GitlabState, project: GitlabProject, issue: GitlabIssue): Markup {
  const [author] = peopleOf(state, [issue.author]);
  return html`<li class="${issue.state}"><div class="what"><a class="name" href="/${project.path}/-/issues/${issue.iid}">${issue.title}</a> ${issue.confidential && SECRET}
<div class="meta"><span>#${issue.iid} · ${day(issue.createdAt)} by ${author?.name}</span>${labelsOf(project, issue).map(labelPill)}</div></div>
${issue.state === 'closed' && badge(issue)}${peopleOf(state, issue.assignees).map(avatar)}</li>`;
}

/** One issue: what it says, who may change what of it. */
export function issueView(state: GitlabState, project: GitlabProject, issue: GitlabIssue, user: GitlabUser, refused?: Refused): Markup {
  const base = `/${project.path}/-/issues/${issue.iid}`;
  const [author] = peopleOf(state, [issue.author]);
  const mayEdit = canEditIssue(project, issue, user.id);
  const next = issue.state === 'opened' ? 'close' : 'reopen';
  const notes = issue.notes.filter((note) => !note.internal || canSeeInternalNotes(project, user.id));
  return html`<div data-live="head"><h1>${issue.title}</h1><div class="meta">${badge(issue)}${issue.confidential && SECRET}<span>#${issue.iid} created ${day(issue.createdAt)} by ${author?.name}</span></div></div>
${
    mayEdit &&
    html`<details class="edit" data-live="edit" data-version="${issue.updatedAt}"${checked(refused !== undefined, 'open')}><summary>Edit</summary><form method="post" action="${base}">
<p class="notice" data-stale hidden>This issue has changed while you were writing. <a href="${base}">Show it as it is now</a>.</p>
${refused && html`<p class="error" role="alert">${refused.reason}</p>`}
${fields(state, project, { title: refused?.title ?? issue.title, description: refused?.description ?? issue.description ?? '', labels: issue.labels, assignees: issue.assignees }, canSetMetadata(project, user.id))}
<button class="primary">Save changes</button></form></details>`
  }
<div class="grid"><div><div class="text" data-live="text">${issue.description ? renderMarkdown(issue.description) : html`<p class="meta">No description.</p>`}</div>
<div class="actions" data-live="actions">${
    mayEdit && html`<form method="post" action="${base}/${next}"><button>${next === 'close' ? 'Close issue' : 'Reopen issue'}</button></form>`
  }${canDeleteIssue(project, user.id) && html`<form method="post" action="${base}/delete"><button class="danger">Delete issue</button></form>`}</div>
${!mayEdit && html`<p class="meta">You are a ${levelName(levelOf(project, user.id))} here and may only read this issue.</p>`}
<section class="notes" data-live="notes" aria-label="Comments"><h2>Comments</h2>${notes.map((note) => {
    const [writer] = peopleOf(state, [note.author]);
    return html`<div class="note">${writer && avatar(writer)}<div class="text"><strong>${writer?.name}</strong>${renderMarkdown(note.body)}</div></div>`;
  })}${notes.length === 0 && html`<p class="meta">None yet.</p>`}</section></div>
<aside data-live="aside"><dl><div><dt>Assignee</dt><dd>${peopleOf(state, issue.assignees).map((one) => html`${avatar(one)} ${one.name}`)}${issue.assignees.length === 0 && 'None'}</dd></div>
<div><dt>Labels</dt><dd>${labelsOf(project, issue).map(labelPill)}${issue.labels.length === 0 && 'None'}</dd></div>
<div><dt>Due date</dt><dd>${issue.dueDate ?? 'None'}</dd></div></dl></aside></div>`;
}

/** The form of a new issue. */
export function newIssueView(state: GitlabState, project: GitlabProject, refused?: Refused): Markup {
  return html`<h1>New issue</h1><form method="post" action="/${project.path}/-/issues">${refused && html`<p class="error" role="alert">${refused.reason}</p>`}
${fields(state, project, { title: refused?.title ?? '', description: refused?.description ?? '', labels: [], assignees: [] }, true)}
<div class="actions"><button class="primary">Create issue</button><a class="button" href="/${project.path}/-/issues">Cancel</a></div></form>`;
}

function fields(state: GitlabState, project: GitlabProject, values: { title: string; description: string; labels: readonly string[]; assignees: readonly number[] }, metadata: boolean): Markup {
  const members = peopleOf(state, [...project.members.keys()]);
  return html`<div class="field"><label for="title">Title</label><input type="text" id="title" name="title" value="${values.title}" autocomplete="off"></div>
<div class="field"><label for="description">Description</label><textarea id="description" name="description">${values.description}</textarea></div>
${
    metadata &&
    html`<div class="field"><label for="assignee">Assignee</label><select id="assignee" name="assignee"><option value="">Nobody</option>${members.map(
      (one) => html`<option value="${one.id}"${checked(values.assignees.includes(one.id), 'selected')}>${one.name}</option>`,
    )}</select></div>
<fieldset><legend>Labels</legend><input type="hidden" name="labels" value=""><div class="checks">${project.labels.map(
      (label) => html`<label><input type="checkbox" name="labels" value="${label.name}"${checked(values.labels.includes(label.name), 'checked')}>${labelPill(label)}</label>`,
    )}</div></fieldset>`
  }`;
}

/** The current user's token, ready to be pasted elsewhere. */
export function tokenView(user: GitlabUser, token: GitlabToken | undefined): Markup {
  if (!token) return html`<h1>Personal access tokens</h1><p class="empty">${user.name} has no token.</p>`;
  return html`<h1>Personal access tokens</h1><p>This is the token of <strong>${user.name}</strong>. With it, another application reads and writes issues as ${user.name}.</p>
<div class="field"><label for="token">Token “${token.name}” with scope ${token.scopes.join(', ')}</label><div class="token"><input type="text" id="token" readonly value="${token.value}"><button type="button" class="primary" data-copy="${token.value}">Copy</button></div></div>
<p class="meta">On the real GitLab a token is shown once, when it is made.</p>`;
}

function levelName(level: number): string {
  return ({ 10: 'guest', 15: 'planner', 20: 'reporter', 30: 'developer', 40: 'maintainer', 50: 'owner' } as Record<number, string>)[level] ?? 'visitor';
}
