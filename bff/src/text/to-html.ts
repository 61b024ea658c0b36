import { escapeHtml } from '@tandem/shared/text';

/**
 * Markdown as rich text in the few tags that Productboard takes: `h1 h2 p b i u s code pre blockquote ul ol li a hr` and tables. https://developer.productboard.com/v1.0.0/reference/rich-text-formatting
 * What has no tag there is kept in words: deeper headings become the second level, pictures links, boxes of tasks text, HTML of people's own the text that it is.
 */
export function toHtml(markdown: string): string {
  return blocks(markdown.replace(/\r\n?/g, '\n').split('\n'), 0);
}

/** Deeper than this nobody writes; whatever is, is a paragraph. */
const DEEPEST = 20;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])(?: {1,4}(?=\S)|\s*$)/;
const RULE = /^ {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+-]*)[^`]*$/;
const HEADING = /^ {0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$/;
const QUOTE = /^ {0,3}> ?/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

function blocks(lines: readonly string[], depth: number): string {
  let out = '';
  let text: string[] = [];
  const end = (): void => {
    const joined = text.join('\n').trim();
    text = [];
    // A tag for line breaks there is none: each line that is to stand alone is a paragraph.
    if (joined !== '') out += joined.split(/(?:\\| {2,})\n/).map((line) => `<p>${inline(line.replace(/\s*\n\s*/g, ' '))}</p>`).join('');
  };
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? '';
    const heading = HEADING.exec(line);
    const fence = FENCE.exec(line);
    const item = depth < DEEPEST ? ITEM.exec(line) : null;
    if (line.trim() === '') {
      end();
      at += 1;
    } else if (fence) {
      end();
      const [marks = ''] = [fence[1]];
      const close = new RegExp(`^ {0,3}${marks[0]}{${Math.min(marks.length, 1000)},}\\s*$`);
      const until = firstAfter(lines, at, (one) => close.test(one));
      const kind = fence[2] ? ` class="language-${escapeHtml(fence[2])}"` : '';
      out += `<pre><code${kind}>${escapeHtml(lines.slice(at + 1, until).join('\n'))}</code></pre>`;
      at = until + 1;
    } else if (heading) {
      end();
      const name = heading[1]?.length === 1 ? 'h1' : 'h2';
      if (heading[2]) out += `<${name}>${inline(heading[2])}</${name}>`;
      at += 1;
    } else if (RULE.test(line)) {
      end();
      out += '<hr>';
      at += 1;
    } else if (QUOTE.test(line) && depth < DEEPEST) {
      end();
      const until = firstAfter(lines, at, (one) => !QUOTE.test(one));
      out += `<blockquote>${blocks(lines.slice(at, until).map((one) => one.replace(QUOTE, '')), depth + 1)}</blockquote>`;
      at = until;
    } else if (item) {
      end();
      const until = endOfList(lines, at);
      out += list(lines.slice(at, until), depth);
      at = until;
    } else if (line.includes('|') && DIVIDER.test(lines[at + 1] ?? '') && (lines[at + 1] ?? '').includes('-') && text.length === 0) {
      const until = firstAfter(lines, at, (one) => !one.includes('|'));
      out += table(lines.slice(at, until));
      at = until;
    } else {
      text.push(line);
      at += 1;
    }
  }
  end();
  return out;
}

function firstAfter(lines: readonly string[], at: number, ends: (line: string) => boolean): number {
  let until = at + 1;
  while (until < lines.length && !ends(lines[until] ?? '')) until += 1;
  return until;
}

/** A list goes on as long as its items do, with all that is indented below them. */
function endOfList(lines: readonly string[], at: number): number {
  const ordered = /\d/.test(ITEM.exec(lines[at] ?? '')?.[2] ?? '');
  return firstAfter(lines, at, (line) => {
    if (line.trim() === '' || /^ {2,}/.test(line)) return false;
    const item = ITEM.exec(line);
    return !item || /\d/.test(item[2] ?? '') !== ordered;
  });
}

function list(lines: readonly string[], depth: number): string {
  const first = ITEM.exec(lines[0] ?? '');
  const name = /\d/.test(first?.[2] ?? '') ? 'ol' : 'ul';
  const items: string[][] = [];
  let indent = 2;
  for (const line of lines) {
    const item = ITEM.exec(line);
    if (item && (item[1] ?? '').length < indent) {
      items.push([line.slice(item[0].length)]);
      indent = Math.max(2, item[0].length);
    } else items.at(-1)?.push(line.replace(new RegExp(`^ {0,${indent}}`), ''));
  }
  return `<${name}>${items.map((item) => `<li>${blocks(item, depth + 1) || '<p></p>'}</li>`).join('')}</${name}>`;
}

function table(lines: readonly string[]): string {
  const cells = (line: string): string[] =>
    line
      .trim()
      .replace(/^\||(?<!\\)\|$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => inline(cell.replaceAll(String.raw`\|`, '|').trim()));
  const [head = '', , ...rest] = lines;
  const row = (line: string, cell: string): string => `<tr>${cells(line).map((text) => `<${cell}>${text}</${cell}>`).join('')}</tr>`;
  return `<table><thead>${row(head, 'th')}</thead><tbody>${rest.map((line) => row(line, 'td')).join('')}</tbody></table>`;
}

/** Code, pictures, links, addresses, escapes, marks: whatever comes first. A mark without its end within two thousand characters is text: looking further takes time with the square of a text's length. */
const TOKEN = /(?<code>(?<ticks>`+)(?<inner>[^`](?:[\s\S]{0,2000}?[^`])?)\k<ticks>(?!`))|!\[(?<alt>[^\]]{0,1000})\]\((?<src>[^()\s]{0,4000})[^)]{0,1000}\)|\[(?<label>(?:\\.|[^\]\\]){0,1000})\]\((?<href>[^()\s]{0,4000})(?:\s+"[^"]{0,1000}")?\)|<(?<auto>https?:\/\/[^\s<>]+)>|\\(?<escape>[!-/:-@[-`{-~])|(?<mark>\*\*|__|~~|\*|(?<![\p{L}\p{N}])_(?=\S))(?=\S)(?<marked>[\s\S]{0,2000}?\S)\k<mark>(?![\p{L}\p{N}_]|\*)|<u>(?<under>[\s\S]{0,2000}?)<\/u>/gu;
const MARKS: Readonly<Record<string, string>> = { '**': 'b', __: 'b', '*': 'i', _: 'i', '~~': 's' };

function inline(text: string, depth = 0): string {
  if (depth > DEEPEST) return escapeHtml(text);
  let [out, last] = ['', 0];
  for (const match of text.matchAll(TOKEN)) {
    const { inner, alt, src, label, href, auto, escape, mark, marked, under } = match.groups ?? {};
    out += escapeHtml(text.slice(last, match.index));
    last = match.index + match[0].length;
    if (inner !== undefined) out += `<code>${escapeHtml(inner.replace(/^ (`[\s\S]*|[\s\S]*`) $/, '$1'))}</code>`;
    else if (src !== undefined) out += link(src, escapeHtml(alt || src));
    else if (href !== undefined) out += href === '' ? inline(label ?? '', depth + 1) : link(href, inline(label ?? '', depth + 1) || escapeHtml(href));
    else if (auto !== undefined) out += link(auto, escapeHtml(auto));
    else if (escape !== undefined) out += escapeHtml(escape);
    else if (under !== undefined) out += `<u>${inline(under, depth + 1)}</u>`;
    else out += `<${MARKS[mark ?? ''] ?? 'b'}>${inline(marked ?? '', depth + 1)}</${MARKS[mark ?? ''] ?? 'b'}>`;
  }
  return out + escapeHtml(text.slice(last));
}

function link(href: string, label: string): string {
  return `<a href="${escapeHtml(href)}">${label}</a>`;
}
