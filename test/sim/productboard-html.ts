import { pbError } from './productboard-input.ts';

const BLOCKS = new Set(['h1', 'h2', 'p', 'pre', 'blockquote', 'ul', 'ol', 'li', 'hr', 'table', 'thead', 'tbody', 'tr', 'th', 'td']);
const INLINE = new Set(['b', 'i', 'u', 's', 'code', 'a']);
const EMPTY = new Set(['hr']);

interface Open {
  readonly name: string;
  readonly node?: string;
}

/**
 * What the editor makes of rich text that is written: none but these tags, all closed, or 400; attributes but `href` are dropped; loose text becomes a paragraph, also in list items; white space between blocks goes.
 * A placeholder link (`urn:pb:node:`) that is there keeps its content, one of something unknown is plain text. https://developer.productboard.com/v1.0.0/reference/rich-text-formatting
 */
export function edited(html: string, nodes: ReadonlyMap<string, string>): string {
  const refuse = (why: string): never => {
    throw pbError(400, 'validation.failed', why, '/data/fields/description');
  };
  const open: Open[] = [];
  let out = '';
  let paragraph = false;
  const inBlock = (): boolean => open.some(({ name }) => ['p', 'h1', 'h2', 'pre', 'th', 'td'].includes(name));
  const begin = (): void => {
    if (inBlock() || paragraph) return;
    paragraph = true;
    out += '<p>';
  };
  const end = (): void => {
    if (paragraph) out += '</p>';
    paragraph = false;
  };
  for (const [token] of html.matchAll(/<[^>]*>|[^<]+|</g)) {
    const tag = /^<(\/?)([a-z][a-z0-9]*)((?:\s[^>]*?)?)(\/?)>$/i.exec(token);
    if (!tag) {
      if (token === '<' || token.startsWith('<!') || token.startsWith('</')) refuse('The text is no HTML');
      const verbatim = open.some(({ name }) => name === 'pre');
      if (token.trim() === '' && !verbatim && !inBlock() && !paragraph) continue;
      begin();
      out += escaped(verbatim ? token : token.replace(/\s+/g, ' '));
      continue;
    }
    const [, closing, rawName = '', attributes = ''] = tag;
    const name = rawName.toLowerCase();
    const block = BLOCKS.has(name);
    if (!block && !INLINE.has(name)) refuse(`The tag ${name} is not supported`);
    if (closing) {
      const last = open.pop();
      if (last?.name !== name) refuse(`The tag ${name} is closed, but not open`);
      if (block) end();
      out += last?.node === 'unknown' ? '' : `</${name}>`;
    } else if (EMPTY.has(name)) {
      end();
      out += `<${name}>`;
    } else {
      if (block) end();
      else begin();
      const href = name === 'a' ? (/\bhref="([^"]*)"/.exec(attributes)?.[1] ?? '') : '';
      const node = /^urn:pb:node:(.+)$/.exec(href)?.[1];
      const unknown = node !== undefined && !nodes.has(node);
      open.push({ name, ...(unknown ? { node: 'unknown' } : {}) });
      const language = name === 'code' ? /\bclass="(language-[\w+-]+)"/.exec(attributes)?.[1] : undefined;
      out += unknown ? '' : name === 'a' ? `<a href="${href}">` : language ? `<code class="${language}">` : `<${name}>`;
    }
  }
  if (open.length > 0) refuse(`The tag ${open.at(-1)?.name} is never closed`);
  end();
  return out.replace(/<p>\s*<\/p>/g, '').replace(/\s+<\/p>/g, '</p>');
}

/** The ids of what a text embeds. */
export function embedsIn(html: string): string[] {
  return [...html.matchAll(/href="urn:pb:node:([^"]+)"/g)].map(([, id = '']) => id);
}

/** Text as the editor prints it: `&` alone becomes an entity, entities stay. */
function escaped(text: string): string {
  return text.replace(/&(?!(?:[a-z]+|#\d+|#x[\da-f]+);)/gi, '&amp;').replace(/>/g, '&gt;');
}
