import type { Face } from '@tandem/shared/face';
import { UpstreamError } from '../errors.ts';
import type { Access, Card, Cards, ListedCard } from '../ports.ts';

/** The parts of Miro's `AppCardItem` that we read. */
interface AppCardItem {
  readonly id: string;
  readonly data?: {
    readonly title?: string;
    readonly description?: string;
    readonly status?: Face['status'];
    readonly fields?: readonly { readonly value?: string; readonly tooltip?: string; readonly fillColor?: string; readonly textColor?: string }[];
    readonly owned?: boolean;
  };
  readonly style?: { readonly fillColor?: string };
  readonly createdBy?: { readonly id?: string };
}

interface Board {
  readonly name: string;
  readonly currentUserMembership?: { readonly role?: 'viewer' | 'commenter' | 'editor' | 'coowner' | 'owner' };
}

interface ItemPage {
  readonly data?: readonly AppCardItem[];
  readonly cursor?: string;
}

/** Miro's largest page of a board's items. */
const PAGE = 50;

/**
 * Miro's REST API v2 for app cards. `board` and `read` cost 50 credits, `write` and each page of `list` 100, of 100,000 a minute per user and app.
 * An update carries everything that a face has and nothing else: the published schema has defaults that would overwrite a card where a field is missing.
 * Sources: developers.miro.com/reference/update-app-card-item, /reference/get-app-card-item, /reference/get-items, /reference/get-specific-board.
 */
export const cards: Cards = {
  async board(access, board) {
    const reply = await access.request<Board>({ path: `/v2/boards/${encodeURIComponent(board)}`, accept: [403, 404] });
    if (reply.status !== 200) return undefined;
    const role = reply.body.currentUserMembership?.role;
    return { name: reply.body.name, edit: role === 'editor' || role === 'coowner' || role === 'owner' };
  },

  async read(access, board, card) {
    const reply = await access.request<AppCardItem>({ path: path(board, card), accept: [404] });
    return reply.status === 404 ? undefined : cardOf(board, reply.body);
  },

  async write(access, board, card, face) {
    const { color, title, description, status, fields } = face;
    const body = { data: { title, description, status, fields }, style: { fillColor: color } };
    const reply = await access.request<AppCardItem>({ method: 'PATCH', path: path(board, card), body }).catch((error: unknown) => {
      throw error instanceof UpstreamError && error.upstreamStatus === 400 ? unacceptable(error) : error;
    });
    return shownBy(reply.body);
  },

  list: (access, board) => pages(access, board),
};

async function* pages(access: Access, board: string): AsyncGenerator<ListedCard[]> {
  let cursor: string | undefined;
  do {
    const reply = await access.request<ItemPage>({
      path: `/v2/boards/${encodeURIComponent(board)}/items`,
      query: { type: 'app_card', limit: PAGE, cursor },
    });
    yield (reply.body.data ?? []).map((item) => cardOf(board, item));
    cursor = reply.body.cursor;
  } while (cursor);
}

/** A face that Miro does not take is a fault of ours: said with the fields that it names. https://developers.miro.com/reference/errors */
function unacceptable(error: UpstreamError): UpstreamError {
  const named = (error.body as { context?: { fields?: readonly ({ field?: unknown } | null)[] } } | undefined)?.context?.fields;
  const fields = Array.isArray(named) ? named.flatMap((one) => (typeof one?.field === 'string' && /^[\w.[\]]{1,60}$/.test(one.field) ? [one.field] : [])) : [];
  const which = fields.length > 0 ? ` (${fields.slice(0, 5).join(', ')})` : '';
  return new UpstreamError('miro', 400, { message: `Miro does not accept what this card is to show${which}. That is a fault of Tandem: tell whoever runs it. The card is tried again when its item changes.`, cause: error });
}

function path(board: string, card: string): string {
  return `/v2/boards/${encodeURIComponent(board)}/app_cards/${encodeURIComponent(card)}`;
}

function cardOf(board: string, item: AppCardItem): Card {
  if (typeof item?.id !== 'string') throw new UpstreamError('miro', 502, { message: 'Miro answered something that is no app card.' });
  return { board, id: item.id, owned: item.data?.owned === true, createdBy: item.createdBy?.id ?? '', shown: shownBy(item) };
}

function shownBy(item: AppCardItem): Face {
  const data = item?.data ?? {};
  return {
    title: data.title ?? '',
    description: data.description ?? '',
    fields: (data.fields ?? []).map(({ value = '', tooltip, fillColor, textColor }) => ({
      value,
      ...(tooltip === undefined ? {} : { tooltip }),
      ...(fillColor === undefined ? {} : { fillColor }),
      ...(textColor === undefined ? {} : { textColor }),
    })),
    color: item?.style?.fillColor ?? '',
    status: data.status ?? 'disconnected',
  };
}
