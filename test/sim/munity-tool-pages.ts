import { html, type Markup } from './html.ts';
import { isRecord, type Answer, type Context, type Handler, type Routes } from './kit.ts';
import { liveRoutes } from './live.ts';
import { signedInAt, signInAt } from './munity-consent.ts';
import { itemPath, projectPath, toolLayout } from './munity-tool-look.ts';
import type { ToolDesk, ToolItem, ToolItemParams, ToolProject, ToolUser } from './munity-tool-types.ts';
import { boardView, itemView, munityBar, newItemView, PRIORITIES, projectsView } from './munity-tool-views.ts';
import type { MunityIntegration, MunityState } from './munity-types.ts';

/** The tools' web pages for people in the sandbox. `?as=<user name>` signs in. What they change is at Munity after its next sync, which a bar on each page can bring about. */
export function toolRoutes(parts: {
  state: MunityState;
  desk: (site: string) => ToolDesk;
  toolName: (connector: string) => string;
  /** milliseconds between syncs */
  every: number | undefined;
  munity: { sync(): void; breakCredentials(integration: MunityIntegration): void; mend(integration: MunityIntegration): void };
  onChange: (listener: () => void) => () => void;
}): Routes {
  const { state, toolName } = parts;
  const allUsers = (): ToolUser[] => [...new Map([...state.sites.values()].flatMap((site) => site.users).map((user) => [user.username, user])).values()];

  const page = (context: Context, desk: ToolDesk, user: ToolUser, title: string, content: Markup, project?: ToolProject, status = 200): Answer => ({
    status,
    html: toolLayout({
      tool: toolName(desk.site.connector),
      title,
      user,
      users: desk.site.users,
      path: context.path,
      site: desk.site,
      ...(project ? { project } : {}),
      munity: munityBar(state.integrations.filter((one) => one.site === desk.site.id), desk.site, context.path, parts.every),
      content,
    }),
  });

  /** With the site of the address, the first one where there is none, and whoever is signed in there. */
  const people = (handler: (context: Context, desk: ToolDesk, user: ToolUser) => Answer | undefined): Handler => (context) => {
    const as = context.query.get('as');
    if (as !== null && allUsers().some((one) => one.username === as)) return { status: 303, headers: { Location: context.path, ...signInAt(as) } };
    const { connector, site } = context.params;
    const found = connector === undefined ? [...state.sites.values()][0] : state.sites.get(`${connector}/${site ?? ''}`);
    const user = found && (signedInAt(found.users, context) ?? found.users[0]);
    if (!found || !user) return { status: 404, html: 'There is nothing here.' };
    const desk = parts.desk(found.id);
    return handler(context, desk, user) ?? page(context, desk, user, 'Sorry', html`<div class="empty"><h1>404</h1><p>This page does not exist, or you may not see it.</p><p><a href="/">Projects</a></p></div>`, undefined, 404);
  };

  const seen = (project: ToolProject | undefined, user: ToolUser): ToolProject | undefined => (project && (project.members?.includes(user.id) ?? true) ? project : undefined);
  const inProject = (handler: (context: Context, desk: ToolDesk, user: ToolUser, project: ToolProject) => Answer): Handler =>
    people((context, desk, user) => {
      const project = seen(desk.site.projects.find((one) => one.key === context.params['project']), user);
      return project && handler(context, desk, user, project);
    });
  const onItem = (handler: (context: Context, desk: ToolDesk, user: ToolUser, project: ToolProject, item: ToolItem) => Answer): Handler =>
    people((context, desk, user) => {
      const item = [...desk.site.items.values()].find((one) => one.key === context.params['key']);
      const project = seen(desk.site.projects.find((one) => item?.projects.includes(one.id)), user);
      return item && project && handler(context, desk, user, project, item);
    });

  return {
    ...liveRoutes(parts.onChange),
    'GET /': people((context, desk, user) => page(context, desk, user, 'Projects', projectsView([...state.sites.values()], user, toolName))),
    'GET /:connector/:site/projects/:project': inProject((context, desk, user, project) => page(context, desk, user, project.name, boardView(desk.site, project), project)),
    'GET /:connector/:site/projects/:project/new': inProject((context, desk, user, project) => page(context, desk, user, 'New', newItemView(desk.site, project), project)),
    'POST /:connector/:site/projects/:project': inProject((context, desk, user, project) => {
      const params = paramsOf(context);
      try {
        return to(itemPath(desk.site, desk.create(project.key, { title: '', ...params }, user.username).key));
      } catch (error) {
        return page(context, desk, user, 'New', newItemView(desk.site, project, { reason: reasonOf(error), params }), project, 422);
      }
    }),
    'GET /:connector/:site/browse/:key': onItem((context, desk, user, project, item) => page(context, desk, user, `${item.key} ${item.title}`, itemView(desk.site, item), project)),
    'POST /:connector/:site/browse/:key': onItem((context, desk, user, project, item) => {
      const params = paramsOf(context);
      try {
        desk.update(item.key, params);
        return to(itemPath(desk.site, item.key));
      } catch (error) {
        return page(context, desk, user, item.key, itemView(desk.site, item, { reason: reasonOf(error), params }), project, 422);
      }
    }),
    'POST /:connector/:site/browse/:key/move': onItem((context, desk, user, _project, item) => {
      const target = seen(desk.site.projects.find((one) => one.key === fieldsOf(context)['project']), user);
      return to(itemPath(desk.site, target ? desk.move(item.key, target.key).key : item.key));
    }),
    'POST /:connector/:site/browse/:key/delete': onItem((_context, desk, _user, project, item) => {
      desk.remove(item.key);
      return to(projectPath(desk.site, project));
    }),
    // form: `do`: `sync`, or `break` or `mend` the credentials of `integration`; `back`: a path here
    'POST /:connector/:site/munity': people((context, desk) => {
      const form = fieldsOf(context);
      const integration = state.integrations.find((one) => one.id === form['integration'] && one.site === desk.site.id);
      if (form['do'] === 'sync') parts.munity.sync();
      else if (integration && form['do'] === 'break') parts.munity.breakCredentials(integration);
      else if (integration && form['do'] === 'mend') parts.munity.mend(integration);
      const back = form['back'] ?? '/';
      return to(/^\/(?![/\\])/.test(back) ? back : '/');
    }),
  };
}

function to(path: string): Answer {
  return { status: 303, headers: { Location: path } };
}

function fieldsOf(context: Context): Record<string, string | undefined> {
  const form = isRecord(context.body) ? context.body : {};
  return Object.fromEntries(Object.entries(form).map(([name, value]) => [name, typeof value === 'string' ? value : undefined]));
}

/** Only what the form holds: a button for a status sends that alone. */
function paramsOf(context: Context): ToolItemParams {
  const { title, description, status, priority, assignee, due, labels } = fieldsOf(context);
  return {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description: description.replaceAll('\r\n', '\n') }),
    ...(status === undefined ? {} : { status }),
    ...(priority === undefined ? {} : { priority: PRIORITIES.find((one) => one === priority) ?? null }),
    ...(assignee === undefined ? {} : { assignee: assignee === '' ? null : assignee }),
    ...(due === undefined ? {} : { due: /^\d{4}-\d{2}-\d{2}$/.test(due) ? due : null }),
    ...(labels === undefined ? {} : { labels: labels.split(',').map((label) => label.trim()).filter(Boolean) }),
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
