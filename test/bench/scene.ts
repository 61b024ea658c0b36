import { createHash } from 'node:crypto';
import { openVault } from '@tandem/bff/crypto';
import type { Account, Link, NewTask, Watch } from '@tandem/bff/store/store';
import { itemOf } from '@tandem/bff/tools/gitlab/map';
import { faceOf } from '@tandem/shared/face';
import type { Item } from '@tandem/shared/item';
import { printRef } from '@tandem/shared/ref';
import { digest } from '@tandem/bff/crypto';

/** A card: which item it shows, whose token writes it, where it is. All by number. */
export interface SceneCard {
  readonly item: number;
  readonly token: number;
  readonly board: number;
}

/** What a bench runs on, by number: each place and each token has its team, each item its place. */
export interface Scene {
  /** the team of each place */
  readonly places: readonly number[];
  /** the team of each token */
  readonly tokens: readonly number[];
  /** the place of each item */
  readonly items: readonly number[];
  readonly cards: readonly SceneCard[];
}

/** Seals the tokens in every scene. */
export const SECRET = 'the secret of every bench is made of some words';
/** When every item was made; each change is a second later. */
const BEGAN = Date.parse('2026-01-05T08:00:00.000Z');

const vault = openVault([SECRET]);

/** A count, as a list of the numbers below it. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

/** One team and one place: `items` items with `cardsOf` cards each; the cards of an item belong to different tokens and lie on the boards of those. */
export function plainScene({ items, cardsOf, tokens, boardsOf = 1 }: { items: number; cardsOf: number; tokens: number; boardsOf?: number }): Scene {
  const cards = range(items * cardsOf).map((n) => {
    const token = n % tokens;
    return { item: Math.floor(n / cardsOf), token, board: token * boardsOf + (Math.floor(n / tokens) % boardsOf) };
  });
  return { places: [0], tokens: range(tokens).map(() => 0), items: range(items).map(() => 0), cards };
}

export const teamId = (team: number): string => `team-${team}`;
export const userId = (token: number): string => `user-${token}`;
export const placeId = (place: number): string => String(place + 1);
export const issueId = (item: number): string => String(item + 1);
export const boardId = (board: number): string => `uXjV${board}=`;
export const cardId = (card: number): string => `34587645${String(card).padStart(11, '0')}`;
export const watchId = (place: number): string => `watch-${place}`;
export const watchSecret = (place: number): string => `secret-of-watch-${place}`;
/** What a token of Miro looks like, and GitLab's of a team's first member. */
export const miroToken = (token: number): string => `miro-${token}`;
export const gitlabToken = (team: number): string => `gitlab-${team}`;

/** An issue as GitLab tells it; its title says its version. */
export function issueOf(url: string, item: number, place: number, version: number): Parameters<typeof itemOf>[1] {
  return {
    iid: item + 1,
    project_id: place + 1,
    title: `Item ${item} v${version}`,
    description: 'What people wrote about it, at some length, as they do in issues that matter to somebody.',
    state: 'opened',
    labels: [],
    assignees: [],
    author: { id: 7, username: 'ana', name: 'Ana', avatar_url: undefined, state: 'active', is_admin: undefined },
    due_date: null,
    updated_at: new Date(BEGAN + version * 1000 + item).toISOString(),
    web_url: `${url}/acme/p${place}/-/issues/${item + 1}`,
    references: { full: `acme/p${place}#${item + 1}` },
  };
}

/** The version in a title, as the tracker or a card has it. */
export function versionIn(title: string): number {
  return Number(/ v(\d+)(?:<|$)/.exec(title)?.[1] ?? -1);
}

/** The signing key that GitLab was given for a place. */
export function signingKey(place: number): Buffer {
  return createHash('sha256').update(`signature ${watchSecret(place)}`).digest();
}

/** What a store holds. */
export interface Rows {
  readonly accounts: readonly Omit<Account, 'version'>[];
  readonly watches: readonly Watch[];
  readonly items: readonly { readonly team: string; readonly item: Item }[];
  readonly links: readonly Link[];
  readonly tasks: readonly NewTask[];
}

/** The rows of a scene at rest: everybody connected, every place with its webhook, every card showing its item. `now` in epoch ms. */
export function rowsOf(scene: Scene, url: string, now: number): Rows {
  const site = url;
  const account = (team: string, user: string, tool: string, at: string, credentials: object): Omit<Account, 'version'> => {
    const purpose = `account ${[team, user, tool, at].map(encodeURIComponent).join('/')}`;
    const kind = tool === 'miro' ? 'oauth' : 'token';
    return { team, user, tool, site: at, state: 'active', kind, sealed: vault.seal(JSON.stringify({ kind, ...credentials }), purpose), person: { id: user, name: user, username: user }, renewedAt: now, since: now };
  };
  const observed = scene.items.map((place, item) => itemOf(site, issueOf(url, item, place, 0)));
  const refs = observed.map(({ ref }) => printRef(ref));
  const digests = observed.map((item) => digest(faceOf(item)));
  const teamOf = (item: number): number => scene.places[scene.items[item] ?? 0] ?? 0;
  const first = new Map<number, number>();
  scene.tokens.forEach((team, token) => void (first.has(team) || first.set(team, token)));
  const last = scene.places.map(() => '');
  observed.forEach(({ updatedAt }, item) => void (last[scene.items[item] ?? 0] = updatedAt));

  return {
    accounts: [
      ...scene.tokens.map((team, token) => account(teamId(team), userId(token), 'miro', 'miro', { access: miroToken(token) })),
      ...[...first].map(([team, token]) => account(teamId(team), userId(token), 'gitlab', site, { fields: { token: gitlabToken(team) } })),
    ],
    watches: scene.places.map((team, place) => ({
      id: watchId(place),
      team: teamId(team),
      tool: 'gitlab',
      site,
      place: placeId(place),
      sealed: vault.seal(watchSecret(place), `watch ${watchId(place)}`),
      mode: 'hook',
      remoteId: String(place + 1),
      proof: 'signature',
      maker: userId(first.get(team) ?? 0),
      ...(last[place] ? { cursor: last[place] } : {}),
      createdAt: now,
    })),
    items: observed.map((item, n) => ({ team: teamId(teamOf(n)), item })),
    links: scene.cards.map(({ item, token, board }, card) => ({
      id: `link-${card}`,
      team: teamId(teamOf(item)),
      ref: refs[item] ?? '',
      board: boardId(board),
      card: cardId(card),
      creator: userId(token),
      reader: userId(first.get(teamOf(item)) ?? 0),
      state: 'live',
      sent: digests[item] ?? '',
      shown: digests[item] ?? '',
      syncedAt: now,
      createdAt: now,
    })),
    tasks: [],
  };
}
