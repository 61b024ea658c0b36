import { parseRef, printRef, type Ref } from '@tandem/shared/ref';
import { printKey } from '../access/credentials.ts';
import { MIRO } from '../miro/sign-in.ts';
import type { Account, AccountKey, Integration, Link, NewTask, Pair, Watch } from '../store/store.ts';

/** The kinds of task, each with its one handler. */
export type TaskKind = 'observe' | 'apply' | 'ensure' | 'list' | 'poll' | 'refresh' | 'backlink' | 'sweep' | 'merge' | 'push' | 'integrate';

/** Lane of a team's reads at a site. */
export function readLane(team: string, tool: string, site: string): string {
  return ['read', team, tool, site].map(encodeURIComponent).join('/');
}

/** Lane of a member's Miro token; without a user, the prefix of all of a team's. */
export function writeLane(team: string, user = ''): string {
  return ['write', team, MIRO.tool, user].map(encodeURIComponent).join('/');
}

/** What the lanes of a team begin with. */
export function laneOfTeam(team: string): readonly string[] {
  return ['read', 'write'].map((kind) => `${kind}/${encodeURIComponent(team)}/`);
}

/** The lane that pays for what an account is asked. */
export function laneOf(account: AccountKey): string {
  return account.tool === MIRO.tool ? writeLane(account.team, account.user) : readLane(account.team, account.tool, account.site);
}

/** What an account belongs to, as a whole: Miro, or a tool at a site. */
export function remoteOf({ tool, site }: Pick<AccountKey, 'tool' | 'site'>): string {
  return tool === MIRO.tool ? MIRO.tool : `${encodeURIComponent(tool)}/${encodeURIComponent(site)}`;
}

/** The remote that a lane's tasks ask. */
export function remoteOfLane(lane: string): string {
  const [kind, , ...rest] = lane.split('/');
  return kind === 'write' ? MIRO.tool : rest.join('/');
}

/** The same, taken apart. */
export function askedBy(lane: string): Pick<AccountKey, 'tool' | 'site'> {
  const [kind, , tool = '', site = ''] = lane.split('/').map(decodeURIComponent);
  return kind === 'write' ? MIRO : { tool, site };
}

/** Read an item once, for all its links in the team. */
export function observeTask(team: string, ref: Ref, due: number, cause: string): NewTask {
  return { key: `observe:${encodeURIComponent(team)}:${printRef(ref)}`, lane: readLane(team, ref.tool, ref.site), group: ref.place, due, cause };
}

/** Write one card. */
export function applyTask(link: Link, due: number, cause: string): NewTask {
  return { key: `apply:${link.id}`, lane: writeLane(link.team, link.creator), group: link.board, due, cause };
}

/** Bring the two sides of a pair to agree. Both sides' requests are few; the left's site pays. */
export function mergeTask(pair: Pair, due: number, cause: string): NewTask {
  const left = parseRef(pair.leftRef) ?? { tool: '', site: '', place: '', id: '' };
  return { key: `merge:${pair.id}`, lane: readLane(pair.team, left.tool, left.site), group: left.place, due, cause };
}

/** Bring a feature, its ticket and what the column shows of them to what they should be. The column's site pays. */
export function pressTask({ id, team, left }: Pick<Integration, 'id' | 'team' | 'left'>, item: string, due: number, cause: string): NewTask {
  return { key: `push:${id}:${item}`, lane: readLane(team, left.tool, left.site), group: left.place, due, cause };
}

/** The same, known by the pair; nothing for a pair without a button. */
export function buttonTask({ team, leftRef, button }: Pick<Pair, 'team' | 'leftRef' | 'button'>, due: number, cause: string): NewTask[] {
  const left = parseRef(leftRef);
  return left && button ? [pressTask({ id: button.integration, team, left }, button.item, due, cause)] : [];
}

/** Set an integration up, keep it as it should be, or take it down. */
export function integrateTask({ id, team, left }: Pick<Integration, 'id' | 'team' | 'left'>, due: number, cause: string): NewTask {
  return { key: `integrate:${id}`, lane: readLane(team, left.tool, left.site), group: left.place, due, cause };
}

/** Make or renew the webhook of a watch. */
export function ensureTask(watch: Watch, due: number, cause: string): NewTask {
  return { key: `ensure:${watch.id}`, lane: readLane(watch.team, watch.tool, watch.site), group: watch.place, due, cause };
}

/** Look at every linked item of a watched place, because something there changed and nobody said what. */
export function listTask(watch: Watch, due: number, cause: string): NewTask {
  return { key: `list:${watch.id}`, lane: readLane(watch.team, watch.tool, watch.site), group: watch.place, due, cause };
}

/** Ask for the changes at a place that nobody could get a webhook for. */
export function pollTask(watch: Watch, due: number, cause: string): NewTask {
  return { key: `poll:${watch.id}`, lane: readLane(watch.team, watch.tool, watch.site), group: watch.place, due, cause };
}

/** Renew the tokens of an account that nobody uses: a refresh token of Miro dies after 60 days, one of Gitea after 30. */
export const IDLE = 20 * 24 * 3_600_000;

/** Keeps an account alive that signed in by consent; nothing for others. */
export function keepAliveTask(account: Account, now: number): NewTask[] {
  if (account.kind !== 'oauth' || account.expiresAt === undefined) return [];
  return [{ key: `refresh:${printKey(account)}`, lane: laneOf(account), group: account.user, due: now + IDLE, cause: 'keep-alive' }];
}

/** What can be told of an account that another service keeps for us: it works, the tool refuses it, or the service itself does not have it any more. */
export type AccountWord = 'active' | 'expired' | 'removed';

/** Heed what was told of an account at that moment. The key says all of it: a webhook is stored together with its task, and nobody sends it twice. */
export function accountTask(account: AccountKey, word: AccountWord, at: number, cause: string): NewTask {
  return { key: `refresh:${printKey(account)}/${word}/${at}`, lane: laneOf(account), group: account.user, due: at, cause };
}

/** What another service told of a sign-in that we began there: access is granted, or its items are there, too; to which of its connections, and in whose name, where it says so. */
export interface Connected {
  readonly session: string;
  readonly fact: 'installed' | 'imported';
  readonly integration?: string;
  readonly who?: string;
}

/** Heed what was told of the sign-in that makes or renews an account. The key says all of it, for the same reason. */
export function connectedTask(account: AccountKey, { session, fact, integration = '', who = '' }: Connected, due: number, cause: string): NewTask {
  const told = [session, fact, integration, who].map(encodeURIComponent).join('/');
  return { key: `refresh:${printKey(account)}/connected/${told}`, lane: laneOf(account), group: account.user, due, cause };
}

/** What the task of that id is to heed; `undefined` for every other `refresh` task. */
export function connectedIn(id: string): Connected | undefined {
  const [word, session = '', fact, integration, who] = id.split('/').slice(4).map(decodeURIComponent);
  if (word !== 'connected' || (fact !== 'installed' && fact !== 'imported')) return undefined;
  return { session, fact, ...(integration ? { integration } : {}), ...(who ? { who } : {}) };
}

/** The key as it may be logged: of a sign-in's secret no more than its beginning, and nobody's name. */
export function loggedKey(key: string): string {
  return key.replace(/^(refresh:.*?\/connected\/.{8}).*$/, '$1…');
}

/** Have one note in an item that leads to its card on a board, as long as there is one. */
export function backlinkTask(team: string, ref: Ref, board: string, due: number, cause: string): NewTask {
  return { key: `backlink:${encodeURIComponent(team)}:${encodeURIComponent(board)}:${printRef(ref)}`, lane: readLane(team, ref.tool, ref.site), group: ref.place, due, cause };
}

/** Look at a board as a whole. */
export function sweepTask(team: string, board: string, user: string, due: number, cause: string): NewTask {
  return { key: `sweep:${encodeURIComponent(team)}:${encodeURIComponent(board)}`, lane: writeLane(team, user), group: board, due, cause };
}

/** The kind and id in a task's key. */
export function splitKey(key: string): { kind: string; id: string } {
  const at = key.indexOf(':');
  return { kind: key.slice(0, at), id: key.slice(at + 1) };
}
