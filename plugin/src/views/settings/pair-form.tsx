import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PairView, SiteView } from '@tandem/shared/api';
import { faultOf, locateBoth } from '../../state/locate.ts';
import { useSending } from '../../state/sending.ts';
import type { SettingsApi } from '../../settings-api.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Refused } from '../../ui/refused.tsx';
import { Segmented } from '../../ui/segmented.tsx';

interface Props {
  api: SettingsApi;
  sites: readonly SiteView[];
  onMade: (pair: PairView) => void;
  /** a second button beside the main one */
  children?: ComponentChildren;
}

type Side = 'left' | 'right';

const START = {
  ask: ['Ask me', 'Nothing is overwritten: you decide each difference here.'],
  left: ['The first', 'The second item takes over the first one’s title, description and status.'],
  right: ['The second', 'The first item takes over the second one’s title, description and status.'],
} as const satisfies Record<Side | 'ask', readonly [name: string, help: string]>;
const OPTIONS = (['ask', 'left', 'right'] as const).map((id) => ({ id, name: START[id][0] }));

/** Names two items by the addresses that people see in their browser, and which of them is right today. */
export function PairForm({ api, sites, onMade, children }: Props): JSX.Element {
  const [typed, setTyped] = useState({ left: '', right: '' });
  const [start, setStart] = useState<Side | 'ask'>('ask');
  const addresses = { left: typed.left.trim(), right: typed.right.trim() };
  const { busy, errors, trouble, handleSubmit } = useSending(
    () => Object.fromEntries((['left', 'right'] as const).flatMap((side) => [[side, faultOf(sites, addresses[side], Date.now())] as const].filter((one): one is [Side, string] => one[1] !== undefined))),
    async () => onMade(await api.pair({ ...(await locateBoth(api, sites, addresses)), ...(start === 'ask' ? {} : { start }) })),
  );
  const field = (side: Side, label: string, help?: string): JSX.Element => (
    <Field id={`pair-${side}`} label={label} error={errors[side]} help={help}>
      {(control) => (
        <input class="input input-small" type="url" autocomplete="off" spellcheck={false} placeholder="https://" {...control} value={typed[side]} onInput={(event) => setTyped({ ...typed, [side]: event.currentTarget.value })} />
      )}
    </Field>
  );
  return (
    <form class="stack" noValidate onSubmit={handleSubmit}>
      {field('left', 'First item', 'Open it in the browser and copy its address.')}
      {field('right', 'Second item')}
      <div>
        <span class="group-label" aria-hidden="true">
          Which is right where they differ today?
        </span>
        <Segmented name="start" label="Which is right where they differ today?" value={start} options={OPTIONS} onChange={setStart} />
        <p class="help" role="status">
          {START[start][1]}
        </p>
      </div>
      <Refused why={trouble?.message} />
      <div class="actions">
        <Button type="submit" busy={busy}>
          Keep in step
        </Button>
        {children}
      </div>
    </form>
  );
}
