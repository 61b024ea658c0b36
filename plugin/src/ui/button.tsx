import type { ComponentChildren, JSX } from 'preact';

interface Props {
  kind?: 'primary' | 'secondary' | 'tertiary' | 'danger';
  type?: 'button' | 'submit';
  /** full width, for the one thing to do on a page */
  wide?: boolean;
  /** shows a spinner and takes no clicks, but keeps the focus */
  busy?: boolean;
  disabled?: boolean;
  onClick?: () => void | Promise<void>;
  children: ComponentChildren;
}

/** A Mirotone button. */
export function Button({ kind = 'primary', type = 'button', wide = false, busy = false, disabled = false, onClick, children }: Props): JSX.Element {
  const handleClick = (event: MouseEvent): void => {
    if (busy) event.preventDefault();
    else void onClick?.();
  };
  return (
    <button type={type} class={`button button-medium button-${kind}${wide ? ' wide' : ''}${busy ? ' button-loading' : ''}`} disabled={disabled} aria-disabled={busy} aria-busy={busy} onClick={handleClick}>
      {children}
    </button>
  );
}

/** A button that reads as a link, for the second thing to do. */
export function TextButton({ onClick, children }: { onClick: () => void | Promise<void>; children: ComponentChildren }): JSX.Element {
  return (
    <button type="button" class="text-button" onClick={() => void onClick()}>
      {children}
    </button>
  );
}
