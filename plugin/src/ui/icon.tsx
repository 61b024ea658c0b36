import type { JSX } from 'preact';

const PATHS = {
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm5 11.5L20 20',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  close: 'm6 6 12 12M18 6 6 18',
  chevron: 'm7 10 5 5 5-5',
  external: 'M10 6H6v12h12v-4m-4-8h4v4m0-4-7 7',
  locate: 'M12 3v4m0 10v4M3 12h4m10 0h4m-9-5a5 5 0 1 0 0 10 5 5 0 0 0 0-10Z',
  refresh: 'M19 5v5h-5M5 19v-5h5m8.5-4A7 7 0 0 0 6 8m-.5 6A7 7 0 0 0 18 16',
  warning: 'M12 4 3 19h18L12 4Zm0 6v4m0 2.5v.1',
  info: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Zm0 7v5m0-8v.1',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM5 20a7 7 0 0 1 14 0',
  unlink: 'M9 7H7a5 5 0 0 0 0 10h2m6-10h2a5 5 0 0 1 0 10h-2M4 4l16 16',
  lock: 'M6 11h12v9H6zm3 0V8a3 3 0 0 1 6 0v3',
  offline: 'M7 18h10a4 4 0 0 0 2-7.5M16 7.5A6 6 0 0 0 6.5 11 3.6 3.6 0 0 0 7 18M4 4l16 16',
} as const;

/** Our own few icons, drawn as lines on 24 × 24. */
export type IconName = keyof typeof PATHS;

/** A decorative icon in the colour of the text; what it means is always said in words beside it or in a label. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg class="ico" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
