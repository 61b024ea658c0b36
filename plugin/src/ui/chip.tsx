import type { JSX } from 'preact';
import type { Label, Status } from '@tandem/shared/item';

/** A status in the colours that its kind has on the board. */
export function StatusChip({ status }: { status: Status }): JSX.Element {
  return (
    <span class={`chip status-${status.kind}`} dir="auto">
      <span class="cut">{status.name}</span>
    </span>
  );
}

/** A label: its name, and its own colour as a dot, which no text has to be read on. */
export function LabelChip({ label }: { label: Label }): JSX.Element {
  return (
    <span class="chip" dir="auto">
      <Dot color={label.color} />
      <span class="cut">{label.name}</span>
    </span>
  );
}

/** A label's colour; what is none is left out by the browser. */
export function Dot({ color }: { color: string | undefined }): JSX.Element {
  return <span class="dot" style={{ backgroundColor: color }} />;
}
