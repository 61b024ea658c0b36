import type { ComponentChildren, JSX } from 'preact';
import { Icon } from './icon.tsx';

interface Props {
  href: string;
  subtle?: boolean;
  /** the opened page reports back to this one, so the link keeps it as its opener */
  onOpened?: () => void;
  children: ComponentChildren;
}

/** A link that opens in a new tab and says so. Only web addresses and our own pages become links: what a tool answers is not trusted to be one. */
export function ExternalLink({ href, subtle = false, onOpened, children }: Props): JSX.Element {
  if (!/^(?:https?:\/)?\//i.test(href)) return <span class="ext">{children}</span>;
  return (
    <a class={subtle ? 'ext subtle' : 'ext'} href={href} target="_blank" rel={onOpened ? 'opener' : 'noopener noreferrer'} onClick={onOpened}>
      <span class="cut">{children}</span>
      <Icon name="external" size={subtle ? 12 : 14} />
      <span class="sr">(opens in a new tab)</span>
    </a>
  );
}
