import type { AccountView, SiteView } from '@tandem/shared/api';

/** Whether an account can be used: `ending` within two weeks; `expired` when the tool refused it or its token has ended. */
export type Health = 'active' | 'ending' | 'expired';

/** `tool site` as one key. */
export const siteKey = (site: { tool: string; site: string }): string => `${site.tool} ${site.site}`;

/** A site as people know it: a customer of Munity has a name that says nothing to anybody. */
export const hostOf = ({ tool, site }: { tool: string; site: string }): string => (tool.startsWith('munity:') ? 'through Munity' : site);

/** `@ana `, where the tool calls people so. */
export const handleOf = ({ username }: { username: string }): string => (username ? `@${username} ` : '');

/** Where something is: `at gitlab.com`. */
export const atSite = (one: { tool: string; site: string }): string => (hostOf(one) === one.site ? `at ${one.site}` : hostOf(one));

const DAY_MS = 86_400_000;
/** Whoever looks at a board once a fortnight still hears of it in time. */
const NOTICE_MS = 14 * DAY_MS;

/** How an account is now. */
export function healthOf({ state, ends }: AccountView, now: number): Health {
  const left = ends ? Date.parse(ends) - now : Infinity;
  if (state === 'expired' || left <= 0) return 'expired';
  return left <= NOTICE_MS ? 'ending' : 'active';
}

/** Whether the caller can work at this site. */
export function isUsable(site: SiteView, now: number): boolean {
  return site.account !== undefined && healthOf(site.account, now) !== 'expired';
}

/** A moment to come as people say it: `3 December (in 9 days)`, by their own calendar. */
export function dayOf(iso: string, now: number): string {
  const midnight = (moment: number): number => new Date(moment).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(Date.parse(iso)) - midnight(now)) / DAY_MS);
  return `${new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long' }).format(Date.parse(iso))} (${new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(days, 'day')})`;
}
