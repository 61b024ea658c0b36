import type { Face } from '@tandem/shared/face';
import { digest } from '../crypto.ts';
import type { Link, Store } from '../store/store.ts';
import { applyTask } from './keys.ts';

/** What is to be stored of a card after a look at it, and whether it has to be written. */
export interface DriftVerdict {
  readonly shown: string;
  /** it shows something else than Miro answered when it was last written; `again`: that was found before, and nobody lived to write it */
  readonly write?: 'first' | 'again';
}

/** Digest of what a listing tells of a face: Miro's has no colour. */
export function looksOf({ title, description, status, fields }: Omit<Face, 'color'>): string {
  return digest({ title, description, status, fields });
}

/**
 * What a link keeps as `shown`: `=` before the looks that Miro answered to the last write, `!` before looks that were found instead, until they are known to be gone.
 * A digest without either is an older Tandem's, with the colour, and tells nothing here.
 */
function known(shown = ''): { readonly answered?: string; readonly instead?: string } {
  const [, answered, instead] = /^(?:=([^=!]+))?(?:!([^=!]+))?$/.exec(shown) ?? [];
  return { ...(answered === undefined ? {} : { answered }), ...(instead === undefined ? {} : { instead }) };
}

/** What a link keeps as `shown` once its card is written; what the write was to repair is remembered for the next look. */
export function writtenLooks(before: string | undefined, looks: string): string {
  const { answered, instead } = known(before);
  return `=${looks}${instead !== undefined && answered === undefined ? `!${instead}` : ''}`;
}

/**
 * What a listed card tells about its link; nothing where it shows what it should.
 * One that still has the same other looks after it was repaired is listed in other words than Miro answers with: these are its looks from then on, so that a face is repaired once.
 */
export function driftOf(shown: string | undefined, listed: string): DriftVerdict | undefined {
  const { answered, instead } = known(shown);
  if (answered === undefined) return instead === undefined ? undefined : { shown: `!${instead}`, write: 'again' };
  if (instead === undefined && listed === answered) return undefined;
  return listed === answered || listed === instead ? { shown: `=${listed}` } : { shown: `!${listed}`, write: 'first' };
}

/** Whether nobody has written the card since the listing began, nor is about to: what is being written may be in one of the two and not yet in the other. */
export async function isAtRest(store: Pick<Store, 'links' | 'tasks'>, link: Link, began: number): Promise<boolean> {
  if ((link.syncedAt ?? 0) >= began || (await store.tasks.get(applyTask(link, began, '').key))) return false;
  const fresh = await store.links.get(link.id);
  return fresh?.shown === link.shown && fresh?.sent === link.sent;
}
