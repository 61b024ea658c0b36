import type { JSX } from 'preact';
import type { SiteView } from '@tandem/shared/api';
import { initialsOf } from '../ui/avatar.tsx';

/** A tool as a monogram: its logo would be somebody else's picture from somebody else's host. */
export function SiteMark({ site, large = false }: { site: Pick<SiteView, 'tool' | 'name'>; large?: boolean }): JSX.Element {
  return (
    <span class={`site-mark mark-${site.tool.split(':')[0]?.replace(/\W/g, '') ?? ''}${large ? ' large' : ''}`} aria-hidden="true">
      {initialsOf(site.name)}
    </span>
  );
}
