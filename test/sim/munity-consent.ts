import { randomBytes } from 'node:crypto';
import { isRecord, type Answer, type Context, type Routes } from './kit.ts';
import { accentOf, cardPage, consentView, failedView } from './munity-look.ts';
import type { ToolSite, ToolUser } from './munity-tool-types.ts';
import type { ConnectSwitches, Connector, MunityState } from './munity-types.ts';

const COOKIE = 'tool_sim_user';

export interface ConsentDesk {
  readonly routes: Routes;
  /** Where Munity sends a customer's browser to be asked. */
  address(connector: string, ticket: string): string;
  /** Whom a code stands for; it works once. */
  redeem(code: string): { readonly site: string; readonly account: string } | undefined;
}

/** The tools' consent pages, on an origin of their own as in reality, so that each may have its own opener policy: https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/ (site chosen on the way; a refusal comes back as `access_denied`). */
export function makeConsent(state: MunityState, parts: { connectors: Readonly<Record<string, Connector>>; connecting: ConnectSwitches; url: () => string; callback: (connector: string) => string }): ConsentDesk {
  const codes = new Map<string, { site: string; account: string }>();
  const sitesOf = (connector: string | undefined): ToolSite[] => [...state.sites.values()].filter((one) => one.connector === connector);

  const page = (context: Context, status: number, content: ReturnType<typeof failedView>): Answer => {
    const connector = context.params['connector'];
    const name = parts.connectors[connector ?? '']?.name ?? 'Nothing';
    return { status, headers: coopHeader(parts.connecting), html: cardPage({ title: `Authorize Munity · ${name}`, brand: name, accent: accentOf(connector), content }) };
  };
  const backTo = (context: Context): string | undefined => {
    const to = context.query.get('redirect_uri');
    const connector = context.params['connector'] ?? '';
    return parts.connectors[connector]?.signIn === 'consent' && to === parts.callback(connector) ? to : undefined;
  };
  const away = (to: string, context: Context, fields: Readonly<Record<string, string>>): Answer => {
    const query = new URLSearchParams({ ...fields, state: context.query.get('state') ?? '' });
    return { status: 302, headers: { Location: `${to}?${query.toString()}`, ...coopHeader(parts.connecting) } };
  };

  return {
    address: (connector, ticket) => `${parts.url()}/${connector}/authorize?${new URLSearchParams({ client_id: 'munity', response_type: 'code', redirect_uri: parts.callback(connector), state: ticket }).toString()}`,
    redeem(code) {
      const stands = codes.get(code);
      codes.delete(code);
      return stands;
    },
    routes: {
      'GET /:connector/authorize': (context) => {
        const connector = context.params['connector'] ?? '';
        const sites = sitesOf(connector);
        if (backTo(context) === undefined) return page(context, 400, failedView('The address to go back to is not Munity’s.'));
        const users = sites.flatMap((site) => site.users);
        const everybody = [...new Map(users.map((user) => [user.username, user])).values()];
        return page(context, 200, consentView(parts.connectors[connector]?.name ?? connector, sites, everybody, signedInAt(users, context)));
      },
      // form: `user`, a user name; `site`, an id; `answer`: `allow` or `deny`
      'POST /:connector/authorize': (context) => {
        const to = backTo(context);
        if (to === undefined) return page(context, 400, failedView('The address to go back to is not Munity’s.'));
        const form = isRecord(context.body) ? context.body : {};
        if (form['answer'] === 'deny') return away(to, context, { error: 'access_denied', error_description: 'User did not authorize the request' });
        const site = sitesOf(context.params['connector']).find((one) => one.id === form['site']);
        const user = site?.users.find((one) => one.username === form['user']);
        if (!site || form['answer'] !== 'allow') return page(context, 400, failedView('This form is not complete.'));
        if (!user) return page(context, 403, failedView(`${String(form['user'])} has no account at ${site.name}.`));
        const code = randomBytes(16).toString('hex');
        codes.set(code, { site: site.id, account: user.id });
        return away(to, context, { code });
      },
    },
  };
}

/** Who uses this browser at the tools, by its cookie. */
export function signedInAt(users: readonly ToolUser[], context: Context): ToolUser | undefined {
  return users.find((one) => one.username === context.cookies[COOKIE]);
}

/** Makes it this user's browser. */
export function signInAt(username: string): { readonly 'Set-Cookie': string } {
  return { 'Set-Cookie': `${COOKIE}=${username}; Path=/; SameSite=Lax` };
}

/** A page with an opener policy cuts the window that opened it off for good. */
export function coopHeader({ coop }: ConnectSwitches): Record<string, string> {
  return coop === undefined ? {} : { 'Cross-Origin-Opener-Policy': coop };
}
