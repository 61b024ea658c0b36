import type { JSX } from 'preact';
import { useCallback } from 'preact/hooks';
import type { SiteView } from '@tandem/shared/api';
import type { Search } from '../state/search.ts';
import type { Session } from '../state/session.ts';
import { Icon } from '../ui/icon.tsx';
import { Picker } from '../ui/picker.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { Spinner } from '../ui/skeleton.tsx';

/** Words or a link, the project, the state, and whose. */
export function Filters({ session, site, search }: { session: Session; site: SiteView; search: Search }): JSX.Element {
  const places = useCallback(async (q: string, signal: AbortSignal) => (await session.api.places(site.tool, site.site, q, signal)).places, [session, site]);
  return (
    <search class="filters">
      <div class="search-box">
        {search.busy.value ? <Spinner /> : <Icon name="search" size={20} />}
        <input
          type="search"
          aria-label={`Search ${site.noun}s, or paste the link of one`}
          placeholder={`Search ${site.noun}s or paste a link`}
          dir="auto"
          value={search.q.value}
          onInput={(event) => (search.q.value = event.currentTarget.value)}
        />
        {search.q.value && (
          <button type="button" class="icon-button" aria-label="Clear the search" onClick={() => (search.q.value = '')}>
            <Icon name="close" />
          </button>
        )}
      </div>
      {!search.byUrl.value && (
        <>
          <label class="sr" for="filter-place">
            Project
          </label>
          <Picker
            id="filter-place"
            label="Projects"
            source={places}
            value={search.place.value ? [search.place.value] : []}
            onChange={([place]) => (search.place.value = place)}
            placeholder="All projects"
            none="All projects"
          />
          <div class="filter-line">
            <Segmented
              name="state"
              label="State"
              value={search.state.value}
              options={[
                { id: 'open', name: 'Open' },
                { id: 'closed', name: 'Closed' },
                { id: 'all', name: 'All' },
              ]}
              onChange={(state) => (search.state.value = state)}
            />
            <button type="button" class="filter-chip" aria-pressed={search.mine.value} onClick={() => (search.mine.value = !search.mine.value)}>
              Assigned to me
            </button>
          </div>
        </>
      )}
    </search>
  );
}
