import type { Router } from '@koa/router';
import Koa from 'koa';
import { TandemError } from './errors.ts';
import type { Log } from './log.ts';
import { errors, type RequestState } from './middleware/errors.ts';
import { member, type MemberState } from './middleware/member.ts';
import type { MiroConfig } from './config.ts';

/** The order of everything that a request passes, and nothing else. */
export function openApp(deps: {
  log: Log;
  miro: MiroConfig;
  now: () => number;
  trustProxy: boolean;
  secrets: readonly string[];
  open: readonly Router<RequestState>[];
  api: readonly Router<RequestState & MemberState>[];
}): Koa<RequestState> {
  const app = new Koa<RequestState>();
  app.proxy = deps.trustProxy;
  app.keys = [...deps.secrets];
  app.silent = true;
  app.use(errors(deps.log));
  for (const router of deps.open) app.use(router.routes()).use(methods(router));
  const identify = member(deps.miro, deps.now);
  app.use((ctx, next) => (ctx.path.startsWith('/api/') ? identify(ctx as never, next) : next()));
  for (const router of deps.api) app.use(router.routes() as Koa.Middleware<RequestState>);
  for (const router of deps.api) app.use(methods(router));
  return app;
}

/** A known path with another method: 405 with `Allow`. */
function methods<S>(router: Router<S>): Koa.Middleware<RequestState> {
  const sentence = (): Error => new TandemError('wrong_method', 'That address is right, but not for this method.');
  return router.allowedMethods({ throw: true, methodNotAllowed: sentence, notImplemented: sentence }) as Koa.Middleware<RequestState>;
}
