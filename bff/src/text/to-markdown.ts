import { parseHtml, type HtmlNode } from './html.ts';

type Element = Exclude<HtmlNode, string>;

const BLOCKS = new Set(['p', 'div', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'li', 'pre', 'blockquote', 'hr', 'table', 'section', 'article', 'details', 'summary', 'figure']);
const MARKS: Readonly<Record<string, readonly [string, string]>> = { b: ['**', '**'], strong: ['**', '**'], i: ['*', '*'], em: ['*', '*'], s: ['~~', '~~'], del: ['~~', '~~'], strike: ['~~', '~~'], u: ['<u>', '</u>'] };

/** Rich text as Markdown. What Markdown has no words for keeps its text; links keep their address, those that stand for what only the editor can show (`urn:…`), too. */
export function toMarkdown(html: string): string {
  return blocks(parseHtml(html)).join('\n\n');
}

/** Each block's Markdown; text and inline elements between blocks are a paragraph. */
function blocks(nodes: readonly HtmlNode[]): string[] {
  const out: string[] = [];
  let loose: HtmlNode[] = [];
  const end = (): void => {
    const text = paragraph(loose);
    loose = [];
    if (text !== '') out.push(text);
  };
  for (const node of nodes) {
    if (typeof node === 'string' || !BLOCKS.has(node.name)) {
      loose.push(node);
      continue;
    }
    end();
    out.push(...block(node));
  }
  end();
  return out;
}

function block(element: Element): string[] {
  const { name, children } = element;
  if (/^h[1-6]$/.test(name)) {
    const text = inline(children).replace(/\s*\n\s*/g, ' ').trim();
    return text === '' ? [] : [`${'#'.repeat(Number(name[1]))} ${text}`];
  }
  if (name === 'ul' || name === 'ol') return [list(element)].filter((text) => text !== '');
  if (name === 'pre') return [fence(element)];
  if (name === 'blockquote') return [blocks(children).join('\n\n').replace(/^/gm, '> ').replace(/^> $/gm, '>')].filter((text) => text !== '>');
  if (name === 'hr') return ['---'];
  if (name === 'table') return [table(element)].filter((text) => text !== '');
  return blocks(children);
}

function paragraph(nodes: readonly HtmlNode[]): string {
  return inline(nodes)
    .replace(/[ \t]*\n[ \t]*/g, '\n')
    .replace(/^\s+|(?:\s|\\\n)+$/g, '')
    .split('\n')
    .map(guarded)
    .join('\n');
}

/** A line that would begin a block is kept from it. */
function guarded(line: string): string {
  return line.replace(/^(\s*)(#{1,6}(?=\s|$)|[-+](?=\s|$)|>|(?:-{3,}|={3,})\s*$)/, String.raw`$1\$2`).replace(/^(\s*\d{1,9})([.)])(?=\s|$)/, String.raw`$1\$2`);
}

function inline(nodes: readonly HtmlNode[]): string {
  return nodes.map((node) => (typeof node === 'string' ? escaped(node.replace(/[ \t\r\n]+/g, ' ')) : inlineElement(node))).join('');
}

function inlineElement(element: Element): string {
  const { name, attributes, children } = element;
  if (name === 'br') return '\\\n';
  if (name === 'code') return code(textOf(children));
  if (name === 'img') return `![${escaped(attributes['alt'] ?? '')}](${address(attributes['src'] ?? '')})`;
  if (name === 'input') return '';
  const inner = inline(children);
  if (name === 'a' && attributes['href']) return `[${inner.trim() || escaped(attributes['href'])}](${address(attributes['href'])})`;
  const marks = MARKS[name];
  if (!marks) return inner;
  // Marks do not open before a blank, nor close after one.
  const [, before = '', text = '', after = ''] = /^(\s*)([\s\S]*?)(\s*)$/.exec(inner) ?? [];
  return text === '' ? inner : `${before}${marks[0]}${text}${marks[1]}${after}`;
}

function list(element: Element): string {
  const items = element.children.filter((node): node is Element => typeof node !== 'string' && node.name === 'li');
  const first = Number(element.attributes['start'] ?? 1);
  return items
    .map((item, i) => {
      const marker = element.name === 'ol' ? `${first + i}. ` : '- ';
      const parts = blocks(item.children);
      // Only paragraphs stand apart.
      const text = parts.map((part, at) => (at === 0 ? part : `${/^(?:[-*]|\d+\.) /.test(part) ? '\n' : '\n\n'}${part}`)).join('');
      return marker + box(item) + text.replace(/\n(?=[^\n])/g, `\n${' '.repeat(marker.length)}`);
    })
    .join('\n');
}

/** What ticks an item, in any of the ways that editors write it. */
function box(item: Element): string {
  const input = item.children.flatMap((node) => (typeof node === 'string' ? [] : [node, ...node.children])).find((node) => typeof node !== 'string' && node.name === 'input');
  const said = item.attributes['data-checked'] ?? item.attributes['aria-checked'];
  if (said !== undefined) return said === 'true' ? '[x] ' : '[ ] ';
  return input === undefined || typeof input === 'string' ? '' : 'checked' in input.attributes ? '[x] ' : '[ ] ';
}

function fence(element: Element): string {
  const [only] = element.children;
  const language = /\blanguage-([\w+-]+)/.exec(typeof only === 'object' ? (only.attributes['class'] ?? '') : '')?.[1] ?? '';
  const text = textOf(element.children).replace(/\n$/, '');
  const marks = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `${marks}${language}\n${text}\n${marks}`;
}

function table(element: Element): string {
  const rows = rowsIn(element).map((row) => row.children.filter((node): node is Element => typeof node !== 'string').map((cell) => blocks(cell.children).join(' ').replace(/\\?\n/g, ' ').replaceAll('|', String.raw`\|`).trim()));
  const [head, ...rest] = rows;
  if (!head) return '';
  const width = Math.max(...rows.map((row) => row.length));
  const line = (cells: readonly string[]): string => `| ${Array.from({ length: width }, (_, i) => cells[i] ?? '').join(' | ')} |`;
  return [line(head), line(Array.from({ length: width }, () => '---')), ...rest.map(line)].join('\n');
}

function rowsIn(element: Element): Element[] {
  return element.children.flatMap((node) => (typeof node === 'string' ? [] : node.name === 'tr' ? [node] : rowsIn(node)));
}

function textOf(nodes: readonly HtmlNode[]): string {
  return nodes.map((node) => (typeof node === 'string' ? node : node.name === 'br' ? '\n' : textOf(node.children))).join('');
}

function code(text: string): string {
  const marks = '`'.repeat(Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)) + 1);
  const gap = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return text === '' ? '' : `${marks}${gap}${text}${gap}${marks}`;
}

/** Text that Markdown takes for nothing else. Underscores within words mean nothing, so they stay. */
function escaped(text: string): string {
  return text.replace(/[\\`*[\]]|<(?=[a-z/!])|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|~~/giu, (mark) => `\\${mark}`);
}

function address(url: string): string {
  return url.replace(/[\s()<>\\]/g, (c) => `%${(c.codePointAt(0) ?? 32).toString(16).padStart(2, '0')}`);
}
