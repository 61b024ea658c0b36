import { Router } from '@koa/router';
import { z } from 'zod';
import { body, id } from '../middleware/input.ts';
import type { MemberState } from '../middleware/member.ts';
import type { RequestState } from '../middleware/errors.ts';
import { rate } from '../middleware/rate.ts';
import type { MunitySignIn } from '../services/munity.ts';

const Begin = z.object({ connector: id, renew: z.boolean().optional(), by: z.enum(['sdk', 'native']).optional() });
/** A secret is fetched ahead of every click, and anew before it ends. */
const SECRETS = { burst: 20, perSecond: 0.2 };

/** Sign-in through Munity: `/api/munity/sessions…`. */
export function munityRoutes(munity: MunitySignIn, now: () => number): Router<RequestState & MemberState> {
  const routes = new Router<RequestState & MemberState>({ prefix: '/api/munity', sensitive: true });

  routes.post('/sessions', rate<MemberState>(SECRETS, ({ state }) => `${state.member.team} ${state.member.user}`, now), async (ctx) => {
    const { connector, renew, by } = await body(ctx, Begin);
    const begun = await munity.begin(ctx.state.member, connector, renew === true);
    // Whose code opens the window is what support asks first.
    ctx.state.log.info({ session: begun.session.slice(0, 8), connector, renew: renew === true, by }, 'munity sign-in prepared');
    ctx.body = begun;
    ctx.status = 201;
  });

  routes.get('/sessions/:session', async (ctx) => {
    ctx.body = await munity.look(ctx.state.member, ctx.params['session'] ?? '');
  });

  return routes;
}
