import { Router } from '@koa/router';
import { z } from 'zod';
import type { CreateBody, ItemsQuery, StuckBody } from '@tandem/shared/api';
import { body, id, line, query, text } from '../middleware/input.ts';
import type { MemberState } from '../middleware/member.ts';
import type { RequestState } from '../middleware/errors.ts';
import type { Items } from '../services/items.ts';
import type { Sites } from '../services/sites.ts';
import type { Team } from '../services/team.ts';

const Connect = z.object({ fields: z.record(z.string().max(64), z.string().max(4096)) });
const Site = z.object({ tool: id, url: line.min(1, 'Paste the address of the site.') });
const Replay = z.union([
  z.strictObject({ key: z.string().max(2000) }),
  z.strictObject({ board: id }),
  z.strictObject({ tool: id, site: id, place: id.optional() }),
  z.strictObject({}),
]);
const Places = z.object({ q: line.optional() });
const Search = z.object({
  q: line.optional(),
  place: id.optional(),
  state: z.enum(['open', 'closed', 'all']).optional(),
  mine: z.literal('true').optional(),
  /** numbers of pages, or the tool's own words */
  cursor: z.string().regex(/^[\w.=-]{1,1000}$/, 'is no page').optional(),
});
const Create = z.object({
  title: line.trim().min(1, 'Give it a title.'),
  description: text.optional(),
  labels: z.array(line).max(100).optional(),
  assignees: z.array(id).max(100).optional(),
});

/** Who the caller is, their accounts and their team's, and what those accounts see: `/api/me`, `/api/sites`, `/api/accounts/…`, `/api/team`, `/api/members/…`, `/api/tools/…`. */
export function siteRoutes(sites: Sites, team: Team, items: Items): Router<RequestState & MemberState> {
  const routes = new Router<RequestState & MemberState>({ prefix: '/api', sensitive: true });

  routes.get('/me', async (ctx) => {
    ctx.body = await sites.me(ctx.state.member);
  });

  routes.get('/sites', async (ctx) => {
    const { tool, url } = query(ctx, Site);
    ctx.body = await sites.find(ctx.state.member, tool, url);
  });

  routes.get('/team', async (ctx) => {
    ctx.body = await team.look(ctx.state.member);
  });

  routes.post('/team/stuck', async (ctx) => {
    const which = (await body(ctx, Replay)) as StuckBody;
    await team.replay(ctx.state.member, which);
    ctx.status = 202;
    ctx.body = '';
  });

  routes.delete('/members/:user/accounts/:tool/:site', async (ctx) => {
    const { user = '', tool = '', site = '' } = ctx.params;
    ctx.body = await team.remove(ctx.state.member, user, tool, site, ctx.state.id);
  });

  routes.put('/accounts/:tool/:site', async (ctx) => {
    const { fields } = await body(ctx, Connect);
    ctx.body = await sites.connect(ctx.state.member, ctx.params['tool'] ?? '', ctx.params['site'] ?? '', fields, ctx.state.id);
  });

  routes.delete('/accounts/:tool/:site', async (ctx) => {
    ctx.body = await sites.disconnect(ctx.state.member, ctx.params['tool'] ?? '', ctx.params['site'] ?? '', ctx.state.id);
  });

  routes.get('/tools/:tool/:site/places', async (ctx) => {
    const { q } = query(ctx, Places);
    ctx.body = await items.places(ctx.state.member, ctx.params['tool'] ?? '', ctx.params['site'] ?? '', q ?? '');
  });

  routes.get('/tools/:tool/:site/places/:place', async (ctx) => {
    ctx.body = await items.place(ctx.state.member, ctx.params['tool'] ?? '', ctx.params['site'] ?? '', ctx.params['place'] ?? '');
  });

  routes.get('/tools/:tool/:site/items', async (ctx) => {
    const search = query(ctx, Search) as ItemsQuery;
    ctx.body = await items.search(ctx.state.member, ctx.params['tool'] ?? '', ctx.params['site'] ?? '', search);
  });

  routes.post('/tools/:tool/:site/places/:place/items', async (ctx) => {
    const draft = (await body(ctx, Create)) as CreateBody;
    ctx.body = await items.create(ctx.state.member, ctx.params['tool'] ?? '', ctx.params['site'] ?? '', ctx.params['place'] ?? '', draft);
    ctx.status = 201;
  });

  return routes;
}
