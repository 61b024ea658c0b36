const ALLOWED = new Set(['P', 'A', 'BR', 'STRONG', 'B', 'EM', 'I', 'U', 'OL', 'UL', 'LI']);
const DROPPED = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'IFRAME', 'OBJECT', 'SVG', 'MATH']);

/**
 * Miro's HTML subset (https://developers.miro.com/reference/data) as nodes that are safe to show: the text is parsed in an inert document and built
 * anew out of the allowed tags, without any attribute but an `http(s)` link. Other tags leave their text behind.
 */
export function rich(html: string): DocumentFragment {
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  const fragment = document.createDocumentFragment();
  for (const child of parsed.body.childNodes) copy(child, fragment);
  return fragment;
}

/** The text of Miro's HTML subset without its markup, on one line. */
export function plain(html: string): string {
  return (new DOMParser().parseFromString(html, 'text/html').body.textContent ?? '').replace(/\s+/g, ' ').trim();
}

function copy(node: Node, into: Node): void {
  if (node.nodeType === Node.TEXT_NODE) {
    into.appendChild(document.createTextNode(node.textContent ?? ''));
    return;
  }
  if (!(node instanceof Element) || DROPPED.has(node.tagName.toUpperCase())) return;
  const target = ALLOWED.has(node.tagName) ? into.appendChild(element(node)) : into;
  for (const child of node.childNodes) copy(child, target);
}

function element(source: Element): HTMLElement {
  const made = document.createElement(source.tagName);
  const href = source.getAttribute('href');
  if (made instanceof HTMLAnchorElement && href && /^https?:\/\//i.test(href)) {
    made.href = href;
    made.target = '_blank';
    made.rel = 'noopener';
  }
  return made;
}
