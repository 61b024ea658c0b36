import { html, renderMarkdown, type Markup } from './html.ts';
import { itemPath, projectPath, statusPill, toolAvatar } from './munity-tool-look.ts';
import type { ToolItem, ToolItemParams, ToolProject, ToolSite, ToolUser } from './munity-tool-types.ts';
import type { MunityIntegration } from './munity-types.ts';

/** What a person typed that was refused, and why. */
export interface RefusedItem {
  readonly reason: string;
  readonly params: ToolItemParams;
}

/** The priorities that the tools of the stand-in know. */
export const PRIORITIES = ['Highest', 'High', 'Medium', 'Low', 'Lowest'] as const;

const on = (yes: boolean, word: string): Markup | false => yes && { markup: ` ${word}` };
const userOf = (site: ToolSite, id: string | null): ToolUser | undefined => site.users.find((one) => one.id === id);
const itemsOf = (site: ToolSite, project: ToolProject): ToolItem[] => [...site.items.values()].filter((item) => item.projects.includes(project.id));

/** Whom Munity reads this site for, with what is needed to try its hard days out. `back`: the page to return to. */
export function munityBar(integrations: readonly MunityIntegration[], site: ToolSite, back: string, every: number | undefined): Markup {
  const action = `/${site.id}/munity`;
  const time = (iso: string | null): string => (iso === null ? 'never' : `at ${iso.slice(11, 19)} UTC`);
  const press = (what: string, label: string, integration?: string): Markup =>
    html`<form method="post" action="${action}"><input type="hidden" name="back" value="${back}">${integration !== undefined && html`<input type="hidden" name="integration" value="${integration}">`}<button name="do" value="${what}">${label}</button></form>`;
  return html`<section class="munity" data-live="munity" aria-label="Munity"><div class="sync"><strong>Munity</strong>${press('sync', 'Sync now')}${every !== undefined && html`<span>or every ${Math.round(every / 1000)} s by itself</span>`}</div><ul>${integrations.map(
    (one) =>
      html`<li><span>${one.broken ? html`<span class="broken">✕ may read no more</span>` : html`<span class="ok">✓ reads</span>`} for ${one.name ?? one.customer}, synced ${time(one.syncedAt)}</span>${one.broken ? press('mend', 'Mend credentials', one.id) : press('break', 'Break credentials', one.id)}</li>`,
  )}${integrations.length === 0 && html`<li>Nobody has granted Munity access here yet.</li>`}</ul></section>`;
}

/** The projects that this user sees, of every site of the tools. */
export function projectsView(sites: readonly ToolSite[], user: ToolUser, toolName: (connector: string) => string): Markup {
  return html`<div class="bar"><h1>Projects</h1></div><ul class="rows" data-live="projects">${sites.flatMap((site) => {
    const own = site.users.find((one) => one.username === user.username);
    return site.projects
      .filter(({ members }) => own !== undefined && (members?.includes(own.id) ?? true))
      .map((project) => html`<li><div class="what"><a href="${projectPath(site, project)}"><strong>${project.name}</strong></a><div class="meta">${project.key} · ${site.name} · ${toolName(site.connector)}${project.description && html` · ${project.description}`}</div></div><span class="count">${itemsOf(site, project).length}</span></li>`);
  })}</ul>`;
}

/** A project's tickets, a column for each status. */
export function boardView(site: ToolSite, project: ToolProject): Markup {
  const items = itemsOf(site, project);
  return html`<div class="bar"><h1>${project.name}</h1><a class="button primary" href="${projectPath(site, project)}/new">Create</a></div>
<div class="columns" data-live="board">${site.statuses.map((status) => {
    const own = items.filter((item) => item.status === status.id);
    return html`<section class="column" aria-label="${status.name}"><h2>${statusPill(status)} ${own.length}</h2><ul>${own.map((item) => ticket(site, item))}</ul></section>`;
  })}</div>`;
}

function ticket(site: ToolSite, item: ToolItem): Markup {
  const assignee = userOf(site, item.assignee);
  return html`<li class="ticket"><a href="${itemPath(site, item.key)}">${item.title}</a><div class="meta"><span>${item.key}</span>${priority(item)}${item.due && html`<span>${item.due}</span>`}${item.labels.map((label) => html`<span class="label">${label}</span>`)}${assignee && toolAvatar(site, assignee)}</div></li>`;
}

function priority({ priority }: ToolItem): Markup | false {
  return priority !== null && html`<span class="priority p-${priority}">${priority}</span>`;
}

/** One ticket, with a form for all of it and a button for each status. */
export function itemView(site: ToolSite, item: ToolItem, refused?: RefusedItem): Markup {
  const base = itemPath(site, item.key);
  const [assignee, creator] = [userOf(site, item.assignee), userOf(site, item.creator)];
  const others = site.projects.filter((one) => !item.projects.includes(one.id));
  const held: ToolItemParams = { title: item.title, description: item.description, priority: item.priority, assignee: assignee?.username ?? null, due: item.due, labels: item.labels };
  return html`<div data-live="head"><h1>${item.title}</h1><div class="meta">${statusPill(site.statuses.find((one) => one.id === item.status))}<span>${item.key}</span>${priority(item)}</div></div>
<div class="actions" data-live="statuses"><form method="post" action="${base}" aria-label="Status">${site.statuses.map((status) => html`<button name="status" value="${status.name}" aria-pressed="${String(status.id === item.status)}">${status.name}</button>`)}</form></div>
<details data-live="edit" data-version="${item.updatedAt}"${on(refused !== undefined, 'open')}><summary>Edit</summary><form method="post" action="${base}">
<p class="notice" data-stale hidden>This ticket has changed while you were writing. <a href="${base}">Show it as it is now</a>.</p>
${fields(site, refused?.params ?? held, refused?.reason)}<button class="primary">Save</button></form></details>
<div class="grid"><div class="text" data-live="text">${item.description ? renderMarkdown(item.description) : html`<p class="meta">No description.</p>`}</div>
<aside data-live="aside"><dl><dt>Assignee</dt><dd>${assignee && toolAvatar(site, assignee)} ${assignee?.name ?? 'Unassigned'}</dd><dt>Due date</dt><dd>${item.due ?? 'None'}</dd><dt>Labels</dt><dd>${item.labels.map((label) => html`<span class="label">${label}</span>`)}${item.labels.length === 0 && 'None'}</dd><dt>Reporter</dt><dd>${creator?.name}</dd></dl></aside></div>
<div class="actions">${others.length > 0 && html`<form method="post" action="${base}/move"><select name="project" aria-label="Move to">${others.map((one) => html`<option value="${one.key}">${one.name}</option>`)}</select><button>Move</button></form>`}
<form method="post" action="${base}/delete"><button class="danger">Delete</button></form></div>`;
}

/** The form of a new ticket. */
export function newItemView(site: ToolSite, project: ToolProject, refused?: RefusedItem): Markup {
  return html`<h1>New in ${project.name}</h1><form method="post" action="${projectPath(site, project)}">${fields(site, refused?.params ?? {}, refused?.reason)}
<div class="actions"><button class="primary">Create</button><a class="button" href="${projectPath(site, project)}">Cancel</a></div></form>`;
}

function fields(site: ToolSite, { title = '', description = '', priority = null, assignee = null, due = null, labels = [] }: ToolItemParams, reason: string | undefined): Markup {
  return html`${reason !== undefined && html`<p class="error" role="alert">${reason}</p>`}
<div class="field"><label for="title">Summary</label><input id="title" name="title" value="${title}" autocomplete="off"></div>
<div class="field"><label for="description">Description</label><textarea id="description" name="description">${description}</textarea></div>
<div class="pair"><div class="field"><label for="priority">Priority</label><select id="priority" name="priority"><option value="">None</option>${PRIORITIES.map((one) => html`<option${on(one === priority, 'selected')}>${one}</option>`)}</select></div>
<div class="field"><label for="assignee">Assignee</label><select id="assignee" name="assignee"><option value="">Unassigned</option>${site.users.map((one) => html`<option value="${one.username}"${on(one.username === assignee, 'selected')}>${one.name}</option>`)}</select></div></div>
<div class="pair"><div class="field"><label for="due">Due date</label><input type="date" id="due" name="due" value="${due}"></div>
<div class="field"><label for="labels">Labels, with commas</label><input id="labels" name="labels" value="${labels.join(', ')}" autocomplete="off"></div></div>`;
}
