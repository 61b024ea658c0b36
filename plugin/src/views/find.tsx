import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { SiteView } from '@tandem/shared/api';
import type { Search } from '../state/search.ts';
import type { Selection } from '../state/selection.ts';
import type { Session } from '../state/session.ts';
import { announce } from '../ui/announcer.tsx';
import { Button } from '../ui/button.tsx';
import { Callout } from '../ui/callout.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { Filters } from './filters.tsx';
import { Results } from './results.tsx';

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
        <Found session={session} site={site} search={search} selection={selection} {...(onCreate ? { onCreate } : {})} />
      </section>
    </>
  );
}

function Found({ session, site, search, selection, onCreate }: Props): JSX.Element {
  const found = search.found.value;
  const count = search.items.value.length;
  useEffect(() => {
    if (found.state === 'ready') announce(count === 0 ? `No ${site.noun}s found` : `${count} ${site.noun}${count === 1 ? '' : 's'}${found.value.next ? ', and more' : ''}`);
  }, [found]);

  if (found.state === 'loading') return <Skeleton label={`Looking for ${site.noun}s`} />;
  if (found.state === 'error') return <ErrorState error={found.error} onRetry={search.again} />;
  if (count > 0) return <Results session={session} site={site} search={search} selection={selection} />;
  if (search.byUrl.value) {
    return (
      <EmptyState icon="search" tone="gray" title={`No ${site.noun} at this address`}>
        <p>
          Either the link is not one of an {site.noun} at {site.site}, or your account there may not see it.
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
