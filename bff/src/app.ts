import type { Router } from '@koa/router';
import Koa from 'koa';
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
  app.on('error', (error: unknown) => deps.log.error({ err: error }, 'answer failed'));
  app.use(errors(deps.log, deps.now));
  for (const router of deps.open) app.use(router.routes()).use(methods(router));
  const identify = member(deps.miro, deps.now);
  app.use((ctx, next) => (/^\/api\//i.test(ctx.path) ? identify(ctx as never, next) : next()));
  for (const router of deps.api) app.use(router.routes() as Koa.Middleware<RequestState>);
  for (const router of deps.api) app.use(methods(router));
  return app;
}

/** A known path with another method gets 405 and `Allow`; the sentence comes from the error middleware. */
function methods<S>(router: Router<S>): Koa.Middleware<RequestState> {
  return router.allowedMethods() as Koa.Middleware<RequestState>;
}
