import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { SiteView } from '@tandem/shared/api';
import type { Search } from '../state/search.ts';
import type { Selection } from '../state/selection.ts';
import { atSite } from '../state/account.ts';
import { valueOf } from '../state/load.ts';
import type { Session } from '../state/session.ts';
import { announce } from '../ui/announcer.tsx';
import { Button } from '../ui/button.tsx';
import { Callout } from '../ui/callout.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Skeleton, Spinner } from '../ui/skeleton.tsx';
import { Filters } from './filters.tsx';
import { Results } from './results.tsx';

/** While something is under way that one waits for, and else. */
const SOON_MS = 4000;
const LATER_MS = 10_000;

interface Props {
  session: Session;
  site: SiteView;
  search: Search;
  selection: Selection;
  onCreate?: () => void;
}

/** The search with its filters and whatever it found. */
export function Find({ session, site, search, selection, onCreate }: Props): JSX.Element {
  const cards = session.onBoard.value;
  const importing = site.account?.importing;
  const troubled = valueOf(cards)?.cards.some((card) => card.state !== 'live' && card.state !== 'gone');
  // What is under way elsewhere: an import, a mending. Munity tells only the server when it breaks.
  useEffect(() => {
    if (!importing && !troubled && !site.connector) return undefined;
    const again = (): unknown => importing && search.again();
    const timer = setInterval(() => void session.look().then(again), importing || troubled ? SOON_MS : LATER_MS);
    return () => {
      clearInterval(timer);
      again();
    };
  }, [importing, troubled]);
  return (
    <>
      <Filters session={session} site={site} search={search} />
      <section class="found" aria-label="Results" aria-busy={search.busy.value}>
        {cards.state === 'error' && (
          <Callout
            tone="warning"
            title="This board could not be read"
            actions={
              <Button kind="secondary" onClick={session.loadCards}>
                Try again
              </Button>
            }
          >
            <p>{cards.error.message}</p>
          </Callout>
        )}
        {importing && (
          <p class="importing fine" role="status">
            <Spinner /> Your {site.noun}s are being imported from {site.name} and will appear here.
          </p>
        )}
        <Found session={session} site={site} search={search} selection={selection} {...(onCreate ? { onCreate } : {})} />
      </section>
    </>
  );
}

function Found({ session, site, search, selection, onCreate }: Props): JSX.Element {
  const found = search.found.value;
  const count = search.items.value.length;
  useEffect(() => {
    if (found.state === 'ready' && !site.account?.importing) announce(count === 0 ? `No ${site.noun}s found` : `${count} ${site.noun}${count === 1 ? '' : 's'}${found.value.next ? ', and more' : ''}`);
  }, [found]);

  if (found.state === 'error') return <ErrorState error={found.error} onRetry={search.again} />;
  if (found.state === 'loading' || (count === 0 && site.account?.importing)) return <Skeleton label={`Looking for ${site.noun}s`} />;
  if (count > 0) return <Results session={session} site={site} search={search} selection={selection} />;
  if (search.byUrl.value) {
    return (
      <EmptyState icon="search" tone="gray" title={`No ${site.noun} at this address`}>
        <p>
          Either the link leads to no {site.noun} {atSite(site)}, or your account there may not see it.
        </p>
      </EmptyState>
    );
  }
  const words = search.q.value.trim();
  const hidden = search.state.value !== 'all';
  return (
    <EmptyState
      icon="search"
      tone="gray"
      title={words ? `Nothing found for “${words}”` : `No ${hidden ? `${search.state.value} ` : ''}${site.noun}s here`}
      actions={
        <>
          {hidden && (
            <Button kind="secondary" onClick={() => void (search.state.value = 'all')}>
              Look at open and closed
            </Button>
          )}
          {!hidden && search.narrowed.value && (
            <Button kind="secondary" onClick={search.clear}>
              Clear the filters
            </Button>
          )}
          {onCreate && (
            <Button kind="tertiary" onClick={onCreate}>
              Create one
            </Button>
          )}
        </>
      }
    >
      <p>{words ? 'Try fewer or other words, or paste the link of an item.' : 'Try another project, or other people’s work.'}</p>
    </EmptyState>
  );
}
