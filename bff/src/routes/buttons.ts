import { Router } from '@koa/router';
import { z } from 'zod';
import { body } from '../middleware/input.ts';
import type { RequestState } from '../middleware/errors.ts';
import type { Buttons } from '../services/buttons.ts';
import { answerProbe } from './probe.ts';

/** Buttons of columns: `GET /buttons/:integration` answers a tool's probe, `POST` does what somebody clicked. */
export function buttonRoutes(buttons: Buttons): Router<RequestState> {
  const routes = new Router<RequestState>({ prefix: '/buttons', sensitive: true });

  routes.get('/:integration', (ctx) => answerProbe(ctx, (token) => buttons.probe(ctx.params['integration'] ?? '', token)));

  routes.post('/:integration', async (ctx) => {
    const headers: Record<string, string | undefined> = { authorization: ctx.get('authorization') };
    ctx.body = await buttons.press(ctx.params['integration'] ?? '', headers, () => body(ctx, z.unknown()), ctx.state.id);
  });

  return routes;
}
