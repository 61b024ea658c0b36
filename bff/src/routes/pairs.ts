import { Router } from '@koa/router';
import { z } from 'zod';
import type { PairBody } from '@tandem/shared/api';
import { body, id } from '../middleware/input.ts';
import type { MemberState } from '../middleware/member.ts';
import type { RequestState } from '../middleware/errors.ts';
import type { PairService } from '../services/pairs.ts';

const Ref = z.object({ tool: id, site: id, place: id, id });
const Side = z.enum(['left', 'right']);
const Rule = z.strictObject({ flow: z.enum(['both', 'right', 'left', 'off']), clash: z.enum(['left', 'right', 'ask']) }).optional();
const Make = z.object({ left: Ref, right: Ref, start: Side.optional(), rules: z.strictObject({ title: Rule, description: Rule, status: Rule }).optional() });
const Choice = z.object({ field: z.enum(['title', 'description', 'status']), keep: Side });

/** Items that are kept in step: `/api/pairs…`. */
export function pairRoutes(pairs: PairService): Router<RequestState & MemberState> {
  const routes = new Router<RequestState & MemberState>({ prefix: '/api', sensitive: true });

  routes.get('/pairs', async (ctx) => {
    ctx.body = await pairs.list(ctx.state.member);
  });

  routes.post('/pairs', async (ctx) => {
    const { view, created } = await pairs.create(ctx.state.member, (await body(ctx, Make)) as PairBody, ctx.state.id);
    ctx.body = view;
    ctx.status = created ? 201 : 200;
  });

  routes.post('/pairs/:pair/choice', async (ctx) => {
    await pairs.choose(ctx.state.member, ctx.params['pair'] ?? '', await body(ctx, Choice), ctx.state.id);
    ctx.status = 202;
    ctx.body = '';
  });

  routes.post('/pairs/:pair/resume', async (ctx) => {
    await pairs.resume(ctx.state.member, ctx.params['pair'] ?? '', ctx.state.id);
    ctx.status = 202;
    ctx.body = '';
  });

  routes.delete('/pairs/:pair', async (ctx) => {
    await pairs.remove(ctx.state.member, ctx.params['pair'] ?? '', ctx.state.id);
    ctx.status = 204;
  });

  return routes;
}
