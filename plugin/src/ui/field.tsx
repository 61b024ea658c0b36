import type { ComponentChildren, JSX } from 'preact';

/** What a control inside a field must carry so that its help and error are read with it. */
export interface Described {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': boolean;
}

interface Props {
  id: string;
  label: string;
  optional?: boolean;
  help?: ComponentChildren;
  error?: string | undefined;
  children: (control: Described) => ComponentChildren;
}

/** A labelled control with help below it, and the error at it. */
export function Field({ id, label, optional = false, help, error, children }: Props): JSX.Element {
  const described = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div class={`form-group form-group-small${error ? ' error' : ''}`}>
      <label for={id}>
        {label}
        {optional && <span class="optional"> optional</span>}
      </label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': Boolean(error) })}
      {error && (
        <div class="status-text" id={`${id}-error`} role="alert">
          {error}
        </div>
      )}
      {help && (
        <div class="help" id={`${id}-help`}>
          {help}
        </div>
      )}
    </div>
  );
}
