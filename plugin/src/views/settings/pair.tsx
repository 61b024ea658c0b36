import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { PairEnd, PairField, PairState, PairView } from '@tandem/shared/api';
import { asApiError } from '../../api.ts';
import { valueOf } from '../../state/load.ts';
import type { Settings } from '../../state/settings.ts';
import { ago } from '../../ui/ago.ts';
import { announce } from '../../ui/announcer.tsx';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { ExternalLink } from '../../ui/external-link.tsx';
import { Refused } from '../../ui/refused.tsx';
import { keyParts } from '../../ui/short-key.ts';
import { SiteMark } from '../site-mark.tsx';
import { StateChip } from './entry.tsx';
import { Opened } from './opened.tsx';
import { PairClash } from './pair-clash.tsx';

const STATE = {
  live: ['good', 'In step'],
  asking: ['soon', 'To decide'],
  paused: ['soon', 'Paused'],
  gone: ['bad', 'Gone'],
  hidden: ['bad', 'Hidden'],
  unreachable: ['bad', 'Unreachable'],
} as const satisfies Record<PairState, readonly [tone: string, words: string]>;

/** What can be done about a state, and what is said once it was asked for. */
const RESUME: Readonly<Partial<Record<PairState, readonly [label: string, said: string]>>> = {
  paused: ['Go on now', 'It goes on'],
  unreachable: ['Try again', 'It is being tried again'],
};

/** Two states say only what happened; this is what comes of it. */
const NOTE: Readonly<Partial<Record<PairState, string>>> = {
  gone: 'The other item stays. In a week this pair is let go, unless both are there again.',
  hidden: 'It goes on by itself when the account may see both again.',
};

const FIELDS = ['title', 'description', 'status'] as const satisfies readonly PairField[];

/** Two items that are kept in step: what they are, how it goes, and what there is to decide. */
export function Pair({ settings, pair }: { settings: Settings; pair: PairView }): JSX.Element {
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState('');
  const [refused, setRefused] = useState('');
  const root = useRef<HTMLDivElement>(null);
  const acted = useRef(false);
  const { left, right } = pair;
  const names = `${nameOf(left)} and ${nameOf(right)}`;
  const clashes = FIELDS.flatMap((field) => (pair.clashes[field] ? [{ field, values: pair.clashes[field] }] : []));
  // What was decided or made a moment ago is being compared and written.
  const moving = (pair.state === 'asking' && clashes.length === 0) || (pair.state === 'live' && pair.syncedAt === undefined);
  const [tone, words] = moving ? (['none', 'Being compared'] as const) : STATE[pair.state];
  const resume = RESUME[pair.state];

  // The button that was pressed goes when it has helped; the focus stays with its pair.
  useLayoutEffect(() => {
    if (!acted.current || document.activeElement !== document.body) return;
    acted.current = false;
    root.current?.focus({ preventScroll: true });
  }, [words, clashes.length]);

  const act = async (what: string, send: () => Promise<void>, said: string): Promise<void> => {
    setBusy(what);
    setRefused('');
    let reached = true;
    try {
      await send();
      acted.current = true;
      announce(said);
    } catch (thrown) {
      const error = asApiError(thrown);
      reached = error.code !== 'network';
      setRefused(error.message);
    }
    // A refusal too says that what is shown is no longer so.
    if (reached) await settings.follow();
    setBusy('');
  };
  const letGo = async (): Promise<void> => {
    const list = root.current?.closest('ul');
    await settings.api.letGo(pair.id);
    announce(`${names} are no longer kept in step`);
    await settings.follow();
    // With the pair goes what had the focus.
    requestAnimationFrame(() => list?.querySelector<HTMLElement>(':scope > .entry > button')?.focus());
  };

  return (
    <li class="entry">
      <div class="pair" tabIndex={-1} ref={root} role="group" aria-label={names}>
        <div class="pair-sides">
          <Side settings={settings} end={left} />
          <Arrows />
          <Side settings={settings} end={right} />
        </div>
        <div class="pair-foot">
          <StateChip tone={tone}>{words}</StateChip>
          <span class="fine">{[pair.syncedAt && `${pair.state === 'live' ? 'Brought into step' : 'Last in step'} ${ago(pair.syncedAt, Date.now())}`, keeper(settings, pair)].filter(Boolean).join(' · ')}</span>
          {!asked && (
            <div class="entry-actions">
              {resume && (
                <Button kind="secondary" busy={busy === 'resume'} onClick={() => act('resume', () => settings.api.resume(pair.id), resume[1])}>
                  {resume[0]}
                  <span class="sr"> {names}</span>
                </Button>
              )}
              <Button kind="tertiary" onClick={() => setAsked(true)}>
                Let go
                <span class="sr"> of {names}</span>
              </Button>
            </div>
          )}
        </div>
        {pair.reason && !moving && <p>{[pair.reason.replace(/[^.!?]$/, '$&.'), NOTE[pair.state]].filter(Boolean).join(' ')}</p>}
        <Refused why={refused} />
        {asked && (
          <Opened>
            <Confirm title={`Let go of ${names}?`} action="Let go" onConfirm={letGo} onKeep={() => setAsked(false)}>
              Both items stay as they are now. From then on a change to one no longer reaches the other.
            </Confirm>
          </Opened>
        )}
        {clashes.map(({ field, values }) => (
          <PairClash
            key={field}
            id={`${pair.id}-${field}`}
            field={field}
            sides={[
              { side: 'left', name: nameOf(left), value: values.left },
              { side: 'right', name: nameOf(right), value: values.right },
            ]}
            busy={busy}
            onKeep={(keep) => act(`${field} ${keep}`, () => settings.api.choose(pair.id, { field, keep }), `The ${field} of ${nameOf(pair[keep])} is kept`)}
          />
        ))}
      </div>
    </li>
  );
}

function Side({ settings, end }: { settings: Settings; end: PairEnd }): JSX.Element {
  const { tool, site } = end.ref;
  const name = valueOf(settings.me.value)?.tools.find((one) => one.tool === tool)?.name ?? tool;
  const [project, number] = keyParts(nameOf(end));
  const key = (
    <span class="pair-key" title={end.key}>
      <span class="cut">{project}</span>
      {number}
    </span>
  );
  return (
    <div class="pair-side">
      <SiteMark site={{ tool, name }} />
      <div class="entry-text">
        {end.url === undefined ? key : <ExternalLink href={end.url}>{key}</ExternalLink>}
        <span class="wrap pair-title" dir="auto">
          {end.title ?? 'Nobody’s account has read it lately.'}
        </span>
        <span class="fine wrap">
          {name} at {site}
        </span>
      </div>
    </div>
  );
}

/** How people call it; one that was never seen by what its address says. */
const nameOf = ({ key, ref }: PairEnd): string => key ?? `${ref.place}#${ref.id}`;

/** Whose accounts keep it in step, where they are not the caller's own. */
function keeper(settings: Settings, { left, right }: PairView): string {
  const team = valueOf(settings.team.value);
  const others = [...new Set([left.user, right.user])].filter((user) => team && user !== team.user);
  return others.length > 0 ? `With the accounts of ${others.map((user) => team?.members.find((member) => member.user === user)?.name ?? user).join(' and ')}` : '';
}

/** One way and the other. */
function Arrows(): JSX.Element {
  return (
    <svg class="ico pair-arrows" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
      <path d="M4 9h15m-4-4 4 4-4 4M20 15H5m4 4-4-4 4-4" />
    </svg>
  );
}
