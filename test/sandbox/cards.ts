import type { BoardCard } from './board-api.ts';
import type { Canvas } from './canvas.ts';
import { el, icon, mark } from './dom.ts';
import { plain, rich } from './rich.ts';

/** The cards on the board, as a person sees and handles them. */
export interface Cards {
  readonly all: ReadonlyMap<string, BoardCard>;
  readonly selected: ReadonlySet<string>;
  /** Shows a card, or its new state unless a newer one is shown already; `flash` when someone else changed what it says. Answers what is shown. */
  put(card: BoardCard, flash: boolean): BoardCard;
  drop(id: string): BoardCard | undefined;
  select(ids: Iterable<string>): void;
  focus(id: string): void;
  element(id: string): HTMLElement | undefined;
}

export interface CardActions {
  /** the app listens to clicks on the icon of a card in this state */
  readonly canOpen: (status: 'connected' | 'disconnected') => boolean;
  /** the icon was clicked, or Enter pressed */
  open(card: BoardCard): void;
  /** `undo` puts them back, should the server refuse */
  moved(cards: readonly BoardCard[], undo: () => void): void;
  selection(ids: ReadonlySet<string>): void;
}

const STATUS = {
  connected: { label: 'Open in Tandem', icon: 'open' },
  disconnected: { label: 'Connect with Tandem', icon: 'unlink' },
  disabled: { label: 'No longer available', icon: 'blocked' },
} as const;

/** Cards that look and behave like Miro's app cards: https://developers.miro.com/docs/appcard_appcard-1 */
export function showCards(canvas: Canvas, actions: CardActions): Cards {
  const all = new Map<string, BoardCard>();
  const elements = new Map<string, HTMLElement>();
  const selected = new Set<string>();

  const place = (id: string): void => {
    const [card, element] = [all.get(id), elements.get(id)];
    if (!card || !element) return;
    card.height = element.offsetHeight;
    element.style.left = `${Math.round(card.x - card.width / 2)}px`;
    element.style.top = `${Math.round(card.y - card.height / 2)}px`;
  };
  const resized = new ResizeObserver((entries) => {
    for (const { target } of entries) if (target instanceof HTMLElement) place(target.dataset['cardId'] ?? '');
  });

  // a part that says what it said stays as it is: under a finger or a pointer, and with the focus on it
  const paint = (card: BoardCard, element: HTMLElement): void => {
    const name = plain(card.title) || 'Untitled card';
    const state = STATUS[card.status];
    element.setAttribute('aria-label', name);
    element.style.width = `${card.width}px`;
    element.style.rotate = `${card.rotation}deg`;
    element.style.setProperty('--theme', card.style.cardTheme ?? '#2d9bf0');
    element.dataset['status'] = card.status;
    element.classList.toggle('filled', card.style.fillBackground === true);
    const idle = card.status === 'disabled' || !card.owned || !actions.canOpen(card.status);
    const button = el('button', { className: 'card-status', type: 'button', title: state.label, disabled: idle, aria: { label: `${state.label}: ${name}` }, onclick: () => actions.open(all.get(card.id) ?? card) }, icon(state.icon, 16));
    const chips = (card.fields ?? []).map((field) => {
      const chip = el('li', { className: 'chip', title: field.tooltip ?? '', style: `${field.fillColor ? `background:${field.fillColor};` : ''}${field.textColor ? `color:${field.textColor}` : ''}` });
      if (field.iconUrl) chip.append(el('img', { src: field.iconUrl, alt: '', className: field.iconShape ?? 'round' }));
      chip.append(field.value ?? '');
      return chip;
    });
    const body = el('div', { className: 'card-text', hidden: !plain(card.description) });
    body.append(rich(card.description));
    const title = el('h3', { className: 'card-title' });
    title.append(rich(card.title));
    const foot = el('div', { className: 'card-foot' }, chips.length > 0 && el('ul', { className: 'chips', aria: { label: 'Fields' } }, ...chips), el('span', { className: 'card-logo', title: 'Tandem' }, mark(20)));
    const focused = document.activeElement?.className === 'card-status' && element.contains(document.activeElement);
    const old = new Map([...element.children].map((part) => [part.className, part]));
    for (const part of [title, body, foot, button]) {
      const kept = old.get(part.className);
      if (kept?.isEqualNode(part)) continue;
      if (kept) kept.replaceWith(part);
      else element.append(part);
    }
    if (focused) element.querySelector<HTMLElement>('.card-status')?.focus({ preventScroll: true });
  };

  const select = (ids: Iterable<string>): void => {
    const wanted = new Set([...ids].filter((id) => all.has(id)));
    if (wanted.size === selected.size && [...wanted].every((id) => selected.has(id))) return;
    selected.clear();
    for (const id of wanted) selected.add(id);
    for (const [id, element] of elements) {
      if (selected.has(id)) element.setAttribute('aria-current', 'true');
      else element.removeAttribute('aria-current');
    }
    actions.selection(selected);
  };

  /** What an action on this card is about: the whole selection when the card is part of it. */
  const group = (id: string): string[] => (selected.has(id) ? [...selected] : [id]);
  const shift = (ids: readonly string[], dx: number, dy: number): void => {
    for (const id of ids) {
      const card = all.get(id);
      if (card) Object.assign(card, { x: card.x + dx, y: card.y + dy });
      place(id);
    }
  };
  const cardsOf = (ids: readonly string[]): BoardCard[] => ids.flatMap((id) => all.get(id) ?? []);

  // a card that gets the focus is selected, unless it got it from a click, which says itself what it selects
  let clicking = false;
  const handle = (element: HTMLElement, id: string): void => {
    element.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || (event.target instanceof Element && event.target.closest('a, button'))) return;
      event.preventDefault();
      clicking = true;
      element.focus({ preventScroll: true });
      clicking = false;
      if (event.shiftKey) select(selected.has(id) ? [...selected].filter((one) => one !== id) : [...selected, id]);
      else if (!selected.has(id)) select([id]);
      if (!selected.has(id)) return;
      const ids = group(id);
      let moved = false;
      const way = { x: 0, y: 0 };
      element.setPointerCapture(event.pointerId);
      const move = (to: PointerEvent): void => {
        if (!moved && Math.hypot(to.clientX - event.clientX, to.clientY - event.clientY) < 4) return;
        moved = true;
        element.classList.add('lifted');
        const by = { x: to.movementX / canvas.zoom(), y: to.movementY / canvas.zoom() };
        Object.assign(way, { x: way.x + by.x, y: way.y + by.y });
        shift(ids, by.x, by.y);
      };
      const stop = (): void => {
        element.classList.remove('lifted');
        element.removeEventListener('pointermove', move);
        element.removeEventListener('pointerup', stop);
        element.removeEventListener('pointercancel', stop);
        if (moved) actions.moved(cardsOf(ids), () => shift(ids, -way.x, -way.y));
      };
      element.addEventListener('pointermove', move);
      element.addEventListener('pointerup', stop);
      element.addEventListener('pointercancel', stop);
    });
    element.addEventListener('focus', () => {
      if (!clicking && !selected.has(id)) select([id]);
    });
    element.addEventListener('dblclick', () => {
      const card = all.get(id);
      if (card && !element.querySelector<HTMLButtonElement>('.card-status')?.disabled) actions.open(card);
    });
    element.addEventListener('keydown', (event) => {
      if (event.target !== element) return;
      const by = { ArrowLeft: [-10, 0], ArrowRight: [10, 0], ArrowUp: [0, -10], ArrowDown: [0, 10] }[event.key];
      if (by) {
        const [ids, [dx = 0, dy = 0]] = [group(id), by];
        shift(ids, dx, dy);
        actions.moved(cardsOf(ids), () => shift(ids, -dx, -dy));
      } else if (event.key === 'Enter') element.querySelector<HTMLButtonElement>('.card-status')?.click();
      else return;
      event.preventDefault();
    });
  };

  return {
    all,
    selected,
    select,
    element: (id) => elements.get(id),
    focus: (id) => elements.get(id)?.focus({ preventScroll: true }),
    put(card, flash) {
      const known = elements.get(card.id);
      const before = all.get(card.id);
      if (before && before.rev > card.rev) return before;
      if (before && known?.classList.contains('lifted')) Object.assign(card, { x: before.x, y: before.y });
      const element = known ?? el('article', { className: 'card', tabIndex: 0, data: { cardId: card.id } });
      all.set(card.id, card);
      paint(card, element);
      if (!known) {
        elements.set(card.id, element);
        canvas.plane.append(element);
        handle(element, card.id);
        resized.observe(element);
        element.classList.add('arrived');
      }
      if (flash && known) {
        element.classList.remove('flash', 'arrived');
        void element.offsetWidth;
        element.classList.add('flash');
      }
      place(card.id);
      return card;
    },
    drop(id) {
      const [card, element] = [all.get(id), elements.get(id)];
      all.delete(id);
      elements.delete(id);
      if (element) {
        resized.unobserve(element);
        element.remove();
      }
      if (selected.has(id)) select([...selected].filter((one) => one !== id));
      return card;
    },
  };
}
