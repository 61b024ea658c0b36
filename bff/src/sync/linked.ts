import type { Store } from '../store/store.ts';

/** The distinct refs of a team that begin with this and that a card or a pair follows. */
export async function refsAt(store: Pick<Store, 'links' | 'pairs'>, team: string, refPrefix: string): Promise<string[]> {
  const [cards, pairs] = await Promise.all([store.links.refsAt(team, refPrefix), store.pairs.refsAt(team, refPrefix)]);
  return [...new Set([...cards, ...pairs])];
}
