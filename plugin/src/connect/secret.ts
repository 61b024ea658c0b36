import { claimsOf } from '../jwt.ts';

/** What a secret says that is of use in a browser. */
export interface SecretClaims {
  /** the connect session at our own server */
  readonly state: string | undefined;
  /** milliseconds since 1970; `undefined`: it never ends */
  readonly ends: number | undefined;
}

/** Reads a secret (a JWT) without verifying it, which is Munity's to do; `undefined` when it is none. */
export function readSecret(secret: string): SecretClaims | undefined {
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(secret)) return undefined;
  try {
    const { state, exp } = claimsOf(secret) as { state?: unknown; exp?: unknown };
    return { state: typeof state === 'string' ? state : undefined, ends: typeof exp === 'number' ? exp * 1000 : undefined };
  } catch {
    return undefined;
  }
}
