import type { FieldDetails, PairField } from '@tandem/shared/api';
import type { Item, Status } from '@tandem/shared/item';
import { parseRef } from '@tandem/shared/ref';
import { clip } from '@tandem/shared/text';
import { digest } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { PutOff, TandemError } from '../errors.ts';
import type { Access, Tool } from '../ports.ts';
import type { JournalLine, NewTask, Observed, Pair, PendingWrite } from '../store/store.ts';
import { openDoubts } from './compare.ts';
import { openImports } from './imports.ts';
import { buttonTask, observeTask } from './keys.ts';
import { KEPT } from './make-ticket.ts';
import { across, merge, PAIR_FIELDS, sameValue, type MergeVerdict, type Side, type Sides } from './merge.ts';
import { showOn } from './observe.ts';
import { changedPair, type PairChange } from './pair-change.ts';
import { settled } from './remap.ts';
import type { Run } from './runs.ts';
import { patchFor, shownOn, statusesOnto } from './shown.ts';

const SIDES = ['left', 'right'] as const;
const MINUTE = 60_000;
/** A pair that is written more often than this in a minute goes round in circles, or somebody's script does. */
const MOST_WRITES = 5;
const PAUSE = 5 * MINUTE;
const AND = new Intl.ListFormat('en-GB');

/** A field and what is on its way there. */
type Sent = readonly [PairField, PendingWrite];

/** One side of a pair, just read. */
interface End {
  readonly tool: Tool;
  readonly access: Access;
  readonly item: Item;
  /** what was stored of it before it was read */
  readonly before: Observed | undefined;
}

/**
 * The handler of `merge:<pair>`: reads both sides, merges field by field, and writes each side what it lacks, with the account of whoever made the pair.
 * What is about to be written is stored first, so that a write whose end nobody heard is recognised; afterwards each side's own words are the new base, so that the echo finds nothing to do.
 */
export function pairer(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>): (id: string, run: Run) => Promise<void | { until: number }> {
  const { store, now } = deps;
  const doubt = openDoubts();

  const tell = (pair: Pair, run: Run, event: string, text: string): JournalLine => ({ link: pair.id, at: now(), cause: run.cause, event, text });

  /** Stores the pair as it now is; somebody who decided something meanwhile is not overruled. */
  const keep = async (pair: Pair, change: PairChange): Promise<Pair> => {
    const { rev } = pair;
    const next = changedPair(pair, change);
    if (digest(next) === digest(changedPair(pair, {}))) return pair;
    if (!(await store.pairs.swap(rev, next))) throw new TandemError('unavailable', 'The pair was changed while its sides were compared. They are compared again.');
    return { ...next, rev: rev + 1 };
  };

  const read = async (pair: Pair, side: Side, run: Run): Promise<End | undefined> => {
    const printed = pair[`${side}Ref`];
    const ref = parseRef(printed);
    const tool = ref && deps.tools.at(ref.tool, ref.site);
    if (!ref || !tool) throw new TandemError('not_found', `The tool of ${printed} is not configured here.`);
    const access = await deps.accounts.access({ team: pair.team, user: pair[`${side}User`], tool: tool.id, site: tool.site.id }, run.deadline);
    const before = await store.items.get(pair.team, printed);
    const item = await tool.read(access, ref);
    if (!item && tool.told && (await openImports(deps).isUnderWay({ team: pair.team, user: pair[`${side}User`], tool: tool.id, site: tool.site.id }))) throw new PutOff('unavailable', `${tool.name} is still being imported.`, now() + MINUTE);
    return item && { tool, access, item, before };
  };

  /** One side is not to be had with the account that keeps it: observing finds out whether it is gone. */
  const miss = async (pair: Pair, ends: Sides<End | undefined>, run: Run): Promise<void> => {
    if (pair.state === 'gone' || pair.state === 'hidden') return;
    const sides = SIDES.filter((side) => !ends[side]);
    await keep(pair, { state: 'hidden', reason: 'One side was deleted, or the account that keeps it may not see it any more.' });
    const refs = sides.flatMap((side) => parseRef(pair[`${side}Ref`]) ?? []);
    await mark([...refs.map((ref) => observeTask(pair.team, ref, now(), run.cause)), ...buttonTask(pair, now(), run.cause)]);
  };

  /** What the item's statuses are called on either side, where they are of different kinds. */
  const statusOnto = async (ends: Sides<End>): Promise<Sides<string | undefined>> => {
    const { left, right } = ends;
    if (left.item.status.kind === right.item.status.kind) return { left: left.item.status.id, right: right.item.status.id };
    const named = async (end: End, { kind }: Status): Promise<string | undefined> => (await end.tool.describe(end.access, end.item.ref.place)).statuses.find((status) => status.kind === kind)?.id;
    return { left: await named(left, right.item.status), right: await named(right, left.item.status) };
  };

  const compare = async (pair: Pair, ends: Sides<End>): Promise<Map<PairField, MergeVerdict>> => {
    const verdicts = new Map<PairField, MergeVerdict>();
    for (const field of PAIR_FIELDS) {
      const rule = pair.rules[field];
      if (rule.flow === 'off') continue;
      const shown = { left: shownOn(pair, 'left', ends.left.item, field), right: shownOn(pair, 'right', ends.right.item, field) };
      const onto = field === 'status' ? (statusesOnto(pair, ends.left.item, ends.right.item) ?? (await statusOnto(ends))) : { left: shown.right, right: shown.left };
      verdicts.set(field, merge({ now: shown, base: pair.base[field] ?? {}, pending: pair.pending[field], rule, onto, same: sameValue }));
    }
    return verdicts;
  };

  /** Writes one side these fields, without what the tool refuses at its field: that holds up no other. */
  const send = async (pair: Pair, ends: Sides<End>, side: Side, fields: readonly Sent[]): Promise<{ item: Item; taken: readonly Sent[]; refused?: TandemError }> => {
    const { tool, access, item } = ends[side];
    if (!tool.write) throw new TandemError('tool_refused', `Tandem only shows what is in ${tool.name}, so this pair cannot write there.`);
    if (fields.length === 0) return { item, taken: [] };
    const values = Object.fromEntries(fields.map(([field, { value }]) => [field, value]));
    try {
      return { item: await tool.write(access, item.ref, patchFor(pair, side, values, { left: ends.left.item, right: ends.right.item }, ends.left.tool.name)), taken: fields };
    } catch (error) {
      const others = fields.filter(([field]) => !isRefusedAt(error, field));
      if (!(error instanceof TandemError) || others.length === fields.length) throw error;
      return { ...(await send(pair, ends, side, others)), refused: error };
    }
  };

  /** Writes one side what it lacks and stores what it then shows. */
  const write = async (pair: Pair, ends: Sides<End>, side: Side, run: Run): Promise<{ pair: Pair; item: Item; refused?: TandemError }> => {
    const { tool, access, item } = ends[side];
    const all = Object.entries(pair.pending).filter(([, pending]) => pending.side === side) as Sent[];
    const { item: written, taken: mine, ...refused } = await send(pair, ends, side, all);
    if (mine.length === 0) return { pair, item, ...refused };
    // Most tools drop what somebody may not change in silence.
    const dropped = mine.find(([field, { value }]) => !sameValue(shownOn(pair, side, written, field), value) && shownOn(pair, side, written, field) === shownOn(pair, side, item, field));
    if (dropped) throw new TandemError('forbidden', `${tool.name} did not take the ${dropped[0]} of ${item.key}: ${access.person.name} may not change it there.`);
    const base = { ...pair.base, ...Object.fromEntries(mine.map(([field, { from }]) => [field, side === 'left' ? { left: shownOn(pair, side, written, field), right: from } : { left: from, right: shownOn(pair, side, written, field) }])) };
    const pending = Object.fromEntries(Object.entries(pair.pending).filter(([field]) => !mine.some(([one]) => one === field)));
    const next = await keep(pair, { base, pending, writes: [...recentWrites(pair, now()), now()] });
    await store.journal.add([tell(pair, run, 'written', `${mine.map(([field]) => field).join(', ')} of ${item.key} updated from ${ends[across(side)].item.key}, with the account of ${access.person.name}`)]);
    return { pair: next, item: written, ...refused };
  };

  /** What was learnt of the two items is shown on their cards. */
  const show = async (pair: Pair, side: Side, { before }: End, item: Item, cause: string): Promise<void> => {
    if (before && digest(before.item) === digest(item)) return;
    if (await store.items.swap(pair.team, pair[`${side}Ref`], before?.rev ?? 0, item)) await showOn(deps, mark, pair.team, item, cause);
    else await mark([observeTask(pair.team, item.ref, now(), cause)]);
  };

  return async (id, run) => {
    const found = await store.pairs.get(id);
    if (!found) return undefined;
    if (found.pausedUntil !== undefined && found.pausedUntil > now()) return { until: found.pausedUntil };
    const left = await read(found, 'left', run);
    const right = await read(found, 'right', run);
    if (!left || !right) return miss(found, { left, right }, run);
    const again = Math.max(...Object.entries({ left, right }).map(([side, { before, item }]) => doubt(`${id} ${side}`, before?.item, item)));
    if (again > 0) return { until: now() + again };
    const ends = { left, right };

    const verdicts = [...(await compare(found, ends))];
    const agreed = verdicts.flatMap(([field, verdict]) => (verdict.kind === 'agreed' ? [[field, verdict.base] as const] : []));
    const asked = verdicts.flatMap(([field, verdict]) => (verdict.kind === 'ask' ? [[field, { left: shownOn(found, 'left', left.item, field), right: shownOn(found, 'right', right.item, field) }] as const] : []));
    const writes = verdicts.flatMap(([field, verdict]) => (verdict.kind === 'write' ? [[field, verdict] as const] : []));

    if (writes.length > 0 && recentWrites(found, now()).length >= MOST_WRITES) {
      const [pausedUntil, reason] = [now() + PAUSE, `Written ${MOST_WRITES} times within a minute. It goes on in ${PAUSE / MINUTE} minutes, with what both sides show then.`];
      await keep(found, { state: 'paused', reason, pausedUntil });
      await store.journal.add([tell(found, run, 'paused', reason)]);
      return { until: pausedUntil };
    }

    const news = asked.filter(([field, values]) => digest(found.clashes[field] ?? {}) !== digest(values));
    const lines = [
      ...news.map(([field]) => tell(found, run, 'clash', `Both sides changed the ${field}. Somebody has to choose.`)),
      ...writes.flatMap(([field, { side, over }]) => ((over ?? '').trim() === '' ? [] : [tell(found, run, 'overruled', `${found.base[field]?.[side] === undefined ? `Each side had its own ${field} when they were linked` : `Both sides changed the ${field}`}. ${ends[across(side)].item.key} was kept; ${ends[side].item.key} had: ${clip(over ?? '', KEPT)}`)])),
    ];
    let pair = await keep(found, {
      base: { ...found.base, ...Object.fromEntries(agreed) },
      pending: Object.fromEntries(writes.map(([field, { side, value }]) => [field, { side, value, from: shownOn(found, across(side), ends[across(side)].item, field) }])),
      clashes: Object.fromEntries(asked),
    });
    await store.journal.add(lines);

    const shown = { left: left.item, right: right.item };
    let refused: TandemError | undefined;
    for (const side of SIDES) {
      if (!writes.some(([, verdict]) => verdict.side === side)) continue;
      const wrote = await write(pair, ends, side, run);
      [pair, shown[side], refused] = [wrote.pair, wrote.item, refused ?? wrote.refused];
    }
    if (refused) {
      for (const side of SIDES) await show(pair, side, ends[side], shown[side], run.cause);
      throw refused;
    }
    const state = asked.length > 0 ? ({ state: 'asking', reason: `Each side has its own ${AND.format(asked.map(([field]) => field))}. Choose which to keep.` } as const) : ({ state: 'live', reason: undefined } as const);
    const put = verdicts.some(([field, { kind }]) => field === 'status' && kind !== 'ask') ? settled(pair, shown.right) : {};
    await keep(pair, { ...put, ...state, pausedUntil: undefined, lostAt: undefined, ...(writes.length > 0 || pair.syncedAt === undefined || pair.state !== state.state ? { syncedAt: now() } : {}) });
    if (found.state === 'gone' || found.state === 'hidden') await store.journal.add([tell(pair, run, 'back', 'Both sides can be read again')]);
    for (const side of SIDES) await show(pair, side, ends[side], shown[side], run.cause);
    if (found.state !== state.state) await mark(buttonTask(pair, now(), run.cause));
    return undefined;
  };
}

/** Whether it is this field that the tool does not take; a ticket's status may be told by its labels, too. */
function isRefusedAt(error: unknown, field: PairField): boolean {
  if (!(error instanceof TandemError) || typeof error.details !== 'object' || error.details === null) return false;
  const { fields = {} } = error.details as Partial<FieldDetails>;
  return field in fields || (field === 'status' && 'labels' in fields);
}

function recentWrites(pair: Pair, now: number): number[] {
  return pair.writes.filter((at) => at > now - MINUTE);
}
