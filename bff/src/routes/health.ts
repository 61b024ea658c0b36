import { Router } from '@koa/router';
import { TandemError } from '../errors.ts';
import type { RequestState } from '../middleware/errors.ts';

/** For whoever watches the process: `GET /healthz` (it runs) and `GET /readyz` (it can work: the store answers and it is not stopping). */
export function healthRoutes(ready: () => Promise<void>, stopping: () => boolean): Router<RequestState> {
  const routes = new Router<RequestState>();
  routes.get('/healthz', (ctx) => {
    ctx.body = { ok: true };
  });
  routes.get('/readyz', async (ctx) => {
    if (stopping()) throw new TandemError('unavailable', 'Tandem is stopping.');
    await ready();
    ctx.body = { ok: true };
  });
  return routes;
}
