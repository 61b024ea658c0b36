import { html, type Markup } from './html.ts';
import { isRecord, type Answer, type Context, type Routes } from './kit.ts';
import { LIVE_SCRIPT, liveRoutes } from './live.ts';
import type { PbConnection, PbEntity, PbPlugin, PbSim, PbState, PbToken, PbTrigger } from './productboard-types.ts';

const STYLE = `
:root{--ink:#1d2433;--soft:#5a6478;--line:#e0e4ec;--blue:#0a64d6}
*{box-sizing:border-box}
body{margin:0;color:var(--ink);font:15px/1.5 "Inter","Segoe UI",system-ui,-apple-system,Roboto,Arial,sans-serif}
a{color:var(--blue)}:focus-visible{outline:2px solid var(--blue);outline-offset:2px}
header{display:flex;align-items:center;gap:10px;padding:10px 16px;border-bottom:1px solid var(--line)}
header a{display:flex;align-items:center;gap:8px;color:inherit;font-weight:700;text-decoration:none}
.logo{width:26px;height:26px;border-radius:6px;display:grid;place-items:center;background:var(--blue);color:#fff;font-weight:700}
.pretend{font-size:12px;font-weight:600;color:var(--soft);border:1px solid var(--line);border-radius:999px;padding:0 8px}
header .settings{margin-left:auto;font-weight:500;color:var(--blue)}
main{max-width:1000px;margin:0 auto;padding:16px}
h1{font-size:21px;margin:0 0 12px;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:start;padding:10px 12px;border-bottom:1px solid var(--line);vertical-align:middle}
thead th{font-size:13px;color:var(--soft)}
tbody th{font-weight:600;min-width:140px}
form{margin:0}
button,.shown{display:inline-flex;align-items:center;min-height:30px;max-width:180px;border-radius:6px;border:1px solid #8a93a5;background:#fff;color:var(--ink);font:inherit;font-size:13px;font-weight:600;padding:0 10px;cursor:pointer;text-decoration:none}
button:hover{background:#f2f5fa}
.primary{background:var(--blue);border-color:var(--blue);color:#fff}.primary:hover{background:#0952b0}
.cell{display:flex;flex-wrap:wrap;gap:6px;align-items:center}
.shown{border-color:transparent;color:#fff}
.gray{background:#5d6675}.blue{background:#1a5fd0}.green{background:#14713c}.yellow{background:#ffe08a;color:#4d3a00}.orange{background:#a84a00}.red{background:#b3261e}.purple{background:#6b3fc4}
.link{border:0;background:none;color:var(--soft);padding:0 4px;text-decoration:underline}
.error{color:#a31b12;font-weight:600;max-width:260px;overflow-wrap:anywhere}
.spin{width:16px;height:16px;border:2px solid var(--line);border-top-color:var(--blue);border-radius:50%;animation:spin 1s linear infinite}@keyframes spin{to{rotate:360deg}}
@media (prefers-reduced-motion:reduce){.spin{animation:none}}
label{display:block;font-weight:600;font-size:14px;margin:12px 0 4px}
input,select,textarea{width:100%;border:1px solid #8a93a5;border-radius:6px;padding:7px 10px;font:inherit;color:inherit;background:#fff}
textarea{min-height:140px}
.actions{display:flex;gap:8px;margin-top:16px}
code{background:#f2f5fa;border-radius:4px;padding:2px 6px;overflow-wrap:anywhere}`;

/** Productboard's web pages for people in the sandbox: the features board with its columns, a feature, and the workspace's token. */
export function pageRoutes(parts: { state: PbState; edit: PbSim['edit']; create: (name: string) => PbEntity; remove: (id: string) => void; token: () => PbToken; press: (plugin: string, feature: string, trigger: PbTrigger) => Promise<unknown>; onChange: (listener: () => void) => () => void }): Routes {
  const { state } = parts;
  const page = (title: string, content: Markup, status = 200): Answer => ({
    status,
    html: html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} · Productboard</title><link rel="icon" href="data:,">${{ markup: `<style>${STYLE}</style>` }}</head><body><header><a href="/"><span class="logo" aria-hidden="true">P</span>${state.workspace}</a><span class="pretend">pretend</span><a class="settings" href="/settings/integrations">Token</a></header><main>${content}</main>${LIVE_SCRIPT}</body></html>`.markup,
  });
  const to = (path: string): Answer => ({ status: 303, headers: { Location: path } });
  const missing = (): Answer => page('Not found', html`<h1>There is no such feature</h1><p><a href="/">Features board</a></p>`, 404);
  const field = (context: Context, name: string): string | undefined => {
    const value = isRecord(context.body) ? context.body[name] : undefined;
    return typeof value === 'string' ? value : undefined;
  };

  return {
    ...liveRoutes(parts.onChange),
    'GET /': () => {
      const columns = [...state.plugins.values()].filter(({ enabled }) => enabled);
      const features = [...state.entities.values()].filter(({ type }) => type === 'feature' || type === 'subfeature');
      const rows = features.map(
        (feature) =>
          html`<tr><th scope="row"><a href="/entity-detail/features/${feature.id}">${feature.name}</a></th><td>${feature.status?.name ?? '–'}</td>${columns.map((plugin) => html`<td>${cell(plugin, feature, plugin.connections.get(feature.id) ?? { state: 'initial' })}</td>`)}</tr>`,
      );
      return page(
        'Features board',
        html`<h1>Features board</h1><div class="scroll" data-live="board" tabindex="0" role="region" aria-label="Features"><table><thead><tr><th scope="col">Feature</th><th scope="col">Status</th>${columns.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div><form method="post" action="/features"><label for="name">New feature</label><input id="name" name="name" required maxlength="255"><div class="actions"><button>Add</button></div></form>`,
      );
    },
    'POST /features': (context) => {
      const name = field(context, 'name')?.trim();
      if (name) parts.create(name);
      return to('/');
    },
    'POST /columns/:plugin/:feature/:trigger': async ({ params }) => {
      const trigger = (['push', 'unlink', 'dismiss'] as const).find((one) => one === params['trigger']);
      // what ends at once is on the page that comes; that page hears of the rest by itself, once it listens
      const pressed = trigger && parts.press(params['plugin'] ?? '', params['feature'] ?? '', `button.${trigger}`).catch(() => undefined);
      await Promise.race([pressed, new Promise((resolve) => setTimeout(resolve, 2000))]);
      return to('/');
    },
    'GET /entity-detail/features/:id': ({ params }) => {
      const feature = state.entities.get(params['id'] ?? '');
      if (!feature) return missing();
      const options = state.statuses.map(({ name }) => html`<option${name === feature.status?.name ? ' selected' : ''}>${name}</option>`);
      return page(
        feature.name,
        html`<p><a href="/">Features board</a></p><h1>${feature.name}</h1><form method="post" data-live="feature"><label for="name">Name</label><input id="name" name="name" value="${feature.name}" maxlength="255"><label for="status">Status</label><select id="status" name="status">${options}</select><label for="description">Description (HTML)</label><textarea id="description" name="description">${feature.description}</textarea><div class="actions"><button class="primary">Save</button></div></form><form method="post" action="/entity-detail/features/${feature.id}/delete"><div class="actions"><button>Delete this feature</button></div></form>`,
      );
    },
    'POST /entity-detail/features/:id': (context) => {
      const id = context.params['id'] ?? '';
      if (!state.entities.has(id)) return missing();
      const [name, status, description] = ['name', 'status', 'description'].map((one) => field(context, one));
      parts.edit(id, { ...(name ? { name } : {}), ...(status ? { status } : {}), ...(description === undefined ? {} : { description }) });
      return to(`/entity-detail/features/${id}`);
    },
    'POST /entity-detail/features/:id/delete': ({ params }) => {
      if (state.entities.has(params['id'] ?? '')) parts.remove(params['id'] ?? '');
      return to('/');
    },
    'GET /settings/integrations': () => page('Public API', html`<p><a href="/">Features board</a></p><h1>Public API</h1><p>The workspace’s access token:</p><p><code>${parts.token().value}</code></p>`),
  };
}

/** A cell of a column: what its button shows, and what can be done with it. */
function cell(plugin: PbPlugin, feature: PbEntity, shown: PbConnection): Markup {
  const button = (trigger: string, text: string, look: string): Markup => html`<form method="post" action="/columns/${plugin.id}/${feature.id}/${trigger}"><button class="${look}" aria-label="${text} ${feature.name}">${text}</button></form>`;
  if (shown.state === 'connected') return html`<div class="cell"><a class="shown ${shown.color}" href="${shown.targetUrl}" target="_blank" rel="noopener" title="${shown.tooltip}">${shown.label}</a><span>${shown.hoverLabel}</span>${button('unlink', 'Unlink', 'link')}</div>`;
  if (shown.state === 'error') return html`<div class="cell"><span class="error">${shown.message}</span>${button('dismiss', 'Dismiss', 'link')}</div>`;
  if (shown.state === 'progress') return html`<div class="cell" role="status"><span class="spin" aria-hidden="true"></span>Under way</div>`;
  return button('push', plugin.label, 'primary');
}
