import { isRecord } from './kit.ts';
import { InvalidField } from './miro-cards.ts';
import type { CardProps, CardStatus, MiroField } from './miro-types.ts';

const KNOWN = {
  body: ['data', 'style', 'position', 'geometry', 'parent'],
  data: ['title', 'description', 'status', 'fields'],
  field: ['value', 'fillColor', 'textColor', 'iconUrl', 'iconShape', 'tooltip'],
  style: ['fillColor'],
  position: ['x', 'y'],
  geometry: ['width', 'height', 'rotation'],
  parent: ['id'],
} as const;

/** The body of a create or update in the Web SDK's words. A field that the reference does not have is refused. */
export function propsOf(given: unknown): CardProps {
  const body = record('body', given);
  const part = (name: 'data' | 'style' | 'position' | 'geometry' | 'parent'): Record<string, unknown> => record(name, body[name] ?? {});
  const [data, style] = [part('data'), part('style')];
  const status = text('data.status', data['status']);
  const fillColor = text('style.fillColor', style['fillColor']);
  part('parent');
  return {
    ...present('title', text('data.title', data['title'])),
    ...present('description', text('data.description', data['description'])),
    ...present('status', status === undefined ? undefined : statusOf(status)),
    ...present('fields', data['fields'] === undefined ? undefined : fieldList(data['fields'])),
    ...present('style', fillColor === undefined ? undefined : { cardTheme: fillColor }),
    ...numbers('position', part('position')),
    ...numbers('geometry', part('geometry')),
  };
}

function present<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  const one: { [P in K]?: V } = {};
  if (value !== undefined) one[name] = value;
  return one;
}

function text(name: string, value: unknown): string | undefined {
  if (value !== undefined && typeof value !== 'string') throw new InvalidField(name, 'A text is expected');
  return value;
}

function statusOf(value: string): CardStatus {
  if (value !== 'connected' && value !== 'disconnected' && value !== 'disabled') throw new InvalidField('data.status', `Unknown status ${value}`);
  return value;
}

function fieldList(value: unknown): MiroField[] {
  if (!Array.isArray(value)) throw new InvalidField('data.fields', 'A list is expected');
  return value.map((one: unknown) => {
    const { iconShape, ...texts } = record('field', one);
    if (iconShape !== undefined && iconShape !== 'round' && iconShape !== 'square') throw new InvalidField('data.fields.iconShape', 'Round or square is expected');
    const field: MiroField = iconShape === undefined ? {} : { iconShape };
    return Object.assign(field, Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, text(`data.fields.${name}`, value)])));
  });
}

function numbers(part: string, values: Record<string, unknown>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (typeof value !== 'number') throw new InvalidField(`${part}.${name}`, 'A number is expected');
      return [name, value];
    }),
  );
}

function record(part: keyof typeof KNOWN, value: unknown): Record<string, unknown> {
  if (!isRecord(value)) throw new InvalidField(part, 'An object is expected');
  const known: readonly string[] = KNOWN[part];
  const stranger = Object.keys(value).find((key) => !known.includes(key));
  if (stranger) throw new InvalidField(part === 'body' ? stranger : `${part}.${stranger}`, 'Unknown field');
  return value;
}
