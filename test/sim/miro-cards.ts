import { normaliseDescription, normaliseTitle } from './miro-html.ts';
import type { BoardChange, CardProps, MiroBoard, MiroCard, MiroField, MiroState } from './miro-types.ts';

/** A field that Miro refuses, with its reason. */
export class InvalidField extends Error {
  readonly field: string;

  constructor(field: string, reason: string) {
    super(reason);
    this.field = field;
  }
}

/** Board content: the one place where cards change, for REST and Web SDK alike. */
export interface CardDesk {
  readonly canEdit: (board: MiroBoard, user: string) => boolean;
  create(board: MiroBoard, user: string, app: string, props: CardProps): MiroCard;
  update(board: MiroBoard, user: string, card: MiroCard, props: CardProps): MiroCard;
  remove(board: MiroBoard, card: MiroCard): void;
  readonly onChange: (listener: (change: BoardChange) => void) => () => void;
}

const EDITORS = new Set(['owner', 'coowner', 'editor']);
const STATUSES = new Set(['disabled', 'disconnected', 'connected']);
/** defaults of the reference: https://developers.miro.com/docs/appcard_appcard-1 */
const DEFAULTS = { title: 'sample app card item', description: '', status: 'disconnected', fields: [], style: { cardTheme: '#2d9bf0' }, x: 0, y: 0, width: 320, height: 94, rotation: 0 } as const;

export function makeCardDesk(state: MiroState, nextId: () => string, now: () => number): CardDesk {
  const listeners = new Set<(change: BoardChange) => void>();
  const changed = (board: MiroBoard, card: MiroCard, kind: BoardChange['kind']): void => {
    board.modifiedAt = new Date(now()).toISOString();
    for (const listener of listeners) listener({ board: board.id, card: card.id, kind });
  };
  return {
    canEdit: (board, user) => EDITORS.has(board.members[user] ?? '') && (state.teams.get(board.team)?.members.includes(user) ?? false),
    create(board, user, app, props) {
      const at = new Date(now()).toISOString();
      const card: MiroCard = {
        ...DEFAULTS,
        id: nextId(),
        type: 'app_card',
        app,
        fields: [],
        style: { ...DEFAULTS.style },
        title: normaliseTitle(DEFAULTS.title),
        createdAt: at,
        createdBy: user,
        modifiedAt: at,
        modifiedBy: user,
      };
      Object.assign(card, checked(props, card));
      board.cards.set(card.id, card);
      changed(board, card, 'created');
      return card;
    },
    update(board, user, card, props) {
      Object.assign(card, checked(props, card), { modifiedAt: new Date(now()).toISOString(), modifiedBy: user });
      changed(board, card, 'updated');
      return card;
    },
    remove(board, card) {
      board.cards.delete(card.id);
      changed(board, card, 'removed');
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The props as the card will hold them. `fields` replaces the whole array. Rules: https://developers.miro.com/reference/data */
function checked(props: CardProps, card: MiroCard): Partial<MiroCard> {
  const { title, description, status, fields, style, linkedTo, ...geometry } = props;
  if (status !== undefined && !STATUSES.has(status)) throw new InvalidField('data.status', `Unknown status ${status}`);
  if (style?.cardTheme !== undefined) hex('style.fillColor', style.cardTheme);
  fields?.forEach(checkField);
  for (const [name, value] of Object.entries(geometry)) {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new InvalidField(name, 'A number is expected');
  }
  return {
    ...geometry,
    ...(title === undefined ? {} : { title: normaliseTitle(title) }),
    ...(description === undefined ? {} : { description: normaliseDescription(description) }),
    ...(status === undefined ? {} : { status }),
    ...(fields === undefined ? {} : { fields: structuredClone(fields) }),
    ...(style === undefined ? {} : { style: { ...card.style, ...style } }),
    ...(linkedTo === undefined ? {} : { linkedTo }),
  };
}

function checkField(field: MiroField, i: number): void {
  if (field.fillColor !== undefined) hex(`data.fields[${i}].fillColor`, field.fillColor);
  if (field.textColor !== undefined) hex(`data.fields[${i}].textColor`, field.textColor);
  if (field.iconUrl !== undefined && !field.iconUrl.startsWith('https://')) throw new InvalidField(`data.fields[${i}].iconUrl`, 'The icon must be reachable by HTTPS');
}

function hex(field: string, value: string): void {
  if (!/^#[0-9a-f]{6}$/i.test(value)) throw new InvalidField(field, 'A hex colour like #2d9bf0 is expected');
}
