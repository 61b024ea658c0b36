import type { Middleware } from 'koa';
import { isBearer, readBearer } from '../bearer.ts';
import type { MiroConfig } from '../config.ts';
import type { Vault } from '../crypto.ts';
import { TandemError } from '../errors.ts';
import { verifyIdToken, type Member } from '../jwt.ts';

/** What a route behind {@link member} knows. */
export interface MemberState {
  member: Member;
}

/** Lets a request pass that carries a valid Miro ID token, or a token that a session of ours gave, and says whose it is. No cookies: they do not reach us inside Miro's frame, and nothing ambient may act for a member. */
export function member(miro: MiroConfig, vault: Vault, now: () => number): Middleware<MemberState> {
  return (ctx, next) => {
    ctx.set('cache-control', 'no-store');
    const token = /^Bearer (\S+)$/.exec(ctx.get('authorization'))?.[1];
    if (!token) throw new TandemError('unauthenticated', 'This request does not say who you are. Open Tandem from a Miro board.');
    const known = isBearer(token) ? readBearer(vault, token, now()) : verifyIdToken(token, miro, now());
    if (!known) throw new TandemError('unauthenticated', 'Your session ran out. Load this page again.');
    ctx.state.member = known;
    return next();
  };
}
