import { html, type Markup } from './html.ts';
import type { ToolSite, ToolUser } from './munity-tool-types.ts';

const STYLE = `
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:16px;background:#f3f2f8;color:#1d1a33;font:16px/1.5 "Inter","Segoe UI",system-ui,-apple-system,Roboto,Arial,sans-serif}
main{width:100%;max-width:440px;background:#fff;border-radius:16px;padding:32px;box-shadow:0 1px 2px rgb(20 16 60/.06),0 12px 32px rgb(20 16 60/.1)}
.brand{display:flex;align-items:center;gap:10px;margin-bottom:20px;font-weight:700}
.logo{width:36px;height:36px;border-radius:10px;display:grid;place-items:center;color:#fff;font-weight:700;background:var(--accent)}
.pretend{font-size:12px;font-weight:600;color:#615d78;border:1px solid #dcd9ea;border-radius:999px;padding:0 8px;margin-left:auto}
h1{font-size:21px;line-height:1.3;margin:0 0 8px;overflow-wrap:anywhere}
p{margin:0 0 14px;color:#4f4b66;overflow-wrap:anywhere}
label{display:block;font-weight:600;font-size:14px;margin:14px 0 4px}
input,select{width:100%;height:42px;border:1px solid #85819c;border-radius:8px;padding:0 12px;font:inherit;background:#fff;color:inherit}
ul{list-style:none;margin:16px 0;padding:14px 16px;background:#f7f6fb;border-radius:10px}
li{display:flex;gap:10px;padding:3px 0;font-size:15px}li::before{content:"✓";color:#0a7a4b;font-weight:700}
.row{display:flex;flex-direction:row-reverse;gap:12px;margin-top:22px}
button{flex:1;min-height:46px;border-radius:8px;border:1px solid #85819c;background:#fff;color:inherit;font:inherit;font-weight:600;cursor:pointer}
.primary{background:var(--accent);border-color:var(--accent);color:#fff}
a{color:#4338ca}
:focus-visible{outline:3px solid #a5a0f5;outline-offset:2px}
.error{background:#fdf0ef;border:1px solid #e0a49d;color:#86160a;border-radius:8px;padding:8px 12px}
.good{font-size:40px;line-height:1;color:#0a7a4b;margin-bottom:10px}
.bad{font-size:40px;line-height:1;color:#b3261a;margin-bottom:10px}
.spin{width:38px;height:38px;border-radius:50%;border:4px solid #dcd9ea;border-top-color:var(--accent);animation:spin 1s linear infinite;margin:0 0 16px}
@keyframes spin{to{transform:rotate(1turn)}}
@media(prefers-reduced-motion:reduce){.spin{animation:none}}
small{display:block;margin-top:18px;color:#615d78;font-size:13px}`;

const ACCENTS: Readonly<Record<string, string>> = { jira: '#0c66e4', asana: '#b3433b', monday: '#5034ff', linear: '#4b55c4' };

/** The colour of a tool; Munity's own without one. */
export function accentOf(connector?: string): string {
  return (connector === undefined ? undefined : ACCENTS[connector]) ?? '#5b3fd1';
}

/** A page with one card in the middle, as sign-in pages are. `head` is markup of the head, `script` runs at its end. */
export function cardPage(view: { title: string; brand: string; accent: string; content: Markup; head?: Markup; script?: string }): string {
  // apart from the tagged template: a bundler that meets a closing script tag in one replaces the tag by a helper that is not there at run time
  const script = view.script === undefined ? undefined : { markup: `<script>${view.script}</script>` };
  return `<!doctype html>${
    html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">${view.head}<title>${view.title}</title><link rel="icon" href="data:,"><style>:root{--accent:${view.accent}}${{ markup: STYLE }}</style></head>
<body><main><div class="brand"><span class="logo" aria-hidden="true">${view.brand.slice(0, 1)}</span>${view.brand}<span class="pretend">pretend</span></div>${view.content}</main>${script}</body></html>`.markup
  }`;
}

/** Munity's page between the click and the connector's. */
export function loaderView(to: string): Markup {
  return html`<div class="spin" role="status" aria-label="Loading"></div><h1>Your database is getting ready</h1><p><a href="${to}">Go on</a> if nothing happens.</p>`;
}

/** The form of a connector that works with an API token. */
export function formView(tool: string, refused: string | undefined): Markup {
  return html`<h1>Connect ${tool}</h1><p>${tool} gives you an API token in its settings. Paste it here to grant access.</p>
<form method="post">${refused !== undefined && html`<p class="error" role="alert">${refused}</p>`}
<label for="token">API token</label><input id="token" name="token" autocomplete="off" spellcheck="false">
<div class="row"><button class="primary" name="answer" value="send">Send</button><button name="answer" value="cancel">Cancel</button></div></form>`;
}

/** Where a customer's way ends well. */
export function doneView(tool: string): Markup {
  return html`<div class="good" aria-hidden="true">✓</div><h1>${tool} is connected</h1><p>Your data is being imported. You can close this window and go back to where you came from.</p>`;
}

/** Where it does not. */
export function failedView(reason: string): Markup {
  return html`<div class="bad" aria-hidden="true">✕</div><h1>This did not work</h1><p role="alert">${reason}</p><p>You can close this window and go back to where you came from.</p>`;
}

/** The tool's own consent page: which site, whose eyes, and the two answers. */
export function consentView(tool: string, sites: readonly ToolSite[], users: readonly ToolUser[], user: ToolUser | undefined): Markup {
  return html`<h1>Munity is requesting access to your ${tool} account</h1><form method="post">
${
    user
      ? html`<p>Signed in as <strong>${user.name}</strong>.</p><input type="hidden" name="user" value="${user.username}">`
      : html`<label for="user">Sign in as</label><select id="user" name="user">${users.map((one) => html`<option value="${one.username}">${one.name}</option>`)}</select>`
  }
<label for="site">Authorize for site</label><select id="site" name="site">${sites.map((one) => html`<option value="${one.id}">${one.name}</option>`)}</select>
<ul aria-label="Munity will be able to"><li>See your projects and their members</li><li>See and change items that you can see</li></ul>
<div class="row"><button class="primary" name="answer" value="allow">Allow</button><button name="answer" value="deny">Deny</button></div></form>
<small>This is a pretend ${tool}. Nothing here leaves your computer.</small>`;
}
