import type { ToolConfig } from '../config.ts';
import type { MunityConfig } from '../munity-config.ts';
import { siteAt, webAddress } from '../http.ts';
import type { Tool, Tools } from '../ports.ts';
import { gitea } from './gitea/index.ts';
import { gitlab } from './gitlab/index.ts';
import { customerOf } from './munity/customer.ts';
import { munityHooks } from './munity/hooks.ts';
import { munity } from './munity/index.ts';
import { productboard } from './productboard/index.ts';

type Opener = (settings: ToolConfig & { readonly now: () => number }) => Tool;

const OPENERS: Readonly<Record<string, Opener>> = { gitlab, gitea, productboard };
/** So many sites that members named are kept open. */
const MOST = 1000;

/** The tools that have a configured site, there and at the sites that members name; those speak HTTPS, unless `plain` addresses are allowed too. Tools behind Munity have a site for every member. */
export function openTools(configured: Readonly<Record<string, ToolConfig>>, plain: boolean, now: () => number, behind?: MunityConfig): Tools {
  const own = new Map<string, Tool>();
  for (const [id, settings] of Object.entries(configured)) {
    const open = OPENERS[id];
    if (open) own.set(id, open({ ...settings, now }));
  }
  const named = new Map<string, Tool>();

  const remember = (key: string, opened: Tool | undefined): Tool | undefined => {
    if (named.size >= MOST) named.clear();
    if (opened) named.set(key, opened);
    return opened;
  };
  const at = (tool: string, site: string): Tool | undefined => {
    const connector = /^munity:(.+)$/.exec(tool)?.[1];
    if (connector) return named.get(`${tool} ${site}`) ?? (behind && remember(`${tool} ${site}`, munity(connector, site, behind, now)));
    const home = own.get(tool);
    if (!home || home.site.id === site) return home;
    const url = webAddress(site.includes('://') ? site : `https://${site}`);
    // Only what a named address would print: one site has one id.
    if (!url || siteAt(url, '').id !== site || !(plain || url.startsWith('https:'))) return undefined;
    const api = configured[tool]?.api;
    return named.get(`${tool} ${site}`) ?? remember(`${tool} ${site}`, OPENERS[tool]?.({ url, now, ...(api === undefined ? {} : { api }) }));
  };

  return {
    configured: [...own.values()],
    at,
    personal: (member) => (behind?.connectors ?? []).flatMap((connector) => at(`munity:${connector}`, customerOf(member)) ?? []),
    shared: behind ? { munity: munityHooks(behind) } : {},
    named(tool, text) {
      const url = webAddress(/^https?:\/\//i.test(text) ? text : `https://${text}`);
      if (!url) return undefined;
      const home = own.get(tool);
      return home?.site.base === url ? home : at(tool, siteAt(url, '').id);
    },
  };
}
