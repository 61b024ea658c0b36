import type { Item } from '@tandem/shared/item';
import { digest } from '../crypto.ts';

/**
 * How a read that began after `stored` was kept compares with it: `same`; `newer` by the tool's own time stamp; or `unsure`, which must be read again:
 * an older stamp is an answer of a replica that trails, and an equal one with other content may be either (Gitea's stamps are whole seconds, a label's colour changes none).
 */
export function compare(stored: Item | undefined, read: Item): 'same' | 'newer' | 'unsure' {
  if (!stored || read.updatedAt > stored.updatedAt) return 'newer';
  return digest(stored) === digest(read) ? 'same' : 'unsure';
}

/** After so many answers an older state is the true one: a tool was restored, its clock was put back, or it never says the same twice. */
const MOST = 6;
const SECOND = 1000;
const REMEMBERED = 1000;

/**
 * In how many milliseconds to read again, since the answer may not replace what was stored before it was asked for; 0 where it may. `key` tells the readers apart.
 * An answer of the same moment is believed when a second read in a row says the same: one that trails has caught up by then.
 */
export function openDoubts(): (key: string, stored: Item | undefined, read: Item) => number {
  const doubts = new Map<string, { readonly said: string; readonly times: number }>();
  return (key, stored, read) => {
    if (compare(stored, read) !== 'unsure') {
      doubts.delete(key);
      return 0;
    }
    const before = doubts.get(key);
    const said = digest(read);
    const confirmed = stored?.updatedAt === read.updatedAt && before?.said === said;
    const times = (before?.times ?? 0) + 1;
    if (!before && doubts.size >= REMEMBERED) doubts.clear();
    // Kept until it is stored: a pair may have to wait for its other side.
    doubts.set(key, { said, times });
    return confirmed || times > MOST ? 0 : times * SECOND;
  };
}
