import type { Rights } from '@tandem/shared/api';
import type { PlaceInfo, SetChange } from '@tandem/shared/item';
import { invalidField } from '../errors.ts';

/** Whether this can be the number of an issue, or of a person. */
export function isNumber(id: string): boolean {
  return /^[1-9]\d{0,9}$/.test(id);
}

/** Reads place and number out of the address of an issue: `pattern` finds them in what follows the site's own. */
export function addressBy(pattern: RegExp): (base: string, url: string) => { readonly place: string; readonly id: string } | undefined {
  return (base, url) => {
    if (!URL.canParse(url)) return undefined;
    const { origin, pathname } = new URL(url);
    const address = origin + pathname;
    const [, place, id] = (address.startsWith(`${base}/`) && pattern.exec(address.slice(base.length))) || [];
    return place && id ? { place, id } : undefined;
  };
}

/** The whole set after a change, for tools that take no less. */
export function changed(now: readonly string[], { add, remove }: SetChange): readonly string[] {
  return [...new Set([...now, ...add])].filter((id) => !remove.includes(id));
}

/** Input that cannot be written, said at its field. */
export function refuse(field: string, sentence: string): never {
  throw invalidField(field, sentence);
}

/** What the person may change in an issue: without the right to write only what is their own, and not its labels and people. `words`: who they are there, what is their own, and whom to ask for more. */
export function rightsTo({ can, name }: PlaceInfo, own: boolean, words: { readonly who: string; readonly own: string; readonly ask: string }): Rights {
  if (can.write) return { fields: ['title', 'description', 'status', 'labels', 'assignees'] };
  // Else whoever sees the issues may create some.
  if (!can.create) return { fields: [], reason: `${name} is archived or has its issues switched off, so nothing can be changed there. Its owner can change that.` };
  return own
    ? { fields: ['title', 'description', 'status'], reason: `${words.who}: you may change title, description and status of ${words.own}. ${words.ask} to change the rest.` }
    : { fields: [], reason: `${words.who}: you may only change ${words.own}. ${words.ask} to change this.` };
}
