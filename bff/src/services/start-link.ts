import type { Vault } from '../crypto.ts';
import type { Member } from '../jwt.ts';
import type { Tool } from '../ports.ts';

/** The path that begins a sign-in at a tool's site for this member: signed, so that nobody else can make a link that reconnects them. It opens nothing by itself: the browser has to be theirs. */
export function startLink(vault: Vault, { user, team }: Member, tool: Tool): string {
  const start = vault.sign(Buffer.from(JSON.stringify([user, team, tool.site.id])).toString('base64url'), purpose(tool.id));
  return `/auth/${encodeURIComponent(tool.id)}?${new URLSearchParams({ start })}`;
}

/** What a start link says; `undefined` for one that we did not make. */
export function readStart(vault: Vault, tool: string, start: string): { member: Member; site: string } | undefined {
  const value = vault.unsign(start, purpose(tool));
  if (!value) return undefined;
  const [user, team, site] = JSON.parse(Buffer.from(value, 'base64url').toString('utf8')) as [string, string, string];
  return { member: { user, team }, site };
}

function purpose(tool: string): string {
  return `start at ${tool}`;
}
