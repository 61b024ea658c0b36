import { parseRef } from '@tandem/shared/ref';
import type { Deps } from '../deps.ts';
import { TandemError } from '../errors.ts';
import type { Tool } from '../ports.ts';
import type { Account, Link } from '../store/store.ts';
import type { Run } from './runs.ts';

/**
 * The handler of `backlink:<team>:<board>:<ref>`: as long as the item has a card on the board, one note in the item leads to it, and none when it has not.
 * The note is written by the account of whoever linked the card, because only its author may always remove it.
 */
export function backlinker(deps: Deps): (id: string, run: Run) => Promise<void> {
  const { store, tools, config } = deps;

  const accountOf = async (team: string, user: string, tool: Tool): Promise<Account | undefined> => {
    const account = await store.accounts.get({ team, user, tool: tool.id, site: tool.site.id });
    return account?.state === 'active' ? account : undefined;
  };

  return async (id, run) => {
    const [team = '', board = '', ...rest] = id.split(':');
    const key = { team: decodeURIComponent(team), board: decodeURIComponent(board), ref: rest.join(':') };
    const ref = parseRef(key.ref);
    const tool = ref && tools.at(ref.tool, ref.site);
    if (!ref || !tool?.backlinks) return;
    const links = (await store.links.byRef(key.team, key.ref)).filter((link) => link.board === key.board);
    const there = await store.backlinks.get(key.team, key.ref, key.board);
    const wanted = there !== undefined && links.some((link) => link.card === there.card);
    if (there?.remoteId && wanted) return;

    if (there) {
      const author = await accountOf(key.team, there.user, tool);
      // Whoever wrote it is not connected any more: it stays, since nobody else may remove it everywhere.
      if (author) {
        const access = deps.accounts.accessOf(author, run.deadline);
        const remoteId = there.remoteId || (await allowed(tool.backlinks.find(access, ref, textFor(config.miro.web, there))));
        if (remoteId && wanted) return store.backlinks.put({ ...there, remoteId });
        if (remoteId) await allowed(tool.backlinks.remove(access, ref, remoteId));
      }
      await store.backlinks.remove(key.team, key.ref, key.board);
    }
    const [link] = config.backlinks ? links : [];
    const author = link && (await accountOf(key.team, link.reader, tool));
    if (!link || !author) return;
    const note = { ...key, card: link.card, user: author.user };
    // Said before it is written: one whose making is answered to nobody is looked for, and neither written twice nor forgotten.
    await store.backlinks.put({ ...note, remoteId: '' });
    const remoteId = await allowed(tool.backlinks.add(deps.accounts.accessOf(author, run.deadline), ref, textFor(config.miro.web, link)));
    if (remoteId === undefined) await store.backlinks.remove(key.team, key.ref, key.board);
    else await store.backlinks.put({ ...note, remoteId });
  };
}

/** The note as people read it. */
function textFor(web: string, { board, card }: Pick<Link, 'board' | 'card'>): string {
  return `On a Miro board: ${web}/app/board/${encodeURIComponent(board)}/?moveToWidget=${encodeURIComponent(card)}`;
}

/** `undefined` where this account may not, or the item is gone: a note is a courtesy, and trying again would not help. */
async function allowed<T>(work: Promise<T> | T): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof TandemError && ['forbidden', 'not_found', 'account_expired', 'tool_refused'].includes(error.code)) return undefined;
    throw error;
  }
}
