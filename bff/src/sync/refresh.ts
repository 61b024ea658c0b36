import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import { IDLE } from './keys.ts';

const DAY = 24 * 3_600_000;

/** The handler of `refresh:<account>`: renews the tokens of an account that nobody has used for weeks, before the remote forgets them, for as long as the account is there. */
export function keeper({ store, accounts, log, now }: Pick<Deps, 'store' | 'accounts' | 'log' | 'now'>): (id: string) => Promise<void | { until: number }> {
  return async (id) => {
    const [team = '', user = '', tool = '', site = ''] = id.split('/').map(decodeURIComponent);
    const account = await store.accounts.get({ team, user, tool, site });
    if (account?.state !== 'active' || account.kind !== 'oauth') return undefined;
    if (account.renewedAt + IDLE > now()) return { until: account.renewedAt + IDLE };
    try {
      await accounts.renew(account);
    } catch (error) {
      if (!(error instanceof TandemError)) throw error;
      // Refused for good: the account says so itself, and there is nothing to keep alive.
      if (error.code === 'account_expired') return undefined;
      if (error.status < 500) throw error;
      // Weeks are left, and trouble of the remote may outlast the patience that other tasks have.
      log.warn({ err: error, account: id }, 'renewal put off');
      return { until: now() + DAY };
    }
    return { until: now() + IDLE };
  };
}
