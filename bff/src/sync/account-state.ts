import { parseRef } from '@tandem/shared/ref';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Tool } from '../ports.ts';
import type { Account, AccountKey, NewTask, Pair } from '../store/store.ts';
import { accountTask, mergeTask, observeTask, pollTask, type AccountWord } from './keys.ts';
import { refsAt } from './linked.ts';
import type { Run } from './runs.ts';

/** A webhook may be so late: what an account that ended since has sent before is no proof that it works. */
const LATE = 10 * 60_000;

/** Since when an account is as it is: what was told before that is old news. */
function since({ state, expiresAt, renewedAt }: Account): number {
  return state === 'expired' ? (expiresAt ?? 0) : renewedAt;
}

/** Whether something that came of an account just now proves that it works, although it was told to have ended. */
export function provesHealth(account: Account, now: number): boolean {
  return account.state === 'expired' && since(account) + LATE <= now;
}

/** So rarely an account that is told to have ended is asked whether that still holds: nobody is bound to tell that it was mended. */
export const RECHECK = 6 * 3_600_000;

/** Marks what a service that brought something since an account ended proves: that it works again. One call. */
export async function recheck({ accounts, now }: Pick<Deps, 'accounts' | 'now'>, tool: Tool, account: Account, run: Run): Promise<NewTask[]> {
  // Which connection was meant has to be known: an older one proves nothing.
  if (account.state !== 'expired' || since(account) + RECHECK > now() || accounts.connectionOf(account).integration === undefined) return [];
  const asked = tool.told?.synced(accounts.accessOf({ ...account, state: 'active' }, () => run.deadline));
  const synced = await asked?.catch((error: unknown) => {
    if (error instanceof TandemError && error.code === 'account_expired') return undefined;
    throw error;
  });
  return synced !== undefined && synced > since(account) + LATE ? [accountTask(account, 'active', now(), run.cause)] : [];
}

/** What follows from an error of a tool whose credentials another service keeps: that it does not have them any more, only asking finds out. */
export function goneTask(tool: Tool, account: AccountKey, error: TandemError, at: number, cause: string): NewTask[] {
  return tool.told && error.code === 'account_expired' ? [accountTask(account, 'removed', at, cause)] : [];
}

/**
 * Heeds what was told of an account that another service keeps for us: changes its state and marks what follows. Told again it only marks again, so that a run that died is made up for.
 * The account as a whole is parked, not its lane: what has to ask with it is put off by `Accounts`, in whatever lane that is (a pair spends that of its left side), while the lane goes on with what asks nothing: cards that have to say so, and the sign-in that mends it.
 */
export function stateKeeper(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>): (key: AccountKey, word: AccountWord, at: number, cause: string) => Promise<void> {
  const { store } = deps;

  const become = async (key: AccountKey, word: AccountWord, at: number): Promise<Account | undefined> => {
    for (;;) {
      const account = await store.accounts.get(key);
      if (!account || at < since(account)) return undefined;
      const state = word === 'active' ? 'active' : 'expired';
      // Every card of it may have found that out, and the first has told them all.
      if (word === 'removed' && account.state === state && deps.accounts.connectionOf(account).integration === undefined) return undefined;
      if (account.state === state && word !== 'removed') return account;
      const { version, expiresAt: _, ...rest } = word === 'removed' ? deps.accounts.forgotten(account) : account;
      const next = { ...rest, state, ...(state === 'active' ? { renewedAt: at } : { expiresAt: at }) } as const;
      if (await store.accounts.swap(version, next)) return { ...next, version: version + 1 };
    }
  };

  return async (key, word, at, cause) => {
    const account = await become(key, word, at);
    if (account) await mark(account.state === 'active' ? await healed(deps, account, cause) : await broken(deps, account, cause));
  };
}

/** Cards say whose account is broken: that costs no call. */
async function broken({ store, now }: Deps, account: AccountKey, cause: string): Promise<NewTask[]> {
  return (await refsOf({ store }, account)).flatMap((one) => {
    const ref = parseRef(one);
    return ref ? [observeTask(account.team, ref, now(), cause)] : [];
  });
}

/** What is to be done once an account works again: its places are listed as a whole, which brings every card back for the price of some pages, and pairs that were put off are gone on with. */
export async function healed({ store, now }: Pick<Deps, 'store' | 'now'>, account: AccountKey, cause: string): Promise<NewTask[]> {
  const watches = await store.watches.bySite(account.team, account.tool, account.site);
  const pairs = new Map<string, Pair>();
  for (const ref of await store.pairs.refsAt(account.team, siteOf(account))) for (const pair of await store.pairs.byRef(account.team, ref)) pairs.set(pair.id, pair);
  return [...watches.filter(({ mode }) => mode !== 'removed').map((watch) => pollTask(watch, now(), cause)), ...[...pairs.values()].map((pair) => mergeTask(pair, now(), cause))];
}

function refsOf({ store }: Pick<Deps, 'store'>, account: AccountKey): Promise<string[]> {
  return refsAt(store, account.team, siteOf(account));
}

function siteOf({ tool, site }: AccountKey): string {
  return `${encodeURIComponent(tool)}:${encodeURIComponent(site)}/`;
}
