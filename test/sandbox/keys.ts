import type { Cards } from './cards.ts';

/** The board's shortcuts: delete, copy, paste, duplicate, select all, show everything. They keep quiet while someone types or a dialog is open. */
export function watchKeys(board: { cards: Cards; remove(ids: readonly string[]): void; copy(ids: readonly string[]): void; fit(): void }): void {
  let clipboard: string[] = [];
  document.addEventListener('keydown', (event) => {
    if (event.target instanceof Element && event.target.closest('input, textarea, select, dialog, #side, #guide')) return;
    const chosen = [...board.cards.selected];
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if ((key === 'delete' || key === 'backspace') && chosen.length > 0) board.remove(chosen);
    else if (key === 'escape') board.cards.select([]);
    else if (key === '1' && !command) board.fit();
    else if (command && key === 'a') board.cards.select(board.cards.all.keys());
    else if (command && key === 'c' && chosen.length > 0 && !String(document.getSelection())) clipboard = chosen;
    else if (command && key === 'v' && clipboard.length > 0) board.copy(clipboard);
    else if (command && key === 'd' && chosen.length > 0) board.copy(chosen);
    else return;
    event.preventDefault();
  });
}
