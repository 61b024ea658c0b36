import { signal, type ReadonlySignal } from '../signal.ts';
import type { LinkAnswer, LinkBody } from '@tandem/shared/api';
import { faceOf, type Face } from '@tandem/shared/face';
import type { Item } from '@tandem/shared/item';
import { asApiError } from '../api.ts';
import type { Board } from '../board.ts';

/** An item that is not on the board, and why. */
export interface Failure {
  readonly item: Item;
  readonly reason: string;
}

/** How putting items on the board goes. */
export type Placing =
  | { readonly phase: 'idle' }
  | { readonly phase: 'running'; readonly done: number; readonly total: number }
  | {
      readonly phase: 'done';
      readonly cards: readonly string[];
      /** the items that these cards show */
      readonly placed: readonly Item[];
      readonly failures: readonly Failure[];
      /** somebody pressed stop: these were not tried */
      readonly left: readonly Item[];
      /** items whose changes will not arrive by themselves: nobody's account may create a webhook at their place */
      readonly unwatched: readonly Item[];
    };

/** Puts items on the board. */
export interface Placer {
  readonly placing: ReadonlySignal<Placing>;
  /** Puts them in free space near what the person looks at, or, for a single dropped one, where it was dropped. Resolves when all are done. */
  put(items: readonly Item[], at?: { x: number; y: number }): Promise<void>;
  stop(): void;
  dismiss(): void;
}

interface Outside {
  readonly board: Board;
  readonly boardId: () => string;
  readonly link: (body: LinkBody) => Promise<LinkAnswer>;
  readonly onLinked: (answer: LinkAnswer) => void;
}

/** An item, the card that it will be, and about how high that is. */
interface Plan {
  readonly item: Item;
  readonly face: Face;
  readonly guess: number;
}

const CARD = { width: 320, gap: 24, columns: 5 } as const;

/** A careful guess of a card's height in board units; Miro decides the real one. */
export function guessHeight(face: Face): number {
  const lines = (text: string, perLine: number): number => Math.ceil(text.replace(/<[^>]+>/g, '').length / perLine);
  const chips = face.fields.reduce((width, chip) => width + 24 + chip.value.length * 8, 0);
  return 32 + 24 * Math.max(1, lines(face.title, 30)) + 20 * (1 + lines(face.description, 40)) + 36 * Math.ceil(chips / 288);
}

/** Deals items into about as many columns as rows, at most five, so that the block stays compact. */
export function columnsOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  const count = Math.min(CARD.columns, Math.ceil(Math.sqrt(items.length)));
  return Array.from({ length: count }, (_, column) => items.filter((__, index) => index % count === column));
}

/** Creates the cards and links them, a column at a time and all columns at once. A card that cannot be linked is taken off the board again. */
export function createPlacer(outside: Outside): Placer {
  const { board } = outside;
  const placing = signal<Placing>({ phase: 'idle' });
  let stopped = false;

  async function put(items: readonly Item[], at?: { x: number; y: number }): Promise<void> {
    if (items.length === 0 || placing.peek().phase === 'running') return;
    stopped = false;
    const cards: string[] = [];
    const placed: Item[] = [];
    const failures: Failure[] = [];
    const left: Item[] = [];
    const unwatched: Item[] = [];
    let done = 0;
    placing.value = { phase: 'running', done, total: items.length };

    async function putOne({ item, face, guess }: Plan, { x, ...where }: { x: number } & ({ top: number } | { y: number })): Promise<number> {
      let card: { id: string; height: number } | undefined;
      try {
        card = await board.createCard(face, { x, ...where, width: CARD.width, guess });
        const answer = await outside.link({ board: outside.boardId(), card: card.id, ref: item.ref });
        cards.push(card.id);
        placed.push(item);
        if (answer.watch === 'poll') unwatched.push(item);
        outside.onLinked(answer);
      } catch (error) {
        failures.push({ item, reason: await undo(error, card?.id) });
      }
      placing.value = { phase: 'running', done: ++done, total: items.length };
      return card?.height ?? 0;
    }

    async function undo(error: unknown, card: string | undefined): Promise<string> {
      if (card === undefined) return 'Miro did not create the card. You may have no right to edit this board.';
      const reason = asApiError(error).message;
      return board.removeCard(card).then(
        () => reason,
        () => `${reason} Its card could not be removed again: please delete it yourself.`,
      );
    }

    const plans = items.map((item): Plan => {
      const face = faceOf(item);
      return { item, face, guess: guessHeight(face) };
    });
    const columns = columnsOf(plans);
    const { width, gap } = CARD;

    if (at && plans[0]) {
      await putOne(plans[0], at);
    } else {
      const corner = await freeCorner(board, columns.length, Math.max(...columns.map((column) => column.reduce((sum, { guess }) => sum + guess + gap, -gap))));
      await Promise.all(
        columns.map(async (column, index) => {
          let top = corner.y;
          for (const plan of column) {
            if (stopped) left.push(plan.item);
            else top += (await putOne(plan, { x: corner.x + width / 2 + index * (width + gap), top })) + gap;
          }
        }),
      );
    }
    placing.value = { phase: 'done', cards, placed, failures, left, unwatched };
  }

  return {
    placing,
    put,
    stop: () => {
      stopped = true;
    },
    dismiss: () => {
      if (placing.value.phase === 'done') placing.value = { phase: 'idle' };
    },
  };
}

/** The top left corner of a free block near the middle of what the person sees; that middle itself if the board cannot tell. */
async function freeCorner(board: Board, columns: number, height: number): Promise<{ x: number; y: number }> {
  const view = await board.viewport();
  const width = columns * CARD.width + (columns - 1) * CARD.gap;
  const middle = { x: view.x + view.width / 2, y: view.y + view.height / 2, width, height };
  const free = await board.emptySpace(middle).catch(() => middle);
  return { x: free.x - width / 2, y: free.y - height / 2 };
}
