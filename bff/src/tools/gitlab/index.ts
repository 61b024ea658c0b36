import type { Item, ItemPatch } from '@tandem/shared/item';
import type { Ref } from '@tandem/shared/ref';
import { siteAt } from '../../http.ts';
import type { Access, Tool } from '../../ports.ts';
import { changed, isNumber, refuse } from '../issue.ts';
import * as api from './api.ts';
import { backlinks } from './backlinks.ts';
import { labelColors } from './colors.ts';
import { hooks } from './hooks.ts';
import { issueAt, itemOf, labelOf, personOf, placeOf, refused, rightsIn, rightsOf, roleIn, STATUSES } from './map.ts';

/** GitLab, at gitlab.com or one's own: issues of projects, addressed by the project's number and the issue's `iid`. */
export function gitlab(settings: { url: string; now: () => number; oauth?: { clientId: string; clientSecret: string } }): Tool {
  const site = siteAt(settings.url, '/api/v4');
  const flow = `${site.base}/oauth`;
  // https://docs.gitlab.com/api/oauth2/
  const oauth: Tool['oauth'] = settings.oauth && { kind: 'oauth', authorizeUrl: `${flow}/authorize`, tokenUrl: `${flow}/token`, revokeUrl: `${flow}/revoke`, scope: 'api', pkce: true, ...settings.oauth };

  const colorsOf = labelColors(settings.now);
  const itemsOf = async (access: Access, issues: readonly api.GitlabIssue[]): Promise<Item[]> => {
    const colors = await colorsOf(access, issues);
    return issues.map((issue) => itemOf(site.id, issue, colors(issue)));
  };
  const itemFrom = async (access: Access, issue: api.GitlabIssue): Promise<Item> => itemOf(site.id, issue, (await colorsOf(access, [issue]))(issue));
  const read = async (access: Access, ref: Ref): Promise<Item | undefined> => {
    const issue = isNumber(ref.id) ? await api.issue(access, ref.place, ref.id) : undefined;
    return issue && itemFrom(access, issue);
  };
  const mustRead = async (access: Access, ref: Ref): Promise<Item> => {
    const item = await read(access, ref);
    if (!item) throw api.notThere('issue');
    return item;
  };

  return {
    id: 'gitlab',
    name: 'GitLab',
    noun: 'issue',
    site,
    hooks,
    backlinks,
    rights: rightsOf,
    signIn: {
      kind: 'token',
      fields: [
        {
          name: 'token',
          label: 'Access token',
          help: 'A personal, project or group access token with the scope “api”.',
          helpUrl: `${site.base}/-/user_settings/personal_access_tokens?name=Tandem&scopes=api`,
        },
      ],
      headers: (fields) => ({ 'private-token': (fields['token'] ?? '').trim() }),
    },
    ...(oauth ? { oauth } : {}),

    async me(access) {
      const [user, { end }] = await Promise.all([api.currentUser(access), api.token(access)]);
      return { person: personOf(user), ...(end ? { ends: `${end}T00:00:00.000Z` } : {}) };
    },

    async scopes(access) {
      const { scopes } = await api.token(access);
      // A fine-grained token says no more than `granular`: its permissions are no scopes. https://docs.gitlab.com/auth/tokens/fine_grained_access_tokens/
      if (!scopes || scopes.includes('granular')) return undefined;
      return { seen: scopes, lacks: ['api'].filter((one) => !scopes.includes(one)) };
    },

    async places(access, q) {
      const search = q.trim() || undefined;
      const query = { search, search_namespaces: search && true, order_by: search ? 'similarity' : 'last_activity_at', with_issues_enabled: true, per_page: 50 };
      const own = await api.projects(access, { ...query, membership: true });
      return (own.length > 0 || !search ? own : await api.projects(access, query)).map(placeOf);
    },

    async place(access, id) {
      const project = await api.project(access, id);
      return project && placeOf(project);
    },

    async describe(access, place) {
      const [project, labels, members] = await Promise.all([api.project(access, place), api.labels(access, place), api.members(access, place)]);
      if (!project) throw api.notThere('project');
      const me = roleIn(project) === undefined ? await api.currentUser(access) : undefined;
      return {
        ...placeOf(project),
        statuses: STATUSES,
        labels: labels.map(labelOf),
        members: members.filter((member) => member.state !== 'blocked').map(personOf),
        can: rightsIn(project, me),
      };
    },

    /** `7` and `#7` within a place mean that issue. Newest change first. */
    async search(access, { q = '', place, state, mine, cursor }) {
      const words = q.trim();
      if (place !== undefined && cursor === undefined) {
        const item = await read(access, { tool: 'gitlab', site: site.id, place, id: words.replace(/^#/, '') });
        if (item) return { items: [item] };
      }
      const page = await api.issues(access, place, {
        state: state === 'open' ? 'opened' : state,
        ...(words ? { search: words, in: 'title,description' } : {}),
        assignee_id: mine ? access.person.id : undefined,
        non_archived: place === undefined || undefined,
        order_by: 'updated_at',
        sort: 'desc',
        per_page: 25,
        page: cursor,
      });
      const items = await itemsOf(access, page.issues);
      return { items, ...(page.next ? { next: page.next } : {}) };
    },

    async locate(access, url) {
      const found = issueAt(site.base, url);
      const project = found && (await api.project(access, found.place));
      return found && project && { tool: 'gitlab', site: site.id, place: String(project.id), id: found.id };
    },

    read,

    /** Pages by time rather than by number: an issue that changes meanwhile moves to the end, and numbered pages would then skip another. `updated_after` includes the time itself. */
    async *changes(access, place, since) {
      let seen = new Set<string>();
      for (let [after, page] = [since, 1]; ; ) {
        const { issues } = await api.issues(access, place, { state: 'all', updated_after: after, order_by: 'updated_at', sort: 'asc', per_page: api.PAGE, page });
        const items = await itemsOf(access, issues);
        const fresh = items.filter((item) => !seen.has(`${item.ref.id} ${item.updatedAt}`));
        if (fresh.length > 0) yield fresh;
        const last = items.at(-1);
        if (!last || items.length < api.PAGE) return;
        if (last.updatedAt === after) page += 1;
        else [after, page, seen] = [last.updatedAt, 1, new Set()];
        for (const item of items) seen.add(`${item.ref.id} ${item.updatedAt}`);
      }
    },

    async write(access, ref, patch) {
      if (!isNumber(ref.id)) throw api.notThere('issue');
      const body = await bodyOf(patch, async () => (await mustRead(access, ref)).assignees.map((person) => person.id));
      if (Object.keys(body).length === 0) return mustRead(access, ref);
      return itemFrom(access, await api.updateIssue(access, ref.place, ref.id, body).catch(refused));
    },

    async create(access, place, { title, description, labels, assignees }) {
      checkTitle(title);
      checkLabels(labels);
      const body = { title, description, ...(labels.length > 0 ? { labels } : {}), ...(assignees.length > 0 ? { assignee_ids: userIds(assignees) } : {}) };
      return itemFrom(access, await api.createIssue(access, place, body).catch(refused));
    },
  };
}

async function bodyOf(patch: ItemPatch, assigned: () => Promise<readonly string[]>): Promise<api.IssueBody> {
  const { title, description, status, labels, assignees } = patch;
  if (status !== undefined && !STATUSES.some(({ id }) => id === status)) refuse('status', 'GitLab knows “opened” and “closed”.');
  if (title !== undefined) checkTitle(title);
  checkLabels([...(labels?.add ?? []), ...(labels?.remove ?? [])]);
  return {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(status === undefined ? {} : { state_event: status === 'closed' ? 'close' : 'reopen' }),
    ...(labels?.add.length ? { add_labels: labels.add } : {}),
    ...(labels?.remove.length ? { remove_labels: labels.remove } : {}),
    ...(assignees ? { assignee_ids: userIds(changed(await assigned(), assignees)) } : {}),
  };
}

/** GitLab takes whole sets of assignees, and 0 for nobody. */
function userIds(ids: readonly string[]): readonly number[] {
  if (!ids.every(isNumber)) refuse('assignees', 'GitLab does not know somebody in this list.');
  return ids.length > 0 ? ids.map(Number) : [0];
}

/** GitLab would answer 400. */
function checkTitle(title: string): void {
  if (title.trim() === '') refuse('title', 'An issue needs a title.');
  if (Array.from(title).length > 255) refuse('title', 'GitLab takes titles of at most 255 characters. Shorten it.');
}

/** GitLab splits what it takes for labels at commas, so a name with one would become two. */
function checkLabels(names: readonly string[]): void {
  const name = names.find((name) => name.includes(','));
  if (name !== undefined) refuse('labels', `GitLab’s API cannot name a label with a comma: “${name}”. Change it in GitLab.`);
}
