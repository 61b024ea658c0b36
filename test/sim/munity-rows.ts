import { createHash } from 'node:crypto';
import { rawItem, rawProject } from './munity-raw.ts';
import type { ToolItem, ToolProject, ToolSite, ToolStatus, ToolUser } from './munity-tool-types.ts';
import type { MunityIntegration, MunityKind, MunityRow } from './munity-types.ts';

type Columns = MunityRow['columns'];

const NOTHING: Readonly<Record<MunityKind, Readonly<Record<string, null>>>> = {
  'pm-projects': nulls('name folder url status private description creation_date begin_date end_date owner_id group_id'),
  'pm-issues': nulls('name description url priority severity due_date complete tags is_milestone assignee_id creator_id project_id status_id type_id group_id parent_id'),
  'pm-users': nulls('name email url status firstname lastname title roles company_name phone timezone active avatar'),
  'pm-issue-statuses': nulls('name meta_status color order default project_id'),
};
const PRIORITIES = ['Highest', 'High', 'Medium', 'Low', 'Lowest'];
/** Jira's own names: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-workflow-status-categories/ */
const JIRA_CATEGORIES = { todo: { key: 'new', color: 'blue-gray' }, doing: { key: 'indeterminate', color: 'yellow' }, done: { key: 'done', color: 'green' } } as const;

/**
 * The rows that a sync fills Munity's tables with: columns, nulls and the md5 of each id as the SQL for Asana (github.com/dbyzero/dbt-asana-unifiedapi), Monday (github.com/munityapps/dbt_monday_uapi) and Linear (github.com/munityapps/dbt_linear_uapi) has them; that the API says the same names is inferred.
 * The SQL for Jira is not public: it fills whatever Jira has and keys as Linear does. A tool without known SQL gives names only.
 */
export function rowsOf(integration: MunityIntegration, site: ToolSite, parts: { toolsUrl: string; at: string }): Map<string, MunityRow> {
  const { connector: source, id: own } = integration;
  const rows = new Map<string, MunityRow>();
  const add = (kind: MunityKind, id: string, externalId: string, raw: unknown, columns: Readonly<Record<string, unknown>>): void => {
    const stamps = { created: parts.at, modified: parts.at, sync_timestamp: parts.at };
    rows.set(id, { kind, columns: { ...NOTHING[kind], id, external_id: externalId, source, ...stamps, integration_id: own, last_raw_data: raw, ...columns } satisfies Columns });
  };
  const byPlace = source === 'asana' || source === 'monday';
  const projectId = (project: ToolProject): string => (byPlace ? md5(project.id, 'project', source, own) : md5(own, project.id, 'project', source));
  const issueId = (item: ToolItem, project: ToolProject): string => (byPlace ? md5(own, projectId(project), item.id, 'task', source) : md5(own, item.id, 'issue', source));
  const statusId = (status: string, project: ToolProject): string => (source === 'asana' ? md5(projectId(project), own, status, 'issuestatusasana') : md5(own, status, 'issuestatus', source, own));
  const userId = (user: string): string => md5(own, user, 'user', source);

  for (const user of site.users) add('pm-users', userId(user.id), user.id, { id: user.id, name: user.name }, userColumns(source, user));
  const visible = site.projects.filter(({ members }) => members === undefined || members.includes(integration.account));
  for (const project of visible) {
    const page = `${parts.toolsUrl}/${site.id}/projects/${project.key}`;
    add('pm-projects', projectId(project), project.id, source === 'linear' ? airbyteId(project.id) : rawProject(source, project), projectColumns(source, project, page));
    // Monday's boards have statuses in their columns only
    for (const [order, status] of (source === 'monday' ? [] : site.statuses).entries()) {
      add('pm-issue-statuses', statusId(status.id, project), status.id, source === 'linear' ? airbyteId(status.id) : {}, { ...statusColumns(source, status, order), ...(source === 'asana' ? { project_id: projectId(project) } : {}) });
    }
    for (const item of site.items.values()) {
      if (!item.projects.includes(project.id)) continue;
      const ids = { project_id: projectId(project), status_id: statusId(item.status, project), assignee_id: item.assignee === null ? null : userId(item.assignee), creator_id: userId(item.creator) };
      const url = `${parts.toolsUrl}/${site.id}/browse/${item.key}`;
      add('pm-issues', issueId(item, project), item.id, source === 'linear' ? airbyteId(item.id) : rawItem(site, item, url), issueColumns(source, site, item, ids, url));
    }
  }
  return rows;
}

/** What tells two syncs of a row apart: everything but their times. */
export function sameRow(a: MunityRow, b: MunityRow): boolean {
  return JSON.stringify(withoutStamps(a)) === JSON.stringify(withoutStamps(b));
}

/** The columns without the times of the sync and without the tool's own record: an edit done again looks the same again. */
export function dataOf(row: MunityRow): Record<string, unknown> {
  return Object.fromEntries(Object.entries(withoutStamps(row)).filter(([name]) => name !== 'last_raw_data'));
}

function withoutStamps({ columns }: MunityRow): Record<string, unknown> {
  return Object.fromEntries(Object.entries(columns).filter(([name]) => name !== 'created' && name !== 'modified' && name !== 'sync_timestamp'));
}

interface Ids {
  readonly project_id: string;
  readonly status_id: string;
  readonly assignee_id: string | null;
  readonly creator_id: string;
}

function issueColumns(source: string, site: ToolSite, item: ToolItem, ids: Ids, url: string): Record<string, unknown> {
  const { title: name, description, due } = item;
  const { project_id, status_id, assignee_id, creator_id } = ids;
  const done = site.statuses.find((one) => one.id === item.status)?.category === 'done';
  if (source === 'asana') return { name, description, url, project_id, status_id, assignee_id, due_date: due, complete: done, is_milestone: false };
  if (source === 'monday') return { name, description: '', url, project_id, creator_id, is_milestone: false };
  if (source === 'linear') return { name, description, project_id, status_id, assignee_id, priority: item.priority === null ? 0 : Math.min(4, PRIORITIES.indexOf(item.priority) + 1) };
  if (source === 'jira') return { name, description, url, ...ids, due_date: due, complete: done, priority: item.priority, tags: item.labels };
  return { name, project_id };
}

function projectColumns(source: string, project: ToolProject, url: string): Record<string, unknown> {
  const { name, description } = project;
  const closed = project.members !== undefined;
  if (source === 'asana') return { name, url, private: closed };
  if (source === 'linear') return { name, description, status: 'started' };
  if (source === 'monday' || source === 'jira') return { name, description, url, private: closed };
  return { name };
}

function userColumns(source: string, { name, email }: ToolUser): Record<string, unknown> {
  if (source === 'linear') return { name, email };
  if (source === 'asana' || source === 'jira') return { name, email, active: true };
  return { name };
}

function statusColumns(source: string, status: ToolStatus, order: number): Record<string, unknown> {
  const { name, category } = status;
  if (source === 'asana') return category === 'done' ? { name, meta_status: name, color: 'green', order: 0, default: false } : { name, meta_status: name, color: 'orange', order: 1, default: false };
  if (source === 'linear') return { name, color: status.color, order };
  if (source === 'jira') return { name, meta_status: JIRA_CATEGORIES[category].key, color: JIRA_CATEGORIES[category].color, order, default: order === 0 };
  return { name };
}

function md5(...parts: readonly string[]): string {
  return createHash('md5').update(parts.join('')).digest('hex');
}

/** Linear's tables keep no record of the tool, only the id of Airbyte's. */
function airbyteId(of: string): string {
  return md5('_airbyte_raw_id', of).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function nulls(names: string): Record<string, null> {
  return Object.fromEntries(names.split(' ').map((name) => [name, null]));
}
