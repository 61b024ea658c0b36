import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { AccountKey, NewTask } from '../store/store.ts';
import { stateKeeper } from './account-state.ts';
import { connectedIn, IDLE, type AccountWord, type Connected } from './keys.ts';
import type { Run } from './runs.ts';

const DAY = 24 * 3_600_000;

const WORDS: ReadonlySet<string> = new Set<AccountWord>(['active', 'expired', 'removed']);
const isWord = (text: string): text is AccountWord => WORDS.has(text);

/** The handler of `refresh:<account>`: renews the tokens of an account that nobody has used for weeks, before the remote forgets them, for as long as the account is there; of `refresh:<account>/<state>/<when>`, which heeds what was told of it; and of `refresh:<account>/connected/…`, what was told of a sign-in that makes or renews it (`connected`). */
export function keeper(deps: Deps, mark: (tasks: readonly NewTask[]) => Promise<void>, connected: (key: AccountKey, told: Connected, run: Run) => Promise<void>): (id: string, run: Run) => Promise<void | { until: number }> {
  const { store, accounts, log, now } = deps;
  const heed = stateKeeper(deps, mark);
  return async (id, run) => {
    const [team = '', user = '', tool = '', site = '', word = '', at] = id.split('/').map(decodeURIComponent);
    const told = connectedIn(id);
    if (told) return connected({ team, user, tool, site }, told, run);
    if (isWord(word)) return heed({ team, user, tool, site }, word, Number(at), run.cause);
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
