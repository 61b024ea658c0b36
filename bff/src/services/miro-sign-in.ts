import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Http } from '../http.ts';
import { beginOAuth, fetchTokens, redeemState } from '../access/oauth.ts';
import type { Remote } from '../access/credentials.ts';
import { MIRO } from '../miro/sign-in.ts';
import { writeLane } from '../sync/keys.ts';
import type { Worker } from '../sync/worker.ts';

/** Answer of `GET /v1/oauth-token`: ids are strings here, unlike in the token answer. */
interface TokenInfo {
  readonly user: { readonly id: string; readonly name: string };
  readonly team: { readonly id: string };
}

/** Sign-in with Miro, in both forms: begun by us (with a state) and by Miro's own installation (without). */
export interface MiroSignIn {
  /** Where to send the browser, and what to keep in its cookie. */
  begin(team: string | undefined): Promise<{ url: string; browser: string }>;
  /** Ends a sign-in that we began. */
  finish(callback: { code: string; state: string; browser: string | undefined }): Promise<void>;
  /** Ends an installation that Miro began: no state, so only our own client id is accepted, and who it is for comes from the token answer. */
  install(callback: { code: string; clientId: string }): Promise<{ team: string }>;
}

/** Opens the sign-in; a member who signs in again sets everything going that waited for a token of the team. */
export function openMiroSignIn(deps: Deps, worker: Worker, http: Http, remote: Remote): MiroSignIn {
  const { store, vault, random, now, config } = deps;
  const { signIn } = remote;
  if (signIn.kind !== 'oauth') throw new Error('Miro signs in by OAuth');
  const redirectUri = `${config.url}/auth/miro/callback`;

  const take = async (code: string): Promise<{ team: string }> => {
    const tokens = await fetchTokens(http, remote.name, signIn, { code, redirectUri }, now());
    const credentials = { kind: 'oauth', ...tokens } as const;
    const { user, team } = await deps.accounts.identify(MIRO, credentials, async (access) => (await access.request<TokenInfo>({ path: '/v1/oauth-token' })).body);
    await deps.accounts.keep({ team: team.id, user: user.id, ...MIRO }, credentials, { id: user.id, name: user.name, username: user.name });
    await worker.revive(writeLane(team.id));
    return { team: team.id };
  };

  return {
    begin: (team) => beginOAuth({ grants: store.grants, vault, random, now: now() }, signIn, { redirectUri, ...(team ? { more: { team_id: team } } : {}) }),
    async finish({ code, state, browser }) {
      await redeemState({ grants: store.grants, vault, now: now() }, state, browser);
      await take(code);
    },
    install({ code, clientId }) {
      if (clientId !== signIn.clientId) throw new TandemError('forbidden', 'This installation belongs to another app.');
      return take(code);
    },
  };
}
