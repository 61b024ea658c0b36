import { printRef } from '@tandem/shared/ref';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Access, Card, Tool } from '../ports.ts';
import type { Link, NewTask } from '../store/store.ts';
import { follow } from './follow.ts';

/** The first address in a card's description: a card of ours begins with its item's, and copies keep it. */
export function addressOn(card: Card): string | undefined {
  const found = /<a\b[^>]*?\bhref="([^"]*)"/i.exec(card.shown.description)?.[1]?.replaceAll('&amp;', '&');
  return found && URL.canParse(found) && /^https?:$/.test(new URL(found).protocol) ? found : undefined;
}

/** An account that may look for an item, and the tool that it belongs to. */
export interface Looker {
  readonly tool: Tool;
  readonly access: Access;
}

/** Each of a member's working accounts at a tool; with `deadline` (epoch ms) none of their requests outlives it. */
export async function lookersOf({ store, tools, accounts }: Pick<Deps, 'store' | 'tools' | 'accounts'>, team: string, user: string, deadline?: number): Promise<Looker[]> {
  return (await store.accounts.byMember(team, user)).flatMap((account) => {
    const tool = account.state === 'active' ? tools.at(account.tool, account.site) : undefined;
    return tool ? [{ tool, access: accounts.accessOf(account, deadline) }] : [];
  });
}

/**
 * Links a card that nobody linked (a copy, a crash before the link was stored, a board's copy) to the item whose address it shows, as far as one of the reader's accounts reads it.
 * The reader is who created the card, or who clicked on it: an item is never carried to people whom its reader did not choose. `undefined` where no account of theirs leads anywhere.
 */
export async function adopt(
  deps: Deps,
  mark: (tasks: readonly NewTask[]) => Promise<void>,
  card: Card,
  reader: { team: string; user: string; accounts: readonly Looker[] },
  cause: string,
): Promise<{ link: Link; created: boolean } | undefined> {
  const address = addressOn(card);
  if (!address) return undefined;
  for (const { tool, access } of reader.accounts) {
    // What is behind Munity has addresses of its own.
    if (!tool.connector && !address.startsWith(`${tool.site.base}/`)) continue;
    try {
      const ref = await tool.locate(access, address);
      const before = ref && (await deps.store.items.get(reader.team, printRef(ref)));
      const item = ref && (await tool.read(access, ref));
      if (item) return await follow(deps, mark, { team: reader.team, board: card.board, card: card.id, creator: card.createdBy, reader: reader.user, item, before, event: 'adopted' }, cause);
    } catch (error) {
      if (!(error instanceof TandemError) || error.status >= 500) throw error;
    }
  }
  return undefined;
}
