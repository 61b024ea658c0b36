import type { Markup } from './html.ts';
import type { Routes } from './kit.ts';

/** Keeps pages true without a reload: parts marked `data-live` are replaced when something changed, unless a person is writing in them or holds a button down. */
const LIVE = `
const dirty=new Set();let bye=false,held=false,late=false;
addEventListener('pointerdown',()=>{held=true},true);
for(const end of ['pointerup','pointercancel'])addEventListener(end,()=>{held=false;if(late){late=false;setTimeout(refresh)}},true);
addEventListener('input',e=>{const p=e.target.closest('[data-live]');if(p)dirty.add(p.dataset.live)});
addEventListener('submit',()=>{bye=true});
const refresh=async()=>{const r=await fetch(location.href);if(r.status===404&&!dirty.size){location.reload();return}if(!r.ok)return;
const text=await r.text();if(bye)return;if(held){late=true;return}
const next=new DOMParser().parseFromString(text,'text/html');
for(const now of document.querySelectorAll('[data-live]')){const id=now.dataset.live,then=next.querySelector('[data-live="'+id+'"]');if(!then)continue;
if(dirty.has(id)){const n=now.querySelector('[data-stale]');if(n&&now.dataset.version!==then.dataset.version)n.hidden=false;continue}
if(now.contains(document.activeElement)&&document.activeElement.matches('input,textarea,select'))continue;
if(now.open)then.open=true;if(now.outerHTML!==then.outerHTML)now.replaceWith(then)}};
let soon;new EventSource('/events').onmessage=()=>{clearTimeout(soon);soon=setTimeout(refresh,60)};
document.addEventListener('click',e=>{const b=e.target.closest('[data-copy]');if(b)navigator.clipboard.writeText(b.dataset.copy).then(()=>{b.textContent='Copied'},()=>{document.getElementById('token').select()})});
document.querySelector('header select')?.addEventListener('change',e=>e.target.form.submit());`;

/** For the end of a page that keeps itself true and whose user switcher works at once; needs {@link liveRoutes}. */
// apart from the tagged template: a bundler that meets a closing script tag in one replaces the tag by a helper that is not there at run time
export const LIVE_SCRIPT: Markup = { markup: `<script>${LIVE}</script>` };

/** The line on which pages hear that something changed. */
export function liveRoutes(onChange: (listener: () => void) => () => void): Routes {
  return {
    'GET /events': () => ({
      status: 200,
      headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' },
      stream: (res) => {
        res.write('retry: 1000\n\n');
        res.on('close', onChange(() => res.write('data: changed\n\n')));
      },
    }),
  };
}
