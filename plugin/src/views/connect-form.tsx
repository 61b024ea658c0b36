import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { SiteView } from '@tandem/shared/api';
import { asApiError, type Api, type ApiError } from '../api.ts';
import { fieldErrors } from '../state/field-errors.ts';
import { Button } from '../ui/button.tsx';
import { Callout } from '../ui/callout.tsx';
import { ExternalLink } from '../ui/external-link.tsx';
import { Field } from '../ui/field.tsx';
import { useFirstError } from '../ui/first-error.ts';

interface Props {
  api: Api;
  site: SiteView;
  onConnected: (site: SiteView) => void;
  /** a second button beside the main one */
  children?: ComponentChildren;
}

/** The token form of a site, its fields as the tool describes them. */
export function ConnectForm({ api, site, onConnected, children }: Props): JSX.Element {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [trouble, setTrouble] = useState<ApiError | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const expired = site.account?.state === 'expired';
  useFirstError(errors);

  const connect = async (): Promise<void> => {
    const missing = site.fields.filter((field) => !values[field.name]?.trim()).map((field) => [field.name, `Paste your ${field.label.toLowerCase()} here.`]);
    setErrors(Object.fromEntries(missing) as Record<string, string>);
    setTrouble(undefined);
    if (missing.length > 0) return;
    setBusy(true);
    try {
      onConnected(await api.connect(site.tool, site.site, { fields: Object.fromEntries(site.fields.map((field) => [field.name, (values[field.name] ?? '').trim()])) }));
    } catch (thrown) {
      const error = asApiError(thrown);
      setErrors(fieldErrors(error));
      if (Object.keys(fieldErrors(error)).length === 0) setTrouble(error);
    } finally {
      setBusy(false);
    }
  };
  const handleSubmit = (event: Event): void => {
    event.preventDefault();
    if (!busy) void connect();
  };

  return (
    <form class="stack" noValidate onSubmit={handleSubmit}>
      {site.fields.map((field) => (
        <Field
          key={field.name}
          id={`connect-${field.name}`}
          label={field.label}
          error={errors[field.name]}
          help={
            <>
              {field.help}
              {field.helpUrl && (
                <>
                  {' '}
                  <ExternalLink href={field.helpUrl}>Create one in {site.name}</ExternalLink>
                </>
              )}
            </>
          }
        >
          {(control) => (
            <input
              class="input input-small"
              type="password"
              autocomplete="off"
              spellcheck={false}
              {...control}
              value={values[field.name] ?? ''}
              onInput={(event) => setValues({ ...values, [field.name]: event.currentTarget.value })}
            />
          )}
        </Field>
      ))}
      {trouble && (
        <Callout tone="error" title={`${site.name} could not be connected`}>
          <p>{trouble.message}</p>
        </Callout>
      )}
      <div class="actions">
        <Button type="submit" busy={busy}>
          {expired ? `Reconnect ${site.name}` : `Connect ${site.name}`}
        </Button>
        {children}
      </div>
    </form>
  );
}
