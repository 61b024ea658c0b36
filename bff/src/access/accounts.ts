import type { Person } from '@tandem/shared/item';
import type { Vault } from '../crypto.ts';
import { TandemError, UpstreamError } from '../errors.ts';
import { callApi, type Http } from '../http.ts';
import { MIRO } from '../miro/sign-in.ts';
import type { Access, Tool } from '../ports.ts';
import type { Account, AccountKey, Store } from '../store/store.ts';
import { printKey, type Credentials, type Remote } from './credentials.ts';
import { expired, openRefresh } from './refresh.ts';

/** Accounts and what can be done with them. */
export interface Accounts {
  /** An access for the member's account there. Throws `account_required` or `account_expired`; with `deadline` (epoch ms) no request outlives it. */
  access(key: AccountKey, deadline?: number): Promise<Access>;
  /** The same for an account row at hand. */
  accessOf(account: Account, deadline?: number): Access;
  /** Asks the remote with credentials that are not stored yet, to learn whose they are. Throws what the remote answers. */
  identify<T>(at: Pick<AccountKey, 'tool' | 'site'>, credentials: Credentials, whoAmI: (access: Access) => Promise<T>): Promise<T>;
  /** Seals and stores credentials; replaces what the member had there. */
  keep(key: AccountKey, credentials: Credentials, person: Person): Promise<Account>;
}

/** A request may take this long, and is over before its deadline. */
const TIMEOUT = 10_000;
/** An access token is renewed when less than this share of its life is left. */
const RENEW_AT = 0.2;

/** Opens the accounts of a store. */
export function openAccounts(deps: { store: Store; vault: Vault; http: Http; miro: Remote; tools: ReadonlyMap<string, Tool>; now: () => number }): Accounts {
  const { store, vault, http, now } = deps;

  const remote = (tool: string, site: string): Remote | undefined => {
    if (tool === MIRO.tool) return deps.miro;
    const found = deps.tools.get(tool);
    return found?.site.id === site ? { tool, site, name: found.name, base: found.site.base, api: found.site.api, signIn: found.signIn } : undefined;
  };
  const purpose = (key: AccountKey): string => `account ${printKey(key)}`;
  const credentialsOf = (account: Account): Credentials => {
    try {
      return JSON.parse(vault.open(account.sealed, purpose(account))) as Credentials;
    } catch (cause) {
      throw new TandemError('account_expired', 'This account was stored under a secret that is no longer configured. Connect it again.', { cause });
    }
  };
  /** Sealed under the older of two secrets: sealed anew, so that the older one can be dropped. */
  const reseal = async (account: Account): Promise<Account> => {
    const { version, ...rest } = account;
    const next = { ...rest, sealed: vault.seal(JSON.stringify(credentialsOf(account)), purpose(account)) };
    return (await store.accounts.swap(version, next)) ? { ...next, version: version + 1 } : ((await store.accounts.get(account)) ?? account);
  };

  const row = (key: AccountKey, person: Person, credentials: Credentials): Omit<Account, 'version'> => ({
    team: key.team,
    user: key.user,
    tool: key.tool,
    site: key.site,
    state: 'active',
    person,
    sealed: vault.seal(JSON.stringify(credentials), purpose(key)),
    renewedAt: now(),
    ...(credentials.kind === 'oauth' && credentials.life ? { expiresAt: now() + credentials.life * 1000 } : {}),
  });

  const refresh = openRefresh({ store: store.accounts, http, now, credentialsOf, row });

  const headersFor = (at: Remote, credentials: Credentials): Readonly<Record<string, string>> =>
    credentials.kind === 'oauth' ? { authorization: `Bearer ${credentials.access}` } : at.signIn.kind === 'token' ? at.signIn.headers(credentials.fields) : {};

  const send = (at: Remote, credentials: Credentials, deadline: number | undefined) => {
    const timeout = deadline === undefined ? TIMEOUT : Math.min(TIMEOUT, deadline - now());
    if (timeout <= 0) throw new UpstreamError(at.tool, 0, { message: `There was no time left to ask ${at.name}.` });
    return { tool: at.tool, name: at.name, api: at.api, headers: headersFor(at, credentials), timeout, now: now() };
  };

  const accessOf = (first: Account, deadline?: number): Access => {
    const at = remote(first.tool, first.site);
    if (!at) throw new TandemError('not_found', `${first.tool} at ${first.site} is not configured here.`);
    let account = first;
    return {
      site: first.site,
      base: at.base,
      person: first.person,
      async request(call) {
        if (account.state === 'expired') throw expired(account, at.name);
        if (vault.stale(account.sealed)) account = await reseal(account);
        const ending = account.expiresAt !== undefined && account.expiresAt - now() < (account.expiresAt - account.renewedAt) * RENEW_AT;
        if (ending) account = await refresh(account, at);
        try {
          return await callApi(http, send(at, credentialsOf(account), deadline), call);
        } catch (error) {
          if (!(error instanceof UpstreamError) || error.upstreamStatus !== 401) throw error;
          account = await refresh(account, at);
          return callApi(http, send(at, credentialsOf(account), deadline), call);
        }
      },
    };
  };

  return {
    accessOf,
    async access(key, deadline) {
      const at = remote(key.tool, key.site);
      if (!at) throw new TandemError('not_found', `${key.tool} at ${key.site} is not configured here.`);
      const account = await store.accounts.get(key);
      const details = { tool: key.tool, site: key.site, name: at.name };
      if (!account) throw new TandemError('account_required', `Connect your ${at.name} account first.`, { details });
      if (account.state === 'expired') throw expired(account, at.name);
      return accessOf(account, deadline);
    },
    async identify({ tool, site }, credentials, whoAmI) {
      const at = remote(tool, site);
      if (!at) throw new TandemError('not_found', `${tool} at ${site} is not configured here.`);
      const nobody: Person = { id: '', name: '', username: '' };
      return whoAmI({ site, base: at.base, person: nobody, request: (call) => callApi(http, send(at, credentials, undefined), call) });
    },
    keep: (key, credentials, person) => store.accounts.put(row(key, person, credentials)),
  };
}
