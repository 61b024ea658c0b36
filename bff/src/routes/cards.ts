import { Router } from '@koa/router';
import { z } from 'zod';
import type { EditBody } from '@tandem/shared/api';
import { body, id, line, text } from '../middleware/input.ts';
import type { MemberState } from '../middleware/member.ts';
import type { RequestState } from '../middleware/errors.ts';
import type { CardService } from '../services/cards.ts';

const Ref = z.object({ tool: id, site: id, place: id, id });
const Link = z.object({ board: id, card: id, ref: Ref });
const Values = z.strictObject({
  title: line.optional(),
  description: text.optional(),
  status: id.optional(),
  labels: z.array(line).max(200).optional(),
  assignees: z.array(id).max(100).optional(),
});
const Edit = z
  .object({ set: Values.extend({ title: line.trim().min(1, 'The title must not be empty.').optional() }), seen: Values })
  .refine(({ set, seen }) => Object.keys(set).every((field) => field in seen), { path: ['seen'], message: 'must say what was seen of every field that is set' });

/** Cards on boards: `/api/boards/:board/cards`, `/api/cards/…`. */
export function cardRoutes(cards: CardService): Router<RequestState & MemberState> {
  const routes = new Router<RequestState & MemberState>({ prefix: '/api', sensitive: true });

  routes.get('/boards/:board/cards', async (ctx) => {
    ctx.body = await cards.onBoard(ctx.state.member, ctx.params['board'] ?? '', ctx.state.id);
  });

  routes.post('/boards/:board/sweep', async (ctx) => {
    await cards.sweep(ctx.state.member, ctx.params['board'] ?? '', ctx.state.id);
    ctx.status = 202;
    ctx.body = '';
  });

  routes.post('/cards/:board/:card/adopt', async (ctx) => {
    const { answer, created } = await cards.adopt(ctx.state.member, ctx.params['board'] ?? '', ctx.params['card'] ?? '', ctx.state.id);
    ctx.body = answer;
    ctx.status = created ? 201 : 200;
  });

  routes.post('/cards', async (ctx) => {
    const { answer, created } = await cards.link(ctx.state.member, await body(ctx, Link), ctx.state.id);
    ctx.body = answer;
    ctx.status = created ? 201 : 200;
  });

  routes.get('/cards/:board/:card', async (ctx) => {
    ctx.body = await cards.read(ctx.state.member, ctx.params['board'] ?? '', ctx.params['card'] ?? '', ctx.state.id);
  });

  routes.patch('/cards/:board/:card', async (ctx) => {
    const edit = (await body(ctx, Edit)) as EditBody;
    ctx.body = await cards.edit(ctx.state.member, ctx.params['board'] ?? '', ctx.params['card'] ?? '', edit, ctx.state.id);
  });

  routes.delete('/cards/:board/:card', async (ctx) => {
    await cards.unlink(ctx.state.member, ctx.params['board'] ?? '', ctx.params['card'] ?? '', ctx.state.id);
    ctx.status = 204;
  });

  return routes;
}
