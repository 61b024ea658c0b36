import type { Rect } from '@mirohq/websdk-types';

/** The infinite plane: where it is looked at from, and how a person moves it. */
export interface Canvas {
  /** holds what lies on the board, in board coordinates */
  readonly plane: HTMLElement;
  readonly zoom: () => number;
  /** board coordinates of a point of the window */
  toBoard(client: { x: number; y: number }): { x: number; y: number };
  /** what of the board is in sight, right of an open panel */
  viewport(): Rect;
  /** shows this part of the board, as large as it fits */
  show(rect: Rect, most?: number): void;
  zoomBy(factor: number, around?: { x: number; y: number }): void;
  zoomTo(zoom: number): void;
  panBy(dx: number, dy: number): void;
  /** dragging moves the board even on a card */
  handMode: boolean;
  /** window pixels at the left that are covered */
  covered: number;
}

const LIMITS = { least: 0.1, most: 4 } as const;

/** Makes an element a board that is panned by dragging or the wheel, and zoomed by wheel, pinch or keys. */
export function openCanvas(stage: HTMLElement, plane: HTMLElement, changed: (zoom: number) => void): Canvas {
  let zoom = 1;
  let offset = { x: stage.clientWidth / 2, y: stage.clientHeight / 2 };
  let frame = 0;

  const paint = (smooth = false): void => {
    plane.classList.toggle('gliding', smooth);
    plane.style.transform = `translate(${offset.x}px, ${offset.y}px) scale(${zoom})`;
    const step = 20 * zoom * (zoom < 0.5 ? 4 : 1);
    stage.style.backgroundSize = `${step}px ${step}px`;
    stage.style.backgroundPosition = `${offset.x}px ${offset.y}px`;
    changed(zoom);
  };
  const soon = (): void => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => paint());
  };
  const local = (client: { x: number; y: number }): { x: number; y: number } => {
    const box = stage.getBoundingClientRect();
    return { x: client.x - box.left, y: client.y - box.top };
  };
  const middle = (): { x: number; y: number } => ({ x: (canvas.covered + stage.clientWidth) / 2, y: stage.clientHeight / 2 });
  const setZoom = (wanted: number, at: { x: number; y: number }): void => {
    const next = Math.min(LIMITS.most, Math.max(LIMITS.least, wanted));
    offset = { x: at.x - ((at.x - offset.x) * next) / zoom, y: at.y - ((at.y - offset.y) * next) / zoom };
    zoom = next;
  };

  const canvas: Canvas = {
    plane,
    handMode: false,
    covered: 0,
    zoom: () => zoom,
    toBoard(client) {
      const point = local(client);
      return { x: (point.x - offset.x) / zoom, y: (point.y - offset.y) / zoom };
    },
    viewport: () => ({ x: (canvas.covered - offset.x) / zoom, y: -offset.y / zoom, width: (stage.clientWidth - canvas.covered) / zoom, height: stage.clientHeight / zoom }),
    show(rect, most = LIMITS.most) {
      const room = { width: stage.clientWidth - canvas.covered, height: stage.clientHeight };
      zoom = Math.min(most, Math.max(LIMITS.least, Math.min(room.width / rect.width, room.height / rect.height)));
      const centre = middle();
      offset = { x: centre.x - (rect.x + rect.width / 2) * zoom, y: centre.y - (rect.y + rect.height / 2) * zoom };
      paint(true);
    },
    zoomBy(factor, around) {
      setZoom(zoom * factor, around ? local(around) : middle());
      paint(!around);
    },
    zoomTo(wanted) {
      setZoom(wanted, middle());
      paint(true);
    },
    panBy(dx, dy) {
      offset = { x: offset.x + dx, y: offset.y + dy };
      soon();
    },
  };

  stage.addEventListener('wheel', (event) => {
    event.preventDefault();
    // a mouse wheel moves in large vertical steps and zooms, as on a real board; a touch pad pans, and pinches with `ctrlKey`
    const wheel = event.deltaX === 0 && Math.abs(event.deltaY) >= 50 && !event.shiftKey;
    if (event.ctrlKey || event.metaKey || wheel) {
      setZoom(zoom * Math.exp(-event.deltaY * (wheel ? 0.0015 : 0.01)), local({ x: event.clientX, y: event.clientY }));
      soon();
    } else canvas.panBy(-event.deltaX, -event.deltaY);
  }, { passive: false });

  let space = false;
  window.addEventListener('keydown', (event) => {
    if (event.key !== ' ' || (event.target instanceof Element && event.target.closest('button, input, a, dialog'))) return;
    space = true;
    stage.classList.add('panning');
    event.preventDefault();
  });
  window.addEventListener('keyup', (event) => {
    if (event.key !== ' ') return;
    space = false;
    stage.classList.remove('panning');
  });

  stage.addEventListener('pointerdown', (event) => {
    const empty = event.target === stage || event.target === plane;
    const pans = event.button === 1 || (event.button === 0 && (space || canvas.handMode || (empty && !event.shiftKey)));
    if (!pans) return;
    event.preventDefault();
    event.stopPropagation();
    stage.focus({ preventScroll: true });
    stage.setPointerCapture(event.pointerId);
    stage.classList.add('grabbing');
    const move = (moved: PointerEvent): void => canvas.panBy(moved.movementX, moved.movementY);
    const stop = (): void => {
      stage.classList.remove('grabbing');
      stage.removeEventListener('pointermove', move);
      stage.removeEventListener('pointerup', stop);
      stage.removeEventListener('pointercancel', stop);
    };
    stage.addEventListener('pointermove', move);
    stage.addEventListener('pointerup', stop);
    stage.addEventListener('pointercancel', stop);
  }, { capture: true });

  stage.addEventListener('keydown', (event) => {
    if (event.target !== stage) return;
    const by = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    if (by) canvas.panBy(by[0] ?? 0, by[1] ?? 0);
    else if (event.key === '+' || event.key === '=') canvas.zoomBy(1.2);
    else if (event.key === '-') canvas.zoomBy(1 / 1.2);
    else return;
    event.preventDefault();
  });

  paint();
  return canvas;
}
