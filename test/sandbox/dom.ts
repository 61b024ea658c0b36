type Props<T extends keyof HTMLElementTagNameMap> = Partial<Omit<HTMLElementTagNameMap[T], 'style' | 'dataset' | 'children'>> & { style?: string; data?: Record<string, string>; aria?: Record<string, string> };
type Child = Node | string | false | undefined;

/** An element with properties, `data-*` and `aria-*` attributes, and children. Strings become text, never markup. */
export function el<T extends keyof HTMLElementTagNameMap>(tag: T, props: Props<T> = {}, ...children: readonly Child[]): HTMLElementTagNameMap[T] {
  const { style, data = {}, aria = {}, ...rest } = props;
  const element = document.createElement(tag);
  Object.assign(element, rest);
  if (style) element.style.cssText = style;
  for (const [name, value] of Object.entries(data)) element.dataset[name] = value;
  for (const [name, value] of Object.entries(aria)) element.setAttribute(name === 'role' ? 'role' : `aria-${name}`, value);
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}

const PATHS = {
  select: 'M6 4l12 7.2-5.3 1.3L9.9 18 6 4z',
  hand: 'M8 12V6.2a1.3 1.3 0 012.6 0V11m0-5.6a1.3 1.3 0 012.6 0V11m0-4.6a1.3 1.3 0 012.6 0v6.4c0 4-2 6.2-5 6.2-2.4 0-3.6-1-4.8-3.2L4.4 12.6a1.3 1.3 0 012.2-1.3L8 13',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  fit: 'M4 9V5a1 1 0 011-1h4M15 4h4a1 1 0 011 1v4M20 15v4a1 1 0 01-1 1h-4M9 20H5a1 1 0 01-1-1v-4',
  copy: 'M9 9h10v10H9zM5 15V5h10',
  trash: 'M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12M10.5 11v5M13.5 11v5',
  open: 'M13 5h6v6M19 5l-8 8M11 5H6a1 1 0 00-1 1v12a1 1 0 001 1h12a1 1 0 001-1v-5',
  unlink: 'M10 14l4-4M9 7l1.5-1.5a4 4 0 016 6L15 13M15 17l-1.5 1.5a4 4 0 01-6-6L9 11',
  chevron: 'M7 10l5 5 5-5',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  blocked: 'M12 4a8 8 0 100 16 8 8 0 000-16zM6.5 6.5l11 11',
} as const;

/** One of the page's line icons; decorative, so the control around it carries the name. */
export function icon(name: keyof typeof PATHS, size = 20): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [key, value] of Object.entries({ viewBox: '0 0 24 24', width: `${size}`, height: `${size}`, fill: 'none', stroke: 'currentColor', 'stroke-width': '1.7', 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true' })) svg.setAttribute(key, value);
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}

/** Tandem's mark: two rings that overlap. */
export function mark(size: number): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [key, value] of Object.entries({ viewBox: '0 0 24 24', width: `${size}`, height: `${size}`, 'aria-hidden': 'true' })) svg.setAttribute(key, value);
  for (const [cx, color] of [['8', '#4262ff'], ['16', '#ff9d48']] as const) {
    const circle = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
    for (const [key, value] of Object.entries({ cx, cy: '12', r: '5.6', fill: 'none', stroke: color, 'stroke-width': '3' })) circle.setAttribute(key, value);
    svg.append(circle);
  }
  return svg;
}

/** A name's initials, for an avatar. */
export function initials(name: string): string {
  return name.split(/\s+/).slice(0, 2).map((word) => word[0]?.toUpperCase() ?? '').join('');
}
