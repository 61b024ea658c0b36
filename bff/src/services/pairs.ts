import type { ChoiceBody, PairBody, PairEnd, PairRules, PairsAnswer, PairView } from '@tandem/shared/api';
import type { Item } from '@tandem/shared/item';
import { parseRef, printRef, sameRef, type Ref } from '@tandem/shared/ref';
import { randomId } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { invalidField, TandemError } from '../errors.ts';
import type { Member } from '../jwt.ts';
import type { Pair } from '../store/store.ts';
import { markedAround, watchPlace } from '../sync/follow.ts';
import { ensureTask, mergeTask, observeTask } from '../sync/keys.ts';
import { across, PAIR_FIELDS, type Side, type Sides } from '../sync/merge.ts';
import { changePair, type PairChange } from '../sync/pair-change.ts';
import { valueOf } from '../sync/shown.ts';
import { letGo } from '../sync/unpair.ts';
import type { Worker } from '../sync/worker.ts';
import type { Items } from './items.ts';
import type { Team } from './team.ts';

/** Two items that are kept in step: making, showing, deciding, letting go. */
export interface PairService {
  list(member: Member): Promise<PairsAnswer>;
  create(member: Member, body: PairBody, cause: string): Promise<{ view: PairView; created: boolean }>;
  /** Keeps one side's value of a field that both changed. */
  choose(member: Member, id: string, choice: ChoiceBody, cause: string): Promise<void>;
  /** Ends a pause, or tries again. */
  resume(member: Member, id: string, cause: string): Promise<void>;
  remove(member: Member, id: string, cause: string): Promise<void>;
}

/** Both ways, and people are asked: nothing is lost without somebody's word. */
const RULES: PairRules = { title: { flow: 'both', clash: 'ask' }, description: { flow: 'both', clash: 'ask' }, status: { flow: 'both', clash: 'ask' } };

/** The service of pairs over the store and the tools. */
export function openPairs(deps: Deps, worker: Worker, items: Items, team: Pick<Team, 'isAdmin'>): PairService {
  const { store, now } = deps;
  const mark: Worker['mark'] = (tasks) => worker.mark(tasks);

  const read = async (member: Member, field: string, ref: Ref): Promise<Item> => {
    const { tool, access } = await items.own(member, ref.tool, ref.site);
    if (!tool.write) throw invalidField(field, `Tandem only reads ${tool.name}, so nothing can be kept in step there.`);
    const item = await tool.read(access, ref);
    if (!item) throw invalidField(field, `${tool.name} has no such ${tool.noun}, or your account may not see it.`);
    return item;
  };

  const mine = async (member: Member, id: string): Promise<Pair> => {
    const pair = await store.pairs.get(id);
    if (pair?.team !== member.team || !(owns(member, pair) || (await team.isAdmin(member)))) throw new TandemError('not_found', 'There is no such pair.');
    return pair;
  };

  const change = async (pair: Pair, next: PairChange): Promise<void> => {
    if (!(await changePair(store.pairs, pair, next))) throw new TandemError('unavailable', 'This pair is being written at this moment. Try again.');
  };

  const view = async (pair: Pair): Promise<PairView> => {
    const seen = async (side: Side): Promise<Item | undefined> => (await store.items.get(pair.team, pair[`${side}Ref`]))?.item;
    const items = { left: await seen('left'), right: await seen('right') };
    return {
      id: pair.id,
      left: endOf(pair, 'left', items.left),
      right: endOf(pair, 'right', items.right),
      rules: pair.rules,
      state: pair.state,
      clashes: named(pair.clashes, items),
      ...(pair.reason === undefined ? {} : { reason: pair.reason }),
      ...(pair.syncedAt === undefined ? {} : { syncedAt: new Date(pair.syncedAt).toISOString() }),
    };
  };

  return {
    async list(member) {
      const all = await store.pairs.byTeam(member.team);
      const admin = await team.isAdmin(member);
      return { pairs: await Promise.all(all.filter((pair) => admin || owns(member, pair)).map(view)) };
    },

    async create(member, { left, right, start, rules }, cause) {
      if (sameRef(left, right)) throw invalidField('right', 'That is the same item twice. Choose another.');
      const ends = { left: await read(member, 'left', left), right: await read(member, 'right', right) };
      const [leftRef, rightRef] = [printRef(ends.left.ref), printRef(ends.right.ref)];
      const turned = (await store.pairs.byRef(member.team, leftRef)).find((pair) => pair.leftRef === rightRef);
      if (turned) throw new TandemError('conflict', 'These two are kept in step already.');
      const watches = await Promise.all([watchPlace(deps, member.team, ends.left), watchPlace(deps, member.team, ends.right)]);
      // Where they differ today, the side that is right counts as changed, and the other does not.
      const base = start === undefined ? {} : Object.fromEntries(PAIR_FIELDS.map((field) => [field, { [across(start)]: valueOf(ends[across(start)], field) }]));
      const fresh = { id: randomId(deps.random), team: member.team, leftRef, rightRef, leftUser: member.user, rightUser: member.user, rules: { ...RULES, ...rules }, base, pending: {}, clashes: {}, state: 'live', writes: [], createdAt: now() } as const;
      const looked = [ends.left, ends.right].map(({ ref }) => observeTask(member.team, ref, now(), cause));
      const { pair, created } = await markedAround(deps, mark, [...looked, ...watches.map((watch) => ensureTask(watch, now(), cause))], () => store.pairs.create(fresh));
      if (created) await store.journal.add([{ link: pair.id, at: now(), cause, event: 'linked', text: `${ends.left.key} and ${ends.right.key} are kept in step` }]);
      await mark([mergeTask(pair, now(), cause)]);
      return { view: await view(pair), created };
    },

    async choose(member, id, { field, keep }, cause) {
      const pair = await mine(member, id);
      const clash = pair.clashes[field];
      if (!clash) throw new TandemError('conflict', 'This was decided already.');
      const { [field]: _decided, ...clashes } = pair.clashes;
      // The side that loses has not changed, so the other one has.
      await markedAround(deps, mark, [mergeTask(pair, now(), cause)], () => change(pair, { clashes, base: { ...pair.base, [field]: { [across(keep)]: clash[across(keep)] } } }));
      await store.journal.add([{ link: pair.id, at: now(), cause, event: 'chosen', text: `The ${keep} side’s ${field} is kept` }]);
    },

    async resume(member, id, cause) {
      const pair = await mine(member, id);
      const resting = pair.button && pair.state === 'paused' ? await store.integrations.get(pair.button.integration) : undefined;
      if (resting?.state === 'paused') throw new TandemError('conflict', `This pair rests with its column “${resting.name}”. Resume that one.`);
      if (pair.state === 'paused') await change(pair, { state: 'live', reason: undefined, pausedUntil: undefined, writes: [] });
      await mark([mergeTask(pair, now(), cause)]);
    },

    async remove(member, id, cause) {
      await letGo(deps, mark, await mine(member, id), cause);
    },
  };
}

function owns(member: Member, pair: Pair): boolean {
  return pair.leftUser === member.user || pair.rightUser === member.user;
}

function endOf(pair: Pair, side: Side, item: Item | undefined): PairEnd {
  const printed = pair[`${side}Ref`];
  const ref = parseRef(printed);
  if (!ref) throw new TandemError('internal', `${printed} is no ref`);
  return { ref, user: pair[`${side}User`], ...(item ? { key: item.key, title: item.title, url: item.url } : {}) };
}

/** What clashes, for people to choose from: a status by its name, where its item was last seen with it. */
function named(clashes: PairView['clashes'], items: Sides<Item | undefined>): PairView['clashes'] {
  const { status } = clashes;
  if (!status) return clashes;
  const name = (side: Side): string => {
    const [id = '', ...label] = status[side].split('\n');
    return [items[side]?.status.id === id ? items[side].status.name : id, ...label].join(', ');
  };
  return { ...clashes, status: { left: name('left'), right: name('right') } };
}
