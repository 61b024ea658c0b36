import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { SiteView } from '@tandem/shared/api';
import type { CheckAnswer, IntegrationSettings } from '@tandem/shared/integrations';
import type { Place, Status } from '@tandem/shared/item';
import type { Api } from '../../api.ts';
import type { Integrations } from '../../state/integrations.ts';
import { useSending } from '../../state/sending.ts';
import { announce } from '../../ui/announcer.tsx';
import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { Field } from '../../ui/field.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Picker } from '../../ui/picker.tsx';
import { Refused } from '../../ui/refused.tsx';
import { SettingsForm } from './settings-form.tsx';
import { unplaced } from './unplaced.ts';

interface Props {
  api: Api;
  integrations: Integrations;
  /** those with columns, and those whose tickets can be made */
  sources: readonly SiteView[];
  targets: readonly SiteView[];
  onClose: () => void;
}

const keyOf = ({ tool, site }: SiteView): string => `${tool} ${site}`;

/** Sets a column up: which workspace and which project, whether they will do, then how they go together. */
export function NewColumn({ api, integrations, sources, targets, onClose }: Props): JSX.Element {
  const [source, setSource] = useState(sources[0]);
  const [target, setTarget] = useState(targets[0]);
  const [place, setPlace] = useState<Place>();
  const [checked, setChecked] = useState<CheckAnswer>();
  const places = useMemo(() => async (q: string, signal: AbortSignal) => (target ? (await api.places(target.tool, target.site, q, signal)).places : []), [api, target]);
  const ends = async () => {
    const [first] = source ? (await api.places(source.tool, source.site, '')).places : [];
    if (!source || !target || !place || !first) throw new Error('nothing chosen');
    return { left: { tool: source.tool, site: source.site, place: first.id }, right: { tool: target.tool, site: target.site, place: place.id } };
  };
  const { busy, errors, trouble, handleSubmit } = useSending(
    () => (place ? {} : { right: 'Choose the project that the tickets are made in.' }),
    async () => setChecked(await integrations.api.check(await ends())),
  );
  const handleSend = async (settings: IntegrationSettings): Promise<void> => {
    const made = await integrations.api.create({ ...settings, ...(await ends()) });
    announce(`${made.name} is being set up`);
    onClose();
    void integrations.follow();
  };

  if (checked?.ready) {
    return (
      <>
        <h3 class="entry-title">How do they go together?</h3>
        <p class="fine column-lead">
          {checked.left.place.name}, read with {checked.left.person}; {checked.right.place.name}, written as {checked.right.person}, {checked.right.scopes ? `whose token has ${checked.right.scopes.seen.join(', ')}` : 'whose token does not tell what it may'}.
        </p>
        <p class="fine column-lead">
          The token that features are read with was seen to have {checked.left.scopes.seen.join(', ')}. It needs {checked.left.scopes.unseen.join(', ')} as well, which shows when something is first written.
        </p>
        <SettingsForm check={checked} start={firstSettings(checked, target?.name ?? 'Tracker')} action="Set up the column" onSend={handleSend}>
          <Button kind="tertiary" onClick={onClose}>
            Cancel
          </Button>
        </SettingsForm>
      </>
    );
  }
  const sites = (id: string, label: string, all: readonly SiteView[], value: SiteView | undefined, onChange: (site: SiteView) => void): JSX.Element => (
    <Field id={id} label={label}>
      {(control) => (
        <span class="pick">
          <select {...control} value={value && keyOf(value)} onChange={(event) => {
            const chosen = all.find((one) => keyOf(one) === event.currentTarget.value);
            if (chosen) onChange(chosen);
          }}>
            {all.map((one) => (
              <option key={keyOf(one)} value={keyOf(one)}>
                {one.name} · {new URL(one.url).host}
              </option>
            ))}
          </select>
          <Icon name="chevron" size={18} />
        </span>
      )}
    </Field>
  );
  return (
    <form class="stack" noValidate onSubmit={handleSubmit}>
      <h3 class="entry-title">A column for which project?</h3>
      <div class="two">
        {sites('column-source', 'Workspace', sources, source, setSource)}
        {sites('column-target', 'Tracker', targets, target, (site) => (setTarget(site), setPlace(undefined)))}
      </div>
      <Field id="right" label="Project" help="Its tickets are made with your account." error={errors['right']}>
        {(control) => <Picker {...control} label="Projects" source={places} value={place ? [place] : []} onChange={([one]) => (setPlace(one), setChecked(undefined))} placeholder="Search" />}
      </Field>
      {checked?.troubles.map((text) => (
        <Callout key={text} tone="warning" title="This will not work yet">
          <p>{text}</p>
        </Callout>
      ))}
      <Refused why={trouble?.message ?? unplaced(errors, (field) => field === 'right')} />
      <div class="actions">
        <Button type="submit" busy={busy}>
          Check and go on
        </Button>
        <Button kind="tertiary" onClick={onClose}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

/** Statuses that are over go together, and so do those that are not; texts come from the feature. */
function firstSettings({ left, right }: CheckAnswer, tracker: string): IntegrationSettings {
  const first = (kind: Status['kind']): string | undefined => right.statuses.find((status) => status.kind === kind)?.id;
  return {
    name: tracker,
    button: 'Push',
    rules: { title: { flow: 'both', clash: 'left' }, description: { flow: 'right', clash: 'left' }, status: { flow: 'both', clash: 'right' } },
    statuses: left.statuses.flatMap(({ id, kind }) => {
      const ticket = first(kind);
      return ticket === undefined ? [] : [{ feature: id, ticket, color: kind === 'closed' ? ('green' as const) : ('blue' as const) }];
    }),
  };
}
