import type { AppCard } from '@mirohq/websdk-types';
import type { Face } from '@tandem/shared/face';

/** A rectangle in board coordinates. As everywhere on a Miro board, `x` and `y` are its centre, except for the viewport's, which are its top left corner. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** An element of class `miro-draggable` that was dragged out of the panel, and where on the board it was let go. */
export interface Dropped {
  readonly x: number;
  readonly y: number;
  readonly target: HTMLElement;
}

/** What the headless page tells the modal. Ids travel as data, never in a URL. */
export interface CardTarget {
  readonly board: string;
  readonly card: string;
}

/** All that the panel and the card use of Miro's Web SDK 2; tests and views get it passed in. */
export interface Board {
  /** The board's id; rejects where the page does not run inside a Miro board. */
  id(): Promise<string>;
  idToken(): Promise<string>;
  viewport(): Promise<Rect>;
  /** The free rectangle of that size nearest to the given one. */
  emptySpace(wanted: Rect): Promise<Rect>;
  /** Creates a card whose top edge is at `top` (its height is Miro's to decide) or, without `top`, whose centre is at `y`. */
  createCard(face: Face, at: { x: number; width: number; guess: number } & ({ top: number } | { y: number })): Promise<{ id: string; height: number }>;
  removeCard(id: string): Promise<void>;
  /** Shows these cards; `false` when none of them is on the board any more. */
  zoomTo(cards: readonly string[]): Promise<boolean>;
  /** Calls back for each drop of a `miro-draggable` element; answers how to stop. */
  onDrop(handler: (dropped: Dropped) => void): () => void;
  modalData(): Promise<CardTarget | undefined>;
  closeModal(): Promise<void>;
}

/** How long the board may take to answer before the page says that it is not inside Miro. A page in no frame at all surely is not. */
const PATIENCE_MS = { framed: 15_000, alone: 1500 } as const;

/** The board that this page's frame belongs to. */
export function miroBoard(): Board {
  return {
    id: async () => {
      const info = await inTime(miro.board.getInfo());
      return info.id;
    },
    idToken: () => miro.board.getIdToken(),
    viewport: () => miro.board.viewport.get(),
    emptySpace: (wanted) => miro.board.findEmptySpace({ ...wanted, offset: 40 }),
    createCard: async (face, at) => {
      const y = 'top' in at ? at.top + at.guess / 2 : at.y;
      const card = await miro.board.createAppCard({
        title: face.title,
        description: face.description,
        status: face.status,
        fields: face.fields.map((chip) => ({ ...chip })),
        style: { cardTheme: face.color, fillBackground: false },
        x: at.x,
        y,
        width: at.width,
      });
      if ('top' in at && Math.abs(card.height - at.guess) > 1) {
        card.y = at.top + card.height / 2;
        await card.sync();
      }
      return { id: card.id, height: card.height };
    },
    removeCard: async (id) => {
      const [card] = await cardsById([id]);
      if (card) await miro.board.remove(card);
    },
    zoomTo: async (ids) => {
      const cards = await cardsById(ids);
      if (cards.length === 0) return false;
      await miro.board.viewport.zoomTo(cards);
      return true;
    },
    onDrop: (handler) => {
      void miro.board.ui.on('drop', handler);
      return () => void miro.board.ui.off('drop', handler);
    },
    modalData: () => miro.board.ui.getModalData<CardTarget>(),
    closeModal: () => miro.board.ui.closeModal(),
  };
}

async function cardsById(ids: readonly string[]): Promise<AppCard[]> {
  const found = await Promise.all(ids.map((id) => miro.board.getById(id).catch(() => undefined)));
  return found.filter((item): item is AppCard => item?.type === 'app_card');
}

function inTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The board does not answer')), window.parent === window ? PATIENCE_MS.alone : PATIENCE_MS.framed);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
