import type { JSX } from 'preact';
import type { WatchMode, WatchView } from '@tandem/shared/api';
import { atSite, siteKey } from '../../state/account.ts';
import { valueOf } from '../../state/load.ts';
import type { Settings } from '../../state/settings.ts';
import { ago } from '../../ui/ago.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { StateChip } from './entry.tsx';
import { Ledger } from './ledger.tsx';
import { Section } from './section.tsx';

const HOW = {
  hook: ['good', 'By webhook, at once'],
  poll: ['soon', 'Every minute'],
  pending: ['none', 'Being set up'],
} as const satisfies Record<WatchMode, readonly [tone: string, words: string]>;

/** What no webhook told of at sites where that happened in several places: then it is the site's webhooks rather than one of them. */
function Meters({ places }: { places: readonly WatchView[] }): JSX.Element {
  const lossy = places.filter(({ missed }) => missed > 0);
  return (
    <>
      {[...new Set(lossy.map(siteKey))].map((site) => {
        const [first, ...others] = lossy.filter((place) => siteKey(place) === site);
        if (!first || others.length === 0) return null;
        const missed = others.reduce((sum, place) => sum + place.missed, first.missed);
        return (
          <p class="fine wrap" key={site}>
            {first.name} {atSite(first)}: {missed} changes in {others.length + 1} places were found that no webhook told of. Look at the deliveries of its webhooks there.
          </p>
        );
      })}
    </>
  );
}

/** How changes at each place with cards are learnt, for whoever administers the team. */
export function Places({ settings }: { settings: Settings }): JSX.Element | null {
  const load = settings.team.value;
  // While it is not known who administers, the section before says so for both.
  if (!valueOf(load)?.admin) return null;
  return (
    <Section id="places" title="Places" lead="Where the items on your team’s boards live, and how Tandem hears of their changes." load={load} onRetry={settings.refresh}>
      {({ places, munity }) => (
        <>
          {places.length === 0 ? (
            <EmptyState icon="locate" tone="gray" title="No place is followed yet">
              <p>Open the Tandem panel on a board and put the first item on it: its place appears here.</p>
            </EmptyState>
          ) : (
            <>
              <Meters places={places} />
              <Ledger columns={['Place', 'Changes arrive', 'Items']}>
                <tbody role="rowgroup">
                  {places.map((place) => (
                    <tr role="row" key={`${siteKey(place)} ${place.place}`}>
                      <th role="rowheader" scope="row">
                        <span class="wrap">{place.label}</span>
                        <span class="fine wrap">
                          {place.name} {atSite(place)}
                        </span>
                      </th>
                      <td role="cell">
                        <StateChip tone={HOW[place.watch][0]}>{HOW[place.watch][1]}</StateChip>
                        {place.missed > 0 && <span class="fine wrap">{place.missed === 1 ? 'One change was' : `${place.missed} changes were`} found that no webhook told of</span>}
                        {place.reason && <span class="fine wrap">{place.reason}</span>}
                      </td>
                      <td role="cell" class="count">
                        {place.items} <span class="only-narrow fine">{place.items === 1 ? 'item' : 'items'}</span>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </Ledger>
            </>
          )}
          {munity && (
            <p class="fine wrap sheet-note">
              {munity.heard ? `Munity’s webhook is verified: the last one arrived ${ago(munity.heard, Date.now())}.` : 'No webhook of Munity’s has arrived yet. Check its address in Munity’s console, and send a test from there.'}
            </p>
          )}
        </>
      )}
    </Section>
  );
}
