import { TandemError, UpstreamError } from '../errors.ts';
import type { Http } from '../http.ts';
import type { Identity } from '../ports.ts';
import type { Account, AccountKey, Accounts } from '../store/store.ts';
import { printKey, type Credentials, type Remote } from './credentials.ts';
import { fetchTokens, type Tokens } from './oauth.ts';
import { pause, type Timers } from '../timers.ts';

/** How long a process may take from its claim to the stored tokens; a claim that is older belongs to a process that died. */
const CLAIM = 20_000;
const LOOK_AGAIN = 50;

/** The account was refused for good: only its owner can mend that. */
export function expired(account: AccountKey, name: string): TandemError {
  return new TandemError('account_expired', `${name} no longer accepts this account. Connect it again.`, { details: { tool: account.tool, site: account.site, name } });
}

/** What becomes of an account whose token was refused. */
export interface Refresh {
  /** The account with new tokens. Throws `account_expired` where there will be none. */
  fresh(stale: Account, at: Remote): Promise<Account>;
  /** Its new tokens were refused as well: it is asked no more until its owner connects it again. */
  refused(account: Account): Promise<void>;
}

/**
 * Refreshes ended tokens, one refresh at a time per account, across requests and processes: rotation kills the pair that a second one would use.
 * The claim is a compare-and-set on the account's row; the new pair is stored before anybody uses it. A refusal is final, and so is one after a process died between the refresh and its saving: the pair that it got is lost.
 */
export function openRefresh(deps: {
  store: Accounts;
  http: Http;
  now: () => number;
  credentialsOf: (account: Account) => Credentials;
  row: (key: AccountKey, who: Identity, credentials: Credentials, since: number) => Omit<Account, 'version'>;
  timers?: Timers | undefined;
}): Refresh {
  const { store, http, now, credentialsOf, row } = deps;
  const running = new Map<string, Promise<Account>>();

  /** Changes the row unless somebody else did; answers it as it is now. */
  const change = async (from: Account, to: Omit<Account, 'version'>): Promise<Account | undefined> =>
    (await store.swap(from.version, to)) ? { ...to, version: from.version + 1 } : undefined;
  const without = (account: Account): Omit<Account, 'version'> => {
    const { version: _version, refreshing: _refreshing, ...rest } = account;
    return rest;
  };

  const claimed = async (account: Account, credentials: Credentials, at: Remote): Promise<Account | undefined> => {
    if (credentials.kind !== 'oauth' || !credentials.refresh || !at.oauth) {
      await change(account, { ...without(account), state: 'expired' });
      throw expired(account, at.name);
    }
    let tokens: Tokens;
    try {
      tokens = await fetchTokens(http, at.name, at.oauth, { refresh: credentials.refresh }, now());
    } catch (error) {
      const dead = error instanceof UpstreamError && error.upstreamStatus === 400;
      await change(account, { ...without(account), ...(dead ? { state: 'expired' } : {}) });
      if (dead) throw expired(account, at.name);
      if (error instanceof UpstreamError && !error.retryable) {
        throw new TandemError('unavailable', `${at.name} refuses Tandem's own client id or secret. Whoever runs Tandem has to correct it.`, { cause: error });
      }
      throw error;
    }
    return change(account, row(account, account, { kind: 'oauth', ...tokens }, account.since));
  };

  const once = async (stale: Account, at: Remote): Promise<Account> => {
    for (;;) {
      const current = await store.get(stale);
      if (!current || current.state === 'expired') throw expired(stale, at.name);
      if (current.renewedAt !== stale.renewedAt) return current;
      if (current.refreshing !== undefined && current.refreshing > now()) {
        await pause(LOOK_AGAIN, deps.timers);
        continue;
      }
      const credentials = credentialsOf(current);
      const claim = await change(current, { ...without(current), refreshing: now() + CLAIM });
      const fresh = claim && (await claimed(claim, credentials, at));
      if (fresh) return fresh;
    }
  };

  return {
    fresh(stale, at) {
      const id = printKey(stale);
      const run = running.get(id) ?? once(stale, at).finally(() => running.delete(id));
      running.set(id, run);
      return run;
    },
    async refused(account) {
      await change(account, { ...without(account), state: 'expired' });
    },
  };
}
