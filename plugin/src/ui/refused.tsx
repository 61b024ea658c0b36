import type { JSX } from 'preact';
import { Callout } from './callout.tsx';

/** What came of something that a person asked for and that did not work; nothing where it did. */
export function Refused({ why }: { why: string | undefined }): JSX.Element | null {
  return why ? (
    <Callout tone="error" title="That did not work">
      <p>{why}</p>
    </Callout>
  ) : null;
}
