import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { asApiError } from '../api.ts';
import { TextButton } from './button.tsx';
import { Icon } from './icon.tsx';
import { Spinner } from './skeleton.tsx';

/** Something to pick from a list. */
export interface Option {
  readonly id: string;
  readonly name: string;
  /** a dot or an avatar before the name */
  readonly mark?: ComponentChildren;
}

/** Options that are here, or that somebody must be asked for with each word. */
export type Source<T extends Option> = readonly T[] | ((q: string, signal: AbortSignal) => Promise<readonly T[]>);

interface Props<T extends Option> {
  id: string;
  label: string;
  source: Source<T>;
  value: readonly T[];
  onChange: (value: readonly T[]) => void;
  multiple?: boolean;
  placeholder: string;
  /** for a single choice: the option that chooses nothing */
  none?: string;
  'aria-describedby'?: string | undefined;
  'aria-invalid'?: boolean;
}

type Listed<T> = { state: 'loading' } | { state: 'failed'; message: string } | { state: 'ready'; options: readonly T[] };

const DEBOUNCE_MS = 200;

/** A combobox with a list: type to narrow, arrows to move, Enter to pick, Escape to close; for several, what is picked stands as removable chips before the input. */
export function Picker<T extends Option>({ id, label, source, value, onChange, multiple = false, placeholder, none, ...described }: Props<T>): JSX.Element {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const [answered, setAnswered] = useState<Listed<T>>({ state: 'loading' });
  const [attempt, setAttempt] = useState(0);
  const root = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const local = useMemo(() => (typeof source === 'function' ? undefined : source.filter((option) => option.name.toLowerCase().includes(text.toLowerCase()))), [source, text]);
  const listed: Listed<T> = local ? { state: 'ready', options: local } : answered;
  const chosen = multiple ? undefined : value[0];
  const offerNone = none !== undefined && !text;
  const options: readonly (T | undefined)[] = listed.state === 'ready' ? [...(offerNone ? [undefined] : []), ...listed.options] : [];

  useEffect(() => {
    if (!open) return;
    setActive(0);
    if (typeof source !== 'function') return;
    const over = new AbortController();
    setAnswered({ state: 'loading' });
    const timer = setTimeout(() => {
      source(text, over.signal).then(
        (found) => over.signal.aborted || setAnswered({ state: 'ready', options: found }),
        (error: unknown) => over.signal.aborted || setAnswered({ state: 'failed', message: asApiError(error).message }),
      );
    }, text ? DEBOUNCE_MS : 0);
    return () => {
      clearTimeout(timer);
      over.abort();
    };
  }, [open, text, source, attempt]);

  useEffect(() => {
    for (const shown of ['.popup', '[data-active=true]']) root.current?.querySelector(shown)?.scrollIntoView({ block: 'nearest' });
  }, [active, open, answered]);

  const close = (): void => {
    setOpen(false);
    setText('');
  };
  const isPicked = (option: T): boolean => value.some((one) => one.id === option.id);
  const toggle = (option: T): void => onChange(isPicked(option) ? value.filter((one) => one.id !== option.id) : [...value, option]);
  const pick = (option: T | undefined): void => {
    if (multiple && option) {
      toggle(option);
      setText('');
    } else {
      onChange(option ? [option] : []);
      close();
    }
  };
  const handleKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && open) {
      event.stopPropagation();
      close();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!open) setOpen(true);
      else if (options.length > 0) setActive((active + (event.key === 'ArrowDown' ? 1 : -1) + options.length) % options.length);
    } else if (event.key === 'Enter' && open) {
      event.preventDefault();
      if (active < options.length) pick(options[active]);
    } else if (event.key === 'Backspace' && multiple && !text) {
      onChange(value.slice(0, -1));
    }
  };
  const handleBox = (event: MouseEvent): void => {
    if ((event.target as Element).closest('button')) return;
    setOpen(true);
    if (event.target === input.current) return;
    event.preventDefault();
    input.current?.focus();
  };
  const handleFocusOut = (event: FocusEvent): void => {
    if (!root.current?.contains(event.relatedTarget as Node | null)) close();
  };

  return (
    <div class="picker" ref={root} onFocusOut={handleFocusOut}>
      {/* The whole box opens the list; the input in it is what keyboards and readers use. */}
      <div class="picker-box" onMouseDown={handleBox}>
        {multiple &&
          value.map((option) => (
            <span class="chip chip-removable" key={option.id} dir="auto">
              {option.mark}
              <span class="cut">{option.name}</span>
              <button type="button" aria-label={`Remove ${option.name}`} onClick={() => (toggle(option), input.current?.focus())}>
                <Icon name="close" size={12} />
              </button>
            </span>
          ))}
        <input
          id={id}
          ref={input}
          type="text"
          role="combobox"
          autocomplete="off"
          spellcheck={false}
          dir="auto"
          aria-autocomplete="list"
          aria-expanded={open}
          aria-controls={open ? `${id}-list` : undefined}
          aria-activedescendant={open && active < options.length ? `${id}-option-${active}` : undefined}
          {...described}
          placeholder={chosen ? chosen.name : multiple && value.length > 0 ? '' : placeholder}
          value={open ? text : (chosen?.name ?? '')}
          onInput={(event) => (setText(event.currentTarget.value), setOpen(true))}
          onKeyDown={handleKeyDown}
        />
        <Icon name="chevron" />
      </div>
      {open && (
        <div class="popup">
          {listed.state === 'loading' && (
            <p class="popup-note" role="status">
              <Spinner /> Loading…
            </p>
          )}
          {listed.state === 'failed' && (
            <div class="popup-note" role="alert">
              {listed.message}{' '}
              <TextButton onClick={() => (setAttempt(attempt + 1), input.current?.focus())}>Try again</TextButton>
            </div>
          )}
          {listed.state === 'ready' && options.length === 0 && (
            <p class="popup-note" role="status">
              Nothing matches{text ? ` “${text}”` : ''}.
            </p>
          )}
          <ul class="options" role="listbox" id={`${id}-list`} aria-label={label} aria-multiselectable={multiple} hidden={options.length === 0}>
            {options.map((option, index) => {
              const selected = option ? isPicked(option) : value.length === 0;
              return (
                <li
                  key={option?.id ?? ''}
                  id={`${id}-option-${index}`}
                  role="option"
                  aria-selected={selected}
                  data-active={index === active}
                  onMouseDown={(event) => event.preventDefault()}
                  onMouseMove={() => index !== active && setActive(index)}
                  onClick={() => pick(option)}
                >
                  {option?.mark}
                  <span class="cut" dir="auto">{option ? option.name : none}</span>
                  {selected && <Icon name="check" />}
                </li>
              );
            })}
          </ul>
        </div>
      )}
    </div>
  );
}
