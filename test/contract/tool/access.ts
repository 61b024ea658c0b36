import { callApi, openHttp, type Http } from '@tandem/bff/http';
import type { Access, Tool } from '@tandem/bff/ports';

const http: Http = openHttp({ trusted: [], allowPrivate: true });

/** An access to a tool's site with a token, and the account's own person: what the product makes of an account row, without rows. */
export async function accessWith(tool: Tool, token: string): Promise<Access> {
  const access = anonymous(tool, token);
  return { ...access, person: (await tool.me(access)).person };
}

/** The same before anybody knows whose token it is. */
export function anonymous(tool: Tool, token: string): Access {
  const { id, name, base, api } = { ...tool, ...tool.site, id: tool.id };
  const headers = tool.signIn.headers({ token });
  return {
    site: tool.site.id,
    base,
    person: { id: '', name: '', username: '' },
    request: (call) => callApi(http, { tool: id, name, api, headers, timeout: 10_000, now: Date.now() }, call),
  };
}
