import { createHash, randomBytes } from 'node:crypto';
import type { GitlabApplication, GitlabGrant } from './gitlab-oauth-types.ts';
import type { GitlabState } from './gitlab-types.ts';
import { isRecord, Refusal, type Context, type Routes } from './kit.ts';

/** What an application asks a person for. */
export interface Asked {
  readonly application: GitlabApplication;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly appState: string | undefined;
  readonly challenge: string | undefined;
}

export interface OauthDesk {
  /** `POST /oauth/token` and `POST /oauth/revoke`. */
  readonly routes: Routes;
  /** What a consent address asks for, or the reason why GitLab shows an error page and goes no further. */
  asked(query: URLSearchParams): Asked | string;
  /** Whether this user need not be asked again. */
  known(user: number, asked: Asked): boolean;
  /** A fresh code in the address that the browser is sent to. */
  agree(user: number, asked: Asked): string;
  deny(asked: Asked): string;
  /** Every token of this user ends. */
  revokeAll(user: number): void;
}

interface Code {
  readonly user: number;
  readonly asked: Asked;
  readonly expiresAt: number;
  /** of the tokens that it was exchanged for */
  family?: number;
}

const CODE_LIFE = 10 * 60_000;

const invalidClient = (): Refusal =>
  refusal(401, 'invalid_client', 'Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.');
const invalidGrant = (): Refusal =>
  refusal(400, 'invalid_grant', 'The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.');
const invalidRequest = (what: string): Refusal => refusal(400, 'invalid_request', what);

/**
 * GitLab's OAuth 2.0 (https://docs.gitlab.com/api/oauth2/, errors as doorkeeper words them): codes of ten minutes, PKCE with S256, tokens that rotate.
 * Stricter than GitLab where its leniency would hide a fault of the product: nothing secret in a query, no `plain` challenge, and a code or refresh token that comes a second time ends every token that came of it (RFC 6749 §4.1.2, RFC 9700 §4.14.2).
 */
export function makeOauth(state: GitlabState, options: { now: () => number; nextId: () => number; life: number; changed: () => void }): OauthDesk {
  const { now, nextId } = options;
  const { oauth } = state;
  const codes = new Map<string, Code>();

  const issue = (from: Pick<GitlabGrant, 'clientId' | 'user' | 'scopes'>, family = nextId()): GitlabGrant => {
    const at = now();
    const grant: GitlabGrant = { id: nextId(), family, clientId: from.clientId, user: from.user, scopes: [...from.scopes], accessToken: secret(), refreshToken: secret(), createdAt: at, expiresAt: at + options.life * 1000, state: 'alive' };
    oauth.grants.push(grant);
    options.changed();
    return grant;
  };
  const end = (which: (grant: GitlabGrant) => boolean): void => {
    for (const grant of oauth.grants) if (grant.state === 'alive' && which(grant)) grant.state = 'revoked';
    options.changed();
  };

  const clientOf = (form: Form): GitlabApplication | undefined => oauth.applications.find((one) => one.clientId === form['client_id'] && one.clientSecret === form['client_secret']);

  const exchange = (form: Form, application: GitlabApplication): GitlabGrant => {
    const code = codes.get(required(form, 'code'));
    if (!code || code.asked.application !== application) throw invalidGrant();
    const { family, asked } = code;
    if (family !== undefined) {
      end((grant) => grant.family === family);
      throw invalidGrant();
    }
    const verifier = form['code_verifier'];
    const proven = asked.challenge === undefined ? !verifier : verifier !== undefined && createHash('sha256').update(verifier).digest('base64url') === asked.challenge;
    if (code.expiresAt <= now() || required(form, 'redirect_uri') !== asked.redirectUri || !proven) throw invalidGrant();
    const grant = issue({ clientId: application.clientId, user: code.user, scopes: [...asked.scopes] });
    code.family = grant.family;
    return grant;
  };

  /** Ends the old pair, whatever life its access token had left: https://docs.gitlab.com/api/oauth2/#authorization-code-with-proof-key-for-code-exchange-pkce */
  const refresh = (form: Form, application: GitlabApplication): GitlabGrant => {
    const given = required(form, 'refresh_token');
    const grant = oauth.grants.find((one) => one.refreshToken === given && one.clientId === application.clientId);
    if (!grant) throw invalidGrant();
    if (grant.state === 'refreshed') {
      oauth.reusedRefreshTokens += 1;
      end((one) => one.family === grant.family);
    }
    if (grant.state !== 'alive') throw invalidGrant();
    grant.state = 'refreshed';
    oauth.refreshes += 1;
    return issue(grant, grant.family);
  };

  const routes: Routes = {
    'POST /oauth/token': (context) => {
      const form = formOf(context);
      const application = clientOf(form);
      const type = required(form, 'grant_type');
      if (type !== 'authorization_code' && type !== 'refresh_token') throw refusal(400, 'unsupported_grant_type', 'The authorization grant type is not supported by the authorization server.');
      if (!application) throw invalidClient();
      const grant = type === 'refresh_token' ? refresh(form, application) : exchange(form, application);
      return {
        status: 200,
        headers: { 'Cache-Control': 'no-store' },
        body: {
          access_token: grant.accessToken,
          token_type: 'Bearer',
          expires_in: options.life,
          refresh_token: grant.refreshToken,
          scope: grant.scopes.join(' '),
          created_at: Math.floor(grant.createdAt / 1000),
        },
      };
    },

    // An access token that ran out is not found any more, a refresh token is: only with the latter the pair ends for sure. https://docs.gitlab.com/api/oauth2/#revoke-a-token
    'POST /oauth/revoke': (context) => {
      const form = formOf(context);
      const given = form['token'];
      const grant = oauth.grants.find((one) => one.accessToken === given || one.refreshToken === given);
      if (grant && grant.clientId !== clientOf(form)?.clientId) throw refusal(403, 'unauthorized_client', 'You are not authorized to revoke this token');
      if (grant && (grant.refreshToken === given || grant.expiresAt > now())) end((one) => one === grant);
      return { status: 200, body: {} };
    },
  };

  return {
    routes,
    asked(query) {
      const one = (name: string): string | undefined => query.get(name) ?? undefined;
      const application = oauth.applications.find(({ clientId }) => clientId === one('client_id'));
      if (!application) return 'Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.';
      const redirectUri = one('redirect_uri');
      if (redirectUri === undefined || !application.redirectUris.includes(redirectUri)) return 'The redirect URI included is not valid.';
      if (one('response_type') !== 'code') return 'The authorization server does not support this response type.';
      const scopes = [...new Set((one('scope') ?? 'api').split(' ').filter(Boolean))];
      if (scopes.length === 0 || !scopes.every((scope) => application.scopes.includes(scope))) return 'The requested scope is invalid, unknown, or malformed.';
      const challenge = one('code_challenge');
      if (challenge !== undefined && (one('code_challenge_method') !== 'S256' || !/^[\w-]{43}$/.test(challenge))) return 'The code challenge method must be S256.';
      return { application, redirectUri, scopes, appState: one('state'), challenge };
    },
    known: (user, asked) =>
      oauth.grants.some((grant) => grant.state === 'alive' && grant.user === user && grant.clientId === asked.application.clientId && grant.scopes.toSorted().join(' ') === asked.scopes.toSorted().join(' ')),
    agree(user, asked) {
      const code = secret();
      codes.set(code, { user, asked, expiresAt: now() + CODE_LIFE });
      return back(asked, { code });
    },
    deny: (asked) => back(asked, { error: 'access_denied', error_description: 'The resource owner or authorization server denied the request.' }),
    revokeAll: (user) => end((grant) => grant.user === user),
  };
}

type Form = Readonly<Record<string, string | undefined>>;

/** Secrets travel in the body, where no log sees them; in a query they are refused although GitLab would take them. */
function formOf(context: Context): Form {
  if (context.query.size > 0) throw invalidRequest('The parameters belong in the body, not in the address.');
  const body = context.body ?? {};
  if (!isRecord(body)) throw invalidRequest('The body is no form.');
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, typeof value === 'string' ? value : undefined]));
}

function required(form: Form, name: string): string {
  const value = form[name];
  if (!value) throw invalidRequest(`Missing required parameter: ${name}.`);
  return value;
}

function back(asked: Asked, more: Readonly<Record<string, string>>): string {
  const to = new URL(asked.redirectUri);
  for (const [name, value] of Object.entries({ ...more, ...(asked.appState === undefined ? {} : { state: asked.appState }) })) to.searchParams.set(name, value);
  return to.href;
}

function refusal(status: number, error: string, text: string): Refusal {
  return new Refusal(status, { error, error_description: text }, status === 401 ? { 'WWW-Authenticate': `Bearer realm="Doorkeeper", error="${error}", error_description="${text}"` } : {});
}

function secret(): string {
  return randomBytes(32).toString('hex');
}
