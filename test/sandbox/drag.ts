import type { Canvas } from './canvas.ts';
import { el } from './dom.ts';
import type { ToBoard } from './wire.ts';

type Drag = Extract<ToBoard, { sdk: 'drag' }>;

/** Follows a `miro-draggable` element out of the panel with a ghost of a card; answers where on the board it was dropped, if it was. */
export function followDrags(canvas: Canvas, stage: HTMLElement): (frame: HTMLIFrameElement, drag: Drag) => { x: number; y: number } | undefined {
  const ghost = el('div', { className: 'ghost', hidden: true, aria: { hidden: 'true' } });
  document.body.append(ghost);
  return (frame, drag) => {
    const box = frame.getBoundingClientRect();
    const at = { x: box.left + drag.x, y: box.top + drag.y };
    const board = stage.getBoundingClientRect();
    const over = at.x > box.right && at.x < board.right && at.y > board.top && at.y < board.bottom;
    if (drag.phase === 'move') {
      ghost.hidden = false;
      ghost.textContent = drag.label;
      ghost.classList.toggle('over', over);
      ghost.style.translate = `${at.x}px ${at.y}px`;
      return undefined;
    }
    ghost.hidden = true;
    return drag.phase === 'drop' && over ? canvas.toBoard(at) : undefined;
  };
}
