import { useEffect, useRef } from 'preact/hooks';

/** Takes the focus to the first field with an error when a try brought new ones; not while somebody mends them. */
export function useFirstError(errors: Readonly<Record<string, string>>): void {
  const before = useRef(0);
  useEffect(() => {
    const count = Object.keys(errors).length;
    if (count > before.current) document.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
    before.current = count;
  }, [errors]);
}
