import './board.css';
import type { BoardCard, Push, Status, Switch } from './board-api.ts';
import { openCanvas } from './canvas.ts';
import { showCards } from './cards.ts';
import { followDrags } from './drag.ts';
import { el } from './dom.ts';
import { openFrames } from './frames.ts';
import { showGuide } from './guide.ts';
import { bounds, emptySpace, makeAnswers, padded, type Page } from './host.ts';
import { watchKeys } from './keys.ts';
import { layout } from './layout.ts';
import { openLink } from './link.ts';
import { showSide } from './side.ts';
import { resizable } from './split.ts';
import { makeToasts } from './toast.ts';

/** The pretend board page: puts its parts together and passes on what the server pushes. */
async function open(): Promise<void> {
  const link = await openLink();
  const { first } = link;
  document.title = `${first.board.name} · pretend Miro`;
  const skeleton = layout(first);
  const notify = makeToasts();
  const tell = (error: unknown): void => notify('error', error instanceof Error ? error.message : String(error));
  let online: readonly string[] = [first.me.id];
  let opened = first.status.steps[0];
  let status = first.status;

  const canvas = openCanvas(skeleton.stage, skeleton.plane, (zoom) => {
    skeleton.zoom.textContent = `${Math.round(zoom * 100)} %`;
  });
  const flip = async (name: Switch): Promise<void> => {
    const [card] = cards.selected;
    update(await link.ask({ ask: 'switch', name, ...(card === undefined ? {} : { card }) }));
  };
  const side = showSide(skeleton.side, first, (name) => flip(name).catch(tell));
  const guide = showGuide(skeleton.guide, first, (message) => notify('info', message));
  const wake = (): void => void frames.open('headless', { url: '/index.html' }).catch(tell);
  const update = (next: Status): void => {
    // a page opened while Tandem was down has no app: it gets one as soon as Tandem is back
    const back = status.on.includes('tandem-killed') && !next.on.includes('tandem-killed');
    status = next;
    if (back && !frames.listening('icon:click')) wake();
    skeleton.app.classList.toggle('beckon', !opened && !next.steps[0]);
    guide.show([opened || next.steps[0], ...(next.steps.slice(1) as [boolean, boolean, boolean, boolean])]);
    side.show(next);
  };

  const remove = (ids: readonly string[]): void => {
    Promise.all(ids.map((id) => link.ask({ ask: 'remove', id }))).catch(tell);
  };
  /** Copies lie beside their originals, in the same arrangement, where nothing else is. */
  const copy = (ids: readonly string[]): void => {
    const originals = ids.flatMap((id) => cards.all.get(id) ?? []);
    const box = bounds(originals);
    if (!box) return;
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const free = emptySpace({ ...box, ...middle, offset: 24 }, [...cards.all.values()]);
    const make = async (): Promise<void> => {
      const made = await Promise.all(originals.map((card) => link.ask({ ask: 'copy', id: card.id, x: card.x + free.x - middle.x, y: card.y + free.y - middle.y })));
      // a copy is no `items:create`: https://developers.miro.com/docs/ui_boardui
      for (const card of made) cards.put(card, false);
      cards.select(made.map((card) => card.id));
    };
    make().catch(tell);
  };
  const cards = showCards(canvas, {
    canOpen: (status) => frames.listening(status === 'connected' ? 'app_card:open' : 'app_card:connect'),
    open: (card) => frames.emit(card.status === 'connected' ? 'app_card:open' : 'app_card:connect', { appCard: card }),
    moved(moved, undo) {
      const sync = async (): Promise<void> => {
        await Promise.all(moved.map((card) => link.ask({ ask: 'sync', id: card.id, props: { x: card.x, y: card.y } })));
        frames.emit('experimental:items:update', { items: moved });
      };
      sync().catch((error: unknown) => {
        undo();
        tell(error);
      });
    },
    selection(ids) {
      const items = [...ids].flatMap((id) => cards.all.get(id) ?? []);
      frames.emit('selection:update', { items });
      side.selection(ids);
      skeleton.actions.hidden = ids.size === 0;
      skeleton.count.textContent = ids.size === 1 ? '1 card' : `${ids.size} cards`;
    },
  });
  const drags = followDrags(canvas, skeleton.stage, (at) => frames.emit('drop', at, 'panel'));
  const frames = openFrames(first.app, makeAnswers(() => page), {
    drag: (frame, drag) => {
      if (frame.kind === 'panel') drags(frame.element, drag);
    },
    changed: () => {
      const panel = frames.get('panel') !== undefined;
      opened ||= panel;
      canvas.covered = panel ? 76 + 368 : 0;
      skeleton.board.style.setProperty('--covered', `${canvas.covered}px`);
      skeleton.app.setAttribute('aria-pressed', String(panel));
      update(status);
    },
  });
  const page: Page = {
    link,
    canvas,
    cards,
    frames,
    online: () => online,
    notify,
    subscribed(event) {
      skeleton.app.disabled = !frames.listening('icon:click');
      if (event.startsWith('app_card:')) for (const card of cards.all.values()) cards.put(card, false);
    },
  };

  const pushed = (push: Push): void => {
    if (push.type === 'card') {
      const before = cards.all.get(push.card.id);
      cards.put(push.card, before !== undefined && before.rev < push.card.rev && content(before) !== content(push.card) && push.kind === 'updated');
    } else if (push.type === 'removed') {
      const gone = cards.drop(push.id);
      if (gone) frames.emit('items:delete', { items: [gone] });
    } else if (push.type === 'broadcast') frames.emit(`realtime:${push.event}`, push.payload);
    else if (push.type === 'online') {
      online = push.users;
      for (const [id, avatar] of skeleton.avatars) avatar.classList.toggle('away', !online.includes(id));
      frames.emit('online_users:update', { users: first.members.filter((member) => online.includes(member.id)).map(({ id, name }) => ({ id, name })) });
    } else update(push.status);
  };

  for (const card of first.cards) cards.put(card, false);
  cards.select([]);
  side.selection(cards.selected);
  update(status);
  const fit = (): void => {
    const around = bounds([...cards.all.values()]);
    canvas.show(around ? padded(around, 80) : { x: -640, y: -440, width: 1280, height: 880 }, around ? 1 : 0.75);
  };
  fit();
  // Miro's deep link to an item
  const target = new URLSearchParams(location.search).get('moveToWidget');
  const card = target ? cards.all.get(target) : undefined;
  if (card) {
    cards.select([card.id]);
    canvas.show(padded(bounds([card]) ?? canvas.viewport(), 160), 1);
  }
  skeleton.wire({ fit, zoomBy: (factor) => canvas.zoomBy(factor), remove: () => remove([...cards.selected]), copy: () => copy([...cards.selected]), icon: () => frames.emit('icon:click', undefined, 'headless'), hand: (on) => (canvas.handMode = on) });
  watchKeys({ cards, remove, copy, fit });
  resizable(skeleton.main, skeleton.side, skeleton.splitter);
  skeleton.stage.addEventListener('pointerdown', (event) => {
    if (event.target === skeleton.stage || event.target === skeleton.plane) cards.select([]);
  });
  // links to a tracker on a card open at the right, where it is
  skeleton.plane.addEventListener('click', (event) => {
    const anchor = event.target instanceof Element ? event.target.closest('a') : null;
    if (anchor && side.open(anchor.href)) event.preventDefault();
  });
  link.listen(pushed, () => skeleton.main.classList.add('offline'));
  wake();
}

/** What a card says, without where it lies. */
function content(card: BoardCard): string {
  return JSON.stringify([card.title, card.description, card.status, card.fields, card.style]);
}

open().catch((error: unknown) => {
  document.body.append(el('p', { className: 'broken', aria: { role: 'alert' } }, error instanceof Error ? error.message : String(error)));
});
