import { siteAt } from '../../http.ts';
import type { Access, Tool } from '../../ports.ts';
import { changed, isNumber, refuse } from '../issue.ts';
import * as api from './api.ts';
import { backlinks } from './backlinks.ts';
import { hooks } from './hooks.ts';
import { issueAt, itemOf, labelOf, personOf, placeOf, refused, rightsIn, rightsOf, STATUSES } from './map.ts';

/** Gitea, Forgejo, Codeberg: issues of repositories, addressed by `owner/name` and the issue's number. */
export function gitea(settings: { url: string; oauth?: { clientId: string; clientSecret: string } }): Tool {
  const site = siteAt(settings.url, '/api/v1');
  const flow = `${site.base}/login/oauth`;
  // There is no way to end a token early. One unknown scope would mean all of them. https://docs.gitea.com/development/oauth2-provider
  const oauth: Tool['oauth'] = settings.oauth && { kind: 'oauth', authorizeUrl: `${flow}/authorize`, tokenUrl: `${flow}/access_token`, scope: 'read:user read:organization write:issue write:repository', pkce: true, ...settings.oauth };

  const read: Tool['read'] = async (access, ref) => {
    if (!isNumber(ref.id)) return undefined;
    const issue = await api.issue(access, ref.place, ref.id);
    return issue && itemOf(site.id, ref.place, issue);
  };

  return {
    id: 'gitea',
    name: 'Gitea',
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
          help: 'An access token that may read and write repositories and issues, and read organizations and the user.',
          helpUrl: `${site.base}/user/settings/applications`,
        },
      ],
      headers: (fields) => ({ authorization: `token ${(fields['token'] ?? '').trim()}` }),
    },
    ...(oauth ? { oauth } : {}),

    async me(access) {
      return { person: personOf(await api.currentUser(access)) };
    },

    async places(access, q) {
      return (await api.repositories(access, q.trim())).filter((repository) => repository.has_issues !== false).map(placeOf);
    },

    async place(access, id) {
      const repository = await api.repository(access, id);
      return repository && { ...placeOf(repository), id };
    },

    async describe(access, place) {
      const [repository, labels, members] = await Promise.all([api.repository(access, place), api.labels(access, place), api.assignees(access, place)]);
      if (!repository) throw api.notThere('repository');
      return { ...placeOf(repository), id: place, statuses: STATUSES, labels: labels.map(labelOf), members: members.slice(0, 100).map(personOf), can: rightsIn(repository) };
    },

    /** `7` and `#7` within a place mean that issue. Newest first. Words are found once Gitea's index has them, seconds after they were written. */
    async search(access, { q = '', place, state, mine, cursor }) {
      const words = q.trim();
      if (place !== undefined && cursor === undefined) {
        const item = await read(access, { tool: 'gitea', site: site.id, place, id: words.replace(/^#/, '') });
        if (item) return { items: [item] };
      }
      const [limit, page] = [25, Number(cursor ?? 1)];
      const whose = mine ? (place === undefined ? { assigned: true } : { assigned_by: access.person.username }) : {};
      const found = await api.issues(access, place, { q: words || undefined, state, ...whose, limit, page });
      const items = found.issues.flatMap((issue) => {
        const at = place ?? issue.repository?.full_name;
        return at ? [itemOf(site.id, at, issue)] : [];
      });
      return { items, ...(items.length > 0 && page * limit < found.total ? { next: String(page + 1) } : {}) };
    },

    async locate(access, url) {
      const found = issueAt(site.base, url);
      const repository = found && (await api.repository(access, found.place));
      return found && repository && { tool: 'gitea', site: site.id, place: repository.full_name, id: found.id };
    },

    read,

    /** Newest issue first, Gitea knows no other order: one that is made meanwhile shows some twice, and one that is deleted moves those after it up over the edge of a page, so as many pages are read again. `since` has whole seconds and includes its own. */
    async *changes(access, place, since) {
      let [size, before] = [api.PAGE, 0];
      for (let page = 1; ; page += 1) {
        const { issues, total } = await api.issues(access, place, { state: 'all', since: since && wholeSecond(since), limit: api.PAGE, page });
        // A server may be set to shorter pages than were asked for.
        if (page === 1 && issues.length > 0 && issues.length < total) size = issues.length;
        if (issues.length > 0) yield issues.map((issue) => itemOf(site.id, place, issue));
        if (total < before) page = Math.max(0, page - 1 - Math.ceil((before - total) / size));
        else if (issues.length === 0 || page * size >= total) return;
        before = total;
      }
    },

    /** Several calls, the labels last: what could refuse is looked up before the first of them. What they answer is put together: what somebody changes right after them is no part of this write. Only the time of a label is read. */
    async write(access, ref, { title, description, status, labels, assignees }) {
      if (!isNumber(ref.id)) throw api.notThere('issue');
      if (title !== undefined) checkTitle(title);
      if (status !== undefined && !STATUSES.some(({ id }) => id === status)) refuse('status', 'Gitea knows “open” and “closed”.');
      const now = labels || assignees ? await api.issue(access, ref.place, ref.id) : undefined;
      if (!now && (labels || assignees)) throw api.notThere('issue');
      const added = labels?.add.length ? await labelIds(access, ref.place, labels.add) : [];
      const removed = (now?.labels ?? []).filter((label) => labels?.remove.includes(label.name));
      const assigned = now?.assignees ?? [];
      const logins = now && assignees ? await loginsOf(access, ref.place, changed(assigned.map((user) => String(user.id)), assignees), assigned) : undefined;

      const body: api.IssueBody = {
        ...(title === undefined ? {} : { title }),
        ...(description === undefined ? {} : { body: description }),
        ...(status === undefined ? {} : { state: status === 'closed' ? 'closed' : 'open' }),
        ...(logins ? { assignees: logins } : {}),
      };
      const edited = Object.keys(body).length > 0 ? await api.updateIssue(access, ref.place, ref.id, body).catch(refused) : (now ?? (await api.issue(access, ref.place, ref.id)));
      if (!edited) throw api.notThere('issue');
      for (const label of removed) await api.removeLabel(access, ref.place, ref.id, label.id).catch(refused);
      if (removed.length + added.length === 0) return itemOf(site.id, ref.place, edited);
      const kept = (edited.labels ?? []).filter((label) => !removed.some(({ id }) => id === label.id));
      const labelled = added.length > 0 ? await api.addLabels(access, ref.place, ref.id, added).catch(refused) : kept;
      const { updated_at } = (await api.issue(access, ref.place, ref.id)) ?? edited;
      return itemOf(site.id, ref.place, { ...edited, labels: [...labelled], updated_at });
    },

    async create(access, place, { title, description, labels, assignees }) {
      checkTitle(title);
      const body = {
        title,
        body: description,
        ...(labels.length > 0 ? { labels: await labelIds(access, place, labels) } : {}),
        ...(assignees.length > 0 ? { assignees: await loginsOf(access, place, assignees, []) } : {}),
      };
      return itemOf(site.id, place, await api.createIssue(access, place, body).catch(refused));
    },
  };
}

/** Gitea keeps the old title in silence where the new one is empty, and cuts one that is wider than 255 columns, where most characters beyond Latin-1 count as two; we say so instead. */
function checkTitle(title: string): void {
  if (title.trim() === '') refuse('title', 'An issue needs a title.');
  const width = Array.from(title).reduce((sum, character) => sum + (character > '\u00ff' ? 2 : 1), 0);
  if (width > 255 && Buffer.byteLength(title) > 255) refuse('title', 'Gitea would cut this title: it takes 255 characters, or half as many wide ones. Shorten it.');
}

/** Labels go by id, those of the repository before those of its organization. */
async function labelIds(access: Access, place: string, names: readonly string[]): Promise<readonly number[]> {
  const known = await api.labels(access, place);
  return names.map((name) => known.find((label) => label.name === name)?.id ?? refuse('labels', `There is no label “${name}” in ${place}. Make it in Gitea first.`));
}

/** Assignees go by user name. */
async function loginsOf(access: Access, place: string, ids: readonly string[], already: readonly api.GiteaUser[]): Promise<readonly string[]> {
  const known = ids.length > 0 ? [...already, ...(await api.assignees(access, place))] : [];
  return ids.map((id) => known.find((user) => String(user.id) === id)?.login ?? refuse('assignees', `Somebody here cannot be assigned in ${place}.`));
}

function wholeSecond(time: string): string {
  return new Date(Math.floor(Date.parse(time) / 1000) * 1000).toISOString();
}
