import { Router } from '@koa/router';
import { z } from 'zod';
import { COLUMN_COLORS, type IntegrationBody, type IntegrationPatch, type PushBody } from '@tandem/shared/integrations';
import { body, id, line, query } from '../middleware/input.ts';
import type { MemberState } from '../middleware/member.ts';
import type { RequestState } from '../middleware/errors.ts';
import type { IntegrationService } from '../services/integrations.ts';

const End = z.object({ tool: id, site: id, place: id });
const Rule = z.strictObject({ flow: z.enum(['both', 'right', 'left', 'once', 'off']), clash: z.enum(['left', 'right', 'ask']) });
const Rules = z.strictObject({ title: Rule, description: Rule, status: Rule });
const Row = z.strictObject({ feature: id, ticket: id, label: line.min(1).optional(), color: z.enum(COLUMN_COLORS) });
const Statuses = z.array(Row).max(200);
const Settings = { name: line, button: line, rules: Rules, statuses: Statuses };
const Make = z.strictObject({ left: End, right: End, ...Settings });
const Patch = z.strictObject(Settings).partial();
const Check = z.object({ left: End, right: End });
const Push = z.object({ items: z.array(z.object({ item: id, ticket: line.optional() })).min(1).max(500) });
const Site = z.object({ tool: id, site: id });
const Kind = z.enum(['column', 'webhook']);

/** Integrations: `/api/integrations…`. */
export function integrationRoutes(integrations: IntegrationService): Router<RequestState & MemberState> {
  const routes = new Router<RequestState & MemberState>({ prefix: '/api/integrations', sensitive: true });
  const accepted = (ctx: { status: number; body: unknown }, answer: unknown = ''): void => {
    ctx.status = 202;
    ctx.body = answer;
  };

  routes.get('/', async (ctx) => {
    ctx.body = await integrations.list(ctx.state.member);
  });

  routes.post('/', async (ctx) => {
    accepted(ctx, await integrations.create(ctx.state.member, (await body(ctx, Make)) as IntegrationBody, ctx.state.id));
  });

  routes.post('/check', async (ctx) => {
    ctx.body = await integrations.check(ctx.state.member, await body(ctx, Check));
  });

  routes.get('/orphans', async (ctx) => {
    const { tool, site } = query(ctx, Site);
    ctx.body = await integrations.orphans(ctx.state.member, tool, site);
  });

  routes.delete('/orphans/:kind/:orphan', async (ctx) => {
    const { tool, site } = query(ctx, Site);
    await integrations.removeOrphan(ctx.state.member, tool, site, Kind.catch('column').parse(ctx.params['kind']), ctx.params['orphan'] ?? '');
    ctx.status = 204;
  });

  routes.patch('/:integration', async (ctx) => {
    accepted(ctx, await integrations.change(ctx.state.member, ctx.params['integration'] ?? '', (await body(ctx, Patch)) as IntegrationPatch, ctx.state.id));
  });

  routes.delete('/:integration', async (ctx) => {
    const end = await integrations.remove(ctx.state.member, ctx.params['integration'] ?? '', ctx.state.id);
    if (end === 'begun') accepted(ctx);
    else ctx.status = 204;
  });

  routes.post('/:integration/dry-run', async (ctx) => {
    ctx.body = await integrations.dryRun(ctx.state.member, ctx.params['integration'] ?? '', (await body(ctx, Patch)) as IntegrationPatch);
  });

  routes.post('/:integration/pause', async (ctx) => {
    await integrations.pause(ctx.state.member, ctx.params['integration'] ?? '', ctx.state.id);
    accepted(ctx);
  });

  routes.post('/:integration/resume', async (ctx) => {
    await integrations.resume(ctx.state.member, ctx.params['integration'] ?? '', ctx.state.id);
    accepted(ctx);
  });

  routes.post('/:integration/retry', async (ctx) => {
    await integrations.retry(ctx.state.member, ctx.params['integration'] ?? '', ctx.state.id);
    accepted(ctx);
  });

  routes.delete('/:integration/report', async (ctx) => {
    await integrations.heed(ctx.state.member, ctx.params['integration'] ?? '');
    ctx.status = 204;
  });

  routes.post('/:integration/rotate', async (ctx) => {
    await integrations.rotate(ctx.state.member, ctx.params['integration'] ?? '', ctx.state.id);
    accepted(ctx);
  });

  routes.get('/:integration/connections', async (ctx) => {
    ctx.body = await integrations.connections(ctx.state.member, ctx.params['integration'] ?? '');
  });

  routes.post('/:integration/connections', async (ctx) => {
    accepted(ctx, await integrations.push(ctx.state.member, ctx.params['integration'] ?? '', (await body(ctx, Push)) as PushBody, ctx.state.id));
  });

  routes.post('/:integration/connections/:item/retry', async (ctx) => {
    await integrations.retryLink(ctx.state.member, ctx.params['integration'] ?? '', ctx.params['item'] ?? '', ctx.state.id);
    accepted(ctx);
  });

  routes.delete('/:integration/connections/:item', async (ctx) => {
    await integrations.unlink(ctx.state.member, ctx.params['integration'] ?? '', ctx.params['item'] ?? '', ctx.state.id);
    accepted(ctx);
  });

  return routes;
}
