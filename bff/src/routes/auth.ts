import { Router } from '@koa/router';
import type { Context } from 'koa';
import { z } from 'zod';
import { TandemError, UpstreamError } from '../errors.ts';
import type { RequestState } from '../middleware/errors.ts';
import { id, line, query } from '../middleware/input.ts';
import type { Member } from '../jwt.ts';
import type { MiroSignIn } from '../services/miro-sign-in.ts';
import { SESSION_LIFE, type Sessions } from '../services/sessions.ts';
import type { ToolSignIn } from '../services/tool-sign-in.ts';

const Begin = z.object({ team: id.optional(), back: z.enum(['settings', 'connect']).optional(), connector: id.optional() });
/** What Miro's redirect carries: `code` and our `state`; without a state, `client_id` and `team_id` of an installation that Miro began; `error` when consent was denied. */
const Callback = z.object({ code: id.max(2048).optional(), state: z.string().max(512).optional(), client_id: id.optional(), error: z.string().max(200).optional() });
/** Which member was shown the button, and for which site; `asked`: Miro has just been asked who this browser belongs to. */
const BeginTool = z.object({ start: line.min(1), asked: z.literal('1').optional() });

type Outcome = 'signed-in' | 'connected' | 'denied' | 'refused' | 'failed' | 'other-member';

/**
 * Sign-in in a window of its own: `GET /auth/miro` and `/auth/miro/callback` (the Miro app's redirect URI), `GET /auth/:tool` and `/auth/:tool/callback` (that of an application at the tool's site), all ending on a page for people;
 * and the session that a sign-in with Miro leaves in the browser: `POST /auth/session` trades it for a token, `DELETE` ends it.
 */
export function authRoutes(parts: { miro: MiroSignIn; tools: ToolSignIn; sessions: Sessions }, config: { url: string; miro: { web: string; clientId: string } }): Router<RequestState> {
  const routes = new Router<RequestState>({ prefix: '/auth', sensitive: true });
  const secure = config.url.startsWith('https:');
  const { origin } = new URL(config.url);
  // `__Host-`: a browser takes such a cookie from this host alone, so that no page of a neighbouring subdomain can slip in the session of somebody else.
  const [OAUTH, SESSION] = ['tandem_oauth', 'tandem_session'].map((name) => (secure ? `__Host-${name}` : name)) as [string, string];

  const keep = (ctx: Context, name: string, value: string | null, seconds = 0): void => {
    // Behind a proxy that ends TLS the connection to us is plain; the browser's is not.
    if (secure) ctx.cookies.secure = true;
    ctx.cookies.set(name, value, { httpOnly: true, sameSite: 'lax', secure, path: secure ? '/' : '/auth', maxAge: seconds * 1000, overwrite: true });
  };
  /** The consent page, with our half of the state in the browser's cookie. */
  const leave = (ctx: Context, { url, browser }: { url: string; browser: string }): string => {
    keep(ctx, OAUTH, browser, 600);
    return url;
  };
  /** Whatever becomes of it, a person looks at this window: it ends on a page. */
  const ending = async (ctx: Context & { state: RequestState }, work: () => Promise<string>): Promise<void> => {
    try {
      ctx.redirect(await work());
    } catch (error) {
      if (!(error instanceof TandemError)) throw error;
      ctx.state.log.info({ code: error.code, reason: error.message }, 'sign-in refused');
      // What the other side refuses is its trouble, not a sign-in that does not count.
      ctx.redirect(donePage(error.code === 'forbidden' && !(error instanceof UpstreamError) ? 'refused' : 'failed'));
    }
  };

  routes.use(async (ctx, next) => {
    ctx.set({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    await next();
  });

  routes.post('/session', async (ctx) => {
    own(ctx);
    const member = await parts.sessions.of(ctx.cookies.get(SESSION));
    if (!member) throw new TandemError('unauthenticated', 'Sign in with Miro first.');
    ctx.body = parts.sessions.bearer(member);
  });

  routes.delete('/session', async (ctx) => {
    own(ctx);
    await parts.sessions.close(ctx.cookies.get(SESSION));
    keep(ctx, SESSION, null);
    ctx.status = 204;
  });

  routes.get('/miro', async (ctx) => {
    const { team, back, connector = '' } = query(ctx, Begin);
    const onward = back === 'settings' ? '/settings.html' : back === 'connect' ? `/connect.html?${new URLSearchParams({ connector })}` : donePage('signed-in');
    ctx.redirect(leave(ctx, await parts.miro.begin(team, onward)));
  });

  routes.get('/miro/callback', (ctx) =>
    ending(ctx, async () => {
      const { code, state, client_id: clientId, error } = query(ctx, Callback);
      if (error) return donePage('denied');
      if (!code) throw new TandemError('invalid_input', 'Miro sent no code.');
      if (state !== undefined) {
        const { member, onward } = await parts.miro.finish({ code, state, browser: used(ctx) });
        await parts.sessions.close(ctx.cookies.get(SESSION));
        keep(ctx, SESSION, await parts.sessions.open(member), SESSION_LIFE);
        return onward;
      }
      const { team } = await parts.miro.install({ code, clientId: clientId ?? '' });
      return `${config.miro.web}/app-install-completed/?${new URLSearchParams({ client_id: config.miro.clientId, team_id: team })}`;
    }),
  );

  routes.get('/:tool', (ctx) =>
    ending(ctx, async () => {
      const tool = ctx.params['tool'] ?? '';
      const { start, asked } = query(ctx, BeginTool);
      const { member: wanted, site } = parts.tools.read(tool, start);
      const member = await parts.sessions.of(ctx.cookies.get(SESSION));
      if (member && same(member, wanted)) return leave(ctx, await parts.tools.begin(member, tool, site));
      // Whoever has just consented at Miro is somebody else, or the browser keeps no cookies.
      if (asked) return donePage(member ? 'other-member' : 'failed');
      return leave(ctx, await parts.miro.begin(wanted.team, `/auth/${encodeURIComponent(tool)}?${new URLSearchParams({ start, asked: '1' })}`));
    }),
  );

  routes.get('/:tool/callback', (ctx) =>
    ending(ctx, async () => {
      const { code, state, error } = query(ctx, Callback);
      if (error) return donePage('denied');
      if (!code || state === undefined) throw new TandemError('invalid_input', 'The tool sent no code, or not our state.');
      const member = await parts.sessions.of(ctx.cookies.get(SESSION));
      await parts.tools.finish(member, ctx.params['tool'] ?? '', { code, state, browser: used(ctx) }, ctx.state.id);
      return donePage('connected');
    }),
  );

  /** The browser's half of a state, used up. */
  function used(ctx: Context): string | undefined {
    const browser = ctx.cookies.get(OAUTH);
    keep(ctx, OAUTH, null);
    return browser;
  }

  /** Other sites may neither read a session nor end it. */
  function own(ctx: Context): void {
    const from = ctx.get('origin');
    if (from && from !== origin) throw new TandemError('forbidden', 'This request comes from another site.');
  }

  return routes;
}

function same(a: Member, b: Member): boolean {
  return a.user === b.user && a.team === b.team;
}

function donePage(outcome: Outcome): string {
  return `/signed-in.html#${outcome}`;
}
