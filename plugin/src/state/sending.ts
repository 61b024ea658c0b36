import { useState } from 'preact/hooks';
import { asApiError, type ApiError } from '../api.ts';
import { useFirstError } from '../ui/first-error.ts';
import { fieldErrors } from './field-errors.ts';

type Errors = Readonly<Record<string, string>>;

/** How sending a form goes: what is wrong at which field, and what went wrong otherwise. */
interface Sending {
  readonly busy: boolean;
  readonly errors: Errors;
  readonly trouble: ApiError | undefined;
}

/** A form's submit handler: sends when nothing is `missing`, once at a time, and takes the focus to the first field that was refused. */
export function useSending(missing: () => Errors, send: () => Promise<void>): Sending & { handleSubmit(event: Event): void } {
  const [sending, setSending] = useState<Sending>({ busy: false, errors: {}, trouble: undefined });
  useFirstError(sending.errors);
  const submit = async (): Promise<void> => {
    const errors = missing();
    const busy = Object.keys(errors).length === 0;
    setSending({ busy, errors, trouble: undefined });
    if (!busy) return;
    try {
      await send();
      setSending({ busy: false, errors, trouble: undefined });
    } catch (thrown) {
      const trouble = asApiError(thrown);
      const refused = fieldErrors(trouble);
      setSending({ busy: false, errors: refused, trouble: Object.keys(refused).length > 0 ? undefined : trouble });
    }
  };
  return {
    ...sending,
    handleSubmit: (event) => {
      event.preventDefault();
      if (!sending.busy) void submit();
    },
  };
}
