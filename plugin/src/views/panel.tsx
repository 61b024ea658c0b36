import type { JSX } from 'preact';
import { isUsable, siteKey } from '../state/account.ts';
import type { Session } from '../state/session.ts';
import { Announcer } from '../ui/announcer.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { lazy } from '../ui/lazy.tsx';
import { OfflineBar } from '../ui/offline-bar.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import type * as Inside from './inside.ts';

/** Fetches the code of all views, which everybody will need as soon as it is known who they are. */
export const loadViews = (): Promise<typeof Inside> => import('./inside.ts');

const Connect = lazy(() => loadViews().then((views) => views.Connect));
const Outside = lazy(() => loadViews().then((views) => views.Outside));
const SignInView = lazy(() => loadViews().then((views) => views.SignInView));
const Work = lazy(() => loadViews().then((views) => views.Work));

/** The panel: whatever stands between the person and their work, else the work. */
export function Panel({ session }: { session: Session }): JSX.Element {
  return (
    <div class="app">
      <OfflineBar onBack={session.refresh} />
      <Step session={session} />
      <Announcer />
    </div>
  );
}

function Step({ session }: { session: Session }): JSX.Element {
  const me = session.me.value;
  if (session.outside.value) return <Outside />;
  if (me.state === 'loading') {
    return (
      <main class="page">
        <h1 class="sr">Tandem</h1>
        <Skeleton rows={5} label="Loading Tandem" />
      </main>
    );
  }
  if (me.state === 'error') {
    return (
      <main class="page">
        <ErrorState page error={me.error} onRetry={session.refresh} />
      </main>
    );
  }
  if (me.value.miro !== 'active') return <SignInView api={session.api} again={me.value.miro === 'expired'} onDone={session.refresh} />;
  const site = session.site.value;
  if (session.left.value.length > 0 || session.connecting.value || !site?.account || !isUsable(site, Date.now())) return <Connect session={session} />;
  return <Work key={siteKey(site)} session={session} site={site} account={site.account} />;
}
