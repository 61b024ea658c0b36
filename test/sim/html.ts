import { escapeHtml } from '@tandem/shared/text';

/** Markup that is already safe. */
export interface Markup {
  readonly markup: string;
}

type Piece = string | number | Markup | null | undefined | false | readonly (string | Markup)[];

/** Template tag for pages: every value is escaped unless it is markup made by this tag. */
export function html(parts: TemplateStringsArray, ...values: readonly Piece[]): Markup {
  return { markup: parts.reduce((all, part, i) => all + show(values[i - 1]) + part) };
}

function show(value: Piece): string {
  if (value === undefined || value === null || value === false) return '';
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value));
  if ('markup' in value) return value.markup;
  return value.map(show).join('');
}

/**
 * The Markdown that people write in issues, for reading: paragraphs, headings, lists, task lists, code, bold, italics, links. Everything is escaped first.
 */
export function renderMarkdown(text: string): Markup {
  const blocks = text.replace(/\r\n/g, '\n').replace(/<!--[\s\S]*?-->/g, '').split(/```\w*\n([\s\S]*?)```/);
  return { markup: blocks.map((block, i) => (i % 2 === 1 ? `<pre><code>${escapeHtml(block)}</code></pre>` : prose(block))).join('') };
}

function prose(text: string): string {
  let out = '';
  let list: string[] = [];
  let kind = 'ul';
  let paragraph: string[] = [];
  const flush = (): void => {
    if (list.length > 0) out += `<${kind}>${list.join('')}</${kind}>`;
    if (paragraph.length > 0) out += `<p>${paragraph.join('<br>')}</p>`;
    list = [];
    paragraph = [];
  };
  for (const line of text.split('\n')) {
    const heading = /^(#{1,4})\s+(.+)$/.exec(line);
    const bullet = /^\s*(?:[-*]|\d+\.)\s+(?:\[([ xX])\]\s+)?(.+)$/.exec(line);
    if (heading) {
      flush();
      out += `<h3>${inline(heading[2] ?? '')}</h3>`;
    } else if (bullet) {
      const wanted = /^\s*\d/.test(line) ? 'ol' : 'ul';
      if (paragraph.length > 0 || wanted !== kind) flush();
      kind = wanted;
      const box = bullet[1] === undefined ? '' : `<input type="checkbox" disabled aria-label="${bullet[1] === ' ' ? 'open' : 'done'}"${bullet[1] === ' ' ? '' : ' checked'}> `;
      list.push(`<li${box ? ' class="task"' : ''}>${box}${inline(bullet[2] ?? '')}</li>`);
    } else if (line.trim() === '') flush();
    else {
      if (list.length > 0) flush();
      paragraph.push(inline(line));
    }
  }
  flush();
  return out;
}

function inline(text: string): string {
  return escapeHtml(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
    .replace(/(^|\W)_([^_]+)_(?=\W|$)/g, '$1<em>$2</em>')
    .replace(/\[([^\]]+)\]\((https?:\/\/[^)\s]+)\)/g, '<a href="$2" rel="noreferrer">$1</a>');
}
