import type { GitlabLabel, GitlabProject, GitlabUser } from './gitlab-types.ts';
import { html, type Markup } from './html.ts';
import { LIVE_SCRIPT } from './live.ts';

const STYLE = `
:root{--ink:#28272d;--soft:#626168;--line:#dcdcde;--faint:#f6f6f8;--blue:#1068bf;--green:#0b5c2b;--orange:#e2572b;--red:#b8261a}
*{box-sizing:border-box}
body{margin:0;background:#fff;color:var(--ink);font:15px/1.5 "GitLab Sans","Inter","Segoe UI",system-ui,-apple-system,Roboto,Arial,sans-serif}
a{color:var(--blue);text-decoration:none}a:hover{text-decoration:underline}
:focus-visible{outline:2px solid var(--blue);outline-offset:2px;border-radius:4px}
header{display:flex;align-items:center;gap:12px;padding:8px 16px;border-bottom:1px solid var(--line);background:var(--faint)}
header .home{display:flex;align-items:center;gap:8px;color:inherit;font-weight:700}
header .mark{width:26px;height:26px}
header form{margin-left:auto;display:flex;align-items:center;gap:8px}
header select{height:32px;width:auto;max-width:150px;padding:0 6px}header label{white-space:nowrap;margin:0}
@media(max-width:520px){header label{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}}
.pretend{font-size:12px;font-weight:600;color:var(--soft);border:1px solid var(--line);border-radius:999px;padding:0 8px;background:#fff}
main{max-width:1000px;margin:0 auto;padding:16px}
nav{font-size:13px;color:var(--soft);margin-bottom:12px}nav a{color:var(--soft)}
h1{font-size:22px;line-height:1.3;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:16px;margin:0 0 8px}
h3{font-size:15px;margin:16px 0 4px}
.bar{display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin-bottom:12px}
.bar h1{flex:1 1 auto;margin:0}
.tabs{display:flex;gap:4px;border-bottom:1px solid var(--line);margin-bottom:0;overflow-x:auto}
.tabs a{padding:8px 12px;color:var(--ink);border-bottom:2px solid transparent;white-space:nowrap}
.tabs a[aria-current]{border-color:var(--blue);font-weight:600}
.count{font-size:12px;font-weight:500;background:#ececef;border-radius:999px;padding:1px 8px;margin-left:4px}
.rows{list-style:none;margin:0;padding:0}
.rows li{display:flex;gap:12px;align-items:flex-start;padding:10px 4px;border-bottom:1px solid var(--line)}
.rows .what{flex:1;min-width:0}
.rows .name{font-weight:600;color:var(--ink);overflow-wrap:anywhere}
.meta{font-size:13px;color:var(--soft);display:flex;flex-wrap:wrap;gap:4px 8px;align-items:center;margin-top:2px}
.closed .name{color:var(--soft)}
.label{display:inline-flex;border-radius:999px;font-size:12px;font-weight:500;line-height:20px;overflow:hidden;border:1px solid transparent}
.label span{padding:0 8px}.label span+span{background:#fff;color:var(--ink)}
.state{display:inline-flex;align-items:center;gap:6px;border-radius:999px;font-size:13px;font-weight:600;padding:2px 10px}
.state.opened{background:#c3e6cd;color:var(--green)}.state.closed{background:#cbe2f9;color:#0b4a8a}
.dot{width:10px;height:10px;border-radius:50%;border:2px solid currentcolor}.closed .dot{background:currentcolor}
.avatar{flex:none;width:26px;height:26px;border-radius:50%;display:inline-grid;place-items:center;font-size:12px;font-weight:700;color:#fff}
.secret{font-size:12px;color:#8f4700;background:#f5d9a8;border-radius:4px;padding:0 6px}
.grid{display:grid;grid-template-columns:minmax(0,1fr) 220px;gap:24px;margin-top:12px}
@media(max-width:720px){.grid{grid-template-columns:minmax(0,1fr);gap:16px}}
.text{overflow-wrap:anywhere}.text p,.text ul{margin:0 0 12px}.text pre{background:var(--faint);border:1px solid var(--line);border-radius:6px;padding:12px;overflow:auto}
.text code{background:#ececef;border-radius:4px;padding:1px 4px;font-size:13px}.text pre code{background:none;padding:0}.text li.task{list-style:none;margin-left:-20px}
aside dt{font-weight:600;font-size:13px}aside dd{margin:2px 0 12px;display:flex;flex-wrap:wrap;gap:4px;align-items:center}aside dl{margin:0}
@media(max-width:720px){aside dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:0 16px;border-top:1px solid var(--line);padding-top:12px}}
button,.button{display:inline-flex;align-items:center;height:34px;padding:0 12px;border:1px solid #bfbfc3;border-radius:6px;background:#fff;color:var(--ink);font:inherit;font-weight:500;cursor:pointer}
button:hover,.button:hover{background:var(--faint);text-decoration:none}
.primary{background:var(--blue);border-color:var(--blue);color:#fff}.primary:hover{background:#0b5cad}
.danger{color:var(--red);border-color:#dda59f}
input[type=text],input[type=search],textarea,select{width:100%;border:1px solid #89888d;border-radius:6px;padding:6px 10px;font:inherit;color:inherit;background:#fff}
textarea{min-height:140px;resize:vertical}
.field{margin-bottom:14px}.field>label,legend{display:block;font-weight:600;font-size:14px;margin-bottom:4px;padding:0}
fieldset{border:0;padding:0;margin:0 0 14px}.checks{display:flex;flex-wrap:wrap;gap:6px 14px}.checks label{display:inline-flex;gap:6px;align-items:center}
details.edit{border:1px solid var(--line);border-radius:8px;margin:12px 0;background:#fff}
details.edit>summary{cursor:pointer;padding:8px 14px;font-weight:600;list-style:none}details.edit>summary::-webkit-details-marker{display:none}
details.edit>summary::before{content:"✎ "}details.edit[open]>summary{border-bottom:1px solid var(--line)}details.edit form{padding:14px}
.notice{background:#e9f3fc;border:1px solid #9dc7f1;border-radius:6px;padding:8px 12px;margin:0 0 12px}
.error{background:#fcf1ef;border:1px solid #dda59f;color:#8d1300;border-radius:6px;padding:8px 12px;margin:0 0 12px}
.empty{text-align:center;color:var(--soft);padding:48px 16px}
.actions{display:flex;flex-wrap:wrap;gap:8px}.actions form{display:contents}
.token{display:flex;gap:8px;max-width:520px}.token input{font-family:ui-monospace,Menlo,Consolas,monospace}
.notes{border-top:1px solid var(--line);margin-top:20px;padding-top:12px}.note{display:flex;gap:10px;margin-bottom:12px}
.find{display:flex;gap:8px;padding:10px 0}`;

const MARK = { markup: '<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><path fill="#e2572b" d="M4 5 16 10 28 5 30 17 16 29 2 17z"/><path fill="#fca326" d="M4 5 10 15 2 17zM28 5 22 15 30 17z"/><path fill="#fff" d="M11 17h3v3h-3zM18 17h3v3h-3z"/></svg>' };

/** A whole page: bar with the user switcher, crumbs, content. `query`: what the switcher keeps of the address. */
export function layout(view: { title: string; user: GitlabUser; users: readonly GitlabUser[]; path: string; query?: URLSearchParams; project?: GitlabProject; content: Markup }): string {
  const { user, project } = view;
  return `<!doctype html>${
    html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${view.title} · GitLab</title><link rel="icon" href="data:,"><style>${{ markup: STYLE }}</style></head>
<body><header><a class="home" href="/">${MARK}GitLab</a><span class="pretend">pretend</span>
<form method="get" action="${view.path}">${[...(view.query ?? [])].map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}<label for="as" class="meta">Signed in as</label><select id="as" name="as">${view.users.map((one) => html`<option value="${one.username}"${one.id === user.id && { markup: ' selected' }}>${one.name}</option>`)}</select><noscript><button>Switch</button></noscript></form></header>
<main>${project && html`<nav aria-label="Breadcrumb"><a href="/">Projects</a> / <a href="/${project.path}/-/issues">${project.path}</a> / <a href="/-/user_settings/personal_access_tokens">Access token</a></nav>`}${view.content}</main>
${LIVE_SCRIPT}</body></html>`.markup
  }`;
}

const AVATAR_COLORS = ['#6049b5', '#0e7490', '#a3410e', '#2f6b2f', '#9d2f6b'];

/** A person's initial on a colour of their own. */
export function avatar(user: GitlabUser): Markup {
  return html`<span class="avatar" style="background:${AVATAR_COLORS[user.id % AVATAR_COLORS.length] ?? '#626168'}" title="${user.name}" aria-hidden="true">${user.name.slice(0, 1)}</span>`;
}

/** A label in its colour; a scoped one (`priority::high`) in two parts. */
export function labelPill(label: GitlabLabel): Markup {
  const [scope, rest] = label.name.split('::');
  const style = `background:${label.color};color:${readable(label.color)}`;
  return rest === undefined
    ? html`<span class="label" style="${style}"><span>${label.name}</span></span>`
    : html`<span class="label" style="${style};border-color:${label.color}"><span>${scope}</span><span>${rest}</span></span>`;
}

/** Black or white, whichever reads better on the colour (WCAG relative luminance). */
function readable(color: string): string {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? '#1a1a1a' : '#ffffff';
}
