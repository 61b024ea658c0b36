import { createHmac, randomBytes } from 'node:crypto';
import { isRecord, type Context, type Routes } from './kit.ts';
import { completedPage, consentPage, refusedPage } from './miro-pages.ts';
import { miroError } from './miro-rest.ts';
import type { IdTokenOptions, MiroGrant, MiroOptions, MiroState } from './miro-types.ts';

interface Code {
  readonly user: string;
  readonly team: string;
  readonly redirectUri: string;
  readonly expiresAt: number;
}

const SCOPES = ['boards:read', 'boards:write'];
const CODE_LIFE = 10 * 60_000;
const COOKIE = 'miro_sim_user';

export interface OAuth {
  readonly routes: Routes;
  readonly grantOf: (accessToken: string) => MiroGrant | undefined;
}

/** Miro's OAuth 2.0: consent page, codes, rotating tokens. https://developers.miro.com/docs/getting-started-with-oauth */
export function makeOAuth(state: MiroState, options: MiroOptions, now: () => number): OAuth {
  const codes = new Map<string, Code>();
  const used = new Set<string>();
  const life = options.tokenLife ?? 3600;

  const grantOf = (accessToken: string): MiroGrant | undefined => state.grants.find((grant) => grant.accessToken === accessToken && !grant.revoked && (grant.expiresAt ?? Infinity) > now());
  const fresh = (): Pick<MiroGrant, 'accessToken' | 'refreshToken' | 'expiresAt'> => ({
    accessToken: `eyJtaXJvLm9yaWdpbiI6ImV1MDEifQ_${secret()}`,
    ...(life === 'forever' ? {} : { refreshToken: `eyJtaXJvLm9yaWdpbiI6ImV1MDEifQ_${secret()}`, expiresAt: now() + life * 1000 }),
  });

  /** https://developers.miro.com/reference/ne-exchange-authorization-code-with-access-token: `team_id` is a bare number of 19 digits, more than a double holds. */
  const tokens = (grant: MiroGrant): { status: number; body: object; json: string } => {
    const body = {
      token_type: 'bearer',
      user_id: grant.user,
      team_id: grant.team,
      scope: grant.scopes.join(' '),
      access_token: grant.accessToken,
      ...(grant.refreshToken ? { refresh_token: grant.refreshToken, expires_in: Math.round(((grant.expiresAt ?? now()) - now()) / 1000) } : {}),
    };
    return { status: 200, body, json: JSON.stringify(body).replace(`"team_id":"${grant.team}"`, `"team_id":${grant.team}`) };
  };

  const finish = (redirectUri: string, appState: string | null, user: string, team: string): { status: number; headers: Record<string, string> } => {
    state.consents.add(`${user}/${team}`);
    const code = secret();
    codes.set(code, { user, team, redirectUri, expiresAt: now() + CODE_LIFE });
    const to = new URL(redirectUri);
    to.searchParams.set('code', code);
    to.searchParams.set('client_id', options.clientId);
    to.searchParams.set('team_id', team);
    if (appState !== null) to.searchParams.set('state', appState);
    return { status: 302, headers: { Location: to.href, 'Set-Cookie': `${COOKIE}=${user}; Path=/; SameSite=Lax` } };
  };

  const asked = (query: URLSearchParams): { redirectUri: string; appState: string | null } | undefined => {
    const redirectUri = query.get('redirect_uri') ?? options.redirectUris[0] ?? '';
    if (query.get('client_id') !== options.clientId || query.get('response_type') !== 'code' || !options.redirectUris.includes(redirectUri)) return undefined;
    return { redirectUri, appState: query.get('state') };
  };

  const routes: Routes = {
    // https://developers.miro.com/reference/ne-create-authorization-request-link; `as` names the user and stands for being signed in to Miro
    'GET /oauth/authorize': (context) => {
      const request = asked(context.query);
      if (!request) return { status: 400, html: refusedPage('This app asks with a client id, response type or redirect URI that Miro does not know.') };
      const user = state.users.get(context.query.get('as') ?? context.cookies[COOKIE] ?? '');
      const teams = [...state.teams.values()].filter((team) => !user || team.members.includes(user.id));
      const wanted = context.query.get('team_id');
      const agreed = user ? teams.find((team) => (!wanted || team.id === wanted) && state.consents.has(`${user.id}/${team.id}`)) : undefined;
      if (user && agreed) return finish(request.redirectUri, request.appState, user.id, agreed.id);
      return { status: 200, html: consentPage({ appName: options.appName ?? 'Tandem', users: [...state.users.values()], teams, user, wanted, query: context.query.toString(), scopes: SCOPES }) };
    },
    'POST /oauth/authorize': (context) => {
      const request = asked(context.query);
      const form = fields(context);
      const team = state.teams.get(form['team'] ?? '');
      const user = form['user'] ?? '';
      if (!request) return { status: 400, html: refusedPage('This request is not valid.') };
      if (form['answer'] !== 'allow') {
        const to = new URL(request.redirectUri);
        to.searchParams.set('error', 'access_denied');
        if (request.appState !== null) to.searchParams.set('state', request.appState);
        return { status: 302, headers: { Location: to.href } };
      }
      if (!team?.members.includes(user)) return { status: 400, html: refusedPage('This person is not a member of that team.') };
      return finish(request.redirectUri, request.appState, user, team.id);
    },
    'GET /app-install-completed/': () => ({ status: 200, html: completedPage(options.appName ?? 'Tandem') }),

    // https://developers.miro.com/reference/ne-exchange-authorization-code-with-access-token and /reference/get-new-access-token-using-refresh-token
    'POST /v1/oauth/token': (context) => {
      const form = fields(context);
      if (form['client_id'] !== options.clientId || form['client_secret'] !== options.clientSecret) throw miroError(401, 'unauthorized', 'The client id or secret is not valid');
      if (form['grant_type'] === 'authorization_code') {
        const code = codes.get(form['code'] ?? '');
        codes.delete(form['code'] ?? '');
        if (!code || code.expiresAt <= now() || code.redirectUri !== form['redirect_uri']) throw miroError(400, 'invalidParameters', 'The authorization code is not valid');
        const grant: MiroGrant = { user: code.user, team: code.team, scopes: SCOPES, revoked: false, ...fresh() };
        state.grants.push(grant);
        return tokens(grant);
      }
      if (form['grant_type'] !== 'refresh_token') throw miroError(400, 'invalidParameters', 'Unknown grant type');
      const given = form['refresh_token'] ?? '';
      if (used.has(given)) state.reusedRefreshTokens += 1;
      const grant = state.grants.find((one) => one.refreshToken === given && !one.revoked);
      if (!grant) throw miroError(400, 'invalidParameters', 'The refresh token is not valid');
      used.add(given);
      return tokens(Object.assign(grant, fresh()));
    },

    // https://developers.miro.com/reference/token-info
    'GET /v1/oauth-token': (context) => {
      const grant = grantOf(/^Bearer (.+)$/i.exec(context.headers.authorization ?? '')?.[1] ?? '');
      if (!grant) throw miroError(400, 'invalidParameters', 'The access token is not valid');
      const user = { type: 'user', id: grant.user, name: state.users.get(grant.user)?.name ?? '' };
      const team = { type: 'team', id: grant.team, name: state.teams.get(grant.team)?.name ?? '' };
      return { status: 200, body: { type: 'oAuthToken', organization: { type: 'organization', id: '3074457345600000001', name: 'Acme' }, team, createdBy: user, user, scopes: grant.scopes } };
    },

    // https://developers.miro.com/reference/revoke-token-v2
    'POST /v2/oauth/revoke': (context) => {
      const form = fields(context);
      if (form['clientId'] !== options.clientId || form['clientSecret'] !== options.clientSecret) throw miroError(401, 'unauthorized', 'The client id or secret is not valid');
      const grant = state.grants.find((one) => one.accessToken === form['accessToken'] && !one.revoked);
      if (!grant) throw miroError(404, 'notFound', 'Token not found');
      grant.revoked = true;
      return { status: 204 };
    },
  };
  return { routes, grantOf };
}

/** A JWT as `miro.board.getIdToken()` gives it: HMAC with the client secret. https://developers.miro.com/docs/gettoken-migration-guide */
export function mintIdToken(claims: { user: string; team: string; clientId: string; clientSecret: string; at: number }, options: IdTokenOptions = {}): string {
  const alg = options.alg ?? 'HS256';
  const iat = Math.floor(claims.at / 1000);
  const signed = `${part({ alg, typ: 'JWT' })}.${part({ iss: 'Miro', sub: options.sub ?? claims.clientId, team: claims.team, user: claims.user, iat, exp: iat + (options.ttl ?? 3600) })}`;
  const signature = alg === 'none' ? '' : createHmac(alg.replace('HS', 'sha'), options.secret ?? claims.clientSecret).update(signed).digest('base64url');
  return `${signed}.${signature}`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function secret(): string {
  return randomBytes(20).toString('base64url');
}

function fields(context: Context): Record<string, string | undefined> {
  const body = context.body;
  if (!isRecord(body)) throw miroError(400, 'invalidParameters', 'The parameters belong in the body');
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, typeof value === 'string' ? value : undefined]));
}
