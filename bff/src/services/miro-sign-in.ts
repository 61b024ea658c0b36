import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Http } from '../http.ts';
import type { OAuth, Remote } from '../access/credentials.ts';
import { beginOAuth, fetchTokens, redeemState } from '../access/oauth.ts';
import type { Member } from '../jwt.ts';
import { MIRO } from '../miro/sign-in.ts';
import { keepAliveTask, writeLane } from '../sync/keys.ts';
import type { Worker } from '../sync/worker.ts';

/** Answer of `GET /v1/oauth-token`: ids are strings here, unlike in the token answer. */
interface TokenInfo {
  readonly user: { readonly id: string; readonly name: string };
  readonly team: { readonly id: string };
}

/** Sign-in with Miro, in both forms: begun by us (with a state) and by Miro's own installation (without). */
export interface MiroSignIn {
  /** Where to send the browser, and what to keep in its cookie; `onward` is a path of ours to go on to afterwards. */
  begin(team: string | undefined, onward: string): Promise<{ url: string; browser: string }>;
  /** Ends a sign-in that we began. */
  finish(callback: { code: string; state: string; browser: string | undefined }): Promise<{ member: Member; onward: string }>;
  /** Ends an installation that Miro began: no state, so only our own client id is accepted, and who it is for comes from the token answer. */
  install(callback: { code: string; clientId: string }): Promise<Member>;
}

/** Opens the sign-in; a member who signs in again sets everything going that waited for a token of the team. */
export function openMiroSignIn(deps: Deps, worker: Worker, http: Http, remote: Remote & { readonly oauth: OAuth }): MiroSignIn {
  const { store, vault, random, now, config } = deps;
  const redirectUri = `${config.url}/auth/miro/callback`;

  const take = async (code: string): Promise<Member> => {
    const tokens = await fetchTokens(http, remote.name, remote.oauth, { code, redirectUri }, now());
    const credentials = { kind: 'oauth', ...tokens } as const;
    const { user, team } = await deps.accounts.identify(MIRO, credentials, async (access) => (await access.request<TokenInfo>({ path: '/v1/oauth-token' })).body);
    const account = await deps.accounts.keep({ team: team.id, user: user.id, ...MIRO }, credentials, { person: { id: user.id, name: user.name, username: user.name } });
    await worker.revive(writeLane(team.id));
    await worker.mark(keepAliveTask(account, now()));
    return { user: user.id, team: team.id };
  };

  return {
    begin: (team, onward) => beginOAuth({ grants: store.grants, vault, random, now: now() }, remote.oauth, { redirectUri, data: { onward }, ...(team ? { more: { team_id: team } } : {}) }),
    async finish({ code, state, browser }) {
      const { data } = await redeemState({ grants: store.grants, vault, now: now() }, state, browser);
      // A state of a tool's sign-in leads nowhere here.
      if (data['onward'] === undefined) throw new TandemError('forbidden', 'This sign-in was not begun with Miro. Start it again from the panel.');
      return { member: await take(code), onward: data['onward'] };
    },
    async install({ code, clientId }) {
      if (clientId !== remote.oauth.clientId) throw new TandemError('forbidden', 'This installation belongs to another app.');
      return take(code);
    },
  };
}
