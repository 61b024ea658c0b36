const BLOCKS = new Set(['p', 'ul', 'ol', 'li']);
const TITLE_TAGS = new Set(['p', 'a', 'br']);
const DESCRIPTION_TAGS = new Set(['p', 'a', 'br', 'strong', 'b', 'em', 'i', 'u', 'ol', 'ul', 'li']);
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00A0' };

/**
 * A title as Miro keeps it: text, `<p>`, `<a>` and `<br>`; other tags go, their text stays, special characters come back as entities, loose text in a paragraph.
 * https://developers.miro.com/reference/data
 */
export function normaliseTitle(html: string): string {
  return normalise(html, TITLE_TAGS);
}

/** A description as Miro keeps it: as the title, and also bold, italic, underline and lists. https://developers.miro.com/reference/data */
export function normaliseDescription(html: string): string {
  return normalise(html, DESCRIPTION_TAGS);
}

/** The text of normalised HTML, as a list of cards shows it. */
export function textOf(html: string): string {
  return decodeEntities(html.replace(/<\/p><p>|<br>/g, ' ').replace(/<[^>]*>/g, '')).trim();
}

function normalise(html: string, allowed: ReadonlySet<string>): string {
  const open: string[] = [];
  let out = '';
  const close = (tag: string): void => {
    while (open.includes(tag)) out += `</${open.pop() ?? tag}>`;
  };
  const start = (tag: string, attributes = ''): void => {
    if (tag === 'p' || tag === 'ul' || tag === 'ol') close('p');
    if (!BLOCKS.has(tag) && open.length === 0) start('p');
    out += `<${tag}${attributes}>`;
    if (tag !== 'br') open.push(tag);
  };
  const withoutCode = html.replace(/<(script|style)\b[^>]*>[\s\S]*?<\/\1\s*>/gi, '').replace(/<!--[\s\S]*?-->/g, '');
  for (const piece of withoutCode.match(/<\/?[a-z][^<>]*>|[^<]+|</gi) ?? []) {
    const tag = /^<(\/?)([a-z][a-z0-9]*)/i.exec(piece);
    if (!tag || !piece.endsWith('>')) {
      const text = encode(decodeEntities(piece));
      if (open.length === 0 && text.trim() === '') continue;
      if (open.length === 0) start('p');
      out += text;
      continue;
    }
    const name = (tag[2] ?? '').toLowerCase();
    if (!allowed.has(name)) continue;
    if (tag[1] === '/') {
      if (name !== 'br') close(name);
    } else start(name, name === 'a' ? link(piece) : '');
  }
  while (open.length > 0) out += `</${open.pop() ?? ''}>`;
  return out;
}

function link(tag: string): string {
  const href = /\shref\s*=\s*(?:"([^"]*)"|'([^']*)')/i.exec(tag);
  const url = decodeEntities(href?.[1] ?? href?.[2] ?? '');
  return /^(?:https?|mailto):/i.test(url) ? ` href="${encode(url)}"` : '';
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]+));/gi, (whole, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
    if (name) return NAMED[name.toLowerCase()] ?? whole;
    const code = hex ? Number.parseInt(hex, 16) : Number(decimal);
    return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : '';
  });
}

function encode(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&#34;').replace(/'/g, '&#39;');
}
