import type { Member, Snapshot } from './board-api.ts';
import { el, icon, initials, mark } from './dom.ts';

/** What the controls do. */
export interface Wires {
  readonly fit: () => void;
  readonly zoomBy: (factor: number) => void;
  readonly remove: () => void;
  readonly copy: () => void;
  readonly icon: () => void;
  readonly hand: (on: boolean) => void;
}

/** Every lasting element of the page; cards, frames and the contents of the sides come later. */
export function layout(first: Snapshot) {
  const [select, hand] = [button('Select (V)', 'select', { pressed: 'true' }), button('Move around (H)', 'hand', { pressed: 'false' })];
  const app = el('button', { type: 'button', className: 'icon-button app-icon', title: 'Tandem', disabled: true, aria: { label: 'Tandem', pressed: 'false' } }, mark(26));
  const [less, more, whole] = [button('Zoom out', 'minus'), button('Zoom in', 'plus'), button('Show everything (1)', 'fit')];
  const zoom = el('span', { className: 'zoom', aria: { role: 'status', label: 'Zoom' } }, '100 %');
  const count = el('span', { className: 'count' });
  const [duplicate, trash] = [button('Duplicate (Ctrl+D)', 'copy'), button('Delete', 'trash')];
  const actions = el('div', { className: 'floating actions', hidden: true, aria: { role: 'toolbar', label: 'Selected cards' } }, count, duplicate, trash);
  const avatars = new Map(first.members.map((member, i) => [member.id, el('span', { className: 'avatar', title: member.name, style: `--hue:${[262, 152, 24, 330][i % 4]}`, aria: { hidden: 'true' } }, initials(member.name))]));
  const stage = el('div', { id: 'stage', tabIndex: 0, aria: { role: 'region', label: `Board ${first.board.name}. Drag or use the arrow keys to move around, plus and minus to zoom.` } });
  const plane = el('div', { id: 'plane' });
  stage.append(plane);
  const board = el('main', { id: 'board' },
    stage,
    el('header', { className: 'floating board-head' }, el('span', { className: 'logo', aria: { hidden: 'true' } }, 'M'), el('span', { className: 'pretend' }, 'pretend Miro'), el('h1', {}, first.board.name)),
    el('div', { className: 'floating people' }, el('span', { className: 'avatars' }, ...avatars.values()), who(first.members, first.me)),
    el('nav', { className: 'floating toolbar', aria: { label: 'Board tools' } }, select, hand, el('hr'), app),
    actions,
    el('div', { className: 'floating zoomer', aria: { role: 'group', label: 'Zoom' } }, whole, less, zoom, more),
  );
  const guide = el('header', { id: 'guide', aria: { label: 'Guide' } });
  const splitter = el('div', { id: 'splitter', tabIndex: 0, title: 'Drag to resize, double-click to collapse' });
  const side = el('aside', { id: 'side', aria: { label: 'Trackers and what happens' } }, splitter);
  const main = el('div', { id: 'sandbox' }, guide, board, side);
  document.body.append(main);

  const wire = (wires: Wires): void => {
    const mode = (on: boolean): void => {
      wires.hand(on);
      stage.classList.toggle('hand', on);
      hand.setAttribute('aria-pressed', String(on));
      select.setAttribute('aria-pressed', String(!on));
    };
    select.addEventListener('click', () => mode(false));
    hand.addEventListener('click', () => mode(true));
    document.addEventListener('keydown', (event) => {
      if (event.target instanceof Element && event.target.closest('input, textarea, dialog')) return;
      if (!event.ctrlKey && !event.metaKey && (event.key === 'v' || event.key === 'h')) mode(event.key === 'h');
    });
    app.addEventListener('click', wires.icon);
    less.addEventListener('click', () => wires.zoomBy(1 / 1.25));
    more.addEventListener('click', () => wires.zoomBy(1.25));
    whole.addEventListener('click', wires.fit);
    duplicate.addEventListener('click', wires.copy);
    trash.addEventListener('click', wires.remove);
  };
  return { main, board, guide, side, splitter, stage, plane, zoom, actions, count, app, avatars, wire };
}

function button(label: string, name: Parameters<typeof icon>[0], aria: Record<string, string> = {}): HTMLButtonElement {
  return el('button', { type: 'button', title: label, className: 'icon-button', aria: { label, ...aria } }, icon(name));
}

/** The switch between members: the page is opened anew as whoever is chosen. */
function who(members: readonly Member[], me: Member): HTMLElement {
  const select = el('select', { aria: { label: 'Who you are' } }, ...members.map((member) => el('option', { value: member.id, selected: member.id === me.id }, `You are ${member.name}${member.edit ? '' : ' (can view)'}`)));
  select.addEventListener('change', () => {
    const query = new URLSearchParams(location.search);
    query.set('as', select.value);
    location.search = query.toString();
  });
  return el('label', { className: 'who' }, select);
}
