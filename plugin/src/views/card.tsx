import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Api, ApiError } from '../api.ts';
import { valueOf } from '../state/load.ts';
import { atSite } from '../state/account.ts';
import type { Edit } from '../state/edit.ts';
import { Announcer } from '../ui/announcer.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { OfflineBar } from '../ui/offline-bar.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { CardForm, STILL } from './card-form.tsx';
import { ConnectForm } from './connect-form.tsx';
import { Outside } from './outside.tsx';
import { SignInView } from './sign-in.tsx';
import { SiteMark } from './site-mark.tsx';
import { Unlink } from './unlink.tsx';

const ignore = (): void => undefined;

/** The modal of one card: whatever stands in the way of its item, else the item. */
export function Card({ edit, api }: { edit: Edit; api: Api }): JSX.Element {
  useEffect(() => {
    const handleKeyDown = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') edit.leave();
    };
    addEventListener('keydown', handleKeyDown);
    return () => removeEventListener('keydown', handleKeyDown);
  }, [edit]);
  const answer = edit.answer.value;
  return (
    <div class="app">
      <OfflineBar onBack={answer.state === 'error' ? edit.load : ignore} />
      <Step edit={edit} api={api} />
      <Announcer />
    </div>
  );
}

function Step({ edit, api }: { edit: Edit; api: Api }): JSX.Element {
  const answer = edit.answer.value;
  const need = edit.need.value;
  if (edit.outside.value) return <Outside />;
  if (need?.kind === 'miro') return <SignInView api={api} again={edit.me.value?.miro === 'expired'} onDone={edit.load} />;
  const shown = valueOf(answer);
  if (shown) return <CardForm edit={edit} api={api} answer={shown} />;
  if (need) {
    return (
      <main class="page narrow">
        <div class="connect-head">
          <SiteMark site={need.site} large />
          <h1 class="title">{need.site.account ? `Reconnect ${need.site.name}` : `Connect ${need.site.name}`}</h1>
          <p class="lead">
            The {need.site.noun} of this card is <strong>{atSite(need.site)}</strong>. To see and edit it here, connect your own account there.
          </p>
        </div>
        <ConnectForm api={api} site={need.site} onConnected={(site) => void edit.connected(site)} />
      </main>
    );
  }
  if (answer.state === 'error') {
    return (
      <main class="page narrow">
        <Refused error={answer.error} edit={edit} />
      </main>
    );
  }
  return (
    <main class="page">
      <h1 class="sr">Card</h1>
      <Skeleton rows={5} label="Loading the card" />
    </main>
  );
}

function Refused({ error, edit }: { error: ApiError; edit: Edit }): JSX.Element {
  const close = (
    <Button kind="secondary" onClick={edit.discard}>
      Close
    </Button>
  );
  const orphan = edit.orphan.value;
  if (error.code === 'not_found' && !orphan) {
    return (
      <EmptyState page icon="unlink" tone="gray" title="This card follows nothing yet" actions={close}>
        <p>It is a copy of a Tandem card, or it was disconnected, so it keeps the text that it had.</p>
        <p>To get a card that follows its item, open the Tandem panel, find the item, and put it on the board.</p>
      </EmptyState>
    );
  }
  if (error.code === 'not_found' || error.code === 'gone' || error.code === 'forbidden') {
    return (
      <>
        <EmptyState
          page
          icon={orphan?.state === 'gone' ? 'unlink' : 'lock'}
          tone="gray"
          title={orphan?.state === 'gone' || error.code === 'gone' ? STILL.gone : orphan?.state === 'hidden' ? STILL.hidden : 'You may not see this item'}
          actions={
            <>
              <Button kind="secondary" onClick={edit.load}>
                Check again
              </Button>
              {close}
            </>
          }
        >
          <p>{orphan?.reason ?? error.message}</p>
        </EmptyState>
        {orphan && <Unlink itemKey="its item" onUnlink={edit.unlink} />}
      </>
    );
  }
  return <ErrorState page error={error} onRetry={edit.load} />;
}
