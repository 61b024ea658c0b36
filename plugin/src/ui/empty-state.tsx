import type { ComponentChildren, JSX } from 'preact';
import { Icon, type IconName } from './icon.tsx';

interface Props {
  icon: IconName;
  tone?: 'blue' | 'red' | 'gray';
  title: string;
  /** it is all there is on the page, so its title is the page's heading */
  page?: boolean;
  children?: ComponentChildren;
  actions?: ComponentChildren;
}

/** A page or list with nothing in it: what that means, and what to do next. */
export function EmptyState({ icon, tone = 'blue', title, page = false, children, actions }: Props): JSX.Element {
  const Heading = page ? 'h1' : 'h2';
  return (
    <div class={`empty empty-${tone}`}>
      <Scene icon={icon} />
      <Heading class="empty-title">{title}</Heading>
      {children && <div class="empty-text">{children}</div>}
      {actions && <div class="empty-actions">{actions}</div>}
    </div>
  );
}

/** Two cards on a board, with a badge that says what it is about. */
function Scene({ icon }: { icon: IconName }): JSX.Element {
  return (
    <div class="scene" aria-hidden="true">
      <svg viewBox="0 0 144 88" width="144" height="88">
        <rect class="scene-back" x="34" y="6" width="84" height="52" rx="8" transform="rotate(6 76 32)" />
        <rect class="scene-card" x="22" y="18" width="92" height="58" rx="8" />
        <rect class="scene-edge" x="22" y="18" width="6" height="58" rx="3" />
        <rect class="scene-line" x="40" y="32" width="56" height="6" rx="3" />
        <rect class="scene-line" x="40" y="45" width="40" height="6" rx="3" />
        <rect class="scene-chip" x="40" y="58" width="24" height="8" rx="4" />
      </svg>
      <span class="scene-badge">
        <Icon name={icon} size={20} />
      </span>
    </div>
  );
}
