import type { Rights } from '@tandem/shared/api';
import type { Item, Label, Person, Place, PlaceInfo, Status } from '@tandem/shared/item';
import { z } from 'zod';
import { addressBy, rightsTo } from '../issue.ts';
import { refusalOf } from '../record.ts';
import type { GiteaIssue, GiteaLabel, GiteaRepository, GiteaUser } from './api.ts';

/** The two states of an issue; ids as the API has them. */
export const STATUSES: readonly [Status, Status] = [
  { id: 'open', name: 'Open', kind: 'open' },
  { id: 'closed', name: 'Closed', kind: 'closed' },
];

export function personOf(user: GiteaUser): Person {
  return { id: String(user.id), name: user.full_name || user.login, username: user.login, ...(user.avatar_url ? { avatar: user.avatar_url } : {}) };
}

export function placeOf(repository: GiteaRepository): Place {
  return { id: repository.full_name, name: repository.full_name, url: repository.html_url };
}

/** An issue in our shape. The place is the one that was asked for: after a rename the repository answers with another name, but its refs stay. */
export function itemOf(site: string, place: string, issue: GiteaIssue): Item {
  return {
    ref: { tool: 'gitea', site, place, id: String(issue.number) },
    key: `${place.split('/').at(-1)}#${issue.number}`,
    url: issue.html_url,
    title: issue.title,
    description: issue.body ?? '',
    status: issue.state === 'closed' ? STATUSES[1] : STATUSES[0],
    labels: (issue.labels ?? []).map(labelOf).sort((a, b) => (a.name < b.name ? -1 : 1)),
    assignees: [...(issue.assignees ?? [])].sort((a, b) => a.id - b.id).map(personOf),
    ...(issue.user ? { author: String(issue.user.id) } : {}),
    ...(issue.due_date ? { due: issue.due_date.slice(0, 10) } : {}),
    updatedAt: issue.updated_at,
  };
}

export function labelOf(label: GiteaLabel): Label {
  const color = (label.color ?? '').replace(/^#/, '').toLowerCase();
  return { name: label.name, ...(color ? { color: `#${color}` } : {}) };
}

/** What the account may do: readers create issues, whoever may push edits them, administrators make webhooks. A team that may write issues but not code looks like a reader here. */
export function rightsIn({ permissions, archived, has_issues }: GiteaRepository): PlaceInfo['can'] {
  const open = archived !== true && has_issues !== false;
  return { create: open && permissions?.pull === true, write: open && permissions?.push === true, hook: permissions?.admin === true };
}

/** What the person may change in an issue: readers only what they wrote, and not its labels and people. It is what issueEditIssue checks; the documentation does not say. */
export function rightsOf({ author }: Item, place: PlaceInfo, person: Person): Rights {
  return rightsTo(place, author === person.id, { who: `You may read ${place.name}, not write there`, own: 'what you wrote', ask: 'Ask its owner for write access' });
}

/** Repository and number in the address of an issue: `…/owner/name/issues/7`. */
export const issueAt = addressBy(/^\/([\w.-]+\/[\w.-]+)\/issues\/([1-9]\d{0,9})\/?$/);

const Refusal = z.object({ message: z.string().min(1) });

/** Gitea's refusal of a write as a sentence for people: `{message: "…"}`, and `[Title]: Required` where a field is at fault. */
export const refused = refusalOf('Gitea', [400, 412, 422], (body) => {
  const said = Refusal.safeParse(body).data?.message;
  if (said === undefined) return [];
  const [, name, fault] = /^\[(Title|Body)\]: (.+)$/.exec(said) ?? [];
  return name ? [{ field: name === 'Title' ? 'title' : 'description', text: `${name}: ${fault}` }] : [{ text: said }];
});
