import { options, type Component, type VNode } from 'preact';
import { follow, leave, reader, type Reader } from './signal.ts';

type Node = VNode & { readonly __c?: Component | null };

/** What Preact calls around the rendering of a component, by the names that its hooks and its devtools go by. */
export interface Inside {
  /** before a component renders */
  __r?: (node: Node) => void;
  /** it threw */
  __e?: (error: unknown, node: Node, ...more: readonly unknown[]) => void;
  diffed?: (node: Node) => void;
  unmount?: (node: Node) => void;
}

/** From now on every component renders anew when a signal has changed that it read while it rendered. */
export function renderBySignals(inside: Inside = options): void {
  const readers = new WeakMap<Component, Reader>();
  let end = (): void => undefined;
  /** Nobody reads any more; its children, if anybody, are next. */
  const stop = (): void => {
    end();
    end = () => undefined;
  };
  const { __r: render, __e: threw, diffed, unmount } = inside;
  inside['__r'] = (node) => {
    stop();
    render?.(node);
    const component = node['__c'];
    if (!component) return;
    const known = readers.get(component) ?? reader(() => component.forceUpdate());
    readers.set(component, known);
    end = follow(known);
  };
  inside.diffed = (node) => {
    stop();
    diffed?.(node);
  };
  inside['__e'] = (...trouble) => {
    stop();
    threw?.(...trouble);
  };
  inside.unmount = (node) => {
    const known = node['__c'] && readers.get(node['__c']);
    if (known) leave(known);
    unmount?.(node);
  };
}
