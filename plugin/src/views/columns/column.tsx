import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { STEPS, type CheckAnswer, type EndHealth, type IntegrationState, type IntegrationStep, type IntegrationView } from '@tandem/shared/integrations';
import { asApiError, type Api } from '../../api.ts';
import type { Integrations } from '../../state/integrations.ts';
import { ago } from '../../ui/ago.ts';
import { announce } from '../../ui/announcer.tsx';
import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Refused } from '../../ui/refused.tsx';
import { SiteMark } from '../site-mark.tsx';
import { StateChip } from '../settings/entry.tsx';
import { Opened } from '../settings/opened.tsx';
import { Action } from './action.tsx';
import { Links } from './links.tsx';
import { SettingsForm } from './settings-form.tsx';

const STATE = {
  setting: ['soon', 'Being set up'],
  on: ['good', 'On'],
  paused: ['soon', 'Paused'],
  removing: ['none', 'Being removed'],
  removed: ['none', 'Removed'],
} as const satisfies Record<IntegrationState, readonly [tone: string, words: string]>;

const STEP: Readonly<Record<IntegrationStep, string>> = { column: 'Column made', source: 'Its workspace tells of changes', target: 'The project tells of changes', enable: 'Column shown to everybody' };

/** A column: what it joins, how it does, what is linked in it, and what can be done. */
export function Column({ api, integrations, column }: { api: Api; integrations: Integrations; column: IntegrationView }): JSX.Element {
  const [open, setOpen] = useState<'links' | 'edit' | 'remove'>();
  const [checked, setChecked] = useState<CheckAnswer>();
  const [busy, setBusy] = useState('');
  const [refused, setRefused] = useState('');
  const { id, name, left, right, counts, state } = column;
  const stopped = state === 'setting' && column.reason !== undefined;
  const [tone, words] = stopped ? (['bad', 'Stopped'] as const) : state === 'on' && column.reason ? (['bad', 'Needs you'] as const) : STATE[state];

  const act = async (what: string, send: () => Promise<unknown>, said?: string): Promise<void> => {
    setBusy(what);
    setRefused('');
    try {
      await send();
      if (said) announce(said);
      await integrations.follow();
    } catch (thrown) {
      setRefused(asApiError(thrown).message);
    }
    setBusy('');
  };
  const handleEdit = (): Promise<void> =>
    act('edit', async () => {
      setChecked(await integrations.api.check({ left: left.end, right: right.end }));
      setOpen('edit');
    });

  const report = (title: string): JSX.Element => (
    <Callout tone="warning" title={title} actions={<Action kind="secondary" onClick={() => integrations.api.heed(id).then(integrations.follow)}>Got it</Action>}>
      <ul class="plan">
        {column.report.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </Callout>
  );
  if (state === 'removed') return <li class="entry">{report(`${name} was removed, but not all of it`)}</li>;
  return (
    <li class="entry">
      <div class="column" role="group" aria-label={name}>
        <div class="column-head">
          <strong class="wrap" dir="auto">
            {name}
          </strong>
          <StateChip tone={tone}>{words}</StateChip>
          <span class="fine">{[`${counts.linked} linked`, counts.making > 0 && `${counts.making} under way`, counts.failed > 0 && `${counts.failed} failed`, column.pressed && `last pressed ${ago(column.pressed, Date.now())}`, column.lag > 60_000 && `behind by ${Math.round(column.lag / 60_000)} min`].filter(Boolean).join(' · ')}</span>
        </div>
        <div class="column-ends">
          <End end={left} />
          <span class="column-arrow" aria-hidden="true">
            ⇄
          </span>
          <End end={right} />
        </div>
        {state === 'setting' && (
          <ol class="steps">
            {STEPS.map((step) => {
              const done = column.done.includes(step);
              const now = !done && STEPS.find((one) => !column.done.includes(one)) === step;
              return (
                <li key={step} class={done ? 'step-done' : now && stopped ? 'step-bad' : now ? 'step-now' : ''}>
                  {done ? <Icon name="check" size={16} /> : <span class="step-dot" />}
                  {STEP[step]}
                  <span class="sr">{done ? ', done' : now ? (stopped ? ', stopped' : ', under way') : ', to come'}</span>
                </li>
              );
            })}
          </ol>
        )}
        {column.reason && (
          <Callout tone="error" title={stopped ? 'It stopped here' : 'Something is wrong'} actions={<Button kind="secondary" busy={busy === 'resume'} onClick={() => act('resume', () => integrations.api.act(id, 'retry'), 'It is being tried again')}>Try again</Button>}>
            <p class="wrap">{column.reason}</p>
          </Callout>
        )}
        {state !== 'removing' && column.report.length > 0 && report('Not everything could be undone')}
        <Refused why={refused} />
        {open !== 'remove' && state !== 'removing' && (
          <div class="column-actions entry-actions">
            {(state === 'on' || Object.values(counts).some((count) => count > 0)) && (
              <Button kind="secondary" onClick={() => setOpen(open === 'links' ? undefined : 'links')}>
                {open === 'links' ? 'Hide links' : 'Links'}
                <span class="sr"> of {name}</span>
              </Button>
            )}
            {(state === 'on' || state === 'paused') && (
              <>
                <Button kind="secondary" busy={busy === 'edit'} onClick={handleEdit}>
                  Edit<span class="sr"> {name}</span>
                </Button>
                <Button kind="secondary" busy={busy === 'pause'} onClick={() => act('pause', () => integrations.api.act(id, state === 'on' ? 'pause' : 'resume'), state === 'on' ? `${name} is paused` : `${name} goes on`)}>
                  {state === 'on' ? 'Pause' : 'Go on'}
                  <span class="sr"> {name}</span>
                </Button>
                <Button kind="secondary" busy={busy === 'rotate'} onClick={() => act('rotate', () => integrations.api.act(id, 'rotate'), 'The button and the webhooks get new secrets')}>
                  New secrets<span class="sr"> for {name}</span>
                </Button>
              </>
            )}
            <Button kind="tertiary" onClick={() => setOpen('remove')}>
              Delete<span class="sr"> {name}</span>
            </Button>
          </div>
        )}
        {open === 'links' && (
          <Opened>
            <Links api={api} integrations={integrations} column={column} />
          </Opened>
        )}
        {open === 'edit' && checked && (
          <Opened>
            <SettingsForm
              check={checked}
              start={column}
              action="Save"
              onTry={(settings) => integrations.api.dryRun(id, only(settings))}
              onSend={async (settings) => {
                await integrations.api.change(id, only(settings));
                setOpen(undefined);
                announce(`${settings.name} is saved`);
                void integrations.follow();
              }}
            >
              <Button kind="tertiary" onClick={() => setOpen(undefined)}>
                Cancel
              </Button>
            </SettingsForm>
          </Opened>
        )}
        {open === 'remove' && (
          <Opened>
            <Confirm
              title={`Delete the column ${name}?`}
              action="Delete"
              onConfirm={async () => {
                await integrations.api.remove(id);
                setOpen(undefined);
                announce(`${name} is being removed`);
                await integrations.follow();
              }}
              onKeep={() => setOpen(undefined)}
            >
              The column, its webhooks and all links go. Features and tickets stay as they are now, and no longer follow each other.
            </Confirm>
          </Opened>
        )}
      </div>
    </li>
  );
}

/** What a form changes, of all that a view says. */
function only({ name, button, rules, statuses }: Pick<IntegrationView, 'name' | 'button' | 'rules' | 'statuses'>) {
  return { name, button, rules, statuses };
}

const WATCH = { hook: 'Changes come at once', poll: 'Changes come within a minute', pending: 'Being set up', none: 'Nothing is heard' } as const;

function End({ end }: { end: EndHealth }): JSX.Element {
  const told = [WATCH[end.watch], end.heard && `last heard ${ago(end.heard, Date.now())}`, end.missed > 0 && `${end.missed} found late`, end.person && `as ${end.person}`, end.ends && `token ends on ${end.ends.slice(0, 10)}`];
  return (
    <div class="pair-side">
      <SiteMark site={{ tool: end.end.tool, name: end.name }} />
      <div class="entry-text">
        <span class="wrap">
          <strong dir="auto">{end.label}</strong>
        </span>
        <span class="fine wrap">
          {end.name} · {told.filter(Boolean).join(' · ')}
        </span>
        {end.reason && <span class="fine wrap end-bad">{end.reason}</span>}
      </div>
    </div>
  );
}
