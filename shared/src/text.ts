const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Escapes text for Miro's HTML subset and for attributes in double quotes. Control characters are dropped: no card can show them. */
export function escapeHtml(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what must go
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '').replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c);
}

/** Cuts to at most `max` visible characters (grapheme clusters), ending in an ellipsis where something was cut. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept: string[] = [];
  // One visible character may be a letter under any number of accents.
  for (const { segment } of new Intl.Segmenter().segment(text.slice(0, max * 20))) {
    if (kept.length === max) return `${kept.slice(0, max - 1).join('').trimEnd()}…`;
    kept.push(segment);
  }
  return kept.join('');
}

/** So much of a text is looked at for a preview: people write a million characters, and some patterns below take time with the square of that. */
const LOOKED_AT = 2000;

/** The gist of a Markdown text as one plain line: marks, images and link targets left out, white space folded. For a preview, not for writing back. */
export function plainLine(markdown: string): string {
  return markdown
    .slice(0, LOOKED_AT)
    .replace(/<!--[\s\S]*?-->/g, ' ')
    .replace(/!\[[^\]]*\]\([^)]*\)/g, ' ')
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replace(/^\s{0,3}(?:#{1,6}\s+|>\s?|[-*+]\s+(?:\[[ xX]\]\s+)?|\d+[.)]\s+|`{3,}.*$|[-*_]{3,}\s*$)/gm, '')
    .replace(/(\*\*|__|~~|`)(.+?)\1/g, '$2')
    .replace(/(^|[^\w*_])([*_])(?=\S)([^*_]+?)\2(?![\w*_])/g, '$1$3')
    .replace(/\s+/g, ' ')
    .trim();
}
