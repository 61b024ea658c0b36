import type { SiteView } from '@tandem/shared/api';
import type { Ref } from '@tandem/shared/ref';
import { ApiError, asApiError, type Api } from '../api.ts';
import { isUsable } from './account.ts';

/** The site that a web address belongs to, if it is one of these: the address begins with the site's. */
export function siteOf(sites: readonly SiteView[], address: string): SiteView | undefined {
  const under = (site: SiteView): boolean => `${address}/`.toLowerCase().startsWith(`${site.url.replace(/\/+$/, '')}/`.toLowerCase());
  // One may live under a path of another.
  return sites.filter(under).toSorted((a, b) => b.url.length - a.url.length)[0];
}

/** What is wrong with an address before anything is asked, as a sentence. */
export function faultOf(sites: readonly SiteView[], address: string, now: number): string | undefined {
  if (!address) return 'Paste the address of an item here.';
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) return 'This is no web address. Open the item in the browser and copy its address from there.';
  const site = siteOf(sites, address);
  if (!site) return 'You are not connected to this site. Connect it under “Your accounts”, then try again.';
  if (!isUsable(site, now)) return `Connect ${site.name} at ${site.site} under “Your accounts”, then try again.`;
  return undefined;
}

/**
 * The two items at these addresses, each under one of the sites, as the caller's accounts see them.
 * What a tool says against one is said at its field (`invalid_input` with `details.fields`).
 */
export async function locateBoth(api: Pick<Api, 'items'>, sites: readonly SiteView[], addresses: { readonly left: string; readonly right: string }): Promise<{ left: Ref; right: Ref }> {
  const locate = async (address: string): Promise<Ref | string> => {
    const site = siteOf(sites, address);
    try {
      const [item] = site ? (await api.items(site.tool, site.site, { q: address })).items : [];
      return item?.ref ?? `This leads to no ${site?.noun ?? 'item'} that your account may see. Copy the address of the ${site?.noun ?? 'item'} itself.`;
    } catch (thrown) {
      const error = asApiError(thrown);
      if (error.code === 'network' || error.code === 'unauthenticated') throw error;
      return error.message;
    }
  };
  const [left, right] = await Promise.all([locate(addresses.left), locate(addresses.right)]);
  if (typeof left !== 'string' && typeof right !== 'string') return { left, right };
  const fields = { ...(typeof left === 'string' ? { left } : {}), ...(typeof right === 'string' ? { right } : {}) };
  throw new ApiError('invalid_input', 'These two cannot be kept in step yet.', { details: { fields } });
}
