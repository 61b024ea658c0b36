import type { FieldDetails, Rights } from '@tandem/shared/api';
import type { Item, Label, Person, Place, PlaceInfo, Status } from '@tandem/shared/item';
import { z } from 'zod';
import { UpstreamError } from '../../errors.ts';
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
    updatedAt: instant(issue.updated_at),
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
export function rightsOf({ author }: Item, { can, name }: PlaceInfo, person: Person): Rights {
  if (can.write) return { fields: ['title', 'description', 'status', 'labels', 'assignees'] };
  // Else readers may create some.
  if (!can.create) return { fields: [], reason: `${name} is archived or has its issues switched off, so nothing can be changed there. Its owner can change that.` };
  return author === person.id
    ? { fields: ['title', 'description', 'status'], reason: `You may read ${name}, not write there: you may change title, description and status of what you wrote. Ask its owner for write access to change the rest.` }
    : { fields: [], reason: `You may read ${name}, not write there: you may only change what you wrote. Ask its owner for write access to change this.` };
}

/** Repository and number in the address of an issue: `…/owner/name/issues/7`. */
export function issueAt(base: string, url: string): { readonly place: string; readonly id: string } | undefined {
  if (!URL.canParse(url)) return undefined;
  const { origin, pathname } = new URL(url);
  if (!`${origin}${pathname}`.startsWith(`${base}/`)) return undefined;
  const match = /^\/([\w.-]+\/[\w.-]+)\/issues\/([1-9]\d{0,9})\/?$/.exec(`${origin}${pathname}`.slice(base.length));
  return match?.[1] && match[2] ? { place: match[1], id: match[2] } : undefined;
}

const Refusal = z.object({ message: z.string().min(1) });

/** Gitea's refusal of a write as a sentence for people: `{message: "…"}`, and `[Title]: Required` where a field is at fault. */
export function refusal(error: UpstreamError): UpstreamError {
  // People read it, and we log it.
  const said = Refusal.safeParse(error.body).data?.message.slice(0, 500);
  if (said === undefined) return error;
  const field = /^\[(Title|Body)\]: (.+)$/.exec(said);
  const sentence = field ? `${field[1]}: ${field[2]}.` : `${said}.`;
  const details: FieldDetails | undefined = field ? { fields: { [field[1] === 'Title' ? 'title' : 'description']: sentence } } : undefined;
  return new UpstreamError('gitea', error.upstreamStatus, { message: `Gitea refused this: ${sentence}`, body: error.body, cause: error, details });
}

function instant(time: string): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) throw new UpstreamError('gitea', 502, { message: 'Gitea answered an issue without a time of change. Try again in a moment.' });
  return at.toISOString();
}
