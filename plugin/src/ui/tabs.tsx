import type { ComponentChildren, JSX } from 'preact';
import { useRef } from 'preact/hooks';

interface Props<T extends string> {
  label: string;
  tabs: readonly { readonly id: T; readonly name: string }[];
  current: T;
  onSelect: (id: T) => void;
}

/** Mirotone's tabs with the roles and arrow keys that they lack. */
export function Tabs<T extends string>({ label, tabs, current, onSelect }: Props<T>): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  const handleKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (tabs.findIndex((tab) => tab.id === current) + step + tabs.length) % tabs.length;
    const tab = tabs[next];
    if (tab) onSelect(tab.id);
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus();
  };
  return (
    <div class="tab-list" role="tablist" aria-label={label} ref={list} onKeyDown={handleKeyDown}>
      {tabs.map((tab) => (
        <button
          type="button"
          key={tab.id}
          role="tab"
          id={`tab-${tab.id}`}
          aria-controls={`tabpanel-${tab.id}`}
          aria-selected={tab.id === current}
          tabIndex={tab.id === current ? 0 : -1}
          onClick={() => onSelect(tab.id)}
        >
          {tab.name}
        </button>
      ))}
    </div>
  );
}

/** The content of a tab; it stays in the page when hidden, so that nothing typed is lost. */
export function TabPanel({ id, hidden, children }: { id: string; hidden: boolean; children: ComponentChildren }): JSX.Element {
  return (
    <div role="tabpanel" id={`tabpanel-${id}`} aria-labelledby={`tab-${id}`} class="tab-panel" hidden={hidden}>
      {children}
    </div>
  );
}
