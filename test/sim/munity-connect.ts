import { randomBytes } from 'node:crypto';
import { html } from './html.ts';
import { isRecord, type Answer, type Context, type Handler, type Routes } from './kit.ts';
import { coopHeader, type ConsentDesk } from './munity-consent.ts';
import type { EventDesk } from './munity-events.ts';
import type { Consent, IntegrationDesk } from './munity-integrations.ts';
import { accentOf, cardPage, doneView, failedView, formView, loaderView } from './munity-look.ts';
import { readSecret, SecretRefused } from './munity-secret.ts';
import type { ConnectSwitches, Connector, MunityState, SecretClaims } from './munity-types.ts';

/** A customer on their way through the pages. */
interface Ticket {
  readonly connector: string;
  readonly claims: SecretClaims;
  readonly room: string | null;
}

/** Munity's pages for the customers of its users. */
export function connectRoutes(parts: {
  state: MunityState;
  connectors: Readonly<Record<string, Connector>>;
  connecting: ConnectSwitches;
  events: EventDesk;
  integrations: IntegrationDesk;
  consent: ConsentDesk;
  url: () => string;
  read: (secret: string | null) => SecretClaims;
}): Routes {
  const { connectors, connecting, events, url } = parts;
  const tickets = new Map<string, Ticket>();

  const page = (status: number, title: string, connector: string | undefined, content: ReturnType<typeof html>, more: { script?: string; head?: ReturnType<typeof html>; headers?: Record<string, string> } = {}): Answer => ({
    status,
    headers: { 'Referrer-Policy': 'no-referrer', ...more.headers },
    html: cardPage({ title, brand: 'Munity', accent: accentOf(connector), content, ...(more.script === undefined ? {} : { script: more.script }), ...(more.head === undefined ? {} : { head: more.head }) }),
  });
  /** Some connect pages talk to the window that opened them; whether Munity's does is not known. */
  const posting = (type: 'READY' | 'error', message: string): { script?: string } => {
    if (!connecting.postMessage) return {};
    const said = events.worded(type, message);
    // `<` could end the script
    return { script: `opener?.postMessage(${(said.startsWith('{') || said.startsWith('"') ? said : JSON.stringify(said)).replaceAll('<', '\\u003c')},'*')` };
  };
  const failed = (room: string | null, status: number, reason: string): Answer => {
    events.tell(room, 'error', reason);
    return page(status, 'Error', undefined, failedView(reason), posting('error', reason));
  };
  /** What a secret or a ticket is refused with is a page and an event. */
  const refusing = (handler: (context: Context, room: string | null) => Answer): Handler => (context) => {
    const room = context.query.get('ws_room') ?? tickets.get(context.query.get('state') ?? '')?.room ?? null;
    try {
      return handler(context, room);
    } catch (error) {
      if (!(error instanceof SecretRefused)) throw error;
      return failed(room, error.status, error.message);
    }
  };
  const connectorOf = (context: Context): Connector & { readonly slug: string } => {
    const slug = context.params['connector'] ?? '';
    const connector = connectors[slug];
    if (!connector) throw new SecretRefused(404, `There is no connector ${slug}.`);
    return { slug, ...connector };
  };
  const ticketOf = (slug: string, id: string | null): Ticket => {
    const ticket = tickets.get(id ?? '');
    if (!ticket || ticket.connector !== slug) throw new SecretRefused(400, 'This sign-in is over. Go back and begin again.');
    parts.integrations.check(slug, ticket.claims);
    return ticket;
  };
  const install = (ticket: Ticket, access: Pick<Consent, 'site' | 'account'>): Answer => {
    parts.integrations.install({ ...ticket, ...access });
    return page(200, 'Connected', ticket.connector, doneView(connectors[ticket.connector]?.name ?? ticket.connector), posting('READY', 'The integration is ready.'));
  };
  const settings = (slug: string, name: string, status: number, refused?: string): Answer => page(status, 'Connector settings', slug, formView(name, refused), { headers: coopHeader(connecting) });

  return {
    // "the unique endpoint used to provide your customer authorization": github.com/munityapps/unified-api-docs de53af1, docs/howtouse.md; `ws_room` as in docs/assets/create-connection-2.gif
    'GET /v1/credentials/:connector/register': refusing((context, room) => {
      const { slug } = connectorOf(context);
      const claims = parts.read(context.query.get('secret'));
      parts.integrations.check(slug, claims);
      const ticket = randomBytes(16).toString('hex');
      tickets.set(ticket, { connector: slug, claims, room });
      const to = `${url()}/v1/integration/oauth/connect/${slug}?${new URLSearchParams({ ...(room === null ? {} : { ws_room: room }), ticket }).toString()}`;
      return { status: 302, headers: { Location: `/v1/integration/loader?url=${encodeURIComponent(Buffer.from(to).toString('base64'))}`, 'Referrer-Policy': 'no-referrer' } };
    }),

    // create-connection-2.gif: title "Redirect Page", "Your database is getting ready", about a second. Stricter than it looks there: it goes on to Munity's own pages only.
    'GET /v1/integration/loader': (context) => {
      const to = Buffer.from(context.query.get('url') ?? '', 'base64').toString();
      if (!to.startsWith(`${url()}/v1/integration/`)) return failed(null, 400, 'This address leads away from Munity.');
      return page(200, 'Redirect Page', undefined, loaderView(to), { head: html`<meta http-equiv="refresh" content="${connecting.loader};url=${to}">` });
    },

    // create-connection-2.gif: title "Connector settings", a form for connectors with keys; those with OAuth go on to the tool (gh-pages images popup_conn.png, cm.png)
    'GET /v1/integration/oauth/connect/:connector': refusing((context) => {
      const { slug, name, signIn } = connectorOf(context);
      const id = context.query.get('ticket');
      ticketOf(slug, id);
      return signIn === 'form' ? settings(slug, name, 200) : { status: 302, headers: { Location: parts.consent.address(slug, id ?? '') } };
    }),
    // form: `token`, and `answer`: `send` or `cancel`
    'POST /v1/integration/oauth/connect/:connector': refusing((context) => {
      const { slug, name } = connectorOf(context);
      const ticket = ticketOf(slug, context.query.get('ticket'));
      const form = isRecord(context.body) ? context.body : {};
      if (form['answer'] === 'cancel') throw new SecretRefused(403, `Access to ${name} was not granted.`);
      const site = [...parts.state.sites.values()].find((one) => one.connector === slug && one.users.some((user) => user.token === form['token']));
      const account = site?.users.find((user) => user.token === form['token']);
      return site && account ? install(ticket, { site: site.id, account: account.id }) : settings(slug, name, 400, `${name} does not know this token. Copy it again.`);
    }),

    // where the tool sends the customer back to; Munity "manages the Oauth2 dance" (https://doc.munityapps.com/howtousefrontend/), its address is not public
    'GET /v1/integration/oauth/callback/:connector': refusing((context) => {
      const { slug, name } = connectorOf(context);
      const ticket = ticketOf(slug, context.query.get('state'));
      if (context.query.has('error')) throw new SecretRefused(403, `Access to ${name} was not granted.`);
      const access = parts.consent.redeem(context.query.get('code') ?? '');
      if (!access) throw new SecretRefused(400, `${name} does not know this code.`);
      return install(ticket, access);
    }),
  };
}

/** Reads secrets with whatever key and clock hold at the time. */
export function secretReader(options: { publicKey: () => string; workspaceId: string; now: () => number }): (secret: string | null) => SecretClaims {
  return (secret) => readSecret(secret, { publicKey: options.publicKey(), workspaceId: options.workspaceId, now: options.now() });
}
