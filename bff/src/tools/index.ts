import type { ToolConfig } from '../config.ts';
import { siteAt, webAddress } from '../http.ts';
import type { Tool, Tools } from '../ports.ts';
import { gitea } from './gitea/index.ts';
import { gitlab } from './gitlab/index.ts';

type Opener = (settings: ToolConfig & { readonly now: () => number }) => Tool;

const OPENERS: Readonly<Record<string, Opener>> = { gitlab, gitea };
/** So many sites that members named are kept open. */
const MOST = 1000;

/** The tools that have a configured site, there and at the sites that members name; those speak HTTPS, unless `plain` addresses are allowed too. */
export function openTools(configured: Readonly<Record<string, ToolConfig>>, plain: boolean, now: () => number): Tools {
  const own = new Map<string, Tool>();
  for (const [id, settings] of Object.entries(configured)) {
    const open = OPENERS[id];
    if (open) own.set(id, open({ ...settings, now }));
  }
  const named = new Map<string, Tool>();

  const at = (tool: string, site: string): Tool | undefined => {
    const home = own.get(tool);
    if (!home || home.site.id === site) return home;
    const url = webAddress(site.includes('://') ? site : `https://${site}`);
    // Only what a named address would print: one site has one id.
    if (!url || siteAt(url, '').id !== site || !(plain || url.startsWith('https:'))) return undefined;
    const known = named.get(`${tool} ${site}`);
    if (known) return known;
    if (named.size >= MOST) named.clear();
    const opened = OPENERS[tool]?.({ url, now });
    if (opened) named.set(`${tool} ${site}`, opened);
    return opened;
  };

  return {
    configured: [...own.values()],
    at,
    named(tool, text) {
      const url = webAddress(/^https?:\/\//i.test(text) ? text : `https://${text}`);
      if (!url) return undefined;
      const home = own.get(tool);
      return home?.site.base === url ? home : at(tool, siteAt(url, '').id);
    },
  };
}
