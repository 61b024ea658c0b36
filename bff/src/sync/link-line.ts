import type { Item } from '@tandem/shared/item';

/** What makes a ticket's link ours, whatever a tracker does to the rest of its text: the link's id behind the address. */
function tag(link: string): string {
  return `#tandem-${link}`;
}

/** The line at the end of a ticket that leads to its feature. */
export function linkLine(link: string, name: string, feature: Pick<Item, 'title' | 'url'>): string {
  const title = feature.title.replace(/[\s\\[\]<>]+/g, ' ').trim() || name;
  return `${name}: [${title}](${feature.url.split('#')[0]}${tag(link)})`;
}

/** The text with the line at its end. */
export function withLine(text: string, line: string): string {
  return text.trim() === '' ? line : `${text.trimEnd()}\n\n${line}`;
}

/** Whether the text holds the line of this link. */
export function hasLine(text: string, link: string): boolean {
  return text.includes(tag(link));
}

/** The text without the line of this link; one that has none stays as it is to the letter. */
export function withoutLine(text: string, link: string): string {
  if (!hasLine(text, link)) return text;
  return text
    .split(/\r?\n/)
    .filter((line) => !line.includes(tag(link)))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
