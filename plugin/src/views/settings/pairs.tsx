import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PairView, SiteView } from '@tandem/shared/api';
import { isUsable } from '../../state/account.ts';
import { valueOf } from '../../state/load.ts';
import type { Settings } from '../../state/settings.ts';
import { announce } from '../../ui/announcer.tsx';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Opened } from './opened.tsx';
import { Pair } from './pair.tsx';
import { PairForm } from './pair-form.tsx';
import { Section } from './section.tsx';

/** Items that are kept in step: the caller's own pairs, for whoever administers the team all, and the way to make one. */
export function Pairs({ settings }: { settings: Settings }): JSX.Element {
  return (
    <Section id="pairs" title="Kept in step" lead="Two items, such as your team’s and a partner’s: title, description and status follow each other, whichever side is edited." load={settings.pairs.value} onRetry={settings.refresh}>
      {({ pairs }) => (
        <ul class="entries">
          {pairs.map((pair) => (
            <Pair key={pair.id} settings={settings} pair={pair} />
          ))}
          <Another settings={settings} sites={valueOf(settings.me.value)?.sites} none={pairs.length === 0} />
        </ul>
      )}
    </Section>
  );
}

/** The way to one more; while there is none, what this is about. */
function Another({ settings, sites, none }: { settings: Settings; sites: readonly SiteView[] | undefined; none: boolean }): JSX.Element | null {
  const [open, setOpen] = useState(false);
  const able = sites?.some((site) => site.can.write && isUsable(site, Date.now()));
  const handleMade = ({ left, right }: PairView): void => {
    setOpen(false);
    announce(`${left.key} and ${right.key} are kept in step`);
    void settings.follow();
  };
  if (sites && open) {
    return (
      <li class="entry">
        <Opened>
          <h3 class="entry-title">Which two?</h3>
          <PairForm api={settings.api} sites={sites} onMade={handleMade}>
            <Button kind="tertiary" onClick={() => setOpen(false)}>
              Cancel
            </Button>
          </PairForm>
        </Opened>
      </li>
    );
  }
  if (!none && !able) return null;
  return (
    <li class="entry">
      {none && (
        <EmptyState icon="refresh" tone="gray" title="Nothing is kept in step yet">
          <p>{able === false ? 'Connect the tool that holds your items first, then name two of them here.' : 'Name two items: what is edited in one is written to the other, with your own accounts.'}</p>
        </EmptyState>
      )}
      {able && (
        <Button kind="secondary" onClick={() => setOpen(true)}>
          Keep two items in step…
        </Button>
      )}
    </li>
  );
}
