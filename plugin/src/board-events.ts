import type { AppCard } from '@mirohq/websdk-types';
import type { CardTarget } from './board.ts';

/** Wires the toolbar icon and the icons on our cards. Events reach every frame of the app, so only the headless page may do this. */
export function openOnClick(pages: { panel: string; card: string }): void {
  const handleCard = async ({ appCard }: { appCard: AppCard }): Promise<void> => {
    const { id: board } = await miro.board.getInfo();
    await miro.board.ui.openModal<CardTarget>({ url: pages.card, width: 560, height: 720, data: { board, card: appCard.id } });
  };
  /** Miro's servers tell nobody of a deletion; every browser that has the board open does. */
  const handleDelete = async (): Promise<void> => {
    const [{ id: board }, token] = await Promise.all([miro.board.getInfo(), miro.board.getIdToken()]);
    await fetch(`/api/boards/${encodeURIComponent(board)}/sweep`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  };
  void miro.board.ui.on('icon:click', () => void miro.board.ui.openPanel({ url: pages.panel }));
  void miro.board.ui.on('app_card:open', (event) => void handleCard(event));
  void miro.board.ui.on('app_card:connect', (event) => void handleCard(event));
  void miro.board.ui.on('items:delete', ({ items }: { items: readonly { readonly type: string }[] }) => {
    // Without this report the next look at the board finds it all the same.
    if (items.some((item) => item.type === 'app_card')) handleDelete().catch(() => undefined);
  });
}
