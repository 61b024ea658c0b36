import { escapeHtml } from '@tandem/shared/text';
import type { MiroTeam, MiroUser } from './miro-types.ts';

const STYLE = `
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:16px;background:#f4f5f8;color:#050038;font:16px/1.5 "Segoe UI",system-ui,-apple-system,Roboto,"Helvetica Neue",Arial,sans-serif}
main{width:100%;max-width:430px;background:#fff;border-radius:16px;padding:32px;box-shadow:0 1px 2px rgb(5 0 56/.06),0 12px 32px rgb(5 0 56/.1)}
.brand{display:flex;align-items:center;gap:10px;margin-bottom:24px}
.logo{width:40px;height:40px;border-radius:10px;display:grid;place-items:center;font-weight:700;font-size:20px}
.miro{background:#ffd02f;color:#050038}.app{background:#4262ff;color:#fff}
.dots{letter-spacing:3px;color:#9b9fac}
h1{font-size:22px;line-height:1.3;margin:0 0 8px}
p{margin:0 0 16px;color:#5b5f73}
label{display:block;font-weight:600;font-size:14px;margin:16px 0 6px}
select{width:100%;height:44px;border:1px solid #c5c8d4;border-radius:8px;padding:0 12px;font:inherit;background:#fff;color:inherit}
ul{list-style:none;margin:20px 0;padding:16px;background:#f7f8fb;border-radius:10px}
li{display:flex;gap:10px;padding:4px 0;font-size:15px}
li::before{content:"✓";color:#00a86b;font-weight:700}
.row{display:flex;flex-direction:row-reverse;gap:12px;margin-top:24px}
button{flex:1;height:48px;border-radius:8px;border:1px solid #c5c8d4;background:#fff;color:inherit;font:inherit;font-weight:600;cursor:pointer}
button[value=allow]{background:#4262ff;border-color:#4262ff;color:#fff}
button[value=allow]:hover{background:#314cd9}
button:focus-visible,select:focus-visible{outline:3px solid #99adff;outline-offset:2px}
small{display:block;margin-top:20px;color:#6b6f83;font-size:13px}`;

const SCOPE_TEXT: Readonly<Record<string, string>> = { 'boards:read': 'See the boards that you can see', 'boards:write': 'Change boards that you can edit' };

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(title)}</title><link rel="icon" href="data:,"><style>${STYLE}</style></head><body><main>${body}</main></body></html>`;
}

const logo = '<span class="logo miro" aria-hidden="true">M</span>';

function options(all: readonly { id: string; name: string }[], chosen: string | null | undefined): string {
  return all.map((one) => `<option value="${escapeHtml(one.id)}"${one.id === chosen ? ' selected' : ''}>${escapeHtml(one.name)}</option>`).join('');
}

/** Miro's consent page: who, which team, which rights, and the two answers. */
export function consentPage(view: {
  appName: string;
  users: readonly MiroUser[];
  teams: readonly MiroTeam[];
  user: MiroUser | undefined;
  wanted: string | null;
  query: string;
  scopes: readonly string[];
}): string {
  const name = escapeHtml(view.appName);
  const who = view.user
    ? `<p>Signed in as <strong>${escapeHtml(view.user.name)}</strong>.</p><input type="hidden" name="user" value="${escapeHtml(view.user.id)}">`
    : `<label for="user">Sign in as</label><select id="user" name="user">${options(view.users, undefined)}</select>`;
  return page(
    `Install ${view.appName}`,
    `<div class="brand">${logo}<span class="dots" aria-hidden="true">•••</span><span class="logo app" aria-hidden="true">${name.slice(0, 1)}</span></div>
<h1>Give ${name} access to your Miro team?</h1>
<form method="post" action="/oauth/authorize?${escapeHtml(view.query)}">
${who}
<label for="team">Team</label><select id="team" name="team">${options(view.teams, view.wanted)}</select>
<ul aria-label="${name} will be able to">${view.scopes.map((scope) => `<li>${escapeHtml(SCOPE_TEXT[scope] ?? scope)}</li>`).join('')}</ul>
<div class="row"><button name="answer" value="allow">Allow</button><button name="answer" value="deny">Deny</button></div>
</form>
<small>This is a pretend Miro. Nothing here leaves your computer.</small>`,
  );
}

/** Where Miro lets an installation end. */
export function completedPage(appName: string): string {
  return page('App installed', `<div class="brand">${logo}</div><h1>${escapeHtml(appName)} is installed</h1><p>You can close this window and go back to your board.</p>`);
}

/** A request that Miro does not take further. */
export function refusedPage(reason: string): string {
  return page('Something is wrong', `<div class="brand">${logo}</div><h1>This cannot go on</h1><p>${escapeHtml(reason)}</p>`);
}
