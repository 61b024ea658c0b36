import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { ConnectionState, ConnectionView, IntegrationView, PushAnswer, PushBody } from '@tandem/shared/integrations';
import { asApiError, type Api } from '../../api.ts';
import type { Integrations } from '../../state/integrations.ts';
import { LOADING, type Load } from '../../state/load.ts';
import { useSending } from '../../state/sending.ts';
import { ago } from '../../ui/ago.ts';
import { announce } from '../../ui/announcer.tsx';
import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { ExternalLink } from '../../ui/external-link.tsx';
import { Field } from '../../ui/field.tsx';
import { Picker, type Option } from '../../ui/picker.tsx';
import { Refused } from '../../ui/refused.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { StateChip } from '../settings/entry.tsx';
import { Action } from './action.tsx';
import { unplaced } from './unplaced.ts';

const STATE = { making: ['none', 'Under way'], linked: ['good', 'Linked'], failed: ['bad', 'Failed'], leaving: ['none', 'Being unlinked'] } as const satisfies Record<ConnectionState, readonly [tone: string, words: string]>;
const AGAIN_MS = 1500;

/** What is linked in a column: features and their tickets, with their history, and the way to link more. */
export function Links({ api, integrations, column }: { api: Api; integrations: Integrations; column: IntegrationView }): JSX.Element {
  const [all, setAll] = useState<Load<readonly ConnectionView[]>>(LOADING);
  const [turn, setTurn] = useState(0);
  const again = (): void => setTurn((now) => now + 1);
  useEffect(() => {
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    integrations.api.connections(column.id).then(
      ({ connections, settling }) => {
        if (over) return;
        setAll({ state: 'ready', value: connections });
        // What is under way is over in a moment.
        if (settling || connections.some(({ state, reason }) => state === 'making' || (state === 'leaving' && !reason))) timer = setTimeout(again, AGAIN_MS);
      },
      (error: unknown) => over || setAll({ state: 'error', error: asApiError(error) }),
    );
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [column.id, column.state, turn]);
  const act = async (send: () => Promise<void>, said: string): Promise<void> => {
    await send();
    announce(said);
    again();
    void integrations.follow();
  };

  return (
    <div class="stack">
      {column.state === 'on' ? (
        <LinkMore
          api={api}
          column={column}
          onSend={async (items) => {
            const { begun, refused } = await integrations.api.push(column.id, { items });
            announce(`${begun} ${begun === 1 ? 'link is' : 'links are'} being made`);
            again();
            void integrations.follow();
            return refused;
          }}
        />
      ) : (
        <p class="fine">Nothing more can be linked before the column is on.</p>
      )}
      {all.state === 'loading' && <Skeleton rows={2} label="Loading: links" />}
      {all.state === 'error' && <ErrorState error={all.error} onRetry={async () => again()} />}
      {all.state === 'ready' && all.value.length === 0 && <p class="fine">Nothing is linked yet. Press the column’s button in {column.left.name}, or choose features here.</p>}
      {all.state === 'ready' && all.value.length > 0 && (
        <ul class="links">
          {all.value.map((link) => (
            <Link
              key={link.item}
              link={link}
              rests={column.state === 'paused'}
              onRetry={() => act(() => integrations.api.retry(column.id, link.item), 'It is being tried again')}
              onUnlink={() => act(() => integrations.api.unlink(column.id, link.item), 'It is being unlinked')}
            />
          ))}
        </ul>
      )}
    </div>
  );
}

function Link({ link, rests, onRetry, onUnlink }: { link: ConnectionView; /** with its whole column */ rests: boolean; onRetry: () => Promise<void>; onUnlink: () => Promise<void> }): JSX.Element {
  const resting = rests && link.pair?.state === 'paused';
  const trouble = link.pair && link.pair.state !== 'live' && !resting ? link.pair.reason : undefined;
  const [tone, words] = resting ? (['soon', 'Rests'] as const) : trouble ? (['bad', 'Out of step'] as const) : STATE[link.state];
  const name = link.feature?.title ?? `feature ${link.item.slice(0, 8)}`;
  return (
    <li class="link-line">
      <div class="entry-text">
        <span class="wrap" dir="auto">
          {link.feature ? <ExternalLink href={link.feature.url}>{name}</ExternalLink> : name}
        </span>
        <span class="fine wrap">
          {link.ticket ? (
            <>
              <ExternalLink href={link.ticket.url}>{link.ticket.key}</ExternalLink> · {link.ticket.status}
            </>
          ) : (
            'No ticket yet'
          )}
        </span>
        {(link.reason ?? trouble) && <span class="fine wrap end-bad">{link.reason ?? trouble}</span>}
        {link.history.length > 0 && (
          <details>
            <summary class="fine">History</summary>
            <ol class="history">
              {link.history.map(({ at, text }) => (
                <li key={`${at} ${text}`} class="fine wrap">
                  {ago(at, Date.now())}: {text}
                </li>
              ))}
            </ol>
          </details>
        )}
      </div>
      <StateChip tone={tone}>{words}</StateChip>
      <div class="entry-actions">
        {(link.state === 'failed' || trouble || (link.state === 'leaving' && link.reason)) && (
          <Action kind="secondary" onClick={onRetry}>
            Try again<span class="sr"> {name}</span>
          </Action>
        )}
        {link.state !== 'leaving' && (
          <Action kind="tertiary" onClick={onUnlink}>
            Unlink<span class="sr"> {name}</span>
          </Action>
        )}
      </div>
    </li>
  );
}

/** Chooses features, each for a new ticket or for one that is there. */
function LinkMore({ api, column, onSend }: { api: Api; column: IntegrationView; onSend: (items: PushBody['items']) => Promise<PushAnswer['refused']> }): JSX.Element {
  const [features, setFeatures] = useState<readonly Option[]>([]);
  const [tickets, setTickets] = useState<Readonly<Record<string, string>>>({});
  const [refused, setRefused] = useState<readonly string[]>([]);
  const { end } = column.left;
  const source = useMemo(() => async (q: string, signal: AbortSignal) => (await api.items(end.tool, end.site, { q }, signal)).items.map((item) => ({ id: item.ref.id, name: item.title })), [api, end.tool, end.site]);
  const ticketOf = (feature: Option): string => tickets[feature.id]?.trim() ?? '';
  const { busy, errors, trouble, handleSubmit } = useSending(
    () => (features.length === 0 ? { features: 'Choose at least one.' } : {}),
    async () => {
      const answer = await onSend(features.map((feature) => ({ item: feature.id, ...(ticketOf(feature) ? { ticket: ticketOf(feature) } : {}) })));
      setRefused(answer.map(({ item, reason }) => `${features.find(({ id }) => id === item)?.name ?? item}: ${reason}`));
      // What was refused stays, to be mended.
      setFeatures(features.filter(({ id }) => answer.some(({ item }) => item === id)));
    },
  );
  return (
    <form class="stack" noValidate onSubmit={handleSubmit}>
      <Field id="features" label="Link features" help="A ticket is made of each, but where you name one that is there already." error={errors['features']}>
        {(control) => <Picker {...control} label="Features" multiple source={source} value={features} onChange={setFeatures} placeholder="Search features" />}
      </Field>
      {features.map((feature, at) => (
        <Field key={feature.id} id={`ticket-${at}`} label={`Ticket of “${feature.name}” that is there already`} optional error={errors[`items.${at}.ticket`]}>
          {(control) => <input class="input input-small" type="url" autocomplete="off" placeholder="https://" {...control} value={tickets[feature.id] ?? ''} onInput={(event) => setTickets({ ...tickets, [feature.id]: event.currentTarget.value })} />}
        </Field>
      ))}
      {refused.length > 0 && (
        <Callout tone="warning" title="Not all of them">
          <ul class="plan">
            {refused.map((line) => (
              <li key={line} class="wrap">
                {line}
              </li>
            ))}
          </ul>
        </Callout>
      )}
      <Refused why={trouble?.message ?? unplaced(errors, (field) => /^(?:features|items\.\d+\.ticket)$/.test(field))} />
      <div class="actions">
        <Button type="submit" kind="secondary" busy={busy}>
          {features.length > 0 && features.every(ticketOf) ? 'Link' : 'Make tickets'}
        </Button>
      </div>
    </form>
  );
}
