import type { JSX } from 'preact';

interface Props<T extends string> {
  name: string;
  label: string;
  options: readonly { readonly id: T; readonly name: string; readonly tone?: 'open' | 'closed' }[];
  value: T;
  disabled?: boolean;
  onChange: (value: T) => void;
}

/** A few choices side by side: radio buttons that look like Mirotone's tabs, so arrow keys come for free. */
export function Segmented<T extends string>({ name, label, options, value, disabled = false, onChange }: Props<T>): JSX.Element {
  return (
    <fieldset class="segmented" disabled={disabled}>
      <legend class="sr">{label}</legend>
      {options.map((option) => (
        <label key={option.id}>
          <input type="radio" name={name} value={option.id} checked={option.id === value} onChange={() => onChange(option.id)} />
          <span>
            {option.tone && <span class={`dot dot-${option.tone}`} />}
            <span class="cut" dir="auto">{option.name}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
