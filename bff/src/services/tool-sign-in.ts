import type { Remote } from '../access/credentials.ts';
import { beginOAuth, fetchTokens, redeemState, revokeTokens } from '../access/oauth.ts';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Http } from '../http.ts';
import type { Member } from '../jwt.ts';
import type { Tool } from '../ports.ts';
import { readStart } from './start-link.ts';
import type { Sites } from './sites.ts';

/** Sign-in at a tool by its consent page. The browser must belong to the member, or a forwarded link would connect one person's account to another. */
export interface ToolSignIn {
  /** Whose a start link is, and for which site; throws for one that we did not make. */
  read(tool: string, start: string): { member: Member; site: string };
  /** Where to send the member's browser, and what to keep in its cookie. */
  begin(member: Member, tool: string, site: string): Promise<{ url: string; browser: string }>;
  /** Ends a sign-in that the same member began in the same browser. */
  finish(member: Member | undefined, tool: string, callback: { code: string; state: string; browser: string | undefined }, cause: string): Promise<void>;
}

/** Opens the sign-in at the tools' configured sites. */
export function openToolSignIn(deps: Deps, sites: Sites, http: Http): ToolSignIn {
  const { store, vault, random, now, tools, config } = deps;
  const redirectUri = (tool: string): string => `${config.url}/auth/${tool}/callback`;

  const consenting = (id: string, site: string): { tool: Tool; oauth: NonNullable<Remote['oauth']> } => {
    const tool = tools.at(id, site);
    if (!tool?.oauth) throw new TandemError('not_found', `There is no sign-in by consent at ${site}. Connect with a token instead.`);
    return { tool, oauth: tool.oauth };
  };

  return {
    read(tool, start) {
      const found = readStart(vault, tool, start);
      if (!found) throw new TandemError('forbidden', 'This link was not made by Tandem. Start the sign-in from your own panel.');
      return found;
    },
    async begin({ user, team }, id, site) {
      const { oauth } = consenting(id, site);
      return beginOAuth({ grants: store.grants, vault, random, now: now() }, oauth, { redirectUri: redirectUri(id), data: { tool: id, site, user, team } });
    },
    async finish(member, id, { code, state, browser }, cause) {
      const { data, verifier } = await redeemState({ grants: store.grants, vault, now: now() }, state, browser);
      if (data['tool'] !== id) throw new TandemError('forbidden', 'This sign-in was begun for another tool. Start it again from the panel.');
      if (!member || data['user'] !== member.user || data['team'] !== member.team) {
        throw new TandemError('forbidden', 'This sign-in was begun by another member. Start it again from your own panel.');
      }
      const { tool, oauth } = consenting(id, data['site'] ?? '');
      const tokens = await fetchTokens(http, tool.name, oauth, { code, redirectUri: redirectUri(id), ...(verifier ? { verifier } : {}) }, now());
      await sites.take(member, tool, { kind: 'oauth', ...tokens }, cause).catch(async (error: unknown) => {
        // Nobody will ever use these tokens: they must not live on at the tool.
        if (oauth.revokeUrl) await revokeTokens(http, tool.name, oauth, tokens).catch((reason: unknown) => deps.log.warn({ err: reason, tool: id }, 'unused tokens not revoked'));
        throw error;
      });
    },
  };
}
