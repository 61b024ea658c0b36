import type { JSX } from 'preact';
import type { Person } from '@tandem/shared/item';

const TONES = 4;

/** First letters of the first and last word, by grapheme, so that emoji and accents stay whole. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const first = (word: string | undefined): string => (word ? ([...new Intl.Segmenter().segment(word)][0]?.segment ?? '') : '');
  return (first(words[0]) + (words.length > 1 ? first(words.at(-1)) : '')).toUpperCase() || '?';
}

/** A person as initials on a colour of their own. Pictures would be requests to a third host. */
export function Avatar({ person, small = false }: { person: Person; small?: boolean }): JSX.Element {
  const tone = Array.from(person.name, (letter) => letter.codePointAt(0) ?? 0).reduce((sum, code) => sum + code, 0) % TONES;
  return (
    <span class={`avatar tone-${tone}${small ? ' small' : ''}`} aria-hidden="true">
      {initialsOf(person.name)}
    </span>
  );
}
