import type { Delivery, GitlabSim } from '../sim/gitlab.ts';
import type { MiroSim } from '../sim/miro.ts';
import type { MunityDelivery, MunitySim } from '../sim/munity.ts';
import type { Exchange } from '../sim/traffic.ts';
import type { Activity } from './board-api.ts';
import { plainText } from './plain-text.ts';

/** What Tandem and its neighbours said to each other, in words. */
export interface ActivityLog {
  /** newest first */
  readonly lines: () => readonly Activity[];
  /** Takes in what the simulators saw since the last time; answers whether anything is new. */
  look(): boolean;
  add(line: Omit<Activity, 'id' | 'at'>): void;
  /** GitLab tokens that GitLab accepted */
  readonly acceptedTokens: ReadonlySet<string>;
  /** a linked item was edited, and the webhook was taken */
  readonly edited: () => boolean;
}

const KEPT = 60;

/** Reads the simulators' logs; what only reads is left out, unless a fault met it. */
export function makeActivity({ miro, gitlab, munity, now }: { miro: MiroSim; gitlab: GitlabSim; munity: MunitySim | undefined; now: () => number }): ActivityLog {
  let lines: Activity[] = [];
  let lastId = 0;
  let edited = false;
  const acceptedTokens = new Set<string>();
  const open = new Map<Delivery | MunityDelivery, number>();
  const seen = { miro: undefined as Exchange | undefined, gitlab: undefined as Exchange | undefined, hooks: undefined as Delivery | undefined, munity: undefined as Exchange | undefined, told: undefined as MunityDelivery | undefined };

  const add = (line: Omit<Activity, 'id' | 'at'>, at = new Date(now()).toISOString()): number => {
    lastId += 1;
    lines = [{ id: lastId, at, ...line }, ...lines].slice(0, KEPT);
    return lastId;
  };

  const look = (): boolean => {
    const before = lastId;
    let closed = false;
    for (const exchange of after(miro.requests, seen.miro)) {
      seen.miro = exchange;
      const text = miroText(exchange, miro);
      if (exchange.method !== 'GET' || exchange.fault) add({ from: 'Tandem', to: 'Miro', text, ...outcome(exchange) }, exchange.at);
    }
    for (const exchange of after(gitlab.requests, seen.gitlab)) {
      seen.gitlab = exchange;
      const token = exchange.headers['private-token'] ?? exchange.headers['authorization']?.replace(/^Bearer /i, '');
      if (token && exchange.status >= 200 && exchange.status < 300) acceptedTokens.add(token);
      if (exchange.method !== 'GET' || exchange.fault) add({ from: 'Tandem', to: 'GitLab', text: gitlabText(exchange, gitlab), ...outcome(exchange) }, exchange.at);
    }
    for (const delivery of after(gitlab.deliveries, seen.hooks)) {
      seen.hooks = delivery;
      open.set(delivery, add({ from: 'GitLab', to: 'Tandem', text: hookText(delivery), mood: 'quiet' }, delivery.at));
    }
    for (const exchange of after(munity?.requests ?? [], seen.munity)) {
      seen.munity = exchange;
      if (exchange.method !== 'GET' || exchange.fault) add({ from: 'Tandem', to: 'Munity', text: `${exchange.method} ${exchange.path}`, ...outcome(exchange) }, exchange.at);
    }
    for (const delivery of after(munity?.deliveries ?? [], seen.told)) {
      seen.told = delivery;
      // an import tells of every record
      if (delivery.event !== 'integration_new_data_model') open.set(delivery, add({ from: 'Munity', to: 'Tandem', text: munityText(delivery), mood: 'quiet' }, delivery.at));
    }
    for (const [delivery, id] of open) {
      const { status } = delivery;
      if (status === undefined) continue;
      const good = status.startsWith('2');
      open.delete(delivery);
      closed = true;
      edited ||= good && ('body' in delivery ? delivery.event === 'integration_updated_data_model' : /^(update|close|reopen)$/.test(action(delivery) ?? ''));
      lines = lines.map((line) => (line.id === id ? { ...line, status: status === 'internal error' ? 'no answer' : status, mood: good ? 'good' : 'bad' } : line));
    }
    return closed || lastId !== before;
  };

  return { lines: () => lines, look, add: (line) => void add(line), acceptedTokens, edited: () => edited };
}

function outcome({ status }: Exchange): Pick<Activity, 'status' | 'mood'> {
  return { status: status === 0 ? 'no answer' : String(status), mood: status >= 200 && status < 400 ? 'good' : 'bad' };
}

function after<T>(all: readonly T[], last: T | undefined): T[] {
  return all.slice(last === undefined ? 0 : all.lastIndexOf(last) + 1);
}

function miroText({ method, path }: Exchange, miro: MiroSim): string {
  const [, board, id] = /^\/v2\/boards\/([^/]+)\/app_cards\/([^/]+)$/.exec(path) ?? [];
  if (board && id) {
    const card = miro.state.boards.get(decodeURIComponent(board))?.cards.get(id);
    return `${method === 'PATCH' ? 'updates' : method === 'DELETE' ? 'deletes' : 'reads'} the card ${card ? `“${clip(plainText(card.title))}”` : id}`;
  }
  if (path === '/v1/oauth/token') return 'signs a member in';
  return `${method} ${path}`;
}

function gitlabText({ method, path }: Exchange, gitlab: GitlabSim): string {
  const [, project, kind, id] = /^\/api\/v4\/projects\/([^/]+)\/(issues|hooks)(?:\/(\d+))?/.exec(path) ?? [];
  const found = project ? gitlab.state.projects.get(Number(project)) : undefined;
  const name = found?.path ?? decodeURIComponent(project ?? '');
  if (kind === 'hooks') return `${method === 'POST' ? 'adds' : method === 'DELETE' ? 'removes' : 'changes'} a webhook of ${name}`;
  if (kind === 'issues' && path.includes('/notes')) return `comments on ${name}#${id}`;
  if (kind === 'issues') return method === 'POST' ? `creates an issue in ${name}` : `${method === 'GET' ? 'reads' : 'edits'} ${name}#${id ?? ''}`;
  return `${method} ${path}`;
}

function attributes(delivery: Delivery): { action?: unknown; iid?: unknown; title?: unknown } {
  const payload = delivery.payload as { object_attributes?: { action?: unknown; iid?: unknown; title?: unknown } } | undefined;
  return payload?.object_attributes ?? {};
}

function action(delivery: Delivery): string | undefined {
  const found = attributes(delivery).action;
  return typeof found === 'string' ? found : undefined;
}

function hookText(delivery: Delivery): string {
  const { iid, title } = attributes(delivery);
  return `webhook: ${action(delivery) ?? delivery.event}${typeof iid === 'number' ? ` #${iid}` : ''}${typeof title === 'string' ? ` “${clip(title)}”` : ''}`;
}

function munityText({ event, body }: MunityDelivery): string {
  const { payload } = JSON.parse(body) as { payload: { data?: { name?: string } } };
  const name = payload.data?.name;
  return `webhook: ${event.replace(/^integration_|_data_model$/g, '').replaceAll('_', ' ')}${name === undefined ? '' : ` “${clip(name)}”`}`;
}

function clip(text: string): string {
  return text.length > 44 ? `${text.slice(0, 43).trimEnd()}…` : text;
}
