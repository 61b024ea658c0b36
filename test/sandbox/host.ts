import type { Rect } from '@mirohq/websdk-types';
import type { BoardCard } from './board-api.ts';
import type { Calls, CardData, Filter } from './wire.ts';
import type { Canvas } from './canvas.ts';
import type { Cards } from './cards.ts';
import type { AppFrame, Frames } from './frames.ts';
import type { Link } from './link.ts';

/** What the answers need of the page. */
export interface Page {
  readonly link: Link;
  readonly canvas: Canvas;
  readonly cards: Cards;
  readonly frames: Frames;
  readonly online: () => readonly string[];
  notify(type: 'error' | 'info', message: string): void;
  /** what can be clicked depends on which events the app listens to */
  subscribed(event: string): void;
}

type Answers = { [M in keyof Calls]: (frame: AppFrame, ...args: Parameters<Calls[M]>) => ReturnType<Calls[M]> | Promise<ReturnType<Calls[M]>> };

/** How the pretend board answers each call of the Web SDK (https://developers.miro.com/docs/web-sdk-reference). */
export function makeAnswers(page: () => Page): Answers {
  const first = (): Link['first'] => page().link.first;
  const find = (filter: Filter | undefined): CardData[] => {
    const all = [...page().cards.all.values()];
    if (!filter) return all;
    if ('id' in filter) return [filter.id].flat().flatMap((id) => page().cards.all.get(id) ?? []);
    const wanted = filter.type === undefined || [filter.type].flat().includes('app_card');
    return wanted && filter.tags === undefined ? all : [];
  };
  const one = (id: string): CardData => {
    const card = page().cards.all.get(id);
    if (!card) throw new Error(`Item with ID ${id} not found.`);
    return card;
  };
  /** the height is the page's to tell: Miro computes it from the content */
  const shown = (card: BoardCard): CardData => page().cards.put(card, false);

  return {
    getInfo: () => ({ id: first().board.id, locale: 'en', createdAt: first().board.createdAt, updatedAt: first().board.updatedAt }),
    getUserInfo: () => ({ id: first().me.id, name: first().me.name }),
    getOnlineUsers: () => first().members.filter((member) => page().online().includes(member.id)).map(({ id, name }) => ({ id, name })),
    getIdToken: () => page().link.ask({ ask: 'token' }),
    createAppCard: async (_frame, props) => {
      const card = shown(await page().link.ask({ ask: 'create', props }));
      page().frames.emit('items:create', { items: [card] });
      return card;
    },
    sync: async (_frame, id, props) => {
      const { x, y, ...content } = props;
      // other apps' cards may only be moved: https://developers.miro.com/docs/appcard_appcard-1
      if (!one(id).owned && Object.keys(content).length > 0) throw new Error('Only the app that created an app card can change it.');
      return shown(await page().link.ask({ ask: 'sync', id, props: { ...(x === undefined ? {} : { x }), ...(y === undefined ? {} : { y }), ...content } }));
    },
    remove: async (_frame, id) => {
      await page().link.ask({ ask: 'remove', id: one(id).id });
    },
    get: (_frame, filter) => find(filter),
    getSelection: () => find({ id: [...page().cards.selected] }),
    select: (_frame, filter) => {
      const items = find(filter);
      page().cards.select([...page().cards.selected, ...items.map((item) => item.id)]);
      return find({ id: [...page().cards.selected] });
    },
    deselect: (_frame, filter) => {
      const gone = new Set(find(filter).map((item) => item.id));
      page().cards.select([...page().cards.selected].filter((id) => !gone.has(id)));
      return find({ id: [...gone] });
    },
    findEmptySpace: (_frame, wanted) => emptySpace(wanted, find(undefined)),
    getMetadata: (_frame, id) => page().link.ask({ ask: 'metadata', id: one(id).id }),
    setMetadata: (_frame, id, key, value) => page().link.ask({ ask: 'set-metadata', id: one(id).id, key, value }),
    goToLink: (_frame, id) => {
      const { linkedTo } = one(id);
      if (linkedTo && /^https?:/.test(linkedTo)) window.open(linkedTo, '_blank', 'noopener');
      return linkedTo !== undefined;
    },
    getViewport: () => page().canvas.viewport(),
    setViewport: (_frame, rect) => {
      page().canvas.show(rect);
      return page().canvas.viewport();
    },
    zoomTo: (_frame, ids) => {
      const around = bounds(find({ id: ids }));
      if (around) page().canvas.show(padded(around, 60), 1);
    },
    getZoom: () => page().canvas.zoom(),
    setZoom: (_frame, zoom) => page().canvas.zoomTo(zoom),
    subscribe: (frame, event) => {
      frame.events.add(event);
      page().subscribed(event);
    },
    unsubscribe: (frame, event) => {
      frame.events.delete(event);
    },
    broadcast: async (_frame, event, payload) => {
      await page().link.ask({ ask: 'broadcast', event, client: page().link.client, ...(payload === undefined ? {} : { payload }) });
    },
    notify: (_frame, type, message) => page().notify(type, message),
    openPanel: async (_frame, options) => {
      const open = page().frames.get('panel');
      if (open && !('data' in options) && open.element.src === new URL(options.url, first().app).href) {
        open.element.focus();
        return open.number;
      }
      return (await page().frames.open('panel', options)).number;
    },
    openModal: async (_frame, options) => (await page().frames.open('modal', options)).number,
    waitForClose: (_frame, number) => page().frames.byNumber(number)?.closed ?? Promise.resolve(undefined),
    canOpen: (_frame, what) => page().frames.get('modal') === undefined || what === 'modal',
    getData: (frame, what) => (frame.kind === what ? frame.data : undefined),
    close: (_frame, what, result) => page().frames.close(what, result),
  };
}

/** The smallest rectangle (top left corner) around these cards. */
export function bounds(cards: readonly CardData[]): Rect | undefined {
  if (cards.length === 0) return undefined;
  const left = Math.min(...cards.map((card) => card.x - card.width / 2));
  const top = Math.min(...cards.map((card) => card.y - card.height / 2));
  const right = Math.max(...cards.map((card) => card.x + card.width / 2));
  const bottom = Math.max(...cards.map((card) => card.y + card.height / 2));
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** A rectangle with room around it. */
export function padded(rect: Rect, by: number): Rect {
  return { x: rect.x - by, y: rect.y - by, width: rect.width + 2 * by, height: rect.height + 2 * by };
}

/** The free rectangle (`x`, `y` are its centre) nearest to the wanted one, searched in growing rings. */
export function emptySpace(wanted: Rect & { offset?: number }, cards: readonly CardData[]): Rect {
  const { x, y, width, height, offset = 0 } = wanted;
  const free = (cx: number, cy: number): boolean =>
    cards.every((card) => Math.abs(card.x - cx) >= (card.width + width) / 2 + offset || Math.abs(card.y - cy) >= (card.height + height) / 2 + offset);
  const step = 40;
  for (let ring = 0; ring < 500; ring += 1) {
    const spots: { x: number; y: number }[] = [];
    for (let i = -ring; i <= ring; i += 1) {
      for (const [dx, dy] of [[i, ring], [ring, i], [i, -ring], [-ring, i]] as const) spots.push({ x: x + dx * step, y: y + dy * step });
    }
    const best = spots.filter((spot) => free(spot.x, spot.y)).sort((a, b) => Math.hypot(a.x - x, a.y - y) - Math.hypot(b.x - x, b.y - y))[0];
    if (best) return { ...best, width, height };
  }
  return { x, y, width, height };
}
