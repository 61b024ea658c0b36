import { createHmac, sign, type KeyObject } from 'node:crypto';
import { sameText } from './crypto.ts';
import { TandemError } from './errors.ts';

/** A JWT with these claims, RS256 under an RSA key. */
export function signJwt(claims: Readonly<Record<string, unknown>>, key: KeyObject): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

/** Who is calling, out of a verified Miro ID token. */
export interface Member {
  readonly user: string;
  readonly team: string;
}

/** Clocks differ: a token is accepted this long after its end, and this long before its beginning. */
const LEEWAY_S = 60;

/**
 * Verifies a Miro ID token (`miro.board.getIdToken()`): a JWT, HS256 under the app's client secret, claims `iss` `Miro`, `sub` = our client id, `team`, `user`, `iat`, `exp`; there is no `aud`.
 * Source: developers.miro.com/docs/gettoken-migration-guide. Any other algorithm is refused, whatever the header claims.
 */
export function verifyIdToken(token: string, app: { clientId: string; clientSecret: string }, now: number): Member {
  const parts = token.split('.');
  const [head, body, signature] = parts;
  if (parts.length !== 3 || !head || !body || !signature) throw refused();
  const header = decode(head);
  if (header['alg'] !== 'HS256') throw refused();
  const expected = createHmac('sha256', app.clientSecret).update(`${head}.${body}`).digest('base64url');
  if (!sameText(expected, signature)) throw refused();
  const claims = decode(body);
  const seconds = now / 1000;
  if (claims['sub'] !== app.clientId || claims['iss'] !== 'Miro') throw refused();
  if (typeof claims['exp'] !== 'number' || claims['exp'] + LEEWAY_S <= seconds) {
    throw new TandemError('unauthenticated', 'Your Miro session ran out. Close the panel and open it again.');
  }
  if (typeof claims['iat'] === 'number' && claims['iat'] - LEEWAY_S > seconds) throw refused();
  const [user, team] = [id(claims['user']), id(claims['team'])];
  if (!user || !team) throw refused();
  return { user, team };
}

function refused(): TandemError {
  return new TandemError('unauthenticated', 'We could not tell who you are. Open Tandem from a Miro board and try again.');
}

function decode(part: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    throw refused();
  }
  throw refused();
}

/** Miro's ids have 19 digits, more than a JSON number holds: only a string is exact. */
function id(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w-]{1,64}$/.test(value) ? value : undefined;
}
