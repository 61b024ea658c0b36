import type { Tool } from '../ports.ts';
import { gitea } from './gitea/index.ts';
import { gitlab } from './gitlab/index.ts';

const OPENERS: Readonly<Record<string, (settings: { url: string; now: () => number }) => Tool>> = { gitlab, gitea };

/** The configured tools, by id. */
export function openTools(sites: Readonly<Record<string, string>>, now: () => number): ReadonlyMap<string, Tool> {
  const tools = Object.entries(sites).flatMap(([id, url]) => {
    const open = OPENERS[id];
    return open ? [open({ url, now })] : [];
  });
  return new Map(tools.map((tool) => [tool.id, tool]));
}
