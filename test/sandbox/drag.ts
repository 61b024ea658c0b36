import type { Canvas } from './canvas.ts';
import { el } from './dom.ts';
import type { ToBoard } from './wire.ts';

type Drag = Extract<ToBoard, { sdk: 'drag' }>;
interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Follows a `miro-draggable` element out of the panel with a ghost of a card, and tells where on the board it was dropped, if it was. While the button is
 * down, browsers send the pointer's events to the frame that the drag began in or, once outside of it, to this page: both are followed.
 */
export function followDrags(canvas: Canvas, stage: HTMLElement, dropped: (at: Point) => void): (frame: HTMLIFrameElement, drag: Drag) => void {
  const ghost = el('div', { className: 'ghost', hidden: true, aria: { hidden: 'true' } });
  document.body.append(ghost);
  let frame: HTMLIFrameElement | undefined;

  const isOver = (at: Point): boolean => {
    const [panel, board] = [frame?.getBoundingClientRect(), stage.getBoundingClientRect()];
    return panel !== undefined && at.x > panel.right && at.x < board.right && at.y > board.top && at.y < board.bottom;
  };
  const move = (at: Point): void => {
    ghost.hidden = false;
    ghost.classList.toggle('over', isOver(at));
    ghost.style.translate = `${at.x}px ${at.y}px`;
  };
  const end = (at: Point | undefined): void => {
    const over = at !== undefined && isOver(at);
    frame = undefined;
    ghost.hidden = true;
    if (over) dropped(canvas.toBoard(at));
  };
  window.addEventListener('pointermove', (event) => {
    // a message of the frame may arrive after the button was let go here
    if (event.buttons === 0) end(undefined);
    else if (frame) move({ x: event.clientX, y: event.clientY });
  });
  window.addEventListener('pointerup', (event) => end({ x: event.clientX, y: event.clientY }));
  window.addEventListener('pointercancel', () => end(undefined));

  return (from, drag) => {
    const box = from.getBoundingClientRect();
    const at = { x: box.left + drag.x, y: box.top + drag.y };
    if (drag.phase === 'move') {
      frame = from;
      ghost.textContent = drag.label;
      move(at);
    } else end(drag.phase === 'drop' ? at : undefined);
  };
}
