import type { Router } from '@koa/router';
import Koa from 'koa';
import { subscriberOf } from './addresses.ts';
import type { Log } from './log.ts';
import { errors, type RequestState } from './middleware/errors.ts';
import { member, type MemberState } from './middleware/member.ts';
import { rate } from './middleware/rate.ts';
import type { MiroConfig } from './config.ts';
import type { RandomBytes, Vault } from './crypto.ts';

/** Putting a hundred cards on a board at once is one call each. */
const MEMBER = { burst: 300, perSecond: 10 };
/** Sign-ins of one address: a whole office may share it. */
const VISITOR = { burst: 120, perSecond: 2 };

/** The order of everything that a request passes, and nothing else. */
export function openApp(deps: {
  log: Log;
  miro: MiroConfig;
  now: () => number;
  random: RandomBytes;
  trustProxy: boolean;
  secrets: readonly string[];
  vault: Vault;
  open: readonly Router<RequestState>[];
  api: readonly Router<RequestState & MemberState>[];
}): Koa<RequestState> {
  const app = new Koa<RequestState>();
  app.proxy = deps.trustProxy;
  // What our own proxy says comes last in X-Forwarded-For; before that, callers write whom they like.
  app.maxIpsCount = 1;
  app.keys = [...deps.secrets];
  app.on('error', (error: unknown) => deps.log.error({ err: error }, 'answer failed'));
  app.use(errors(deps.log, deps.now, deps.random));
  const below = <S>(prefix: RegExp, middleware: Koa.Middleware<S>): Koa.Middleware<RequestState> => (ctx, next) => (prefix.test(ctx.path) ? middleware(ctx as never, next) : next());
  app.use(below(/^\/auth\//i, rate(VISITOR, (ctx) => subscriberOf(ctx.ip), deps.now)));
  for (const router of deps.open) app.use(router.routes()).use(methods(router));
  app.use(below(/^\/api\//i, member(deps.miro, deps.vault, deps.now)));
  app.use(below(/^\/api\//i, rate<MemberState>(MEMBER, ({ state }) => `${state.member.team} ${state.member.user}`, deps.now)));
  for (const router of deps.api) app.use(router.routes() as Koa.Middleware<RequestState>);
  for (const router of deps.api) app.use(methods(router));
  return app;
}

/** A known path with another method gets 405 and `Allow`; the sentence comes from the error middleware. */
function methods<S>(router: Router<S>): Koa.Middleware<RequestState> {
  return router.allowedMethods() as Koa.Middleware<RequestState>;
}
