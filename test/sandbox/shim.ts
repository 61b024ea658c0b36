import type { AppCard, BaseItem, Json, Miro, NotificationOptions, OpenModalOptions, OpenPanelOptions } from '@mirohq/websdk-types';
import type { Calls, CardData, CardProps, Filter, Plain, ToBoard, ToFrame } from './wire.ts';

/**
 * A stand-in for Miro's Web SDK 2 (https://developers.miro.com/docs/web-sdk-reference): defines `window.miro` in an iframe of the app and
 * asks the pretend board page, its parent, over `postMessage`. Loaded as a classic script from the board's origin, which is the only origin that it talks to.
 * All of it is inside one function: a classic script must not leave its helpers in the page's scope.
 */
(function start(): void {
  const script = document.currentScript;
  if (!(script instanceof HTMLScriptElement) || !script.src) throw new Error('The SDK must be loaded by a classic <script src>.');
  const boardOrigin = new URL(script.src).origin;

  let lastId = 0;
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const handlers = new Map<string, Set<(payload: never) => void>>();
  let dragged: HTMLElement | undefined;

  const post = (message: ToBoard): void => window.parent.postMessage(message, boardOrigin);

  function call<M extends keyof Calls>(method: M, ...args: Parameters<Calls[M]>): Promise<ReturnType<Calls[M]>> {
    if (window.parent === window) return Promise.reject(new Error('The Miro Web SDK works only inside an iframe on a board.'));
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve: (value) => resolve(value as ReturnType<Calls[M]>), reject });
      post({ sdk: 'call', id, method, args });
    });
  }

  window.addEventListener('message', (event: MessageEvent<ToFrame>) => {
    if (event.source !== window.parent || event.origin !== boardOrigin) return;
    const message = event.data;
    if (message.sdk === 'answer') {
      const promise = waiting.get(message.id);
      waiting.delete(message.id);
      if ('error' in message) promise?.reject(new Error(message.error));
      else promise?.resolve(message.result);
    } else if (message.sdk === 'event') {
      const payload = revive(message.event, message.payload);
      for (const handler of handlers.get(message.event) ?? []) handler(payload as never);
    }
  });

  /** Cards cross the frame as data and become items here; a drop gets back the element that was dragged. */
  function revive(event: string, payload: unknown): unknown {
    if (event === 'drop') return { ...(payload as object), target: dragged };
    if (event === 'app_card:open' || event === 'app_card:connect') return { appCard: item((payload as { appCard: CardData }).appCard) };
    if (event === 'selection:update' || event.startsWith('items:') || event.startsWith('experimental:items:')) return { items: (payload as { items: CardData[] }).items.map(item) };
    return payload;
  }

  const layer = (): Promise<never> => Promise.reject(new Error('The pretend board has no layers, connectors or AI context.'));

  function item(data: CardData): AppCard {
    const card: Plain<AppCard> = {
      ...data,
      sync: async () => {
        Object.assign(card, await call('sync', card.id, writable(card)));
      },
      getMetadata: async <T>(key?: string) => {
        const all = await call('getMetadata', card.id);
        return (key === undefined ? all : all[key]) as T;
      },
      setMetadata: async <T>(key: string, value: Json) => (await call('setMetadata', card.id, key, value)) as T,
      goToLink: () => call('goToLink', card.id),
      bringToFront: layer,
      sendToBack: layer,
      bringInFrontOf: layer,
      sendBehindOf: layer,
      getLayerIndex: layer,
      getConnectors: layer,
      getAiContext: layer,
    };
    return card as AppCard;
  }

  /** Only what an app may write crosses the frame; the rest of the item is read-only. */
  function writable(props: CardProps): CardProps {
    const keys = ['title', 'description', 'status', 'fields', 'style', 'linkedTo', 'tagIds', 'x', 'y', 'width', 'rotation'] as const;
    return Object.fromEntries(keys.filter((key) => props[key] !== undefined).map((key) => [key, props[key]]));
  }

  const ids = (items: { id: string } | readonly { id: string }[]): string[] => (Array.isArray(items) ? items : [items]).map((one: { id: string }) => one.id);
  const owner = (one: BaseItem): AppCard => one as AppCard;

  function listen(event: string, handler: (payload: never) => void): Promise<void> {
    const known = handlers.get(event) ?? new Set();
    handlers.set(event, known.add(handler));
    return known.size === 1 ? call('subscribe', event) : Promise.resolve();
  }

  function unlisten(event: string, handler: (payload: never) => void): Promise<void> {
    const known = handlers.get(event);
    known?.delete(handler);
    return known?.size === 0 ? call('unsubscribe', event) : Promise.resolve();
  }

  async function opened<Result>(frame: Promise<number>): Promise<{ waitForClose: () => Promise<Result | undefined> }> {
    const number = await frame;
    return { waitForClose: () => call('waitForClose', number) as Promise<Result | undefined> };
  }

  const ui = {
    openPanel: <Data = undefined, Result = undefined>(options: OpenPanelOptions<Data>) => opened<Result>(call('openPanel', options)),
    canOpenPanel: () => call('canOpen', 'panel'),
    getPanelData: <Data = unknown>() => call('getData', 'panel') as Promise<Data | undefined>,
    closePanel: (result?: unknown) => call('close', 'panel', result),
    openModal: <Data = undefined, Result = undefined>(options: OpenModalOptions<Data>) => opened<Result>(call('openModal', options)),
    canOpenModal: () => call('canOpen', 'modal'),
    getModalData: <Data = unknown>() => call('getData', 'modal') as Promise<Data | undefined>,
    closeModal: (result?: unknown) => call('close', 'modal', result),
    on: listen,
    off: unlisten,
  } satisfies Plain<Miro['board']['ui']>;

  const board = {
    getInfo: () => call('getInfo'),
    getUserInfo: () => call('getUserInfo'),
    getOnlineUsers: () => call('getOnlineUsers'),
    getIdToken: () => call('getIdToken'),
    createAppCard: async (props?: object) => item(await call('createAppCard', writable(props ?? {}))),
    get: async (filter?: Filter) => (await call('get', filter)).map(item) as never,
    getById: async (id: string) => {
      const [found] = await call('get', { id });
      if (!found) throw new Error(`Item with ID ${id} not found.`);
      return item(found);
    },
    getSelection: async () => (await call('getSelection')).map(item),
    select: async (filter?: Filter) => (await call('select', filter)).map(item) as never,
    deselect: async (filter?: Filter) => (await call('deselect', filter)).map(item) as never,
    remove: (one: { id: string }) => call('remove', one.id),
    sync: (one: BaseItem) => owner(one).sync(),
    getMetadata: (one: BaseItem, key?: string) => (key === undefined ? owner(one).getMetadata() : owner(one).getMetadata(key)) as Promise<never>,
    setMetadata: (one: BaseItem, key: string, value: Json) => owner(one).setMetadata<never>(key, value),
    goToLink: (one: BaseItem) => owner(one).goToLink(),
    findEmptySpace: (wanted: Parameters<Calls['findEmptySpace']>[0]) => call('findEmptySpace', wanted),
    viewport: {
      get: () => call('getViewport'),
      set: ({ viewport }: { viewport: Parameters<Calls['setViewport']>[0] }) => call('setViewport', viewport),
      zoomTo: (items: { id: string } | { id: string }[]) => call('zoomTo', ids(items)),
      getZoom: () => call('getZoom'),
      setZoom: (zoom: number) => call('setZoom', zoom),
    } satisfies Plain<Miro['board']['viewport']>,
    notifications: {
      showInfo: (message: string) => call('notify', 'info', message),
      showError: (message: string) => call('notify', 'error', message),
      show: ({ type, message }: NotificationOptions) => call('notify', type, message),
    } satisfies Plain<Miro['board']['notifications']>,
    events: {
      broadcast: (event: string, payload?: Json) => call('broadcast', event, payload),
      on: (event: string, handler: (payload: never) => void) => listen(`realtime:${event}`, handler),
      off: (event: string, handler: (payload: never) => void) => unlisten(`realtime:${event}`, handler),
    } satisfies Plain<Miro['board']['events']>,
    ui,
  } satisfies Partial<{ [K in keyof Miro['board']]: Plain<Miro['board'][K]> }>;

  /** Elements of class `miro-draggable` can be dragged out of an open panel (https://developers.miro.com/docs/add-drag-and-drop-to-your-app). */
  function watchDrags(): void {
    let from: { x: number; y: number; element: HTMLElement } | undefined;
    let moving = false;
    // the browser ends a drag with a click on what was dragged: that is not a click of the user
    let suppressClick = false;
    const stop = (phase: 'drop' | 'cancel' | undefined, event: { clientX: number; clientY: number }): void => {
      if (moving && phase) post({ sdk: 'drag', phase, x: event.clientX, y: event.clientY });
      from = undefined;
      moving = false;
    };
    document.addEventListener('pointerdown', (event) => {
      suppressClick = false;
      const element = event.target instanceof Element ? event.target.closest('.miro-draggable') : null;
      const control = event.target instanceof Element ? event.target.closest('input, button, select, textarea, a') : null;
      if (event.button !== 0 || !(element instanceof HTMLElement) || (control && control !== element)) return;
      from = { x: event.clientX, y: event.clientY, element };
    });
    document.addEventListener('pointermove', (event) => {
      // the button was let go outside of this frame, which the board has seen
      if (event.buttons === 0) stop(undefined, event);
      if (!from || (!moving && Math.hypot(event.clientX - from.x, event.clientY - from.y) < 5)) return;
      if (!moving) {
        moving = true;
        suppressClick = true;
        dragged = from.element;
        from.element.setPointerCapture(event.pointerId);
      }
      const { width, height } = from.element.getBoundingClientRect();
      const label = from.element.getAttribute('aria-label') ?? from.element.textContent ?? '';
      post({ sdk: 'drag', phase: 'move', x: event.clientX, y: event.clientY, width, height, label: label.trim().slice(0, 80) });
    });
    document.addEventListener('pointerup', (event) => stop('drop', event));
    document.addEventListener('pointercancel', (event) => stop('cancel', event));
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && moving) stop('cancel', { clientX: 0, clientY: 0 });
    });
    document.addEventListener('click', (event) => {
      if (!suppressClick) return;
      event.preventDefault();
      event.stopPropagation();
    }, true);
  }

  watchDrags();
  Object.defineProperty(window, 'miro', { value: Object.freeze({ board, clientVersion: 'sandbox' }), configurable: true });
})();
