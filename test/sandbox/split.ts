/** Lets a person drag the border between board and right side, move it with the arrow keys, and collapse the side. */
export function resizable(main: HTMLElement, side: HTMLElement, splitter: HTMLElement): void {
  const LEAST = 320;
  const most = (): number => Math.max(LEAST, window.innerWidth - 560);
  splitter.setAttribute('role', 'separator');
  splitter.setAttribute('aria-orientation', 'vertical');
  splitter.setAttribute('aria-label', 'Width of the right side. Enter collapses it.');
  let width = side.offsetWidth;
  let collapsed = false;

  const apply = (): void => {
    main.classList.toggle('collapsed', collapsed);
    main.style.setProperty('--side', `${width}px`);
    splitter.setAttribute('aria-valuenow', String(collapsed ? 0 : Math.round(width)));
    splitter.setAttribute('aria-valuemin', '0');
    splitter.setAttribute('aria-valuemax', String(most()));
  };
  const resize = (wanted: number): void => {
    collapsed = wanted < LEAST / 2;
    if (!collapsed) width = Math.min(most(), Math.max(LEAST, wanted));
    apply();
  };
  const toggle = (): void => {
    collapsed = !collapsed;
    apply();
  };

  const move = (moved: PointerEvent): void => resize(window.innerWidth - moved.clientX);
  splitter.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    splitter.focus();
    splitter.setPointerCapture(event.pointerId);
    main.classList.add('resizing');
    splitter.addEventListener('pointermove', move);
    splitter.addEventListener('pointerup', () => {
      main.classList.remove('resizing');
      splitter.removeEventListener('pointermove', move);
    }, { once: true });
  });
  splitter.addEventListener('dblclick', toggle);
  splitter.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') toggle();
    else if (event.key === 'ArrowLeft') resize((collapsed ? 0 : width) + (collapsed ? LEAST : 24));
    else if (event.key === 'ArrowRight') resize(width - 24 < LEAST ? 0 : width - 24);
    else return;
    event.preventDefault();
  });
  apply();
}
