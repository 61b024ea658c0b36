import type { ComponentChildren, JSX } from 'preact';
import { Icon, type IconName } from './icon.tsx';

const ICON = { info: 'info', warning: 'warning', error: 'warning', success: 'check' } as const satisfies Record<string, IconName>;

interface Props {
  tone: keyof typeof ICON;
  title?: string;
  children?: ComponentChildren;
  /** buttons below the text */
  actions?: ComponentChildren;
  onClose?: () => void;
}

/** A message within the page. Errors are announced at once, the rest when the reader has time. */
export function Callout({ tone, title, children, actions, onClose }: Props): JSX.Element {
  return (
    <div class={`callout callout-${tone}`} role={tone === 'error' ? 'alert' : 'status'}>
      <Icon name={ICON[tone]} size={20} />
      <div class="callout-text">
        {title && <strong>{title}</strong>}
        {children}
        {actions && <div class="actions">{actions}</div>}
      </div>
      {onClose && (
        <button type="button" class="icon-button" aria-label="Dismiss" onClick={onClose}>
          <Icon name="close" />
        </button>
      )}
    </div>
  );
}
