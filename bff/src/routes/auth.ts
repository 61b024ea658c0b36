import { Router } from '@koa/router';
import type { Context } from 'koa';
import { z } from 'zod';
import { TandemError } from '../errors.ts';
import { id, query } from '../middleware/input.ts';
import type { RequestState } from '../middleware/errors.ts';
import type { MiroSignIn } from '../services/miro-sign-in.ts';

const Begin = z.object({ team: id.optional() });
/** What Miro's redirect carries: `code` and our `state`; without a state, `client_id` and `team_id` of an installation that Miro began; `error` when consent was denied. */
const Callback = z.object({ code: id.max(2048).optional(), state: z.string().max(512).optional(), client_id: id.optional(), error: z.string().max(200).optional() });

const COOKIE = 'tandem_oauth';

/** Sign-in with Miro: `GET /auth/miro` (opened in a popup) and `GET /auth/miro/callback` (the app's redirect URI). Both end on a page for people. */
export function authRoutes(signIn: MiroSignIn, config: { url: string; miro: { web: string; clientId: string } }): Router<RequestState> {
  const routes = new Router<RequestState>({ prefix: '/auth/miro', sensitive: true });
  const secure = config.url.startsWith('https:');

  routes.get('/', async (ctx) => {
    const { team } = query(ctx, Begin);
    const { url, browser } = await signIn.begin(team);
    // Behind a proxy that ends TLS the connection to us is plain; the browser's is not.
    if (secure) ctx.cookies.secure = true;
    ctx.cookies.set(COOKIE, browser, { httpOnly: true, sameSite: 'lax', secure, path: '/auth/miro', maxAge: 10 * 60_000, overwrite: true });
    ctx.redirect(url);
  });

  routes.get('/callback', async (ctx) => {
    try {
      ctx.redirect(await end(ctx));
    } catch (error) {
      if (!(error instanceof TandemError)) throw error;
      ctx.state.log.info({ code: error.code, reason: error.message }, 'sign-in refused');
      ctx.redirect(donePage(error.code === 'forbidden' ? 'refused' : 'failed'));
    }
  });

  async function end(ctx: Context): Promise<string> {
    const { code, state, client_id: clientId, error } = query(ctx, Callback);
    if (error) return donePage('denied');
    if (!code) throw new TandemError('invalid_input', 'Miro sent no code.');
    if (state !== undefined) {
      const browser = ctx.cookies.get(COOKIE);
      ctx.cookies.set(COOKIE, null, { path: '/auth/miro' });
      await signIn.finish({ code, state, browser });
      return donePage('signed-in');
    }
    const { team } = await signIn.install({ code, clientId: clientId ?? '' });
    return `${config.miro.web}/app-install-completed/?${new URLSearchParams({ client_id: config.miro.clientId, team_id: team })}`;
  }

  return routes;
}

function donePage(outcome: 'signed-in' | 'denied' | 'refused' | 'failed'): string {
  return `/signed-in.html#${outcome}`;
}
