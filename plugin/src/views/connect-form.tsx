import type { ComponentChildren, JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { SiteView, TokenField } from '@tandem/shared/api';
import type { Api } from '../api.ts';
import { healthOf } from '../state/account.ts';
import { useSending } from '../state/sending.ts';
import { consentAt, createSignIn } from '../state/sign-in.ts';
import { Button, TextButton } from '../ui/button.tsx';
import { Callout } from '../ui/callout.tsx';
import { ExternalLink } from '../ui/external-link.tsx';
import { Field } from '../ui/field.tsx';
import { lazy } from '../ui/lazy.tsx';
import { SignInWindow } from './sign-in-window.tsx';

/** Where an account is connected, and what happens then. */
export interface ConnectProps {
  api: Api;
  site: SiteView;
  onConnected: (site: SiteView) => void;
  /** a second button beside the main one */
  children?: ComponentChildren;
}

const Munity = lazy(() => import('./munity.tsx').then((module) => module.Munity));

/** What connects an account: Munity's window where the tool is reached through it, the site's own consent where there is one, else, or if the person prefers it, a token. */
export function ConnectForm(props: ConnectProps): JSX.Element {
  const { site } = props;
  const [byToken, setByToken] = useState(false);
  const offered = site.consent !== undefined && site.fields.length > 0;
  return (
    <div class="stack">
      {site.connector ? (
        <Munity {...props} />
      ) : site.consent === undefined || byToken ? (
        <TokenForm {...props} />
      ) : (
        <Consent {...props} url={site.consent} />
      )}
      {offered && (
        <p>
          <TextButton onClick={() => setByToken(!byToken)}>{byToken ? `Sign in at ${site.name} instead` : 'Use a token instead'}</TextButton>
        </p>
      )}
    </div>
  );
}

/** `Connect` what was never connected or still works, `Reconnect` what has ended. */
export function connectWord({ account }: SiteView): string {
  return account && healthOf(account, Date.now()) === 'expired' ? 'Reconnect' : 'Connect';
}

/** `Reconnect GitLab`: what the button says. */
export function labelOf(site: SiteView): string {
  return `${connectWord(site)} ${site.name}`;
}

function Consent({ api, site, url, onConnected, children }: ConnectProps & { url: string }): JSX.Element {
  const signIn = useMemo(() => createSignIn(api, consentAt(url, site), onConnected), []);
  return (
    <SignInWindow signIn={signIn} label={labelOf(site)}>
      {children}
    </SignInWindow>
  );
}

/** The token form of a site, its fields as the tool describes them. */
function TokenForm({ api, site, onConnected, children }: ConnectProps): JSX.Element {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const valueOf = (field: TokenField): string => (values[field.name] ?? '').trim();
  const { busy, errors, trouble, handleSubmit } = useSending(
    () => Object.fromEntries(site.fields.filter((field) => !valueOf(field)).map((field) => [field.name, `Paste your ${field.label.toLowerCase()} here.`])),
    async () => onConnected(await api.connect(site.tool, site.site, { fields: Object.fromEntries(site.fields.map((field) => [field.name, valueOf(field)])) })),
  );
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
          {labelOf(site)}
        </Button>
        {children}
      </div>
    </form>
  );
}
