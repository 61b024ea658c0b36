import { createHash } from 'node:crypto';
import { randomId, type RandomBytes, type Vault } from '../crypto.ts';
import { TandemError, UpstreamError } from '../errors.ts';
import { parseJson, retryAt, type Http } from '../http.ts';
import type { SignIn } from '../ports.ts';
import type { Grants } from '../store/store.ts';

type OAuth = Extract<SignIn, { kind: 'oauth' }>;

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
 * The state is signed, single use, expires, and is bound to that browser: a callback that another browser brings is refused.
 */
export async function beginOAuth(
  deps: { grants: Grants; vault: Vault; random: RandomBytes; now: number },
  signIn: OAuth,
  options: { redirectUri: string; more?: Readonly<Record<string, string>> },
): Promise<{ url: string; browser: string }> {
  const [id, browser] = [randomId(deps.random), randomId(deps.random)];
  await deps.grants.put({ id, kind: 'oauth', data: { browser: fingerprint(browser) }, expiresAt: deps.now + STATE_LIFE });
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: signIn.clientId,
    redirect_uri: options.redirectUri,
    state: deps.vault.sign(id, 'oauth state'),
    ...(signIn.scope ? { scope: signIn.scope } : {}),
    ...options.more,
  });
  return { url: `${signIn.authorizeUrl}?${query}`, browser };
}

/** Uses up a state that came back. Throws where it is forged, replayed, expired, or brought by another browser. */
export async function redeemState(deps: { grants: Grants; vault: Vault; now: number }, state: string, browser: string | undefined): Promise<void> {
  const id = deps.vault.unsign(state, 'oauth state');
  const grant = id ? await deps.grants.take(id, 'oauth', deps.now) : undefined;
  if (!grant) throw new TandemError('forbidden', 'This sign-in was used already or took too long. Close this window and start again from the panel.');
  if (!browser || grant.data['browser'] !== fingerprint(browser)) {
    throw new TandemError('forbidden', 'This sign-in was started in another browser. Start it again from the panel in this one.');
  }
}

/** Exchanges a code, or a refresh token, for tokens. Secrets travel in the body. A 400 or 401 means that the grant is dead: `UpstreamError` that is not retryable. */
export async function fetchTokens(http: Http, name: string, signIn: OAuth, grant: { code: string; redirectUri: string } | { refresh: string }, now: number): Promise<Tokens> {
  const form = new URLSearchParams({
    client_id: signIn.clientId,
    client_secret: signIn.clientSecret,
    ...('code' in grant ? { grant_type: 'authorization_code', code: grant.code, redirect_uri: grant.redirectUri } : { grant_type: 'refresh_token', refresh_token: grant.refresh }),
  });
  const answer = await http
    .send({
      method: 'POST',
      url: signIn.tokenUrl,
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
      timeout: TIMEOUT,
    })
    .catch((cause: unknown) => {
      throw new UpstreamError(name.toLowerCase(), 0, { message: `${name} did not answer. Try again in a moment.`, cause });
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

function fingerprint(browser: string): string {
  return createHash('sha256').update(browser).digest('base64url');
}
