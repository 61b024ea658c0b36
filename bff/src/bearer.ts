import type { Vault } from './crypto.ts';
import type { Member } from './jwt.ts';

/** What our bearer tokens begin with: no JWT does. */
const MARK = 'tandem.';
const PURPOSE = 'bearer';

/** A token that stands for a member at our own `/api` until `until` (epoch ms): for pages of ours outside Miro, which have no ID token. */
export function signBearer(vault: Vault, member: Member, until: number): string {
  return MARK + vault.sign(Buffer.from(JSON.stringify([member.user, member.team, until])).toString('base64url'), PURPOSE);
}

/** Whether a token claims to be one of ours. */
export function isBearer(token: string): boolean {
  return token.startsWith(MARK);
}

/** The member of a token of ours; `undefined` when it is forged or has ended. */
export function readBearer(vault: Vault, token: string, now: number): Member | undefined {
  const value = vault.unsign(token.slice(MARK.length), PURPOSE);
  if (!value) return undefined;
  const [user, team, until] = JSON.parse(Buffer.from(value, 'base64url').toString('utf8')) as [string, string, number];
  return until > now ? { user, team } : undefined;
}
