import type { Vault } from '../crypto.ts';
import { HeldBack, PutOff, TandemError, UpstreamError } from '../errors.ts';
import { callApi, type Http } from '../http.ts';
import type { Log } from '../log.ts';
import { MIRO } from '../miro/sign-in.ts';
import type { Access, Call, Identity, Reply, Tools } from '../ports.ts';
import type { Account, AccountKey, Store } from '../store/store.ts';
import { openAsHost } from './as-host.ts';
import { printKey, type Credentials, type Remote } from './credentials.ts';
import { revokeTokens } from './oauth.ts';
import { expired, openRefresh } from './refresh.ts';
import type { Timers } from '../timers.ts';

/** Accounts and what can be done with them. */
export interface Accounts {
  /** An access for the member's account there. Throws `account_required` or `account_expired`; with `deadline` (epoch ms) no request outlives it. */
  access(key: AccountKey, deadline?: number): Promise<Access>;
  /** The same for an account row at hand; a deadline that moves is asked for at each request. */
  accessOf(account: Account, deadline?: number | (() => number)): Access;
  /** Asks the remote with credentials that are not stored yet, to learn whose they are. Throws what the remote answers. */
  identify<T>(at: Pick<AccountKey, 'tool' | 'site'>, credentials: Credentials, whoAmI: (access: Access) => Promise<T>): Promise<T>;
  /** Seals and stores credentials; replaces what the member had there. */
  keep(key: AccountKey, credentials: Credentials, who: Identity): Promise<Account>;
  /** Renews the tokens of an account that signed in by consent, whatever is left of their life. */
  renew(account: Account): Promise<void>;
  /** Which of the service's own connections the account is, where it signed in through one, and by which sign-in; nothing where that is not known any more. */
  connectionOf(account: Account): { readonly integration?: string; readonly session?: string };
  /** The account without that: the service does not have the connection any more, so that only a new one helps. */
  forgotten(account: Account): Account;
  /** Ends the account's tokens at the remote; `left`, a sentence for people, where they live on there. Never throws for what the remote answers. */
  revoke(account: Account): Promise<{ left?: string }>;
}

/** A request may take this long, and is over before its deadline. */
const TIMEOUT = 10_000;
/** An access token is renewed when less than this share of its life is left. */
const RENEW_AT = 0.2;
/** Work for an account that a service told us has ended waits for it to tell that it is mended, and looks after this long whether that was missed. */
const PARKED = 3_600_000;

/** Who signed in through another service is asked for with our own credentials: whether theirs can be opened does not matter. */
const HELD_FOR_US: Credentials = { kind: 'token', fields: {} };

/** Opens the accounts of a store. */
export function openAccounts(deps: {
  store: Store;
  vault: Vault;
  http: Http;
  miro: Remote;
  tools: Tools;
  log?: Pick<Log, 'info' | 'error'>;
  now: () => number;
  /** told of the headers and status of every answer: they say what the account may still spend */
  heard?: (account: AccountKey, headers: Readonly<Record<string, string>>, status: number) => void;
  /** told of the end of every call; `well`: it was answered, even if with a refusal */
  ended?: (account: AccountKey, call: string, well: boolean) => void;
  /** until when (epoch ms) nothing is asked there but what somebody waits for: requests with a deadline end with `HeldBack` */
  held?: (account: AccountKey) => number | undefined;
  timers?: Timers;
}): Accounts {
  const { store, vault, http, log, now } = deps;

  const remote = (tool: string, site: string): Remote | undefined => {
    if (tool === MIRO.tool) return deps.miro;
    const found = deps.tools.at(tool, site);
    return found && { tool, site, name: found.name, base: found.site.base, api: found.site.api, token: found.signIn, ...(found.oauth ? { oauth: found.oauth } : {}), ...(found.connector ? { through: 'Munity' } : {}) };
  };
  const remoteOf = (tool: string, site: string): Remote => {
    const at = remote(tool, site);
    if (!at) throw new TandemError('not_found', `${tool} at ${site} is not configured here.`);
    return at;
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

  const row = (key: AccountKey, { person, ends }: Identity, credentials: Credentials, since = now()): Omit<Account, 'version'> => {
    const expiresAt = credentials.kind === 'token' ? Date.parse(ends ?? '') : now() + (credentials.life ?? Number.NaN) * 1000;
    return {
      team: key.team,
      user: key.user,
      tool: key.tool,
      site: key.site,
      state: 'active',
      kind: credentials.kind,
      person,
      sealed: vault.seal(JSON.stringify(credentials), purpose(key)),
      renewedAt: now(),
      since,
      ...(Number.isFinite(expiresAt) ? { expiresAt } : {}),
    };
  };

  const refresh = openRefresh({ store: store.accounts, http, now, credentialsOf, row, timers: deps.timers });

  const headersFor = (at: Remote, credentials: Credentials): Readonly<Record<string, string>> =>
    credentials.kind === 'oauth' ? { authorization: `Bearer ${credentials.access}` } : (at.token?.headers(credentials.fields) ?? {});

  const send = (at: Remote, credentials: Credentials, deadline: number | undefined) => {
    const timeout = deadline === undefined ? TIMEOUT : Math.min(TIMEOUT, deadline - now());
    if (timeout <= 0) throw new TandemError('unavailable', `There was no time left to ask ${at.name}. It is tried again.`);
    return { tool: at.tool, name: at.name, api: at.api, headers: headersFor(at, credentials), timeout, now: now() };
  };

  /** What every answer says of the account's limits is passed on. */
  const heeded = (at: Remote, account: Account, deadline: number | (() => number) | undefined) => ({
    ...send(at, at.through ? HELD_FOR_US : credentialsOf(account), typeof deadline === 'function' ? deadline() : deadline),
    heard: (headers: Readonly<Record<string, string>>, status: number) => deps.heard?.(account, headers, status),
  });

  const asHost = openAsHost(now, log);

  const connectionOf = (account: Account): { readonly integration?: string; readonly session?: string } => {
    try {
      const credentials = credentialsOf(account);
      return credentials.kind === 'token' ? credentials.fields : {};
    } catch (error) {
      // Sealed under a secret that is lost: which of them it was is lost, too.
      if (error instanceof TandemError) return {};
      throw error;
    }
  };

  const ended = (account: Account, at: Remote): TandemError => {
    const error = expired(account, at.name);
    return at.through ? new PutOff(error.code, error.message, now() + PARKED, { details: error.details }) : error;
  };

  const accessOf = (first: Account, deadline?: number | (() => number)): Access => {
    const at = remoteOf(first.tool, first.site);
    let account = first;

    const ask = async <T>(call: Call): Promise<Reply<T>> => {
      // What cannot be opened any more is asked for all the same: our own key is what counts.
      const known = !at.through || connectionOf(account).integration !== undefined;
      if (known && vault.stale(account.sealed)) account = await reseal(account);
      if (at.through) return asHost(at.through, call, deadline === undefined, () => callApi<T>(http, heeded(at, account, deadline), call));
      const ending = account.kind === 'oauth' && account.expiresAt !== undefined && account.expiresAt - now() < (account.expiresAt - account.renewedAt) * RENEW_AT;
      if (ending) account = await refresh.fresh(account, at);
      try {
        return await callApi<T>(http, heeded(at, account, deadline), call);
      } catch (error) {
        if (!isRefused(error)) throw error;
      }
      account = await refresh.fresh(account, at);
      try {
        return await callApi<T>(http, heeded(at, account, deadline), call);
      } catch (error) {
        if (!isRefused(error)) throw error;
        await refresh.refused(account);
        throw expired(account, at.name);
      }
    };

    return {
      site: first.site,
      base: at.base,
      person: first.person,
      ...(at.through ? { connection: connectionOf(first).integration } : {}),
      async request<T>(call: Call) {
        if (account.state === 'expired') throw ended(account, at);
        const held = deadline === undefined ? undefined : deps.held?.(account);
        if (held !== undefined) throw new HeldBack(at.tool, at.name, held);
        const heard = (well: boolean): void => deps.ended?.(account, `${call.method ?? 'GET'} ${call.path}`, well);
        try {
          const reply = await ask<T>(call);
          heard(true);
          return reply;
        } catch (error) {
          if (error instanceof UpstreamError) heard(!isDown(error));
          throw error;
        }
      },
    };
  };

  return {
    accessOf,
    async access(key, deadline) {
      const at = remoteOf(key.tool, key.site);
      const account = await store.accounts.get(key);
      const details = { tool: key.tool, site: key.site, name: at.name };
      if (!account) throw new TandemError('account_required', `Connect your ${at.name} account first.`, { details });
      if (account.state === 'expired') throw ended(account, at);
      return accessOf(account, deadline);
    },
    async identify({ tool, site }, credentials, whoAmI) {
      const at = remoteOf(tool, site);
      const nobody = { id: '', name: '', username: '' };
      const ask = <T>(call: Call): Promise<Reply<T>> => callApi<T>(http, send(at, credentials, undefined), call);
      const connection = at.through && credentials.kind === 'token' ? { connection: credentials.fields['integration'] } : {};
      return whoAmI({ site, base: at.base, person: nobody, ...connection, request: <T>(call: Call) => (at.through ? asHost(at.through, call, true, () => ask<T>(call)) : ask<T>(call)) });
    },
    keep: (key, credentials, who) => store.accounts.put(row(key, who, credentials)),
    async renew(account) {
      await refresh.fresh(account, remoteOf(account.tool, account.site));
    },
    connectionOf,
    forgotten: (account) => ({ ...account, sealed: vault.seal(JSON.stringify(HELD_FOR_US), purpose(account)) }),
    async revoke(account) {
      const at = remoteOf(account.tool, account.site);
      if (at.through) return { left: `${at.name} still grants access to ${at.through}. Take it back there, among the connected applications.` };
      if (account.kind === 'token') return { left: `The token itself still works in ${at.name}. If you made it for Tandem alone, delete it there.` };
      if (account.state === 'expired') return {};
      const manually = { left: `Tandem is still listed among the applications that you allowed in ${at.name}. Remove it there, in your settings.` };
      if (!at.oauth?.revokeUrl) return manually;
      try {
        const credentials = credentialsOf(account);
        if (credentials.kind === 'oauth') await revokeTokens(http, at.name, at.oauth, credentials);
        return {};
      } catch (error) {
        if (error instanceof TandemError) return manually;
        throw error;
      }
    },
  };
}

function isRefused(error: unknown): boolean {
  return error instanceof UpstreamError && error.upstreamStatus === 401;
}

/** No answer, or trouble of the remote's own. */
function isDown({ upstreamStatus }: UpstreamError): boolean {
  return upstreamStatus === 0 || upstreamStatus >= 500;
}
