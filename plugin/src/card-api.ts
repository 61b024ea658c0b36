import type { CardAnswer, EditBody, LinkAnswer } from '@tandem/shared/api';
import { createApi, path, type Api, type Caller } from './api.ts';

/** What the card's window calls: the panel's routes, and those of one card. */
export interface CardApi extends Api {
  card(board: string, card: string): Promise<CardAnswer>;
  edit(board: string, card: string, body: EditBody): Promise<CardAnswer>;
  unlink(board: string, card: string): Promise<void>;
  /** Links a card that nobody linked to the item whose address it shows. */
  adopt(board: string, card: string): Promise<LinkAnswer>;
}

/** The routes of the card's window. */
export function createCardApi(call: Caller): CardApi {
  return {
    ...createApi(call),
    card: (board, id) => call(path('cards', board, id)),
    edit: (board, id, body) => call(path('cards', board, id), { method: 'PATCH', body }),
    adopt: (board, id) => call(path('cards', board, id, 'adopt'), { method: 'POST', again: true }),
    unlink: (board, id) => call(path('cards', board, id), { method: 'DELETE', again: true }),
  };
}
