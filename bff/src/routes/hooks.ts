import { Router } from '@koa/router';
import type { RequestState } from '../middleware/errors.ts';
import type { HookCall } from '../sync/inbox.ts';
import { answerProbe } from './probe.ts';

/** Webhooks: `POST /hooks/:tool/:watch`. 202 once the delivery is durable; see `sync/inbox.ts` for everything else that it may be answered. `GET` repeats a tool's probe. */
export function hookRoutes(receive: (call: HookCall) => Promise<{ outcome: string }>, probe: (watch: string, token: string | undefined) => Promise<string>): Router<RequestState> {
  const routes = new Router<RequestState>({ prefix: '/hooks', sensitive: true });
  routes.get('/:tool/:watch', (ctx) => answerProbe(ctx, (token) => probe(ctx.params['watch'] ?? '', token)));

  routes.post('/:tool/:watch', async (ctx) => {
    const headers: Record<string, string | undefined> = {};
    for (const [name, value] of Object.entries(ctx.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : value;
    const { outcome } = await receive({ tool: ctx.params['tool'] ?? '', watch: ctx.params['watch'] ?? '', headers, body: ctx.req as AsyncIterable<Buffer> });
    ctx.state.log.debug({ outcome }, 'delivery');
    ctx.status = 202;
    ctx.body = '';
  });
  return routes;
}
