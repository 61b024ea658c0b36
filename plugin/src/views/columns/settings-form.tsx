import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PairField } from '@tandem/shared/api';
import { COLUMN_COLORS, type CheckAnswer, type DryRunAnswer, type IntegrationRule, type IntegrationSettings, type PlannedWrite, type StatusRow } from '@tandem/shared/integrations';
import { useSending } from '../../state/sending.ts';
import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { Field } from '../../ui/field.tsx';
import { Refused } from '../../ui/refused.tsx';
import { Action } from './action.tsx';
import { Select } from './select.tsx';
import { unplaced } from './unplaced.ts';

interface Props {
  check: CheckAnswer;
  start: IntegrationSettings;
  action: string;
  onSend: (settings: IntegrationSettings) => Promise<void>;
  /** what a change would write; absent while there is nothing to change */
  onTry?: (settings: IntegrationSettings) => Promise<DryRunAnswer>;
  children?: ComponentChildren;
}

const FIELDS = [
  ['title', 'Title'],
  ['description', 'Description'],
  ['status', 'Status'],
] as const satisfies readonly (readonly [PairField, string])[];
const FLOWS = [
  ['both', 'Both ways'],
  ['right', 'Feature → ticket'],
  ['left', 'Ticket → feature'],
  ['once', 'Once, when linked'],
  ['off', 'Not at all'],
] as const satisfies readonly (readonly [IntegrationRule['flow'], string])[];
const CLASHES = [
  ['left', 'The feature wins'],
  ['right', 'The ticket wins'],
  ['ask', 'Ask people'],
] as const satisfies readonly (readonly [IntegrationRule['clash'], string])[];
const COLORS = COLUMN_COLORS.map((color) => [color, `${color[0]?.toUpperCase()}${color.slice(1)}`] as const);
const NONE = '';
/** What is refused of these is said at the input. */
const hasInput = (field: string): boolean => /^(?:name|button|statuses\.\d+\.(?:feature|ticket))$/.test(field);

/** What people decide about a column: its words, how each field travels, and which statuses go together. */
export function SettingsForm({ check, start, action, onSend, onTry, children }: Props): JSX.Element {
  const [settings, setSettings] = useState(start);
  const [tried, setTried] = useState<DryRunAnswer>();
  const [sent, setSent] = useState(start);
  const { busy, errors, trouble, handleSubmit } = useSending(
    () => ({ ...(settings.name.trim() === '' ? { name: 'Name the column.' } : {}), ...(settings.button.trim() === '' ? { button: 'Say what the button says.' } : {}) }),
    () => (setSent(settings), onSend(settings)),
  );
  // Rows are refused by their place among those that were sent.
  const refused = (feature: string, part: 'feature' | 'ticket'): string | undefined => errors[`statuses.${sent.statuses.findIndex((row) => row.feature === feature)}.${part}`];
  const vanished = settings.statuses.filter(({ feature }) => !check.left.statuses.some(({ id }) => id === feature));
  const change = (part: Partial<IntegrationSettings>): void => {
    setSettings({ ...settings, ...part });
    setTried(undefined);
  };
  const rule = (field: PairField, part: Partial<IntegrationRule>): void => change({ rules: { ...settings.rules, [field]: { ...settings.rules[field], ...part } } });
  const rowOf = (feature: string): StatusRow | undefined => settings.statuses.find((row) => row.feature === feature);
  const setRow = (feature: string, part: Partial<Omit<StatusRow, 'label'>> & { readonly label?: string | undefined }): void => {
    const kept = settings.statuses.filter((row) => row.feature !== feature);
    const { label, ...rest } = { color: 'blue' as const, ...rowOf(feature), ...part, feature };
    const order = check.left.statuses.map(({ id }) => id);
    const next = part.ticket === NONE || rest.ticket === undefined ? kept : [...kept, { ...rest, ticket: rest.ticket, ...(label ? { label } : {}) }];
    change({ statuses: next.toSorted((a, b) => order.indexOf(a.feature) - order.indexOf(b.feature)) });
  };
  const nameOf = (value: string): string => [...check.left.statuses, ...check.right.statuses].find(({ id }) => id === value.split('\n')[0])?.name ?? value.split('\n')[0] ?? '';
  const said = ({ field }: Pick<PlannedWrite, 'field'>, value: string): string => (field === 'status' ? [nameOf(value), ...value.split('\n').slice(1)].join(' + ') : value);

  return (
    <form class="stack" noValidate onSubmit={handleSubmit}>
      <div class="two">
        <Field id="column-name" label="Name of the column" error={errors['name']}>
          {(control) => <input class="input input-small" type="text" {...control} value={settings.name} onInput={(event) => change({ name: event.currentTarget.value })} />}
        </Field>
        <Field id="column-button" label="What its button says" help={`At most ${check.most.button} characters`} error={errors['button']}>
          {(control) => <input class="input input-small" type="text" {...control} value={settings.button} onInput={(event) => change({ button: event.currentTarget.value })} />}
        </Field>
      </div>
        <table class="choices">
          <caption>How each field travels</caption>
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Direction</th>
              <th scope="col">When both changed it</th>
            </tr>
          </thead>
          <tbody>
            {FIELDS.map(([field, name]) => (
              <tr key={field}>
                <th scope="row">{name}</th>
                <td>
                  <Select label={`Direction of the ${field}`} value={settings.rules[field].flow} options={FLOWS} onChange={(flow) => rule(field, { flow })} />
                </td>
                <td>
                  <Select label={`When both changed the ${field}`} value={settings.rules[field].clash} options={CLASHES} onChange={(clash) => rule(field, { clash })} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <table class="choices">
          <caption>Which statuses go together</caption>
          <thead>
            <tr>
              <th scope="col">Feature</th>
              <th scope="col">Ticket</th>
              <th scope="col">With label</th>
              <th scope="col">Button</th>
            </tr>
          </thead>
          <tbody>
            {[...check.left.statuses, ...vanished.map(({ feature }) => ({ id: feature, name: 'A status that is not there any more' }))].map(({ id, name }) => {
              const row = rowOf(id);
              const tickets = [[NONE, 'None'], ...check.right.statuses.map((status) => [status.id, status.name] as const)] as const;
              return (
                <tr key={id}>
                  <th scope="row" dir="auto">
                    {name}
                  </th>
                  <td>
                    <Select label={`Ticket’s status for ${name}`} value={row?.ticket ?? NONE} error={refused(id, 'feature') ?? refused(id, 'ticket')} options={row && !tickets.some(([ticket]) => ticket === row.ticket) ? [...tickets, [row.ticket, 'Not there any more']] : tickets} onChange={(ticket) => setRow(id, { ticket })} />
                  </td>
                  <td>{row && <Select label={`Label for ${name}`} value={row.label ?? NONE} options={[[NONE, 'No label'], ...[...new Set([...(row.label ? [row.label] : []), ...check.right.labels.map((label) => label.name)])].map((label) => [label, label] as const)]} onChange={(label) => setRow(id, { label: label || undefined })} />}</td>
                  <td>
                    {row && (
                      <span class="swatch-line">
                        <span class={`swatch swatch-${row.color}`} />
                        <Select label={`Colour of the button for ${name}`} value={row.color} options={COLORS} onChange={(color) => setRow(id, { color })} />
                      </span>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      {tried && <Tried tried={tried} said={said} />}
      {vanished.length > 0 && (
        <Callout tone="warning" title="A status is not there any more" actions={<Button kind="secondary" onClick={() => change({ statuses: settings.statuses.filter((row) => !vanished.includes(row)) })}>Drop its row</Button>}>
          <p>It was deleted meanwhile, and nothing can be saved with a row for it.</p>
        </Callout>
      )}
      <Refused why={trouble?.message ?? unplaced(errors, hasInput)} />
      <div class="actions">
        <Button type="submit" busy={busy}>
          {action}
        </Button>
        {onTry && (
          <Action kind="secondary" onClick={async () => setTried(await onTry(settings))}>
            See what it would write
          </Action>
        )}
        {children}
      </div>
    </form>
  );
}

const SHOWN = 20;

/** What a dry run found, and how much it looked at. */
function Tried({ tried: { writes, asks, looked, missed }, said }: { tried: DryRunAnswer; said: (write: Pick<PlannedWrite, 'field'>, value: string) => string }): JSX.Element {
  const all = [...writes, ...asks];
  const left = [missed.unlinked > 0 && `${missed.unlinked} not linked yet, or no more`, missed.unseen > 0 && `${missed.unseen} whose feature or ticket was not seen yet`, missed.beyond > 0 && `${missed.beyond} beyond what is looked at at once`].filter(Boolean);
  return (
    <Callout tone="info" title={all.length === 0 ? 'Nothing would be written' : `${writes.length} would be written, ${asks.length} asked about`}>
      <p>
        {looked} {looked === 1 ? 'link was' : 'links were'} looked at, as last seen.{left.length > 0 && ` Not looked at: ${left.join('; ')}.`}
      </p>
      <ul class="plan">
        {all.slice(0, SHOWN).map((write) => (
          <li key={`${write.connection} ${write.field}`} class="wrap">
            <strong>{write.key}</strong> {write.field}: <del>{said(write, write.from).slice(0, 80) || 'nothing'}</del> → <ins>{said(write, write.to).slice(0, 80) || 'nothing'}</ins>
          </li>
        ))}
        {all.length > SHOWN && <li>and {all.length - SHOWN} more</li>}
      </ul>
    </Callout>
  );
}
