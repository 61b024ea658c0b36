import type { ComponentChildren, JSX } from 'preact';
import { Icon } from './icon.tsx';

/** A link that opens in a new tab and says so. Only web addresses become links: what a tool answers is not trusted to be one. */
export function ExternalLink({ href, subtle = false, children }: { href: string; subtle?: boolean; children: ComponentChildren }): JSX.Element {
  if (!/^https?:\/\//i.test(href)) return <span class="ext">{children}</span>;
  return (
    <a class={subtle ? 'ext subtle' : 'ext'} href={href} target="_blank" rel="noopener noreferrer">
      <span class="cut">{children}</span>
      <Icon name="external" size={subtle ? 12 : 14} />
      <span class="sr">(opens in a new tab)</span>
    </a>
  );
}
