/** A node of rich text: an element, or a text. */
export type HtmlNode = { readonly name: string; readonly attributes: Readonly<Record<string, string>>; readonly children: readonly HtmlNode[] } | string;

interface Element {
  readonly name: string;
  readonly attributes: Record<string, string>;
  readonly children: (Element | string)[];
}

const EMPTY = new Set(['br', 'hr', 'img', 'input', 'col', 'wbr']);
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0', hellip: '…', mdash: '—', ndash: '–', laquo: '«', raquo: '»', rsquo: '’', lsquo: '‘', rdquo: '”', ldquo: '“' };
/** No text of people is nested deeper; whatever is stays, one level up. */
const DEEPEST = 100;

/** The tree of an HTML fragment as editors write them. Never throws: a tag that is closed and was not open is left out, one that is not closed ends with the text, what is no tag is text. */
export function parseHtml(html: string): readonly HtmlNode[] {
  const root: Element = { name: '', attributes: {}, children: [] };
  const open: Element[] = [root];
  const top = (): Element => open.at(-1) ?? root;
  for (const [token] of html.matchAll(/<!--[\s\S]{0,10000}?-->|<\/?[a-z][^<>]*>|[^<]+|</gi)) {
    const tag = /^<(\/?)([a-z][\w-]*)([\s\S]*?)\/?>$/i.exec(token);
    if (token.startsWith('<!--')) continue;
    if (!tag) {
      top().children.push(decode(token));
      continue;
    }
    const [, closing, rawName = '', rest = ''] = tag;
    const name = rawName.toLowerCase();
    if (closing) {
      const at = open.findLastIndex((element) => element.name === name);
      if (at > 0) open.length = at;
      continue;
    }
    const element: Element = { name, attributes: attributesIn(rest), children: [] };
    top().children.push(element);
    if (!EMPTY.has(name) && open.length < DEEPEST) open.push(element);
  }
  return root.children;
}

function attributesIn(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = '', double, single, bare] of text.matchAll(/([a-z][\w:-]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/gi)) found[name.toLowerCase()] = decode(double ?? single ?? bare ?? '');
  return found;
}

function decode(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/gi, (whole, decimal: string | undefined, hex: string | undefined, name: string | undefined) => {
    if (name !== undefined) return NAMED[name.toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
  });
}
