import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { MeAnswer, SiteView } from '@tandem/shared/api';
import type { Api } from '../api.ts';
import { useSending } from '../state/sending.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
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
  const { busy, errors, trouble, handleSubmit } = useSending(
    () => (url.trim() ? {} : { url: 'Paste its web address here.' }),
    async () => onNamed(await api.site({ tool, url: url.trim() })),
  );
  const name = tools.find((one) => one.tool === tool)?.name;
  return (
    <form class="stack" noValidate onSubmit={handleSubmit}>
      {tools.length > 1 && <Segmented name="tool" label="Tool" value={tool} options={tools.map((one) => ({ id: one.tool, name: one.name }))} onChange={setTool} />}
      <Field id="site-url" label="Web address" error={errors['url'] ?? trouble?.message} help={`Open your ${name} in the browser and copy the address of any page there.`}>
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
