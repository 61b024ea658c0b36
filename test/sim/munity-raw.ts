import type { ToolItem, ToolProject, ToolSite, ToolUser } from './munity-tool-types.ts';

/** An item as the tool's own API gives it, in so far as a mapping may want something of it: `last_raw_data`. */
export function rawItem(site: ToolSite, item: ToolItem, url: string): unknown {
  if (site.connector === 'jira') return jiraIssue(site, item, url);
  if (site.connector === 'asana') return asanaTask(site, item, url);
  if (site.connector === 'monday') return mondayItem(site, item);
  return { id: item.id, title: item.title };
}

/** A project as the tool's own API gives it. */
export function rawProject(connector: string, project: ToolProject): unknown {
  return connector === 'jira' ? { id: project.id, key: project.key, name: project.name, projectTypeKey: 'software' } : { id: project.id, name: project.name };
}

/** https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/#api-rest-api-3-issue-issueidorkey-get; `self` and `browse` are the stand-in's own */
function jiraIssue(site: ToolSite, item: ToolItem, url: string): unknown {
  const status = site.statuses.find((one) => one.id === item.status);
  const project = site.projects.find((one) => one.id === item.projects[0]);
  const person = (id: string | null): unknown => {
    const user = userOf(site, id);
    return user && { accountId: user.id, displayName: user.name, emailAddress: user.email, active: true };
  };
  return {
    id: item.id,
    key: item.key,
    self: url,
    fields: {
      summary: item.title,
      description: item.description,
      status: status && { id: status.id, name: status.name, statusCategory: { key: { todo: 'new', doing: 'indeterminate', done: 'done' }[status.category] } },
      priority: item.priority === null ? null : { name: item.priority },
      assignee: person(item.assignee),
      creator: person(item.creator),
      duedate: item.due,
      labels: item.labels,
      issuetype: { name: 'Task', subtask: false },
      project: project && { id: project.id, key: project.key, name: project.name },
      created: item.createdAt,
      updated: item.updatedAt,
    },
  };
}

/** https://developers.asana.com/reference/gettask */
function asanaTask(site: ToolSite, item: ToolItem, url: string): unknown {
  const done = site.statuses.find((one) => one.id === item.status)?.category === 'done';
  const assignee = userOf(site, item.assignee);
  return {
    gid: item.id,
    name: item.title,
    notes: item.description,
    completed: done,
    completed_at: done ? item.updatedAt : null,
    due_on: item.due,
    assignee: assignee ? { gid: assignee.id, name: assignee.name } : null,
    projects: item.projects.map((gid) => ({ gid })),
    tags: item.labels.map((name) => ({ name })),
    permalink_url: url,
    modified_at: item.updatedAt,
  };
}

/** https://developer.monday.com/api-reference/reference/items: status, people and dates are columns of the board */
function mondayItem(site: ToolSite, item: ToolItem): unknown {
  const status = site.statuses.find((one) => one.id === item.status);
  const assignee = userOf(site, item.assignee);
  return {
    id: item.id,
    name: item.title,
    state: 'active',
    board: { id: item.projects[0] },
    creator_id: item.creator,
    column_values: [
      { id: 'person', type: 'people', title: 'Owner', text: assignee?.name ?? '', value: assignee ? JSON.stringify({ personsAndTeams: [{ id: Number(assignee.id), kind: 'person' }] }) : null },
      { id: 'status', type: 'status', title: 'Status', text: status?.name ?? '', value: JSON.stringify({ index: Number(item.status) }) },
      { id: 'date4', type: 'date', title: 'Due date', text: item.due ?? '', value: item.due === null ? null : JSON.stringify({ date: item.due }) },
    ],
    updated_at: item.updatedAt,
  };
}

function userOf(site: ToolSite, id: string | null): ToolUser | null {
  return site.users.find((one) => one.id === id) ?? null;
}
