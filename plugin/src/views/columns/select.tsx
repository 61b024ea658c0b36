import type { JSX } from 'preact';
import { Icon } from '../../ui/icon.tsx';

interface Props<T extends string> {
  label: string;
  value: T;
  options: readonly (readonly [id: T, name: string])[];
  error?: string | undefined;
  onChange: (value: T) => void;
}

/** One of a few, in a table: its label is for readers, its column's heading for everybody else. */
export function Select<T extends string>({ label, value, options, error, onChange }: Props<T>): JSX.Element {
  return (
    <>
      <span class={`pick${error ? ' pick-error' : ''}`}>
        <select aria-label={label} aria-invalid={Boolean(error)} title={error} value={value} onChange={(event) => onChange(options.find(([id]) => id === event.currentTarget.value)?.[0] ?? value)}>
          {options.map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
        <Icon name="chevron" size={18} />
      </span>
      {error && (
        <span class="fine end-bad pick-refused" role="alert">
          {error}
        </span>
      )}
    </>
  );
}
