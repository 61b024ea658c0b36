import { signal, type ReadonlySignal } from '../signal.ts';
import type { Item } from '@tandem/shared/item';
import { printRef } from '@tandem/shared/ref';

/** The chosen items, kept over searches: what was picked stays picked when another word is typed. */
export interface Selection {
  readonly items: ReadonlySignal<ReadonlyMap<string, Item>>;
  /** Picks or drops one; with `range`, everything between the last touched one and this one takes its new state. */
  toggle(item: Item, among: readonly Item[], range: boolean): void;
  setAll(items: readonly Item[], on: boolean): void;
  clear(): void;
}

/** The items from one to the other, in the list's order, both included. */
export function between(list: readonly Item[], from: string, to: string): readonly Item[] {
  const [a, b] = [list.findIndex((item) => printRef(item.ref) === from), list.findIndex((item) => printRef(item.ref) === to)];
  if (b < 0) return [];
  return a < 0 ? list.slice(b, b + 1) : list.slice(Math.min(a, b), Math.max(a, b) + 1);
}

/** A selection of items, empty at first. */
export function createSelection(): Selection {
  const items = signal<ReadonlyMap<string, Item>>(new Map());
  let anchor = '';

  function setAll(changed: readonly Item[], on: boolean): void {
    const next = new Map(items.value);
    for (const item of changed) {
      if (on) next.set(printRef(item.ref), item);
      else next.delete(printRef(item.ref));
    }
    items.value = next;
  }

  return {
    items,
    setAll,
    toggle: (item, among, range) => {
      const key = printRef(item.ref);
      setAll(range && anchor ? between(among, anchor, key) : [item], !items.value.has(key));
      anchor = key;
    },
    clear: () => {
      items.value = new Map();
      anchor = '';
    },
  };
}
