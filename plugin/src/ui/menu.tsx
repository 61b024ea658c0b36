import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';
import { listen } from './listen.ts';

export interface MenuItem {
  readonly id: string;
  readonly content: ComponentChildren;
  readonly danger?: boolean;
  readonly checked?: boolean;
  readonly onPick?: () => void;
  /** a page of our own, in a new tab */
  readonly href?: string;
}

interface Props {
  /** what the menu is for, read after what the button shows */
  label: string;
  trigger: ComponentChildren;
  triggerClass: string;
  heading?: ComponentChildren;
  items: readonly MenuItem[];
  end?: boolean;
}

/** A menu button: arrow keys, Home, End and Escape as the ARIA practices have them. */
export function Menu({ label, trigger, triggerClass, heading, items, end = false }: Props): JSX.Element {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const entries = (): HTMLElement[] => [...(root.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])];

  // Before anybody can press the next key: the keys are for the menu now.
  useLayoutEffect(() => {
    if (!open) return undefined;
    entries()[0]?.focus();
    return listen(['pointerdown', 'focusin'], ({ target }) => {
      if (!root.current?.contains(target as Node)) setOpen(false);
    });
  }, [open]);

  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  const handleKeyDown = (event: KeyboardEvent): void => {
    if (!open) return;
    const list = entries();
    const at = list.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: list.length - 1 }[event.key];
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
    } else if (to !== undefined) {
      event.preventDefault();
      list[(to + list.length) % list.length]?.focus();
    }
  };

  return (
    <div class="menu-root" ref={root} onKeyDown={handleKeyDown}>
      <button type="button" ref={button} class={triggerClass} aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(!open)}>
        {trigger}
        <span class="sr">{label}</span>
      </button>
      {open && (
        <div class={`popup menu${end ? ' menu-end' : ''}`}>
          {heading}
          <div role="menu" aria-label={label}>
            {items.map((item) => {
              // What looks like a choice in the menu is a button or a real link.
              const Entry = item.href ? 'a' : 'button';
              return (
                <Entry
                  key={item.id}
                  {...(item.href ? { href: item.href, target: '_blank', rel: 'noopener' } : { type: 'button' })}
                  role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
                  aria-checked={item.checked}
                  tabIndex={-1}
                  class={`menu-item${item.danger ? ' text-danger' : ''}`}
                  onClick={() => {
                    close();
                    item.onPick?.();
                  }}
                >
                  {item.content}
                  {item.href && <Icon name="external" />}
                </Entry>
              );
            })}
          </div>
        </div>
      )}
    </div>
  );
}
