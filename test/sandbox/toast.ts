import { el } from './dom.ts';

/** Notices at the bottom of the board, like Miro's; the newest replaces the one before. Also what a screen reader is told. */
export function makeToasts(): (type: 'error' | 'info', message: string) => void {
  const box = el('div', { className: 'toast', popover: 'manual', aria: { role: 'status' } });
  document.body.append(box);
  let timer = 0;
  return (type, message) => {
    window.clearTimeout(timer);
    // closing and opening again lifts it above a dialog that was opened since
    if (box.matches(':popover-open')) box.hidePopover();
    box.textContent = message.slice(0, 200);
    box.dataset['type'] = type;
    box.showPopover();
    timer = window.setTimeout(() => box.hidePopover(), 5000);
  };
}
