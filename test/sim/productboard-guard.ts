import type { Answer, Context, Handler } from './kit.ts';
import { pbError } from './productboard-input.ts';
import type { PbState, PbToken } from './productboard-types.ts';

/** Lets a request pass that is authenticated, within the limit, and has the scope. */
export type Guard = (scope: string, handler: (context: Context, token: PbToken) => Answer | Promise<Answer>) => Handler;

/** Bearer tokens, their scopes, and 50 requests a second for each. https://developer.productboard.com/reference/rate-limits */
export function makeGuard(state: PbState, options: { now: () => number; limit: number }): Guard {
  const spent = new Map<string, { second: number; used: number }>();
  return (scope, handler) => (context) => {
    const value = /^Bearer (.+)$/.exec(context.headers.authorization ?? '')?.[1];
    const token = state.tokens.find((one) => one.value === value && !one.revoked);
    if (!token) throw pbError(401, 'auth.invalid', 'The access token is not valid');
    const second = Math.floor(options.now() / 1000);
    const before = spent.get(token.value);
    const used = (before?.second === second ? before.used : 0) + 1;
    spent.set(token.value, { second, used });
    context.extra['X-RateLimit-Limit'] = String(options.limit);
    context.extra['X-RateLimit-Remaining'] = String(Math.max(0, options.limit - used));
    if (used > options.limit) throw pbError(429, 'rate.limitExceeded', 'Too many requests', undefined, { 'Retry-After': '1' });
    if (!token.scopes.includes(scope)) throw pbError(403, 'auth.accessDenied', `The scope ${scope} is required`);
    return handler(context, token);
  };
}

/** What an application made is seen by that application and by personal tokens; an application sees nothing else. */
export function visible(made: { readonly app?: string }, token: PbToken): boolean {
  return token.app === undefined || made.app === token.app;
}
