import { createHash } from 'node:crypto';
import { randomId, type RandomBytes, type Vault } from '../crypto.ts';
import { TandemError, UpstreamError } from '../errors.ts';
import { parseJson, retryAt, type Http, type HttpAnswer } from '../http.ts';
import type { Grants } from '../store/store.ts';
import type { OAuth } from './credentials.ts';

/** What a token endpoint gave. `life` in seconds; without a refresh token the access token does not end. */
export interface Tokens {
  readonly access: string;
  readonly refresh?: string;
  readonly life?: number;
}

/** A state lives as long as people may take to read a consent page. */
const STATE_LIFE = 10 * 60_000;
const TIMEOUT = 10_000;

/**
 * Begins a code flow: the address of the consent page, and the `browser` value to keep in a cookie.
 * The state is signed, single use, expires, and is bound to that browser: a callback that another browser brings is refused. `data` comes back with it.
 */
export async function beginOAuth(
  deps: { grants: Grants; vault: Vault; random: RandomBytes; now: number },
  signIn: OAuth,
  options: { redirectUri: string; data: Readonly<Record<string, string>>; more?: Readonly<Record<string, string>> },
): Promise<{ url: string; browser: string }> {
  const [id, browser] = [randomId(deps.random), randomId(deps.random)];
  const verifier = signIn.pkce ? randomId(deps.random) + randomId(deps.random) : '';
  const data = { ...options.data, browser: fingerprint(browser), ...(verifier ? { verifier: deps.vault.seal(verifier, `verifier ${id}`) } : {}) };
  await deps.grants.put({ id, kind: 'oauth', data, expiresAt: deps.now + STATE_LIFE });
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: signIn.clientId,
    redirect_uri: options.redirectUri,
    state: deps.vault.sign(id, 'oauth state'),
    ...(signIn.scope ? { scope: signIn.scope } : {}),
    ...(verifier ? { code_challenge: fingerprint(verifier), code_challenge_method: 'S256' } : {}),
    ...options.more,
  });
  return { url: `${signIn.authorizeUrl}?${query}`, browser };
}

/** A state that came back, used up: what it was begun with, and the verifier of its code, where there is one. */
export interface Redeemed {
  readonly data: Readonly<Record<string, string>>;
  readonly verifier?: string;
}

/** Uses up a state that came back. Throws where it is forged, replayed, expired, or brought by another browser. */
export async function redeemState(deps: { grants: Grants; vault: Vault; now: number }, state: string, browser: string | undefined): Promise<Redeemed> {
  const id = deps.vault.unsign(state, 'oauth state');
  const grant = id ? await deps.grants.take(id, 'oauth', deps.now) : undefined;
  if (!grant) throw new TandemError('forbidden', 'This sign-in was used already or took too long. Close this window and start again from the panel.');
  if (!browser || grant.data['browser'] !== fingerprint(browser)) {
    throw new TandemError('forbidden', 'This sign-in was started in another browser. Start it again from the panel in this one.');
  }
  const { browser: _, verifier, ...data } = grant.data;
  return { data, ...(verifier ? { verifier: deps.vault.open(verifier, `verifier ${id}`) } : {}) };
}

/** Exchanges a code, or a refresh token, for tokens. Secrets travel in the body. A 400 or 401 means that the grant is dead: `UpstreamError` that is not retryable. */
export async function fetchTokens(http: Http, name: string, signIn: OAuth, grant: { code: string; redirectUri: string; verifier?: string } | { refresh: string }, now: number): Promise<Tokens> {
  const answer = await post(http, name, signIn.tokenUrl, {
    client_id: signIn.clientId,
    client_secret: signIn.clientSecret,
    ...('code' in grant
      ? { grant_type: 'authorization_code', code: grant.code, redirect_uri: grant.redirectUri, ...(grant.verifier ? { code_verifier: grant.verifier } : {}) }
      : { grant_type: 'refresh_token', refresh_token: grant.refresh }),
  });
  const body = parseJson(answer.text) as { access_token?: unknown; refresh_token?: unknown; expires_in?: unknown } | undefined;
  if (answer.status !== 200) {
    throw new UpstreamError(name.toLowerCase(), answer.status, {
      message: answer.status < 500 ? `${name} refused the sign-in. Start it again.` : `${name} has trouble of its own (${answer.status}). Try again in a moment.`,
      retryAt: retryAt(answer.status, answer.headers, now),
    });
  }
  if (typeof body?.access_token !== 'string') throw new UpstreamError(name.toLowerCase(), 502, { message: `${name} answered without a token. Try again in a moment.` });
  return {
    access: body.access_token,
    ...(typeof body.refresh_token === 'string' ? { refresh: body.refresh_token } : {}),
    ...(typeof body.refresh_token === 'string' && typeof body.expires_in === 'number' ? { life: body.expires_in } : {}),
  };
}

/** Ends tokens at the remote. Throws `UpstreamError` where it does not. */
export async function revokeTokens(http: Http, name: string, signIn: OAuth, tokens: Tokens): Promise<void> {
  if (!signIn.revokeUrl) throw new UpstreamError(name.toLowerCase(), 501, { message: `${name} has no way to end a token early.` });
  const body = { client_id: signIn.clientId, client_secret: signIn.clientSecret, token: tokens.refresh ?? tokens.access };
  const answer = await post(http, name, signIn.revokeUrl, body);
  if (answer.status !== 200) throw new UpstreamError(name.toLowerCase(), answer.status);
}

function post(http: Http, name: string, url: string, form: Readonly<Record<string, string>>): Promise<HttpAnswer> {
  const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
  return http.send({ method: 'POST', url, headers, body: new URLSearchParams(form).toString(), timeout: TIMEOUT }).catch((cause: unknown) => {
    throw new UpstreamError(name.toLowerCase(), 0, { message: `${name} did not answer. Try again in a moment.`, cause });
  });
}

function fingerprint(browser: string): string {
  return createHash('sha256').update(browser).digest('base64url');
}
