import type { Item } from './item.ts';
import { clip, escapeHtml, plainLine } from './text.ts';

/** One chip on a card, as Miro's `fields[]` has it (REST and Web SDK alike). */
export interface Chip {
  readonly value: string;
  readonly tooltip?: string;
  readonly fillColor?: string;
  readonly textColor?: string;
}

/** What a card shows: ready for Miro's REST API (`style.fillColor`) and Web SDK (`style.cardTheme`). `title` and `description` are Miro's HTML subset, already escaped. */
export interface Face {
  readonly title: string;
  readonly description: string;
  readonly fields: readonly Chip[];
  readonly color: string;
  readonly status: 'connected' | 'disconnected' | 'disabled';
}

/** Miro documents no lengths; these are ours, so that a card stays a card. */
const MAX = { title: 200, excerpt: 280, chip: 40, labels: 4 } as const;

const COLOR = { open: '#1f75cb', closed: '#6e49cb', disabled: '#9b9fac' } as const;
const STATUS_CHIP = {
  open: { fillColor: '#dff3e4', textColor: '#0b5c2b' },
  closed: { fillColor: '#e6e0fa', textColor: '#48309a' },
} as const;
const NEUTRAL = { fillColor: '#eceff3', textColor: '#2b3240' } as const;

/**
 * The face of a card for an item: a pure function, so that the panel, the BFF and the checker of the tests agree to the letter.
 * The description begins with the item's URL as a link: copies of a card keep their content, so a copy can be recognised by it.
 */
export function faceOf(item: Item): Face {
  const excerpt = clip(plainLine(item.description), MAX.excerpt);
  const shownLabels = item.labels.slice(0, MAX.labels);
  const more = item.labels.length - shownLabels.length;
  const [first, ...others] = item.assignees;
  const fields: Chip[] = [
    { value: clip(item.status.name, MAX.chip), tooltip: 'Status', ...STATUS_CHIP[item.status.kind] },
    ...(first
      ? [{ value: clip(others.length > 0 ? `${first.name} +${others.length}` : first.name, MAX.chip), tooltip: `Assigned to ${item.assignees.map((p) => p.name).join(', ')}`, ...NEUTRAL }]
      : []),
    ...(item.due ? [{ value: `Due ${item.due}`, tooltip: 'Due date', ...NEUTRAL }] : []),
    ...shownLabels.map((label) => ({ value: clip(label.name, MAX.chip), tooltip: 'Label', ...labelColors(label.color) })),
    ...(more > 0 ? [{ value: `+${more}`, tooltip: item.labels.slice(MAX.labels).map((l) => l.name).join(', '), ...NEUTRAL }] : []),
  ];
  return {
    title: escapeHtml(clip(item.title.trim() || item.key, MAX.title)),
    description: linkTo(item) + (excerpt ? `<p>${escapeHtml(excerpt)}</p>` : ''),
    fields,
    color: COLOR[item.status.kind],
    status: 'connected',
  };
}

/** The face of a card whose item can no longer be shown: what it last showed, greyed, with the reason on the card for everybody to read. */
export function disabledFace(face: Face, reason: string): Face {
  return {
    ...face,
    fields: [{ value: clip(reason, MAX.chip), tooltip: reason, fillColor: '#fbe3e1', textColor: '#8a1f17' }],
    color: COLOR.disabled,
    status: 'disabled',
  };
}

/** The face of a card that was unlinked: what it last showed, leading nowhere, so that neither it nor a copy is taken for a card of the item. */
export function looseFace(face: Face): Face {
  return { ...face, description: face.description.replace(/<a\b[^>]*>(.*?)<\/a>/i, '$1'), status: 'disconnected' };
}

function linkTo(item: Item): string {
  return `<p><a href="${escapeHtml(item.url)}">${escapeHtml(item.key)}</a></p>`;
}

/** The label's own colour with black or white on it, whichever reads better (WCAG relative luminance). */
function labelColors(color: string | undefined): { fillColor: string; textColor: string } {
  if (!color || !/^#[0-9a-f]{6}$/i.test(color)) return NEUTRAL;
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return c <= 0.040_45 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return { fillColor: color.toLowerCase(), textColor: luminance > 0.179 ? '#1a1c21' : '#ffffff' };
}
