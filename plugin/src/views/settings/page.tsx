import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Caller } from '../../api.ts';
import { valueOf } from '../../state/load.ts';
import type { Settings } from '../../state/settings.ts';
import { ago } from '../../ui/ago.ts';
import { Announcer } from '../../ui/announcer.tsx';
import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { lazy } from '../../ui/lazy.tsx';
import { OfflineBar } from '../../ui/offline-bar.tsx';
import { LeftOver } from '../disconnect.tsx';
import { Accounts } from './accounts.tsx';
import { Door, SIGN_IN } from './door.tsx';
import { Pairs } from './pairs.tsx';
import { Places } from './places.tsx';
import { Stuck } from './stuck.tsx';
import { Team } from './team.tsx';

/** Most people have no tool with columns, and fetch nothing of them. */
const Columns = lazy(() => import('../columns/columns.tsx').then((module) => module.dressed().then(() => module.Columns)));

interface Outer {
  call: Caller;
  wait: (ms: number) => Promise<void>;
}

/** The settings page: the door, then one section after the other. */
export function SettingsPage({ settings, ...outside }: { settings: Settings } & Outer): JSX.Element {
  return (
    <div class="settings">
      <OfflineBar onBack={settings.refresh} />
      {settings.out.value ? <Outside /> : <Inside settings={settings} {...outside} />}
      <Announcer />
    </div>
  );
}

function Outside(): JSX.Element {
  return (
    <Door title="Accounts and settings" signIn={SIGN_IN}>
      Tandem keeps the cards on your Miro boards and the issues behind them in step: edit on either side, the other one follows.
    </Door>
  );
}

function Inside({ settings, call, wait }: { settings: Settings } & Outer): JSX.Element {
  const [busy, setBusy] = useState(false);
  const me = valueOf(settings.me.value);
  const team = valueOf(settings.team.value);
  const name = team?.members.find((member) => member.user === team.user)?.name;
  const trouble = settings.trouble.value;
  const handleSignOut = async (): Promise<void> => {
    setBusy(true);
    await settings.signOut();
    setBusy(false);
  };
  return (
    <>
      <header class="top">
        <div class="top-line">
          <Brand />
          <span class="grow">
            <strong>Tandem</strong>
          </span>
          {name && (
            <span class="cut fine" dir="auto">
              {name}
            </span>
          )}
          <Button kind="secondary" busy={busy} onClick={handleSignOut}>
            Sign out
          </Button>
        </div>
      </header>
      <main class="settings-body">
        <div>
          <h1 class="title">Accounts and settings</h1>
          {me && (
            <p class="fine">
              Miro user {me.user} in team {me.team}
            </p>
          )}
        </div>
        {trouble && (
          <Callout tone="error" title="You are still signed in">
            <p>{trouble.message}</p>
          </Callout>
        )}
        {settings.left.value.length > 0 && <LeftOver left={settings.left.value} onClose={() => void (settings.left.value = [])} />}
        {team?.down.map((down) => (
          <Callout key={down.url} tone="warning" title={`${down.name} does not answer`}>
            <p class="wrap">
              {new URL(down.url).host} stopped answering {ago(down.since, Date.now())}. Tandem asks it again by itself, next at {TIME.format(Date.parse(down.again))}. Nothing is lost: what waits for it is done then.
            </p>
          </Callout>
        ))}
        <Accounts settings={settings} />
        {me?.sites.some((site) => site.can.columns) && <Columns api={settings.api} call={call} wait={wait} sites={me.sites} />}
        <Pairs settings={settings} />
        <Team settings={settings} />
        <Stuck settings={settings} />
        <Places settings={settings} />
      </main>
    </>
  );
}

const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** Two cards, one behind the other. */
function Brand(): JSX.Element {
  return (
    <svg class="brand" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
      <rect x="9" y="4" width="19" height="15" rx="3" />
      <rect x="4" y="12" width="19" height="15" rx="3" />
    </svg>
  );
}
