import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { StuckBody, StuckView } from '@tandem/shared/api';
import { asApiError } from '../../api.ts';
import { siteKey } from '../../state/account.ts';
import { valueOf } from '../../state/load.ts';
import type { Settings } from '../../state/settings.ts';
import { ago } from '../../ui/ago.ts';
import { announce } from '../../ui/announcer.tsx';
import { Button } from '../../ui/button.tsx';
import { Ledger } from './ledger.tsx';
import { Section } from './section.tsx';

/** What Tandem gave up, why, and the way to try it again: for whoever administers the team, and only while there is any. */
export function Stuck({ settings }: { settings: Settings }): JSX.Element | null {
  const load = settings.team.value;
  if (!valueOf(load)?.stuck.length) return null;
  return (
    <Section id="stuck" title="Given up" lead="Tandem tried these for a day, or cannot help it by trying. Mend what the reason says, then try again." load={load} onRetry={settings.refresh}>
      {({ stuck }) => (
        <>
          <Ledger columns={['What', 'Why']} actions="What you can do">
            <tbody role="rowgroup">
              {stuck.map((one) => (
                <Line key={one.key} settings={settings} one={one} />
              ))}
            </tbody>
          </Ledger>
          {stuck.length > 1 && (
            <div class="sheet-inset actions">
              <Again settings={settings} which={{}} label="Try all again" />
              {sitesOf(stuck).map((one) => (
                <Again key={siteKey(one)} settings={settings} which={{ tool: one.tool, site: one.site }} label={`Try all of ${one.tool === 'miro' ? one.name : `${one.name} at ${one.site}`} again`} />
              ))}
            </div>
          )}
        </>
      )}
    </Section>
  );
}

function Line({ settings, one }: { settings: Settings; one: StuckView }): JSX.Element {
  return (
    <tr role="row">
      <th role="rowheader" scope="row">
        <span class="wrap">{one.what}</span>
        <span class="fine wrap">
          {one.about} · {ago(one.at, Date.now())}
        </span>
      </th>
      <td role="cell">
        <span class="wrap">{one.reason}</span>
      </td>
      <td role="cell" class="entry-actions">
        <Again settings={settings} which={{ key: one.key }} label="Try again" about={`${one.what}: ${one.about}`} />
      </td>
    </tr>
  );
}

/** One of each site, where there are several. */
function sitesOf(stuck: readonly StuckView[]): readonly StuckView[] {
  const sites = [...new Map(stuck.map((one) => [siteKey(one), one])).values()];
  return sites.length > 1 ? sites : [];
}

function Again({ settings, which, label, about }: { settings: Settings; which: StuckBody; label: string; about?: string }): JSX.Element {
  const [busy, setBusy] = useState(false);
  const handleClick = async (): Promise<void> => {
    setBusy(true);
    try {
      await settings.api.replay(which);
      announce('It is being tried again');
      await settings.refresh();
    } catch (error) {
      announce(asApiError(error).message);
    }
    setBusy(false);
  };
  return (
    <Button kind="tertiary" busy={busy} onClick={handleClick}>
      <span class="cut">{label}</span>
      {about && <span class="sr"> {about}</span>}
    </Button>
  );
}
