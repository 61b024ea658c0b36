import { layout } from './gitlab-look.ts';
import type { Asked, OauthDesk } from './gitlab-oauth.ts';
import { signedIn, signIn, switched } from './gitlab-pages.ts';
import type { GitlabState, GitlabUser } from './gitlab-types.ts';
import { html, type Markup } from './html.ts';
import { isRecord, type Answer, type Context, type Routes } from './kit.ts';

const SCOPE_TEXT: Readonly<Record<string, string>> = {
  api: 'Access the authenticated user’s API: read and write everything that you can',
  read_api: 'Read everything that you can',
  read_user: 'Read your personal information',
};

/**
 * GitLab's consent page. Who authorized the application for these scopes before is sent back at once; a browser that nobody signed in to is asked, whoever the other pages take it for.
 * GitLab itself sends back by a page that moves on by script, here it is a 302; its error page comes with 200, here with 400. https://docs.gitlab.com/api/oauth2/#authorization-code-with-proof-key-for-code-exchange-pkce
 */
export function consentRoutes(parts: { state: GitlabState; oauth: OauthDesk }): Routes {
  const { state, oauth } = parts;

  const page = (context: Context, title: string, content: Markup, status = 200): Answer => {
    const user = signedIn(state, context) ?? state.users[0];
    if (!user) return { status: 404, html: 'There are no users.' };
    // as the real one: not to be had in a frame of somebody else
    return { status, headers: { 'X-Frame-Options': 'SAMEORIGIN' }, html: layout({ title, user, users: state.users, path: context.path, query: context.query, content }) };
  };
  const refused = (context: Context, reason: string): Answer => page(context, 'Error', html`<div class="empty"><h1>An error has occurred</h1><p>${reason}</p></div>`, 400);

  return {
    'GET /oauth/authorize': (context) => {
      const away = switched(state, context);
      if (away) return away;
      const asked = oauth.asked(context.query);
      if (typeof asked === 'string') return refused(context, asked);
      const user = signedIn(state, context);
      if (user && oauth.known(user.id, asked)) return { status: 302, headers: { Location: oauth.agree(user.id, asked) } };
      return page(context, 'Authorize', consentView(asked, context.query, user, state.users));
    },
    // form: `user`, a username, and `answer`: `authorize` or `deny`
    'POST /oauth/authorize': (context) => {
      const asked = oauth.asked(context.query);
      if (typeof asked === 'string') return refused(context, asked);
      const form = isRecord(context.body) ? context.body : {};
      const user = state.users.find((one) => one.username === form['user']);
      if (!user || (form['answer'] !== 'authorize' && form['answer'] !== 'deny')) return refused(context, 'This form is not complete.');
      return { status: 302, headers: { Location: form['answer'] === 'authorize' ? oauth.agree(user.id, asked) : oauth.deny(asked), ...signIn(user) } };
    },
  };
}

function consentView(asked: Asked, query: URLSearchParams, user: GitlabUser | undefined, users: readonly GitlabUser[]): Markup {
  const { name } = asked.application;
  return html`<h1>${name} is requesting access to your account</h1>
<form method="post" action="/oauth/authorize?${query.toString()}">
${
    user
      ? html`<p>Authorize <strong>${name}</strong> to use the account of <strong>${user.name}</strong> (@${user.username})?</p><input type="hidden" name="user" value="${user.username}">`
      : html`<div class="field"><label for="user">Sign in as</label><select id="user" name="user">${users.map((one) => html`<option value="${one.username}">${one.name}</option>`)}</select></div>`
  }
<p>This application will be able to:</p><ul>${asked.scopes.map((scope) => html`<li>${SCOPE_TEXT[scope] ?? scope} (<code>${scope}</code>)</li>`)}</ul>
<p class="meta">You will be sent to ${new URL(asked.redirectUri).origin}.</p>
<div class="actions"><button class="primary" name="answer" value="authorize">Authorize ${name}</button><button name="answer" value="deny">Deny</button></div></form>`;
}
