import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { isRecord } from './kit.ts';
import type { SecretClaims } from './munity-types.ts';

/** Why a secret was refused: the status and the words of the page that says so. */
export class SecretRefused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A workspace's certificate: the private half (PKCS#8) is for our settings, the public one (PKCS#1) is what Munity's console shows. */
export function makeCertificate(): { readonly privateKey: string; readonly publicKey: string } {
  return generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'pkcs1', format: 'pem' } });
}

/** A secret with any claims, as `jwt.encode(claims, certificate, algorithm="RS256")` of Munity's documents makes it. */
export function signSecret(privateKey: string, claims: Readonly<Record<string, unknown>>): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
}

/**
 * Reads a secret: RS256 with the workspace's key, `workspace_id` and `customer_id` required, the latter of letters and numbers only (https://doc.munityapps.com/howtousefrontend/).
 * Times as PyJWT, which the documents use, checks them: none is required, an `exp` that is over and an `iat` or `nbf` in the future are refused (github.com/jpadilla/pyjwt api_jwt.py).
 */
export function readSecret(secret: string | null, expected: { publicKey: string; workspaceId: string; now: number }): SecretClaims {
  if (!secret) throw new SecretRefused(400, 'There is no secret in this address.');
  const [head = '', body = '', signature = '', ...rest] = secret.split('.');
  const header = decoded(head);
  const claims = decoded(body);
  if (!header || !claims || rest.length > 0) throw new SecretRefused(400, 'The secret is no JSON Web Token.');
  if (header['alg'] !== 'RS256') throw new SecretRefused(401, 'The secret is not signed with RS256.');
  if (!verify('sha256', Buffer.from(`${head}.${body}`), createPublicKey(expected.publicKey), Buffer.from(signature, 'base64url'))) {
    throw new SecretRefused(401, 'The signature of the secret is wrong. Is it signed with this workspace’s certificate?');
  }
  const seconds = expected.now / 1000;
  const time = (name: string): number | undefined => {
    const value = claims[name];
    if (value !== undefined && typeof value !== 'number') throw new SecretRefused(400, `The claim ${name} is no number.`);
    return value;
  };
  const [exp, iat, nbf] = [time('exp'), time('iat'), time('nbf')];
  if (exp !== undefined && exp <= seconds) throw new SecretRefused(401, 'The secret has expired. Go back and begin again.');
  if ((iat ?? 0) > seconds || (nbf ?? 0) > seconds) throw new SecretRefused(401, 'The secret is not valid yet.');
  const text = (name: string): string | null => {
    const value = claims[name] ?? null;
    if (value !== null && typeof value !== 'string') throw new SecretRefused(400, `The claim ${name} is no text.`);
    return value;
  };
  const [workspace, customer] = [text('workspace_id'), text('customer_id')];
  if (!workspace || !customer) throw new SecretRefused(400, `The claim ${workspace ? 'customer_id' : 'workspace_id'} is missing.`);
  if (!/^[A-Za-z0-9]+$/.test(customer)) throw new SecretRefused(400, 'The claim customer_id may hold letters and numbers only.');
  if (workspace !== expected.workspaceId) throw new SecretRefused(403, 'There is no such workspace.');
  return { customer, name: text('name'), integration: text('integration_id'), state: text('state') };
}

function decoded(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
