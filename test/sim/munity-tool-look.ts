import { html, type Markup } from './html.ts';
import { LIVE_SCRIPT } from './live.ts';
import { accentOf } from './munity-look.ts';
import type { ToolProject, ToolSite, ToolStatus, ToolUser } from './munity-tool-types.ts';

const STYLE = `
:root{--ink:#172b4d;--soft:#505f79;--line:#dfe1e6;--faint:#f4f5f7;--red:#ae2a19}
*{box-sizing:border-box}
body{margin:0;background:#fff;color:var(--ink);font:15px/1.5 "Inter","Segoe UI",system-ui,-apple-system,Roboto,Arial,sans-serif}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
header{display:flex;align-items:center;gap:10px;padding:8px 16px;border-bottom:1px solid var(--line)}
header .home{display:flex;align-items:center;gap:8px;color:inherit;font-weight:700}
.logo{width:26px;height:26px;border-radius:6px;display:grid;place-items:center;background:var(--accent);color:#fff;font-weight:700;font-size:14px}
header form{margin-left:auto;display:flex;align-items:center;gap:8px}
header select{height:32px;width:auto;max-width:150px;padding:0 6px}header label{white-space:nowrap;margin:0}
@media(max-width:520px){header label{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}}
.pretend{font-size:12px;font-weight:600;color:var(--soft);border:1px solid var(--line);border-radius:999px;padding:0 8px}
.munity{padding:8px 16px;background:#f4f1fd;border-bottom:1px solid #ddd5f6;font-size:13px}
.munity strong{color:#4a2fb0}.munity ul{list-style:none;margin:0;padding:0}.munity li,.munity .sync{display:flex;gap:8px;align-items:center;margin-top:4px}.munity li>:first-child{flex:1;min-width:0}
.munity button{height:28px;padding:0 10px;font-size:13px}
.ok{color:#216e4e;font-weight:600}.broken{color:var(--red);font-weight:600}
main{max-width:1000px;margin:0 auto;padding:16px}
nav{font-size:13px;color:var(--soft);margin-bottom:10px}nav a{color:var(--soft)}
h1{font-size:21px;line-height:1.3;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:13px;margin:0 0 8px;color:var(--soft)}
.bar{display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin-bottom:12px}.bar h1{flex:1 1 auto;margin:0}
.rows{list-style:none;margin:0;padding:0}.rows li{display:flex;gap:12px;padding:10px 4px;border-bottom:1px solid var(--line)}.rows .what{flex:1;min-width:0}
.meta{font-size:13px;color:var(--soft);display:flex;flex-wrap:wrap;gap:4px 8px;align-items:center}
.count{font-size:12px;background:#dcdfe4;color:var(--ink);border-radius:999px;padding:0 8px}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:8px;align-items:start}
.column{background:var(--faint);border-radius:8px;padding:8px}
.column ul{list-style:none;margin:0;padding:0;display:grid;gap:6px}
.ticket{background:#fff;border-radius:6px;padding:8px 10px;box-shadow:0 1px 2px rgb(9 30 66/.2);overflow-wrap:anywhere}
.ticket a{color:var(--ink)}.ticket .meta{margin-top:6px}.ticket .meta .avatar{margin-left:auto}
.status{display:inline-block;border-radius:4px;padding:0 8px;font-size:12px;font-weight:700;line-height:22px;border-left:4px solid var(--status);background:var(--faint);color:var(--ink)}
.label{border-radius:4px;background:#e9ebee;padding:0 6px;font-size:12px}
.avatar{flex:none;width:24px;height:24px;border-radius:50%;display:inline-grid;place-items:center;font-size:11px;font-weight:700;color:#fff}
.priority{font-size:12px;font-weight:600}.p-Highest,.p-High{color:var(--red)}.p-Medium{color:#8f5b00}.p-Low,.p-Lowest{color:#1d6bd0}
.grid{display:grid;grid-template-columns:minmax(0,1fr) 200px;gap:20px;margin-top:12px}@media(max-width:640px){.grid{grid-template-columns:minmax(0,1fr)}}
.text{overflow-wrap:anywhere}.text p,.text ul,.text ol{margin:0 0 12px}.text pre{background:var(--faint);border-radius:6px;padding:10px;overflow:auto}.text li.task{list-style:none;margin-left:-20px}
dl{margin:0}dt{font-weight:600;font-size:13px}dd{margin:2px 0 10px;display:flex;flex-wrap:wrap;gap:4px;align-items:center}
button,.button{display:inline-flex;align-items:center;height:34px;padding:0 12px;border:1px solid #8590a2;border-radius:5px;background:#fff;color:var(--ink);font:inherit;font-weight:500;cursor:pointer}
button:hover,.button:hover{background:var(--faint);text-decoration:none}
button[aria-pressed=true]{background:#e9f2ff;border-color:#0c66e4;color:#09326c}
.primary{background:var(--accent);border-color:var(--accent);color:#fff}.primary:hover{background:var(--accent);filter:brightness(.9)}
.danger{color:var(--red)}
input:not([type=checkbox]),textarea,select{width:100%;border:1px solid #8590a2;border-radius:5px;padding:6px 10px;font:inherit;color:inherit;background:#fff}
textarea{min-height:130px;resize:vertical}
.field{margin-bottom:12px}label{display:block;font-weight:600;font-size:14px;margin-bottom:4px}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:10px}
details{border:1px solid var(--line);border-radius:8px;margin:12px 0}summary{cursor:pointer;padding:8px 14px;font-weight:600;list-style:none}summary::-webkit-details-marker{display:none}summary::before{content:"✎ "}
details[open]>summary{border-bottom:1px solid var(--line)}details form{padding:14px}
.actions{display:flex;flex-wrap:wrap;gap:8px;margin:12px 0}.actions form{display:flex;gap:8px}.actions select{width:auto}
.notice{background:#e9f2ff;border:1px solid #85b8ff;border-radius:6px;padding:8px 12px;margin:0 0 12px}
.error{background:#ffeceb;border:1px solid #e0a49d;color:#86160a;border-radius:6px;padding:8px 12px;margin:0 0 12px}
.empty{text-align:center;color:var(--soft);padding:40px 16px}`;

const AVATAR_COLORS = ['#5e4db2', '#206a83', '#a54800', '#216e4e', '#943d73'];

/** A whole page of a tool: bar with the user switcher, what Munity does here, crumbs, content. */
export function toolLayout(view: { tool: string; title: string; user: ToolUser; users: readonly ToolUser[]; path: string; site: ToolSite; project?: ToolProject; munity: Markup; content: Markup }): string {
  const { tool, user, site, project } = view;
  return `<!doctype html>${
    html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${view.title} · ${tool}</title><link rel="icon" href="data:,"><style>:root{--accent:${accentOf(site.connector)}}${{ markup: STYLE }}</style></head>
<body><header><a class="home" href="/"><span class="logo" aria-hidden="true">${tool.slice(0, 1)}</span>${tool}</a><span class="pretend">pretend</span>
<form method="get" action="${view.path}"><label for="as" class="meta">Signed in as</label><select id="as" name="as">${view.users.map((one) => html`<option value="${one.username}"${one.id === user.id && { markup: ' selected' }}>${one.name}</option>`)}</select><noscript><button>Switch</button></noscript></form></header>
${view.munity}
<main><nav aria-label="Breadcrumb"><a href="/">Projects</a>${project && html` / <a href="${projectPath(site, project)}">${project.name}</a>`}</nav>${view.content}</main>
${LIVE_SCRIPT}</body></html>`.markup
  }`;
}

/** Where a project's tickets are. */
export function projectPath(site: ToolSite, project: ToolProject): string {
  return `/${site.id}/projects/${project.key}`;
}

/** Where a ticket is. */
export function itemPath(site: ToolSite, key: string): string {
  return `/${site.id}/browse/${key}`;
}

/** A person's initial on a colour of their own. */
export function toolAvatar(site: ToolSite, user: ToolUser): Markup {
  return html`<span class="avatar" style="background:${AVATAR_COLORS[site.users.indexOf(user) % AVATAR_COLORS.length] ?? '#505f79'}" title="${user.name}" aria-hidden="true">${user.name.slice(0, 1)}</span>`;
}

/** A status with its colour beside it. */
export function statusPill(status: ToolStatus | undefined): Markup {
  return html`<span class="status" style="--status:${status?.color ?? '#505f79'}">${status?.name ?? 'No status'}</span>`;
}
