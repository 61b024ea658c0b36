import type { StuckBody, StuckView } from '@tandem/shared/api';
import { parseRef } from '@tandem/shared/ref';
import type { Deps } from '../deps.ts';
import { MIRO } from '../miro/sign-in.ts';
import type { Task } from '../store/store.ts';
import { askedBy, connectedIn, laneOfTeam, readLane, splitKey, writeLane } from '../sync/keys.ts';
import type { Worker } from '../sync/worker.ts';

/** Work of a team that was given up, with its reason. */
export interface Stuck {
  list(team: string): Promise<StuckView[]>;
  /** Tries it again: one task of the team, those of a board, a site or a place, or all. */
  replay(team: string, which: StuckBody): Promise<void>;
}

const MOST = 100;
const WHAT: Readonly<Record<string, string>> = {
  observe: 'Read an item',
  apply: 'Write a card',
  ensure: 'Set up a webhook',
  list: 'Look at a place',
  poll: 'Ask a place for changes',
  refresh: 'Keep an account signed in',
  backlink: 'Leave a note in an item',
  sweep: 'Look at a board',
  merge: 'Keep a pair in step',
  push: 'Link a feature and its ticket',
  integrate: 'Set up or look after an integration',
};

/** Opens the list of what was given up. */
export function openStuck({ store, tools, now }: Pick<Deps, 'store' | 'tools' | 'now'>, worker: Worker): Stuck {
  const about = async ({ kind, id }: { kind: string; id: string }): Promise<string> => {
    const nameOf = async (team: string, printed: string): Promise<string> => (await store.items.get(team, printed))?.item.key ?? parseRef(printed)?.id ?? printed;
    const [team = '', ...rest] = id.split(':').map((part, i) => (i === 0 ? decodeURIComponent(part) : part));
    switch (kind) {
      case 'apply': {
        const link = await store.links.get(id);
        return link ? nameOf(link.team, link.ref) : 'A card that is gone';
      }
      case 'merge': {
        const pair = await store.pairs.get(id);
        return pair ? `${await nameOf(pair.team, pair.leftRef)} and ${await nameOf(pair.team, pair.rightRef)}` : 'A pair that is gone';
      }
      case 'push':
      case 'integrate':
        return (await store.integrations.get(id.split(':')[0] ?? ''))?.name ?? 'An integration that is gone';
      case 'observe':
        return nameOf(team, rest.join(':'));
      case 'backlink':
        return nameOf(team, rest.slice(1).join(':'));
      case 'refresh': {
        const [of = '', user = '', tool = '', site = ''] = id.split('/').map(decodeURIComponent);
        return (await store.accounts.get({ team: of, user, tool, site }))?.person.name ?? (connectedIn(id) ? 'Somebody who signed in' : user);
      }
      case 'sweep':
        return decodeURIComponent(rest[0] ?? '');
      default:
        return (await store.watches.get(id))?.place ?? '';
    }
  };
  const view = async (task: Task): Promise<StuckView> => {
    const split = splitKey(task.key);
    const asked = askedBy(task.lane);
    const name = asked.tool === MIRO.tool ? 'Miro' : (tools.at(asked.tool, asked.site)?.name ?? asked.tool);
    const group = split.kind === 'refresh' ? {} : asked.tool === MIRO.tool ? { board: task.group } : { place: task.group };
    return { key: task.key, ...asked, name, ...group, what: split.kind === 'refresh' && connectedIn(split.id) ? 'Finish a sign-in' : (WHAT[split.kind] ?? split.kind), about: await about(split), reason: task.error ?? 'It did not say why.', at: new Date(task.markedAt).toISOString() };
  };

  return {
    async list(team) {
      const dead = await Promise.all(laneOfTeam(team).map((lane) => store.tasks.dead(lane, MOST)));
      return Promise.all(
        dead
          .flat()
          .toSorted((a, b) => b.markedAt - a.markedAt)
          .slice(0, MOST)
          .map(view),
      );
    },
    async replay(team, which) {
      if ('board' in which) return worker.revive(writeLane(team), which.board);
      if ('tool' in which) return worker.revive(which.tool === MIRO.tool ? writeLane(team) : readLane(team, which.tool, which.site), which.place);
      if (!('key' in which)) {
        for (const lane of laneOfTeam(team)) await worker.revive(lane);
        return undefined;
      }
      const { key } = which;
      const task = await store.tasks.get(key);
      if (task?.dead && laneOfTeam(team).some((lane) => task.lane.startsWith(lane))) await worker.mark([{ key, lane: task.lane, group: task.group, due: now(), cause: task.cause }]);
    },
  };
}
