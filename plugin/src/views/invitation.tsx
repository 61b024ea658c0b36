import type { JSX } from 'preact';
import type { Invitation } from '../state/invitation.ts';
import { Announcer } from '../ui/announcer.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { OfflineBar } from '../ui/offline-bar.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { ConnectForm, connectWord } from './connect-form.tsx';
import { Door } from './settings/door.tsx';
import { SiteMark } from './site-mark.tsx';

/** Where somebody connects one tool who was sent a link to do so. */
export function InvitationPage({ invitation }: { invitation: Invitation }): JSX.Element {
  return (
    <div class="settings">
      <OfflineBar onBack={invitation.refresh} />
      <Step invitation={invitation} />
      <Announcer />
    </div>
  );
}

function Step({ invitation }: { invitation: Invitation }): JSX.Element {
  const { api, connector } = invitation;
  const step = invitation.step.value;
  const site = invitation.site.value;
  const me = invitation.me.value;
  if (step === 'out') {
    return (
      <Door title="Connect your tool" signIn={`/auth/miro?${new URLSearchParams({ back: 'connect', connector })}`}>
        Tandem shows what your team works on as cards on its Miro boards. Sign in first, so that what you connect becomes yours and nobody else’s.
      </Door>
    );
  }
  return (
    <main class="door stack">
      {step === 'loading' && (
        <>
          <h1 class="sr">Connect your tool</h1>
          <Skeleton rows={2} label="Loading" />
        </>
      )}
      {me.state === 'error' && <ErrorState page error={me.error} onRetry={invitation.refresh} />}
      {step === 'nowhere' && (
        <EmptyState page icon="info" tone="gray" title="This link leads nowhere">
          <p>It asks you to connect {connector ? `“${connector}”` : 'a tool that it does not name'}, which Tandem does not know here. Ask whoever sent it for a new one.</p>
        </EmptyState>
      )}
      {step === 'form' && site && (
        <>
          <div class="connect-head">
            <SiteMark site={site} large />
            <h1 class="title">
              {connectWord(site)} {site.name}
            </h1>
            <p class="lead">A window opens in which you let Tandem read what you may see in {site.name}. Your password stays there.</p>
          </div>
          <ConnectForm api={api} site={site} onConnected={invitation.connected} />
        </>
      )}
      {step === 'done' && site && (
        <EmptyState
          page
          icon="check"
          title={`${site.name} is connected`}
          actions={
            <Button kind="secondary" onClick={invitation.again}>
              Connect again
            </Button>
          }
        >
          <p>You can close this window. What you see in {site.name} can be found in Tandem’s panel on your Miro boards.</p>
        </EmptyState>
      )}
    </main>
  );
}
