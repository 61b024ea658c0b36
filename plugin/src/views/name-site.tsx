import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { MeAnswer, SiteView } from '@tandem/shared/api';
import { asApiError, type Api } from '../api.ts';
import { fieldErrors } from '../state/field-errors.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { useFirstError } from '../ui/first-error.ts';
import { Segmented } from '../ui/segmented.tsx';

interface Props {
  api: Api;
  tools: MeAnswer['tools'];
  onNamed: (site: SiteView) => void;
  /** a second button beside the main one */
  children?: ComponentChildren;
}

/** Names a site that nobody configured: which tool it is, and its address as it stands in the browser. */
export function NameSite({ api, tools, onNamed, children }: Props): JSX.Element {
  const [tool, setTool] = useState(tools[0]?.tool ?? '');
  const [url, setUrl] = useState('');
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = useState(false);
  useFirstError(errors);
  const name = tools.find((one) => one.tool === tool)?.name;

  const find = async (): Promise<void> => {
    setErrors(url.trim() ? {} : { url: 'Paste its web address here.' });
    if (!url.trim()) return;
    setBusy(true);
    try {
      onNamed(await api.site({ tool, url: url.trim() }));
    } catch (thrown) {
      const error = asApiError(thrown);
      setErrors({ url: fieldErrors(error)['url'] ?? error.message });
    } finally {
      setBusy(false);
    }
  };
  const handleSubmit = (event: Event): void => {
    event.preventDefault();
    if (!busy) void find();
  };

  return (
    <form class="stack" noValidate onSubmit={handleSubmit}>
      {tools.length > 1 && <Segmented name="tool" label="Tool" value={tool} options={tools.map((one) => ({ id: one.tool, name: one.name }))} onChange={setTool} />}
      <Field id="site-url" label="Web address" error={errors['url']} help={`Open your ${name} in the browser and copy the address of any page there.`}>
        {(control) => (
          <input class="input input-small" type="url" autocomplete="off" spellcheck={false} placeholder="https://" {...control} value={url} onInput={(event) => setUrl(event.currentTarget.value)} />
        )}
      </Field>
      <div class="actions">
        <Button type="submit" busy={busy}>
          Continue
        </Button>
        {children}
      </div>
    </form>
  );
}
